/* The lines of a WFDB header, one by one, and errors that name file and line. */
#ifndef VR_DATASET_WFDB_LINES_H
#define VR_DATASET_WFDB_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "dataset/slice.h"

struct vr_wfdb_lines {
    struct vr_slice rest; /* not read yet */
    const char *display;  /* the file in errors */
    int number;           /* of the line read last, from 1 */
    struct vr_err *err;
    /* Where the text of comments goes that begin in column 0, a line each; NULL = nowhere.  There
     * is room for all of them. */
    char *comments;
    size_t comments_size;
};

/* Set the error "FILE:LINE: ...". */
int vr_wfdb_lines_fail(const struct vr_wfdb_lines *lines, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The next line that is neither blank nor a comment, without its end; *ret_found tells whether
 * there was one. */
int vr_wfdb_lines_next(struct vr_wfdb_lines *lines, struct vr_slice *ret_line, bool *ret_found);

/* A field as a string; VR_ERR_INPUT when it has no room. */
int vr_wfdb_lines_copy(
    const struct vr_wfdb_lines *lines, const char *what, struct vr_slice field, char *ret_text,
    size_t size);

#endif
