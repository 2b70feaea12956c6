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
        enum vr_mark mark;
        const char *cause;
    } rows[] = {
        {"complete", true, "pass", VR_MARK_PASS, ""},
        {"complete", true, "fail", VR_MARK_FAIL, "gate"},
        {"complete", true, "inconclusive", VR_MARK_UNSURE, "inconclusive"},
        {"complete", false, "pass", VR_MARK_UNSURE, "ledger_open"},
        {"complete", false, "fail", VR_MARK_UNSURE, "ledger_open"},
        {"fw_crash", false, "pass", VR_MARK_FAIL, "fw_crash"},
        {"output_lost", false, "pass", VR_MARK_FAIL, "output_lost"},
        {"link_lost", false, "pass", VR_MARK_RIG, "link_lost"},
        {"cancelled", false, "pass", VR_MARK_RIG, "cancelled"},
        {"running", false, "pass", VR_MARK_UNSURE, "running"},
        {"a word of tomorrow", false, "pass", VR_MARK_UNSURE, "a word of tomorrow"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sample sample;
        const struct vr_report *report = sample_make(&sample);
        sample.trials[0].outcome = rows[i].outcome;
        sample.trials[0].ledger_closed = rows[i].ledger_closed;
        sample.gates[1].verdict = rows[i].gate;
        sample_index(&sample);
        struct vr_standing standing = vr_standing_of(report, &sample.trials[0]);
        cr_expect_eq(standing.mark, rows[i].mark, "row %zu", i);
        cr_expect_str_eq(standing.cause, rows[i].cause, "row %zu", i);
        vr_index_destroy(sample.report.index);
    }
}

Test(standing, follows_the_golden_run_before_what_is_unsure)
{
    static const struct {
        const char *parity, *gate; /* NULL = no row */
        const char *digest;        /* of the outputs that were compared, NULL = the trial's */
        enum vr_mark mark;
        const char *cause;
    } rows[] = {
        {"equal", "pass", NULL, VR_MARK_PASS, ""},
        {"equal", "fail", NULL, VR_MARK_FAIL, "gate"},
        {"equal", "inconclusive", NULL, VR_MARK_UNSURE, "inconclusive"},
        {"different", "pass", NULL, VR_MARK_FAIL, "parity"},
        {"different", "fail", NULL, VR_MARK_FAIL, "parity"},
        {"different", "inconclusive", NULL, VR_MARK_FAIL, "parity"},
        {"inconclusive", "pass", NULL, VR_MARK_UNSURE, "parity"},
        {"inconclusive", "fail", NULL, VR_MARK_FAIL, "gate"},
        {"equal", "pass", "other", VR_MARK_UNSURE, "parity"},
        {"different", "pass", "other", VR_MARK_UNSURE, "parity"},
        {NULL, "pass", NULL, VR_MARK_UNSURE, "parity"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sample sample;
        const struct vr_report *report = sample_make(&sample);
        sample_differ(&sample);
        sample.gates[1].verdict = rows[i].gate;
        sample.parities[0].verdict = rows[i].parity;
        if (rows[i].digest)
            sample.parities[0].output_digest = rows[i].digest;
        if (!rows[i].parity)
            sample.report.parity_count = 0;
        sample_index(&sample);
        struct vr_standing standing = vr_standing_of(report, &sample.trials[0]);
        cr_expect_eq(standing.mark, rows[i].mark, "row %zu", i);
        cr_expect_str_eq(standing.cause, rows[i].cause, "row %zu", i);
        cr_expect_str_eq(vr_standing_of(report, &sample.trials[1]).cause, "link_lost");
        vr_index_destroy(sample.report.index);
    }
}

Test(standing, is_unsure_without_any_number)
{
    struct sample sample;
    const struct vr_report *report = sample_make(&sample);
    sample.metrics[1].value = NAN;
    sample.report.run.verdict = "inconclusive";
    sample_index(&sample);
    cr_expect_eq(vr_standing_of(report, &sample.trials[0]).mark, VR_MARK_UNSURE);
    cr_expect_str_eq(vr_standing_of(report, &sample.trials[0]).cause, "not_scored");
    cr_expect_eq(vr_standing_of(report, &sample.trials[2]).mark, VR_MARK_PASS);
    sample.gates[1].verdict = "fail";
    cr_expect_str_eq(vr_standing_of(report, &sample.trials[0]).cause, "gate");
    sample.gates[1].verdict = "pass";
    sample.report.run.verdict = "pass";
    cr_expect_eq(
        vr_standing_of(report, &sample.trials[0]).mark, VR_MARK_PASS, "no number was asked for");
    vr_index_destroy(sample.report.index);
}

Test(standing, is_unsure_before_the_run_is_judged)
{
    struct sample sample;
    const struct vr_report *report = sample_make(&sample);
    sample.report.run.verdict = "";
    cr_expect_eq(vr_standing_of(report, &sample.trials[0]).mark, VR_MARK_UNSURE);
    cr_expect_str_eq(vr_standing_of(report, &sample.trials[0]).cause, "not_judged");
    cr_expect_eq(vr_standing_of(report, &sample.trials[1]).mark, VR_MARK_RIG);
}

Test(standing, of_a_hang_that_came_again_is_the_firmwares)
{
    struct sample sample;
    const struct vr_report *report = sample_make(&sample);
    sample.hung_again[2] = "fw_hang";
    struct vr_standing standing = vr_standing_of(report, &sample.trials[2]);
    cr_expect_eq(standing.mark, VR_MARK_FAIL, "though the last attempt is complete");
    cr_expect_str_eq(standing.cause, "fw_hang");
}

Test(standing, says_why_in_words_even_when_nobody_did)
{
    struct sample sample;
    const struct vr_report *report = sample_make(&sample);
    cr_expect_str_eq(
        vr_standing_of(report, &sample.trials[1]).why, "the link was lost after 300 samples");
    sample.trials[1].why = "";
    cr_expect_str_eq(
        vr_standing_of(report, &sample.trials[1]).why, "the link to the device was lost");
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
