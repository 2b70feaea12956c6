/* What a recording says besides numbers: whom it is of, when, and why.  No driver reads it; it is asked for where somebody wants to keep it.
 *
 *     wfdb    the comments of the header: `KEY: TEXT`, also several `<KEY>: TEXT` in a line; any other line is `comment`.  `start`
 *     edf     `patient`, `recording`; of EDF+ `patient_code`, `patient_sex`, `patient_birthdate`, `patient_name`, `patient_more`.  `start`
 *     ishne   `first_name`, `last_name`, `id`, `sex`, `race`, `birth_date`, `start`
 *
 * `start` is "HH:MM:SS" or "HH:MM:SS DD/MM/YYYY". */
#ifndef VR_DATASET_COMMENTS_H
#define VR_DATASET_COMMENTS_H

#include <stddef.h>

#include "base/err.h"

#define VR_COMMENT_START "start"
#define VR_COMMENT_OTHER "comment" /* what has no key */

struct vr_comment {
    char *key;  /* lower case, '_' for blanks */
    char *text; /* UTF-8 or whatever the file has; no line feed */
};

/* Zeroed = empty. */
struct vr_comments {
    struct vr_comment *items;
    size_t count, capacity;
};

/* Append copies, blanks at both ends left out; nothing is added without a text. */
int vr_comments_add(
    struct vr_comments *list, const char *key, size_t key_size, const char *text, size_t text_size,
    struct vr_err *err);
void vr_comments_finish(struct vr_comments *list);

/* Of a record, named as for vr_dataset_open; none where its kind has no such thing.  The caller ends *ret_list. */
int vr_dataset_comments(
    const char *kind, const char *path, const char *record, struct vr_comments *ret_list,
    struct vr_err *err);

#endif
