/* The event loop of virtual time: everything moves as far as it can at one instant, then time jumps
 * to the next event. */
#include "sim_trial.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "replay/capture.h"
#include "replay/dialect.h"
#include "replay/ledger.h"
#include "replay/schedule.h"
#include "sim_mlperf.h"

struct world {
    const struct sim_trial_options *options;
    int64_t now_ns;
    struct faulty_line to_device, to_host;
    struct sim_device device;
    struct sim_mlperf mlperf;
    struct vr_rig_dut rig; /* of the dialect mlperf */
    struct vr_session *session;
    struct vr_schedule schedule;
    struct vr_capture capture;
    uint64_t outputs_hash;
    struct vr_output_row last;
    uint8_t pending[VR_SESSION_TRANSMIT_MIN]; /* encoded, waiting for the line */
    size_t pending_at, pending_size;
    bool rebooted;
};

/* A pulse train over a slow wave and a counter: no two frames are alike, and the beat detector has
 * beats to find. */
static int16_t signal_at(uint64_t seed, size_t stream, int64_t index)
{
    static const int16_t pulse[12] = {20, 60, -40, -80, 400, 900, 500, -200, -120, -30, 10, 5};
    uint64_t mixed = (uint64_t)index * UINT64_C(0x9e3779b97f4a7c15) + seed;
    int64_t phase = (index + (int64_t)(seed % 97)) % (250 + (int64_t)stream * 40);
    int noise = (int)(mixed >> 60) - 8;
    int drift = (int)((index >> 6) & 127) - 64;
    return (int16_t)((phase < 12 ? pulse[phase] : 0) + noise + drift);
}

static void hash_row(uint64_t *hash, const struct vr_output_row *row)
{
    int64_t words[4] = {
        row->number, row->kind | row->stream << 8, row->sample_index, row->at_index};
    for (size_t i = 0; i < 4; i++)
        *hash = (*hash ^ (uint64_t)words[i]) * UINT64_C(0x100000001b3);
    for (int i = 0; i < row->value_count; i++)
        *hash = (*hash ^ (uint32_t)row->values[i]) * UINT64_C(0x100000001b3);
}

static int flush(void *context, const struct vr_capture *capture, struct vr_err *err)
{
    struct world *world = context;
    (void)err;
    for (size_t i = 0; i < capture->output_count; i++)
        hash_row(&world->outputs_hash, &capture->outputs[i]);
    if (world->options->keep)
        world->options->keep(world->options->context, capture);
    if (capture->output_count > 0)
        world->last = capture->outputs[capture->output_count - 1];
    return 0;
}

static int ignore_log(
    void *context, int64_t now_ns, int level, const char *source, const char *text,
    struct vr_err *err)
{
    (void)context, (void)now_ns, (void)level, (void)source, (void)text, (void)err;
    return 0;
}

static void open_session(struct world *world)
{
    const struct sim_trial_options *options = world->options;
    struct vr_session_config config = {
        .session_id = (uint8_t)(1 + options->seed % 255),
        .host_nonce = (uint32_t)options->seed * 2654435761u + 1,
        .algorithm = options->algorithm,
        .payload_max = options->payload_max,
        .deadline_ns = options->deadline_ns,
        .baud = options->tells_baud ? (uint32_t)options->baud : 0,
        .sink = vr_capture_sink(&world->capture),
        .open =
            {
                .mode = options->paced ? WIRE_MODE_PACED : WIRE_MODE_MAX,
                .speed_milli = options->speed_milli,
                .stream_count = (uint8_t)options->stream_count,
            },
    };
    world->schedule.stream_count = options->stream_count;
    for (size_t i = 0; i < options->stream_count; i++) {
        config.open.streams[i] = (struct wire_stream){
            .kind = WIRE_STREAM_ECG,
            .channels = 1,
            .format = WIRE_FORMAT_S16,
            .rate_num = options->rate_num,
            .rate_den = options->rate_den * (uint32_t)(i + 1),
            .lsb_nano = 5000,
        };
        world->schedule.streams[i] = (struct vr_schedule_stream){
            .rate_num = options->rate_num,
            .rate_den = options->rate_den * (uint32_t)(i + 1),
            .sample_count = options->sample_count / (int64_t)(i + 1),
        };
    }
    struct vr_err err = {0};
    if (options->mlperf) {
        world->rig = (struct vr_rig_dut){.name = "sim", .mlperf = *options->mlperf};
        config.dialect = vr_dialect_find("mlperf", &err);
        config.dut = &world->rig;
        config.sample_counts[0] = options->sample_count;
    }
    if (vr_session_create(&config, 0, &world->session, &err) < 0) {
        fprintf(stderr, "sim: %s\n", err.text);
        abort();
    }
}

static void feed(struct world *world)
{
    int16_t samples[WIRE_PAYLOAD_MAX / 2];
    for (;;) {
        size_t room[WIRE_STREAMS_MAX] = {0};
        for (size_t i = 0; i < world->schedule.stream_count; i++) {
            const struct vr_schedule_stream *s = &world->schedule.streams[i];
            room[i] = vr_session_room(world->session, i, s->sample_count - s->next_index);
        }
        size_t stream, count;
        int64_t first;
        if (!vr_schedule_next(&world->schedule, room, &stream, &first, &count))
            break;
        for (size_t i = 0; i < count; i++)
            samples[i] = signal_at(world->options->seed, stream, first + (int64_t)i);
        const struct vr_schedule_stream *from = &world->schedule.streams[stream];
        vr_session_offer(
            world->session, stream, samples, count, from->next_index == from->sample_count);
    }
    if (vr_schedule_done(&world->schedule))
        vr_session_finish_streams(world->session);
}

static bool host_moves(struct world *world)
{
    uint8_t received[4096];
    bool moved = false;
    feed(world);
    if (world->pending_at == world->pending_size) {
        world->pending_at = 0;
        world->pending_size = vr_session_transmit(
            world->session, world->now_ns, world->pending, sizeof world->pending);
    }
    size_t put = line_put(
        &world->to_device, world->now_ns, world->pending + world->pending_at,
        world->pending_size - world->pending_at);
    world->pending_at += put;
    moved = put > 0;
    size_t got = line_take(&world->to_host, world->now_ns, received, sizeof received);
    if (got > 0)
        vr_session_receive(world->session, world->now_ns, received, got);
    return moved || got > 0;
}

static void boot(struct world *world, uint32_t boot_nonce)
{
    const struct sim_trial_options *options = world->options;
    if (options->mlperf)
        sim_mlperf_boot(
            &world->mlperf, 2 * options->mlperf->window_samples, &world->to_device,
            &world->to_host);
    else
        sim_device_boot(
            &world->device, &options->device, boot_nonce, &world->to_device, &world->to_host);
}

static void maybe_reboot(struct world *world)
{
    if (world->rebooted || world->now_ns < world->options->reboot_ns)
        return;
    world->rebooted = true;
    boot(world, 0x20000000u);
}

/* Returns when the device wants to run again by itself; *moved is set when it did something that the host may see at once. */
static int64_t device_moves(struct world *world, bool *moved)
{
    if (!world->options->mlperf)
        return sim_device_run(&world->device, world->now_ns);
    *moved = sim_mlperf_run(&world->mlperf, world->now_ns) || *moved;
    return VR_NEVER_NS;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void run_until_ended(struct world *world)
{
    while (vr_session_state(world->session) != VR_SESSION_ENDED) {
        maybe_reboot(world);
        int64_t next_ns = vr_session_tick(world->session, world->now_ns);
        bool moved = host_moves(world);
        next_ns = earlier(next_ns, device_moves(world, &moved));
        if (moved || vr_session_state(world->session) == VR_SESSION_ENDED)
            continue; /* at this instant more may follow */
        next_ns = earlier(next_ns, line_next_ns(&world->to_device));
        next_ns = earlier(next_ns, line_next_ns(&world->to_host));
        if (!world->rebooted)
            next_ns = earlier(next_ns, world->options->reboot_ns);
        assert(next_ns > world->now_ns && next_ns < VR_NEVER_NS);
        world->now_ns = next_ns;
    }
}

/* FNV-1a 32 over all samples of stream 0, made anew: what the echo must have said at the end, whatever the line did. */
static bool echo_is_true(const struct world *world)
{
    uint32_t hash = 2166136261u;
    for (int64_t i = 0; i < world->options->sample_count; i++) {
        uint16_t sample = (uint16_t)signal_at(world->options->seed, 0, i);
        hash = (hash ^ (sample & 0xff)) * 16777619u;
        hash = (hash ^ (sample >> 8)) * 16777619u;
    }
    return world->last.kind == WIRE_OUTPUT_ECHO &&
           world->last.values[1] == world->options->sample_count &&
           (uint32_t)world->last.values[2] == hash;
}

static int64_t device_consumed(const struct world *world)
{
    int64_t consumed = 0;
    for (size_t i = 0; i < world->options->stream_count; i++)
        consumed += world->device.dut.trial.streams[i].consumed;
    return consumed;
}

void sim_trial_run(const struct sim_trial_options *options, struct sim_trial_result *ret_result)
{
    struct world *world = calloc(1, sizeof *world);
    if (!world)
        abort();
    world->options = options;
    world->capture.flush = flush;
    world->capture.log = ignore_log;
    world->capture.context = world;
    world->outputs_hash = UINT64_C(0xcbf29ce484222325);
    line_init(
        &world->to_device, options->seed * 2 + 1, options->baud, options->latency_ns,
        &options->to_device);
    line_init(
        &world->to_host, options->seed * 2 + 2, options->baud,
        options->latency_ns + options->reply_latency_ns, &options->to_host);
    boot(world, 0x10000000u);
    vr_capture_start(&world->capture);
    open_session(world);
    run_until_ended(world);
    vr_capture_flush(&world->capture, NULL);

    *ret_result = (struct sim_trial_result){
        .outcome = vr_session_outcome(world->session),
        .outputs_hash = world->outputs_hash,
        .output_count = world->capture.outputs_total,
        .device_consumed = world->rebooted || options->mlperf ? -1 : device_consumed(world),
        .echo_is_true = echo_is_true(world),
        .transcript = world->to_device.hash ^ world->to_host.hash * 31,
        .ended_ns = world->now_ns,
        .fault_count = world->to_device.fault_count + world->to_host.fault_count,
        .byte_ns = world->to_device.byte_ns,
    };
    snprintf(ret_result->why, sizeof ret_result->why, "%s", vr_session_why(world->session));
    vr_ledger_close(
        vr_session_ledger(world->session), &world->schedule, world->capture.outputs_total,
        &ret_result->row);
    vr_session_destroy(world->session);
    free(world);
}
