/* What the kernel's serial core, drivers and ptys do that a link must know. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "port/byte_fd.h"
#include "port/closer.h"
#include "port/serial.h"
#include "serial/trap.h"
#include "serial/watch.h"

static int64_t close_ms(struct vr_link *link)
{
    int64_t began_ms = trap_now_ms();
    vr_link_close(link);
    return trap_now_ms() - began_ms;
}

static void closing_wait_is_not_waited_for(void)
{
    struct bench_port port = bench_plug_in();
    struct vr_link *link = trap_open(port.path);
    watch_hold_close(trap_fd(link));
    int64_t took_ms = close_ms(link);
    CHECK(took_ms >= VR_CLOSER_PATIENCE_MS, "the close was not held: %lld ms", (long long)took_ms);
    CHECK(took_ms <= VR_CLOSER_PATIENCE_MS + TRAP_MARGIN_MS, "after %lld ms", (long long)took_ms);
    vr_link_close(trap_open(port.path)); /* it is free at once */
}

static void a_close_that_hangs_is_left_behind(void)
{
    struct bench_port port = bench_plug_in();
    struct vr_link *link = trap_open(port.path);
    watch_hang_close(trap_fd(link));
    int64_t took_ms = close_ms(link);
    watch_let_go();
    CHECK(took_ms >= VR_SERIAL_CLOSE_MS, "the close did not hang: %lld ms", (long long)took_ms);
    CHECK(took_ms <= VR_SERIAL_CLOSE_MS + TRAP_MARGIN_MS, "after %lld ms", (long long)took_ms);
}

static void silence_is_not_the_end_of_file(void)
{
    struct bench_port port = bench_plug_in();
    struct vr_link *link = trap_open(port.path);
    struct termios settings = trap_settings(link);
    char text[64];
    size_t size;
    CHECK(settings.c_cc[VMIN] == 1 && settings.c_cc[VTIME] == 0, "VMIN %d", settings.c_cc[VMIN]);
    for (int i = 0; i < 3; i++)
        CHECK(trap_receive(link, text, &size) == 0 && size == 0, "silence");
    vr_link_close(link);
}

static void bytes_pass_as_they_are(void)
{
    struct bench_port port = bench_plug_in();
    struct vr_link *link = trap_open(port.path);
    uint8_t all[256], back[256];
    struct vr_err err = {0};
    size_t size;
    for (int i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    CHECK(write(port.device_fd, all, 256) == 256, "%s", strerror(errno));
    for (size_t got = 0; got < 256; got += size) {
        trap_wait(link);
        CHECK(vr_link_receive(link, back + got, 256 - got, &size, &err) == 0, "%s", err.text);
    }
    CHECK(memcmp(all, back, 256) == 0, "a byte to the host was changed");
    CHECK(vr_link_send(link, all, 256, &size, &err) == 0 && size == 256, "%s", err.text);
    for (ssize_t got = 0, more; got < 256; got += more)
        CHECK((more = read(port.device_fd, back + got, 256)) > 0, "%s", strerror(errno));
    CHECK(memcmp(all, back, 256) == 0, "a byte to the device was changed");
    vr_link_close(link);
}

static bool is_excluded(int fd)
{
    int is_on = 0;
    CHECK(ioctl(fd, TIOCGEXCL, &is_on) == 0, "%s", strerror(errno));
    return is_on;
}

static void exclusion_ends_with_the_link(void)
{
    struct bench_port port = bench_plug_in();
    struct vr_link *link = trap_open(port.path);
    int kept = open(port.path, O_RDWR | O_NOCTTY); /* root may */
    if (kept < 0 && errno == EBUSY)
        trap_skip("needs root: the port is ours alone");
    CHECK(kept >= 0, "%s", strerror(errno));
    CHECK(is_excluded(kept) == bench_has_library(), "others: %d", is_excluded(kept));
    vr_link_close(link);
    CHECK(!is_excluded(kept), "nobody else may ever open it again");
    close(kept);
}

static void leftovers_are_thrown_away(void)
{
    struct bench_port port = bench_plug_in();
    /* A port that nobody has open would have thrown them away itself. */
    int kept = open(port.path, O_RDWR | O_NOCTTY);
    CHECK(kept >= 0, "%s", strerror(errno));
    vr_link_close(trap_open(port.path)); /* raw from now on */
    CHECK(write(port.device_fd, "old", 3) == 3, "%s", strerror(errno));
    struct pollfd there = {.fd = kept, .events = POLLIN};
    poll(&there, 1, -1);
    struct vr_link *link = trap_open(port.path);
    trap_exchange(link, port.device_fd); /* the first bytes are new ones */
    vr_link_close(link);
    close(kept);
}

static void any_rate_is_set_and_checked(void)
{
    static const uint32_t rates[] = {9600,    115200,  921600, 1000000,
                                     3000000, 3686400, 250000, 74880};
    struct bench_port port = bench_plug_in();
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        const struct vr_serial_config config = {
            .name = "band", .port = {.path = port.path, .usb_interface = -1}, .baud = rates[i]};
        struct vr_serial serial;
        struct vr_err err = {0};
        CHECK(vr_serial_open(&config, &serial, &err) == 0, "%s", err.text);
        uint32_t baud;
        bool rtscts;
        CHECK(vr_tty_get(serial.fd, &baud, &rtscts) == 0 && baud == rates[i], "%u", baud);
        CHECK(serial.baud == rates[i] && !rtscts, "%u", serial.baud);
        CHECK(
            vr_serial_set_baud(&serial, 57600, &err) == 0 && serial.baud == 57600, "%s", err.text);
        vr_serial_close(&serial);
    }
}

static void flow_control_is_set_when_asked(void)
{
    struct bench_port port = bench_plug_in();
    const struct vr_link_config config = {
        .name = "band", .path = port.path, .usb_interface = -1, .rtscts = true};
    struct vr_link *link = NULL;
    struct vr_err err = {0};
    CHECK(vr_link_open("serial", &config, &link, &err) == 0, "%s", err.text);
    CHECK(trap_settings(link).c_cflag & CRTSCTS, "off");
    vr_link_close(link);
    link = trap_open(port.path);
    CHECK(!(trap_settings(link).c_cflag & CRTSCTS), "left on");
    CHECK(
        (trap_settings(link).c_cflag & (CSIZE | PARENB | CSTOPB | CLOCAL)) == (CS8 | CLOCAL),
        "not 8N1");
    vr_link_close(link);
}

static void masters_read_error_is_a_peer_gone(void)
{
    struct bench_port port = bench_plug_in();
    vr_link_close(trap_open(port.path));
    uint8_t byte;
    size_t size;
    struct vr_err err = {0};
    int r = vr_byte_fd_receive(port.device_fd, "band", &byte, 1, &size, &err);
    CHECK(r == -VR_ERR_LINK && strstr(err.text, "gone"), "%s", err.text);
}

static void lines_follow_the_policy(void)
{
    static const struct {
        enum vr_tty_level dtr, rts;
        int wanted;
    } rows[] = {
        {VR_TTY_LEVEL_CLEAR, VR_TTY_LEVEL_CLEAR, 0},
        {VR_TTY_LEVEL_CLEAR, VR_TTY_LEVEL_ASSERT, TIOCM_RTS},
        {VR_TTY_LEVEL_ASSERT, VR_TTY_LEVEL_CLEAR, TIOCM_DTR},
        {VR_TTY_LEVEL_KEEP, VR_TTY_LEVEL_KEEP, TIOCM_DTR | TIOCM_RTS},
        {VR_TTY_LEVEL_KEEP, VR_TTY_LEVEL_CLEAR, TIOCM_DTR},
    };
    if (!bench_has_library())
        trap_skip("a pty has no control lines");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench_port port = bench_plug_in(); /* the kernel asserted both */
        const struct vr_link_config config = {
            .name = "band",
            .path = port.path,
            .usb_interface = -1,
            .dtr = rows[i].dtr,
            .rts = rows[i].rts};
        struct vr_link *link = NULL;
        struct vr_err err = {0};
        CHECK(vr_link_open("serial", &config, &link, &err) == 0, "%s", err.text);
        CHECK(bench_lines() == rows[i].wanted, "row %zu: %x", i, bench_lines());
        vr_link_close(link);
        CHECK(bench_lines() == rows[i].wanted, "row %zu: %x after closing", i, bench_lines());
    }
}

static void wrong_rate_is_refused(void)
{
    if (!bench_has_library())
        trap_skip("a pty does any rate");
    struct bench_port port = bench_plug_in();
    const struct vr_serial_config config = {
        .name = "band", .port = {.path = port.path, .usb_interface = -1}, .baud = 3686400};
    struct vr_serial serial;
    struct vr_err err = {0};
    bench_limit_baud(3000000);
    CHECK(vr_serial_open(&config, &serial, &err) == -VR_ERR_LINK, "%s", err.text);
    CHECK(strstr(err.text, "cannot do 3686400 baud: its driver set 3000000"), "%s", err.text);
    bench_limit_baud(3600000); /* 2.3 % off */
    CHECK(vr_serial_open(&config, &serial, &err) == 0 && serial.baud == 3600000, "%s", err.text);
    vr_serial_close(&serial);
}

const struct trap trap_kernel[] = {
    {"kernel: close waits up to 30 s (closing_wait)", "a thread closes, and is interrupted",
     closing_wait_is_not_waited_for},
    {"kernel: close of a driver that hangs", "left behind after 1 s",
     a_close_that_hangs_is_left_behind},
    {"kernel: VMIN 0 reads silence as 0 bytes", "VMIN 1", silence_is_not_the_end_of_file},
    {"kernel: TIOCEXCL outlives a port that another one has open too", "taken back; never on a pty",
     exclusion_ends_with_the_link},
    {"kernel: a terminal rewrites bytes", "raw", bytes_pass_as_they_are},
    {"kernel: a port keeps what nobody read", "flush at open", leftovers_are_thrown_away},
    {"kernel: a driver rounds rates", "any rate, read back", any_rate_is_set_and_checked},
    {"kernel: a driver cannot do a rate", "refused when more than 2.5 % off",
     wrong_rate_is_refused},
    {"kernel: flow control stays as it was left", "set to what was asked",
     flow_control_is_set_when_asked},
    {"kernel: open asserts DTR and RTS", "policy keep, assert, clear", lines_follow_the_policy},
    {"pty: reading the master gives EIO once the other side closed", "peer gone",
     masters_read_error_is_a_peer_gone},
    {0},
};
