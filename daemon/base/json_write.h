/* JSON output, streamed to a FILE: nothing is built in memory, and what is written is always valid
 * JSON.
 *
 *     vr_json_write_object(&writer, NULL);
 *     vr_json_write_int(&writer, "trials", 3);
 *     vr_json_write_end(&writer);
 *     r = vr_json_write_finish(&writer, err);
 *
 * Every call takes the key of the value: a text inside an object, NULL inside an array and for the
 * root.  Any other use is a caller's bug (assert), as are more than VR_JSON_WRITE_DEPTH_MAX levels.
 * A write that fails is remembered by the FILE; only vr_json_write_finish() reports it. A double's
 * point follows LC_NUMERIC: programs must leave that at "C". */
#ifndef VR_BASE_JSON_WRITE_H
#define VR_BASE_JSON_WRITE_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define VR_JSON_WRITE_DEPTH_MAX 64 /* what the loader takes */

struct vr_json_writer {
    FILE *file;
    int depth;
    bool has_root;
    struct {
        bool is_object, has_members;
    } levels[VR_JSON_WRITE_DEPTH_MAX];
};

/* `file` stays the caller's, who closes it after vr_json_write_finish(). */
void vr_json_write_init(struct vr_json_writer *writer, FILE *file);

void vr_json_write_object(struct vr_json_writer *writer, const char *key);
void vr_json_write_array(struct vr_json_writer *writer, const char *key);

/* Close the innermost object or array. */
void vr_json_write_end(struct vr_json_writer *writer);

/* NULL is written as null; bytes that are no UTF-8 as U+FFFD, one for each. */
void vr_json_write_string(struct vr_json_writer *writer, const char *key, const char *text);

void vr_json_write_bool(struct vr_json_writer *writer, const char *key, bool value);
void vr_json_write_null(struct vr_json_writer *writer, const char *key);

/* All 64 bits are written; readers that use doubles lose those beyond 2^53: give them such values
 * as strings. */
void vr_json_write_int(struct vr_json_writer *writer, const char *key, int64_t value);
void vr_json_write_uint(struct vr_json_writer *writer, const char *key, uint64_t value);

/* The shortest of 15 to 17 digits that reads back as the same double; NaN and infinities as null.
 */
void vr_json_write_double(struct vr_json_writer *writer, const char *key, double value);

/* End the text with a line break and flush it.  VR_ERR_IO when anything since init could not be
 * written. An open object or array, or no value at all, is a caller's bug. */
int vr_json_write_finish(struct vr_json_writer *writer, struct vr_err *err);

#endif
