/* Answers: why an operation of the daemon was refused, in words and in a class that gives the status of an HTTP answer. */
#ifndef VR_SERVICE_ANSWER_H
#define VR_SERVICE_ANSWER_H

#include "base/err.h"

enum vr_refusal {
    VR_REFUSED_NOT,
    VR_REFUSED_INPUT,     /* 400 */
    VR_REFUSED_FORBIDDEN, /* 403: not this role, or somebody else's */
    VR_REFUSED_NOT_FOUND, /* 404 */
    VR_REFUSED_STATE,     /* 409 */
    VR_REFUSED_BUSY,      /* 503 */
    VR_REFUSED_INTERNAL,  /* 500 */
};

/* Zeroed = done. */
struct vr_answer {
    enum vr_refusal refusal;
    struct vr_err err;
};

/* Fill `answer` and return -code. */
int vr_refuse(
    struct vr_answer *answer, enum vr_refusal refusal, enum vr_err_code code, const char *format,
    ...) __attribute__((format(printf, 4, 5)));
/* The same of an error that came up from below: its class follows from its code. */
int vr_refuse_err(struct vr_answer *answer, const struct vr_err *err);

#endif
