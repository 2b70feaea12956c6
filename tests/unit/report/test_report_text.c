#include <criterion/criterion.h>
#include <string.h>

#include "sample.h"

static void expect_text(const struct vr_report *report, const char *expected)
{
    char *text = sample_write("text", report);
    cr_expect_str_eq(text, expected, "\n%s", text);
    free(text);
}

#define HEAD \
    "run 20261122T220004Z-smoke-5f3a09c2  scenario smoke  started 2026-11-22T22:00:04Z  took " \
    "3.0 s  seed 18446744073709551615\n" \
    "dut sim  algorithm ecg_qrs  firmware vitalrig-stub  version 0.1.0  git 9c1e7d2  device " \
    "00a1f3  vitalrig 0.1.0  host bench-2\n\n"

#define LEDGER \
    "ledger   closed in 2 of 2\n" \
    "samples  2000 planned, 2000 consumed, 0 lost, 0 unsent\n" \
    "outputs  24 emitted, 24 stored, 0 lost\n" \
    "line     7.5 kB sent, 6 kB of them samples, 1.2 kB received; payload 84.0 % of what was " \
    "sent\n" \
    "         0 frames sent again; damaged frames: 0 at the host, 0 at the device; 0 " \
    "underruns\n\n"

/* The one that was lost for good says so itself, and one that was tried again counts no more. */
Test(report_text, says_that_trials_went_on_behind_a_lost_line)
{
    struct sample sample;
    sample_make(&sample);
    char *text = sample_write("text", &sample.report);
    cr_expect_not(strstr(text, "resumed"), "%s", text);
    free(text);
    for (size_t i = 0; i < SAMPLE_TRIALS; i++) {
        sample.trials[i].link_losses = 2;
        sample.trials[i].outcome = "complete";
        sample.superseded[i] = false;
    }
    text = sample_write("text", &sample.report);
    cr_expect(
        strstr(
            text,
            "\nresumed  3 trials: the line was lost 6 times and came back to the same boot\n"),
        "%s", text);
    free(text);
    sample.trials[0].outcome = "link_lost";
    sample.superseded[1] = true;
    sample.trials[2].link_losses = 1;
    text = sample_write("text", &sample.report);
    cr_expect(
        strstr(text, "\nresumed  1 trial: the line was lost 1 time and came back"), "%s", text);
    free(text);
}

Test(report_text, shows_a_pass_with_its_numbers_and_the_retry)
{
    struct sample sample;
    expect_text(
        sample_make(&sample),
        HEAD "records\n"
             "  PASS   100          2.0 s  beats.qrs_sensitivity_pct 99.25 % n=1000\n"
             "  PASS   101          2.0 s  beats.qrs_sensitivity_pct 99.75 % n=1000"
             "  beats.veb_ppv_pct - n=0  (attempt 2)\n"
             "\ngates\n"
             "  PASS   beats.qrs_sensitivity_pct  gross  99.5 % [99.1, 99.8] n=2000  min 99\n"
             "  PASS   1 more, of single records\n\n" LEDGER "PASS: 2 of 2 gates passed\n");
}

Test(report_text, shows_a_failure_and_where_to_look)
{
    struct sample sample;
    const struct vr_report *report = sample_make(&sample);
    sample_fail(&sample);
    sample.trials[0].record = sample.metrics[1].scope = sample.gates[1].scope = "a b\x1b[1m";
    char *text = sample_write("text", report);
    cr_expect(strstr(
        text, "  FAIL   beats.qrs_sensitivity_pct  gross  99.5 % [99.1, 99.8] n=2000  min 99.9\n"));
    cr_expect(strstr(
        text, "\n\nFAIL: 1 of 2 gates failed\n"
              "  next: vitalrig show 20261122T220004Z-smoke-5f3a09c2 'a b\xef\xbf\xbd[1m'\n"));
    cr_expect_null(strchr(text, '\x1b'));
    free(text);
}

Test(report_text, shows_rig_trouble_with_its_reason)
{
    struct sample sample;
    const struct vr_report *report = sample_make(&sample);
    sample.trials[2].outcome = "link_lost";
    sample.trials[2].why = "the link was lost again";
    sample.trials[2].outputs_emitted = -1;
    sample.report.run.verdict = "rig";
    sample.report.run.why = "1 of 2 trials met rig trouble";
    char *text = sample_write("text", report);
    cr_expect(strstr(
        text, "  RIG    101          2.0 s  link_lost: the link was lost again  (attempt 2)\n"));
    cr_expect(strstr(text, "; in 1 the device never told how many it emitted\n"));
    cr_expect(strstr(text, "RIG: 1 of 2 trials met rig trouble\n  next: vitalrig show "));
    free(text);
}

Test(report_text, says_that_a_run_was_never_judged)
{
    struct sample sample;
    const struct vr_report *report = sample_make(&sample);
    sample.report.run.verdict = "";
    sample.report.run.status = "interrupted";
    char *text = sample_write("text", report);
    cr_expect(strstr(
        text, "NOT JUDGED: the run is interrupted\n"
              "  next: vitalrig rescore 20261122T220004Z-smoke-5f3a09c2\n"));
    free(text);
    sample.report.run.status = "running";
    text = sample_write("text", report);
    cr_expect(strstr(text, "NOT JUDGED: the run was not ended\n"));
    free(text);
}

Test(report_text, says_none_where_there_is_nothing)
{
    struct sample sample;
    sample_make(&sample);
    sample.report.trial_count = sample.report.gate_count = sample.report.metric_count = 0;
    char *text = sample_write("text", &sample.report);
    cr_expect(strstr(text, "records\n  none\n\ngates\n  none\n\nledger   closed in 0 of 0\n"));
    free(text);
}

Test(report_text, shows_where_outputs_part_from_the_golden_run)
{
    struct sample sample;
    const struct vr_report *report = sample_make(&sample);
    sample_differ(&sample);
    char *text = sample_write("text", report);
    cr_expect(strstr(
        text,
        "  PASS   100          2.0 s  beats.qrs_sensitivity_pct 99.25 % n=1000\n"
        "  FAIL   101          2.0 s  parity: output 7, sample 321 of stream 0: value1 is 812, "
        "golden 811  beats.qrs_sensitivity_pct 99.75 %"));
    cr_expect(strstr(
        text,
        "parity   1 equal, 1 different, 0 not compared; 24 outputs over 2000 samples compared, "
        "with run 20261121T220004Z-golden-00000001\n"));
    cr_expect(strstr(text, "  next: vitalrig show 20261122T220004Z-smoke-5f3a09c2 101\n"));
    free(text);

    sample.report.parity_count = 0; /* the comparison was asked for, and is not there */
    sample.report.run.verdict = "inconclusive";
    text = sample_write("text", report);
    cr_expect(strstr(text, "  UNSURE 100 "), "%s", text);
    cr_expect(strstr(text, "parity: it was not compared with the golden run"), "%s", text);
    cr_expect(strstr(text, "parity   0 equal, 0 different, 2 not compared; 0 outputs"), "%s", text);
    free(text);
}

Test(report_text, shows_the_comparison_of_one_record)
{
    struct sample sample;
    const struct vr_report *report = sample_make(&sample);
    sample_differ(&sample);
    sample.report.record = "101";
    char *text = sample_write("text", report);
    cr_expect(
        strstr(
            text,
            "  parity    different: the first 7 of 12 outputs agree with the golden run's 13, "
            "over 1000 samples\n            golden run 20261121T220004Z-golden-00000001, "
            "digest of its outputs 00000000000000aa\n"),
        "%s", text);
    free(text);
}

static const struct vr_pacing_row paced = {57, 3.1, 412.25, 1204, -0.021, 0.112, 37.004, 0.2};

Test(report_text, shows_the_worst_pacing_of_the_trials_that_count)
{
    struct sample sample;
    const struct vr_report *report = sample_make(&sample);
    sample.pacings[0] = sample.pacings[1] = sample.pacings[2] = paced;
    sample.pacings[1].error_max_us = 9e9; /* a later attempt took its place */
    sample.pacings[2].error_max_us = 2.5e6;
    sample.pacings[2].drift_ppm = NAN;
    sample.pacings[2].clock_ppm = sample.pacings[2].clock_ppm_err = NAN;
    char *text = sample_write("text", report);
    cr_expect(
        strstr(
            text, "\npacing   samples late by at most 2.5 s, 99 % by at most 412.2 us; drift -0.02 "
                  "+- 0.11 ppm;"
                  " device's clock +37.00 +- 0.20 ppm (worst of 2)\n"),
        "%s", text);
    free(text);
}

Test(report_text, shows_all_of_a_trials_pacing)
{
    struct sample sample;
    sample_make(&sample);
    sample.report.record = "100";
    sample.report.trial_count = 1;
    sample.pacings[0] = paced;
    char *text = sample_write("text", &sample.report);
    cr_expect(
        strstr(
            text, "  pacing    57 samples with outputs: late by 3.1 us (median), 412.2 us (99 %), "
                  "1.204 ms (most);"
                  " drift -0.02 +- 0.11 ppm; device's clock +37.00 +- 0.20 ppm\n"),
        "%s", text);
    free(text);
    sample.trials[0].underruns = 2;
    sample.pacings[0].drift_ppm = NAN;
    text = sample_write("text", &sample.report);
    cr_expect(strstr(text, "(most); device's clock"), "%s", text);
    cr_expect(strstr(text, "after the 2 underruns stays late by their shifts\n"), "%s", text);
    free(text);
}

/* Gates against a baseline: what must be known comes before the numbers. */
Test(report_text, tells_the_change_since_a_baseline)
{
    struct sample sample;
    sample_make(&sample);
    sample.gates[0] = (struct vr_gate_row){
        .metric = sample.gates[0].metric,
        .scope = "gross",
        .rule = "max_decrease",
        .limit = 0.2,
        .value = 98.3,
        .verdict = "warn",
        .line = 12,
        .column = 5,
        .against = "20261121T220004Z-smoke-00000001",
        .baseline_value = 99.13,
        .change = -0.83,
        .low = -0.95,
        .high = -0.71,
        .confidence = 0.95,
        .p_value = 0.0005,
        .pair_count = 24,
        .detectable = 0.11,
        .why = "since the baseline: another device (b, was a)",
    };
    char *text = sample_write("text", &sample.report);
    const char *note = strstr(text, "gross: since the baseline: another device (b, was a)\n");
    const char *line = strstr(
        text, "\n         -0.83 from 99.13, -0.95 to -0.71 (95 % either end), p 0.0005, 24 pairs, "
              "shows 0.11, against 20261121T220004Z-smoke-00000001\n");
    cr_expect(note && line && note < line, "%s", text);
    cr_expect(strstr(text, "  WARN   "), "%s", text);
    free(text);
    text = sample_write("junit", &sample.report);
    cr_expect(strstr(text, "<system-out>WARN: "), "%s", text);
    cr_expect(strstr(text, "failures=\"0\" errors=\"0\""), "%s", text);
    free(text);
}
