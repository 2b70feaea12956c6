/* Who the records of a dataset are of, for statistics by subject: the table subjects.csv in the
 * dataset's folder, which is optional.
 *
 *     record,subject,age,activity
 *     100,p1,69,rest
 *     101,p2,75,
 *
 * Columns behind the second are strata; an empty cell means that the record belongs to none. */
#ifndef VR_DATASET_SUBJECTS_H
#define VR_DATASET_SUBJECTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define VR_SUBJECTS_FILE "subjects.csv"
#define VR_STRATA_MAX 16
#define VR_STRATUM_SIZE 64 /* bytes of "name=value", with its NUL */

struct vr_subject {
    const char *record;
    const char *name; /* of the subject */
    size_t stratum_count;
    const char *const *strata; /* "age=69", in the order of the heading */
    int64_t line;              /* in the table */
};

struct vr_subjects;

/* Read the table in the folder of the dataset at `path` (the folder, or a file in it).
 * VR_ERR_NOT_FOUND: there is none.  VR_ERR_INPUT with its place: a record twice, a record without
 * subject, another heading, more than VR_NAMES_MAX rows.  The caller destroys *ret_subjects. */
int vr_subjects_load(const char *path, struct vr_subjects **ret_subjects, struct vr_err *err);

void vr_subjects_destroy(struct vr_subjects *subjects); /* NULL is nothing */
void vr_subjects_destroyp(struct vr_subjects **subjects);

/* The subject of a record, as long as the table lives; NULL when the table does not have it. */
const struct vr_subject *vr_subjects_find(const struct vr_subjects *subjects, const char *record);

/* Rows in ascending order of the record's name. */
size_t vr_subjects_count(const struct vr_subjects *subjects);
const struct vr_subject *vr_subjects_at(const struct vr_subjects *subjects, size_t index);

#endif
