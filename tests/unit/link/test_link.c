#include "link/link.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "wire/frame.h"
#include "wire/msg.h"

/* --- support --------------------------------------------------------------------------------- */

static void send_hello(struct vr_link *link, uint32_t nonce)
{
    struct wire_hello hello = {
        .present = WIRE_HELLO_BIT(WIRE_HELLO_PROTOCOL) | WIRE_HELLO_BIT(WIRE_HELLO_HOST_NONCE),
        .protocol_major = WIRE_PROTOCOL_MAJOR,
        .host_nonce = nonce,
    };
    uint8_t payload[64], frame[WIRE_ENCODED_MAX(64)];
    struct wire_header header = {.type = WIRE_HELLO};
    size_t size = wire_hello_pack(&hello, payload, sizeof payload);
    size = wire_frame_encode(&header, payload, size, frame, sizeof frame);
    for (size_t at = 0, sent; at < size; at += sent) {
        struct vr_err err = {0};
        cr_assert_eq(vr_link_send(link, frame + at, size - at, &sent, &err), 0, "%s", err.text);
    }
}

/* Wait for a whole frame; the meson time-out is the only clock. */
static void expect_answer(struct vr_link *link, uint32_t nonce)
{
    uint8_t buffer[WIRE_DECODER_SIZE(WIRE_PAYLOAD_MAX)], bytes[256];
    struct wire_decoder decoder;
    wire_decoder_init(&decoder, buffer, sizeof buffer);
    for (;;) {
        struct pollfd fds[VR_LINK_FDS_MAX];
        poll(fds, vr_link_poll_fds(link, false, fds, VR_LINK_FDS_MAX), -1);
        struct vr_err err = {0};
        size_t size, used;
        cr_assert_eq(vr_link_receive(link, bytes, sizeof bytes, &size, &err), 0, "%s", err.text);
        for (size_t at = 0; at < size; at += used) {
            if (wire_decoder_push(&decoder, bytes + at, size - at, &used) != WIRE_EVENT_FRAME)
                continue;
            struct wire_hello hello;
            cr_assert_eq(decoder.header.type, WIRE_HELLO_R);
            cr_assert(wire_hello_unpack(decoder.payload, decoder.payload_size, &hello));
            cr_expect_eq(hello.host_nonce, nonce);
            return;
        }
    }
}

static int open_link(const char *kind, const struct vr_link_config *config, struct vr_err *err)
{
    struct vr_link *link = NULL;
    int r = vr_link_open(kind, config, &link, err);
    vr_link_close(link);
    return r;
}

/* --- tests ----------------------------------------------------------------------------------- */

Test(link, loop_reaches_the_device_in_this_process)
{
    struct vr_link_config config = {.name = "loop"};
    struct vr_link *link;
    struct vr_err err = {0};
    cr_assert_eq(vr_link_open("loop", &config, &link, &err), 0, "%s", err.text);
    send_hello(link, 7);
    expect_answer(link, 7);
    send_hello(link, 8);
    expect_answer(link, 8);
    vr_link_close(link);
}

Test(link, names_the_nearest_kind)
{
    struct vr_link_config config = {.name = "x"};
    struct vr_err err = {0};
    cr_expect_eq(open_link("lop", &config, &err), -VR_ERR_USAGE);
    cr_expect(strstr(err.text, "\"loop\""), "%s", err.text);
}

Test(link, pty_says_what_it_cannot_open)
{
    static const char *const nobody[] = {"/nonexistent/program", NULL};
    struct vr_link_config gone = {.name = "band", .path = "/dev/pts/99999"};
    struct vr_link_config no_program = {.name = "band", .argv = nobody};
    struct vr_link_config nothing = {.name = "band"};
    struct vr_err err = {0};
    cr_expect_eq(open_link("pty", &gone, &err), -VR_ERR_LINK);
    cr_expect(strstr(err.text, "/dev/pts/99999"), "%s", err.text);
    cr_expect_eq(open_link("pty", &no_program, &err), -VR_ERR_LINK);
    cr_expect(strstr(err.text, "/nonexistent/program"), "%s", err.text);
    cr_expect_eq(open_link("pty", &nothing, &err), -VR_ERR_USAGE);
}

Test(link, refuses_a_path_that_is_no_terminal)
{
    struct vr_link_config config = {.name = "band", .path = "/dev/null"};
    struct vr_err err = {0};
    cr_expect_eq(open_link("pty", &config, &err), -VR_ERR_LINK);
    cr_expect(strstr(err.text, "not a terminal"), "%s", err.text);
}

/* --- socket ---------------------------------------------------------------------------------- */

/* A listening socket in a folder of its own: QEMU with server=on, or any other device that waits to be called. */
struct listener {
    char folder[64];
    struct sockaddr_un address;
    int fd;
};

static struct listener listener_open(void)
{
    struct listener listener = {.address.sun_family = AF_UNIX};
    const char *base = getenv("TMPDIR");
    snprintf(
        listener.folder, sizeof listener.folder, "%.40s/vitalrig-XXXXXX", base ? base : "/tmp");
    cr_assert(mkdtemp(listener.folder));
    snprintf(
        listener.address.sun_path, sizeof listener.address.sun_path, "%s/uart", listener.folder);
    listener.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(
        bind(listener.fd, (struct sockaddr *)&listener.address, sizeof listener.address), 0);
    cr_assert_eq(listen(listener.fd, 1), 0);
    return listener;
}

static void listener_close(struct listener *listener)
{
    close(listener->fd);
    unlink(listener->address.sun_path);
    rmdir(listener->folder);
}

Test(link, socket_carries_bytes_both_ways_and_tells_the_end)
{
    struct listener listener = listener_open();
    struct vr_link_config config = {.name = "band", .path = listener.address.sun_path};
    struct vr_link *link;
    struct vr_err err = {0};
    cr_assert_eq(vr_link_open("socket", &config, &link, &err), 0, "%s", err.text);
    int device = accept(listener.fd, NULL, NULL);
    cr_assert_geq(device, 0);

    uint8_t bytes[8];
    size_t size;
    cr_assert_eq(vr_link_receive(link, bytes, sizeof bytes, &size, &err), 0, "%s", err.text);
    cr_expect_eq(size, 0, "it must not wait");
    cr_assert_eq(vr_link_send(link, (const uint8_t *)"to", 2, &size, &err), 0, "%s", err.text);
    cr_expect_eq(read(device, bytes, sizeof bytes), 2);
    cr_assert_eq(write(device, "from", 4), 4);
    close(device);
    struct pollfd fds[VR_LINK_FDS_MAX];
    poll(fds, vr_link_poll_fds(link, false, fds, VR_LINK_FDS_MAX), -1);
    cr_assert_eq(vr_link_receive(link, bytes, sizeof bytes, &size, &err), 0, "%s", err.text);
    cr_expect_eq(size, 4);
    cr_expect_eq(vr_link_receive(link, bytes, sizeof bytes, &size, &err), -VR_ERR_LINK);
    cr_expect(strstr(err.text, "band: the device is gone"), "%s", err.text);
    vr_link_close(link);
    listener_close(&listener);
}

Test(link, socket_says_what_it_cannot_open)
{
    static const char *const nobody[] = {"/nonexistent/program", NULL};
    char too_long[200];
    memset(too_long, 'x', sizeof too_long - 1);
    too_long[sizeof too_long - 1] = '\0';
    struct vr_link_config gone = {.name = "band", .path = "/nonexistent/socket"};
    struct vr_link_config no_socket = {.name = "band", .path = "/dev/null"};
    struct vr_link_config no_program = {.name = "band", .argv = nobody};
    struct vr_link_config endless = {.name = "band", .path = too_long};
    struct vr_link_config nothing = {.name = "band"};
    struct vr_err err = {0};
    cr_expect_eq(open_link("socket", &gone, &err), -VR_ERR_LINK);
    cr_expect(strstr(err.text, "/nonexistent/socket"), "%s", err.text);
    cr_expect_eq(open_link("socket", &no_socket, &err), -VR_ERR_LINK);
    cr_expect_eq(open_link("socket", &no_program, &err), -VR_ERR_LINK);
    cr_expect(strstr(err.text, "/nonexistent/program"), "%s", err.text);
    cr_expect_eq(open_link("socket", &endless, &err), -VR_ERR_USAGE);
    cr_expect(strstr(err.text, "at most 107 bytes"), "%s", err.text);
    cr_expect_eq(open_link("socket", &nothing, &err), -VR_ERR_USAGE);
}
