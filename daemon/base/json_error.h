/* How messages name a JSON value: its place, its path, its text as written. */
#ifndef VR_BASE_JSON_ERROR_H
#define VR_BASE_JSON_ERROR_H

#include "base/json.h"

/* A position in a text, both from 1; the column counts characters, not bytes. */
struct vr_place {
    int line, column;
};

/* Where the value, and where a member's key, begins. */
struct vr_place vr_json_place(const struct vr_json *node);
struct vr_place vr_json_key_place(const struct vr_json *node);

/* Path from the root, as people write it: "gates[2].metric"; "" for the root.  Cut at size - 1.
 * Returns `buffer`. */
char *vr_json_path(const struct vr_json *node, char *buffer, size_t size);

/* A scalar as the file has it (escapes stay escapes), cut with "..." when longer; "an array", "an
 * object".  Returns `buffer`. */
#define VR_JSON_EXCERPT_SIZE 64
char *vr_json_excerpt(const struct vr_json *node, char buffer[VR_JSON_EXCERPT_SIZE]);

/* The same of a member's key, in its quotes. */
char *vr_json_key_excerpt(const struct vr_json *node, char buffer[VR_JSON_EXCERPT_SIZE]);

/* Fill err with "file:line:column: " of the value (or of its key) and the text; return
 * -VR_ERR_INPUT. */
int vr_json_error(struct vr_err *err, const struct vr_json *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int vr_json_key_error(struct vr_err *err, const struct vr_json *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
