/* The table of errors, from schema/errors.def. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *name;
    int exit;
    const char *text;
} errors[VR_ERR_COUNT] = {
    [VR_OK] = {"OK", 0, "no error"},
#define X(name, exit, text) [VR_ERR_##name] = {#name, exit, text},
#include "schema/errors.def"
#undef X
};

int vr_err_set(struct vr_err *err, enum vr_err_code code, const char *format, ...)
{
    if (err) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(err->text, sizeof err->text, format, arguments);
        va_end(arguments);
        err->code = code;
    }
    return -(int)code;
}

static unsigned error_index(int code)
{
    unsigned index = (unsigned)abs(code);
    return index < VR_ERR_COUNT ? index : VR_ERR_INTERNAL;
}

const char *vr_err_name(int code)
{
    return errors[error_index(code)].name;
}

int vr_err_exit(int code)
{
    return errors[error_index(code)].exit;
}
