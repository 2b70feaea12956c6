/* Joulescope JS110: 2 Msample/s of current and voltage as its converter's steps, and two inputs.
 *
 * Everything is said by vendor control requests, and obeyed some time later: STATUS is asked until it tells a result.  Nothing goes to
 * a bulk endpoint but samples to the host. */
#include <assert.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "power/js110_frames.h"

#define PRODUCT 0x0e88

#define TYPE_OUT 0x40
#define TYPE_IN 0xc0
#define REQUEST_SETTINGS 3
#define REQUEST_STATUS 4
#define REQUEST_CALIBRATION 8
#define REQUEST_EXTIO 9
#define REQUEST_TIMEOUT_MS 1000
#define STATUS_TIMEOUT_NS (3 * VR_NS_PER_S)
#define STATUS_PERIOD_MS 2

#define RESULT_NONE (-1) /* not yet given any settings */
#define RESULT_BUSY 19

#define CALIBRATION_ACTIVE 1
#define CALIBRATION_CHUNK 4096

#define RANGE_AUTO 0x80
#define SOURCE_RAW 0xc0
#define STREAM_ON 3 /* USB and FPGA */
#define GPI_0 2     /* takes the place of a lowest bit */
#define GPI_1 3
#define IO_DEFAULT_MV 3300

struct js110 {
    char name[64];
    struct vr_usb *usb;
    struct vr_js110_calibration calibration;
    uint8_t status[VR_JS110_STATUS_SIZE];
    uint8_t ours[512]; /* a packet of ours that waits to be read */
    bool has_ours;
    uint64_t overflows; /* that were told */
};

/* --- control --- */

static int tell_device(
    struct js110 *js110, uint8_t request, const uint8_t *bytes, uint16_t size, struct vr_err *err)
{
    const struct vr_usb_request out = {
        .type = TYPE_OUT, .request = request, .timeout_ms = REQUEST_TIMEOUT_MS};
    uint8_t data[64];
    size_t sent;
    assert(size <= sizeof data);
    memcpy(data, bytes, size);
    return vr_usb_control(js110->usb, &out, data, size, &sent, err);
}

static int ask_status(struct js110 *js110, struct vr_js110_status *ret_status, struct vr_err *err)
{
    const struct vr_usb_request in = {
        .type = TYPE_IN, .request = REQUEST_STATUS, .timeout_ms = REQUEST_TIMEOUT_MS};
    size_t size;
    int r = vr_usb_control(js110->usb, &in, js110->status, sizeof js110->status, &size, err);
    if (r == 0 && !vr_js110_status_read(js110->status, size, ret_status))
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: the JS110 tells a status that cannot be read; its firmware and VitalRig do not "
            "fit each "
            "other",
            js110->name);
    return r;
}

static int await_result(struct js110 *js110, struct vr_err *err)
{
    int64_t end_ns = vr_clock_monotonic_ns() + STATUS_TIMEOUT_NS;
    for (;;) {
        struct vr_js110_status status;
        int r = ask_status(js110, &status, err);
        if (r < 0 || status.result == 0)
            return r;
        if (status.result != RESULT_NONE && status.result != RESULT_BUSY)
            return vr_err_set(
                err, VR_ERR_LINK,
                "%s: the JS110 refuses its settings (result %d); unplug it and plug it in again",
                js110->name, status.result);
        if (vr_clock_monotonic_ns() >= end_ns)
            return vr_err_set(
                err, VR_ERR_LINK,
                "%s: the JS110's sensor does not take its settings; unplug it and plug it in again",
                js110->name);
        poll(NULL, 0, STATUS_PERIOD_MS);
    }
}

/* The range of voltage is 15 V, of which a step is 0.9 mV: the one of 5 V would be too small for some devices. */
static int set_stream(struct js110 *js110, uint8_t streaming, struct vr_err *err)
{
    const uint8_t settings[16] = {1, 16, 1, 0, 0, 0, 0, 0, 1, RANGE_AUTO, SOURCE_RAW, 0, streaming};
    int r = tell_device(js110, REQUEST_SETTINGS, settings, sizeof settings, err);
    return r < 0 ? r : await_result(js110, err);
}

/* Inputs into the lowest bits of current and voltage.  Their threshold comes with the voltage of the device, which the configuration
 * may know. */
static int set_inputs(struct js110 *js110, double supply_v, struct vr_err *err)
{
    static const uint16_t levels_mv[] = {1800, 2100, 2500, 2700, 3000, 3300, 3600, 5000};
    uint16_t best_mv = IO_DEFAULT_MV;
    for (size_t i = 0; supply_v > 0 && i < sizeof levels_mv / sizeof levels_mv[0]; i++)
        if (fabs(levels_mv[i] - 1000 * supply_v) < fabs(best_mv - 1000 * supply_v))
            best_mv = levels_mv[i];
    uint8_t extio[24] = {1, 24, 3, 0, 0, 0, 0, 0, 0, 0, GPI_0, GPI_1};
    wire_put_u32(extio + 20, best_mv);
    int r = tell_device(js110, REQUEST_EXTIO, extio, sizeof extio, err);
    return r < 0 ? r : await_result(js110, err);
}

/* --- calibration --- */

static int ask_calibration(
    struct js110 *js110, size_t at, uint8_t *data, size_t size, struct vr_err *err)
{
    while (size > 0) {
        const struct vr_usb_request in = {
            .type = TYPE_IN,
            .request = REQUEST_CALIBRATION,
            .value = CALIBRATION_ACTIVE,
            .index = (uint16_t)at,
            .timeout_ms = REQUEST_TIMEOUT_MS,
        };
        uint16_t part = size < CALIBRATION_CHUNK ? (uint16_t)size : CALIBRATION_CHUNK;
        size_t got;
        int r = vr_usb_control(js110->usb, &in, data, part, &got, err);
        if (r < 0)
            return r;
        if (got == 0)
            return vr_err_set(
                err, VR_ERR_INPUT, "%s: the JS110's calibration record ends after %zu bytes",
                js110->name, at);
        at += got;
        data += got;
        size -= got;
    }
    return 0;
}

static int read_calibration(struct js110 *js110, struct vr_err *err)
{
    uint8_t header[VR_JS110_CALIBRATION_HEADER];
    size_t size;
    int r = ask_calibration(js110, 0, header, sizeof header, err);
    if (r == 0)
        r = vr_js110_calibration_size(header, &size, err);
    if (r < 0)
        return r;
    _cleanup_free_ uint8_t *record = malloc(size);
    if (!record)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the JS110's calibration");
    r = ask_calibration(js110, 0, record, size, err);
    return r < 0 ? r : vr_js110_calibration_read(record, size, &js110->calibration, err);
}

/* --- open --- */

static int set_up(struct js110 *js110, const struct vr_power_config *config, struct vr_err *err)
{
    int r = read_calibration(js110, err);
    if (r == 0)
        r = set_stream(js110, 0, err);
    return r < 0 ? r : set_inputs(js110, config->supply_v, err);
}

static void fill_info(const struct js110 *js110, struct vr_power_info *info)
{
    *info = (struct vr_power_info){
        .instrument = "JS110",
        .rate_num = VR_JS110_RATE_HZ,
        .rate_den = 1,
        .quantity = VR_POWER_CURRENT,
        .is_coded = true,
        .has_volts = true,
        .supply_v = NAN,
        .has_lines = true,
        .is_calibrated = true,
        .latency_ns = VR_JS110_SAMPLES * VR_NS_PER_S / VR_JS110_RATE_HZ,
        .settings = "2 Msample/s, current range automatic, voltage range 15 V, inputs 0 and 1 as "
                    "lines 0 and 1; samples right behind a change of range are as they came",
    };
    vr_js110_scale(&js110->calibration, &info->scale);
    snprintf(info->serial, sizeof info->serial, "%.63s", vr_usb_serial(js110->usb));
}

static void js110_close(void *state)
{
    struct js110 *js110 = state;
    vr_usb_close(js110->usb);
}

static int js110_open(
    void *state, const struct vr_power_config *config, struct vr_power_info *ret_info,
    struct vr_err *err)
{
    struct js110 *js110 = state;
    struct vr_usb_config usb = vr_joulescope_usb(config, PRODUCT);
    usb.in_only = true;
    snprintf(js110->name, sizeof js110->name, "%s", config->name);
    int r = vr_usb_open(&usb, &js110->usb, err);
    if (r < 0)
        return r;
    r = set_up(js110, config, err);
    if (r < 0)
        js110_close(state);
    else
        fill_info(js110, ret_info);
    return r;
}

/* --- samples --- */

/* What an earlier stream has left is thrown away. */
static int drain(struct js110 *js110, struct vr_err *err)
{
    uint8_t bytes[8 * VR_JOULESCOPE_PACKET];
    size_t size;
    int r;
    do
        r = vr_usb_receive(js110->usb, bytes, sizeof bytes, &size, err);
    while (r == 0 && size > 0);
    return r;
}

static int note_status(struct js110 *js110, enum vr_js110_packet kind, struct vr_err *err)
{
    struct vr_js110_status status;
    int r = ask_status(js110, &status, err);
    if (r < 0)
        return r;
    vr_js110_packet_write(js110->ours, kind, js110->status, js110->calibration.voltage);
    js110->has_ours = true;
    return 0;
}

static int js110_start(void *state, struct vr_err *err)
{
    struct js110 *js110 = state;
    int r = drain(js110, err);
    if (r == 0)
        r = note_status(js110, VR_JS110_BEFORE, err);
    return r < 0 ? r : set_stream(js110, STREAM_ON, err);
}

static int js110_stop(void *state, struct vr_err *err)
{
    struct js110 *js110 = state;
    int r = set_stream(js110, 0, err);
    return r < 0 ? r : note_status(js110, VR_JS110_AFTER, err);
}

static void remark_on_overflow(struct js110 *js110)
{
    uint64_t overflows = vr_usb_counts(js110->usb)->overflows;
    if (overflows == js110->overflows || js110->has_ours)
        return;
    memset(js110->ours, 0, sizeof js110->ours);
    js110->ours[0] = VR_JS110_REMARK;
    snprintf(
        (char *)js110->ours + 8, 120,
        "USB: bytes were lost in %llu transfers: more came than was asked for",
        (unsigned long long)(overflows - js110->overflows));
    js110->overflows = overflows;
    js110->has_ours = true;
}

static int js110_read(
    void *state, uint8_t *buffer, size_t capacity, size_t *ret_size, struct vr_err *err)
{
    struct js110 *js110 = state;
    size_t size = 0;
    assert(capacity >= VR_JOULESCOPE_PACKET);
    capacity -= capacity % VR_JOULESCOPE_PACKET;
    if (js110->has_ours) {
        memcpy(buffer, js110->ours, VR_JOULESCOPE_PACKET);
        js110->has_ours = false;
        *ret_size = VR_JOULESCOPE_PACKET;
        return 0;
    }
    int r = vr_usb_receive(js110->usb, buffer, capacity, &size, err);
    *ret_size = size;
    remark_on_overflow(js110);
    return r;
}

static size_t js110_poll_fds(void *state, struct pollfd *fds, size_t capacity)
{
    const struct js110 *js110 = state;
    return vr_usb_poll_fds(js110->usb, false, fds, capacity);
}

/* --- the decoder --- */

static void js110_decode_start(
    void *decoder, const struct vr_power_info *info, const struct vr_power_sink *sink)
{
    vr_js110_frames_start(decoder, &info->scale, sink);
}

static void js110_decode(void *decoder, int64_t arrival_ns, const uint8_t *data, size_t size)
{
    vr_js110_frames_decode(decoder, arrival_ns, data, size);
}

static void js110_decode_end(void *decoder)
{
    vr_js110_frames_end(decoder);
}

static int js110_check(const struct vr_power_config *config, struct vr_err *err)
{
    if (!config->argv && !config->path)
        return 0;
    return vr_err_set(
        err, VR_ERR_USAGE,
        "%s: a JS110 is found on USB, by \"usb_serial\" if there are several, not by argv or path",
        config->name);
}

const struct vr_power_driver vr_power_js110 = {
    .name = "js110",
    .summary = "Joulescope JS110: current and voltage at 2 Msample/s, two inputs",
    .state_size = sizeof(struct js110),
    .decoder_size = sizeof(struct vr_js110_frames),
    .bytes_per_s = 8200000, /* 512 B in 126 samples */
    .check = js110_check,
    .open = js110_open,
    .start = js110_start,
    .read = js110_read,
    .poll_fds = js110_poll_fds,
    .stop = js110_stop,
    .close = js110_close,
    .decode_start = js110_decode_start,
    .decode = js110_decode,
    .decode_end = js110_decode_end,
};
