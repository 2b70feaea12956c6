/* Which records a folder of WFDB files holds. */
#ifndef VR_DATASET_WFDB_NAMES_H
#define VR_DATASET_WFDB_NAMES_H

#include <stdbool.h>

#include "base/err.h"
#include "dataset/dataset.h"

/* Every header in the folder; and of those that a file RECORDS names in folders below, as PhysioNet
 * has them ("patient001/s0010_re"), the ones that are there. */
int vr_wfdb_names_list(const char *path, struct vr_names *ret_names, struct vr_err *err);

/* Is there any?  False also when the folder cannot be read. */
bool vr_wfdb_names_any(const char *path);

#endif
