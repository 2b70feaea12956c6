/* Errors: a code for programs and one text for people, written once where the cause is known.
 *
 * Functions return 0 or a negative code; callers pass the text up unchanged.  A text says what, where, why, and what to do next.
 * A caller's bug is an assert, never an error. */
#ifndef VR_BASE_ERR_H
#define VR_BASE_ERR_H

enum vr_err_code {
    VR_OK = 0,
#define X(name, exit, text) VR_ERR_##name,
#include "schema/errors.def"
#undef X
    VR_ERR_COUNT
};

#define VR_ERR_TEXT_SIZE 1024

struct vr_err {
    int code; /* VR_OK or an enum vr_err_code */
    char text[VR_ERR_TEXT_SIZE];
};

/* Fill err (NULL allowed) and return -code, so that `return vr_err_set(...)` reads as one step.
 * Longer texts are cut at VR_ERR_TEXT_SIZE - 1. */
int vr_err_set(struct vr_err *err, enum vr_err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Word for a code, as printed in --json output: "INPUT", "LINK".  Takes the code with either sign. */
const char *vr_err_name(int code);

/* Exit code of the class that an error code belongs to (README.md, "Exit codes"); 0 for VR_OK. */
int vr_err_exit(int code);

#endif
