#include "power/shield_loop.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_NS INT64_C(5000000000)
#define IDLE_A 20e-6
#define PULSE_A 8e-3
#define PULSE_ON_NS 5.4e6

static double pulse_ns_until(double at_ns)
{
    double whole = floor(at_ns / SHIELD_PULSE_NS);
    return whole * PULSE_ON_NS + fmin(at_ns - whole * SHIELD_PULSE_NS, PULSE_ON_NS);
}

static double amperes(void *context, double at_ns)
{
    (void)context;
    return IDLE_A + (fmod(at_ns, SHIELD_PULSE_NS) < PULSE_ON_NS ? PULSE_A - IDLE_A : 0);
}

static double coulombs(void *context, double from_ns, double to_ns)
{
    (void)context;
    double on_ns = pulse_ns_until(to_ns) - pulse_ns_until(from_ns);
    return (IDLE_A * (to_ns - from_ns) + (PULSE_A - IDLE_A) * on_ns) * 1e-9;
}

static uint8_t lines(void *context, double at_ns)
{
    (void)context;
    double in_quarter_ns = fmod(at_ns, 250e6);
    return in_quarter_ns >= 3.1e6 && in_quarter_ns < 13.1e6 ? 4 : 0;
}

const struct vr_sim_world shield_world = {
    .amperes = amperes, .coulombs = coulombs, .lines = lines, .volts = 3.0};

/* --- what the decoder tells -------------------------------------------------------------------------------------------------- */

static void take_samples(void *context, const struct vr_power_samples *samples)
{
    struct shield_loop *loop = context;
    if (samples->first != (int64_t)loop->count || samples->count == 0)
        loop->broken = "an index was skipped, or said twice";
    if (!samples->lines != !loop->info.has_lines)
        loop->broken = "lines are not as the description says";
    for (size_t i = 0; i < samples->count && loop->count < SHIELD_SAMPLES_MAX; i++) {
        loop->ranges[loop->count] = samples->ranges[i];
        loop->values[loop->count] =
            vr_power_value(&loop->info.scale, samples->ranges[i], samples->codes[i]);
        loop->lines[loop->count++] = samples->lines ? samples->lines[i] : 0;
    }
}

static void take_gap(void *context, const struct vr_power_gap *gap)
{
    struct shield_loop *loop = context;
    if (gap->first != (int64_t)loop->count || gap->count_min > gap->count ||
        gap->count > gap->count_max || gap->count <= 0)
        loop->broken = "a gap is not where its samples are";
    if (loop->gap_count < SHIELD_NOTES_MAX)
        loop->gaps[loop->gap_count++] = *gap;
}

static void take_anchor(void *context, int64_t index, int64_t arrival_ns)
{
    struct shield_loop *loop = context;
    if (index < 0 || index >= (int64_t)loop->count)
        loop->broken = "an anchor is at no sample";
    if (loop->anchor_count < sizeof loop->anchors / sizeof loop->anchors[0]) {
        loop->anchors[loop->anchor_count][0] = index;
        loop->anchors[loop->anchor_count++][1] = arrival_ns;
    }
}

static void take_note(void *context, int level, const char *text)
{
    struct shield_loop *loop = context;
    (void)level;
    if (loop->note_count < SHIELD_NOTES_MAX)
        snprintf(loop->notes[loop->note_count++], sizeof loop->notes[0], "%s", text);
}

/* --- the loop ---------------------------------------------------------------------------------------------------------------- */

static void say(struct shield_loop *loop, const char *command)
{
    uint8_t reply[512];
    char line[64];
    int size = snprintf(line, sizeof line, "%s\n", command);
    loop->driver->receive(
        vr_sim_state(loop->meter), loop->now_ns, (const uint8_t *)line, (size_t)size);
    size_t got =
        loop->driver->transmit(vr_sim_state(loop->meter), loop->now_ns, reply, sizeof reply - 1);
    reply[got] = '\0';
    if (!strstr((char *)reply, "ack ")) {
        fprintf(stderr, "%s: %s\n", command, (char *)reply);
        abort();
    }
}

static void set(struct shield_loop *loop, const struct vr_powershield_mode *mode)
{
    char frequency[32];
    snprintf(frequency, sizeof frequency, "freq %u", mode->rate_hz);
    say(loop, mode->is_v3pwr ? "power_monitor" : "htc");
    say(loop, "volt 3000m");
    say(loop, mode->is_binary ? "format bin_hexa" : "format ascii_dec");
    say(loop, frequency);
    say(loop, mode->is_energy ? "output energy" : "output current");
    say(loop, "trigdelay 0");
    say(loop, "eventsrc d7 fal");
    say(loop, "pwr on");
    say(loop, "start");
}

struct shield_loop *shield_loop_create(const struct shield_case *test)
{
    struct shield_loop *loop = calloc(1, sizeof *loop);
    loop->values = calloc(SHIELD_SAMPLES_MAX, sizeof *loop->values);
    loop->lines = calloc(SHIELD_SAMPLES_MAX, 1);
    loop->ranges = calloc(SHIELD_SAMPLES_MAX, 1);
    loop->driver = vr_sim_find("powershield");
    loop->now_ns = START_NS;
    vr_rng_init(&loop->pieces, 7);
    vr_powershield_describe(&test->mode, &loop->info);
    const struct vr_sim_config config = {
        .world = &shield_world,
        .clock_ppm = test->clock_ppm,
        .seed = 7,
        .noise = test->noise,
        .faults = test->faults,
        .fault_count = test->fault_count,
        .new_style = test->mode.is_v3pwr,
    };
    const struct vr_power_sink sink = {loop, take_samples, take_gap, take_anchor, take_note};
    struct vr_err err;
    if (vr_sim_create(loop->driver, &config, &loop->meter, &err) < 0 ||
        vr_power_decoder_create(
            vr_power_find("powershield", NULL), &loop->info, &sink, &loop->decoder, &err) < 0)
        abort();
    set(loop, &test->mode);
    return loop;
}

void shield_loop_feed(struct shield_loop *loop, const void *data, size_t size)
{
    vr_power_decode(loop->decoder, loop->now_ns, data, size);
}

static void hand_over(struct shield_loop *loop, const uint8_t *data, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t piece = 1 + vr_rng_below(&loop->pieces, 40);
        piece = piece < size - at ? piece : size - at;
        shield_loop_feed(loop, data + at, piece);
        at += piece;
    }
}

static void pump(struct shield_loop *loop)
{
    uint8_t bytes[4096];
    for (size_t got; (got = loop->driver->transmit(
                          vr_sim_state(loop->meter), loop->now_ns, bytes, sizeof bytes)) > 0;)
        hand_over(loop, bytes, got);
}

void shield_loop_run(struct shield_loop *loop, double seconds)
{
    int64_t end_ns = loop->now_ns + (int64_t)(seconds * 1e9);
    while (loop->now_ns < end_ns) {
        loop->now_ns += 1000000;
        pump(loop);
    }
}

void shield_loop_end(struct shield_loop *loop)
{
    loop->driver->receive(vr_sim_state(loop->meter), loop->now_ns, (const uint8_t *)"stop\n", 5);
    pump(loop);
    vr_power_decode_end(loop->decoder);
}

void shield_loop_destroy(struct shield_loop *loop)
{
    vr_power_decoder_destroy(loop->decoder);
    vr_sim_destroy(loop->meter);
    free(loop->values);
    free(loop->lines);
    free(loop->ranges);
    free(loop);
}

/* --- judging it ---------------------------------------------------------------------------------------------------------------- */

double shield_loop_joules(const struct shield_loop *loop, size_t first, size_t end)
{
    double sum = 0;
    for (size_t i = first; i < end; i++)
        sum += loop->values[i];
    return loop->info.quantity == VR_POWER_ENERGY ? sum
                                                  : sum * loop->info.supply_v / loop->info.rate_num;
}

double shield_loop_true_joules(const struct shield_loop *loop, size_t first, size_t end)
{
    const void *state = vr_sim_state(loop->meter);
    return shield_world.volts * coulombs(
                                    NULL, loop->driver->sample_ns(state, (int64_t)first),
                                    loop->driver->sample_ns(state, (int64_t)end));
}

bool shield_loop_is_doubtful(const struct shield_loop *loop, size_t index)
{
    bool is_doubtful = loop->ranges[index] == VR_POWER_MISSING;
    for (size_t i = 0; i < loop->gap_count; i++) {
        const struct vr_power_gap *gap = &loop->gaps[i];
        is_doubtful |= (int64_t)index >= gap->first - gap->place_err &&
                       (int64_t)index < gap->first + gap->count + gap->place_err;
    }
    return is_doubtful;
}

size_t shield_loop_wrong(const struct shield_loop *loop, double part)
{
    size_t wrong = 0;
    for (size_t i = 0; i < loop->count; i++) {
        double truth = shield_loop_true_joules(loop, i, i + 1);
        wrong += !shield_loop_is_doubtful(loop, i) &&
                 !(fabs(shield_loop_joules(loop, i, i + 1) / truth - 1) <= part);
    }
    return wrong;
}

bool shield_loop_has_note(const struct shield_loop *loop, const char *words)
{
    for (size_t i = 0; i < loop->note_count; i++)
        if (strstr(loop->notes[i], words))
            return true;
    return false;
}
