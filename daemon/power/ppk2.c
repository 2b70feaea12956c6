/* Nordic PPK2 over its USB serial port: 100,000 samples a second of current and eight digital inputs.
 *
 * Commands and the order of opening: reference on power instruments, 2.1 to 2.3.  Most commands have no answer.  A session that died leaves
 * it streaming, and its bytes would stand before the text that it says of itself: so it is stopped first, and heard out. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "port/stream.h"
#include "power/power.h"
#include "power/ppk2_decoder.h"
#include "power/ppk2_meta.h"

#define USB_VENDOR 0x1915
#define USB_PRODUCT 0xc00a

#define SUPPLY_MIN_V 0.8
#define SUPPLY_MAX_V 5.0

#define TRIES 3
#define SILENCE_MS 100
#define DRAIN_MS 1000  /* of a stream that does not end at the first word */
#define ANSWER_MS 1000 /* the whole text */
#define COMMAND_MS 500
#define TEXT_MAX 4096

enum command {
    START = 0x06,
    STOP = 0x07,
    DEVICE_POWER = 0x0c, /* 0 = off, 1 = on */
    SET_SUPPLY = 0x0d,   /* mV, most significant byte first */
    SET_MODE = 0x11,
    GET_METADATA = 0x19,
};

enum mode { MODE_AMPERE_METER = 1, MODE_SOURCE = 2 };

struct ppk2 {
    struct vr_stream_port stream;
    char name[64];
    bool is_sampling, has_sampled;
};

/* -- configuration -- */

static int ppk2_check(const struct vr_power_config *config, struct vr_err *err)
{
    if (config->rate_hz != 0 && config->rate_hz != VR_PPK2_RATE_HZ)
        return vr_err_set(
            err, VR_ERR_USAGE,
            "%s: a PPK2 takes %d samples a second and no other number; leave out the rate",
            config->name, VR_PPK2_RATE_HZ);
    if (config->supply_v == 0)
        return vr_err_set(
            err, VR_ERR_USAGE,
            "%s: a PPK2 has no voltmeter, and its range above 50 mA is off by 2.9 mA for each volt "
            "that the supply is not as told; give the voltage of the device's supply as "
            "\"supply_mv\"",
            config->name);
    if (!(config->supply_v >= SUPPLY_MIN_V && config->supply_v <= SUPPLY_MAX_V))
        return vr_err_set(
            err, VR_ERR_USAGE, "%s: a supply of %g V: a PPK2 does %g to %g V", config->name,
            config->supply_v, SUPPLY_MIN_V, SUPPLY_MAX_V);
    return 0;
}

/* With the second port that newer firmware has, its shell, left out: the measuring port is the lower of one device's interfaces. */
static int choose_interface(struct vr_port_wanted *wanted, struct vr_err *err)
{
    _cleanup_(vr_ports_finish) struct vr_ports ports = {0};
    const struct vr_port_identity *lowest = NULL;
    int r = vr_ports_list(&ports, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < ports.count; i++) {
        const struct vr_port_identity *port = &ports.items[i];
        if (!vr_port_is_wanted(port, wanted))
            continue;
        if (lowest && strcmp(lowest->sys_usb, port->sys_usb) != 0)
            return 0; /* two devices: whoever opens says so, and how to tell them apart */
        if (!lowest || port->usb_interface < lowest->usb_interface)
            lowest = port;
    }
    wanted->usb_interface = lowest ? lowest->usb_interface : -1;
    return 0;
}

static int open_stream(
    struct ppk2 *ppk2, const struct vr_power_config *config, struct vr_power_info *info,
    struct vr_err *err)
{
    struct vr_stream_config stream = {
        .name = config->name,
        .argv = config->argv,
        .port = {
            .path = config->path,
            .usb_serial = config->usb_serial,
            .usb_vendor = config->usb_vendor,
            .usb_product = config->usb_product,
            .usb_interface = config->usb_interface,
        }};
    struct vr_port_wanted *wanted = &stream.port;
    struct vr_port_identity port;
    int r = 0;
    if (!config->argv && !wanted->path) {
        if (!wanted->usb_vendor && !wanted->usb_product) {
            wanted->usb_vendor = USB_VENDOR;
            wanted->usb_product = USB_PRODUCT;
        }
        if (wanted->usb_interface < 0)
            r = choose_interface(wanted, err);
    }
    if (r == 0 && !config->argv) {
        r = vr_port_locate(config->name, wanted, &port, err);
        if (r == 0)
            snprintf(info->serial, sizeof info->serial, "%.63s", port.usb_serial);
    }
    return r < 0 ? r : vr_stream_open(&stream, &ppk2->stream, err);
}

/* -- talk -- */

static int send(struct ppk2 *ppk2, const uint8_t *command, size_t size, struct vr_err *err)
{
    return vr_stream_send_all(&ppk2->stream, command, size, COMMAND_MS, err);
}

static int send_one(struct ppk2 *ppk2, enum command command, struct vr_err *err)
{
    return send(ppk2, (uint8_t[]){(uint8_t)command}, 1, err);
}

/* Until it has been silent for a while. */
static int drain(struct ppk2 *ppk2, struct vr_err *err)
{
    uint8_t waste[4096];
    size_t size = 1;
    int64_t end_ns = vr_clock_monotonic_ns() + DRAIN_MS * VR_NS_PER_MS;
    while (size > 0) {
        int r = vr_stream_wait(&ppk2->stream, waste, sizeof waste, SILENCE_MS, &size, err);
        if (r < 0)
            return r;
        if (vr_clock_monotonic_ns() > end_ns)
            return vr_err_set(
                err, VR_ERR_LINK,
                "%s: it sends without end and does not stop when told to; is it a PPK2? Unplug it "
                "and plug it in again",
                ppk2->name);
    }
    return 0;
}

static int receive_text(
    struct ppk2 *ppk2, char text[TEXT_MAX], size_t *ret_size, struct vr_err *err)
{
    int64_t end_ns = vr_clock_monotonic_ns() + ANSWER_MS * VR_NS_PER_MS;
    *ret_size = 0;
    while (!vr_ppk2_meta_is_whole(text, *ret_size) && *ret_size < TEXT_MAX) {
        size_t size;
        int64_t left_ms = (end_ns - vr_clock_monotonic_ns()) / VR_NS_PER_MS;
        if (left_ms <= 0)
            return 0;
        int r = vr_stream_wait(
            &ppk2->stream, text + *ret_size, TEXT_MAX - *ret_size, (int)left_ms, &size, err);
        if (r < 0)
            return r;
        *ret_size += size;
    }
    return 0;
}

static int ask(struct ppk2 *ppk2, struct vr_ppk2_meta *meta, struct vr_err *err)
{
    char text[TEXT_MAX];
    size_t size;
    int r = send_one(ppk2, STOP, err);
    if (r == 0)
        r = drain(ppk2, err);
    if (r == 0)
        r = send_one(ppk2, GET_METADATA, err);
    if (r == 0)
        r = receive_text(ppk2, text, &size, err);
    if (r == 0 && size == 0)
        r = vr_err_set(
            err, VR_ERR_LINK,
            "%s: it does not answer; is it a PPK2, and is this its measuring port, the lower of "
            "its two? Unplug it and plug it in again",
            ppk2->name);
    return r < 0 ? r : vr_ppk2_meta_parse(ppk2->name, text, size, meta, err);
}

static int set(struct ppk2 *ppk2, const struct vr_power_config *config, struct vr_err *err)
{
    /* Its user gains are not sent back to it, as its own application does when they are far from 1: it has just told them. */
    unsigned mv = (unsigned)lrint(config->supply_v * 1000);
    const uint8_t supply[] = {SET_SUPPLY, (uint8_t)(mv >> 8), (uint8_t)mv};
    const uint8_t meter[] = {SET_MODE, MODE_AMPERE_METER, DEVICE_POWER, 1};
    /* Off while it changes over, as its own application has it. */
    const uint8_t source[] = {DEVICE_POWER, 0, SET_MODE, MODE_SOURCE, DEVICE_POWER, 1};
    int r = send(ppk2, supply, sizeof supply, err);
    if (r < 0)
        return r;
    if (config->powers_device)
        return send(ppk2, source, sizeof source, err);
    return send(ppk2, meter, sizeof meter, err);
}

/* -- the instrument -- */

static void fill_info(
    const struct vr_ppk2_meta *meta, const struct vr_power_config *config,
    struct vr_power_info *info)
{
    strcpy(info->instrument, "PPK2");
    if (!isnan(meta->hardware))
        snprintf(info->firmware, sizeof info->firmware, "hardware %.0f", meta->hardware);
    info->rate_num = VR_PPK2_RATE_HZ;
    info->rate_den = 1;
    info->quantity = VR_POWER_CURRENT;
    info->is_coded = true;
    info->is_calibrated = vr_ppk2_scale(meta, config->supply_v, &info->scale);
    info->supply_v = config->supply_v;
    info->has_lines = true;
    info->latency_ns = VR_PPK2_HOLD_NS;

    char without[64] = "";
    for (size_t range = 0; range < VR_PPK2_RANGES; range++)
        if (isnan(info->scale.a[range][0]))
            snprintf(
                without + strlen(without), sizeof without - strlen(without), "%s%zu",
                without[0] ? ", " : "; no calibration of range ", range);
    snprintf(
        info->settings, sizeof info->settings, "%s %.3f V%s%s%s",
        config->powers_device ? "source at" : "ampere meter, supply taken as", config->supply_v,
        without, meta->others[0] ? "; also says " : "", meta->others);
}

static void ppk2_close(void *state);

static int ppk2_open(
    void *state, const struct vr_power_config *config, struct vr_power_info *ret_info,
    struct vr_err *err)
{
    struct ppk2 *ppk2 = state;
    struct vr_ppk2_meta meta;
    snprintf(ppk2->name, sizeof ppk2->name, "%s", config->name);
    int r = open_stream(ppk2, config, ret_info, err);
    if (r < 0)
        return r == -VR_ERR_NOT_FOUND ? -VR_ERR_LINK : r;
    r = -VR_ERR_LINK;
    for (int i = 0; i < TRIES && r < 0; i++)
        r = ask(ppk2, &meta, err);
    if (r == 0)
        r = set(ppk2, config, err);
    if (r < 0) {
        ppk2_close(ppk2);
        return r;
    }
    fill_info(&meta, config, ret_info);
    return 0;
}

static int ppk2_start(void *state, struct vr_err *err)
{
    struct ppk2 *ppk2 = state;
    int r = ppk2->has_sampled ? drain(ppk2, err) : 0;
    if (r == 0)
        r = send_one(ppk2, START, err);
    ppk2->is_sampling = r == 0;
    ppk2->has_sampled = ppk2->has_sampled || r == 0;
    return r;
}

static int ppk2_read(
    void *state, uint8_t *buffer, size_t capacity, size_t *ret_size, struct vr_err *err)
{
    struct ppk2 *ppk2 = state;
    struct vr_err why = {0};
    int r = vr_stream_receive(&ppk2->stream, buffer, capacity, ret_size, &why);
    if (r == 0)
        return 0;
    return vr_err_set(
        err, VR_ERR_LINK,
        "%s; the PPK2 was unplugged or lost its power: plug it in again, into the machine itself "
        "rather than a hub",
        why.text);
}

static size_t ppk2_poll_fds(void *state, struct pollfd *fds, size_t capacity)
{
    const struct ppk2 *ppk2 = state;
    (void)capacity;
    fds[0] = (struct pollfd){.fd = ppk2->stream.fd, .events = POLLIN};
    return 1;
}

static int ppk2_stop(void *state, struct vr_err *err)
{
    struct ppk2 *ppk2 = state;
    ppk2->is_sampling = false;
    return send_one(ppk2, STOP, err);
}

static void ppk2_close(void *state)
{
    struct ppk2 *ppk2 = state;
    struct vr_err ignored;
    if (ppk2->is_sampling)
        ppk2_stop(ppk2, &ignored);
    vr_stream_close(&ppk2->stream);
}

const struct vr_power_driver vr_power_ppk2 = {
    .name = "ppk2",
    .summary = "Nordic Power Profiler Kit II: current at 100 kHz, eight digital inputs",
    .state_size = sizeof(struct ppk2),
    .decoder_size = sizeof(struct vr_ppk2_decoder),
    .bytes_per_s = 4 * VR_PPK2_RATE_HZ,
    .check = ppk2_check,
    .open = ppk2_open,
    .start = ppk2_start,
    .read = ppk2_read,
    .poll_fds = ppk2_poll_fds,
    .stop = ppk2_stop,
    .close = ppk2_close,
    .decode_start = vr_ppk2_decode_start,
    .decode = vr_ppk2_decode,
    .decode_end = vr_ppk2_decode_end,
};
