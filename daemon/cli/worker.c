/* `vitalrig worker`: one job of a daemon on one device, into its run file, told line by line (service/worker.h).
 *
 * Not in the list of verbs: a daemon starts it.  Two threads: the work, and one that waits for the end of stdin, which is the daemon's, and
 * that says "still there" where the work has nothing to say for long and needs no device to answer (reading records, flashing, scoring). */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/errand.h"
#include "cli/event_line.h"
#include "cli/ordering.h"
#include "cli/verb.h"
#include "cli/work.h"

#define PROGRESS_NS (200 * VR_NS_PER_MS)
#define ALIVE_MS 2000
#define ALIVE_MAX (7200 * 1000 / ALIVE_MS) /* longer than any command of a bench may take */

struct worker {
    struct vr_errand errand;
    struct vr_work work;
    struct vr_event_lines lines;
    char *order_text;
    int64_t progress_ns; /* when the last one was told */
    bool is_begun;       /* the bench was used */
    /* Shared with the watching thread. */
    _Atomic double fraction;
    atomic_bool is_in_trial; /* then only the line itself says that it is alive */
};

static atomic_int stop_signal;

static void on_stop(int number)
{
    if (atomic_exchange(&stop_signal, number))
        _exit(128 + number);
}

/* --- what happens, line by line --- */

static void tell_fraction(struct worker *worker, double fraction)
{
    struct vr_event_line line;
    if (vr_event_line_begin(&worker->lines, &line, "progress"))
        vr_json_write_double(&line.json.writer, "fraction", fraction);
    vr_event_line_end(&line);
}

static void tell_run(struct worker *worker)
{
    const struct vr_plan *plan = &worker->work.plan;
    struct vr_event_line line;
    if (vr_event_line_begin(&worker->lines, &line, "run_started")) {
        vr_json_write_string(&line.json.writer, "run", worker->work.uid);
        vr_json_write_string(&line.json.writer, "dut", plan->dut->name);
        vr_json_write_string(&line.json.writer, "version", VR_VERSION);
        vr_json_write_uint(&line.json.writer, "trials", plan->trial_count);
        vr_json_write_uint(&line.json.writer, "unselected", plan->unselected_count);
        vr_json_write_uint(&line.json.writer, "signal_less", plan->signal_less_count);
    }
    vr_event_line_end(&line);
}

static void trial_started(
    void *context, size_t index, size_t total, const char *record, int repeat, int attempt)
{
    struct worker *worker = context;
    struct vr_event_line line;
    atomic_store(&worker->is_in_trial, true);
    if (vr_event_line_begin(&worker->lines, &line, "trial_started")) {
        vr_json_write_uint(&line.json.writer, "index", index);
        vr_json_write_uint(&line.json.writer, "total", total);
        vr_json_write_string(&line.json.writer, "record", record);
        vr_json_write_int(&line.json.writer, "repeat", repeat);
        vr_json_write_int(&line.json.writer, "attempt", attempt);
    }
    vr_event_line_end(&line);
}

/* Nobody listens any more: the daemon has gone, and so must we. */
static void stop_if_broken(struct worker *worker)
{
    if (atomic_load(&worker->lines.is_broken))
        atomic_store(&stop_signal, SIGPIPE);
}

static void progress(void *context, int64_t now_ns, double fraction)
{
    struct worker *worker = context;
    atomic_store(&worker->fraction, fraction);
    stop_if_broken(worker);
    if (now_ns - worker->progress_ns < PROGRESS_NS)
        return;
    worker->progress_ns = now_ns;
    tell_fraction(worker, fraction);
}

static void trial_ended(
    void *context, const char *record, int repeat, int attempt,
    const struct vr_trial_result *result, double duration_s)
{
    struct worker *worker = context;
    struct vr_event_line line;
    atomic_store(&worker->is_in_trial, false);
    if (vr_event_line_begin(&worker->lines, &line, "trial_ended")) {
        vr_json_write_string(&line.json.writer, "record", record);
        vr_json_write_int(&line.json.writer, "repeat", repeat);
        vr_json_write_int(&line.json.writer, "attempt", attempt);
        vr_json_write_string(&line.json.writer, "outcome", vr_outcome_word(result->outcome));
        vr_json_write_string(&line.json.writer, "why", result->why);
        vr_json_write_string(&line.json.writer, "warning", result->warning);
        vr_json_write_double(&line.json.writer, "duration_s", duration_s);
        vr_json_write_int(&line.json.writer, "outputs", result->row.outputs_stored);
        vr_json_write_string(&line.json.writer, "result_key", result->result_key);
    }
    vr_event_line_end(&line);
    stop_if_broken(worker);
}

static void bench_acted(void *context, const char *text)
{
    struct worker *worker = context;
    struct vr_event_line line;
    if (vr_event_line_begin(&worker->lines, &line, "bench_acted"))
        vr_json_write_string(&line.json.writer, "text", text);
    vr_event_line_end(&line);
}

/* --- the end --- */

static void tell_bench(struct worker *worker)
{
    static const char *const powers[] = {
        [VR_HEALTH_POWER_UNSEEN] = "unseen",
        [VR_HEALTH_POWER_CYCLED] = "cycled",
        [VR_HEALTH_POWER_STAYED] = "stayed",
    };
    const struct vr_trust *trust = &worker->work.trust;
    struct vr_event_line line;
    char lost[24];
    int64_t lost_utc_ns =
        trust->lost_ns ? vr_clock_utc_ns() - (vr_clock_monotonic_ns() - trust->lost_ns) : 0;
    snprintf(lost, sizeof lost, "%lld", (long long)lost_utc_ns);
    if (vr_event_line_begin(&worker->lines, &line, "bench")) {
        vr_json_write_bool(&line.json.writer, "succeeded", trust->succeeded);
        vr_json_write_int(&line.json.writer, "failures", trust->failures);
        vr_json_write_int(&line.json.writer, "losses", trust->losses);
        vr_json_write_string(&line.json.writer, "lost_utc_ns", lost);
        vr_json_write_string(&line.json.writer, "reason", trust->reason);
        vr_json_write_int(&line.json.writer, "limit", trust->limit);
        vr_json_write_string(&line.json.writer, "power_cycle", powers[trust->power_cycle]);
    }
    vr_event_line_end(&line);
}

static void tell_verdict(struct worker *worker)
{
    const struct vr_verdict *verdict = &worker->work.verdict;
    struct vr_event_line line;
    if (vr_event_line_begin(&worker->lines, &line, "run_judged")) {
        vr_json_write_string(&line.json.writer, "verdict", verdict->word);
        vr_json_write_string(&line.json.writer, "why", verdict->why);
        vr_json_write_int(&line.json.writer, "exit_code", verdict->exit_code);
    }
    vr_event_line_end(&line);
}

static void tell_handed_back(struct worker *worker)
{
    struct vr_event_line line;
    if (vr_event_line_begin(&worker->lines, &line, "handed_back"))
        vr_json_write_string(&line.json.writer, "why", worker->work.result.why);
    vr_event_line_end(&line);
}

static void tell_stopped(struct worker *worker)
{
    struct vr_event_line line;
    vr_event_line_begin(&worker->lines, &line, "stopped");
    vr_event_line_end(&line);
}

static void tell_failed(struct worker *worker, const struct vr_err *err)
{
    struct vr_event_line line;
    if (vr_event_line_begin(&worker->lines, &line, "failed")) {
        vr_json_write_string(&line.json.writer, "code", vr_err_name(err->code));
        vr_json_write_string(&line.json.writer, "text", err->text);
        vr_json_write_int(&line.json.writer, "exit_code", vr_err_exit(err->code));
    }
    vr_event_line_end(&line);
}

/* --- the work --- */

static int prepare(struct worker *worker, struct vr_err *err)
{
    const struct vr_errand *errand = &worker->errand;
    const struct vr_order *order = &errand->order;
    struct vr_work *work = &worker->work;
    work->options = (struct vr_work_options){
        .text = order->scenario,
        .name = order->scenario_file,
        .directory = order->directory,
        .rig = errand->rig,
        .firmware = order->firmware,
        .parity = order->parity,
        .baseline = order->baseline,
        .db = errand->catalogue,
        .plan = vr_ordering_plan(order),
        .stop = &stop_signal,
    };
    work->options.plan.dut = errand->dut;
    snprintf(work->uid, sizeof work->uid, "%s", errand->uid);
    int r = access(errand->run_file, F_OK) == 0 ? vr_work_take_up(work, errand->run_file, err) : 0;
    if (r == 0)
        r = vr_work_load(work, err);
    if (r == 0)
        r = vr_work_plan(work, err);
    if (r == 0)
        r = vr_ordering_note(order, &worker->order_text, err);
    return r;
}

static int replay(struct worker *worker, struct vr_err *err)
{
    struct vr_work *work = &worker->work;
    const char *run_file = worker->errand.run_file;
    int r = 0;
    if (!work->store)
        r = vr_work_make(run_file, err);
    if (r == 0 && !work->store)
        r = vr_work_take_up(work, run_file, err);
    if (r == 0)
        r = vr_work_open(work, run_file, err);
    if (r < 0)
        return r;
    if (work->begun.is_ended) { /* every trial has its outcome; a verdict may be missing */
        work->result = (struct vr_run_result){.run_id = work->begun.run_id, .end = VR_RUN_ENDED};
        tell_run(worker);
        return 0;
    }
    vr_trust_init(&work->trust, work->plan.dut->quarantine_after, worker->errand.failures);
    worker->is_begun = true;
    tell_run(worker);
    const struct vr_work_replay setup = {
        .events =
            {
                .context = worker,
                .trial_started = trial_started,
                .progress = progress,
                .trial_ended = trial_ended,
                .bench_acted = bench_acted,
            },
        .order = worker->order_text,
        .hand_back = worker->errand.hand_back,
    };
    r = vr_work_replay(work, &setup, err);
    atomic_store(&worker->is_in_trial, false);
    return r;
}

/* A run whose every trial was done before is judged all the same: its last worker died on the way to it. */
static int run_errand(struct worker *worker, struct vr_err *err)
{
    struct vr_work *work = &worker->work;
    int r = prepare(worker, err);
    if (r == 0)
        r = replay(worker, err);
    if (r == 0 && work->result.end == VR_RUN_ENDED)
        r = vr_work_judge(work, err);
    vr_store_close(work->store); /* one file, before anybody hears that it is whole */
    work->store = NULL;
    if (worker->is_begun)
        tell_bench(worker);
    return r;
}

static void tell_end(struct worker *worker, int result, const struct vr_err *err)
{
    if (result < 0)
        tell_failed(worker, err);
    else if (worker->work.result.end == VR_RUN_STOPPED)
        tell_stopped(worker);
    else if (worker->work.result.end == VR_RUN_HANDED_BACK)
        tell_handed_back(worker);
    else
        tell_verdict(worker);
}

/* --- the daemon --- */

/* Until its end stdin brings nothing more. */
static void *watch_daemon(void *context)
{
    struct worker *worker = context;
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char rest[256];
    for (int alive = 0;;) {
        int ready = poll(&input, 1, ALIVE_MS);
        if (ready > 0 && read(STDIN_FILENO, rest, sizeof rest) <= 0) {
            atomic_store(&stop_signal, SIGHUP);
            return NULL;
        }
        bool is_quiet = ready == 0 && !atomic_load(&worker->is_in_trial);
        alive = is_quiet ? alive + 1 : 0;
        if (is_quiet && alive <= ALIVE_MAX)
            tell_fraction(worker, atomic_load(&worker->fraction));
    }
}

static int start_watching(struct worker *worker, struct vr_err *err)
{
    pthread_t thread;
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are the work's: they end its waits */
    int error = pthread_create(&thread, NULL, watch_daemon, worker);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (error)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no thread: %s", strerror(error));
    pthread_detach(thread);
    return 0;
}

/* What is passed on to devices and commands is theirs: the lock is not. */
static void keep_descriptors(void)
{
    close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_stop};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
}

static int run(int argc, char **argv)
{
    /* The thread may outlive run(). */
    static struct worker worker = {.lines = VR_EVENT_LINES(STDOUT_FILENO)};
    struct vr_err err = {0};
    if (argc > 1) {
        printf(
            "Usage: %s\nRun one job of a daemon: vitalrigd starts it, and nobody else.\n", argv[0]);
        return strcmp(argv[1], "--help") == 0 ? EXIT_SUCCESS : vr_err_exit(VR_ERR_USAGE);
    }
    keep_descriptors();
    catch_signals();
    int r = vr_errand_read(STDIN_FILENO, &worker.errand, &err);
    if (r == 0)
        r = start_watching(&worker, &err);
    if (r == 0)
        r = run_errand(&worker, &err);
    atomic_store(&worker.is_in_trial, true); /* nothing comes behind the last word */
    tell_end(&worker, r, &err);
    vr_work_finish(&worker.work);
    vr_errand_finish(&worker.errand);
    free(worker.order_text);
    return atomic_load(&worker.lines.is_broken) ? vr_err_exit(VR_ERR_IO) : EXIT_SUCCESS;
}

const struct vr_verb vr_verb_worker = {
    .name = "worker",
    .run = run,
};
