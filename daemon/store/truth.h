/* The digest of a list of truth rows: what makes corrected truth another record (schema/store.md, "Truth").
 *
 * Only daemon/store includes this file. */
#ifndef VR_STORE_TRUTH_H
#define VR_STORE_TRUTH_H

#include "base/digest.h"
#include "store/store.h"

void vr_truth_digest(
    const struct vr_truth_row *rows, size_t count, char ret_hex[VR_DIGEST_HEX_SIZE]);

#endif
