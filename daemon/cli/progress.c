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

static void trial_started(
    void *context, size_t index, size_t total, const char *record, int repeat, int attempt)
{
    struct vr_progress *progress = context;
    (void)repeat, (void)attempt;
    progress->index = index;
    progress->total = total;
    snprintf(progress->record, sizeof progress->record, "%s", record);
}

static void draw(void *context, int64_t now_ns, double fraction)
{
    struct vr_progress *progress = context;
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

static void trial_ended(
    void *context, const char *record, int repeat, int attempt,
    const struct vr_trial_result *result, double duration_s)
{
    struct vr_progress *progress = context;
    char clock[24], label[48] = "";
    if (progress->quiet)
        return;
    vr_progress_finish(progress);
    if (repeat > 0 || attempt > 0)
        snprintf(label, sizeof label, " (repeat %d, attempt %d)", repeat + 1, attempt + 1);
    fprintf(stderr, "  %zu/%zu  ", progress->index + 1, progress->total);
    vr_plain_put_padded(record, 12, stderr);
    fprintf(
        stderr, " %-12s %8s  %6lld outputs%s%s", vr_outcome_word(result->outcome),
        vr_progress_clock(duration_s, clock), (long long)result->row.outputs_stored, label,
        result->why[0] ? "  " : "");
    vr_plain_put(result->why, stderr);
    putc('\n', stderr);
    if (result->warning[0])
        put_note("warning: ", result->warning);
}

static void bench_acted(void *context, const char *text)
{
    struct vr_progress *progress = context;
    if (progress->quiet)
        return;
    vr_progress_finish(progress);
    put_note("", text);
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
