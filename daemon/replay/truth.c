/* From ticks of the record to samples of stream 0, cut to the window. */
#include "replay/truth.h"

#include <stdlib.h>

#include "dataset/rate.h"

int vr_truth_load(
    struct vr_truth *truth, struct vr_dataset *dataset, const char *annotator,
    const struct vr_streams *streams, struct vr_err *err)
{
    const struct vr_record *record = vr_dataset_record(dataset);
    const struct vr_stream *stream = &streams->items[0];
    /* Ticks and samples differ where a record holds several samples a frame. */
    struct vr_rate ticks = {record->rate_num, record->rate_den};
    struct vr_rate samples = {stream->wire.rate_num, stream->wire.rate_den};
    *truth = (struct vr_truth){0};

    int r = vr_dataset_truth(dataset, annotator, &truth->annotations, err);
    if (r == -VR_ERR_NOT_FOUND)
        return 0;
    if (r < 0)
        return r;
    truth->found = true;
    truth->rows = calloc(truth->annotations.count + 1, sizeof *truth->rows);
    if (!truth->rows)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the truth of %s", record->name);

    for (size_t i = 0; i < truth->annotations.count; i++) {
        const struct vr_annotation *item = &truth->annotations.items[i];
        int64_t index;
        if (!vr_rate_convert(item->sample_index, ticks, samples, &index))
            continue; /* far outside of any window */
        index -= stream->first;
        if (index < 0 || index >= stream->sample_count)
            continue;
        truth->rows[truth->count++] = (struct vr_truth_row){
            .sample_index = index,
            .code = item->code,
            .subtype = item->subtype,
            .channel = item->channel,
            .number = item->number,
            .text = item->text,
        };
    }
    return 0;
}

void vr_truth_finish(struct vr_truth *truth)
{
    free(truth->rows);
    vr_annotations_finish(&truth->annotations);
}
