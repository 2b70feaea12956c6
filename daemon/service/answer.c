/* Answers of refused operations. */
#include "service/answer.h"

#include <stdarg.h>
#include <stdio.h>

int vr_refuse(
    struct vr_answer *answer, enum vr_refusal refusal, enum vr_err_code code, const char *format,
    ...)
{
    va_list arguments;
    answer->refusal = refusal;
    answer->err.code = (int)code;
    va_start(arguments, format);
    vsnprintf(answer->err.text, sizeof answer->err.text, format, arguments);
    va_end(arguments);
    return -(int)code;
}

static enum vr_refusal refusal_of(int code)
{
    switch (code) {
    case VR_ERR_INPUT:
    case VR_ERR_USAGE:
    case VR_ERR_EMPTY:
        return VR_REFUSED_INPUT;
    case VR_ERR_NOT_FOUND:
        return VR_REFUSED_NOT_FOUND;
    case VR_ERR_DEVICE:
    case VR_ERR_LINK:
        return VR_REFUSED_STATE;
    case VR_ERR_STORE:
    case VR_ERR_IO:
    case VR_ERR_TIMEOUT:
        return VR_REFUSED_BUSY;
    default:
        return VR_REFUSED_INTERNAL;
    }
}

int vr_refuse_err(struct vr_answer *answer, const struct vr_err *err)
{
    answer->refusal = refusal_of(err->code);
    answer->err = *err;
    return -err->code;
}
