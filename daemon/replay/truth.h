/* Truth of the replayed window, in samples of stream 0, as rows. */
#ifndef VR_REPLAY_TRUTH_H
#define VR_REPLAY_TRUTH_H

#include "dataset/dataset.h"
#include "replay/streams.h"
#include "store/store.h"

struct vr_truth {
    bool found;                /* false = the record has no such annotator */
    struct vr_truth_row *rows; /* texts point into annotations */
    size_t count;
    struct vr_annotations annotations; /* of the whole record */
};

/* A record without that annotator is no error: it cannot be scored, and the judge says so.  A
 * malformed annotation file is one. */
int vr_truth_load(
    struct vr_truth *truth, struct vr_dataset *dataset, const char *annotator,
    const struct vr_streams *streams, struct vr_err *err);
void vr_truth_finish(struct vr_truth *truth);

#endif
