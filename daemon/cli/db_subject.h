/* Forgetting a subject, in the catalogue and in run files. */
#ifndef VR_CLI_DB_SUBJECT_H
#define VR_CLI_DB_SUBJECT_H

#include <stdbool.h>

#include "store/store.h"

struct vr_subject_choice {
    const char *id; /* or pseudonym */
    const char
        *runs_folder; /* of run files that are gone through too, with a slash; NULL = none are */
    bool dry_run, json;
};

/* Do it, and tell on stdout. */
int vr_db_forget_subject(
    struct vr_store *catalogue, const struct vr_subject_choice *choice, struct vr_err *err);

#endif
