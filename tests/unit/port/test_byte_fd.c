#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port/byte_fd.h"

static int pair[2];

static void make(void)
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
}

TestSuite(byte_fd, .init = make);

Test(byte_fd, silence_is_no_error)
{
    uint8_t bytes[8];
    size_t size = 1;
    struct vr_err err = {0};
    cr_expect_eq(vr_byte_fd_receive(pair[0], "band", bytes, sizeof bytes, &size, &err), 0);
    cr_expect_eq(size, 0);
}

Test(byte_fd, last_words_are_heard_before_the_hang_up)
{
    uint8_t bytes[8];
    size_t size;
    struct vr_err err = {0};
    cr_assert_eq(write(pair[1], "bye", 3), 3);
    close(pair[1]);
    cr_expect_eq(vr_byte_fd_receive(pair[0], "band", bytes, 2, &size, &err), 0);
    cr_expect_eq(size, 2);
    cr_expect_eq(vr_byte_fd_receive(pair[0], "band", bytes, 2, &size, &err), 0);
    cr_expect_eq(size, 1);
    cr_expect_eq(vr_byte_fd_receive(pair[0], "band", bytes, 2, &size, &err), -VR_ERR_LINK);
    cr_expect(strstr(err.text, "band: the device is gone"), "%s", err.text);
}

/* A descriptor that is in error for good while reading it says EAGAIN: who waits for it would spin.  Here it is a UDP socket whose peer
 * refused; its error stays queued. */
Test(byte_fd, an_error_that_only_poll_tells_is_a_hang_up)
{
    struct sockaddr_in nobody = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof nobody;
    int on = 1, error = 0, other = socket(AF_INET, SOCK_DGRAM, 0);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    cr_assert_eq(bind(other, (void *)&nobody, size), 0);
    cr_assert_eq(getsockname(other, (void *)&nobody, &size), 0);
    close(other); /* nobody listens there now */
    cr_assert_eq(setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on), 0);
    cr_assert_eq(connect(fd, (void *)&nobody, sizeof nobody), 0);
    cr_assert_eq(write(fd, "x", 1), 1);
    size = sizeof error;
    cr_assert_eq(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size), 0);
    cr_assert_eq(error, ECONNREFUSED);

    uint8_t byte;
    size_t got;
    struct vr_err err = {0};
    cr_expect(read(fd, &byte, 1) < 0 && errno == EAGAIN);
    cr_expect_eq(vr_byte_fd_receive(fd, "band", &byte, 1, &got, &err), -VR_ERR_LINK);
    cr_expect(strstr(err.text, "hang-up"), "%s", err.text);
}

Test(byte_fd, a_full_queue_takes_nothing)
{
    static const uint8_t bytes[65536];
    size_t sent = 1, total = 0;
    struct vr_err err = {0};
    for (; sent > 0; total += sent)
        cr_assert_eq(
            vr_byte_fd_send(pair[0], "band", bytes, sizeof bytes, &sent, &err), 0, "%s", err.text);
    cr_expect_gt(total, 0);
    close(pair[1]);
    signal(SIGPIPE, SIG_IGN);
    cr_expect_eq(vr_byte_fd_send(pair[0], "band", bytes, 1, &sent, &err), -VR_ERR_LINK);
}

Test(byte_fd, asks_for_room_only_when_wanted)
{
    struct pollfd fds;
    cr_expect_eq(vr_byte_fd_poll(pair[0], false, &fds), 1);
    cr_expect_eq(fds.events, POLLIN);
    vr_byte_fd_poll(pair[0], true, &fds);
    cr_expect_eq(fds.events, POLLIN | POLLOUT);
}
