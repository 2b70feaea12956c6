/* What the programs say to people on stderr; stdout is for results. */
#ifndef VR_CLI_SAY_H
#define VR_CLI_SAY_H

#include "base/err.h"

/* Print "vitalrig: TEXT" (control characters replaced); returns the exit code of the error's class.
 */
int vr_say_err(const struct vr_err *err);

/* The same for what went wrong because of a file, which is named in front unless the text begins with it: a missing folder or device does not
 * know which scenario asked for it. */
int vr_say_err_in(const char *file, const struct vr_err *err);

/* Print "vitalrig: " and a line of text; never a result, never an error. */
void vr_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
