/* A failed check jumps out of its trap: the next one goes on with a port of its own. */
#include "serial/trap.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static jmp_buf end_of_trap;
static const char *skipped; /* why; NULL = it was not */
static bool is_child;

void bench_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    if (is_child)
        _exit(1);
    longjmp(end_of_trap, 1);
}

void trap_skip(const char *reason)
{
    skipped = reason;
    longjmp(end_of_trap, 1);
}

void trap_leave_on_failure(void)
{
    is_child = true;
}

static bool passes(const struct trap *trap)
{
    skipped = NULL;
    if (setjmp(end_of_trap) != 0)
        return skipped;
    trap->run();
    return true;
}

bool trap_run(const struct trap *trap, size_t number)
{
    bool passed = passes(trap);
    printf(
        "%s %zu - %s: %s%s%s\n", passed ? "ok" : "not ok", number, trap->seen, trap->rule,
        skipped ? " # SKIP " : "", skipped ? skipped : "");
    return passed;
}

struct vr_link *trap_open(const char *path)
{
    const struct vr_link_config config = {.name = "band", .path = path, .usb_interface = -1};
    struct vr_link *link = NULL;
    struct vr_err err = {0};
    CHECK(vr_link_open("serial", &config, &link, &err) == 0, "%s", err.text);
    return link;
}

void trap_refuse(const char *path, enum vr_err_code code, const char *words)
{
    const struct vr_link_config config = {.name = "band", .path = path, .usb_interface = -1};
    struct vr_link *link = NULL;
    struct vr_err err = {0};
    int r = vr_link_open("serial", &config, &link, &err);
    CHECK(r == -(int)code, "%s: %s", vr_err_name(r), err.text);
    CHECK(strstr(err.text, words), "not in: %s", err.text);
}

int trap_fd(struct vr_link *link)
{
    struct pollfd fds[VR_LINK_FDS_MAX];
    CHECK(vr_link_poll_fds(link, false, fds, VR_LINK_FDS_MAX) == 1, "one descriptor");
    return fds[0].fd;
}

struct termios trap_settings(struct vr_link *link)
{
    struct termios settings;
    CHECK(tcgetattr(trap_fd(link), &settings) == 0, "%s", strerror(errno));
    return settings;
}

void trap_wait(struct vr_link *link)
{
    struct pollfd fds[VR_LINK_FDS_MAX];
    poll(fds, vr_link_poll_fds(link, false, fds, VR_LINK_FDS_MAX), -1);
}

int trap_receive(struct vr_link *link, char *text, size_t *ret_size)
{
    struct vr_err err = {0};
    int r = vr_link_receive(link, (uint8_t *)text, 64, ret_size, &err);
    CHECK(r == 0 || (r == -VR_ERR_LINK && err.text[0]), "%s", err.text);
    return r;
}

void trap_exchange(struct vr_link *link, int device_fd)
{
    char text[64];
    size_t sent, size;
    struct vr_err err = {0};
    CHECK(write(device_fd, "\r\n", 2) == 2, "%s", strerror(errno));
    for (size_t got = 0; got < 2; got += size) {
        trap_wait(link);
        CHECK(trap_receive(link, text + got, &size) == 0, "gone");
    }
    CHECK(memcmp(text, "\r\n", 2) == 0, "changed on the way");
    CHECK(
        vr_link_send(link, (const uint8_t *)"\x03\n", 2, &sent, &err) == 0 && sent == 2, "%s",
        err.text);
    for (ssize_t got = 0, more; got < 2; got += more)
        CHECK((more = read(device_fd, text + got, 64)) > 0, "%s", strerror(errno));
    CHECK(memcmp(text, "\x03\n", 2) == 0, "changed on the way");
}

size_t trap_fill(struct vr_link *link)
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

int64_t trap_now_ms(void)
{
    return vr_clock_monotonic_ns() / VR_NS_PER_MS;
}
