/* vitalrig sim: a bench without hardware: a simulated device, and a simulated meter that measures it, on ptys for any program to open. */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json_write.h"
#include "cli/amount.h"
#include "cli/places.h"
#include "cli/say.h"
#include "cli/verb.h"
#include "port/child.h"
#include "port/pty.h"
#include "simulate/faults.h"
#include "simulate/simulate.h"

enum {
    KEY_INFERENCE_US = 256,
    KEY_FAULTS,
    KEY_CLOCK_PPM,
    KEY_TRUTH,
    KEY_RIG_OUT,
    KEY_FOR,
    PATH_SIZE = 64,
    SUPPLY_MV = 3000,
};

struct sim_arguments {
    const char *meter, *inference_us, *faults, *clock_ppm, *truth, *rig_out;
    double for_s; /* 0 = until Ctrl-C */
};

static const struct argp_option options[] = {
    {"meter", 'm', "KIND", 0, "Which meter: ppk2 (default), powershield", 0},
    {"inference-us", KEY_INFERENCE_US, "N", 0, "Each inference of the device takes N us", 0},
    {"clock-ppm", KEY_CLOCK_PPM, "X", 0, "The meter's clock is faster by so much", 0},
    {"faults", KEY_FAULTS, "TEXT", 0,
     "What goes wrong with the meter: \"at 100000 drop 64; at 5s stall 30ms; at 9s unplug\"; also "
     "skip N, bytes N, over N, range N, edge LINE",
     0},
    {"truth", KEY_TRUTH, "FILE", 0, "Write what the device really drew: JSON lines", 0},
    {"rig-out", KEY_RIG_OUT, "FILE", 0, "Write the rig file there, not to stdout", 0},
    {"for", KEY_FOR, "TIME", 0, "End by itself after so long, as 90 or 1:30", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct sim_arguments *arguments = state->input;
    switch (key) {
    case 'm':
        arguments->meter = argument;
        break;
    case KEY_INFERENCE_US:
        vr_amount_count(state, "--inference-us", argument);
        arguments->inference_us = argument;
        break;
    case KEY_CLOCK_PPM:
        /* It may be negative; the amount alone is checked here. */
        vr_amount_number(state, "--clock-ppm", argument + (argument[0] == '-'));
        arguments->clock_ppm = argument;
        break;
    case KEY_FAULTS:
        arguments->faults = argument;
        break;
    case KEY_TRUTH:
        arguments->truth = argument;
        break;
    case KEY_RIG_OUT:
        arguments->rig_out = argument;
        break;
    case KEY_FOR:
        arguments->for_s = vr_amount_seconds(state, "--for", argument);
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "\"%s\": sim takes no arguments", argument);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* What the meter's process would refuse is refused before anything starts. */
static int check(const struct sim_arguments *arguments, struct vr_err *err)
{
    struct vr_sim_fault faults[VR_SIM_FAULTS_MAX];
    size_t count;
    const struct vr_sim_driver *driver = vr_sim_find(arguments->meter);
    if (!driver || driver->is_usb)
        return vr_err_set(
            err, VR_ERR_USAGE, "--meter: \"%s\" is %s", arguments->meter,
            driver ? "a USB device without a serial line: it cannot be simulated on a pty"
                   : "no meter that can be simulated; `vitalrig sim --help` names them");
    return vr_sim_faults_parse(arguments->faults, driver->rate_hz, faults, &count, err);
}

/* A process behind a pty.  We hold the other end, so that its line outlives those who open it, and hangs up when we are gone. */
struct part {
    pid_t process;
    int process_fd, line_fd;
    char path[PATH_SIZE];
};

static const struct part no_part = {.process = -1, .process_fd = -1, .line_fd = -1};

static void part_finish(struct part *part)
{
    if (part->line_fd >= 0)
        close(part->line_fd);
    if (part->process_fd >= 0)
        close(part->process_fd);
    if (part->process > 0)
        vr_child_end(part->process);
    *part = no_part;
}

static int part_start(
    const char *name, const char *const *argv, struct part *part, struct vr_err *err)
{
    _cleanup_close_ int master = -1;
    int r = vr_pty_open(name, &master, &part->line_fd, err);
    if (r < 0)
        return r;
    if (ptsname_r(master, part->path, sizeof part->path) != 0)
        return vr_err_set(err, VR_ERR_LINK, "%s: the pty's name: %s", name, strerror(errno));
    r = vr_child_start(name, argv, master, &part->process, err);
    if (r < 0)
        return r;
    part->process_fd = pidfd_open(part->process, 0);
    if (part->process_fd < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", name, strerror(errno));
    return 0;
}

static int start_device(
    const struct sim_arguments *arguments, const char *lines, struct part *device,
    struct vr_err *err)
{
    _cleanup_free_ char *program = NULL;
    int r = vr_places_dut_program(&program, err);
    if (r < 0)
        return r;
    const char *const argv[] = {
        program, "--fd", "3", "--gpio", lines, "--inference-us", arguments->inference_us, NULL};
    return part_start("simulated device", argv, device, err);
}

static int start_meter(
    const struct sim_arguments *arguments, const char *lines, struct part *meter,
    struct vr_err *err)
{
    _cleanup_free_ char *program = NULL;
    int r = vr_places_meter_program(&program, err);
    if (r < 0)
        return r;
    const char *const argv[] = {
        program,
        arguments->meter,
        "--fd",
        "3",
        "--gpio",
        lines,
        "--faults",
        arguments->faults,
        "--clock-ppm",
        arguments->clock_ppm,
        arguments->truth ? "--truth" : NULL, /* the last: it may be left out */
        arguments->truth,
        NULL};
    return part_start("simulated meter", argv, meter, err);
}

/* The bench as a rig file: what a run on it needs. */
static int write_rig(
    FILE *file, const char *kind, const struct part *device, const struct part *meter,
    struct vr_err *err)
{
    struct vr_json_writer writer;
    vr_json_write_init(&writer, file);
    vr_json_write_object(&writer, NULL);
    vr_json_write_int(&writer, "format", 1);
    vr_json_write_string(&writer, "name", "simulated");
    vr_json_write_object(&writer, "meters");
    vr_json_write_object(&writer, "meter");
    vr_json_write_string(&writer, "kind", kind);
    vr_json_write_string(&writer, "path", meter->path);
    vr_json_write_int(&writer, "supply_mv", SUPPLY_MV);
    vr_json_write_bool(&writer, "powers_device", true);
    vr_json_write_object(&writer, "lines");
    vr_json_write_int(&writer, "busy", 0);
    vr_json_write_int(&writer, "inference", 1);
    vr_json_write_int(&writer, "sync", 2);
    vr_json_write_end(&writer);
    vr_json_write_end(&writer);
    vr_json_write_end(&writer);
    vr_json_write_object(&writer, "duts");
    vr_json_write_object(&writer, "dut");
    vr_json_write_string(&writer, "kind", "pty");
    vr_json_write_string(&writer, "path", device->path);
    vr_json_write_string(&writer, "meter", "meter");
    vr_json_write_end(&writer);
    vr_json_write_end(&writer);
    vr_json_write_end(&writer);
    return vr_json_write_finish(&writer, err);
}

static int tell(
    const struct sim_arguments *arguments, const struct part *device, const struct part *meter,
    struct vr_err *err)
{
    _cleanup_fclose_ FILE *file = NULL;
    if (!arguments->rig_out)
        return write_rig(stdout, arguments->meter, device, meter, err);
    file = fopen(arguments->rig_out, "we");
    if (!file)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", arguments->rig_out, strerror(errno));
    int r = write_rig(file, arguments->meter, device, meter, err);
    if (r < 0)
        return r;
    printf("device  %s\n", device->path);
    printf("meter   %s  %s\n", meter->path, arguments->meter);
    printf("rig     %s\n", arguments->rig_out);
    fflush(stdout);
    return 0;
}

/* One that ended by itself: with an error it has said why. */
static int note_end(const char *name, struct part *part, struct vr_err *err)
{
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)part->process, &info, WEXITED | WNOWAIT) < 0)
        return vr_err_set(err, VR_ERR_IO, "the simulated %s: %s", name, strerror(errno));
    if (info.si_code != CLD_EXITED || info.si_status != 0)
        return vr_err_set(
            err, VR_ERR_DEVICE, "the simulated %s has ended with %s %d", name,
            info.si_code == CLD_EXITED ? "exit code" : "signal", info.si_status);
    vr_say("the simulated %s has hung up", name);
    part_finish(part);
    return 0;
}

/* Until Ctrl-C, SIGTERM, or the time is over. */
static int wait_for_end(
    double for_s, int stop_fd, struct part *device, struct part *meter, struct vr_err *err)
{
    const int64_t end_ns =
        for_s > 0 ? vr_clock_monotonic_ns() + (int64_t)(for_s * 1e9) : VR_NEVER_NS;
    int r = 0;
    while (r == 0) {
        struct pollfd fds[] = {
            {.fd = stop_fd, .events = POLLIN},
            {.fd = device->process_fd, .events = POLLIN},
            {.fd = meter->process_fd, .events = POLLIN},
        };
        const int64_t left_ns = end_ns - vr_clock_monotonic_ns();
        const struct timespec timeout = {left_ns / VR_NS_PER_S, left_ns % VR_NS_PER_S};
        if (left_ns <= 0)
            return 0;
        if (ppoll(fds, 3, &timeout, NULL) < 0 && errno != EINTR)
            return vr_err_set(err, VR_ERR_IO, "poll: %s", strerror(errno));
        if (fds[0].revents)
            return 0;
        if (fds[1].revents)
            r = note_end("device", device, err);
        if (r == 0 && fds[2].revents)
            r = note_end("meter", meter, err);
    }
    return r;
}

static int open_stop(int *ret_fd, struct vr_err *err)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    *ret_fd = signalfd(-1, &signals, SFD_CLOEXEC);
    return *ret_fd < 0 ? vr_err_set(err, VR_ERR_IO, "signals: %s", strerror(errno)) : 0;
}

static int sim(const struct sim_arguments *arguments, struct vr_err *err)
{
    _cleanup_(part_finish) struct part device = no_part, meter = no_part;
    _cleanup_close_ int stop_fd = -1;
    char lines[PATH_SIZE];
    snprintf(lines, sizeof lines, "vitalrig-sim-%d", (int)getpid());
    int r = check(arguments, err);
    if (r == 0)
        r = open_stop(&stop_fd, err);
    if (r == 0)
        r = start_meter(arguments, lines, &meter, err);
    if (r == 0)
        r = start_device(arguments, lines, &device, err);
    if (r == 0)
        r = tell(arguments, &device, &meter, err);
    if (r < 0)
        return r;
    if (arguments->for_s == 0)
        vr_say("a device and a meter are simulated until Ctrl-C");
    return wait_for_end(arguments->for_s, stop_fd, &device, &meter, err);
}

static int sim_main(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse,
        NULL,
        "A bench without hardware: a simulated device and a simulated power meter on ptys, until "
        "Ctrl-C.  Prints the rig file that names them, for `vitalrig run --rig FILE --dut dut` and "
        "for other tools.",
        NULL,
        NULL,
        NULL};
    struct sim_arguments arguments = {
        .meter = "ppk2", .inference_us = "0", .faults = "", .clock_ppm = "0"};
    struct vr_err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return sim(&arguments, &err) < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

const struct vr_verb vr_verb_sim = {
    .name = "sim",
    .summary = "simulate a device and its power meter on ptys",
    .run = sim_main,
};
