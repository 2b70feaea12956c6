/* A mapping file where it lies, and the records that it tells of. */
#ifndef VR_DATASET_CSV_PLACE_H
#define VR_DATASET_CSV_PLACE_H

#include <stdbool.h>

#include "base/digest.h"
#include "base/err.h"
#include "dataset/csv_map.h"
#include "dataset/dataset.h"

struct vr_csv_place {
    struct vr_csv_map map;
    char *folder; /* that the mapping lies in */
    int folder_fd;
    char record[VR_NAME_SIZE]; /* the only one, if no '*' tells others */
};

/* Whether a path has the suffix of a mapping file. */
bool vr_csv_place_fits(const char *path);

/* Read the mapping; its bytes go into `digest`, unless that is NULL.  The caller ends *place. */
int vr_csv_place_open(
    struct vr_csv_place *place, const char *path, struct vr_digest *digest, struct vr_err *err);
void vr_csv_place_finish(struct vr_csv_place *place);

/* The records: of the first file name with a '*', or else of the first column whose cells name them. */
int vr_csv_place_list(
    const struct vr_csv_place *place, struct vr_names *ret_names, struct vr_err *err);

/* What stands behind the last slash. */
const char *vr_csv_base_name(const char *path);

#endif
