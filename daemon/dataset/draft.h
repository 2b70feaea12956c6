/* A file that appears under its name only when it is whole: written as PATH.part, then renamed. */
#ifndef VR_DATASET_DRAFT_H
#define VR_DATASET_DRAFT_H

#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

struct vr_draft {
    FILE *file; /* write here; errors are found by commit */
    char *path;
    char *part;
};

/* VR_ERR_IO when the folder cannot be written. */
int vr_draft_open(struct vr_draft *draft, const char *path, struct vr_err *err);

/* Give the file its name, over an older one.  VR_ERR_IO when any byte could not be written. */
int vr_draft_commit(struct vr_draft *draft, struct vr_err *err);

/* Without a commit before, nothing stays. */
void vr_draft_close(struct vr_draft *draft);

#endif
