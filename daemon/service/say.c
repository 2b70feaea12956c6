/* Lines for the journal. */
#include "service/say.h"

#include <stdarg.h>
#include <stdio.h>

#include "report/plain.h"

void vr_say(const char *level, const char *format, ...)
{
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fputs(level, stderr);
    vr_plain_put(text, stderr);
    putc('\n', stderr);
}
