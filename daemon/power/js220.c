/* Joulescope JS220: 1 Msample/s of current and voltage, calibrated in the instrument, and four inputs.
 *
 * A session, as joulescope_driver has it: control IN C0 02 ends one that died; bulk IN transfers are under way; control IN C0 01
 * begins a new one, which the instrument confirms with a CONNECT frame.  Then settings are published under topics, and a ping is
 * answered by a pong when all that was published before has been obeyed. */
#include <assert.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "power/js220_streams.h"

#define PRODUCT 0x10ba
#define PROTOCOL_MAJOR 1

#define REQUEST_CONNECT 1
#define REQUEST_DISCONNECT 2
#define REQUEST_TIMEOUT_MS 1000
#define CONNECT_TIMEOUT_MS 3000 /* it powers its sensor up first */
#define PING_TIMEOUT_MS 1000

#define TALK_SIZE (64 * VR_JOULESCOPE_PACKET)

static const char *const stream_topics[VR_JS220_STREAMS] = {
    "s/gpi/0/ctrl", "s/gpi/1/ctrl", "s/gpi/2/ctrl", "s/gpi/3/ctrl", "s/v/ctrl", "s/i/ctrl"};

struct js220 {
    char name[64];
    struct vr_usb *usb;
    uint16_t frame_id; /* of the next frame to the instrument */
    uint32_t ping;
    struct vr_js220_connect connect;
    struct vr_js220_value auto_range; /* how the range is left to the instrument */
    uint64_t overflows;               /* that were told */
    uint8_t talk[TALK_SIZE];
};

/* --- frames out --- */

static int send_frame(
    struct js220 *js220, enum vr_js220_port port, const uint8_t *payload, size_t size,
    int timeout_ms, struct vr_err *err)
{
    uint8_t packet[VR_JOULESCOPE_PACKET];
    const struct vr_js220_frame frame = {js220->frame_id, port, payload, size};
    size_t left = vr_js220_frame_write(packet, &frame), sent;
    int64_t end_ns = vr_clock_monotonic_ns() + timeout_ms * VR_NS_PER_MS;
    for (;;) {
        struct pollfd fds[VR_USB_FDS_MAX];
        int r = vr_usb_send(js220->usb, packet, left, &sent, err);
        if (r < 0)
            return r;
        if (sent > 0)
            break; /* a frame fits into one transfer */
        if (vr_clock_monotonic_ns() >= end_ns)
            return vr_err_set(
                err, VR_ERR_LINK, "%s: the JS220 takes no bytes; unplug it and plug it in again",
                js220->name);
        poll(fds, vr_usb_poll_fds(js220->usb, true, fds, VR_USB_FDS_MAX), 10);
    }
    js220->frame_id++;
    return 0;
}

static int publish(struct js220 *js220, const struct vr_js220_value *value, struct vr_err *err)
{
    uint8_t payload[VR_JS220_PAYLOAD_MAX];
    size_t size = vr_js220_value_write(payload, value);
    return send_frame(js220, VR_JS220_PUBLISH, payload, size, REQUEST_TIMEOUT_MS, err);
}

static int publish_number(
    struct js220 *js220, const char *topic, uint32_t number, struct vr_err *err)
{
    struct vr_js220_value value = {.type = VR_JS220_U32, .number = number};
    snprintf(value.topic, sizeof value.topic, "%s", topic);
    return publish(js220, &value, err);
}

/* --- frames in --- */

/* The instrument asks for the time every now and then, and wants the answer at once.  One that finds no room is not sent: it asks
 * again. */
static void answer_time(struct js220 *js220, const struct vr_js220_frame *frame)
{
    uint8_t payload[VR_JS220_TIMESYNC_SIZE];
    int64_t now_ns = vr_clock_utc_ns();
    if (vr_js220_timesync_answer(frame, now_ns, now_ns, payload))
        send_frame(js220, VR_JS220_ADMIN, payload, sizeof payload, 0, NULL);
}

/* Call see(js220, frame) for what comes, until it says that this was it.  `what` is missed when the time is over. */
static int await(
    struct js220 *js220, bool (*see)(struct js220 *js220, const struct vr_js220_frame *frame),
    int timeout_ms, const char *what, struct vr_err *err)
{
    int64_t end_ns = vr_clock_monotonic_ns() + timeout_ms * VR_NS_PER_MS;
    bool is_seen = false;
    while (!is_seen) {
        struct vr_js220_frame frame;
        struct pollfd fds[VR_USB_FDS_MAX];
        size_t size;
        int r = vr_usb_receive(js220->usb, js220->talk, sizeof js220->talk, &size, err);
        if (r < 0)
            return r;
        for (size_t at = 0; at + VR_JOULESCOPE_PACKET <= size; at += VR_JOULESCOPE_PACKET) {
            if (!vr_js220_frame_read(js220->talk + at, &frame))
                continue;
            answer_time(js220, &frame);
            is_seen = see(js220, &frame) || is_seen;
        }
        if (size == 0 && vr_clock_monotonic_ns() >= end_ns)
            return vr_err_set(
                err, VR_ERR_LINK, "%s: the JS220 does not %s; unplug it and plug it in again",
                js220->name, what);
        if (size == 0)
            poll(fds, vr_usb_poll_fds(js220->usb, false, fds, VR_USB_FDS_MAX), 10);
    }
    return 0;
}

static bool see_connect(struct js220 *js220, const struct vr_js220_frame *frame)
{
    return vr_js220_connect_read(frame, &js220->connect);
}

/* {"dtype": "u8", "options": [[0, "off"], [1, "auto"], ..]}: which number is "auto" is the instrument's to say. */
static bool find_auto(const struct vr_json *root, uint32_t *ret_number)
{
    const struct vr_json *options = NULL;
    int64_t number;
    if (vr_json_kind(root) == VR_JSON_OBJECT)
        options = vr_json_get(root, "options");
    if (!options || vr_json_kind(options) != VR_JSON_ARRAY)
        return false;
    for (const struct vr_json *one = vr_json_first(options); one; one = vr_json_next(one)) {
        const struct vr_json *key = vr_json_kind(one) == VR_JSON_ARRAY ? vr_json_first(one) : NULL;
        if (!key || vr_json_kind(key) != VR_JSON_NUMBER || !vr_json_integer(key, &number))
            continue;
        for (const struct vr_json *word = vr_json_next(key); word; word = vr_json_next(word))
            if (vr_json_kind(word) == VR_JSON_STRING && strcmp(vr_json_string(word), "auto") == 0) {
                *ret_number = (uint32_t)number;
                return number >= 0 && number <= UINT32_MAX;
            }
    }
    return false;
}

static enum vr_js220_type number_type(const struct vr_json *root)
{
    const struct vr_json *type = vr_json_get(root, "dtype");
    const char *word = type && vr_json_kind(type) == VR_JSON_STRING ? vr_json_string(type) : "";
    return strcmp(word, "u32") == 0   ? VR_JS220_U32
           : strcmp(word, "u16") == 0 ? VR_JS220_U16
                                      : VR_JS220_U8;
}

static void note_range_options(struct js220 *js220, const struct vr_js220_value *value)
{
    struct vr_json_doc *doc;
    uint32_t number;
    if (vr_json_doc_create((const char *)value->text, value->text_size, value->topic, &doc, NULL) <
        0)
        return;
    const struct vr_json *root = vr_json_doc_root(doc);
    if (find_auto(root, &number)) {
        js220->auto_range.type = number_type(root);
        js220->auto_range.number = number;
    }
    vr_json_doc_destroy(doc);
}

static bool see_pong(struct js220 *js220, const struct vr_js220_frame *frame)
{
    struct vr_js220_value value;
    if (!vr_js220_value_read(frame, &value))
        return false;
    if (value.type == VR_JS220_JSON && strcmp(value.topic, "s/i/range/mode$") == 0)
        note_range_options(js220, &value);
    return strcmp(value.topic, "c/!pong") == 0 && value.number == js220->ping;
}

/* Until all that was published has been obeyed, and all that was sent before has come. */
static int synchronise(struct js220 *js220, struct vr_err *err)
{
    js220->ping++;
    int r = publish_number(js220, "c/!ping", js220->ping, err);
    return r < 0 ? r : await(js220, see_pong, PING_TIMEOUT_MS, "answer a ping", err);
}

/* --- open --- */

static int request(struct js220 *js220, uint8_t request, struct vr_err *err)
{
    const struct vr_usb_request in = {
        .type = 0xc0, .request = request, .timeout_ms = REQUEST_TIMEOUT_MS};
    uint8_t status = 0;
    size_t size;
    int r = vr_usb_control(js220->usb, &in, &status, 1, &size, err);
    if (r == 0 && (size != 1 || status != 0))
        return vr_err_set(
            err, VR_ERR_LINK,
            "%s: the JS220 refuses a session (status %u); unplug it and plug it in again",
            js220->name, status);
    return r;
}

static int connect_session(struct js220 *js220, struct vr_err *err)
{
    request(js220, REQUEST_DISCONNECT, NULL); /* nothing to end is no trouble */
    int r = request(js220, REQUEST_CONNECT, err);
    if (r == 0)
        r = await(js220, see_connect, CONNECT_TIMEOUT_MS, "confirm the session", err);
    if (r < 0)
        return r;
    if (js220->connect.status != 0)
        return vr_err_set(
            err, VR_ERR_LINK,
            "%s: the JS220 cannot begin a session (status %u); unplug it and plug it in again",
            js220->name, js220->connect.status);
    unsigned major = js220->connect.protocol >> 24;
    if (major != PROTOCOL_MAJOR)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: the JS220 speaks protocol %u, and only %d is known here; its firmware and "
            "VitalRig do "
            "not fit each other",
            js220->name, major, PROTOCOL_MAJOR);
    return 0;
}

/* The path of the current is closed with the range, so the device has power from here on. */
static int set_range(struct js220 *js220, struct vr_err *err)
{
    const struct vr_js220_value ask = {.topic = "$", .type = VR_JS220_NULL};
    js220->auto_range = (struct vr_js220_value){
        .topic = "s/i/range/mode",
        .type = VR_JS220_TEXT,
        .text = (const uint8_t *)"auto",
        .text_size = 4};
    int r = publish(js220, &ask, err);
    if (r == 0)
        r = synchronise(js220, err);
    if (r == 0)
        r = publish(js220, &js220->auto_range, err);
    return r < 0 ? r : synchronise(js220, err);
}

static void version_text(uint32_t version, char *text, size_t size)
{
    snprintf(text, size, "%u.%u.%u", version >> 24, version >> 16 & 0xff, version & 0xffff);
}

static void fill_info(const struct js220 *js220, struct vr_power_info *info)
{
    char fpga[24];
    *info = (struct vr_power_info){
        .instrument = "JS220",
        .rate_num = VR_JS220_RATE_HZ,
        .rate_den = 1,
        .quantity = VR_POWER_CURRENT,
        .scale.gain_err =
            {NAN}, /* the maker's table of accuracy is in his manual, by range, which the samples do not tell */
        .has_volts = true,
        .supply_v = NAN,
        .has_lines = true,
        .is_calibrated = true,
        .latency_ns = VR_JS220_WINDOW * VR_NS_PER_S / VR_JS220_RATE_HZ,
    };
    snprintf(info->serial, sizeof info->serial, "%.63s", vr_usb_serial(js220->usb));
    version_text(js220->connect.firmware, info->firmware, sizeof info->firmware);
    version_text(js220->connect.fpga, fpga, sizeof fpga);
    snprintf(
        info->settings, sizeof info->settings,
        "1 Msample/s, current range automatic, calibrated in the instrument, FPGA %s", fpga);
}

static void js220_close(void *state)
{
    struct js220 *js220 = state;
    request(js220, REQUEST_DISCONNECT, NULL);
    vr_usb_close(js220->usb);
}

static int js220_open(
    void *state, const struct vr_power_config *config, struct vr_power_info *ret_info,
    struct vr_err *err)
{
    struct js220 *js220 = state;
    const struct vr_usb_config usb = vr_joulescope_usb(config, PRODUCT);
    snprintf(js220->name, sizeof js220->name, "%s", config->name);
    int r = vr_usb_open(&usb, &js220->usb, err);
    if (r < 0)
        return r;
    r = connect_session(js220, err);
    if (r == 0)
        r = set_range(js220, err);
    if (r < 0)
        js220_close(state);
    else
        fill_info(js220, ret_info);
    return r;
}

/* --- samples --- */

static int set_streams(struct js220 *js220, uint32_t on, struct vr_err *err)
{
    int r = 0;
    for (int i = 0; i < VR_JS220_STREAMS && r == 0; i++)
        r = publish_number(js220, stream_topics[i], on, err);
    return r;
}

static int js220_start(void *state, struct vr_err *err)
{
    struct js220 *js220 = state;
    int r = synchronise(js220, err); /* what is left of an earlier stream is thrown away */
    return r < 0 ? r : set_streams(js220, 1, err);
}

static int js220_stop(void *state, struct vr_err *err)
{
    return set_streams(state, 0, err);
}

/* A remark in the stream, in a packet of its own. */
static size_t remark_on_overflow(struct js220 *js220, uint8_t *packet, size_t capacity)
{
    uint64_t overflows = vr_usb_counts(js220->usb)->overflows;
    char text[96];
    if (overflows == js220->overflows || capacity < VR_JOULESCOPE_PACKET)
        return 0;
    int size = snprintf(
        text, sizeof text, "USB: bytes were lost in %llu transfers: more came than was asked for",
        (unsigned long long)(overflows - js220->overflows));
    const struct vr_js220_frame remark = {0, VR_JS220_REMARK, (const uint8_t *)text, (size_t)size};
    memset(packet, 0, VR_JOULESCOPE_PACKET);
    vr_js220_frame_write(packet, &remark);
    js220->overflows = overflows;
    return VR_JOULESCOPE_PACKET;
}

static int js220_read(
    void *state, uint8_t *buffer, size_t capacity, size_t *ret_size, struct vr_err *err)
{
    struct js220 *js220 = state;
    assert(capacity >= VR_JOULESCOPE_PACKET);
    capacity -= capacity % VR_JOULESCOPE_PACKET;
    int r = vr_usb_receive(js220->usb, buffer, capacity, ret_size, err);
    if (r < 0)
        return r;
    for (size_t at = 0; at + VR_JOULESCOPE_PACKET <= *ret_size; at += VR_JOULESCOPE_PACKET) {
        struct vr_js220_frame frame;
        if (vr_js220_frame_read(buffer + at, &frame) && frame.port == VR_JS220_ADMIN)
            answer_time(js220, &frame);
    }
    *ret_size += remark_on_overflow(js220, buffer + *ret_size, capacity - *ret_size);
    return 0;
}

static size_t js220_poll_fds(void *state, struct pollfd *fds, size_t capacity)
{
    const struct js220 *js220 = state;
    return vr_usb_poll_fds(js220->usb, false, fds, capacity);
}

/* --- the decoder --- */

static void js220_decode_start(
    void *decoder, const struct vr_power_info *info, const struct vr_power_sink *sink)
{
    (void)info;
    vr_js220_streams_start(decoder, sink);
}

static void js220_decode(void *decoder, int64_t arrival_ns, const uint8_t *data, size_t size)
{
    vr_js220_streams_decode(decoder, arrival_ns, data, size);
}

static void js220_decode_end(void *decoder)
{
    vr_js220_streams_end(decoder);
}

static int js220_check(const struct vr_power_config *config, struct vr_err *err)
{
    if (!config->argv && !config->path)
        return 0;
    return vr_err_set(
        err, VR_ERR_USAGE,
        "%s: a JS220 is found on USB, by \"usb_serial\" if there are several, not by argv or path; "
        "`vitalrig devices` lists what is attached",
        config->name);
}

const struct vr_power_driver vr_power_js220 = {
    .name = "js220",
    .summary = "Joulescope JS220: current and voltage at 1 Msample/s, four inputs",
    .state_size = sizeof(struct js220),
    .decoder_size = sizeof(struct vr_js220_streams),
    .bytes_per_s =
        9400000, /* two streams of f32 and four of bits at 2 MHz, in frames of 504 of 512 B */
    .check = js220_check,
    .open = js220_open,
    .start = js220_start,
    .read = js220_read,
    .poll_fds = js220_poll_fds,
    .stop = js220_stop,
    .close = js220_close,
    .decode_start = js220_decode_start,
    .decode = js220_decode,
    .decode_end = js220_decode_end,
};
