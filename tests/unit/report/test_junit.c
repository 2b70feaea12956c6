#include <criterion/criterion.h>
#include <string.h>

#include "sample.h"

static void expect_has(const char *text, const char *part)
{
    cr_expect(strstr(text, part), "missing: %s\nin:\n%s", part, text);
}

static void expect_counts(const char *text, int tests, int failures, int errors)
{
    char part[128];
    snprintf(
        part, sizeof part, "<testsuites tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"0\"",
        tests, failures, errors);
    expect_has(text, part);
    const char *at = text;
    int found[3] = {0};
    static const char *const tags[] = {"<testcase ", "<failure ", "<error "};
    for (int i = 0; i < 3; i++)
        for (at = text; (at = strstr(at, tags[i])); at++)
            found[i]++;
    cr_expect(
        found[0] == tests && found[1] == failures && found[2] == errors,
        "the counts do not match the elements:\n%s", text);
}

Test(junit, has_a_case_a_record_and_a_case_a_gate_on_the_run)
{
    struct sample sample;
    char *text = sample_write("junit", sample_make(&sample));
    expect_counts(text, 3, 0, 0);
    expect_has(text, "<testsuite name=\"smoke\"");
    expect_has(text, "timestamp=\"2026-11-22T22:00:04Z\" hostname=\"bench-2\"");
    expect_has(text, "<testcase classname=\"smoke.ecg_qrs\" name=\"100[0]\" time=\"2.000\">");
    expect_has(text, "name=\"gate beats.qrs_sensitivity_pct gross min\" time=\"0\">");
    expect_has(text, "<property name=\"beats.qrs_sensitivity_pct\" value=\"99.25\"/>");
    expect_has(text, "<property name=\"beats.qrs_sensitivity_pct gross\" value=\"99.5\"/>");
    expect_has(text, "<property name=\"attempts\" value=\"2\"/>");
    free(text);
}

Test(junit, turns_gates_into_failures_and_errors)
{
    struct sample sample;
    const struct vr_report *report = sample_make(&sample);
    sample_fail(&sample);
    sample.gates[1].verdict = "inconclusive";
    sample.gates[1].value = NAN;
    char *text = sample_write("junit", report);
    expect_counts(text, 3, 1, 1);
    expect_has(
        text,
        "<failure type=\"gate\" message=\"beats.qrs_sensitivity_pct gross is 99.5, min 99.9 (gate "
        "at 12:5)\"/>");
    expect_has(
        text,
        "<error type=\"inconclusive\" message=\"beats.qrs_sensitivity_pct 100 is -, min 98 (gate "
        "at 13:5)\"/>");
    free(text);
}

Test(junit, tells_the_firmware_from_the_rig)
{
    static const struct {
        const char *outcome, *element;
        int failures;
    } rows[] = {
        {"fw_crash", "<failure type=\"fw_crash\" message=\"it &#34;stopped&#34;\"/>", 1},
        {"link_lost", "<error type=\"link_lost\" message=\"it &#34;stopped&#34;\"/>", 0},
        {"running", "<error type=\"running\" message=\"it &#34;stopped&#34;\"/>", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sample sample;
        const struct vr_report *report = sample_make(&sample);
        sample.trials[0].outcome = rows[i].outcome;
        sample.trials[0].why = "it \"stopped\"";
        char *text = sample_write("junit", report);
        expect_counts(text, 3, rows[i].failures, !rows[i].failures);
        expect_has(text, rows[i].element);
        free(text);
    }
}

Test(junit, is_never_green_for_a_run_that_did_not_pass)
{
    static const struct {
        const char *verdict, *status, *element;
        int failures;
    } rows[] = {
        {"", "interrupted", "<error type=\"interrupted\" message=\"the run was not judged\"/>", 0},
        {"inconclusive", "ended", "<error type=\"inconclusive\" message=\"no trial\"/>", 0},
        {"rig", "ended", "<error type=\"rig\" message=\"no trial\"/>", 0},
        {"fail", "ended", "<failure type=\"fail\" message=\"no trial\"/>", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sample sample;
        sample_make(&sample);
        sample.report.trial_count = sample.report.gate_count = 0;
        sample.report.run.verdict = rows[i].verdict;
        sample.report.run.status = rows[i].status;
        sample.report.run.why = rows[i].verdict[0] ? "no trial" : "";
        char *text = sample_write("junit", &sample.report);
        expect_counts(text, 1, rows[i].failures, !rows[i].failures);
        expect_has(text, rows[i].element);
        free(text);
    }
}

Test(junit, counts_further_gates_in_one_element)
{
    struct sample sample;
    const struct vr_report *report = sample_make(&sample);
    sample.gates[0] = sample.gates[1];
    sample.gates[0].verdict = sample.gates[1].verdict = "fail";
    char *text = sample_write("junit", report);
    expect_counts(text, 2, 1, 0);
    expect_has(text, "(gate at 13:5) and 1 more gates on this record\"/>");
    free(text);
}

/* Every byte that XML or UTF-8 could stumble over, in every text that comes from outside. */
static const char *hostile(void)
{
    static char text[1100];
    char *end = text;
    for (int c = 1; c < 256; c++)
        *end++ = (char)c;
    strcpy(end, "]]>--><![CDATA[&amp;&#0;\xef\xbf\xbe\xef\xbf\xbf\xed\xa0\x80\xf4\x90\x80\x80");
    return text;
}

Test(junit, is_well_formed_with_hostile_names)
{
    if (system("command -v xmllint >/dev/null") != 0)
        cr_skip_test("xmllint is not installed");
    struct sample sample;
    const struct vr_report *report = sample_make(&sample);
    sample_fail(&sample);
    struct vr_run_row *run = &sample.report.run;
    run->uid = run->scenario = run->why = run->host = run->algorithm = hostile();
    sample.trials[0].record = sample.trials[0].why = sample.trials[0].firmware_name = hostile();
    sample.trials[2].outcome = hostile();
    sample.metrics[0].name = sample.gates[0].metric = sample.gates[1].scope = hostile();

    char *text = sample_write("junit", report);
    FILE *out = popen("xmllint --noout -", "w");
    cr_assert_not_null(out);
    fputs(text, out);
    cr_expect_eq(pclose(out), 0);
    free(text);
}

Test(junit, is_red_where_outputs_part_from_the_golden_run)
{
    struct sample sample;
    const struct vr_report *report = sample_make(&sample);
    sample_differ(&sample);
    char *text = sample_write("junit", report);
    expect_has(text, "failures=\"1\" errors=\"0\"");
    expect_has(text, "<property name=\"golden_run\" value=\"20261121T220004Z-golden-00000001\"/>");
    expect_has(text, "<property name=\"parity\" value=\"equal\"/>");
    expect_has(
        text, "<failure type=\"parity\" message=\"output 7, sample 321 of stream 0: value1 is 812, "
              "golden 811\"/>");
    free(text);

    sample.gates[1].scope = "101";
    sample.gates[1].verdict = "fail";
    text = sample_write("junit", report);
    expect_has(text, "value1 is 812, golden 811; beats.qrs_sensitivity_pct 101 is ");
    free(text);

    sample.report.parity_count = 0;
    sample.report.run.verdict = "inconclusive";
    sample.gates[1].verdict = "pass";
    text = sample_write("junit", report);
    expect_has(text, "failures=\"0\" errors=\"2\"");
    expect_has(
        text, "<error type=\"parity\" message=\"it was not compared with the golden run\"/>");
    free(text);
}
