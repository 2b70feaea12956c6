/* The way of a signal from its recording to the device, as a chain of stages.
 *
 * Each stage gives the samples of one channel as a pure function of their position: what was read before does not matter, so a resend,
 * another attempt and a run that goes on get the same samples.  Values are in LSB of the recording above its physical zero; NaN = no sample here;
 * an infinity = the front end stands at its rail.  Every position may be asked for: before 0 and behind the end lies what the recording has
 * there, and at the recording's own ends its first or last sample goes on. */
#ifndef VR_REPLAY_STAGE_H
#define VR_REPLAY_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dataset/dataset.h"
#include "replay/resample.h"

struct vr_stage;

struct vr_stage_type {
    /* Samples [first, first + count). */
    int (*read)(
        struct vr_stage *stage, int64_t first, size_t count, double *ret_values,
        struct vr_err *err);
    /* Where sample `index` of the input lies in the output; NULL = at the same index. */
    int64_t (*place)(const struct vr_stage *stage, int64_t index);
    void (*finish)(struct vr_stage *stage); /* NULL = nothing to do; the chain's memory is freed */
};

/* First member of every stage. */
struct vr_stage {
    const struct vr_stage_type *type;
    struct vr_stage *input; /* owned; NULL = this is where the signal comes from */
    int64_t sample_count;   /* in [0, sample_count) is what is replayed */
};

int vr_stage_read(
    struct vr_stage *stage, int64_t first, size_t count, double *ret_values, struct vr_err *err);

/* Where sample `index` of `from`, a stage of the chain, lies at its end. */
int64_t vr_stage_place(const struct vr_stage *chain, const struct vr_stage *from, int64_t index);

/* With everything before it. */
void vr_stage_destroy(struct vr_stage *stage);
void vr_stage_destroyp(struct vr_stage **stage);

/* The calls below put a stage behind *chain, which may be NULL for the first; *chain is the whole then, also on error.
 * VR_ERR_NO_MEMORY. */

/* A signal as it was recorded.  The dataset is borrowed. */
int vr_stage_record(
    struct vr_stage **chain, struct vr_dataset *dataset, size_t signal, struct vr_err *err);

/* The same; the dataset is taken, also on error. */
int vr_stage_record_owned(
    struct vr_stage **chain, struct vr_dataset *dataset, size_t signal, struct vr_err *err);

/* At another rate; `resample` is taken, also on error. */
int vr_stage_resample(struct vr_stage **chain, struct vr_resample *resample, struct vr_err *err);

/* The part [first, first + count), counted from 0. */
int vr_stage_window(struct vr_stage **chain, int64_t first, int64_t count, struct vr_err *err);

/* Over and over, from sample `start` on. */
int vr_stage_loop(struct vr_stage **chain, int64_t start, struct vr_err *err);

/* For other stages: `stage` (calloc; NULL = there was no memory) is put behind *chain. */
int vr_stage_put(
    struct vr_stage **chain, struct vr_stage *stage, const struct vr_stage_type *type,
    struct vr_err *err);

#endif
