/* Progress of a run on stderr: a bar with the time left on a terminal, else one plain line per trial. */
#ifndef VR_CLI_PROGRESS_H
#define VR_CLI_PROGRESS_H

#include <stdbool.h>

#include "replay/run.h"

struct vr_progress {
    bool bar;           /* stderr is a terminal, and nobody asked for quiet */
    bool quiet;         /* nothing at all */
    int64_t started_ns; /* of the run */
    size_t index, total;
    char record[VR_NAME_SIZE];
    size_t bar_width; /* columns of the bar on screen now; 0 = none */
};

void vr_progress_init(struct vr_progress *progress, bool quiet, int64_t now_ns);

/* The run has begun: one line about it. */
struct vr_progress_run {
    const char *version; /* of the program that runs it */
    const char *uid, *dut;
    size_t trials, unselected, signal_less;
};
void vr_progress_run(const struct vr_progress *progress, const struct vr_progress_run *run);

/* Attempt and repeat from 0; why and warning "" = none. */
struct vr_progress_trial {
    const char *record, *outcome, *why, *warning;
    int repeat, attempt;
    int64_t outputs;
    double duration_s;
};
void vr_progress_trial_started(
    struct vr_progress *progress, size_t index, size_t total, const char *record);
void vr_progress_draw(struct vr_progress *progress, int64_t now_ns, double fraction);
void vr_progress_trial_ended(struct vr_progress *progress, const struct vr_progress_trial *trial);
/* A line below a trial's. */
void vr_progress_note(struct vr_progress *progress, const char *text);

/* All of these as the events to put into a run's setup. */
struct vr_run_events vr_progress_events(struct vr_progress *progress);

/* Take the bar off the screen. */
void vr_progress_finish(struct vr_progress *progress);

/* "1:02:03" or "2:03"; buffer of at least 24 bytes. */
const char *vr_progress_clock(double seconds, char *buffer);

#endif
