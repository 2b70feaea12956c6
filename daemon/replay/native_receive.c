/* What the session makes of frames from the device.  A frame that does not unpack, or that breaks
 * the protocol's contract, is the firmware's failure: its check sum was right, so the line did not
 * do it. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "replay/native_state.h"
#include "wire/digest.h"
#include "wire/sequence.h"

/* A longer round trip than this is a queue that a fault has filled; the wait must not follow it. */
#define RTT_MAX_NS (4 * VR_NS_PER_S)

/* --- CREDIT and NAK --- */

/* Take a 32-bit counter that only grows into its 64-bit form; an older value changes nothing. */
static bool advance(int64_t *count, uint32_t low)
{
    int32_t step = wire_index_compare(low, (uint32_t)*count);
    if (step <= 0)
        return false;
    *count += step;
    return true;
}

/* A silent trial computes once it has everything: what does not fit would wait for room for ever. */
static bool fits_silently(struct vr_session *session)
{
    const struct vr_native *native = vr_native_get(session);
    for (size_t i = 0; i < session->config.open.stream_count; i++) {
        const struct vr_native_stream *stream = &native->streams[i];
        int64_t size = session->config.sample_counts[i] * (int64_t)stream->sample_size;
        if (session->config.open.mode != WIRE_MODE_SILENT || size <= stream->limit_bytes)
            continue;
        vr_session_end(
            session, VR_OUTCOME_REFUSED,
            "a silent trial must fit into the device's ring: stream %zu has %lld bytes, there is "
            "room for %lld; choose a shorter window",
            i, (long long)size, (long long)stream->limit_bytes);
        return false;
    }
    return true;
}

static void start_streaming(struct vr_session *session)
{
    struct vr_native *native = vr_native_of(session);
    if (!fits_silently(session))
        return;
    size_t payload_samples = native->window.payload_max - WIRE_SAMPLES_HEADER;
    for (size_t i = 0; i < session->config.open.stream_count; i++) {
        struct vr_native_stream *stream = &native->streams[i];
        /* The first limit is the whole ring.  A frame takes half of it at most, so that one half
         * fills while the other drains. */
        size_t most = payload_samples;
        if (stream->limit_bytes / 2 < (int64_t)most)
            most = (size_t)stream->limit_bytes / 2;
        stream->chunk_samples = most / stream->sample_size;
        if (stream->chunk_samples == 0) {
            vr_session_broken(session, "a sample ring too small for two samples");
            return;
        }
    }
    vr_session_move(session, VR_SESSION_STREAMING);
}

/* Counters only grow, and the 16-bit ones of CREDIT stop at their width: an older or cut value must not hide a loss. */
static void grow(int64_t *count, int64_t told)
{
    if (told > *count)
        *count = told;
}

static void keep_counters(struct vr_session *session, const struct wire_credit *credit)
{
    struct vr_session_ledger *ledger = &session->ledger;
    ledger->device_crc_errors = credit->errors_crc;
    ledger->device_frame_errors = credit->errors_frame;
    grow(&ledger->underruns, credit->underruns);
    grow(&ledger->outputs_dropped, credit->outputs_dropped);
}

static void acknowledge(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    if (vr_window_acknowledge(&native->window, native->decoder.header.seq) == 0)
        return;
    if (native->timed_next > 0 && native->window.acked >= native->timed_next) {
        int64_t rtt_ns = now_ns - native->timed_ns;
        /* Up at once, down by halves: a wait that is too short sends everything twice, one that is too long costs a moment. */
        int64_t smooth_ns = native->rtt_ns / 2 + rtt_ns / 2;
        native->rtt_ns = rtt_ns > smooth_ns ? rtt_ns : smooth_ns;
        if (native->rtt_ns > RTT_MAX_NS)
            native->rtt_ns = RTT_MAX_NS;
        native->timed_next = 0;
    }
    vr_native_progress(session, now_ns);
}

static void take_credit(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    struct wire_credit credit;
    if (!wire_credit_unpack(native->decoder.payload, native->decoder.payload_size, &credit) ||
        credit.stream_count != session->config.open.stream_count) {
        vr_session_broken(session, "CREDIT is malformed");
        return;
    }
    acknowledge(session, now_ns);
    keep_counters(session, &credit);
    for (size_t i = 0; i < credit.stream_count; i++) {
        struct vr_native_stream *stream = &native->streams[i];
        if (advance(&session->ledger.samples_consumed[i], credit.streams[i].consumed_index))
            vr_native_progress(session, now_ns);
        advance(&stream->limit_bytes, credit.streams[i].limit_bytes);
        if (session->ledger.samples_consumed[i] > session->ledger.samples_sent[i]) {
            vr_session_broken(session, "CREDIT for samples that were never sent");
            return;
        }
    }
    if (session->state == VR_SESSION_OPENING && native->window.acked > 0)
        start_streaming(session);
    /* Outputs that were on the line before this CREDIT and are not here are lost. */
    if (wire_index_compare(credit.outputs_sent, (uint32_t)session->ledger.outputs_received) > 0)
        vr_native_ask_outputs(session, now_ns);
}

static void take_nak(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    acknowledge(session, now_ns);
    if (native->decoder.header.seq == (uint16_t)native->window.acked) {
        vr_native_go_back(session, now_ns);
    }
}

/* --- outputs and the end --- */

/* An algorithm says a few things about a sample.  Firmware that says more is in a loop, and would fill the disk. */
#define OUTPUTS_PER_SAMPLE 64
#define OUTPUTS_FREE 1024

static bool outputs_are_too_many(const struct vr_session *session)
{
    int64_t samples = 0;
    for (size_t i = 0; i < session->config.open.stream_count; i++)
        samples += session->ledger.samples_sent[i];
    return session->ledger.outputs_received >= OUTPUTS_FREE + OUTPUTS_PER_SAMPLE * samples;
}

static bool output_keeps_contract(struct vr_session *session, const struct wire_output *output)
{
    struct vr_native *native = vr_native_of(session);
    size_t stream = native->decoder.header.stream;
    if (stream >= session->config.open.stream_count)
        vr_session_broken(session, "an output of a stream that is not open");
    else if (output->algorithm != session->config.open.algorithm)
        vr_session_broken(session, "an output of another algorithm than the one that was opened");
    else if (!wire_output_word(output->kind) || output->value_count == 0)
        vr_session_broken(session, "an output of an unknown kind, or without values");
    else if (
        wire_index_compare(output->at_index, (uint32_t)session->ledger.samples_sent[stream]) >= 0)
        vr_session_broken(session, "an output at a sample that was never sent");
    else if (wire_index_compare(output->sample_index, output->at_index) > 0)
        vr_session_broken(session, "an output about a sample that was not consumed yet");
    else if (outputs_are_too_many(session))
        vr_session_broken(session, "a flood: more than 64 outputs for each sample");
    else
        return true;
    return false;
}

static void acknowledge_outputs(struct vr_session *session)
{
    struct vr_native *native = vr_native_of(session);
    /* A quarter of what the device can hold: rare enough to cost nothing, early enough never to
     * stop it. */
    int64_t quarter = session->device.output_window / 4;
    if (session->ledger.outputs_received - native->outputs_acked >= (quarter > 1 ? quarter : 1))
        native->ack_due = true;
}

/* After FIN_R: complete once every output is here and every sum agrees. */
void vr_native_try_complete(struct vr_session *session, int64_t now_ns)
{
    const struct vr_native *native = vr_native_get(session);
    const struct vr_session_ledger *ledger = &session->ledger;
    if (session->state != VR_SESSION_CLOSING || ledger->outputs_emitted < 0)
        return;
    if (ledger->outputs_received < ledger->outputs_emitted) {
        vr_native_ask_outputs(session, now_ns);
        return;
    }
    if (ledger->outputs_received > ledger->outputs_emitted) {
        vr_session_broken(session, "FIN_R counts fewer outputs than were sent");
        return;
    }
    if (ledger->digest != ledger->device_digest)
        vr_session_broken(
            session, "the digest of the outputs in FIN_R is not that of the outputs received");
    else if (ledger->outputs_dropped > 0 && native->link_was_down)
        vr_session_end(
            session, VR_OUTCOME_LINK_LOST,
            "while the line was away, the device went on at its pace and had to drop %lld outputs",
            (long long)ledger->outputs_dropped);
    else if (ledger->outputs_dropped > 0)
        vr_session_end(
            session, VR_OUTCOME_OUTPUT_LOST,
            "the device dropped %lld outputs: its output ring of "
            "%u was full",
            (long long)ledger->outputs_dropped, session->device.output_window);
    else if (vr_native_marks_ended(session, now_ns))
        vr_session_end(session, VR_OUTCOME_COMPLETE, "%s", "");
}

static void take_output(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    struct wire_output output;
    uint8_t stream = native->decoder.header.stream;
    if (!wire_output_unpack(native->decoder.payload, native->decoder.payload_size, &output)) {
        vr_session_broken(session, "OUTPUT is malformed");
        return;
    }
    int32_t ahead = wire_index_compare(output.number, (uint32_t)session->ledger.outputs_received);
    /* It keeps each output until it is acknowledged, so what is missing and this one fit into its window. */
    if (ahead > 0 && ahead >= session->device.output_window)
        vr_session_broken(session, "an output with a number that it cannot have reached");
    else if (ahead > 0)
        vr_native_ask_outputs(session, now_ns);
    if (ahead != 0 || !output_keeps_contract(session, &output))
        return;

    session->ledger.digest = wire_output_digest(session->ledger.digest, stream, &output);
    session->ledger.outputs_received++;
    native->gap_sent_ns = VR_NEVER_NS;
    vr_native_progress(session, now_ns);
    acknowledge_outputs(session);
    session->config.sink.output(session->config.sink.context, now_ns, stream, &output);
    vr_native_try_complete(session, now_ns);
}

static void take_fin_reply(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    struct wire_fin_reply reply;
    if (session->state != VR_SESSION_CLOSING)
        return;
    if (!wire_fin_reply_unpack(native->decoder.payload, native->decoder.payload_size, &reply) ||
        reply.stream_count != session->config.open.stream_count) {
        vr_session_broken(session, "FIN_R is malformed");
        return;
    }
    struct vr_session_ledger *ledger = &session->ledger;
    if (!native->fin_sent) {
        vr_session_broken(session, "FIN_R before FIN");
        return;
    }
    for (size_t i = 0; i < reply.stream_count; i++) {
        if (reply.consumed[i] != (uint32_t)native->streams[i].offered) {
            vr_session_broken(session, "FIN_R without all samples consumed");
            return;
        }
        ledger->samples_consumed[i] = native->streams[i].offered;
    }
    if (reply.outputs_dropped < ledger->outputs_dropped) {
        vr_session_broken(session, "FIN_R with fewer dropped outputs than CREDIT");
        return;
    }
    ledger->outputs_emitted = reply.outputs_total;
    ledger->outputs_dropped = reply.outputs_dropped;
    grow(&ledger->underruns, reply.underruns);
    ledger->device_digest = reply.digest;
    vr_native_try_complete(session, now_ns);
}

/* --- the rest --- */

static void take_log(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    struct wire_log log;
    char text[256];
    if (!wire_log_unpack(native->decoder.payload, native->decoder.payload_size, &log))
        return;
    vr_native_copy_text(text, sizeof text, log.text);
    session->config.sink.log(session->config.sink.context, now_ns, log.level, "device", text);
}

static bool is_same_fault(const struct wire_fault *a, const struct wire_fault *b)
{
    return a->code == b->code && a->pc == b->pc && a->lr == b->lr && a->cfsr == b->cfsr;
}

static void take_fault(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    struct wire_fault fault;
    char text[128];
    if (!wire_fault_unpack(native->decoder.payload, native->decoder.payload_size, &fault))
        return;
    snprintf(
        text, sizeof text, "fault %u at pc 0x%08x, lr 0x%08x, cfsr 0x%08x", fault.code, fault.pc,
        fault.lr, fault.cfsr);
    session->config.sink.log(session->config.sink.context, now_ns, 2, "device", text);
    /* FAULT follows HELLO_R.  Only behind a new boot nonce does it tell of this trial; a device may keep an earlier one for long. */
    if (session->state != VR_SESSION_REBOOTED)
        native->old_fault = fault;
    else if (!vr_session_in_outage(session) || !is_same_fault(&fault, &native->old_fault))
        vr_session_end(
            session, VR_OUTCOME_FW_CRASH, "%s, after sample %lld", text,
            (long long)session->ledger.samples_consumed[0]);
}

/* Clocks that stop while the core sleeps, or count instructions, keep no time. */
static bool keeps_time(const struct vr_device_info *device)
{
    return device->clock_source == WIRE_CLOCK_HOST_NS || device->clock_source == WIRE_CLOCK_TIMER;
}

/* Its times are in every output: a clock that jumps makes them mean nothing. */
static void watch_clock(
    struct vr_session *session, int64_t now_ns, const struct wire_sync_reply *reply)
{
    struct vr_native *native = vr_native_of(session);
    char what[96];
    int64_t step_ns;
    if (!keeps_time(&session->device) ||
        !vr_clock_watch_note(
            &native->clock, (int64_t)reply->host_ns, now_ns, reply->ticks_received,
            session->device.clock_hz, &step_ns))
        return;
    snprintf(
        what, sizeof what, "its clock stepped by %+lld ms between two SYNC exchanges",
        (long long)(step_ns / VR_NS_PER_MS));
    vr_session_broken(session, what);
}

static void take_sync(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    struct wire_sync_reply reply;
    if (!wire_sync_reply_unpack(native->decoder.payload, native->decoder.payload_size, &reply))
        return;
    if (reply.host_ns < (uint64_t)session->started_ns || reply.host_ns > (uint64_t)now_ns) {
        vr_session_broken(session, "SYNC_R to a SYNC that was never sent");
        return;
    }
    session->config.sink.sync(session->config.sink.context, (int64_t)reply.host_ns, now_ns, &reply);
    watch_clock(session, now_ns, &reply);
}

static void take_stat(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    struct wire_stat stat;
    if (wire_stat_unpack(native->decoder.payload, native->decoder.payload_size, &stat))
        session->config.sink.stat(session->config.sink.context, now_ns, &stat);
}

static void take_refuse(struct vr_session *session)
{
    struct vr_native *native = vr_native_of(session);
    struct wire_refuse refuse;
    if (session->state == VR_SESSION_OPENING &&
        wire_refuse_unpack(native->decoder.payload, native->decoder.payload_size, &refuse))
        vr_session_end(
            session, VR_OUTCOME_REFUSED, "the device refuses: %.*s", (int)refuse.text.size,
            refuse.text.data);
}

static void take_frame(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    const struct wire_header *header = &native->decoder.header;
    native->heard_ns = now_ns;
    if (header->type == WIRE_HELLO_R) {
        vr_native_take_hello(session, now_ns);
        return;
    }
    if (header->type == WIRE_FAULT) {
        take_fault(session, now_ns);
        return;
    }
    /* Leftovers of an earlier trial, and anything before the device has said who it is, mean
     * nothing to this one. */
    if (header->session != session->config.session_id || session->state == VR_SESSION_HELLO ||
        native->resuming)
        return;
    switch (header->type) {
    case WIRE_CREDIT:
        take_credit(session, now_ns);
        break;
    case WIRE_NAK:
        take_nak(session, now_ns);
        break;
    case WIRE_OUTPUT:
        take_output(session, now_ns);
        break;
    case WIRE_FIN_R:
        take_fin_reply(session, now_ns);
        break;
    case WIRE_LOG:
        take_log(session, now_ns);
        break;
    case WIRE_SYNC_R:
        take_sync(session, now_ns);
        break;
    case WIRE_MARK:
        vr_native_marks_take(
            session, now_ns, native->decoder.payload, native->decoder.payload_size);
        vr_native_try_complete(session, now_ns);
        break;
    case WIRE_STAT:
        take_stat(session, now_ns);
        break;
    case WIRE_REFUSE:
        take_refuse(session);
        break;
    default:
        break; /* a newer device may say more */
    }
}

/* Before the first frame: is it text, such as a boot log, or the noise of a wrong baud rate? */
static void note_noise(struct vr_native *native, int64_t now_ns, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        native->text_bytes += (data[i] >= ' ' && data[i] <= '~') || data[i] == '\n' ||
                              data[i] == '\r' || data[i] == '\t';
    if (native->noise_since_ns == VR_NEVER_NS && size > 0)
        native->noise_since_ns = now_ns;
}

static void note_damage(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    struct vr_session_ledger *ledger = &session->ledger;
    int64_t before = ledger->crc_errors + ledger->frame_errors;
    ledger->crc_errors = native->decoder.crc_errors;
    ledger->frame_errors = native->decoder.frame_errors;
    if (ledger->crc_errors + ledger->frame_errors > before)
        native->damaged_ns = now_ns;
}

void vr_native_receive(struct vr_session *session, int64_t now_ns, const uint8_t *data, size_t size)
{
    struct vr_native *native = vr_native_of(session);
    if (native->decoder.frames == 0)
        note_noise(native, now_ns, data, size);
    while (size > 0 && session->state != VR_SESSION_ENDED) {
        size_t used;
        enum wire_event event = wire_decoder_push(&native->decoder, data, size, &used);
        data += used;
        size -= used;
        note_damage(session, now_ns);
        if (event == WIRE_EVENT_FRAME)
            take_frame(session, now_ns);
    }
}
