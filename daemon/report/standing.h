/* How each record stands: what the end of its trial and the gates on it say together.  Every form of report marks records by it. */
#ifndef VR_REPORT_STANDING_H
#define VR_REPORT_STANDING_H

#include <stdbool.h>

#include "report/report.h"

enum vr_mark {
    VR_MARK_PASS,
    VR_MARK_WARN, /* a gate that is a warning did not pass; the run may */
    VR_MARK_FAIL, /* a gate on this record failed, its outputs are not the golden run's, or the firmware failed */
    VR_MARK_RIG,   /* the bench failed: says nothing about the firmware */
    VR_MARK_UNSURE /* too little is known to say that it passes */
};

/* PASS, WARN, FAIL, RIG, UNSURE */
const char *vr_mark_word(enum vr_mark mark);

struct vr_standing {
    enum vr_mark mark;
    const char *
        cause; /* for programs: an outcome, ledger_open, not_judged, not_scored, gate, parity, inconclusive; "" when it passes */
    const char *why; /* for people; "" when the gates on the record say it */
};

/* `trial` is one of the report's. */
struct vr_standing vr_standing_of(const struct vr_report *report, const struct vr_trial_row *trial);

bool vr_trial_is_complete(const struct vr_trial_row *trial);

/* Metrics add up a record's repeats, so forms show them once a record: with its first complete trial. */
bool vr_trial_carries_metrics(const struct vr_report *report, size_t index);

/* A gate's verdict: pass, warn, fail; anything else is UNSURE. */
enum vr_mark vr_mark_of_gate(const struct vr_gate_row *gate);

#endif
