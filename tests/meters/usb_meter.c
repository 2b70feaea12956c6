/* usb_meter: run a command with a simulated power meter on its USB bus.
 *
 *     umockdev-wrapper usb_meter js220 --gpio NAME --truth FILE -- vitalrig run SCENARIO --rig RIG
 *
 * The command, its children, and the libusb in them see one more USB device, and no other.  The meter measures a device that tells its
 * lines to NAME, as `vitalrig-meter` does: daemon/simulate/main.c says more about the options. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "simulate/faults.h"
#include "simulate/truth.h"
#include "usb_bus.h"

enum {
    KEY_GPIO = 256,
    KEY_TRUTH,
    KEY_FAULTS,
    KEY_CLOCK_PPM,
    KEY_NOISE,
    KEY_SEED,
    KEY_SERIAL,
    KEY_LAG_MS,
    KEY_WIRES
};

struct arguments {
    const char *kind, *gpio, *truth, *faults, *serial, *wires;
    char **command;
    double lag_ms;
    struct vr_sim_config config;
};

static const struct argp_option options[] = {
    {"gpio", KEY_GPIO, "NAME", 0, "The lines of the device: vitalrig-dut --gpio NAME", 0},
    {"truth", KEY_TRUTH, "FILE", 0, "Write what was true: JSON lines", 0},
    {"faults", KEY_FAULTS, "TEXT", 0, "What goes wrong, as of vitalrig-meter", 0},
    {"clock-ppm", KEY_CLOCK_PPM, "X", 0, "The meter's clock is faster by so much (0)", 0},
    {"noise", KEY_NOISE, "X", 0, "Standard deviation in steps of its converter (0)", 0},
    {"seed", KEY_SEED, "N", 0, "Of the noise (1)", 0},
    {"serial", KEY_SERIAL, "TEXT", 0, "Serial number (000123)", 0},
    {"wires", KEY_WIRES, "DIGITS", 0, "Lines of the device at inputs 0, 1 .. of the meter (0123)",
     0},
    {"lag-ms", KEY_LAG_MS, "X", 0, "The meter tells of samples so late (20)", 0},
    {0},
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case KEY_GPIO:
        arguments->gpio = text;
        return 0;
    case KEY_TRUTH:
        arguments->truth = text;
        return 0;
    case KEY_FAULTS:
        arguments->faults = text;
        return 0;
    case KEY_CLOCK_PPM:
        arguments->config.clock_ppm = atof(text);
        return 0;
    case KEY_NOISE:
        arguments->config.noise = atof(text);
        return 0;
    case KEY_SEED:
        arguments->config.seed = strtoull(text, NULL, 10);
        return 0;
    case KEY_SERIAL:
        arguments->serial = text;
        return 0;
    case KEY_WIRES:
        arguments->wires = text;
        return 0;
    case KEY_LAG_MS:
        arguments->lag_ms = atof(text);
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->kind) {
            arguments->command = &state->argv[state->next - 1];
            state->next = state->argc;
        }
        arguments->kind = arguments->kind ? arguments->kind : text;
        return 0;
    case ARGP_KEY_END:
        if (!arguments->command)
            argp_error(state, "which KIND of meter, and which COMMAND?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Returns the command's exit code, 128 + signal if it died. */
static int run_command(char **command)
{
    pid_t child = fork();
    int status;
    if (child == 0) {
        execvp(command[0], command);
        fprintf(stderr, "usb_meter: %s: %s\n", command[0], strerror(errno));
        _exit(127);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return 125;
    if (child < 0)
        return 125;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A world whose lines go to other inputs. */
struct wired {
    const struct vr_sim_world *world;
    const char *wires;
};

static uint8_t wired_lines(void *context, double at_ns)
{
    const struct wired *wired = context;
    unsigned lines = wired->world->lines(wired->world->context, at_ns), inputs = 0;
    for (unsigned i = 0; i < 8 && wired->wires[i]; i++)
        inputs |= (lines >> ((unsigned)wired->wires[i] & 7) & 1) << i;
    return (uint8_t)inputs;
}

static double wired_amperes(void *context, double at_ns)
{
    const struct wired *wired = context;
    return wired->world->amperes(wired->world->context, at_ns);
}

static double wired_coulombs(void *context, double from_ns, double to_ns)
{
    const struct wired *wired = context;
    return wired->world->coulombs(wired->world->context, from_ns, to_ns);
}

/* As vitalrig-meter says it: of the last session of the meter. */
static int put_end(
    const struct usb_bus_meter *meter, const struct vr_truth *truth, const struct vr_world *world,
    struct vr_err *err)
{
    const void *state = vr_sim_state(meter->meter);
    double first_ns = meter->driver->sample_ns(state, 0);
    vr_activity_take(meter->activity);
    const struct vr_truth_end end = {
        .to_ns = vr_clock_monotonic_ns(),
        .late = meter->activity->late,
        .lost = meter->activity->lost + vr_world_forgotten(world),
        .has_stream = first_ns > 0,
        .first_sample_ns = first_ns,
        .sample_period_ns = (meter->driver->sample_ns(state, 1000000) - first_ns) / 1e6,
    };
    if (end.late || end.lost)
        fprintf(
            stderr, "usb_meter: %lld changes of lines came too late, %lld never\n",
            (long long)end.late, (long long)end.lost);
    return vr_truth_finish(truth, world, &end, err);
}

static void destroy_worldp(struct vr_world **world)
{
    vr_world_destroy(*world);
}

static int serve(
    struct arguments *arguments, const struct vr_sim_driver *driver, int *ret_exit,
    struct vr_err *err)
{
    _cleanup_(destroy_worldp) struct vr_world *world = NULL;
    _cleanup_(vr_activity_close) struct vr_activity activity = {.fd = -1};
    _cleanup_fclose_ FILE *file = NULL;
    struct vr_sim_fault faults[VR_SIM_FAULTS_MAX];
    struct vr_world_model model;
    struct vr_truth truth;
    struct usb_bus *bus;
    struct usb_bus_meter meter = {
        .driver = driver, .activity = &activity, .lag_ns = (int64_t)(arguments->lag_ms * 1e6)};
    int64_t start_ns = vr_clock_monotonic_ns();

    vr_world_model_init(&model);
    int r = vr_sim_faults_parse(
        arguments->faults, driver->rate_hz, faults, &arguments->config.fault_count, err);
    if (r == 0)
        r = vr_world_create(&model, start_ns, &world, err);
    if (r == 0 && arguments->truth && !(file = fopen(arguments->truth, "we")))
        r = vr_err_set(err, VR_ERR_IO, "%s: %s", arguments->truth, strerror(errno));
    if (r < 0)
        return r;
    vr_truth_init(&truth, file, start_ns, 5000, model.volts);
    struct wired wired = {vr_world_view(world), arguments->wires};
    const struct vr_sim_world inputs = {
        &wired, wired_amperes, wired_coulombs, wired_lines, model.volts};
    arguments->config.world = &inputs;
    arguments->config.faults = faults;
    r = vr_activity_open(&activity, arguments->gpio, world, &truth, err);
    if (r == 0)
        r = vr_sim_create(driver, &arguments->config, &meter.meter, err);
    if (r == 0)
        r = usb_bus_create(&meter, arguments->serial, &bus, err);
    if (r < 0) {
        vr_sim_destroy(meter.meter);
        return r;
    }
    *ret_exit = run_command(arguments->command);
    usb_bus_destroy(bus);
    r = put_end(&meter, &truth, world, err);
    vr_sim_destroy(meter.meter);
    return r;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {
        .faults = "", .serial = "000123", .wires = "0123", .lag_ms = 20, .config.seed = 1};
    const struct argp argp = {
        options, parse, "KIND -- COMMAND...", "A command with a simulated USB power meter.", NULL,
        NULL,    NULL};
    struct vr_err err = {0};
    int exit_code = 0;
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &arguments);
    const struct vr_sim_driver *driver = vr_sim_find(arguments.kind);
    if (!driver || !driver->is_usb)
        vr_err_set(&err, VR_ERR_USAGE, "\"%s\" is no kind of meter on USB", arguments.kind);
    else
        serve(&arguments, driver, &exit_code, &err);
    if (err.code)
        fprintf(stderr, "usb_meter: %s\n", err.text);
    return err.code ? vr_err_exit(err.code) : exit_code;
}
