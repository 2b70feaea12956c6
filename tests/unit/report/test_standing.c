#include "report/standing.h"

#include <criterion/criterion.h>

#include "report/worst.h"
#include "sample.h"

Test(standing, follows_outcome_ledger_and_gates_in_that_order)
{
    static const struct {
        const char *outcome;
        bool ledger_closed;
        const char *gate;
        enum vr_standing standing;
        const char *cause;
    } rows[] = {
        {"complete", true, "pass", VR_STANDING_PASS, ""},
        {"complete", true, "fail", VR_STANDING_FAIL, "gate"},
        {"complete", true, "inconclusive", VR_STANDING_UNSURE, "inconclusive"},
        {"complete", false, "pass", VR_STANDING_UNSURE, "ledger_open"},
        {"complete", false, "fail", VR_STANDING_UNSURE, "ledger_open"},
        {"fw_crash", false, "pass", VR_STANDING_FAIL, "fw_crash"},
        {"output_lost", false, "pass", VR_STANDING_FAIL, "output_lost"},
        {"link_lost", false, "pass", VR_STANDING_RIG, "link_lost"},
        {"cancelled", false, "pass", VR_STANDING_RIG, "cancelled"},
        {"running", false, "pass", VR_STANDING_UNSURE, "running"},
        {"a word of tomorrow", false, "pass", VR_STANDING_UNSURE, "a word of tomorrow"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sample sample;
        const struct vr_report *report = sample_make(&sample);
        sample.trials[0].outcome = rows[i].outcome;
        sample.trials[0].ledger_closed = rows[i].ledger_closed;
        sample.gates[1].verdict = rows[i].gate;
        cr_expect_eq(vr_standing_of(report, &sample.trials[0]), rows[i].standing, "row %zu", i);
        cr_expect_str_eq(vr_standing_cause(report, &sample.trials[0]), rows[i].cause);
    }
}

Test(standing, is_unsure_before_the_run_is_judged)
{
    struct sample sample;
    const struct vr_report *report = sample_make(&sample);
    sample.report.run.verdict = "";
    cr_expect_eq(vr_standing_of(report, &sample.trials[0]), VR_STANDING_UNSURE);
    cr_expect_str_eq(vr_standing_cause(report, &sample.trials[0]), "not_judged");
    cr_expect_eq(vr_standing_of(report, &sample.trials[1]), VR_STANDING_RIG);
}

Test(standing, shows_metrics_once_a_record)
{
    struct sample sample;
    const struct vr_report *report = sample_make(&sample);
    cr_expect(vr_trial_carries_metrics(report, 0));
    cr_expect_not(vr_trial_carries_metrics(report, 1), "not complete");
    cr_expect(vr_trial_carries_metrics(report, 2));
    sample.trials[1].outcome = "complete";
    cr_expect_not(vr_trial_carries_metrics(report, 2), "record 101 has them already");
}

Test(worst, names_the_record_that_explains_the_verdict)
{
    struct sample sample;
    const struct vr_report *report = sample_make(&sample);
    cr_assert_eq(vr_index_make(&sample.report, NULL), 0);
    cr_expect_null(vr_worst_record(report));

    sample_fail(&sample);
    cr_expect_str_eq(vr_worst_record(report), "100", "the lowest under a gate with a minimum");
    sample.gates[0].rule = "max";
    cr_expect_str_eq(vr_worst_record(report), "101", "the highest under a gate with a maximum");
    sample.trials[0].outcome = "fw_hang";
    cr_expect_str_eq(vr_worst_record(report), "101", "a failure outranks rig trouble");
    sample.gates[0].verdict = "pass";
    cr_expect_str_eq(vr_worst_record(report), "100");
    vr_index_destroy(sample.report.index);
}
