/* Reports: what people and programs read of a run.  One shape for every form; one file per form.
 *
 * A report reads only store rows, gathered once into struct vr_report, so every form shows the same numbers. */
#ifndef VR_REPORT_REPORT_H
#define VR_REPORT_REPORT_H

#include <stdio.h>

#include "base/err.h"
#include "store/store.h"

/* Everything stored about one run; strings and arrays are owned by the report. */
struct vr_report {
    struct vr_run_row run;
    struct vr_trial_row *trials; /* every attempt, in order */
    size_t trial_count;
    struct vr_metric_row *metrics;
    size_t metric_count;
    struct vr_gate_row *gates;
    size_t gate_count;
};

int vr_report_load(struct vr_store *store, int64_t run_id, struct vr_report *ret_report,
    struct vr_err *err);
void vr_report_finish(struct vr_report *report);

struct vr_report_driver {
    const char *name;    /* text, json, junit */
    const char *summary; /* one line */
    /* Write the whole report; a stream error is seen by the caller through ferror. */
    void (*write)(const struct vr_report *report, FILE *out);
};

/* The drivers in the order of the list in report.c; NULL after the last. */
const struct vr_report_driver *vr_report_driver(size_t index);
const struct vr_report_driver *vr_report_find(const char *name, struct vr_err *err);

#endif
