/* How each record stands. */
#include "report/standing.h"

#include <math.h>
#include <string.h>

#include "base/outcome.h"
#include "report/index.h"
#include "report/parity.h"

const char *vr_mark_word(enum vr_mark mark)
{
    static const char *const words[] = {
        [VR_MARK_PASS] = "PASS", [VR_MARK_WARN] = "WARN",     [VR_MARK_FAIL] = "FAIL",
        [VR_MARK_RIG] = "RIG",   [VR_MARK_UNSURE] = "UNSURE",
    };
    return words[mark];
}

bool vr_trial_is_complete(const struct vr_trial_row *trial)
{
    return vr_outcome_find(trial->outcome) == VR_OUTCOME_COMPLETE;
}

enum vr_mark vr_mark_of_gate(const struct vr_gate_row *gate)
{
    if (strcmp(gate->verdict, "pass") == 0)
        return VR_MARK_PASS;
    if (strcmp(gate->verdict, "warn") == 0)
        return VR_MARK_WARN;
    return strcmp(gate->verdict, "fail") == 0 ? VR_MARK_FAIL : VR_MARK_UNSURE;
}

/* A trial that did not come to its end; its outcome may be a word of a later version, or "running". */
static struct vr_standing standing_of_outcome(const struct vr_trial_row *trial)
{
    struct vr_standing standing = {VR_MARK_UNSURE, trial->outcome, "the trial has no end"};
    enum vr_outcome outcome = vr_outcome_find(trial->outcome);
    if (outcome != VR_OUTCOME_COUNT) {
        standing.mark = vr_outcome_is_rig_trouble(outcome) ? VR_MARK_RIG : VR_MARK_FAIL;
        standing.why = vr_outcome_text(outcome);
    }
    if (trial->why[0] != '\0')
        standing.why = trial->why;
    return standing;
}

/* The worst verdict of the gates on one record: one failure outranks what is unsure. */
static struct vr_standing standing_of_gates(const struct vr_report *report, const char *record)
{
    struct vr_standing standing = {VR_MARK_PASS, "", ""};
    for (size_t i = 0; i < report->gate_count; i++) {
        if (strcmp(report->gates[i].scope, record) != 0)
            continue;
        enum vr_mark mark = vr_mark_of_gate(&report->gates[i]);
        if (mark == VR_MARK_FAIL)
            return (struct vr_standing){VR_MARK_FAIL, "gate", ""};
        if (mark == VR_MARK_WARN && standing.mark == VR_MARK_PASS)
            standing = (struct vr_standing){VR_MARK_WARN, "gate", ""};
        if (mark == VR_MARK_UNSURE)
            standing = (struct vr_standing){VR_MARK_UNSURE, "inconclusive", ""};
    }
    return standing;
}

static struct vr_standing standing_of_parity(
    const struct vr_report *report, const struct vr_trial_row *trial)
{
    struct vr_standing standing = {VR_MARK_PASS, "", ""};
    if (!vr_parity_is_asked(report) || report->superseded[trial - report->trials])
        return standing;
    const struct vr_parity_row *row = vr_parity_of(report, trial);
    if (!row)
        return (struct vr_standing){
            VR_MARK_UNSURE, "parity", "it was not compared with the golden run"};
    if (strcmp(row->verdict, "equal") == 0)
        return standing;
    standing.mark = strcmp(row->verdict, "different") == 0 ? VR_MARK_FAIL : VR_MARK_UNSURE;
    standing.cause = "parity";
    standing.why = row->why;
    return standing;
}

static bool has_value(const struct vr_report *report, const char *record)
{
    size_t count;
    const struct vr_metric_row *const *metrics = vr_index_metrics(report, record, &count);
    for (size_t i = 0; i < count; i++)
        if (!isnan(metrics[i]->value))
            return true;
    return false;
}

struct vr_standing vr_standing_of(const struct vr_report *report, const struct vr_trial_row *trial)
{
    const char *hang = report->hung_again[trial - report->trials];
    if (hang)
        return (struct vr_standing){
            VR_MARK_FAIL, hang, "the device stopped twice in a row at the same place"};
    if (!vr_trial_is_complete(trial))
        return standing_of_outcome(trial);
    if (!trial->ledger_closed)
        return (struct vr_standing){VR_MARK_UNSURE, "ledger_open", "its ledger did not close"};
    if (report->run.verdict[0] == '\0')
        return (struct vr_standing){VR_MARK_UNSURE, "not_judged", "the run was not judged"};
    struct vr_standing parity = standing_of_parity(report, trial);
    struct vr_standing standing = standing_of_gates(report, trial->record);
    if (parity.mark == VR_MARK_FAIL ||
        (parity.mark != VR_MARK_PASS && standing.mark != VR_MARK_FAIL))
        return parity;
    /* A run passes without numbers only when its scenario asks for none. */
    if (standing.mark != VR_MARK_FAIL && strcmp(report->run.verdict, "pass") != 0 &&
        !has_value(report, trial->record))
        return (struct vr_standing){VR_MARK_UNSURE, "not_scored", "nothing on it could be scored"};
    return standing;
}

bool vr_trial_carries_metrics(const struct vr_report *report, size_t index)
{
    const struct vr_trial_row *trial = &report->trials[index];
    if (!vr_trial_is_complete(trial))
        return false;
    for (size_t i = 0; i < index; i++)
        if (report->trials[i].record_id == trial->record_id &&
            vr_trial_is_complete(&report->trials[i]))
            return false;
    return true;
}
