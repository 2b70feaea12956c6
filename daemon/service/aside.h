/* Damaged databases. */
#ifndef VR_SERVICE_ASIDE_H
#define VR_SERVICE_ASIDE_H

#include "base/err.h"

/* PATH and what lies beside it become PATH.corrupt-TIME, and the daemon says so; `why` it is thought to be damaged. */
int vr_move_aside(const char *path, const struct vr_err *why, struct vr_err *err);

#endif
