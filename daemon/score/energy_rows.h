/* What is stored of the energy of a trial, with strings of its own. */
#ifndef VR_SCORE_ENERGY_ROWS_H
#define VR_SCORE_ENERGY_ROWS_H

#include "score/power_window.h"

/* Of the first meter of the trial.  Zeroed = no meter was used. */
struct vr_energy_rows {
    bool has_stream, has_span;
    struct vr_power_stream_row stream;
    struct vr_power_span_row span;             /* where has_span */
    struct vr_power_inference_row *inferences; /* in the order of the outputs */
    size_t inference_count;
    struct vr_power_window_row windows[VR_ENERGY_MEASUREMENTS];
    size_t window_count;
    int64_t gap_count;
    double clock_bound; /* samples: largest of the clock to the device; NaN = none */

    /* Private. */
    char *strings[8];
    size_t string_count, capacity;
};

/* On error the rows may be part filled; vr_energy_rows_finish is the caller's in any case. */
int vr_energy_rows_load(
    struct vr_store *store, int64_t trial_id, struct vr_energy_rows *rows, struct vr_err *err);
void vr_energy_rows_finish(struct vr_energy_rows *rows);

#endif
