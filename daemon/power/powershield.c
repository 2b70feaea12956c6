/* X-NUCLEO-LPM01A and STLINK-V3PWR: they supply the device, and measure what it takes.
 *
 * How it is set, by the wanted rate (5 kHz unless the rig says otherwise):
 *
 *     format   text as long as the instrument sends it without end, up to 5 kHz (LPM01A) or 10 kHz (STLINK-V3PWR), because its
 *              marks of the input D7 are in the text only; above, binary: no lines
 *     output   energy up to 10 kHz, its most: an integral over the sample's period, so that nothing between two samples is lost;
 *              above, or where it is refused, current
 *     volt     the rig's supply_v; without one, what the instrument has been set to
 *     pwr      on, if the meter is to power the device, and off at the end; else as it is
 *
 * In `lines` only D7 is there (line 7), and only its falling edges are true (powershield_text.h).
 *
 * At stop it goes on until the next time stamp, so that the last samples are counted, too (powershield_stretch.h). */
#include "power/powershield.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "power/powershield_binary.h"
#include "power/powershield_set.h"
#include "power/powershield_text.h"

#define USB_VENDOR_ST 0x0483
#define USB_PRODUCT_LPM01A 0x5740 /* of any serial port by ST: what it is, is asked for */
#define BAUD_DEFAULT 3686400
#define ANSWER_MS 1000
#define POWER_MS 5000 /* the supply has to settle */
#define CLOSE_MS 300
#define COMPLETED "Acquisition completed"
#define STOP_MAX_NS (1300 * VR_NS_PER_MS) /* a stamp comes once a second */
/* Slower samples are farther apart than the silence that ends a stream. */
#define STOP_WAIT_MIN_HZ 20

struct shield {
    struct vr_powershield_session session;
    bool powers_device, is_running;
    size_t rest;        /* of talk.reply: samples that came with the answer to start; 0 = none */
    int64_t stop_by_ns; /* stop is to be sent at the next stamp, or then; 0 = it is not */
    uint8_t before;     /* the byte read last */
    size_t completed;   /* characters of COMPLETED since stop was sent; all = it has ended */
};

/* --- settings ------------------------------------------------------------------------------------------------------------------ */

static const uint32_t rates_hz[] = {1,   2,    5,    10,   20,    50,    100,   200,
                                    500, 1000, 2000, 5000, 10000, 20000, 50000, 100000};

static int check_rate(const struct vr_power_config *config, struct vr_err *err)
{
    for (size_t i = 0; i < sizeof rates_hz / sizeof rates_hz[0]; i++)
        if (config->rate_hz == rates_hz[i] || config->rate_hz == 0)
            return 0;
    return vr_err_set(
        err, VR_ERR_USAGE,
        "%s: a powershield cannot sample at %u Hz; \"rate_hz\" is 1, 2 or 5 times 1, 10, 100, 1000 "
        "or 10000, or it is 100000",
        config->name, config->rate_hz);
}

static int shield_check(const struct vr_power_config *config, struct vr_err *err)
{
    int r = check_rate(config, err);
    if (r < 0)
        return r;
    if (config->powers_device && config->supply_v == 0.0)
        return vr_err_set(
            err, VR_ERR_USAGE,
            "%s: the meter powers the device, so \"supply_mv\" must say at how many volts",
            config->name);
    if (config->supply_v != 0.0 && !(config->supply_v >= 1.6 && config->supply_v <= 3.6))
        return vr_err_set(
            err, VR_ERR_USAGE,
            "%s: a powershield cannot supply %g V; \"supply_mv\" is 1.8 to 3.3 (X-NUCLEO-LPM01A) "
            "or "
            "1.6 to "
            "3.6 (STLINK-V3PWR)",
            config->name, config->supply_v);
    return 0;
}

void vr_powershield_describe(const struct vr_powershield_mode *mode, struct vr_power_info *ret_info)
{
    *ret_info = (struct vr_power_info){
        .rate_num = mode->rate_hz,
        .rate_den = 1,
        .is_integrating = true,
        .falls_only = true,
        .quantity = mode->is_energy ? VR_POWER_ENERGY : VR_POWER_CURRENT,
        .is_coded = true,
        .supply_v = mode->supply_v,
        .has_lines = mode->has_marks && !mode->is_binary,
        .is_calibrated = true,
        .latency_ns = VR_NS_PER_S * 5 / 2,
    };
    snprintf(
        ret_info->instrument, sizeof ret_info->instrument, "%s",
        mode->is_v3pwr ? VR_POWERSHIELD_V3PWR : VR_POWERSHIELD_LPM01A);
    for (int range = 0; range < VR_POWER_RANGES; range++) {
        /* As a quotient where the power of ten is negative: 10^4 is exact, 10^-4 is not. */
        double *unit = &ret_info->scale.a[range][1];
        if (mode->is_binary)
            *unit = ldexp(1.0, -4 * range);
        else
            *unit = 1.0 / pow(10.0, -(range + VR_POWERSHIELD_EXPONENT_MIN));
        /* UM2243: "better than 2 %"; nothing that we know of says it for the STLINK-V3PWR. */
        ret_info->scale.gain_err[range] = mode->is_v3pwr ? (double)NAN : 0.02;
    }
}

bool vr_powershield_is_binary(const struct vr_power_info *info)
{
    return info->scale.a[0][1] == 1.0; /* 16^-0 */
}

bool vr_powershield_is_v3pwr(const struct vr_power_info *info)
{
    return strcmp(info->instrument, VR_POWERSHIELD_V3PWR) == 0;
}

/* --- the instrument's half -------------------------------------------------------------------------------------------------------- */

static void shield_close(void *state)
{
    struct shield *shield = state;
    enum vr_powershield_answer answer;
    struct vr_err ignored;
    bool is_silent;
    int r = 0;
    if (shield->is_running) {
        r = vr_stream_send_all(&shield->session.talk.stream, "stop\n", 5, CLOSE_MS, &ignored);
        if (r == 0)
            r = vr_powershield_drain(&shield->session.talk, &is_silent, &ignored);
    }
    if (r == 0 && shield->powers_device)
        r = vr_powershield_ask(&shield->session.talk, "pwr off", CLOSE_MS, &answer, &ignored);
    if (r == 0 && !shield->session.mode.is_v3pwr)
        vr_powershield_ask(&shield->session.talk, "hrc", CLOSE_MS, &answer, &ignored);
    vr_stream_close(&shield->session.talk.stream);
}

static void describe(const struct shield *shield, struct vr_power_info *info)
{
    struct vr_power_info known = *info;
    const struct vr_powershield_mode *mode = &shield->session.mode;
    vr_powershield_describe(mode, info);
    memcpy(info->serial, known.serial, sizeof info->serial);
    memcpy(info->firmware, known.firmware, sizeof info->firmware);
    snprintf(
        info->settings, sizeof info->settings, "%s of each sample, %s, %u Hz, supply %g V%s%s",
        mode->is_energy ? "energy" : "current", mode->is_binary ? "binary" : "text", mode->rate_hz,
        mode->supply_v, shield->powers_device ? ", switched on" : "",
        info->has_lines ? ", marks at falling edges of D7" : ", no marks");
}

static int shield_open(
    void *state, const struct vr_power_config *config, struct vr_power_info *ret_info,
    struct vr_err *err)
{
    struct shield *shield = state;
    struct vr_stream_config stream = {
        .name = config->name,
        .argv = config->argv,
        .port =
            {
                .path = config->path,
                .usb_serial = config->usb_serial,
                .usb_vendor = config->usb_vendor,
                .usb_product = config->usb_product,
                .usb_interface = config->usb_interface,
            },
        .baud = config->baud ? config->baud : BAUD_DEFAULT,
    };
    if (!config->argv && !config->path && !config->usb_vendor && !config->usb_product &&
        !config->usb_serial) {
        stream.port.usb_vendor = USB_VENDOR_ST;
        stream.port.usb_product = USB_PRODUCT_LPM01A;
    }
    int r = vr_stream_open(&stream, &shield->session.talk.stream, err);
    if (r < 0)
        return r;
    shield->session.mode.supply_v = (double)NAN;
    r = vr_powershield_quieten(&shield->session.talk, err);
    if (r == 0)
        r = vr_powershield_identify(&shield->session, ret_info, err);
    if (r == 0)
        r = vr_powershield_set(&shield->session, config, err);
    if (r < 0) {
        vr_stream_close(&shield->session.talk.stream);
        return r;
    }
    shield->powers_device = config->powers_device;
    describe(shield, ret_info);
    return 0;
}

static int shield_start(void *state, struct vr_err *err)
{
    struct shield *shield = state;
    int r = shield->is_running ? vr_powershield_quieten(&shield->session.talk, err) : 0;
    shield->is_running = false;
    shield->stop_by_ns = 0;
    shield->completed = 0;
    if (r == 0)
        r = vr_powershield_demand(&shield->session.talk, "start", POWER_MS, err);
    if (r < 0)
        return r;
    shield->rest = shield->session.talk.rest;
    shield->is_running = true;
    return 0;
}

/* Whether a stamp begins among these bytes.  No sample looks like one in either format. */
static bool has_stamp(struct shield *shield, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t before = shield->before;
        shield->before = data[i];
        if (shield->session.mode.is_binary ? before == 0xF0 && data[i] == 0xF3 : data[i] == 'T')
            return true;
    }
    return false;
}

static int send_stop(struct shield *shield, struct vr_err *err)
{
    shield->stop_by_ns = 0;
    shield->is_running = false;
    return vr_stream_send_all(&shield->session.talk.stream, "stop\n", 5, ANSWER_MS, err);
}

/* Its last words.  No first character of theirs comes again within them. */
static void look_for_end(struct shield *shield, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size && COMPLETED[shield->completed]; i++) {
        if (data[i] != (uint8_t)COMPLETED[shield->completed])
            shield->completed = 0;
        shield->completed += data[i] == (uint8_t)COMPLETED[shield->completed];
    }
}

static int shield_read(
    void *state, uint8_t *buffer, size_t capacity, size_t *ret_size, struct vr_err *err)
{
    struct shield *shield = state;
    struct vr_powershield_talk *talk = &shield->session.talk;
    if (shield->rest > 0 && shield->rest < talk->size) {
        size_t left = talk->size - shield->rest;
        *ret_size = left < capacity ? left : capacity;
        memcpy(buffer, talk->reply + shield->rest, *ret_size);
        shield->rest += *ret_size;
        return 0;
    }
    shield->rest = 0;
    *ret_size = 0;
    if (!COMPLETED[shield->completed])
        return vr_err_set(err, VR_ERR_EMPTY, "%s: the acquisition has ended", talk->stream.name);
    int r = vr_stream_receive(&talk->stream, buffer, capacity, ret_size, err);
    if (r == 0 && !shield->is_running)
        look_for_end(shield, buffer, *ret_size);
    if (r < 0 || shield->stop_by_ns == 0)
        return r;
    if (has_stamp(shield, buffer, *ret_size) || vr_clock_monotonic_ns() >= shield->stop_by_ns)
        return send_stop(shield, err);
    return 0;
}

static size_t shield_poll_fds(void *state, struct pollfd *fds, size_t capacity)
{
    const struct shield *shield = state;
    (void)capacity;
    fds[0] = (struct pollfd){.fd = shield->session.talk.stream.fd, .events = POLLIN};
    return 1;
}

static int shield_stop(void *state, struct vr_err *err)
{
    struct shield *shield = state;
    if (!shield->is_running)
        return 0;
    if (shield->session.mode.rate_hz < STOP_WAIT_MIN_HZ)
        return send_stop(shield, err);
    shield->stop_by_ns = vr_clock_monotonic_ns() + STOP_MAX_NS;
    return 0;
}

/* --- the decoder's half ------------------------------------------------------------------------------------------------------------ */

struct shield_decoder {
    bool is_binary;
    union {
        struct vr_powershield_text text;
        struct vr_powershield_binary binary;
    };
};

static void shield_decode_start(
    void *decoder, const struct vr_power_info *info, const struct vr_power_sink *sink)
{
    struct shield_decoder *shield = decoder;
    shield->is_binary = vr_powershield_is_binary(info);
    if (shield->is_binary)
        vr_powershield_binary_start(&shield->binary, info, sink);
    else
        vr_powershield_text_start(&shield->text, info, sink);
}

static void shield_decode(void *decoder, int64_t arrival_ns, const uint8_t *data, size_t size)
{
    struct shield_decoder *shield = decoder;
    if (shield->is_binary)
        vr_powershield_binary_decode(&shield->binary, arrival_ns, data, size);
    else
        vr_powershield_text_decode(&shield->text, arrival_ns, data, size);
}

static void shield_decode_end(void *decoder)
{
    struct shield_decoder *shield = decoder;
    if (shield->is_binary)
        vr_powershield_binary_end(&shield->binary);
    else
        vr_powershield_text_end(&shield->text);
}

const struct vr_power_driver vr_power_powershield = {
    .name = "powershield",
    .summary = "ST X-NUCLEO-LPM01A or STLINK-V3PWR over USB",
    .state_size = sizeof(struct shield),
    .decoder_size = sizeof(struct shield_decoder),
    .bytes_per_s = 220000, /* 100 kHz of two bytes; text of 10 kHz takes 90000 */
    .check = shield_check,
    .open = shield_open,
    .start = shield_start,
    .read = shield_read,
    .poll_fds = shield_poll_fds,
    .stop = shield_stop,
    .close = shield_close,
    .decode_start = shield_decode_start,
    .decode = shield_decode,
    .decode_end = shield_decode_end,
};
