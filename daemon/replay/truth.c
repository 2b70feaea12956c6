/* From ticks of the record to samples of stream 0, cut to the window and moved as they are. */
#include "replay/truth.h"

#include <stdlib.h>

#include "dataset/annotation_rate.h"
#include "dataset/rate.h"

static void add_row(struct vr_truth *truth, const struct vr_annotation *item, int64_t index)
{
    truth->rows[truth->count++] = (struct vr_truth_row){
        .sample_index = index,
        .code = item->code,
        .subtype = item->subtype,
        .channel = item->channel,
        .number = item->number,
        .text = item->text,
    };
}

/* States that last until told otherwise: what holds when the window begins is told at its first sample, or beats inside a flutter
 * that began before it would count. */
struct states {
    const struct vr_annotation *flutter, *rhythm, *note, *quality;
};

static void note_state(struct states *states, const struct vr_annotation *item)
{
    switch (item->code) {
    case VR_CODE_VFON:
        states->flutter = item;
        break;
    case VR_CODE_VFOFF:
        states->flutter = NULL;
        break;
    case VR_CODE_RHYTHM:
        states->rhythm = item;
        break;
    case VR_CODE_NOTE:
        states->note = item;
        break;
    case VR_CODE_NOISE:
        states->quality = item;
        break;
    default:
        break;
    }
}

/* A rhythm and a note may both be the label, and of two labels the later one holds: they keep their order. */
static void add_states(struct vr_truth *truth, const struct states *states)
{
    bool is_note_first = states->note && states->rhythm && states->note < states->rhythm;
    const struct vr_annotation *const items[] = {
        is_note_first ? states->note : states->rhythm,
        is_note_first ? states->rhythm : states->note, states->quality, states->flutter};
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++)
        if (items[i])
            add_row(truth, items[i], 0);
}

static void cut_to_window(
    struct vr_truth *truth, const struct vr_record *record, const struct vr_stream *stream)
{
    /* Ticks and samples differ where a record holds several samples a frame. */
    struct vr_rate ticks = vr_annotations_rate(&truth->annotations, record);
    struct vr_rate samples = {stream->wire.rate_num, stream->wire.rate_den};
    struct states before = {0};
    bool begun = false;

    for (size_t i = 0; i < truth->annotations.count; i++) {
        const struct vr_annotation *item = &truth->annotations.items[i];
        int64_t index;
        if (!vr_rate_convert(item->sample_index, ticks, samples, &index))
            continue; /* far outside of any window */
        index = vr_streams_place(stream, index - stream->first);
        if (index < 0)
            note_state(&before, item);
        else if (!begun)
            add_states(truth, &before);
        begun = begun || index >= 0;
        if (index >= 0 && index < stream->sample_count)
            add_row(truth, item, index);
    }
    if (!begun)
        add_states(truth, &before);
}

int vr_truth_load(
    struct vr_truth *truth, struct vr_dataset *dataset, const char *annotator,
    const struct vr_streams *streams, struct vr_err *err)
{
    const struct vr_record *record = vr_dataset_record(dataset);
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
    cut_to_window(truth, record, &streams->items[0]);
    return 0;
}

void vr_truth_finish(struct vr_truth *truth)
{
    free(truth->rows);
    vr_annotations_finish(&truth->annotations);
}
