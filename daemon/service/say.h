/* What the daemon says to who looks after it: a line on stderr with its level in front, as systemd reads it (sd-daemon(3)). */
#ifndef VR_SERVICE_SAY_H
#define VR_SERVICE_SAY_H

#include <systemd/sd-daemon.h>

/* `level`: SD_ERR, SD_WARNING, SD_NOTICE, SD_INFO */
void vr_say(const char *level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
