/* vitalrig-meter: a simulated power meter as a process, on a descriptor that it inherits or a pty that it makes. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "port/pty.h"
#include "simulate/activity.h"
#include "simulate/faults.h"
#include "simulate/serve.h"
#include "simulate/truth.h"
#include "simulate/world.h"

struct arguments {
    const char *kind, *gpio, *faults, *truth;
    bool pty;
    int fd;
    double lag_ms, truth_min_us;
    struct vr_world_model model;
    struct vr_sim_config config;
};

enum {
    KEY_GPIO = 256,
    KEY_CLOCK_PPM,
    KEY_SEED,
    KEY_NOISE,
    KEY_FAULTS,
    KEY_TRUTH,
    KEY_TRUTH_MIN_US,
    KEY_NEW_STYLE,
    KEY_STALE,
    KEY_TRANSIENTS,
    KEY_LAG_MS,
    KEY_SUPPLY_V,
    KEY_IDLE_UA,
    KEY_BUSY_MA,
    KEY_INFERENCE_MA,
    KEY_TAU_US,
    KEY_RIPPLE_MA,
    KEY_RIPPLE_HZ,
};

static const struct argp_option options[] = {
    {"pty", 'p', NULL, 0, "Make a pty and print its path; serve until SIGTERM", 1},
    {"fd", 'f', "N", 0, "Serve on an inherited socket or pty until it hangs up", 1},
    {"gpio", KEY_GPIO, "NAME", 0, "The lines of the device: vitalrig-dut --gpio NAME", 2},
    {"truth", KEY_TRUTH, "FILE", 0, "Write what was true: JSON lines", 2},
    {"truth-min-us", KEY_TRUTH_MIN_US, "X", 0,
     "Count shorter pulses of the inference line, and do not write them (5)", 2},
    {"faults", KEY_FAULTS, "TEXT", 0,
     "What goes wrong: \"at 100000 drop 64; at 5s stall 30ms; at 9s unplug\"; also skip N, bytes "
     "N, over N, range N, edge LINE",
     3},
    {"clock-ppm", KEY_CLOCK_PPM, "X", 0, "The meter's clock is faster by so much (0)", 3},
    {"noise", KEY_NOISE, "X", 0, "Standard deviation in steps of its converter (0)", 3},
    {"seed", KEY_SEED, "N", 0, "Of the noise (1)", 3},
    {"transients", KEY_TRANSIENTS, NULL, 0, "Wrong readings after a change of range", 3},
    {"new-style", KEY_NEW_STYLE, NULL, 0, "As an instrument with newer firmware", 3},
    {"stale", KEY_STALE, NULL, 0, "It still streams from a session that died", 3},
    {"lag-ms", KEY_LAG_MS, "X", 0, "The meter tells of samples so late (20)", 3},
    {"supply-v", KEY_SUPPLY_V, "X", 0, "Voltage of the device's supply (3)", 4},
    {"idle-ua", KEY_IDLE_UA, "X", 0, "Current while all lines are low (3)", 4},
    {"busy-ma", KEY_BUSY_MA, "X", 0, "Current while line 0 is high (2)", 4},
    {"inference-ma", KEY_INFERENCE_MA, "X", 0, "Current while line 1 is high (6)", 4},
    {"tau-us", KEY_TAU_US, "X", 0, "Time constant of a change of current (30)", 4},
    {"ripple-ma", KEY_RIPPLE_MA, "X", 0, "Amplitude of a sine during an inference (0)", 4},
    {"ripple-hz", KEY_RIPPLE_HZ, "X", 0, "Its frequency (3000)", 4},
    {0},
};

static double number(
    struct argp_state *state, const char *option, const char *text, double low, double high)
{
    char *end;
    errno = 0;
    const double value = strtod(text, &end);
    if (end == text || *end || errno || !(value >= low && value <= high))
        argp_error(state, "--%s: \"%s\" is not a number from %g to %g", option, text, low, high);
    return value;
}

static error_t parse_world(int key, const char *text, struct argp_state *state)
{
    struct vr_world_model *model = &((struct arguments *)state->input)->model;
    switch (key) {
    case KEY_SUPPLY_V:
        model->volts = number(state, "supply-v", text, 0.1, 100);
        return 0;
    case KEY_IDLE_UA:
        model->idle_a = 1e-6 * number(state, "idle-ua", text, 0, 1e6);
        return 0;
    case KEY_BUSY_MA:
        model->busy_a = 1e-3 * number(state, "busy-ma", text, 0, 1e4);
        return 0;
    case KEY_INFERENCE_MA:
        model->inference_a = 1e-3 * number(state, "inference-ma", text, 0, 1e4);
        return 0;
    case KEY_TAU_US:
        model->tau_s = 1e-6 * number(state, "tau-us", text, 0, 1e6);
        return 0;
    case KEY_RIPPLE_MA:
        model->ripple_a = 1e-3 * number(state, "ripple-ma", text, 0, 1e4);
        return 0;
    case KEY_RIPPLE_HZ:
        model->ripple_hz = number(state, "ripple-hz", text, 0, 1e7);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'p':
        arguments->pty = true;
        break;
    case 'f':
        arguments->fd = (int)number(state, "fd", text, 0, 65535);
        break;
    case KEY_GPIO:
        arguments->gpio = text;
        break;
    case KEY_TRUTH:
        arguments->truth = text;
        break;
    case KEY_TRUTH_MIN_US:
        arguments->truth_min_us = number(state, "truth-min-us", text, 0, 1e9);
        break;
    case KEY_FAULTS:
        arguments->faults = text;
        break;
    case KEY_CLOCK_PPM:
        arguments->config.clock_ppm = number(state, "clock-ppm", text, -1e5, 1e5);
        break;
    case KEY_NOISE:
        arguments->config.noise = number(state, "noise", text, 0, 1e4);
        break;
    case KEY_SEED:
        arguments->config.seed = (uint64_t)number(state, "seed", text, 0, 9e15);
        break;
    case KEY_TRANSIENTS:
        arguments->config.transients = true;
        break;
    case KEY_NEW_STYLE:
        arguments->config.new_style = true;
        break;
    case KEY_STALE:
        arguments->config.stale_start = true;
        break;
    case KEY_LAG_MS:
        arguments->lag_ms = number(state, "lag-ms", text, 0, 1e4);
        break;
    case ARGP_KEY_ARG:
        if (arguments->kind)
            argp_error(state, "\"%s\" is one argument too many", text);
        arguments->kind = text;
        break;
    case ARGP_KEY_END:
        if (!arguments->kind)
            argp_error(state, "which KIND of meter?");
        if (arguments->pty == (arguments->fd >= 0))
            argp_error(state, "give --pty or --fd N");
        break;
    default:
        return parse_world(key, text, state);
    }
    return 0;
}

/* The help, with the kinds there are.  Allocated; NULL = no memory. */
static char *make_help(void)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        return NULL;
    fputs(
        "A simulated power meter as a process: it speaks the protocol of a real one, and measures "
        "a device whose current is known from its GPIO lines.\vKinds:\n",
        file);
    const struct vr_sim_driver *driver;
    for (size_t i = 0; (driver = vr_sim_driver(i)); i++)
        if (!driver->is_usb)
            fprintf(file, "  %-12s %s\n", driver->name, driver->summary);
    fclose(file);
    return text;
}

static int find_driver(
    const char *kind, const struct vr_sim_driver **ret_driver, struct vr_err *err)
{
    const struct vr_sim_driver *driver = vr_sim_find(kind);
    if (!driver)
        return vr_err_set(err, VR_ERR_USAGE, "\"%s\" is no kind of meter; --help lists them", kind);
    if (driver->is_usb)
        return vr_err_set(
            err, VR_ERR_USAGE, "a %s is a USB device without a serial line: no process can be one",
            kind);
    *ret_driver = driver;
    return 0;
}

/* A descriptor that is readable after SIGTERM or SIGINT. */
static int open_stop(int *ret_fd, struct vr_err *err)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    *ret_fd = signalfd(-1, &signals, SFD_CLOEXEC);
    if (*ret_fd < 0)
        return vr_err_set(err, VR_ERR_IO, "signals: %s", strerror(errno));
    return 0;
}

/* The other end stays open here too, so that the line outlives its peers. */
static int open_line(
    const struct arguments *arguments, int *ret_fd, int *ret_other_fd, struct vr_err *err)
{
    *ret_fd = arguments->fd;
    if (arguments->pty) {
        int r = vr_pty_open("meter", ret_fd, ret_other_fd, err);
        if (r < 0)
            return r;
        printf("%s\n", ptsname(*ret_fd));
        fflush(stdout);
        return 0;
    }
    const int flags = fcntl(arguments->fd, F_GETFL);
    if (flags < 0 || fcntl(arguments->fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return vr_err_set(err, VR_ERR_USAGE, "--fd %d: %s", arguments->fd, strerror(errno));
    return 0;
}

static int put_end(
    const struct vr_serve *serve, const struct vr_truth *truth, const struct vr_world *world,
    struct vr_err *err)
{
    const struct vr_sim_driver *driver = serve->driver;
    const void *state = vr_sim_state(serve->meter);
    if (serve->activity->fd >= 0)
        vr_activity_take(serve->activity);
    struct vr_truth_end end = {
        .to_ns = vr_clock_monotonic_ns(),
        .late = serve->activity->late,
        .lost = serve->activity->lost + vr_world_forgotten(world),
    };
    if (driver->sample_ns) {
        const double first_ns = driver->sample_ns(state, 0);
        end.has_stream = first_ns > 0;
        end.first_sample_ns = first_ns;
        end.sample_period_ns = (driver->sample_ns(state, 1000000) - first_ns) / 1e6;
    }
    if (end.late || end.lost)
        fprintf(
            stderr,
            "vitalrig-meter: %" PRId64 " changes of the device's lines came too late, %" PRId64
            " never: what was measured is not what was true\n",
            end.late, end.lost);
    return vr_truth_finish(truth, world, &end, err);
}

static void destroy_worldp(struct vr_world **world)
{
    vr_world_destroy(*world);
}

static void destroy_meterp(struct vr_sim_meter **meter)
{
    vr_sim_destroy(*meter);
}

/* The meter and its device's lines are there: put it on a line. */
static int run(
    const struct arguments *arguments, struct vr_serve *serve, struct vr_truth *truth,
    const struct vr_world *world, struct vr_err *err)
{
    _cleanup_close_ int stop_fd = -1, line_fd = -1, other_fd = -1;
    enum vr_serve_end end;
    int r = open_stop(&stop_fd, err);
    if (r == 0)
        r = open_line(arguments, &line_fd, &other_fd, err);
    if (r < 0)
        return r;
    serve->line_fd = line_fd;
    serve->stop_fd = stop_fd;
    r = vr_serve(serve, &end, err);
    return r < 0 ? r : put_end(serve, truth, world, err);
}

static int simulate(
    struct arguments *arguments, const struct vr_sim_driver *driver, struct vr_err *err)
{
    _cleanup_(destroy_worldp) struct vr_world *world = NULL;
    _cleanup_(destroy_meterp) struct vr_sim_meter *meter = NULL;
    _cleanup_(vr_activity_close) struct vr_activity activity = {.fd = -1};
    _cleanup_fclose_ FILE *file = NULL;
    struct vr_sim_fault faults[VR_SIM_FAULTS_MAX];
    struct vr_truth truth;
    const int64_t start_ns = vr_clock_monotonic_ns();

    int r = vr_sim_faults_parse(
        arguments->faults, driver->rate_hz, faults, &arguments->config.fault_count, err);
    if (r == 0)
        r = vr_world_create(&arguments->model, start_ns, &world, err);
    if (r < 0)
        return r;
    if (arguments->truth && !(file = fopen(arguments->truth, "we")))
        return vr_err_set(err, VR_ERR_IO, "%s: %s", arguments->truth, strerror(errno));
    vr_truth_init(
        &truth, file, start_ns, (int64_t)(arguments->truth_min_us * 1e3), arguments->model.volts);
    arguments->config.world = vr_world_view(world);
    arguments->config.faults = faults;
    r = vr_activity_open(&activity, arguments->gpio, world, &truth, err);
    if (r == 0)
        r = vr_sim_create(driver, &arguments->config, &meter, err);
    struct vr_serve serve = {
        .driver = driver,
        .meter = meter,
        .activity = &activity,
        .lag_ns = (int64_t)(arguments->lag_ms * 1e6),
    };
    return r < 0 ? r : run(arguments, &serve, &truth, world, err);
}

int main(int argc, char **argv)
{
    _cleanup_free_ char *help = make_help();
    const struct argp argp = {options, parse, "KIND", help, NULL, NULL, NULL};
    struct arguments arguments = {
        .fd = -1, .lag_ms = 20, .truth_min_us = 5, .faults = "", .config.seed = 1};
    const struct vr_sim_driver *driver = NULL;
    struct vr_err err = {0};

    vr_world_model_init(&arguments.model);
    arguments.model.ripple_hz = 3000;
    argp_err_exit_status = vr_err_exit(VR_ERR_USAGE);
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int r = find_driver(arguments.kind, &driver, &err);
    if (r == 0)
        r = simulate(&arguments, driver, &err);
    if (r == 0)
        return EXIT_SUCCESS;
    fprintf(stderr, "vitalrig-meter: %s\n", err.text);
    return vr_err_exit(err.code);
}
