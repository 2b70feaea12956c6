/* A text that grows in a room that does not. */
#include "dataset/note.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void vr_note(char notes[VR_WARNING_SIZE], const char *format, ...)
{
    size_t used = strlen(notes);
    if (used && used + 2 < VR_WARNING_SIZE) {
        strcpy(notes + used, "; ");
        used += 2;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(notes + used, VR_WARNING_SIZE - used, format, arguments);
    va_end(arguments);
}
