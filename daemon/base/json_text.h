/* JSON that is written into memory: a request, an event, a line of a protocol.
 *
 *     struct vr_json_text text;
 *     int r = vr_json_text_begin(&text, err);
 *     if (r == 0) {
 *         vr_json_write_object(&text.writer, NULL);
 *         ...
 *         r = vr_json_text_end(&text, &body, err);
 *     }
 *
 * From begin to end the struct stays where it is. */
#ifndef VR_BASE_JSON_TEXT_H
#define VR_BASE_JSON_TEXT_H

#include "base/json_write.h"

struct vr_json_text {
    struct vr_json_writer writer;
    char *text;  /* private until the end; NULL = not begun, or ended */
    size_t size; /* of the text, known at the end */
};

/* VR_ERR_NO_MEMORY: then there is nothing to end. */
int vr_json_text_begin(struct vr_json_text *text, struct vr_err *err);
/* *ret_text is the caller's; NULL after an error. */
int vr_json_text_end(struct vr_json_text *text, char **ret_text, struct vr_err *err);

/* Take out the line breaks and the indentation that the writer puts between values; a blank stays behind a comma.  Returns the new length. */
size_t vr_json_text_join(char *text);

#endif
