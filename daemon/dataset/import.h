/* A recording of any kind as a WFDB record, with where it comes from, and without whom it is of. */
#ifndef VR_DATASET_IMPORT_H
#define VR_DATASET_IMPORT_H

#include <stddef.h>

#include "base/err.h"
#include "dataset/dataset.h"
#include "dataset/inputs.h"

/* What to bring in.  Texts are borrowed. */
struct vr_import {
    const char *kind, *path, *record; /* of the source, as for vr_dataset_open */
    const char *folder;               /* the record goes here; it is there */
    const char *name; /* of the record there; NULL = that of the source (vr_import_name) */
    int format;       /* of all signals; 0 = the smallest of 16, 24, 32 that will do */
    const char *const *annotators; /* these and no others, all of which must be there; */
    size_t annotator_count;        /* 0 = all that are found */
    const char *const *kept;       /* keys of comments that stay (dataset/comments.h) */
    size_t kept_count;
    const char *subject; /* pseudonym; NULL = not known */
};

/* What was done. */
struct vr_imported {
    char name[VR_NAME_SIZE];
    size_t signal_count;
    struct vr_inputs inputs;
    struct vr_names annotators;
    size_t comments_kept, comments_dropped;
    char **warnings; /* for people; no path stands in them */
    size_t warning_count;
};

/* Write FOLDER/NAME.dat, NAME.ANNOTATOR for each annotator, NAME.provenance.json (schema in docs/privacy.md), a line of subjects.csv, and at
 * last NAME.hea.  All of it is made in FOLDER/.vitalrig-import first; what is there by these names already is never replaced.
 *
 * VR_ERR_INPUT: the record is there, or cannot be written in that format; VR_ERR_IO: also when another import is at work there; and whatever
 * reading may say.  The caller ends *ret_imported, when it succeeded. */
int vr_import_record(
    const struct vr_import *import, struct vr_imported *ret_imported, struct vr_err *err);
void vr_imported_finish(struct vr_imported *imported);

/* Letters, digits, '_' and '-' of the last part of a record's name; '_' for the others. */
void vr_import_name(const char *record, char ret_name[VR_NAME_SIZE]);

#endif
