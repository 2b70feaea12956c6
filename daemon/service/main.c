/* vitalrigd: owns a bench, and runs on it what is asked for. */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "service/daemon.h"
#include "service/http.h"
#include "service/say.h"

/* Files, timers and sockets of its own; a running job: five pipes' ends, a pidfd, a lock, an open log. */
#define OWN_DESCRIPTORS 64
#define DESCRIPTORS_A_DUT 12

#define BEAT_US (2 * UINT64_C(1000000)) /* status, when there is no watchdog */
#define OPENING_US "600000000"          /* a migration of a large catalogue, with its backup */

struct program {
    struct vr_config config;
    sd_event *loop;
    struct vr_daemon *daemon;
    struct vr_http *http;
    sd_event_source *beat;
    uint64_t beat_us;
    bool is_stopping;
};

/* --- signals -------------------------------------------------------------------------------- */

/* Once: workers stop in good order.  Twice: now; what was acknowledged is safe. */
static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
    (void)source;
    struct program *program = context;
    if (program->is_stopping)
        return sd_event_exit(program->loop, 128 + (int)info->ssi_signo);
    program->is_stopping = true;
    vr_say_of(VR_LOG_LIFE, LOG_NOTICE, NULL, "it ends; jobs that run go on after the next start");
    sd_notify(0, "STOPPING=1\nSTATUS=workers are asked to stop");
    vr_http_drain(program->http);
    vr_daemon_drain(program->daemon);
    return 0;
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
    (void)source, (void)info;
    struct program *program = context;
    struct vr_err err = {0};
    sd_notifyf(
        0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)(vr_clock_monotonic_ns() / VR_NS_PER_US));
    if (vr_daemon_reload(program->daemon, &err) < 0)
        vr_say_of(VR_LOG_LIFE, LOG_ERR, NULL, "the bench stays as it was: %s", err.text);
    sd_notify(0, "READY=1");
    return 0;
}

static int watch_signals(struct program *program)
{
    sigset_t ours;
    sigemptyset(&ours);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGHUP);
    sigprocmask(SIG_BLOCK, &ours, NULL);
    signal(SIGPIPE, SIG_IGN);
    int r = sd_event_add_signal(program->loop, NULL, SIGTERM, on_stop, program);
    if (r >= 0)
        r = sd_event_add_signal(program->loop, NULL, SIGINT, on_stop, program);
    if (r >= 0)
        r = sd_event_add_signal(program->loop, NULL, SIGHUP, on_reload, program);
    return r;
}

/* --- the beat ------------------------------------------------------------------------------- */

/* Of the lowest priority: it comes when the loop has done everything else. */
static int on_beat(sd_event_source *source, uint64_t now_us, void *context)
{
    struct program *program = context;
    char text[512];
    bool is_alive = vr_daemon_is_alive(program->daemon, text, sizeof text);
    if (!is_alive)
        vr_say_of(VR_LOG_WATCHDOG, LOG_ERR, NULL, "no sign of life for the watchdog: %s", text);
    else if (!program->is_stopping)
        vr_daemon_status(program->daemon, text, sizeof text);
    if (!program->is_stopping || !is_alive)
        sd_notifyf(0, "%sSTATUS=%s", is_alive ? "WATCHDOG=1\n" : "", text);
    else
        sd_notify(0, "WATCHDOG=1");
    sd_event_source_set_time(source, now_us + program->beat_us);
    return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int start_beat(struct program *program)
{
    uint64_t watchdog_us = 0;
    if (!getenv("NOTIFY_SOCKET"))
        return 0;
    program->beat_us = sd_watchdog_enabled(0, &watchdog_us) > 0 ? watchdog_us / 3 : BEAT_US;
    int r =
        sd_event_add_time(program->loop, &program->beat, CLOCK_MONOTONIC, 0, 1, on_beat, program);
    return r < 0 ? r : sd_event_source_set_priority(program->beat, SD_EVENT_PRIORITY_IDLE);
}

/* --- descriptors ---------------------------------------------------------------------------- */

/* Clients are counted, so that they never take what a running job needs. */
static int reserve_descriptors(const struct program *program, struct vr_err *err)
{
    struct rlimit limit;
    rlim_t needed = OWN_DESCRIPTORS + (rlim_t)program->config.max_clients +
                    DESCRIPTORS_A_DUT * vr_daemon_bench(program->daemon)->count;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= needed)
        return 0;
    limit.rlim_cur = needed < limit.rlim_max ? needed : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= needed)
        return 0;
    return vr_err_set(
        err, VR_ERR_USAGE,
        "%llu open files are allowed, and %llu are needed for %zu devices and %d clients; set "
        "LimitNOFILE=, or a smaller max_clients",
        (unsigned long long)limit.rlim_cur, (unsigned long long)needed,
        vr_daemon_bench(program->daemon)->count, program->config.max_clients);
}

struct arguments {
    const char *config_file;
    bool log_json;
};

/* --- running -------------------------------------------------------------------------------- */

static int loop_error(int r, struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_IO, "the event loop: %s", strerror(-r));
}

static int start(struct program *program, const struct arguments *arguments, struct vr_err *err)
{
    vr_say_begin(arguments->log_json);
    int r = vr_config_load(arguments->config_file, &program->config, err);
    if (r < 0)
        return r;
    vr_say_begin(arguments->log_json || program->config.log_json);
    r = sd_event_default(&program->loop);
    if (r >= 0)
        r = watch_signals(program);
    if (r < 0)
        return loop_error(r, err);
    sd_notify(0, "EXTEND_TIMEOUT_USEC=" OPENING_US "\nSTATUS=opening the catalogue");
    r = vr_daemon_create(&program->config, program->loop, &program->daemon, err);
    if (r == 0)
        r = reserve_descriptors(program, err);
    if (r == 0)
        r = vr_http_create(program->daemon, program->loop, &program->http, err);
    if (r < 0)
        return r;
    r = start_beat(program);
    return r < 0 ? loop_error(r, err) : 0;
}

static int run(const struct arguments *arguments)
{
    struct program program = {0};
    struct vr_err err = {0};
    int r = start(&program, arguments, &err), exit_code = 0;
    if (r == 0) {
        vr_say(SD_NOTICE, "ready: %s", vr_daemon_config(program.daemon)->rig_file);
        sd_notify(0, "READY=1");
        exit_code = sd_event_loop(program.loop);
        if (exit_code < 0)
            r = loop_error(exit_code, &err);
    }
    if (r < 0) {
        sd_notifyf(0, "STATUS=%s", err.text);
        vr_say_of(
            VR_LOG_LIFE, LOG_ERR, &(struct vr_log_about){.errclass = vr_err_name(err.code)}, "%s",
            err.text);
        exit_code = vr_err_exit(err.code);
    }
    sd_event_source_unref(program.beat);
    vr_http_destroy(program.http);
    vr_daemon_destroy(program.daemon);
    sd_event_unref(program.loop);
    vr_config_finish(&program.config);
    return exit_code;
}

/* --- command line --------------------------------------------------------------------------- */

enum { KEY_CONFIG = 256, KEY_LOG_JSON };

static const struct argp_option options[] = {
    {"config", KEY_CONFIG, "FILE", 0,
     "The daemon's file (schema/vitalrigd.schema.json); without it, defaults", 0},
    {"log-json", KEY_LOG_JSON, NULL, 0, "Log lines are JSON objects", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case KEY_CONFIG:
        arguments->config_file = argument;
        break;
    case KEY_LOG_JSON:
        arguments->log_json = true;
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "%s: no arguments are taken", argument);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp parser = {
    .options = options,
    .parser = parse,
    .doc = "Own a bench: its devices, its queue and its catalogue; run what is submitted, and lend "
           "devices out.\v"
           "SIGTERM or SIGINT: stop; jobs that ran go on after the next start.  SIGHUP: read the "
           "rig file again.",
};

const char *argp_program_version = "vitalrigd " VR_VERSION;

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    argp_err_exit_status = vr_err_exit(VR_ERR_USAGE);
    argp_parse(&parser, argc, argv, 0, NULL, &arguments);
    return run(&arguments);
}
