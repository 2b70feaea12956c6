/* Sums over streams, and the two identities. */
#include "replay/ledger.h"

void vr_ledger_close(
    const struct vr_session_ledger *ledger, const struct vr_schedule *schedule, int64_t stored,
    struct vr_trial_row *row)
{
    row->samples_planned = row->samples_sent = row->samples_consumed = 0;
    for (size_t i = 0; i < schedule->stream_count; i++) {
        row->samples_planned += schedule->streams[i].sample_count;
        row->samples_sent += ledger->samples_sent[i];
        row->samples_consumed += ledger->samples_consumed[i];
    }
    row->samples_lost = row->samples_sent - row->samples_consumed;
    row->samples_unsent = row->samples_planned - row->samples_sent;

    bool finished = ledger->outputs_emitted >= 0;
    /* Outputs that found no room in the device took no number, but they were emitted. */
    row->outputs_emitted = finished ? ledger->outputs_emitted + ledger->outputs_dropped : -1;
    row->outputs_stored = stored;
    row->outputs_lost = finished ? row->outputs_emitted - stored : -1;
    row->ledger_closed = finished && row->samples_lost == 0 && row->samples_unsent == 0 &&
                         row->outputs_lost == 0 && ledger->digest == ledger->device_digest;

    row->bytes_sent = ledger->bytes_sent;
    row->bytes_received = ledger->bytes_received;
    row->payload_bytes = ledger->payload_bytes;
    row->sample_bytes = ledger->sample_bytes;
    row->frames_sent = ledger->frames_sent;
    row->frames_resent = ledger->frames_resent;
    row->crc_errors = ledger->crc_errors;
    row->frame_errors = ledger->frame_errors;
    row->device_crc_errors = ledger->device_crc_errors;
    row->device_frame_errors = ledger->device_frame_errors;
    row->underruns = ledger->underruns;
    row->link_losses = ledger->link_losses;
}
