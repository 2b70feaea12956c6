/* Plain ANSI: carriage return and erase-to-end, nothing that a terminal of the last forty years lacks. */
#include "cli/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "report/plain.h"

#define BAR_CELLS 30

static bool terminal_wanted(void)
{
    const char *term = getenv("TERM");
    return isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0);
}

void vr_progress_init(struct vr_progress *progress, bool quiet, int64_t now_ns)
{
    *progress = (struct vr_progress){
        .bar = !quiet && terminal_wanted(),
        .quiet = quiet,
        .started_ns = now_ns,
    };
}

const char *vr_progress_clock(double seconds, char *buffer)
{
    long whole = seconds > 0 ? (long)(seconds + 0.5) : 0;
    if (whole >= 3600)
        snprintf(buffer, 24, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    else
        snprintf(buffer, 24, "%ld:%02ld", whole / 60, whole % 60);
    return buffer;
}

void vr_progress_finish(struct vr_progress *progress)
{
    if (progress->bar_width > 0)
        fputs("\r\033[K", stderr);
    progress->bar_width = 0;
}

void vr_progress_run(const struct vr_progress *progress, const struct vr_progress_run *run)
{
    if (progress->quiet)
        return;
    fprintf(stderr, "vitalrig ");
    vr_plain_put(run->version, stderr);
    fprintf(stderr, "  run ");
    vr_plain_put(run->uid, stderr);
    fprintf(stderr, "  DUT ");
    vr_plain_put(run->dut, stderr);
    fprintf(
        stderr, "  %zu trials; left out: %zu not selected, %zu without signals\n", run->trials,
        run->unselected, run->signal_less);
}

void vr_progress_trial_started(
    struct vr_progress *progress, size_t index, size_t total, const char *record)
{
    progress->index = index;
    progress->total = total;
    snprintf(progress->record, sizeof progress->record, "%s", record);
}

void vr_progress_draw(struct vr_progress *progress, int64_t now_ns, double fraction)
{
    if (!progress->bar)
        return;
    char cells[BAR_CELLS + 1], left[24] = "?";
    int full = (int)(fraction * BAR_CELLS);
    for (int i = 0; i < BAR_CELLS; i++)
        cells[i] = i < full ? '=' : i == full ? '>' : ' ';
    cells[BAR_CELLS] = '\0';

    double elapsed_s = (double)(now_ns - progress->started_ns) / VR_NS_PER_S;
    if (fraction > 0.001)
        vr_progress_clock(elapsed_s / fraction - elapsed_s, left);
    progress->bar_width = (size_t)fprintf(
        stderr, "\r\033[K[%s] %zu/%zu  %s left  ", cells, progress->index + 1, progress->total,
        left);
    progress->bar_width += vr_plain_put(progress->record, stderr);
    fflush(stderr);
}

/* Texts come from devices, files and commands: none may steer the terminal. */
static void put_note(const char *label, const char *text)
{
    fprintf(stderr, "       %s", label);
    vr_plain_put(text, stderr);
    putc('\n', stderr);
}

void vr_progress_trial_ended(struct vr_progress *progress, const struct vr_progress_trial *trial)
{
    char clock[24], label[48] = "";
    if (progress->quiet)
        return;
    vr_progress_finish(progress);
    if (trial->repeat > 0 || trial->attempt > 0)
        snprintf(
            label, sizeof label, " (repeat %d, attempt %d)", trial->repeat + 1, trial->attempt + 1);
    fprintf(stderr, "  %zu/%zu  ", progress->index + 1, progress->total);
    vr_plain_put_padded(trial->record, 12, stderr);
    putc(' ', stderr);
    vr_plain_put_padded(trial->outcome, 12, stderr);
    fprintf(
        stderr, " %8s  %6lld outputs%s%s", vr_progress_clock(trial->duration_s, clock),
        (long long)trial->outputs, label, trial->why[0] ? "  " : "");
    vr_plain_put(trial->why, stderr);
    putc('\n', stderr);
    if (trial->warning[0])
        put_note("warning: ", trial->warning);
}

void vr_progress_note(struct vr_progress *progress, const char *text)
{
    if (progress->quiet)
        return;
    vr_progress_finish(progress);
    put_note("", text);
}

/* --- of a run by itself ---------------------------------------------------------------------------- */

static void trial_started(
    void *context, size_t index, size_t total, const char *record, int repeat, int attempt)
{
    (void)repeat, (void)attempt;
    vr_progress_trial_started(context, index, total, record);
}

static void draw(void *context, int64_t now_ns, double fraction)
{
    vr_progress_draw(context, now_ns, fraction);
}

static void trial_ended(
    void *context, const char *record, int repeat, int attempt,
    const struct vr_trial_result *result, double duration_s)
{
    const struct vr_progress_trial trial = {
        .record = record,
        .outcome = vr_outcome_word(result->outcome),
        .why = result->why,
        .warning = result->warning,
        .repeat = repeat,
        .attempt = attempt,
        .outputs = result->row.outputs_stored,
        .duration_s = duration_s,
    };
    vr_progress_trial_ended(context, &trial);
}

static void bench_acted(void *context, const char *text)
{
    vr_progress_note(context, text);
}

struct vr_run_events vr_progress_events(struct vr_progress *progress)
{
    return (struct vr_run_events){
        .context = progress,
        .trial_started = trial_started,
        .progress = draw,
        .trial_ended = trial_ended,
        .bench_acted = bench_acted,
    };
}
