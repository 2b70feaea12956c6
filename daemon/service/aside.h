/* Damaged databases. */
#ifndef VR_SERVICE_ASIDE_H
#define VR_SERVICE_ASIDE_H

#include "base/err.h"

/* If the file is damaged it gets another name, and the daemon says so.  1 = it was, 0 = it is sound, or an error. */
int vr_move_aside_damaged(const char *path, struct vr_err *err);

#endif
