#include "cli/get_progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "report/plain.h"

#define BAR_NS (VR_NS_PER_S / 5)
#define LINE_NS (10 * VR_NS_PER_S)
#define SIZE_TEXT 24
#define LINE_SIZE 80 /* longer ones are cut */

void vr_get_progress_init(struct vr_get_progress *progress, bool quiet, int64_t now_ns)
{
    *progress = (struct vr_get_progress){
        .bar = !quiet && isatty(STDERR_FILENO),
        .quiet = quiet,
        .started_ns = now_ns,
        .shown_ns = now_ns,
    };
}

void vr_get_progress_begin(
    struct vr_get_progress *progress, const char *verb, size_t total, int64_t now_ns)
{
    progress->verb = verb;
    progress->total = total;
    progress->done = 0;
    progress->bytes = 0;
    progress->started_ns = progress->shown_ns = now_ns;
}

const char *vr_get_progress_size(double bytes, char *buffer)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    size_t unit = 0;
    while (bytes >= 1000 && unit + 1 < sizeof units / sizeof *units) {
        bytes /= 1000;
        unit++;
    }
    snprintf(buffer, SIZE_TEXT, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
    return buffer;
}

void vr_get_progress_clear(struct vr_get_progress *progress)
{
    if (progress->width > 0)
        fprintf(stderr, "\r%*s\r", (int)progress->width, "");
    progress->width = 0;
}

void vr_get_progress_draw(
    struct vr_get_progress *progress, const char *file, int64_t bytes, int64_t now_ns)
{
    if (progress->quiet || now_ns - progress->shown_ns < (progress->bar ? BAR_NS : LINE_NS))
        return;
    char size[SIZE_TEXT], rate[SIZE_TEXT], text[LINE_SIZE];
    double total = (double)(progress->bytes + bytes);
    double elapsed_s = (double)(now_ns - progress->started_ns) / VR_NS_PER_S;
    int length = snprintf(
        text, sizeof text, "%zu of %zu files %s, %s, %s/s, now at %s", progress->done,
        progress->total, progress->verb, vr_get_progress_size(total, size),
        vr_get_progress_size(elapsed_s > 0 ? total / elapsed_s : 0, rate), file);
    if (length < 0)
        return;
    vr_get_progress_clear(progress);
    vr_plain_put(text, stderr);
    if (progress->bar)
        progress->width = strlen(text);
    else
        putc('\n', stderr);
    fflush(stderr);
    progress->shown_ns = now_ns;
}
