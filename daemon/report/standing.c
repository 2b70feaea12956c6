/* How each record stands. */
#include "report/standing.h"

#include <string.h>

enum outcome {
#define X(name, word, is_rig, text) OUTCOME_##name,
#include "schema/outcomes.def"
#undef X
    OUTCOME_COUNT
};

static const struct {
    const char *word;
    bool is_rig;
} outcomes[OUTCOME_COUNT] = {
#define X(name, word, is_rig, text) [OUTCOME_##name] = {word, is_rig},
#include "schema/outcomes.def"
#undef X
};

const char *vr_standing_word(enum vr_standing standing)
{
    static const char *const words[] = {
        [VR_STANDING_PASS] = "PASS",
        [VR_STANDING_FAIL] = "FAIL",
        [VR_STANDING_RIG] = "RIG",
        [VR_STANDING_UNSURE] = "UNSURE",
    };
    return words[standing];
}

bool vr_trial_is_complete(const struct vr_trial_row *trial)
{
    return strcmp(trial->outcome, outcomes[OUTCOME_COMPLETE].word) == 0;
}

enum vr_standing vr_standing_of_gate(const struct vr_gate_row *gate)
{
    if (strcmp(gate->verdict, "pass") == 0)
        return VR_STANDING_PASS;
    return strcmp(gate->verdict, "fail") == 0 ? VR_STANDING_FAIL : VR_STANDING_UNSURE;
}

static bool is_judged(const struct vr_report *report)
{
    return report->run.verdict[0] != '\0';
}

/* The worst verdict of the gates on one record: one failure outranks what is unsure. */
static enum vr_standing gates_standing(const struct vr_report *report, const char *record)
{
    enum vr_standing worst = VR_STANDING_PASS;
    for (size_t i = 0; i < report->gate_count; i++) {
        if (strcmp(report->gates[i].scope, record) != 0)
            continue;
        enum vr_standing standing = vr_standing_of_gate(&report->gates[i]);
        if (standing == VR_STANDING_FAIL)
            return standing;
        if (standing == VR_STANDING_UNSURE)
            worst = standing;
    }
    return worst;
}

enum vr_standing vr_standing_of(const struct vr_report *report, const struct vr_trial_row *trial)
{
    if (vr_trial_is_complete(trial))
        return trial->ledger_closed && is_judged(report) ? gates_standing(report, trial->record)
                                                         : VR_STANDING_UNSURE;
    for (size_t i = 0; i < OUTCOME_COUNT; i++)
        if (strcmp(trial->outcome, outcomes[i].word) == 0)
            return outcomes[i].is_rig ? VR_STANDING_RIG : VR_STANDING_FAIL;
    return VR_STANDING_UNSURE;
}

const char *vr_standing_cause(const struct vr_report *report, const struct vr_trial_row *trial)
{
    if (!vr_trial_is_complete(trial))
        return trial->outcome;
    if (!trial->ledger_closed)
        return "ledger_open";
    if (!is_judged(report))
        return "not_judged";
    switch (gates_standing(report, trial->record)) {
    case VR_STANDING_FAIL:
        return "gate";
    case VR_STANDING_UNSURE:
        return "inconclusive";
    default:
        return "";
    }
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
