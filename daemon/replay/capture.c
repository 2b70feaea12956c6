/* From session to rows. */
#include "replay/capture.h"

#include <stdio.h>
#include <string.h>

#include "wire/sequence.h"

void vr_capture_start(struct vr_capture *capture)
{
    capture->output_count = capture->sync_count = capture->mark_count = 0;
    capture->outputs_total = 0;
    capture->error = 0;
    memset(capture->near, 0, sizeof capture->near);
}

static void hand_on(struct vr_capture *capture)
{
    if (capture->error < 0 ||
        capture->output_count + capture->sync_count + capture->mark_count == 0)
        return;
    capture->error = capture->flush(capture->context, capture, &capture->err);
    capture->output_count = capture->sync_count = capture->mark_count = 0;
}

/* Outputs are about the recent past, so the 64-bit index is the one nearest to the last. */
static int64_t widen(uint32_t low, int64_t near)
{
    return near + wire_index_compare(low, (uint32_t)near);
}

static void take_output(
    void *context, int64_t now_ns, uint8_t stream, const struct wire_output *output)
{
    struct vr_capture *capture = context;
    if (capture->output_count == VR_CAPTURE_OUTPUTS)
        hand_on(capture);

    int64_t at_index = widen(output->at_index, capture->near[stream]);
    capture->near[stream] = at_index;
    struct vr_output_row *row = &capture->outputs[capture->output_count++];
    *row = (struct vr_output_row){
        .number = capture->outputs_total++,
        .kind = output->kind,
        .stream = stream,
        .sample_index = widen(output->sample_index, at_index),
        .at_index = at_index,
        .ticks_arrival = output->ticks_arrival,
        .ticks_emitted = output->ticks_emitted,
        .host_ns = now_ns,
        .value_count = output->value_count,
    };
    memcpy(row->values, output->values, sizeof row->values);
}

static void take_sync(
    void *context, int64_t sent_ns, int64_t received_ns, const struct wire_sync_reply *reply)
{
    struct vr_capture *capture = context;
    if (capture->sync_count == VR_CAPTURE_SYNCS)
        hand_on(capture);
    capture->syncs[capture->sync_count++] = (struct vr_sync_row){
        .host_sent_ns = sent_ns,
        .host_received_ns = received_ns,
        .ticks_received = reply->ticks_received,
        .ticks_sent = reply->ticks_sent,
    };
}

static void take_mark(
    void *context, int64_t sent_ns, int64_t received_ns, const struct wire_mark_reply *reply)
{
    struct vr_capture *capture = context;
    if (capture->mark_count == VR_CAPTURE_MARKS)
        hand_on(capture);
    capture->marks[capture->mark_count++] = (struct vr_mark_row){
        .line = reply->mark.line,
        .level = reply->mark.on,
        .ticks = reply->ticks,
        .host_sent_ns = sent_ns,
        .host_received_ns = received_ns,
    };
}

static void take_log(void *context, int64_t now_ns, int level, const char *source, const char *text)
{
    struct vr_capture *capture = context;
    if (capture->error == 0)
        capture->error = capture->log(capture->context, now_ns, level, source, text, &capture->err);
}

static void take_stat(void *context, int64_t now_ns, const struct wire_stat *stat)
{
    char text[160];
    snprintf(
        text, sizeof text,
        "steps %u, %u ticks in all, longest %u, awake %u of %u ticks, ring at most %u B, logs "
        "dropped %u",
        stat->steps, stat->step_ticks, stat->step_ticks_max, stat->awake_ticks, stat->ticks,
        stat->ring_high, stat->logs_dropped);
    take_log(context, now_ns, 6, "stat", text);
}

struct vr_session_sink vr_capture_sink(struct vr_capture *capture)
{
    return (struct vr_session_sink){
        .context = capture,
        .output = take_output,
        .log = take_log,
        .sync = take_sync,
        .stat = take_stat,
        .mark = take_mark,
    };
}

int vr_capture_flush(struct vr_capture *capture, struct vr_err *err)
{
    hand_on(capture);
    if (capture->error < 0 && err)
        *err = capture->err;
    return capture->error;
}
