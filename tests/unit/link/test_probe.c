#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "link/probe.h"
#include "port/tty.h"
#include "wire/frame.h"
#include "wire/msg.h"

/* --- support: a device at the other end of a pty, which sees what rate is set --- */

struct device {
    int fd;
    char path[64];
    uint32_t baud;       /* where it answers */
    uint32_t stale_baud; /* where it answers an older HELLO: another nonce */
    pthread_t thread;
};

static void answer(const struct device *device, uint32_t nonce)
{
    const struct wire_hello hello = {
        .present = WIRE_HELLO_BIT(WIRE_HELLO_PROTOCOL) | WIRE_HELLO_BIT(WIRE_HELLO_HOST_NONCE) |
                   WIRE_HELLO_BIT(WIRE_HELLO_NAME),
        .protocol_major = WIRE_PROTOCOL_MAJOR,
        .host_nonce = nonce,
        .name = wire_text_of("band"),
    };
    const struct wire_header header = {.type = WIRE_HELLO_R};
    uint8_t payload[64], frame[WIRE_ENCODED_MAX(64)];
    size_t size = wire_hello_pack(&hello, payload, sizeof payload);
    size = wire_frame_encode(&header, payload, size, frame, sizeof frame);
    if (write(device->fd, frame, size) != (ssize_t)size)
        abort();
}

/* Until the other side has closed for good. */
static void *serve(void *context)
{
    const struct device *device = context;
    uint8_t buffer[WIRE_DECODER_SIZE(256)], bytes[256];
    struct wire_decoder decoder;
    wire_decoder_init(&decoder, buffer, sizeof buffer);
    for (ssize_t got; (got = read(device->fd, bytes, sizeof bytes)) > 0;)
        for (size_t at = 0, used; at < (size_t)got; at += used) {
            struct wire_hello hello;
            uint32_t baud;
            bool rtscts;
            if (wire_decoder_push(&decoder, bytes + at, (size_t)got - at, &used) !=
                    WIRE_EVENT_FRAME ||
                !wire_hello_unpack(decoder.payload, decoder.payload_size, &hello))
                continue;
            vr_tty_get(device->fd, &baud, &rtscts);
            if (baud == device->baud || baud == device->stale_baud)
                answer(device, hello.host_nonce + (baud == device->stale_baud));
        }
    return NULL;
}

static void probe(struct device *device, uint32_t baud, struct vr_probe *ret_probe)
{
    device->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    cr_assert(grantpt(device->fd) == 0 && unlockpt(device->fd) == 0);
    cr_assert_eq(ptsname_r(device->fd, device->path, sizeof device->path), 0);
    int kept =
        open(device->path, O_RDWR | O_NOCTTY | O_CLOEXEC); /* reading goes on between opens */
    cr_assert_eq(pthread_create(&device->thread, NULL, serve, device), 0);

    const struct vr_link_config config = {
        .name = "band", .path = device->path, .usb_interface = -1, .baud = baud};
    struct vr_err err = {0};
    cr_assert_eq(vr_probe_baud(&config, 4711, ret_probe, &err), 0, "%s", err.text);
    close(kept);
    pthread_join(device->thread, NULL);
    close(device->fd);
}

/* --- tests --- */

Test(probe, ends_with_the_first_answer)
{
    struct device device = {.baud = 460800};
    struct vr_probe answer;
    probe(&device, 460800, &answer);
    cr_expect_eq(answer.asked, 460800);
    cr_expect_eq(answer.baud, 460800);
    cr_expect_eq(answer.bytes, 0);
}

Test(probe, takes_no_answer_to_another_hello)
{
    struct device device = {.baud = 921600, .stale_baud = 115200};
    struct vr_probe answer;
    probe(&device, 0, &answer);
    cr_expect_eq(answer.asked, 115200);
    cr_expect_eq(answer.baud, 921600);
    cr_expect_gt(answer.bytes, 0);
}

Test(probe, refuses_a_port_that_is_not_there)
{
    const struct vr_link_config config = {
        .name = "band", .path = "/dev/pts/99999", .usb_interface = -1};
    struct vr_probe answer;
    struct vr_err err = {0};
    cr_expect_eq(vr_probe_baud(&config, 1, &answer, &err), -VR_ERR_LINK);
    cr_expect(strstr(err.text, "/dev/pts/99999"), "%s", err.text);
}
