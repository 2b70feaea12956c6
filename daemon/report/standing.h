/* How each record stands: what the end of its trial and the gates on it say together.  Every form
 * of report marks records by it. */
#ifndef VR_REPORT_STANDING_H
#define VR_REPORT_STANDING_H

#include <stdbool.h>

#include "report/report.h"

enum vr_standing {
    VR_STANDING_PASS,
    VR_STANDING_FAIL,  /* a gate on this record failed, or the firmware did */
    VR_STANDING_RIG,   /* the bench failed: says nothing about the firmware */
    VR_STANDING_UNSURE /* too little is known: an open ledger, a gate without its number, a trial
                          that never ended */
};

/* PASS, FAIL, RIG, UNSURE */
const char *vr_standing_word(enum vr_standing standing);

enum vr_standing vr_standing_of(const struct vr_report *report, const struct vr_trial_row *trial);

/* Why a trial does not pass, for machines: its outcome, "ledger_open", "not_judged", "gate" or
 * "inconclusive"; ""
 * when it passes. */
const char *vr_standing_cause(const struct vr_report *report, const struct vr_trial_row *trial);

bool vr_trial_is_complete(const struct vr_trial_row *trial);

/* Metrics add up a record's repeats, so forms show them once a record: with its first complete
 * trial. */
bool vr_trial_carries_metrics(const struct vr_report *report, size_t index);

/* A gate's verdict as words of vr_standing: pass, fail; anything else is UNSURE. */
enum vr_standing vr_standing_of_gate(const struct vr_gate_row *gate);

#endif
