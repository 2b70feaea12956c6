/* The result key: one name for everything that determines what a trial puts out.
 *
 * Two trials with the same key must have the same outputs; where they do not, the firmware is not deterministic (view
 * v_nondeterminism).  Not in the key, because they must not matter: the device's serial number, the rest of the rig, the attempt,
 * the time. */
#ifndef VR_STORE_RESULT_KEY_H
#define VR_STORE_RESULT_KEY_H

#include <stdint.h>

#include "base/digest.h"

/* Strings may be NULL, which counts as "". */
struct vr_result_key_input {
    const char *scenario_sha256; /* names the signals, too */
    const char *record_sha256;
    int64_t window_start, window_count; /* ticks of the record */
    const char
        *signal; /* what else determines the signals (replay/signal_faults.h); "" = nothing */
    const char *firmware_hash; /* of the image */
    const char *firmware_name, *firmware_version,
        *firmware_git; /* only where the hash is not known: they follow from the image */
    const char *algorithm;
    const char *pace;     /* "max", "silent"; of a paced replay: */
    uint32_t speed_milli; /* 0 = not paced */
    const char *model;    /* of the device: its hardware */
    const char
        *input_shape; /* how the rig makes the firmware's input of samples; "" = as they are */
    uint64_t seed;
    int repeat;
    int scorer_version; /* of the scorers' semantics; 0 = the key names outputs only */
};

/* SHA-256 over the canonical text in schema/store.md, "Result key". */
void vr_result_key(const struct vr_result_key_input *input, char ret_key[VR_DIGEST_HEX_SIZE]);

#endif
