/* A line more in the table of subjects (dataset/subjects.h). */
#ifndef VR_DATASET_SUBJECTS_ADD_H
#define VR_DATASET_SUBJECTS_ADD_H

#include "base/err.h"

/* Say in FOLDER/subjects.csv that a record is of a subject; the table is made where there is none, and a record that it has with this subject
 * already is nothing to do.  Both names must be fit for a cell without quotes.  VR_ERR_INPUT: it has the record with another subject, or cannot
 * be read. */
int vr_subjects_add(
    const char *folder, const char *record, const char *subject, struct vr_err *err);

#endif
