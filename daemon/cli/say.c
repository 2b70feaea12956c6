/* What the programs say to people. */
#include "cli/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report/plain.h"

int vr_say_err(const struct vr_err *err)
{
    fputs("vitalrig: ", stderr);
    vr_plain_put(err->text, stderr);
    putc('\n', stderr);
    return vr_err_exit(err->code);
}

int vr_say_err_in(const char *file, const struct vr_err *err)
{
    struct vr_err named;
    if (strncmp(err->text, file, strlen(file)) == 0)
        return vr_say_err(err);
    vr_err_set(&named, (enum vr_err_code)err->code, "%s: %s", file, err->text);
    return vr_say_err(&named);
}

void vr_say(const char *format, ...)
{
    char text[VR_ERR_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fputs("vitalrig: ", stderr);
    vr_plain_put(text, stderr);
    putc('\n', stderr);
}
