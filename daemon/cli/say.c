/* What the programs say to people. */
#include "cli/say.h"

#include <stdarg.h>
#include <stdio.h>

#include "report/plain.h"

int vr_say_err(const struct vr_err *err)
{
    fputs("vitalrig: ", stderr);
    vr_plain_put(err->text, stderr);
    putc('\n', stderr);
    return vr_err_exit(err->code);
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
