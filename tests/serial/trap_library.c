/* What libserialport 0.1.1 does wrong; the numbers are those of its ten defects that were reproduced. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "serial/trap.h"
#include "serial/watch.h"

static void second_open_is_refused(void)
{
    struct bench_port port = bench_plug_in();
    int ready[2], stop[2];
    char words[64], byte;
    CHECK(pipe(ready) == 0 && pipe(stop) == 0, "no pipes");
    pid_t child = fork();
    if (child == 0) {
        trap_leave_on_failure();
        struct vr_link *link = trap_open(port.path);
        close(stop[1]);
        bool was_told = write(ready[1], "x", 1) == 1 && read(stop[0], &byte, 1) == 0;
        vr_link_close(link);
        _exit(was_told ? 0 : 1);
    }
    close(ready[1]);
    CHECK(read(ready[0], &byte, 1) == 1, "the holder did not open it");
    int64_t began_ms = trap_now_ms();
    snprintf(
        words, sizeof words, "traps_%s (pid %d)", bench_has_library() ? "library" : "pty",
        (int)child);
    trap_refuse(port.path, VR_ERR_LINK, words);
    CHECK(
        trap_now_ms() - began_ms <= 100 + TRAP_MARGIN_MS, "refused after %lld ms",
        (long long)(trap_now_ms() - began_ms));

    int status;
    close(stop[1]);
    waitpid(child, &status, 0);
    CHECK(status == 0, "status %d", status);
    vr_link_close(trap_open(port.path)); /* free again */
}

static void second_open_in_one_process_is_refused(void)
{
    struct bench_port port = bench_plug_in();
    struct vr_link *link = trap_open(port.path);
    char words[32];
    snprintf(words, sizeof words, "(pid %d)", (int)getpid());
    trap_refuse(port.path, VR_ERR_LINK, words);
    trap_exchange(link, port.device_fd); /* and it did no harm */
    vr_link_close(link);
}

static void lines_stay_and_children_get_nothing(void)
{
    struct bench_port port = bench_plug_in();
    struct vr_link *link = trap_open(port.path);
    CHECK(!(trap_settings(link).c_cflag & HUPCL), "closing would drop DTR");
    CHECK(fcntl(trap_fd(link), F_GETFD) & FD_CLOEXEC, "a child would keep the port");
    CHECK(fcntl(trap_fd(link), F_GETFL) & O_NONBLOCK, "it blocks");
    vr_link_close(link);
}

static void hang_up_is_told_from_silence(void)
{
    struct bench_port port = bench_plug_in();
    struct vr_link *link = trap_open(port.path);
    char text[64];
    size_t size = 1;
    CHECK(trap_receive(link, text, &size) == 0 && size == 0, "silence");
    int64_t began_ms = trap_now_ms();
    bench_unplug(&port);
    trap_wait(link);
    CHECK(trap_receive(link, text, &size) == -VR_ERR_LINK, "not noticed");
    CHECK(
        trap_now_ms() - began_ms <= 100 + TRAP_MARGIN_MS, "after %lld ms",
        (long long)(trap_now_ms() - began_ms));
    vr_link_close(link);
}

static void hang_up_does_not_spin(void)
{
    struct bench_port port = bench_plug_in();
    struct vr_link *link = trap_open(port.path);
    struct vr_err err = {0};
    char text[64];
    size_t size;
    bench_unplug(&port);
    /* Every call says so at once, the first one too: no loop that waits for good news can turn. */
    CHECK(trap_receive(link, text, &size) == -VR_ERR_LINK, "not noticed");
    CHECK(vr_link_send(link, (const uint8_t *)"x", 1, &size, &err) == -VR_ERR_LINK, "not noticed");
    CHECK(strstr(err.text, "band: the device is gone"), "%s", err.text);
    vr_link_close(link);
}

static void full_queue_is_no_error(void)
{
    struct bench_port port = bench_plug_in();
    struct vr_link *link = trap_open(port.path);
    size_t total = trap_fill(link);
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
    struct vr_link *link = trap_open(port.path);
    CHECK(trap_fd(link) >= 1024, "descriptor %d", trap_fd(link));
    watch_begin();
    trap_exchange(link, port.device_fd);
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
    struct vr_link *link = trap_open(port.path);
    trap_exchange(link, port.device_fd);
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
    struct vr_link *link = trap_open(link_path);
    trap_exchange(link, port.device_fd);
    vr_link_close(link);
    unlink(link_path);
    trap_refuse(link_path, VR_ERR_LINK, "plugged in");
    rmdir(folder);
}

static void held_flow_does_not_hold_close(void)
{
    struct bench_port port = bench_plug_in();
    struct vr_link *link = trap_open(port.path);
    trap_fill(link);
    int64_t began_ms = trap_now_ms();
    watch_begin();
    vr_link_close(link);
    CHECK(watch_end().drains == 0, "tcdrain() was called: it has no time-out");
    CHECK(
        trap_now_ms() - began_ms <= 1000 + TRAP_MARGIN_MS, "after %lld ms",
        (long long)(trap_now_ms() - began_ms));
    vr_link_close(trap_open(port.path));
}

static void a_tty_without_control_lines_opens(void)
{
    if (!bench_has_library())
        trap_skip("a pty is opened without the library anyway");
    struct bench_port port = bench_plug_in();
    bench_take_lines_away();
    const struct vr_link_config config = {
        .name = "band",
        .path = port.path,
        .usb_interface = -1,
        .baud = 3686400,
        .dtr = VR_TTY_LEVEL_CLEAR};
    struct vr_link *link = NULL;
    struct vr_err err = {0};
    CHECK(vr_link_open("serial", &config, &link, &err) == 0, "%s", err.text);
    trap_exchange(link, port.device_fd);
    trap_refuse(port.path, VR_ERR_LINK, "in use by");
    vr_link_close(link);
}

const struct trap trap_library[] = {
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
    {"libserialport 8: ENOTTY for control lines is refused", "own termios2 on such ttys too",
     a_tty_without_control_lines_opens},
    {"libserialport 10: sp_drain has no time-out", "flush, never drain; closing <= 1 s",
     held_flow_does_not_hold_close},
    {0},
};
