/* The dialect mlperf (schema/mlperf.md): drives firmware made for MLPerf Tiny, one window of the stream after the other.
 *
 * The protocol has no check sum, no numbers and no end, so nothing can be repaired: whatever is not the one answer that must come ends
 * the trial, typed by what can be known about its cause. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "replay/mlperf_state.h"
#include "wire/digest.h"

/* An answer to name% takes a moment; a board that was reset by the opened port takes longer to boot. */
#define NAME_PERIOD_NS (500 * VR_NS_PER_MS)

/* --- life --- */

static int mlperf_check(
    const struct vr_rig_dut *dut, uint8_t mode, size_t stream_count, struct vr_err *err)
{
    if (mode != WIRE_MODE_MAX)
        return vr_err_set(
            err, VR_ERR_USAGE,
            "%s speaks mlperf, which has no clock to pace by and no way to be silent; replay with "
            "speed max",
            dut->name);
    if (stream_count != 1)
        return vr_err_set(
            err, VR_ERR_USAGE,
            "%s speaks mlperf, which takes one stream, not %zu; choose channels of one kind and "
            "rate",
            dut->name, stream_count);
    return 0;
}

static int64_t mlperf_usable(const struct vr_rig_dut *dut, int64_t sample_count)
{
    return vr_mlperf_window_usable(&dut->mlperf, sample_count);
}

static void mlperf_describe(const struct vr_rig_dut *dut, char text[VR_DIALECT_SHAPE_SIZE])
{
    const struct vr_rig_mlperf *shape = &dut->mlperf;
    snprintf(
        text, VR_DIALECT_SHAPE_SIZE, "mlperf window %u hop %u %s x %.17g + %.17g, %u results",
        shape->window_samples, shape->hop_samples, vr_mlperf_window_format(shape), shape->scale,
        shape->offset, shape->result_count);
}

static int mlperf_start(struct vr_session *session, int64_t now_ns, struct vr_err *err)
{
    struct vr_mlperf *mlperf = vr_mlperf_of(session);
    const struct vr_session_config *config = &session->config;
    assert(config->dut && config->dut->mlperf.window_samples > 0);
    int r = mlperf_check(config->dut, config->open.mode, config->open.stream_count, err);
    if (r < 0)
        return r;
    mlperf->shape = &config->dut->mlperf;
    assert(
        vr_mlperf_window_usable(mlperf->shape, config->sample_counts[0]) ==
        config->sample_counts[0]);
    r = vr_mlperf_window_init(
        &mlperf->window, mlperf->shape, config->open.streams[0].channels, err);
    if (r < 0)
        return r;
    session->ledger.digest = WIRE_DIGEST_INIT;
    mlperf->heard_ns = now_ns;
    mlperf->sent_ns = now_ns;
    mlperf->command_due = true;
    return 0;
}

static void mlperf_finish(struct vr_session *session)
{
    vr_mlperf_window_finish(&vr_mlperf_of(session)->window);
}

/* --- samples --- */

static size_t mlperf_room(const struct vr_session *session, size_t stream, int64_t left)
{
    const struct vr_mlperf *mlperf = vr_mlperf_get(session);
    (void)stream;
    size_t room = mlperf->step == VR_MLPERF_STEP_IDLE ? vr_mlperf_window_room(&mlperf->window) : 0;
    size_t most = WIRE_PAYLOAD_MAX / sizeof(int16_t) / mlperf->window.channels; /* at a time */
    room = room < most ? room : most;
    return left < (int64_t)room ? (size_t)left : room;
}

static void mlperf_offer(
    struct vr_session *session, size_t stream, const int16_t *samples, size_t count, bool last)
{
    struct vr_mlperf *mlperf = vr_mlperf_of(session);
    struct vr_err err = {0};
    (void)stream, (void)last;
    vr_mlperf_window_add(&mlperf->window, samples, count);
    if (vr_mlperf_window_room(&mlperf->window) > 0)
        return;
    if (vr_mlperf_window_encode(&mlperf->window, &err) < 0) {
        vr_session_end(session, VR_OUTCOME_REFUSED, "%s", err.text);
        return;
    }
    mlperf->byte_at = mlperf->readback_at = 0;
    vr_mlperf_begin(session, VR_MLPERF_STEP_LOAD);
}

static void mlperf_finish_streams(struct vr_session *session)
{
    vr_mlperf_of(session)->streams_finished = true;
}

/* --- what is said --- */

void vr_mlperf_begin(struct vr_session *session, enum vr_mlperf_step step)
{
    struct vr_mlperf *mlperf = vr_mlperf_of(session);
    mlperf->step = step;
    mlperf->heard = 0;
    mlperf->command_due = step != VR_MLPERF_STEP_IDLE;
    if (step == VR_MLPERF_STEP_DATA) {
        size_t left = mlperf->window.byte_count - mlperf->byte_at;
        mlperf->chunk_size = left < mlperf->shape->chunk_size ? left : mlperf->shape->chunk_size;
    }
}

void vr_mlperf_command(const struct vr_session *session, char ret_command[VR_MLPERF_COMMAND_MAX])
{
    static const char *const commands[] = {
        [VR_MLPERF_STEP_NAME] = "name",           [VR_MLPERF_STEP_PROFILE] = "profile",
        [VR_MLPERF_STEP_TIMESTAMP] = "timestamp", [VR_MLPERF_STEP_IDLE] = "",
        [VR_MLPERF_STEP_READBACK] = "db print",   [VR_MLPERF_STEP_INFER] = "infer 1 0",
        [VR_MLPERF_STEP_REPEAT] = "results",
    };
    const struct vr_mlperf *mlperf = vr_mlperf_get(session);
    if (mlperf->step == VR_MLPERF_STEP_LOAD)
        snprintf(ret_command, VR_MLPERF_COMMAND_MAX, "db load %zu", mlperf->window.byte_count);
    else if (mlperf->step == VR_MLPERF_STEP_NONCE)
        snprintf(ret_command, VR_MLPERF_COMMAND_MAX, "vr%08x", session->config.host_nonce);
    else if (mlperf->step == VR_MLPERF_STEP_DATA)
        vr_mlperf_db_format(
            mlperf->window.bytes + mlperf->byte_at, mlperf->chunk_size, ret_command);
    else
        snprintf(ret_command, VR_MLPERF_COMMAND_MAX, "%s", commands[mlperf->step]);
}

/* Overlapping windows bring a sample to the line more than once; it is counted the first time, when all of it is there. */
static void count_data(struct vr_session *session)
{
    const struct vr_mlperf *mlperf = vr_mlperf_get(session);
    struct vr_session_ledger *ledger = &session->ledger;
    int64_t sample_size = (int64_t)vr_mlperf_window_sample_size(&mlperf->window);
    int64_t sent =
        mlperf->window.first + (int64_t)(mlperf->byte_at + mlperf->chunk_size) / sample_size;
    ledger->payload_bytes += (int64_t)mlperf->chunk_size;
    if (sent > ledger->samples_sent[0])
        ledger->samples_sent[0] = sent;
    ledger->sample_bytes = ledger->samples_sent[0] * sample_size;
}

static size_t mlperf_transmit(
    struct vr_session *session, int64_t now_ns, uint8_t *buffer, size_t capacity)
{
    struct vr_mlperf *mlperf = vr_mlperf_of(session);
    char command[VR_MLPERF_COMMAND_MAX];
    if (!mlperf->command_due)
        return 0;
    vr_mlperf_command(session, command);
    size_t size = strlen(command);
    assert(size < capacity);
    memcpy(buffer, command, size);
    buffer[size++] = '%';
    mlperf->command_due = false;
    mlperf->sent_ns = now_ns;
    session->ledger.frames_sent++;
    if (mlperf->step == VR_MLPERF_STEP_DATA)
        count_data(session);
    return size;
}

/* --- time --- */

/* How long the device may say nothing. */
static int64_t patience_ns(const struct vr_session *session)
{
    const struct vr_mlperf *mlperf = vr_mlperf_get(session);
    int64_t line_ns = vr_session_line_ns(session, VR_MLPERF_COMMAND_MAX + VR_MLPERF_LINE_MAX);
    if (mlperf->step == VR_MLPERF_STEP_INFER)
        return (int64_t)(mlperf->shape->infer_timeout_s * (double)VR_NS_PER_S) + line_ns;
    return session->config.silence_ns + line_ns;
}

static int64_t tick_name(struct vr_session *session, int64_t now_ns)
{
    struct vr_mlperf *mlperf = vr_mlperf_of(session);
    int64_t end_ns = session->started_ns + session->config.hello_timeout_ns;
    if (now_ns >= end_ns && session->ledger.bytes_received == 0)
        vr_session_end(
            session, VR_OUTCOME_DUT_ABSENT,
            "no answer to name%%; is the device powered, flashed, on this port, and at this baud "
            "rate?");
    else if (now_ns >= end_ns)
        vr_session_end(
            session, VR_OUTCOME_LINK_CORRUPT,
            "%lld bytes came, but no answer to name%%; is it the right baud rate, and firmware "
            "that speaks mlperf?",
            (long long)session->ledger.bytes_received);
    if (!mlperf->command_due && now_ns - mlperf->sent_ns >= NAME_PERIOD_NS) {
        mlperf->command_due = true;
        session->ledger.frames_resent++;
    }
    int64_t next_ns = mlperf->sent_ns + NAME_PERIOD_NS;
    return next_ns < end_ns && !mlperf->command_due ? next_ns : end_ns;
}

/* Every window of the stream is through.  The totals are the host's own count: the protocol has none to compare with. */
static void complete(struct vr_session *session)
{
    struct vr_session_ledger *ledger = &session->ledger;
    ledger->outputs_emitted = ledger->outputs_received;
    ledger->device_digest = ledger->digest;
    vr_session_move(session, VR_SESSION_CLOSING);
    vr_session_end(session, VR_OUTCOME_COMPLETE, "%s", "");
}

static int64_t mlperf_tick(struct vr_session *session, int64_t now_ns)
{
    struct vr_mlperf *mlperf = vr_mlperf_of(session);
    if (mlperf->step == VR_MLPERF_STEP_NAME)
        return tick_name(session, now_ns);
    if (mlperf->step == VR_MLPERF_STEP_IDLE) {
        if (mlperf->streams_finished)
            complete(session);
        return VR_NEVER_NS; /* samples come when they come */
    }
    if (mlperf->command_due)
        return VR_NEVER_NS; /* it goes out as soon as the line takes it */
    /* While hands are shaken any line may come, so only the answer counts; later every line is a part of it. */
    int64_t since_ns = mlperf->sent_ns;
    if (mlperf->step > VR_MLPERF_STEP_IDLE && mlperf->heard_ns > since_ns)
        since_ns = mlperf->heard_ns;
    int64_t end_ns = since_ns + patience_ns(session);
    if (now_ns >= end_ns) {
        char command[VR_MLPERF_COMMAND_MAX];
        vr_mlperf_command(session, command);
        vr_session_end(
            session, VR_OUTCOME_FW_HANG, "no answer to \"%.16s\" for %lld ms, behind sample %lld",
            command, (long long)(patience_ns(session) / VR_NS_PER_MS),
            (long long)session->ledger.samples_consumed[0]);
    }
    return end_ns;
}

const struct vr_dialect vr_dialect_mlperf = {
    .name = "mlperf",
    .summary =
        "the text protocol of MLPerf Tiny firmware, schema/mlperf.md: windows in, results out",
    .state_size = sizeof(struct vr_mlperf),
    .resumes = false,
    .check = mlperf_check,
    .usable = mlperf_usable,
    .describe = mlperf_describe,
    .start = mlperf_start,
    .finish = mlperf_finish,
    .room = mlperf_room,
    .offer = mlperf_offer,
    .finish_streams = mlperf_finish_streams,
    .receive = vr_mlperf_receive,
    .transmit = mlperf_transmit,
    .tick = mlperf_tick,
};
