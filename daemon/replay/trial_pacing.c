/* The rows of a trial as the input of the measurement. */
#include "replay/trial_pacing.h"

#include "base/cleanup.h"

/* An output does not tell which stream's sample was at work when it was emitted: with one rate it does not matter. */
static bool has_one_rate(const struct vr_streams *streams)
{
    const struct vr_stream *first = &streams->items[0];
    for (size_t i = 1; i < streams->count; i++) {
        const struct vr_stream *other = &streams->items[i];
        if (other->wire.rate_num != first->wire.rate_num ||
            other->wire.rate_den != first->wire.rate_den)
            return false;
    }
    return true;
}

int vr_trial_pacing_measure(
    const struct vr_trial_pacing *pacing, struct vr_store *store, int64_t trial_id,
    struct vr_pacing_row *ret_row, const char **ret_why, struct vr_err *err)
{
    const struct vr_stream *stream = &pacing->streams->items[0];
    _cleanup_free_ struct vr_output_row *outputs = NULL;
    _cleanup_free_ struct vr_sync_row *syncs = NULL;
    struct vr_pacing_input input = {
        .rate_num = stream->wire.rate_num,
        .rate_den = stream->wire.rate_den,
        .sample_count = stream->sample_count,
        .speed_milli = pacing->speed_milli,
        .ticks_hz = pacing->ticks_hz,
        .underruns = pacing->underruns,
    };
    if (!has_one_rate(pacing->streams)) {
        *ret_why = "the streams have several rates";
        return 0;
    }
    int r = vr_store_outputs(store, trial_id, &outputs, &input.output_count, err);
    if (r == 0)
        r = vr_store_syncs(store, trial_id, &syncs, &input.sync_count, err);
    input.outputs = outputs;
    input.syncs = syncs;
    return r < 0 ? r : vr_pacing_measure(&input, ret_row, ret_why, err);
}
