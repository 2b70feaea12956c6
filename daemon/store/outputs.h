/* The digest of a list of output rows: the one that the device makes of what it says (schema/store.md, "Digest of outputs"). */
#ifndef VR_STORE_OUTPUTS_H
#define VR_STORE_OUTPUTS_H

#include "store/store.h"

#define VR_OUTPUTS_DIGEST_SIZE 17 /* 16 hexadecimal digits and the end */

/* `rows` in the order of their numbers. */
void vr_outputs_digest(
    const struct vr_output_row *rows, size_t count, char ret_hex[VR_OUTPUTS_DIGEST_SIZE]);

#endif
