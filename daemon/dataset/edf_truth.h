/* What an EDF file notes, as truth of a record.
 *
 * Events with a duration are labels (sleep stages, activities): each becomes a NOTE at its onset, and where the next label
 * does not begin at its end, a NOTE without text ends it; a label that begins earlier takes over.  In a file with sleep
 * stages ("Sleep stage ...", "Movement time") only these are labels, or an arousal would end the stage that it lies in.
 * Everything else (lights off, arousals, a button) gets a code that stands for no label: VR_CODE_EVENT. */
#ifndef VR_DATASET_EDF_TRUTH_H
#define VR_DATASET_EDF_TRUTH_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dataset/dataset.h"
#include "dataset/edf_file.h"
#include "dataset/rate.h"

/* The channel that a label may name is no part of it: "Sleep stage N2@@EEG F4-A1" is a "Sleep stage N2".
 *
 * Times move by shift_ns and become the nearest ticks of `rate`.  Whatever lies outside of [0, frame_count) is left out
 * and counted, what reaches into it is cut; frame_count 0 = there is no end. *ret_list must be empty; the caller ends it,
 * also on error. */
int vr_edf_truth(
    const struct vr_edf_file *edf, int64_t shift_ns, struct vr_rate rate, int64_t frame_count,
    struct vr_annotations *ret_list, size_t *ret_outside, struct vr_err *err);

/* The tick at which the last event ends, which is the length of a file without signals. */
int64_t vr_edf_truth_end(const struct vr_edf_file *edf, struct vr_rate rate);

#endif
