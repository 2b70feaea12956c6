/* HELLO, four times a second, at one rate after the other on a port that stays open: opening again could reset the board again. */
#include "link/probe.h"

#include <poll.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "link/serial.h"
#include "port/byte_fd.h"
#include "wire/frame.h"
#include "wire/msg.h"

#define HELLO_NS (250 * VR_NS_PER_MS)

/* By how often firmware has them. */
static const uint32_t usual[] = {115200, 921600, 1000000, 460800, 230400,  9600,
                                 57600,  38400,  19200,   500000, 2000000, 3000000};

struct talk {
    struct vr_serial serial;
    uint32_t nonce;
    struct wire_decoder decoder;
    uint8_t buffer[WIRE_DECODER_SIZE(WIRE_PAYLOAD_MAX)];
};

static int send_hello(struct talk *talk, struct vr_err *err)
{
    const struct wire_hello hello = {
        .present = WIRE_HELLO_BIT(WIRE_HELLO_PROTOCOL) | WIRE_HELLO_BIT(WIRE_HELLO_HOST_NONCE),
        .protocol_major = WIRE_PROTOCOL_MAJOR,
        .protocol_minor = WIRE_PROTOCOL_MINOR,
        .host_nonce = talk->nonce,
    };
    const struct wire_header header = {.type = WIRE_HELLO};
    uint8_t payload[64],
        frame[1 + WIRE_ENCODED_MAX(64)] = {0}; /* a zero first: it ends half a frame */
    size_t size = wire_hello_pack(&hello, payload, sizeof payload), sent;
    size = 1 + wire_frame_encode(&header, payload, size, frame + 1, sizeof frame - 1);
    /* What a full queue does not take is not said: the next HELLO begins with its own zero. */
    return vr_byte_fd_send(talk->serial.fd, talk->serial.name, frame, size, &sent, err);
}

static bool is_answer(const struct talk *talk)
{
    struct wire_hello hello;
    return talk->decoder.header.type == WIRE_HELLO_R &&
           wire_hello_unpack(talk->decoder.payload, talk->decoder.payload_size, &hello) &&
           hello.present & WIRE_HELLO_BIT(WIRE_HELLO_HOST_NONCE) && hello.host_nonce == talk->nonce;
}

static int hear(struct talk *talk, struct vr_probe *probe, bool *ret_answered, struct vr_err *err)
{
    uint8_t bytes[512];
    size_t size, used;
    int r = vr_byte_fd_receive(talk->serial.fd, talk->serial.name, bytes, sizeof bytes, &size, err);
    if (r < 0)
        return r;
    for (size_t at = 0; at < size; at += used)
        if (wire_decoder_push(&talk->decoder, bytes + at, size - at, &used) == WIRE_EVENT_FRAME &&
            is_answer(talk))
            *ret_answered = true;
    probe->bytes += *ret_answered ? 0 : size;
    return 0;
}

static int ask(struct talk *talk, struct vr_probe *probe, bool *ret_answered, struct vr_err *err)
{
    const int64_t end_ns = vr_clock_monotonic_ns() + VR_PROBE_RATE_MS * VR_NS_PER_MS;
    int64_t hello_ns = 0, now_ns;
    int r = 0;
    *ret_answered = false;
    wire_decoder_init(&talk->decoder, talk->buffer, sizeof talk->buffer);
    while (r == 0 && !*ret_answered && (now_ns = vr_clock_monotonic_ns()) < end_ns) {
        if (now_ns >= hello_ns) {
            r = send_hello(talk, err);
            hello_ns = now_ns + HELLO_NS;
        }
        int64_t until_ns = hello_ns < end_ns ? hello_ns : end_ns;
        struct pollfd fds;
        vr_byte_fd_poll(talk->serial.fd, false, &fds);
        if (r == 0)
            poll(&fds, 1, (int)((until_ns - now_ns) / VR_NS_PER_MS) + 1);
        if (r == 0)
            r = hear(talk, probe, ret_answered, err);
    }
    return r;
}

static int ask_at(
    struct talk *talk, uint32_t baud, struct vr_probe *probe, bool *ret_answered,
    struct vr_err *err)
{
    struct vr_err unable = {0};
    *ret_answered = false;
    if (vr_serial_set_baud(&talk->serial, baud, &unable) < 0)
        return 0; /* a rate that this driver cannot do is not the device's */
    vr_tty_flush(talk->serial.fd);
    return ask(talk, probe, ret_answered, err);
}

static int ask_everywhere(struct talk *talk, struct vr_probe *probe, struct vr_err *err)
{
    bool answered;
    int r = ask(talk, probe, &answered, err);
    if (answered)
        probe->baud = probe->asked;
    for (size_t i = 0; r == 0 && probe->baud == 0 && i < sizeof usual / sizeof usual[0]; i++) {
        if (usual[i] == probe->asked)
            continue;
        r = ask_at(talk, usual[i], probe, &answered, err);
        if (answered)
            probe->baud = usual[i];
    }
    return r;
}

int vr_probe_baud(
    const struct vr_link_config *config, uint32_t nonce, struct vr_probe *ret_probe,
    struct vr_err *err)
{
    struct talk talk = {.nonce = nonce};
    const struct vr_serial_config serial = vr_link_serial_config(config);
    *ret_probe = (struct vr_probe){.asked = serial.baud};
    int r = vr_serial_open(&serial, &talk.serial, err);
    if (r < 0)
        return r;
    r = ask_everywhere(&talk, ret_probe, err);
    vr_serial_close(&talk.serial);
    return r;
}
