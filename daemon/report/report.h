/* Reports: what people and programs read of a run.  One shape for every form; one file per form.
 *
 * A report reads only store rows, gathered once into struct vr_report, so every form shows the same
 * numbers. */
#ifndef VR_REPORT_REPORT_H
#define VR_REPORT_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "store/power.h"

/* What went over the line, summed over every attempt of a run: nothing is left out of the cost. */
struct vr_report_line {
    int64_t bytes_sent, bytes_received;
    int64_t payload_bytes, sample_bytes;
    double payload_pct; /* of what was sent, framing and repeats included; NaN when nothing was */
};

/* A line of a trial's log. */
struct vr_log_row {
    int64_t trial_id;
    int64_t host_ns;
    int level; /* as in syslog: 0 emergency .. 7 debug */
    const char *source, *text;
};

/* What the meter of a trial measured; NaN = there is none.  Sums are over the outputs that have an energy. */
#define VR_REPORT_WINDOWS 5

struct vr_report_window {
    struct vr_power_window_row row; /* without its string */
    char why[128];
};

struct vr_report_segment {
    struct vr_power_segment_row row; /* without its string */
    char why[128];
};

struct vr_report_energy {
    bool has_meter;
    char meter[64], instrument[64], mode[8], validity[12], why[256], method[8];
    int64_t samples, samples_lost, gaps;
    double seconds, gross_uj, charge_uc, idle_uw, busy_uj, busy_s, gain_err_uj, coverage,
        time_err_us;
    int64_t outputs, inferences; /* of which each is an inference of its own; with an energy */
    char first_why[128];         /* why the first that has none has none; "" = all have one */
    double inference_uj, net_uj, duration_us, edge_err_uj, gain_err_sum_uj, noise_err_uj;
    double edge_us; /* an end is at most so far off */
    int64_t shared; /* outputs that came out of the inference of another one; not among `outputs` */
    struct vr_report_window windows[VR_REPORT_WINDOWS]; /* of MLPerf Tiny */
    size_t window_count;
    char window_why[128];                /* the rule that the first of them breaks; "" = none */
    size_t segment_first, segment_count; /* minutes of the record, in report->segments */
};

/* Everything stored about one run; strings and arrays are owned by the report. */
/* Something done to a trial's signal. */
struct vr_report_signal_fault {
    int64_t trial_id;
    struct vr_signal_fault_row row;
};

struct vr_report {
    struct vr_run_row run;
    struct vr_trial_row *trials; /* every attempt, in order */
    bool *superseded;            /* per trial: a later attempt took its place */
    const char **hung_again; /* per trial: the outcome of a hang that happened twice at one place
                                    (report/hang.h); NULL = none */
    struct vr_pacing_row *pacings;      /* per trial; n 0 = not paced, or nothing could be told */
    struct vr_report_energy *energies;  /* per trial */
    struct vr_report_segment *segments; /* of all trials */
    size_t segment_count;
    size_t trial_count;
    struct vr_metric_row *metrics;
    size_t metric_count;
    struct vr_gate_row *gates;
    size_t gate_count;
    const char *golden_uid;         /* of the run that this one is held against, NULL = none */
    struct vr_parity_row *parities; /* by record and repeat */
    size_t parity_count;
    const char *record;      /* the one that the report was narrowed to, or NULL */
    struct vr_log_row *logs; /* read by vr_report_narrow only */
    size_t log_count;
    struct vr_report_signal_fault *signal_faults; /* likewise */
    size_t signal_fault_count;
    struct vr_report_line line;
    int64_t duration_ns; /* from the start of the run to the end of its last trial */

    /* Private. */
    struct vr_report_string *strings; /* what the rows point to */
    struct vr_report_index *index;
};

/* Reads the run; on error *ret_report is left untouched. */
int vr_report_load(
    struct vr_store *store, int64_t run_id, struct vr_report *ret_report, struct vr_err *err);
void vr_report_finish(struct vr_report *report);

/* Narrow it to one record: its attempts with their logs, its metrics and its gates; sums are those
 * of the record. VR_ERR_NOT_FOUND when the run has no such record.  After an error only
 * vr_report_finish makes sense. */
int vr_report_narrow(
    struct vr_store *store, const char *record, struct vr_report *report, struct vr_err *err);

/* Share of the bytes sent that is payload, in percent; NaN when nothing was sent. */
double vr_report_payload_pct(int64_t payload_bytes, int64_t bytes_sent);

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
