/* NAME.provenance.json: what an imported record was made from, and how. */
#ifndef VR_DATASET_PROVENANCE_H
#define VR_DATASET_PROVENANCE_H

#include "dataset/import.h"

/* An imported file: its name in the folder, and its digest. */
struct vr_output {
    char name[2 * VR_NAME_SIZE];
    char sha256[VR_DIGEST_HEX_SIZE];
};

/* Write it to `path`.  `read_sha256` is vr_record's. */
int vr_provenance_write(
    const char *path, const struct vr_import *import, const struct vr_imported *imported,
    const char *kind, const char *read_sha256, const struct vr_output *outputs, size_t output_count,
    struct vr_err *err);

#endif
