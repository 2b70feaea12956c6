/* What the daemon says to who looks after it: service/log.h, from wherever in the program. */
#ifndef VR_SERVICE_SAY_H
#define VR_SERVICE_SAY_H

#include "service/log.h"

/* How, before the first word; otherwise as vr_log_init chooses without JSON. */
void vr_say_as_json(void);

/* From any thread.  `priority`: LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO (syslog.h); `about` NULL = nothing. */
void vr_say(
    enum vr_log_class class, int priority, const struct vr_log_about *about, const char *format,
    ...) __attribute__((format(printf, 4, 5)));

#endif
