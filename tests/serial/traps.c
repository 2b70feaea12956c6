/* Every trap of serial ports that was seen without hardware, each with what the serial link does instead.
 *
 * The table at the end names them: libserialport 0.1.1 (its ten defects that were reproduced), the kernel's serial core, ptys.  It runs
 * twice: on ptys, and under umockdev on ports that the unmodified library opens.  Processes are forked here, so this is no Criterion. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "link/link.h"
#include "port/byte_fd.h"
#include "port/serial.h"
#include "serial/bench.h"
#include "serial/watch.h"

static jmp_buf end_of_trap;
static const char *skipped; /* why; NULL = it was not */

void bench_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("# ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    longjmp(end_of_trap, 1);
}

/* What this bench has no way to show is not passed over in silence. */
static void skip(const char *reason)
{
    skipped = reason;
    longjmp(end_of_trap, 1);
}

#define CHECK(condition, ...) \
    do { \
        if (!(condition)) { \
            printf("# %s: ", #condition); \
            bench_fail(__VA_ARGS__); \
        } \
    } while (0)

/* -- support -- */

static struct vr_link *open_path(const char *path)
{
    const struct vr_link_config config = {.name = "band", .path = path, .usb_interface = -1};
    struct vr_link *link = NULL;
    struct vr_err err = {0};
    CHECK(vr_link_open("serial", &config, &link, &err) == 0, "%s", err.text);
    return link;
}

static void refuse_path(const char *path, enum vr_err_code code, const char *words)
{
    const struct vr_link_config config = {.name = "band", .path = path, .usb_interface = -1};
    struct vr_link *link = NULL;
    struct vr_err err = {0};
    int r = vr_link_open("serial", &config, &link, &err);
    CHECK(r == -(int)code, "%s: %s", vr_err_name(r), err.text);
    CHECK(strstr(err.text, words), "not in: %s", err.text);
}

static int fd_of(struct vr_link *link)
{
    struct pollfd fds[VR_LINK_FDS_MAX];
    CHECK(vr_link_poll_fds(link, false, fds, VR_LINK_FDS_MAX) == 1, "one descriptor");
    return fds[0].fd;
}

static struct termios settings_of(struct vr_link *link)
{
    struct termios settings;
    CHECK(tcgetattr(fd_of(link), &settings) == 0, "%s", strerror(errno));
    return settings;
}

/* Until something happens; meson's time-out is the only clock. */
static void wait_for(struct vr_link *link)
{
    struct pollfd fds[VR_LINK_FDS_MAX];
    poll(fds, vr_link_poll_fds(link, false, fds, VR_LINK_FDS_MAX), -1);
}

static int receive(struct vr_link *link, char *text, size_t *ret_size)
{
    struct vr_err err = {0};
    int r = vr_link_receive(link, (uint8_t *)text, 64, ret_size, &err);
    CHECK(r == 0 || (r == -VR_ERR_LINK && err.text[0]), "%s", err.text);
    return r;
}

/* Two bytes each way. */
static void exchange(struct vr_link *link, int device_fd)
{
    char text[64];
    size_t sent, size;
    struct vr_err err = {0};
    CHECK(write(device_fd, "\r\n", 2) == 2, "%s", strerror(errno));
    for (size_t got = 0; got < 2; got += size) {
        wait_for(link);
        CHECK(receive(link, text + got, &size) == 0, "gone");
    }
    CHECK(memcmp(text, "\r\n", 2) == 0, "changed on the way");
    CHECK(
        vr_link_send(link, (const uint8_t *)"\x03\n", 2, &sent, &err) == 0 && sent == 2, "%s",
        err.text);
    for (ssize_t got = 0, more; got < 2; got += more)
        CHECK((more = read(device_fd, text + got, 64)) > 0, "%s", strerror(errno));
    CHECK(memcmp(text, "\x03\n", 2) == 0, "changed on the way");
}

static size_t fill(struct vr_link *link)
{
    static const uint8_t bytes[4096];
    size_t total = 0, sent;
    struct vr_err err = {0};
    do {
        CHECK(vr_link_send(link, bytes, sizeof bytes, &sent, &err) == 0, "%s", err.text);
        total += sent;
    } while (sent > 0);
    return total;
}

static int64_t now_ms(void)
{
    return vr_clock_monotonic_ns() / VR_NS_PER_MS;
}

/* -- libserialport 0.1.1 -- */

static void second_open_is_refused(void)
{
    struct bench_port port = bench_plug_in();
    int ready[2], stop[2];
    char words[64], byte;
    CHECK(pipe(ready) == 0 && pipe(stop) == 0, "no pipes");
    pid_t child = fork();
    if (child == 0) {
        struct vr_link *link = open_path(port.path);
        close(stop[1]);
        _exit(write(ready[1], "x", 1) == 1 && read(stop[0], &byte, 1) == 0 && link ? 0 : 1);
    }
    CHECK(read(ready[0], &byte, 1) == 1, "the holder did not open it");
    int64_t began_ms = now_ms();
    snprintf(
        words, sizeof words, "traps_%s (pid %d)", bench_has_library() ? "library" : "pty",
        (int)child);
    refuse_path(port.path, VR_ERR_LINK, words);
    CHECK(now_ms() - began_ms <= 100, "refused after %lld ms", (long long)(now_ms() - began_ms));

    int status;
    close(stop[1]);
    waitpid(child, &status, 0);
    CHECK(status == 0, "status %d", status);
    vr_link_close(open_path(port.path)); /* free again */
}

static void second_open_in_one_process_is_refused(void)
{
    struct bench_port port = bench_plug_in();
    struct vr_link *link = open_path(port.path);
    char words[32];
    snprintf(words, sizeof words, "(pid %d)", (int)getpid());
    refuse_path(port.path, VR_ERR_LINK, words);
    exchange(link, port.device_fd); /* and it did no harm */
    vr_link_close(link);
}

static void lines_stay_and_children_get_nothing(void)
{
    struct bench_port port = bench_plug_in();
    struct vr_link *link = open_path(port.path);
    CHECK(!(settings_of(link).c_cflag & HUPCL), "closing would drop DTR");
    CHECK(fcntl(fd_of(link), F_GETFD) & FD_CLOEXEC, "a child would keep the port");
    CHECK(fcntl(fd_of(link), F_GETFL) & O_NONBLOCK, "it blocks");
    vr_link_close(link);
}

static void hang_up_is_told_from_silence(void)
{
    struct bench_port port = bench_plug_in();
    struct vr_link *link = open_path(port.path);
    char text[64];
    size_t size = 1;
    CHECK(receive(link, text, &size) == 0 && size == 0, "silence");
    int64_t began_ms = now_ms();
    bench_unplug(&port);
    wait_for(link);
    CHECK(receive(link, text, &size) == -VR_ERR_LINK, "not noticed");
    CHECK(now_ms() - began_ms <= 100, "after %lld ms", (long long)(now_ms() - began_ms));
    vr_link_close(link);
}

static void hang_up_does_not_spin(void)
{
    struct bench_port port = bench_plug_in();
    struct vr_link *link = open_path(port.path);
    struct vr_err err = {0};
    char text[64];
    size_t size;
    bench_unplug(&port);
    /* Every call says so at once, the first one too: no loop that waits for good news can turn. */
    CHECK(receive(link, text, &size) == -VR_ERR_LINK, "not noticed");
    CHECK(vr_link_send(link, (const uint8_t *)"x", 1, &size, &err) == -VR_ERR_LINK, "not noticed");
    CHECK(strstr(err.text, "band: the device is gone"), "%s", err.text);
    vr_link_close(link);
}

static void full_queue_is_no_error(void)
{
    struct bench_port port = bench_plug_in();
    struct vr_link *link = open_path(port.path);
    size_t total = fill(link);
    printf("# %zu bytes before EAGAIN\n", total);
    CHECK(total > 0, "nothing was taken");
    vr_link_close(link);
}

static void high_descriptors_work(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    const struct rlimit high = {2048, limit.rlim_max};
    CHECK(limit.rlim_max >= 2048 && setrlimit(RLIMIT_NOFILE, &high) == 0, "%s", strerror(errno));
    struct bench_port port = bench_plug_in();
    int low = fcntl(0, F_DUPFD, 1024), taken[1100], count = 0;
    while (count < 1100 && (taken[count] = dup(0)) >= 0 && taken[count] < 1024)
        count++;
    struct vr_link *link = open_path(port.path);
    CHECK(fd_of(link) >= 1024, "descriptor %d", fd_of(link));
    watch_begin();
    exchange(link, port.device_fd);
    CHECK(watch_end().selects == 0, "select() was called");
    vr_link_close(link);
    for (int i = 0; i <= count && i < 1100; i++)
        close(taken[i]);
    close(low);
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void wall_clock_is_not_read(void)
{
    struct bench_port port = bench_plug_in();
    watch_begin();
    struct vr_link *link = open_path(port.path);
    exchange(link, port.device_fd);
    vr_link_close(link);
    struct watch_counts counts = watch_end();
    CHECK(
        counts.wall_clocks == 0, "%d times: a step of the clock would move deadlines",
        counts.wall_clocks);
}

static void ptys_and_symlinks_open(void)
{
    struct bench_port port = bench_plug_in();
    char folder[] = "/tmp/vitalrig-serial-XXXXXX", link_path[64];
    CHECK(mkdtemp(folder), "%s", strerror(errno));
    snprintf(link_path, sizeof link_path, "%s/usb-Maker_Band_1234-if00", folder);
    CHECK(symlink(port.path, link_path) == 0, "%s", strerror(errno));
    struct vr_link *link = open_path(link_path);
    exchange(link, port.device_fd);
    vr_link_close(link);
    unlink(link_path);
    refuse_path(link_path, VR_ERR_LINK, "plugged in");
    rmdir(folder);
}

static void held_flow_does_not_hold_close(void)
{
    struct bench_port port = bench_plug_in();
    struct vr_link *link = open_path(port.path);
    fill(link);
    int64_t began_ms = now_ms();
    watch_begin();
    vr_link_close(link);
    CHECK(watch_end().drains == 0, "tcdrain() was called: it has no time-out");
    CHECK(now_ms() - began_ms <= 1000, "after %lld ms", (long long)(now_ms() - began_ms));
    vr_link_close(open_path(port.path));
}

/* -- the kernel -- */

/* The kernel waits up to 30 s; the promise is 1 s, and 250 ms are for a loaded machine. */
static void closing_wait_is_not_waited_for(void)
{
    struct bench_port port = bench_plug_in();
    struct vr_link *link = open_path(port.path);
    watch_hold_close(fd_of(link));
    int64_t began_ms = now_ms();
    vr_link_close(link);
    int64_t took_ms = now_ms() - began_ms;
    watch_let_go();
    CHECK(took_ms >= 900, "the close was not held: %lld ms", (long long)took_ms);
    CHECK(took_ms <= 1250, "after %lld ms", (long long)took_ms);
}

static void silence_is_not_the_end_of_file(void)
{
    struct bench_port port = bench_plug_in();
    struct vr_link *link = open_path(port.path);
    struct termios settings = settings_of(link);
    char text[64];
    size_t size;
    CHECK(settings.c_cc[VMIN] == 1 && settings.c_cc[VTIME] == 0, "VMIN %d", settings.c_cc[VMIN]);
    for (int i = 0; i < 3; i++)
        CHECK(receive(link, text, &size) == 0 && size == 0, "silence");
    vr_link_close(link);
}

static void bytes_pass_as_they_are(void)
{
    struct bench_port port = bench_plug_in();
    struct vr_link *link = open_path(port.path);
    uint8_t all[256], back[256];
    struct vr_err err = {0};
    size_t size;
    for (int i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    CHECK(write(port.device_fd, all, 256) == 256, "%s", strerror(errno));
    for (size_t got = 0; got < 256; got += size) {
        wait_for(link);
        CHECK(vr_link_receive(link, back + got, 256 - got, &size, &err) == 0, "%s", err.text);
    }
    CHECK(memcmp(all, back, 256) == 0, "a byte to the host was changed");
    CHECK(vr_link_send(link, all, 256, &size, &err) == 0 && size == 256, "%s", err.text);
    for (ssize_t got = 0, more; got < 256; got += more)
        CHECK((more = read(port.device_fd, back + got, 256)) > 0, "%s", strerror(errno));
    CHECK(memcmp(all, back, 256) == 0, "a byte to the device was changed");
    vr_link_close(link);
}

static void leftovers_are_thrown_away(void)
{
    struct bench_port port = bench_plug_in();
    struct vr_link *link = open_path(port.path);
    int kept =
        open(port.path, O_RDWR | O_NOCTTY); /* a closed port would have thrown them away itself */
    CHECK(kept >= 0, "%s", strerror(errno));
    vr_link_close(link);
    CHECK(write(port.device_fd, "old", 3) == 3, "%s", strerror(errno));
    struct pollfd there = {.fd = kept, .events = POLLIN};
    poll(&there, 1, -1);
    link = open_path(port.path);
    exchange(link, port.device_fd); /* the first bytes are new ones */
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
    CHECK(settings_of(link).c_cflag & CRTSCTS, "off");
    vr_link_close(link);
    link = open_path(port.path);
    CHECK(!(settings_of(link).c_cflag & CRTSCTS), "left on");
    CHECK(
        (settings_of(link).c_cflag & (CSIZE | PARENB | CSTOPB | CLOCAL)) == (CS8 | CLOCAL),
        "not 8N1");
    vr_link_close(link);
}

/* -- ptys -- */

static void masters_read_error_is_a_peer_gone(void)
{
    struct bench_port port = bench_plug_in();
    vr_link_close(open_path(port.path));
    uint8_t byte;
    size_t size;
    struct vr_err err = {0};
    int r = vr_byte_fd_receive(port.device_fd, "band", &byte, 1, &size, &err);
    CHECK(r == -VR_ERR_LINK && strstr(err.text, "gone"), "%s", err.text);
}

/* -- names and rights -- */

static void what_is_no_port_is_refused(void)
{
    const struct vr_link_config nothing = {.name = "band", .usb_interface = -1};
    struct vr_link *link = NULL;
    struct vr_err err = {0};
    refuse_path("/dev/null", VR_ERR_LINK, "not a terminal");
    refuse_path(
        "/dev/ttyNOT"
        "THERE",
        VR_ERR_LINK, "plugged in");
    CHECK(vr_link_open("serial", &nothing, &link, &err) == -VR_ERR_USAGE, "%s", err.text);
    CHECK(strstr(err.text, "usb_serial"), "%s", err.text);
}

static void missing_permission_names_the_group(void)
{
    struct bench_port port = bench_plug_in();
    if (bench_has_library() || geteuid() != 0)
        skip("needs root, and a node of its own");
    CHECK(chmod(port.path, 0660) == 0 && chown(port.path, 0, 20) == 0, "%s", strerror(errno));
    pid_t child = fork();
    if (child == 0) {
        if (setjmp(end_of_trap) != 0 || setgid(65534) < 0 || setuid(65534) < 0)
            _exit(1);
        refuse_path(port.path, VR_ERR_LINK, "usermod -aG dialout nobody");
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    CHECK(status == 0, "status %d", status);
}

static void another_device_at_the_path_is_refused(void)
{
    struct bench_port port = bench_plug_in();
    const struct vr_link_config config = {
        .name = "band", .path = port.path, .usb_serial = "NOT-ME", .usb_interface = -1};
    struct vr_link *link = NULL;
    struct vr_err err = {0};
    CHECK(vr_link_open("serial", &config, &link, &err) == -VR_ERR_LINK, "%s", err.text);
    CHECK(strstr(err.text, "another device") && strstr(err.text, "NOT-ME"), "%s", err.text);
}

/* -- USB -- */

static int open_usb(
    const char *serial, int interface, struct vr_link **ret_link, struct vr_err *err)
{
    const struct vr_link_config config = {
        .name = "band",
        .usb_serial = serial,
        .usb_vendor = 0x1915,
        .usb_product = 0x520f,
        .usb_interface = interface};
    if (!bench_has_library())
        skip("a pty is not on a bus");
    return vr_link_open("serial", &config, ret_link, err);
}

static void a_device_is_found_whatever_its_number(void)
{
    struct vr_link *link = NULL;
    struct vr_err err = {0};
    if (!bench_has_library())
        skip("a pty is not on a bus");
    for (int plugged = 0; plugged < 3; plugged++) { /* another number and socket each time */
        CHECK(open_usb("MINE", -1, &link, &err) == -VR_ERR_LINK, "%s", err.text);
        CHECK(strstr(err.text, "1915:520f serial MINE; is it plugged in?"), "%s", err.text);
        struct bench_port port = bench_plug_in_usb(10 + plugged, "MINE", 0);
        CHECK(open_usb("MINE", -1, &link, &err) == 0, "%s", err.text);
        exchange(link, port.device_fd);
        bench_unplug(&port);
        vr_link_close(link);
        bench_plug_in_usb(20 + plugged, "FILLER", 0);
    }
}

static void two_ports_of_a_device_differ_by_interface(void)
{
    struct vr_link *link = NULL;
    struct vr_err err = {0};
    if (!bench_has_library())
        skip("a pty is not on a bus");
    struct bench_port first = bench_plug_in_usb(30, "TWO", 1),
                      second = bench_plug_in_usb(30, "TWO", 3);
    CHECK(open_usb("TWO", -1, &link, &err) == -VR_ERR_USAGE, "%s", err.text);
    CHECK(
        strstr(err.text, "give usb_interface") && strstr(err.text, "interface 3"), "%s", err.text);
    CHECK(open_usb("TWO", 3, &link, &err) == 0, "%s", err.text);
    exchange(link, second.device_fd);
    vr_link_close(link);
    CHECK(open_usb("TWO", 1, &link, &err) == 0, "%s", err.text);
    exchange(link, first.device_fd);
    vr_link_close(link);
}

static void devices_that_are_alike_need_a_path(void)
{
    static const char socket_link[] = "/dev/serial/by-path/pci-0-usb-0:41:1.0";
    struct vr_link *link = NULL;
    struct vr_err err = {0};
    if (!bench_has_library())
        skip("a pty is not on a bus");
    bench_plug_in_usb(40, "SAME", 0);
    struct bench_port port = bench_plug_in_usb(41, "SAME", 0);
    bench_link(socket_link, &port);
    CHECK(open_usb("SAME", -1, &link, &err) == -VR_ERR_USAGE, "%s", err.text);
    CHECK(strstr(err.text, "give path") && strstr(err.text, socket_link), "%s", err.text);
    link = open_path(socket_link);
    exchange(link, port.device_fd);
    vr_link_close(link);
}

static void a_by_id_link_is_a_path(void)
{
    static const char id[] = "/dev/serial/by-id/usb-Maker_Band_IDENT-if00";
    if (!bench_has_library())
        skip("a pty has no such link; see libserialport 8, 9");
    struct bench_port port = bench_plug_in_usb(50, "IDENT", 0);
    bench_link(id, &port);
    struct vr_link *link = open_path(id);
    exchange(link, port.device_fd);
    vr_link_close(link);
}

static void an_ftdi_chip_answers_at_once(void)
{
    if (!bench_has_library())
        skip("a pty has no latency timer");
    struct bench_port port = bench_plug_in_usb(60, "FTDI", 0);
    CHECK(bench_latency_ms(&port) == 16, "%d ms", bench_latency_ms(&port));
    vr_link_close(open_path(port.path));
    CHECK(bench_latency_ms(&port) == 1, "%d ms", bench_latency_ms(&port));
}

/* -- lines and limits that only a driver has -- */

static void lines_follow_the_policy(void)
{
    static const struct {
        enum vr_link_level dtr, rts;
        int wanted;
    } rows[] = {
        {VR_LINK_LEVEL_CLEAR, VR_LINK_LEVEL_CLEAR, 0},
        {VR_LINK_LEVEL_CLEAR, VR_LINK_LEVEL_ASSERT, TIOCM_RTS},
        {VR_LINK_LEVEL_ASSERT, VR_LINK_LEVEL_CLEAR, TIOCM_DTR},
        {VR_LINK_LEVEL_KEEP, VR_LINK_LEVEL_KEEP, TIOCM_DTR | TIOCM_RTS},
        {VR_LINK_LEVEL_KEEP, VR_LINK_LEVEL_CLEAR, TIOCM_DTR},
    };
    if (!bench_has_library())
        skip("a pty has no control lines");
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
        skip("a pty does any rate");
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

/* -- the table -- */

static const struct {
    const char *trap; /* what was seen */
    const char *rule; /* what we do */
    void (*run)(void);
} traps[] = {
    {"libserialport 1: a second sp_open of a port succeeds",
     "flock and TIOCEXCL; the refusal names the holder", second_open_is_refused},
    {"libserialport 1: so does one in the same process", "flock counts descriptors",
     second_open_in_one_process_is_refused},
    {"libserialport 2: HUPCL on, close-on-exec off", "both the other way round",
     lines_stay_and_children_get_nothing},
    {"libserialport 3: a hang-up reads as no data", "VR_ERR_LINK within 100 ms",
     hang_up_is_told_from_silence},
    {"libserialport 4: a blocking read spins after a hang-up",
     "every call says that the device is gone", hang_up_does_not_spin},
    {"libserialport 5: EAGAIN of a full queue is SP_ERR_FAIL", "0 bytes sent, no error",
     full_queue_is_no_error},
    {"libserialport 6: select() aborts at descriptor 1024", "poll", high_descriptors_work},
    {"libserialport 7: deadlines by gettimeofday", "no wall clock is read", wall_clock_is_not_read},
    {"libserialport 8, 9: ptys and links are refused", "own termios2; links are followed first",
     ptys_and_symlinks_open},
    {"libserialport 10: sp_drain has no time-out", "flush, never drain; closing <= 1 s",
     held_flow_does_not_hold_close},
    {"kernel: close waits up to 30 s (closing_wait)", "a thread closes; the caller waits 1 s",
     closing_wait_is_not_waited_for},
    {"kernel: VMIN 0 reads silence as 0 bytes", "VMIN 1", silence_is_not_the_end_of_file},
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
    {"names: nothing there, or no port", "refused with what to do", what_is_no_port_is_refused},
    {"names: another unit in the same socket", "refused", another_device_at_the_path_is_refused},
    {"USB: the number changes with every plug", "found by serial number and id",
     a_device_is_found_whatever_its_number},
    {"USB: both ports of a device have one identity", "usb_interface tells them apart",
     two_ports_of_a_device_differ_by_interface},
    {"USB: two devices with one identity", "refused until path says which",
     devices_that_are_alike_need_a_path},
    {"USB: by-id links are refused by libserialport", "followed", a_by_id_link_is_a_path},
    {"USB: FTDI keeps bytes for 16 ms", "latency timer 1", an_ftdi_chip_answers_at_once},
    {"rights: permission denied", "names the group and the command",
     missing_permission_names_the_group},
};

#define TRAP_COUNT (sizeof traps / sizeof traps[0])

static bool run_trap(size_t index)
{
    skipped = NULL;
    if (setjmp(end_of_trap) != 0)
        return skipped;
    traps[index].run();
    return true;
}

int main(void)
{
    int failed = 0;
    setvbuf(stdout, NULL, _IONBF, 0);
    signal(SIGPIPE, SIG_IGN);
    printf("TAP version 13\n1..%zu\n", TRAP_COUNT);
    for (size_t i = 0; i < TRAP_COUNT; i++) {
        bool passed = run_trap(i);
        failed += !passed;
        printf(
            "%s %zu - %s: %s%s%s\n", passed ? "ok" : "not ok", i + 1, traps[i].trap, traps[i].rule,
            skipped ? " # SKIP " : "", skipped ? skipped : "");
    }
    return failed > 0;
}
