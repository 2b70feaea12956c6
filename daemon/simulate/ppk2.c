/* A simulated Nordic Power Profiler Kit II: the commands that its applications use, and 100 000 words per second.
 *
 *     word   0-13 code   14-16 range   18-23 count modulo 64   24-31 lines, little-endian
 *
 * Samples are taken in an instant, without a filter, at start + i / rate.  They leave in packets of 128, as USB sends 512 bytes.
 * Without noise, what is lost by rounding a code is added to the next one, so that the sum is true: a real unit's noise does that on
 * the average. */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "simulate/ppk2_unit.h"
#include "simulate/simulate.h"

enum {
    RATE_HZ = 100000,
    WORD_SIZE = 4,
    PACKET_SAMPLES = 128,
    STALE_SAMPLES = 4353, /* 17412 bytes: what a killed session was seen to leave */
    STOP_LATE_NS = 2000000,
    MODE_AMPERE = 1,
    MODE_SOURCE = 2,
    BAD_RANGE = 6,
    ARGUMENTS_MAX = 5,
};

enum command {
    AVERAGE_START = 0x06,
    AVERAGE_STOP = 0x07,
    DEVICE_POWER = 0x0c,
    SOURCE_VOLTAGE = 0x0d,
    SET_MODE = 0x11,
    GET_METADATA = 0x19,
    RESET = 0x20,
    SET_USER_GAIN = 0x25,
};

struct ppk2 {
    const struct vr_sim_config *config;
    struct vr_sim_ppk2_unit unit;
    struct vr_rng rng;
    bool has_begun, unplugged;

    uint8_t command[1 + ARGUMENTS_MAX]; /* one that is not yet whole */
    size_t command_size;

    bool powered;
    uint8_t mode;
    uint16_t vdd_mv;

    double start_ns;    /* of sample 0 */
    int64_t next, stop; /* samples of the stream: the next one, and the one before which it ends */
    bool is_stale;      /* a stream that nobody asked for: no faults of the script in it */
    uint8_t counter;

    size_t fault_next;
    double silent_until_ns;
    int64_t drop_left, skip_left, over_left, range_left;
    uint64_t bytes_left;
    uint8_t seen, armed, hidden; /* lines: last levels; next change is to be hidden; hidden now */

    unsigned range;
    double carry; /* of rounding, in codes */
    unsigned transient_left;

    uint8_t out[PPK2_METADATA_MAX + PACKET_SAMPLES * WORD_SIZE];
    size_t out_head, out_tail;
};

/* --- time --- */

static double sample_ns(const void *state, int64_t index)
{
    const struct ppk2 *ppk2 = state;
    return ppk2->start_ns + (double)index * 1e9 / (RATE_HZ * (1 + ppk2->config->clock_ppm * 1e-6));
}

/* Index of the first sample at or after an instant. */
static int64_t index_at(const struct ppk2 *ppk2, double at_ns)
{
    return (int64_t)ceil(
        (at_ns - ppk2->start_ns) * 1e-9 * RATE_HZ * (1 + ppk2->config->clock_ppm * 1e-6));
}

static void start(struct ppk2 *ppk2, double at_ns)
{
    ppk2->start_ns = at_ns;
    ppk2->next = 0;
    ppk2->stop = INT64_MAX;
    ppk2->carry = 0;
    ppk2->silent_until_ns = at_ns;
    ppk2->is_stale = false;
}

/* There is no time before the first call. */
static void begin(struct ppk2 *ppk2, int64_t now_ns)
{
    if (ppk2->has_begun)
        return;
    ppk2->has_begun = true;
    if (!ppk2->config->stale_start)
        return;
    start(ppk2, (double)now_ns - STALE_SAMPLES * (1e9 / RATE_HZ));
    ppk2->is_stale = true;
}

static void ppk2_open(void *state, const struct vr_sim_config *config)
{
    struct ppk2 *ppk2 = state;
    ppk2->config = config;
    ppk2->mode = MODE_SOURCE;
    ppk2->vdd_mv = 3741;
    vr_sim_ppk2_unit_init(&ppk2->unit, config->new_style);
    vr_rng_init(&ppk2->rng, config->seed);
}

/* --- commands --- */

static size_t argument_count(uint8_t command)
{
    switch (command) {
    case DEVICE_POWER:
    case SET_MODE:
        return 1;
    case SOURCE_VOLTAGE:
        return 2;
    case SET_USER_GAIN:
        return 5;
    default:
        return 0;
    }
}

static void answer_metadata(struct ppk2 *ppk2)
{
    char text[PPK2_METADATA_MAX];
    const size_t size = vr_sim_ppk2_metadata(&ppk2->unit, ppk2->vdd_mv, ppk2->mode, text);
    if (ppk2->out_head == ppk2->out_tail)
        ppk2->out_head = ppk2->out_tail = 0;
    if (size > sizeof ppk2->out - ppk2->out_tail)
        return; /* the host asks faster than it reads */
    memcpy(ppk2->out + ppk2->out_tail, text, size);
    ppk2->out_tail += size;
}

static void set_user_gain(struct ppk2 *ppk2, const uint8_t *arguments)
{
    float gain;
    const uint32_t bits = arguments[1] | (uint32_t)arguments[2] << 8 |
                          (uint32_t)arguments[3] << 16 | (uint32_t)arguments[4] << 24;
    memcpy(&gain, &bits, sizeof gain);
    if (arguments[0] < PPK2_RANGES && gain > 0 && isfinite(gain))
        ppk2->unit.ug[arguments[0]] = (double)gain;
}

static void obey(struct ppk2 *ppk2, int64_t now_ns, uint8_t command, const uint8_t *arguments)
{
    const bool is_running = ppk2->stop == INT64_MAX;
    const unsigned mv = arguments[0] << 8 | arguments[1];
    switch (command) {
    case AVERAGE_START:
        if (!is_running)
            start(ppk2, (double)now_ns);
        break;
    case AVERAGE_STOP:
        if (is_running)
            ppk2->stop = index_at(ppk2, (double)now_ns + STOP_LATE_NS);
        break;
    case DEVICE_POWER:
        ppk2->powered = arguments[0] == 1;
        break;
    case SOURCE_VOLTAGE:
        if (mv >= 800 && mv <= 5000)
            ppk2->vdd_mv = (uint16_t)mv;
        break;
    case SET_MODE:
        if (arguments[0] == MODE_AMPERE || arguments[0] == MODE_SOURCE)
            ppk2->mode = arguments[0];
        break;
    case GET_METADATA:
        answer_metadata(ppk2);
        break;
    case RESET: /* the USB device goes and comes back */
        ppk2->unplugged = true;
        break;
    case SET_USER_GAIN:
        set_user_gain(ppk2, arguments);
        break;
    default: /* of the first kit, and unused since */
        break;
    }
}

static void receive(void *state, int64_t now_ns, const uint8_t *data, size_t size)
{
    struct ppk2 *ppk2 = state;
    begin(ppk2, now_ns);
    for (size_t i = 0; i < size && !ppk2->unplugged; i++) {
        ppk2->command[ppk2->command_size++] = data[i];
        if (ppk2->command_size <= argument_count(ppk2->command[0]))
            continue;
        obey(ppk2, now_ns, ppk2->command[0], ppk2->command + 1);
        ppk2->command_size = 0;
    }
}

/* --- samples --- */

static const struct vr_sim_fault *next_fault(const struct ppk2 *ppk2)
{
    const struct vr_sim_config *config = ppk2->config;
    return !ppk2->is_stale && ppk2->fault_next < config->fault_count
               ? &config->faults[ppk2->fault_next]
               : NULL;
}

static void begin_fault(struct ppk2 *ppk2, const struct vr_sim_fault *fault)
{
    ppk2->fault_next++;
    switch (fault->kind) {
    case VR_SIM_FAULT_DROP_SAMPLES:
        ppk2->drop_left += fault->count;
        break;
    case VR_SIM_FAULT_SKIP_SAMPLES:
        ppk2->skip_left += fault->count;
        break;
    case VR_SIM_FAULT_DROP_BYTES:
        ppk2->bytes_left += (uint64_t)fault->count;
        break;
    case VR_SIM_FAULT_STALL:
        ppk2->silent_until_ns =
            fmax(ppk2->silent_until_ns, sample_ns(ppk2, fault->at) + (double)fault->count * 1e3);
        break;
    case VR_SIM_FAULT_UNPLUG:
        ppk2->unplugged = true;
        break;
    case VR_SIM_FAULT_OVER_RANGE:
        ppk2->over_left += fault->count;
        break;
    case VR_SIM_FAULT_BAD_RANGE:
        ppk2->range_left += fault->count;
        break;
    case VR_SIM_FAULT_DROP_EDGE:
        ppk2->armed |= (uint8_t)(1u << (fault->count & 7));
        break;
    case VR_SIM_FAULT_REPEAT: /* it has no frames */
    case VR_SIM_FAULT_KINDS:
        break;
    }
}

/* The lines as they are shown: a hidden change stays so until the line changes again. */
static uint8_t shown_lines(struct ppk2 *ppk2, uint8_t levels)
{
    const uint8_t changed = levels ^ ppk2->seen;
    ppk2->hidden ^= changed & (ppk2->armed | ppk2->hidden);
    ppk2->armed &= (uint8_t)~changed;
    ppk2->seen = levels;
    return levels ^ ppk2->hidden;
}

/* Two or three readings after a switch of the range are too high. */
static double transient(struct ppk2 *ppk2, unsigned range)
{
    if (range != ppk2->range && ppk2->config->transients)
        ppk2->transient_left = 2 + vr_rng_below(&ppk2->rng, 2);
    return ppk2->transient_left ? 40.0 * ppk2->transient_left-- : 0;
}

static unsigned measure(struct ppk2 *ppk2, double amperes, unsigned *ret_range)
{
    const struct vr_sim_config *config = ppk2->config;
    const unsigned range = vr_sim_ppk2_range(amperes);
    const double vdd = ppk2->mode == MODE_AMPERE ? config->world->volts : ppk2->vdd_mv / 1e3;
    double code = vr_sim_ppk2_code(&ppk2->unit, range, amperes, vdd);
    code += transient(ppk2, range);
    if (range != ppk2->range)
        ppk2->carry = 0;
    ppk2->range = *ret_range = range;
    code += config->noise > 0 ? config->noise * vr_rng_normal(&ppk2->rng) : ppk2->carry;
    const double rounded = round(code);
    if (rounded < 0 || rounded > PPK2_CODE_MAX)
        return rounded < 0 ? 0 : PPK2_CODE_MAX;
    ppk2->carry = code - rounded;
    return (unsigned)rounded;
}

static void put_word(struct ppk2 *ppk2, uint32_t word)
{
    for (unsigned i = 0; i < WORD_SIZE; i++) {
        if (ppk2->bytes_left > 0)
            ppk2->bytes_left--;
        else
            ppk2->out[ppk2->out_tail++] = (uint8_t)(word >> 8 * i);
    }
}

static void take_sample(struct ppk2 *ppk2)
{
    const struct vr_sim_world *world = ppk2->config->world;
    const double at_ns = sample_ns(ppk2, ppk2->next);
    const double amperes = ppk2->powered ? world->amperes(world->context, at_ns) : 0;
    unsigned range;
    unsigned code = measure(ppk2, amperes, &range);
    const uint8_t lines = shown_lines(ppk2, world->lines(world->context, at_ns));

    if (ppk2->skip_left > 0) {
        ppk2->skip_left--;
        return;
    }
    const uint8_t counter = ppk2->counter++ & 63;
    if (ppk2->drop_left > 0) {
        ppk2->drop_left--;
        return;
    }
    if (ppk2->over_left > 0) {
        ppk2->over_left--;
        range = PPK2_RANGES - 1;
        code = PPK2_CODE_MAX;
    }
    if (ppk2->range_left > 0) {
        ppk2->range_left--;
        range = BAD_RANGE;
    }
    put_word(ppk2, code | range << 14 | (uint32_t)counter << 18 | (uint32_t)lines << 24);
}

/* Where the packet that begins with the next sample ends. */
static int64_t packet_end(const struct ppk2 *ppk2)
{
    const int64_t end = (ppk2->next / PACKET_SAMPLES + 1) * PACKET_SAMPLES;
    return end < ppk2->stop ? end : ppk2->stop;
}

/* A packet, when it is time.  Returns whether there was one. */
static bool take_packet(struct ppk2 *ppk2, double now_ns)
{
    const int64_t end = packet_end(ppk2);
    const struct vr_sim_fault *fault;
    if (ppk2->unplugged || ppk2->next >= end || sample_ns(ppk2, end - 1) > now_ns)
        return false;
    while (ppk2->next < end && !ppk2->unplugged) {
        while ((fault = next_fault(ppk2)) && fault->at <= ppk2->next)
            begin_fault(ppk2, fault);
        if (ppk2->silent_until_ns > now_ns || ppk2->unplugged)
            break;
        take_sample(ppk2);
        ppk2->next++;
    }
    return ppk2->next == end;
}

static size_t transmit(void *state, int64_t now_ns, uint8_t *buffer, size_t capacity)
{
    struct ppk2 *ppk2 = state;
    size_t size = 0;
    begin(ppk2, now_ns);
    while (size < capacity) {
        if (ppk2->out_head == ppk2->out_tail) {
            ppk2->out_head = ppk2->out_tail = 0;
            const bool has_more = take_packet(ppk2, (double)now_ns);
            if (ppk2->out_tail == 0 && !has_more)
                break;
        }
        const size_t left = ppk2->out_tail - ppk2->out_head;
        const size_t part = left < capacity - size ? left : capacity - size;
        memcpy(buffer + size, ppk2->out + ppk2->out_head, part);
        ppk2->out_head += part;
        size += part;
    }
    return size;
}

static int64_t next_ns(const void *state)
{
    const struct ppk2 *ppk2 = state;
    if (ppk2->out_head < ppk2->out_tail || (!ppk2->has_begun && ppk2->config->stale_start))
        return 0;
    const int64_t end = packet_end(ppk2);
    if (ppk2->unplugged || ppk2->next >= end)
        return VR_NEVER_NS;
    return (int64_t)ceil(fmax(sample_ns(ppk2, end - 1), ppk2->silent_until_ns));
}

/* It hangs up behind the last byte that it has sent. */
static bool is_unplugged(const void *state)
{
    const struct ppk2 *ppk2 = state;
    return ppk2->unplugged && ppk2->out_head == ppk2->out_tail;
}

const struct vr_sim_driver vr_sim_ppk2 = {
    .name = "ppk2",
    .summary = "Nordic Power Profiler Kit II: current at 100 kHz, 8 lines",
    .state_size = sizeof(struct ppk2),
    .rate_hz = RATE_HZ,
    .open = ppk2_open,
    .receive = receive,
    .transmit = transmit,
    .next_ns = next_ns,
    .is_unplugged = is_unplugged,
    .sample_ns = sample_ns,
};
