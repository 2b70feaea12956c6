/* What the daemon says to who looks after it: a line in its log (service/log.h).  Any thread may say something. */
#ifndef VR_SERVICE_SAY_H
#define VR_SERVICE_SAY_H

#include <systemd/sd-daemon.h>

#include "service/log.h"

/* Before anything is said; without it, lines go to stderr in the way that fits it. */
void vr_say_begin(bool is_json);
/* Of the daemon's life; `level`: SD_ERR, SD_WARNING, SD_NOTICE, SD_INFO */
void vr_say(const char *level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Of a class, and of what `about` names (NULL allowed); `priority`: LOG_ERR .. LOG_INFO */
void vr_say_of(
    enum vr_log_class class, int priority, const struct vr_log_about *about, const char *format,
    ...) __attribute__((format(printf, 4, 5)));

#endif
