/* Whether a device answers at the rate that it is said to have, and if not, at which one it does.
 *
 * Only for a port that nobody uses: opening may reset a board, and HELLO ends a trial that runs. */
#ifndef VR_LINK_PROBE_H
#define VR_LINK_PROBE_H

#include <stdint.h>

#include "link/link.h"

#define VR_PROBE_RATE_MS 1000 /* longest wait for an answer at one rate */

struct vr_probe {
    uint32_t asked; /* bit/s: what the configuration says */
    uint32_t baud;  /* where a valid HELLO_R came; 0 = nowhere */
    uint64_t bytes; /* that came at any rate before that: 0 = silence */
};

/* `config` is that of a serial link; `nonce` is a random number.  VR_ERR_LINK when the port cannot be had.  Takes up to a second for each
 * usual rate when nothing answers; an answer ends it. */
int vr_probe_baud(
    const struct vr_link_config *config, uint32_t nonce, struct vr_probe *ret_probe,
    struct vr_err *err);

#endif
