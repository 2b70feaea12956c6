/* A simulated Joulescope JS110: vendor control requests, a calibration record, and frames of 126 samples at 2 MHz.
 *
 * Protocol: jetperch/joulescope_driver 2.3.4 (Apache-2.0), js110_api.h and js110_usb.c; the record's form by one among its tests, NaN
 * and all.  Settings are obeyed some time later, which is when they were asked about for the second time.
 *
 * Indexes of frames begin shortly before their u16 wraps.  Of faults it knows DROP_SAMPLES and DROP_BYTES (whole frames), REPEAT,
 * STALL, UNPLUG, OVER_RANGE, BAD_RANGE (the instrument marks samples as lost), and SKIP_SAMPLES (lost inside a frame: its index does
 * not see it, the toggle does if their number is odd). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "simulate/simulate.h"

#define FRAME 512
#define SAMPLES 126
#define RATE_HZ 2e6
#define FIRST_INDEX 65500
#define STEPS 16384
#define RANGES 7
#define RECORD_SIZE 1024
#define BUSY 19
#define BUSY_QUESTIONS 2

static const double full_scale_a[RANGES] = {10, 2, 0.18, 18e-3, 1.8e-3, 180e-6, 18e-6};

struct js110 {
    const struct vr_sim_config *config;
    struct vr_rng rng;
    uint8_t record[RECORD_SIZE];
    size_t record_size;
    bool is_measuring, is_streaming, is_unplugged;
    int busy; /* questions that are still answered so */
    bool has_settings;
    bool settings[2]; /* to measure, to stream: not yet obeyed */
    uint8_t current_gpi, voltage_gpi;

    int64_t start_ns; /* of the stream: sample 0 */
    uint64_t taken;   /* samples */
    uint16_t index;   /* of the next frame */
    uint64_t counted; /* samples since it has power */
    double coulombs, joules;

    /* Faults. */
    size_t fault;
    int64_t drops, repeats, over, marked;
    int64_t stall_ns;
    uint8_t last[FRAME];
};

static void put(uint8_t *bytes, uint64_t value, int size)
{
    for (int i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

/* --- calibration --- */

static double current_gain(int range)
{
    return full_scale_a[range] / 12000 * (1 + 0.001 * range);
}

static double current_offset(int range)
{
    return -2820.25 + range;
}

static double voltage_gain(int range)
{
    return range == 0 ? 9.5e-4 : 2.9e-4;
}

static double voltage_offset(int range)
{
    return range == 0 ? -1150.5 : -2041.5;
}

static uint32_t crc_of(const uint8_t *data, size_t size)
{
    uint32_t crc = ~0u;
    for (size_t i = 0; i < size; i++)
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (((crc ^ data[i] >> bit) & 1) ? 0xedb88320u : 0);
    return ~crc;
}

static size_t put_tag(uint8_t *out, const char *tag, const void *data, size_t size)
{
    size_t whole = (8 + size + 4 + 7) / 8 * 8;
    memset(out, 0, whole);
    memcpy(out, tag, 4);
    put(out + 4, size, 4);
    memcpy(out + 8, data, size);
    put(out + whole - 4, crc_of(out, whole - 4), 4);
    return whole;
}

static int print_numbers(char *out, size_t size, double (*number)(int range), int count)
{
    int used = 0;
    for (int i = 0; i < count; i++)
        used += snprintf(out + used, size - (size_t)used, "%.17g, ", number(i));
    return used;
}

static void make_record(struct js110 *js110)
{
    static const uint8_t header_data[40] = {0};
    char json[768];
    int used = snprintf(
        json, sizeof json,
        "{\"product_name\": \"Joulescope JS110\", \"note\": \"NaN\", \"current\": {\"offset\": [");
    used += print_numbers(json + used, sizeof json - (size_t)used, current_offset, RANGES);
    used += snprintf(json + used, sizeof json - (size_t)used, "NaN], \"gain\": [");
    used += print_numbers(json + used, sizeof json - (size_t)used, current_gain, RANGES);
    used += snprintf(
        json + used, sizeof json - (size_t)used,
        "NaN]}, \"voltage\": {\"offset\": [%.17g, %.17g], \"gain\": [%.17g, %.17g]}}",
        voltage_offset(0), voltage_offset(1), voltage_gain(0), voltage_gain(1));

    uint8_t *record = js110->record;
    size_t size = 32;
    size += put_tag(record + size, "HDR", header_data, sizeof header_data);
    size += put_tag(record + size, "AJS", json, (size_t)used);
    size += put_tag(record + size, "END", "", 0);
    memcpy(record, "\xd3tagfmt \r\n \n  \x1a\x1c", 16);
    put(record + 16, size, 8);
    put(record + 24, 0x01000000, 4);
    put(record + 28, crc_of(record, 28), 4);
    js110->record_size = size;
}

/* --- control --- */

static double sample_ns(const struct js110 *js110, uint64_t sample)
{
    return (double)js110->start_ns +
           (double)sample * 1e9 / (RATE_HZ * (1 + js110->config->clock_ppm * 1e-6));
}

static int take_settings(struct js110 *js110, const uint8_t *bytes, size_t size)
{
    if (size != 16 || bytes[0] != 1 || bytes[1] != 16 || bytes[2] != 1)
        return -1;
    js110->settings[0] = bytes[8] == 1 && bytes[9] == 0x80;
    js110->settings[1] = bytes[12] == 3 && bytes[10] == 0xc0;
    js110->has_settings = true;
    js110->busy = BUSY_QUESTIONS;
    return (int)size;
}

static void obey(struct js110 *js110, int64_t now_ns)
{
    bool begins = js110->settings[1] && !js110->is_streaming;
    js110->is_measuring = js110->settings[0];
    js110->is_streaming = js110->settings[1];
    if (!begins)
        return;
    js110->start_ns = now_ns;
    js110->taken = 0;
    js110->index = FIRST_INDEX;
}

static int take_extio(struct js110 *js110, const uint8_t *bytes, size_t size)
{
    if (size != 24 || bytes[0] != 1 || bytes[1] != 24 || bytes[2] != 3)
        return -1;
    js110->current_gpi = bytes[10];
    js110->voltage_gpi = bytes[11];
    js110->busy = BUSY_QUESTIONS;
    return (int)size;
}

static int say_status(struct js110 *js110, int64_t now_ns, uint8_t *data, uint16_t length)
{
    uint8_t status[128] = {1, 104, 2};
    int32_t result = !js110->has_settings ? -1 : js110->busy > 0 ? BUSY : 0;
    if (js110->busy > 0 && --js110->busy == 0)
        obey(js110, now_ns);
    put(status + 8, (uint32_t)result, 4);
    put(status + 24, js110->counted, 8);
    put(status + 40, (uint64_t)(int64_t)llround(ldexp(js110->coulombs, 27)), 8);
    put(status + 48, (uint64_t)(int64_t)llround(ldexp(js110->joules, 27)), 8);
    size_t size = length < sizeof status ? length : sizeof status;
    memcpy(data, status, size);
    return (int)size;
}

static int say_record(const struct js110 *js110, uint16_t at, uint8_t *data, uint16_t length)
{
    if (at >= js110->record_size || length > 4096)
        return -1;
    size_t left = js110->record_size - at, size = length < left ? length : left;
    memcpy(data, js110->record + at, size);
    return (int)size;
}

static int js110_control(
    void *state, int64_t now_ns, uint8_t type, uint8_t request, uint16_t value, uint16_t index,
    uint8_t *data, uint16_t length)
{
    struct js110 *js110 = state;
    if (type == 0x40 && request == 3)
        return take_settings(js110, data, length);
    if (type == 0x40 && request == 9)
        return take_extio(js110, data, length);
    if (type == 0xc0 && request == 4)
        return say_status(js110, now_ns, data, length);
    if (type == 0xc0 && request == 8 && value <= 1)
        return say_record(js110, index, data, length);
    return -1;
}

/* --- samples --- */

static int range_of(double amperes)
{
    int range = RANGES - 1;
    while (range > 0 && amperes > full_scale_a[range])
        range--;
    return range;
}

static unsigned step_of(double value, double offset, double gain, double noise)
{
    double step = round(value / gain - offset + noise);
    return step < 0 ? 0 : step > STEPS - 1 ? STEPS - 1 : (unsigned)step;
}

static double noise(struct js110 *js110)
{
    return js110->config->noise > 0 ? js110->config->noise * vr_rng_normal(&js110->rng) : 0;
}

static uint32_t take_sample(struct js110 *js110)
{
    const struct vr_sim_world *world = js110->config->world;
    uint64_t sample = js110->taken++;
    double at_ns = sample_ns(js110, sample);
    double amperes = js110->is_measuring ? world->amperes(world->context, at_ns) : 0;
    double volts = js110->is_measuring ? world->volts : 0;
    uint8_t lines = world->lines(world->context, at_ns);
    unsigned range = (unsigned)range_of(amperes);
    js110->counted++;
    js110->coulombs += amperes / RATE_HZ;
    js110->joules += amperes * volts / RATE_HZ;
    if (js110->marked > 0) {
        js110->marked--;
        return 0xffffffff;
    }
    unsigned current =
        step_of(amperes, current_offset((int)range), current_gain((int)range), noise(js110));
    unsigned voltage = step_of(volts, voltage_offset(0), voltage_gain(0), noise(js110));
    if (js110->over > 0) {
        js110->over--;
        range = 0;
        current = STEPS - 1;
    }
    if (js110->current_gpi == 2)
        current = (current & ~1u) | (lines & 1u);
    if (js110->voltage_gpi == 3)
        voltage = (voltage & ~1u) | (lines >> 1 & 1u);
    return (range & 3) | current << 2 | (range >> 2) << 16 | (uint32_t)(sample & 1) << 17 |
           voltage << 18;
}

static void begin_fault(struct js110 *js110, const struct vr_sim_fault *fault, int64_t now_ns)
{
    switch (fault->kind) {
    case VR_SIM_FAULT_DROP_SAMPLES:
        js110->drops += (fault->count + SAMPLES - 1) / SAMPLES;
        break;
    case VR_SIM_FAULT_DROP_BYTES:
        js110->drops += (fault->count + FRAME - 1) / FRAME;
        break;
    case VR_SIM_FAULT_SKIP_SAMPLES:
        js110->taken += (uint64_t)fault->count;
        break;
    case VR_SIM_FAULT_REPEAT:
        js110->repeats += fault->count;
        break;
    case VR_SIM_FAULT_STALL:
        js110->stall_ns = now_ns + fault->count * 1000;
        break;
    case VR_SIM_FAULT_UNPLUG:
        js110->is_unplugged = true;
        break;
    case VR_SIM_FAULT_OVER_RANGE:
        js110->over += fault->count;
        break;
    case VR_SIM_FAULT_BAD_RANGE:
        js110->marked += fault->count;
        break;
    default:
        break;
    }
}

static void begin_faults(struct js110 *js110, int64_t now_ns)
{
    const struct vr_sim_config *config = js110->config;
    while (js110->fault < config->fault_count &&
           (int64_t)js110->taken >= config->faults[js110->fault].at)
        begin_fault(js110, &config->faults[js110->fault++], now_ns);
}

/* Returns whether the frame leaves; its index is used in any case. */
static bool put_frame(struct js110 *js110, int64_t now_ns, uint8_t *frame)
{
    const uint8_t head[8] = {
        1, 0, 0, FRAME >> 8, (uint8_t)js110->index, (uint8_t)(js110->index >> 8)};
    memcpy(frame, head, sizeof head);
    js110->index++;
    for (int i = 0; i < SAMPLES; i++) {
        begin_faults(js110, now_ns);
        put(frame + 8 + 4 * i, take_sample(js110), 4);
    }
    memcpy(js110->last, frame, FRAME);
    if (js110->drops == 0)
        return true;
    js110->drops--;
    return false;
}

static int64_t due_ns(const struct js110 *js110)
{
    return (int64_t)ceil(sample_ns(js110, js110->taken + SAMPLES));
}

static size_t js110_transmit(void *state, int64_t now_ns, uint8_t *buffer, size_t capacity)
{
    struct js110 *js110 = state;
    size_t size = 0;
    while (capacity - size >= FRAME && now_ns >= js110->stall_ns && !js110->is_unplugged) {
        if (js110->repeats > 0) {
            js110->repeats--;
            memcpy(buffer + size, js110->last, FRAME);
            size += FRAME;
        } else if (js110->is_streaming && due_ns(js110) <= now_ns) {
            size += put_frame(js110, now_ns, buffer + size) ? FRAME : 0;
        } else {
            break;
        }
    }
    return size;
}

static int64_t js110_next_ns(const void *state)
{
    const struct js110 *js110 = state;
    if (js110->is_unplugged || !js110->is_streaming)
        return INT64_MAX;
    int64_t at_ns = due_ns(js110);
    return at_ns > js110->stall_ns ? at_ns : js110->stall_ns;
}

static bool js110_is_unplugged(const void *state)
{
    const struct js110 *js110 = state;
    return js110->is_unplugged;
}

/* It has no OUT endpoint. */
static void js110_receive(void *state, int64_t now_ns, const uint8_t *data, size_t size)
{
    (void)state, (void)now_ns, (void)data, (void)size;
}

static double js110_sample_ns(const void *state, int64_t index)
{
    const struct js110 *js110 = state;
    return js110->start_ns ? sample_ns(js110, (uint64_t)index) : 0;
}

static void js110_open(void *state, const struct vr_sim_config *config)
{
    struct js110 *js110 = state;
    js110->config = config;
    vr_rng_init(&js110->rng, config->seed);
    make_record(js110);
}

const struct vr_sim_driver vr_sim_js110 = {
    .name = "js110",
    .summary = "Joulescope JS110 on USB",
    .state_size = sizeof(struct js110),
    .rate_hz = RATE_HZ,
    .is_usb = true,
    .open = js110_open,
    .receive = js110_receive,
    .transmit = js110_transmit,
    .next_ns = js110_next_ns,
    .is_unplugged = js110_is_unplugged,
    .control = js110_control,
    .sample_ns = js110_sample_ns,
};
