/* A simulated Joulescope JS220: sessions, topics, six streams in frames of 512 bytes, and the question for the time.
 *
 * Protocol: jetperch/joulescope_driver 2.3.4 (Apache-2.0), js220_api.h.  Which number "auto" is among the modes of the range is this
 * one's own choice: a host has to ask, as of a real one.
 *
 * Ids of samples begin 2 s before their u32 wraps, so that every longer session has that behind it.  Of faults it knows DROP_SAMPLES
 * (whole frames of current), DROP_BYTES (whole frames of any stream), REPEAT, STALL, UNPLUG and OVER_RANGE. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "simulate/simulate.h"

#define PACKET 512
#define ID_HZ 2e6
#define FIRST_ID (UINT64_C(0x100000000) - 4000000)
#define STREAMS 6
#define FLOATS 126
#define BITS 4032
#define QUEUE 16
#define LEVELS 16384 /* of the last ids: four frames */
#define TIMESYNC_NS INT64_C(1000000000)
#define FULL_SCALE_A 10.0f
#define STEP_A 1e-8 /* of noise */

#define PORT_ADMIN 0u
#define PORT_PUBLISH 1u

static const unsigned ports[STREAMS] = {21, 22, 24, 25, 26, 27};
static const char *const topics[STREAMS] = {"s/i/ctrl",     "s/v/ctrl",     "s/gpi/0/ctrl",
                                            "s/gpi/1/ctrl", "s/gpi/2/ctrl", "s/gpi/3/ctrl"};
static const char range_options[] =
    "{\"dtype\": \"u8\", \"brief\": \"The current range mode.\", \"default\": 0, "
    "\"options\": [[0, \"off\"], [1, \"manual\"], [2, \"auto\"]]}";
#define RANGE_AUTO 2

struct js220 {
    const struct vr_sim_config *config;
    struct vr_rng rng;
    int64_t start_ns; /* of the session: FIRST_ID */
    bool is_connected, is_measuring, is_unplugged;
    uint16_t frame_id;

    struct {
        bool is_on;
        uint64_t next; /* id of the sample that its next frame begins with */
    } streams[STREAMS];
    bool has_begun;
    uint64_t begun; /* id of the sample with index 0 */

    uint8_t queue[QUEUE][PACKET]; /* frames that are no samples */
    unsigned queued;

    uint8_t levels[LEVELS];
    uint64_t levels_end;

    int64_t timesync_ns; /* when it asks next */
    uint64_t asked;      /* count of the question that is open; 0 = none */

    /* Faults. */
    size_t fault;
    int64_t drop_current, drop_any, repeats;
    int64_t stall_ns; /* until then */
    int64_t pinned;   /* up to this index */
    uint8_t last[PACKET];
};

static void put(uint8_t *bytes, uint64_t value, int size)
{
    for (int i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get(const uint8_t *bytes, int size)
{
    uint64_t value = 0;
    for (int i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

/* --- its clock --- */

static double id_hz(const struct js220 *js220)
{
    return ID_HZ * (1 + js220->config->clock_ppm * 1e-6);
}

static double id_ns(const struct js220 *js220, uint64_t id)
{
    return (double)js220->start_ns + (double)(id - FIRST_ID) * 1e9 / id_hz(js220);
}

static uint64_t id_at(const struct js220 *js220, int64_t now_ns)
{
    return FIRST_ID + (uint64_t)((double)(now_ns - js220->start_ns) * 1e-9 * id_hz(js220));
}

/* --- frames that are no samples --- */

static void head(struct js220 *js220, uint8_t *packet, unsigned port, size_t size)
{
    put(packet, js220->frame_id++ | (uint64_t)size << 16 | (uint64_t)port << 25, 4);
}

/* One that finds no room is lost, as in an instrument. */
static void enqueue(struct js220 *js220, unsigned port, const uint8_t *payload, size_t size)
{
    if (js220->queued == QUEUE)
        return;
    uint8_t *packet = js220->queue[js220->queued++];
    memset(packet, 0, PACKET);
    put(packet, (uint64_t)size << 16 | (uint64_t)port << 25, 4); /* its id when it leaves */
    memcpy(packet + 4, payload, size);
}

static void say_connected(struct js220 *js220)
{
    static const uint32_t versions[] = {0x01000000, 1, 0x01030002, 0x01010000, 0x01030003};
    uint8_t payload[24] = {1};
    for (int i = 0; i < 5; i++)
        put(payload + 4 + 4 * i, versions[i], 4);
    enqueue(js220, PORT_ADMIN, payload, sizeof payload);
}

static void ask_time(struct js220 *js220, int64_t now_ns)
{
    uint8_t payload[44] = {3};
    js220->asked = id_at(js220, now_ns);
    put(payload + 12, js220->asked, 8);
    enqueue(js220, PORT_ADMIN, payload, sizeof payload);
}

/* The time is mapped only when the host has answered the very question. */
static void take_time(struct js220 *js220, const uint8_t *payload, size_t size)
{
    uint8_t map[36] = {4};
    if (size < 44 || payload[0] != 3 || get(payload + 12, 8) != js220->asked || js220->asked == 0)
        return;
    memcpy(map + 12, payload + 20, 8);
    put(map + 20, js220->asked, 8);
    put(map + 28, (uint64_t)(id_hz(js220) * 4294967296.0), 8);
    js220->asked = 0;
    enqueue(js220, PORT_ADMIN, map, sizeof map);
}

static void say(struct js220 *js220, const char *topic, uint8_t type, const void *data, size_t size)
{
    uint8_t payload[PACKET - 4] = {0};
    snprintf((char *)payload, 32, "%s", topic);
    payload[32] = type;
    memcpy(payload + 36, data, size);
    enqueue(js220, PORT_PUBLISH, payload, 36 + size);
}

/* --- topics --- */

/* A frame that begins where its stream is switched on: each at an id of its own. */
static void set_stream(struct js220 *js220, int64_t now_ns, int stream, bool on)
{
    if (js220->streams[stream].is_on == on)
        return;
    js220->streams[stream].is_on = on;
    js220->has_begun = false;
    if (!on)
        return;
    js220->streams[stream].next = (id_at(js220, now_ns) & ~UINT64_C(1)) + 20 * (unsigned)stream;
    js220->begun = 0;
    for (int i = 0; i < STREAMS; i++) {
        if (!js220->streams[i].is_on)
            return;
        if (js220->streams[i].next > js220->begun)
            js220->begun = js220->streams[i].next;
    }
    js220->has_begun = true;
}

static void take_value(struct js220 *js220, int64_t now_ns, const uint8_t *payload, size_t size)
{
    char topic[33] = {0};
    if (size < 36)
        return;
    memcpy(topic, payload, 32);
    uint8_t type = payload[32];
    uint64_t number = size >= 44 ? get(payload + 36, 4) : 0;
    if (strcmp(topic, "c/!ping") == 0)
        say(js220, "c/!pong", type, payload + 36, size - 36);
    else if (strcmp(topic, "$") == 0)
        say(js220, "s/i/range/mode$", 2, range_options, sizeof range_options);
    else if (strcmp(topic, "s/i/range/mode") == 0 && type == 8)
        js220->is_measuring = number == RANGE_AUTO;
    for (int i = 0; i < STREAMS; i++)
        if (strcmp(topic, topics[i]) == 0)
            set_stream(js220, now_ns, i, number != 0);
}

static void js220_receive(void *state, int64_t now_ns, const uint8_t *data, size_t size)
{
    struct js220 *js220 = state;
    if (!js220->is_connected || size < 4)
        return;
    unsigned port = (unsigned)(get(data, 4) >> 25) & 0x1f;
    size_t length = get(data, 4) >> 16 & 0x1ff;
    if (length > size - 4)
        return;
    if (port == PORT_ADMIN)
        take_time(js220, data + 4, length);
    else if (port == PORT_PUBLISH)
        take_value(js220, now_ns, data + 4, length);
}

static int js220_control(
    void *state, int64_t now_ns, uint8_t type, uint8_t request, uint16_t value, uint16_t index,
    uint8_t *data, uint16_t length)
{
    struct js220 *js220 = state;
    (void)value, (void)index;
    if (type != 0xc0 || (request != 1 && request != 2) || length < 1)
        return -1;
    js220->is_connected = request == 1;
    js220->is_measuring = false;
    js220->queued = 0;
    js220->frame_id = 0;
    js220->asked = 0;
    js220->has_begun = false;
    memset(js220->streams, 0, sizeof js220->streams);
    if (js220->is_connected) {
        js220->start_ns = now_ns;
        js220->timesync_ns = now_ns + TIMESYNC_NS / 4;
        say_connected(js220);
    }
    data[0] = 0;
    return 1;
}

/* --- samples --- */

static uint64_t frame_ids(int stream)
{
    return stream < 2 ? 2 * FLOATS : BITS;
}

static int64_t due_ns(const struct js220 *js220, int stream)
{
    return (int64_t)ceil(id_ns(js220, js220->streams[stream].next + frame_ids(stream)));
}

/* Each instant is asked of the world once, for all four inputs: their frames come in the order in which they end, so that one goes back
 * behind another by less than a frame. */
static uint8_t levels_at(struct js220 *js220, uint64_t id)
{
    const struct vr_sim_world *world = js220->config->world;
    if (js220->levels_end < id - LEVELS / 2)
        js220->levels_end = id - LEVELS / 2;
    for (; js220->levels_end <= id; js220->levels_end++)
        js220->levels[js220->levels_end % LEVELS] =
            world->lines(world->context, id_ns(js220, js220->levels_end));
    return js220->levels[id % LEVELS];
}

/* A sample is made of two at 2 MHz: it is what the current is in the middle of them. */
static float current_at(struct js220 *js220, uint64_t id)
{
    const struct vr_sim_world *world = js220->config->world;
    if (js220->pinned > 0 && (int64_t)(id - js220->begun) / 2 < js220->pinned)
        return FULL_SCALE_A;
    if (!js220->is_measuring)
        return 0;
    double amperes = world->amperes(world->context, id_ns(js220, id + 1));
    double noise =
        js220->config->noise > 0 ? js220->config->noise * STEP_A * vr_rng_normal(&js220->rng) : 0;
    return (float)(amperes + noise);
}

static void put_samples(struct js220 *js220, int stream, uint64_t id, uint8_t *data)
{
    float volts = js220->is_measuring ? (float)js220->config->world->volts : 0;
    for (unsigned i = 0; stream < 2 && i < FLOATS; i++) {
        float value = stream == 0 ? current_at(js220, id + 2 * (uint64_t)i) : volts;
        memcpy(data + 4 * i, &value, 4);
    }
    for (unsigned i = 0; stream >= 2 && i < BITS; i += 8) {
        data[i / 8] = 0;
        for (unsigned k = 0; k < 8; k++)
            data[i / 8] |= (uint8_t)((levels_at(js220, id + i + k) >> (stream - 2) & 1u) << k);
    }
}

static void begin_fault(struct js220 *js220, const struct vr_sim_fault *fault, int64_t now_ns)
{
    switch (fault->kind) {
    case VR_SIM_FAULT_DROP_SAMPLES:
        js220->drop_current += (fault->count + FLOATS - 1) / FLOATS;
        break;
    case VR_SIM_FAULT_DROP_BYTES:
        js220->drop_any += (fault->count + PACKET - 1) / PACKET;
        break;
    case VR_SIM_FAULT_REPEAT:
        js220->repeats += fault->count;
        break;
    case VR_SIM_FAULT_STALL:
        js220->stall_ns = now_ns + fault->count * 1000;
        break;
    case VR_SIM_FAULT_UNPLUG:
        js220->is_unplugged = true;
        break;
    case VR_SIM_FAULT_OVER_RANGE:
        js220->pinned = fault->at + fault->count;
        break;
    default:
        break;
    }
}

/* When a frame of current is due that begins at or behind the fault's sample. */
static void begin_faults(struct js220 *js220, uint64_t id, int64_t now_ns)
{
    while (js220->has_begun && js220->fault < js220->config->fault_count) {
        const struct vr_sim_fault *fault = &js220->config->faults[js220->fault];
        if ((int64_t)(id - js220->begun) / 2 < fault->at)
            return;
        js220->fault++;
        begin_fault(js220, fault, now_ns);
    }
}

/* Returns whether the frame is written; false: it is lost, though its id is used. */
static bool put_frame(struct js220 *js220, int stream, int64_t now_ns, uint8_t *packet)
{
    uint64_t id = js220->streams[stream].next;
    if (stream == 0)
        begin_faults(js220, id, now_ns);
    head(js220, packet, ports[stream], 4 + 4 * FLOATS);
    put(packet + 4, id, 4);
    put_samples(js220, stream, id, packet + 8);
    js220->streams[stream].next += frame_ids(stream);
    memcpy(js220->last, packet, PACKET);
    if (js220->drop_any > 0) {
        js220->drop_any--;
        return false;
    }
    if (stream == 0 && js220->drop_current > 0) {
        js220->drop_current--;
        return false;
    }
    return true;
}

static void take_from_queue(struct js220 *js220, uint8_t *packet)
{
    memcpy(packet, js220->queue[0], PACKET);
    put(packet, js220->frame_id++, 2);
    js220->queued--;
    memmove(js220->queue[0], js220->queue[1], js220->queued * sizeof js220->queue[0]);
}

/* The stream whose frame is due first; -1 = none is on. */
static int first_due(const struct js220 *js220, int64_t *ret_ns)
{
    int first = -1;
    *ret_ns = INT64_MAX;
    for (int i = 0; i < STREAMS; i++) {
        if (!js220->streams[i].is_on || due_ns(js220, i) >= *ret_ns)
            continue;
        first = i;
        *ret_ns = due_ns(js220, i);
    }
    return first;
}

static bool put_next(struct js220 *js220, int64_t now_ns, uint8_t *packet, bool *ret_is_written)
{
    int64_t at_ns;
    int stream = first_due(js220, &at_ns);
    *ret_is_written = true;
    if (js220->queued > 0) {
        take_from_queue(js220, packet);
    } else if (js220->repeats > 0) {
        js220->repeats--;
        memcpy(packet, js220->last, PACKET);
    } else if (stream >= 0 && at_ns <= now_ns) {
        *ret_is_written = put_frame(js220, stream, now_ns, packet);
    } else {
        return false;
    }
    return true;
}

static size_t js220_transmit(void *state, int64_t now_ns, uint8_t *buffer, size_t capacity)
{
    struct js220 *js220 = state;
    size_t size = 0;
    if (js220->is_connected && now_ns >= js220->timesync_ns) {
        js220->timesync_ns += TIMESYNC_NS;
        ask_time(js220, now_ns);
    }
    while (capacity - size >= PACKET && now_ns >= js220->stall_ns && !js220->is_unplugged) {
        bool is_written;
        if (!put_next(js220, now_ns, buffer + size, &is_written))
            break;
        size += is_written ? PACKET : 0;
    }
    return size;
}

static int64_t js220_next_ns(const void *state)
{
    const struct js220 *js220 = state;
    int64_t at_ns;
    if (js220->is_unplugged || !js220->is_connected)
        return INT64_MAX;
    first_due(js220, &at_ns);
    if (js220->queued > 0 || js220->repeats > 0)
        at_ns = js220->stall_ns;
    else if (js220->timesync_ns < at_ns)
        at_ns = js220->timesync_ns;
    return at_ns > js220->stall_ns ? at_ns : js220->stall_ns;
}

static bool js220_is_unplugged(const void *state)
{
    const struct js220 *js220 = state;
    return js220->is_unplugged;
}

static double js220_sample_ns(const void *state, int64_t index)
{
    const struct js220 *js220 = state;
    return js220->begun ? id_ns(js220, js220->begun + 2 * (uint64_t)index + 1) : 0;
}

static void js220_open(void *state, const struct vr_sim_config *config)
{
    struct js220 *js220 = state;
    js220->config = config;
    vr_rng_init(&js220->rng, config->seed);
}

const struct vr_sim_driver vr_sim_js220 = {
    .name = "js220",
    .summary = "Joulescope JS220 on USB",
    .state_size = sizeof(struct js220),
    .rate_hz = 1e6,
    .is_usb = true,
    .open = js220_open,
    .receive = js220_receive,
    .transmit = js220_transmit,
    .next_ns = js220_next_ns,
    .is_unplugged = js220_is_unplugged,
    .control = js220_control,
    .sample_ns = js220_sample_ns,
};
