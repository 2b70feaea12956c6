/* Where a trial's samples come from, as the device will see them: 16-bit, 0 = the physical zero,
 * channels interleaved. */
#ifndef VR_REPLAY_SAMPLE_SOURCE_H
#define VR_REPLAY_SAMPLE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct vr_sample_source {
    void *context;
    /* Samples [first, first + count) of a stream, all channels.  By position, so that nothing
     * depends on what was read before. */
    int (*read)(
        void *context, size_t stream, int64_t first, size_t count, int16_t *ret_samples,
        struct vr_err *err);
};

#endif
