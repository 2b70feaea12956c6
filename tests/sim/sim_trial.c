/* The event loop of virtual time: everything moves as far as it can at one instant, then time jumps
 * to the next event. */
#include "sim_trial.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "replay/dialect.h"
#include "replay/ledger.h"

#define FIRST_NONCE 0x10000000u

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
    struct sim_world *world = context;
    (void)err;
    for (size_t i = 0; i < capture->output_count; i++)
        hash_row(&world->outputs_hash, &capture->outputs[i]);
    if (world->options->keep)
        world->options->keep(world->options->context, capture);
    if (capture->output_count > 0)
        world->last = capture->outputs[capture->output_count - 1];
    return 0;
}

static int keep_log(
    void *context, int64_t now_ns, int level, const char *source, const char *text,
    struct vr_err *err)
{
    struct sim_world *world = context;
    (void)now_ns, (void)level, (void)err;
    world->result->log_count++;
    size_t used = strlen(world->result->log);
    if (strcmp(source, "session") == 0)
        snprintf(world->result->log + used, sizeof world->result->log - used, "%s\n", text);
    return 0;
}

static void open_session(struct sim_world *world)
{
    const struct sim_trial_options *options = world->options;
    struct vr_session_config config = {
        .session_id = (uint8_t)(1 + (options->seed + world->trial_count) % 255),
        .host_nonce = ((uint32_t)options->seed + world->trial_count) * 2654435761u + 1,
        .boot_nonce = options->boot_nonce,
        .baud = (uint32_t)options->baud,
        .replug_ns = options->replug_ns,
        .algorithm = options->algorithm,
        .payload_max = options->payload_max,
        .deadline_ns = options->deadline_ns,
        .sink = vr_capture_sink(&world->capture),
        .has_marks = options->marks,
        .mark_line = 2,
        .open =
            {
                .mode = options->paced ? WIRE_MODE_PACED : WIRE_MODE_MAX,
                .speed_milli = options->speed_milli,
                .stream_count = (uint8_t)options->stream_count,
            },
    };
    world->schedule = (struct vr_schedule){0};
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
    if (vr_session_create(&config, world->now_ns, &world->session, &err) < 0) {
        fprintf(stderr, "sim: %s\n", err.text);
        abort();
    }
}

static void feed(struct sim_world *world)
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

static bool host_moves(struct sim_world *world)
{
    uint8_t received[4096];
    bool moved = false;
    if (vr_session_link_is_down(world->session))
        return false;
    feed(world);
    if (world->pending_at == world->pending_size) {
        world->pending_at = 0;
        world->pending_size = vr_session_transmit(
            world->session, world->now_ns, world->pending, sizeof world->pending);
    }
    size_t put = line_tap_put(
        &world->device_tap, world->now_ns, world->pending + world->pending_at,
        world->pending_size - world->pending_at);
    world->pending_at += put;
    moved = line_tap_push(&world->device_tap, world->now_ns) || put > 0;
    size_t got = line_take(&world->to_host, world->now_ns, received, sizeof received);
    if (got > 0)
        vr_session_receive(world->session, world->now_ns, received, got);
    return moved || got > 0;
}

/* Returns when the device wants to run again by itself; *moved is set when it did something that the host may see at once. */
static int64_t device_moves(struct sim_world *world, bool *moved)
{
    if (!world->powered)
        return VR_NEVER_NS;
    if (world->options->mlperf) {
        *moved = sim_mlperf_run(&world->mlperf, world->now_ns) || *moved;
        return VR_NEVER_NS;
    }
    line_tap_push(&world->host_tap, world->now_ns);
    return sim_device_run(&world->device, world->now_ns);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What has arrived already and is not taken waits for its receiver, which may never move again. */
static int64_t next_arrival(const struct sim_world *world)
{
    int64_t device_ns = line_next_ns(&world->to_device), host_ns = line_next_ns(&world->to_host);
    return earlier(
        device_ns > world->now_ns ? device_ns : VR_NEVER_NS,
        host_ns > world->now_ns ? host_ns : VR_NEVER_NS);
}

/* --- events ----------------------------------------------------------------------------------- */

static void boot(struct sim_world *world)
{
    const struct vr_rig_mlperf *mlperf = world->options->mlperf;
    if (mlperf)
        sim_mlperf_boot(
            &world->mlperf, 2 * mlperf->window_samples, &world->to_device, &world->to_host);
    else
        sim_device_boot(
            &world->device, &world->device.options, world->boot_nonce, &world->to_device,
            &world->host_tap);
}

void sim_world_reboot(struct sim_world *world)
{
    world->boot_nonce++;
    boot(world);
    world->reboot_count++;
}

static void pull(struct sim_world *world, const struct sim_unplug *unplug)
{
    world->unplug_count++;
    world->unplugged_ns = world->now_ns;
    world->replug_ns =
        unplug->away_ns == VR_NEVER_NS ? VR_NEVER_NS : world->now_ns + unplug->away_ns;
    world->powered = !unplug->reboots && unplug->other_unit == 0;
    world->to_device.pause_at = world->to_host.pause_at = INT64_MAX;
    line_pull(&world->to_device, true);
    line_pull(&world->to_host, world->options->uart);
    line_tap_clear(&world->device_tap);
    world->pending_at = world->pending_size = 0;
    vr_session_link_down(world->session, world->now_ns, "sim: the device is gone");
}

static void put_back(struct sim_world *world)
{
    const struct sim_unplug *unplug = &world->options->unplugs[world->next_unplug++];
    world->replug_ns = VR_NEVER_NS;
    line_put_back(&world->to_device, world->now_ns);
    line_put_back(&world->to_host, world->now_ns);
    if (unplug->other_unit != 0) {
        world->device.options.unit = unplug->other_unit;
        world->boot_nonce -=
            unplug->same_nonce; /* a counter that stands where the other one's did */
    }
    if (!world->powered) {
        line_tap_clear(&world->host_tap);
        sim_world_reboot(world);
        world->powered = true;
    }
    if (world->session)
        vr_session_link_up(world->session, world->now_ns);
}

/* The next unplug is armed as soon as the line is there.  Returns whether anything happened. */
static bool unplug_or_replug(struct sim_world *world)
{
    const struct sim_trial_options *options = world->options;
    if (world->to_device.pulled) {
        if (world->now_ns < world->replug_ns)
            return false;
        put_back(world);
        return true;
    }
    if (world->next_unplug >= options->unplug_count)
        return false;
    const struct sim_unplug *unplug = &options->unplugs[world->next_unplug];
    struct faulty_line *counted = unplug->to_host ? &world->to_host : &world->to_device;
    if (unplug->at_byte >= 0)
        counted->pause_at = unplug->at_byte > counted->taken ? unplug->at_byte : counted->taken;
    if (counted->taken < counted->pause_at && world->now_ns < unplug->at_ns)
        return false;
    pull(world, unplug);
    return true;
}

static void act(struct sim_world *world)
{
    const struct sim_trial_options *options = world->options;
    if (world->now_ns >= world->reboot_ns) {
        world->reboot_ns = VR_NEVER_NS;
        sim_world_reboot(world);
    }
    if (world->now_ns >= world->event_ns)
        world->event_ns = options->event(options->context, world);
    while (unplug_or_replug(world))
        ;
}

static int64_t next_act(const struct sim_world *world)
{
    int64_t next_ns = earlier(world->reboot_ns, world->event_ns);
    if (world->to_device.pulled)
        return earlier(next_ns, world->replug_ns);
    if (world->next_unplug < world->options->unplug_count)
        next_ns = earlier(next_ns, world->options->unplugs[world->next_unplug].at_ns);
    return next_ns;
}

static void run_until_ended(struct sim_world *world)
{
    while (vr_session_state(world->session) != VR_SESSION_ENDED) {
        act(world);
        int64_t next_ns = vr_session_tick(world->session, world->now_ns);
        bool moved = host_moves(world);
        if (!world->opened && vr_session_state(world->session) == VR_SESSION_STREAMING) {
            world->opened = true;
            if (world->options->opened)
                world->options->opened(world->options->context, world);
        }
        next_ns = earlier(next_ns, device_moves(world, &moved));
        if (moved || vr_session_state(world->session) == VR_SESSION_ENDED)
            continue; /* at this instant more may follow */
        /* A line that is paused at a byte has one to hand over only once it was pulled. */
        if (world->to_device.taken >= world->to_device.pause_at ||
            world->to_host.taken >= world->to_host.pause_at)
            continue;
        next_ns = earlier(next_ns, next_arrival(world));
        next_ns = earlier(next_ns, next_act(world));
        assert(next_ns > world->now_ns && next_ns < VR_NEVER_NS);
        world->now_ns = next_ns;
    }
}

/* CLOSE gets as far as it can in a moment, then the line is quiet: what the next trial finds. */
static void say_farewell(struct sim_world *world)
{
    int64_t until_ns = world->now_ns + VR_NS_PER_S;
    world->to_device.pause_at = world->to_host.pause_at = INT64_MAX;
    while (!world->to_device.pulled && world->now_ns < until_ns) {
        bool moved = host_moves(world);
        int64_t next_ns = device_moves(world, &moved);
        if (moved)
            continue;
        next_ns = earlier(next_ns, next_arrival(world));
        world->now_ns = next_ns > until_ns ? until_ns : next_ns;
    }
}

/* --- what came of it --------------------------------------------------------------------------- */

/* FNV-1a 32 over all samples of stream 0, made anew: what the echo must have said at the end, whatever the line did. */
static bool echo_is_true(const struct sim_world *world)
{
    uint32_t hash = 2166136261u;
    for (int64_t i = 0; i < world->options->sample_count; i++) {
        uint16_t sample = (uint16_t)signal_at(world->options->seed, 0, world->first_index + i);
        hash = (hash ^ (sample & 0xff)) * 16777619u;
        hash = (hash ^ (sample >> 8)) * 16777619u;
    }
    return world->last.kind == WIRE_OUTPUT_ECHO &&
           (uint32_t)world->last.values[1] - world->first_index == world->options->sample_count &&
           (uint32_t)world->last.values[2] == hash;
}

static int64_t device_consumed(const struct sim_world *world)
{
    int64_t consumed = 0;
    for (size_t i = 0; i < world->options->stream_count; i++)
        consumed += world->device.dut.streams[i].consumed;
    return consumed;
}

struct sim_world *sim_world_create(const struct sim_trial_options *options)
{
    struct sim_world *world = calloc(1, sizeof *world);
    if (!world)
        abort();
    line_init(
        &world->to_device, options->seed * 2 + 1, options->baud, options->latency_ns,
        &options->to_device);
    line_init(
        &world->to_host, options->seed * 2 + 2, options->baud,
        options->latency_ns + options->reply_latency_ns, &options->to_host);
    world->device_tap.line = &world->to_device;
    world->host_tap.line = &world->to_host;
    world->powered = true;
    world->boot_nonce = FIRST_NONCE;
    world->replug_ns = world->unplugged_ns = VR_NEVER_NS;
    world->options = options;
    world->device.options = options->device;
    boot(world);
    return world;
}

void sim_world_trial(
    struct sim_world *world, const struct sim_trial_options *options,
    struct sim_trial_result *ret_result)
{
    *ret_result = (struct sim_trial_result){.started_ns = world->now_ns};
    if (world->to_device.pulled)
        put_back(world); /* somebody did, before the next attempt */
    world->options = options;
    world->result = ret_result;
    world->trial_count++;
    world->next_unplug = 0;
    world->opened = false;
    world->first_index = 0;
    world->unplug_count = world->reboot_count = 0;
    world->reboot_ns = options->reboot_ns;
    world->event_ns = options->event ? options->event_ns : VR_NEVER_NS;
    world->pending_at = world->pending_size = 0;
    world->capture.flush = flush;
    world->capture.log = keep_log;
    world->capture.context = world;
    world->outputs_hash = UINT64_C(0xcbf29ce484222325);
    world->last = (struct vr_output_row){0};
    vr_capture_start(&world->capture);
    open_session(world);
    run_until_ended(world);
    vr_capture_flush(&world->capture, NULL);

    ret_result->outcome = vr_session_outcome(world->session);
    ret_result->outputs_hash = world->outputs_hash;
    ret_result->output_count = world->capture.outputs_total;
    ret_result->device_consumed =
        world->reboot_count > 0 || options->mlperf ? -1 : device_consumed(world);
    ret_result->echo_is_true = echo_is_true(world);
    ret_result->transcript = world->to_device.hash ^ world->to_host.hash * 31;
    ret_result->ended_ns = world->now_ns;
    ret_result->byte_ns = world->to_device.byte_ns;
    ret_result->unplugged_ns = world->unplugged_ns;
    ret_result->unplug_count = world->unplug_count;
    ret_result->reboot_count = world->reboot_count;
    ret_result->fault_count = world->to_device.fault_count + world->to_host.fault_count;
    snprintf(ret_result->why, sizeof ret_result->why, "%s", vr_session_why(world->session));
    vr_ledger_close(
        vr_session_ledger(world->session), &world->schedule, world->capture.outputs_total,
        &ret_result->row);
    say_farewell(world);
    vr_session_destroy(world->session);
    world->session = NULL;
}

void sim_world_destroy(struct sim_world *world)
{
    free(world);
}

void sim_trial_run(const struct sim_trial_options *options, struct sim_trial_result *ret_result)
{
    struct sim_world *world = sim_world_create(options);
    sim_world_trial(world, options, ret_result);
    sim_world_destroy(world);
}
