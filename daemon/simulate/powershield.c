/* Simulated X-NUCLEO-LPM01A (old style) and STLINK-V3PWR (new style).
 *
 * It obeys what a host needs to set one and measure; it refuses what is not known, and settings before the host has taken control
 * (`htc`; `power_monitor` of a STLINK-V3PWR).  A sample is the integral over its period: the mean current, or the energy.  A stamp comes
 * with time 0 before the first sample and then once a second.  It supplies at the volts that it is set to, so its energy is the world's
 * charge at these; with `pwr off` there is no current.
 *
 * Its D7 is wired to the device's line 2 (sync): each fall is an event in front of the sample in whose period it was, in text only.
 *
 * Faults: dropped and skipped samples are the same, since it has no counter but its clock.  Over range: full scale, and an overcurrent
 * message in front.  Bad range: a word, or a line, that is no sample.  A dropped edge is counted, but not sent; of line 2 only. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "simulate/powershield_encode.h"
#include "simulate/powershield_state.h"

#define EDGE_STEP_NS 10000.0 /* a pulse that is longer is seen */
#define EDGE_STEPS_MAX 64
#define BATCH_NS 1000000     /* USB hands on once in a millisecond */
#define BUFFER_SAMPLES 65536 /* older ones are overwritten when the host does not read */

void vr_sim_shield_put(struct vr_sim_shield *shield, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size && shield->queue_count < VR_SIM_SHIELD_QUEUE; i++) {
        if (shield->drop_bytes > 0) {
            shield->drop_bytes--;
            continue;
        }
        shield->queue[(shield->queue_first + shield->queue_count++) % VR_SIM_SHIELD_QUEUE] =
            bytes[i];
    }
}

/* --- samples ---------------------------------------------------------------------------------------------------------------------- */

/* Index 0 begins at the start, and sample i is what was from sample_ns(i) to sample_ns(i + 1). */
static double shield_sample_ns(const void *state, int64_t index)
{
    const struct vr_sim_shield *shield = state;
    double period_ns = 1e9 / shield->rate_hz / (1 + shield->config->clock_ppm * 1e-6);
    return shield->start_ns + (double)index * period_ns;
}

static void begin_faults(struct vr_sim_shield *shield)
{
    const struct vr_sim_config *config = shield->config;
    for (; shield->fault < config->fault_count && config->faults[shield->fault].at <= shield->index;
         shield->fault++) {
        const struct vr_sim_fault *fault = &config->faults[shield->fault];
        int64_t *const left[VR_SIM_FAULT_KINDS] = {
            [VR_SIM_FAULT_DROP_SAMPLES] = &shield->lost,
            [VR_SIM_FAULT_SKIP_SAMPLES] = &shield->lost,
            [VR_SIM_FAULT_DROP_BYTES] = &shield->drop_bytes,
            [VR_SIM_FAULT_OVER_RANGE] = &shield->over,
            [VR_SIM_FAULT_BAD_RANGE] = &shield->bad,
        };
        if (left[fault->kind])
            *left[fault->kind] += fault->count;
        if (fault->kind == VR_SIM_FAULT_OVER_RANGE) {
            char message[VR_SIM_SHIELD_PIECE];
            if (shield->is_binary)
                vr_sim_shield_put(
                    shield, message,
                    vr_sim_shield_binary_message(
                        0xF5, "\0\1\2\3", shield->config->new_style ? 4 : 0, message));
            else
                vr_sim_shield_put(shield, "error overcurrent\r\n", 19);
        }
        if (fault->kind == VR_SIM_FAULT_STALL)
            shield->stall_until_ns =
                (int64_t)shield_sample_ns(shield, fault->at) + fault->count * 1000;
        if (fault->kind == VR_SIM_FAULT_UNPLUG)
            shield->is_unplugged = true;
        if (fault->kind == VR_SIM_FAULT_DROP_EDGE && fault->count == VR_SIM_SHIELD_D7)
            shield->is_edge_dropped = true;
    }
}

static void put_stamp(struct vr_sim_shield *shield, unsigned buffer_percent)
{
    char piece[VR_SIM_SHIELD_PIECE];
    int64_t ms = (int64_t)llround((double)shield->index * 1000 / shield->rate_hz);
    vr_sim_shield_put(
        shield, piece,
        shield->is_binary ? vr_sim_shield_binary_stamp(ms, buffer_percent, piece)
                          : vr_sim_shield_text_stamp(ms, buffer_percent, piece));
    shield->stamped = shield->index;
}

/* Falls of the line in [from, to). */
static void put_events(struct vr_sim_shield *shield, double from_ns, double to_ns)
{
    const struct vr_sim_world *world = shield->config->world;
    int steps = (int)fmin(EDGE_STEPS_MAX, fmax(1, ceil((to_ns - from_ns) / EDGE_STEP_NS)));
    for (int i = 1; i <= steps; i++) {
        double at_ns = from_ns + (to_ns - from_ns) * i / steps;
        bool was_high = shield->is_high;
        shield->is_high =
            world->lines(world->context, i < steps ? at_ns : nextafter(to_ns, from_ns)) >>
                VR_SIM_SHIELD_D7 &
            1;
        if (!was_high || shield->is_high)
            continue;
        char text[VR_SIM_SHIELD_PIECE];
        size_t size = (size_t)sprintf(text, "event %02u ris\r\n", shield->event);
        shield->event = (shield->event + 1) % 100;
        if (!shield->is_edge_dropped)
            vr_sim_shield_put(shield, text, size);
        shield->is_edge_dropped = false;
    }
}

static double measure(const struct vr_sim_shield *shield, double from_ns, double to_ns)
{
    const struct vr_sim_world *world = shield->config->world;
    double coulombs = shield->is_on ? world->coulombs(world->context, from_ns, to_ns) : 0;
    return shield->is_energy ? coulombs * shield->volts : coulombs / ((to_ns - from_ns) * 1e-9);
}

static void put_sample(struct vr_sim_shield *shield, double from_ns, double to_ns)
{
    char piece[VR_SIM_SHIELD_PIECE];
    double full_a = shield->config->new_style ? 0.5 : 0.05;
    double value = measure(shield, from_ns, to_ns);
    if (shield->over > 0) {
        shield->over--;
        value = shield->is_energy ? full_a * shield->volts / shield->rate_hz : full_a;
    }
    double noise =
        shield->config->noise > 0 ? vr_rng_normal(&shield->rng) * shield->config->noise : 0;
    size_t size = shield->is_binary ? vr_sim_shield_binary_sample(value, noise, piece)
                                    : vr_sim_shield_text_sample(value, noise, piece);
    if (shield->bad > 0) {
        shield->bad--;
        piece[0] = (char)(shield->is_binary ? 0xF7 : '#');
    }
    if (shield->lost > 0)
        shield->lost--;
    else
        vr_sim_shield_put(shield, piece, size);
}

static void take_sample(struct vr_sim_shield *shield, unsigned buffer_percent)
{
    double from_ns = shield_sample_ns(shield, shield->index);
    double to_ns = shield_sample_ns(shield, shield->index + 1);
    int64_t second = (int64_t)fmax(1, shield->rate_hz);
    if (shield->index % second == 0 && shield->stamped != shield->index)
        put_stamp(shield, buffer_percent);
    begin_faults(shield);
    if (shield->has_events && !shield->is_binary)
        put_events(shield, from_ns, to_ns);
    put_sample(shield, from_ns, to_ns);
    shield->index++;
}

/* Samples come at the end of their period, together once in a millisecond. */
static void take_samples(struct vr_sim_shield *shield, int64_t now_ns)
{
    double batch_ns =
        shield->batch_ns + floor(((double)now_ns - shield->batch_ns) / BATCH_NS) * BATCH_NS;
    int64_t due = (int64_t)floor(
        (batch_ns - shield->start_ns) / (shield_sample_ns(shield, 1) - shield->start_ns) + 1e-9);
    while (shield->is_running && !shield->is_unplugged && shield->index < due &&
           shield->queue_count + (size_t)4 * VR_SIM_SHIELD_PIECE < VR_SIM_SHIELD_QUEUE) {
        int64_t waiting = due - shield->index;
        if (waiting > BUFFER_SAMPLES) {
            shield->index++;
            continue;
        }
        take_sample(shield, (unsigned)(waiting * 99 / BUFFER_SAMPLES));
        if (shield_sample_ns(shield, shield->index) >= shield->end_ns)
            vr_sim_shield_finish(shield);
    }
    if (shield->index >= due)
        shield->batch_ns = batch_ns;
}

/* --- the machine ------------------------------------------------------------------------------------------------------------------- */

static void shield_open(void *state, const struct vr_sim_config *config)
{
    struct vr_sim_shield *shield = state;
    shield->config = config;
    shield->volts = 3.3;
    shield->rate_hz = 100;
    shield->trigger_delay_s = 1e-3;
    shield->is_auto = true;
    vr_rng_init(&shield->rng, config->seed);
    if (config->stale_start) { /* the samples begin with the first call that tells the time */
        shield->is_controlled = true;
        shield->is_energy = true;
        shield->rate_hz = 1000;
        shield->start_ns = (double)NAN;
    }
}

/* Half a second of a session that died, when the time is known. */
static void wake(struct vr_sim_shield *shield, int64_t now_ns)
{
    if (!isnan(shield->start_ns))
        return;
    shield->trigger_delay_s = 0;
    vr_sim_shield_start(shield, now_ns - VR_NS_PER_S / 2);
}

static void shield_receive(void *state, int64_t now_ns, const uint8_t *data, size_t size)
{
    struct vr_sim_shield *shield = state;
    wake(shield, now_ns);
    if (shield->is_running)
        take_samples(shield, now_ns);
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '\n') {
            shield->command[shield->command_size] = '\0';
            vr_sim_shield_obey(shield, now_ns, shield->command);
            shield->command_size = 0;
        } else if (data[i] != '\r' && shield->command_size < sizeof shield->command - 1) {
            shield->command[shield->command_size++] = (char)data[i];
        }
    }
}

static size_t shield_transmit(void *state, int64_t now_ns, uint8_t *buffer, size_t capacity)
{
    struct vr_sim_shield *shield = state;
    wake(shield, now_ns);
    if (shield->is_running)
        take_samples(shield, now_ns);
    if (now_ns < shield->stall_until_ns || shield->is_unplugged)
        return 0;
    size_t count = 0;
    for (; count < capacity && shield->queue_count > 0; shield->queue_count--) {
        buffer[count++] = shield->queue[shield->queue_first];
        shield->queue_first = (shield->queue_first + 1) % VR_SIM_SHIELD_QUEUE;
    }
    return count;
}

static int64_t shield_next_ns(const void *state)
{
    const struct vr_sim_shield *shield = state;
    if (shield->is_unplugged)
        return INT64_MAX;
    if (isnan(shield->start_ns))
        return 0;
    if (shield->queue_count > 0)
        return shield->stall_until_ns;
    if (!shield->is_running)
        return INT64_MAX;
    double sample_ns = shield_sample_ns(shield, shield->index + 1);
    double batches = ceil((sample_ns - shield->batch_ns) / BATCH_NS);
    int64_t next_ns = (int64_t)ceil(shield->batch_ns + fmax(batches, 1) * BATCH_NS);
    return next_ns > shield->stall_until_ns ? next_ns : shield->stall_until_ns;
}

static bool shield_is_unplugged(const void *state)
{
    const struct vr_sim_shield *shield = state;
    return shield->is_unplugged;
}

const struct vr_sim_driver vr_sim_powershield = {
    .name = "powershield",
    .summary = "ST X-NUCLEO-LPM01A; STLINK-V3PWR in the new style",
    .state_size = sizeof(struct vr_sim_shield),
    .open = shield_open,
    .receive = shield_receive,
    .transmit = shield_transmit,
    .next_ns = shield_next_ns,
    .is_unplugged = shield_is_unplugged,
    .sample_ns = shield_sample_ns,
};
