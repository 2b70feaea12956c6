#include <criterion/criterion.h>
#include <string.h>

#include "base/json.h"
#include "sample.h"

static struct vr_json_doc *document(const struct vr_report *report)
{
    struct vr_json_doc *doc = NULL;
    struct vr_err err = {0};
    char *text = sample_write("json", report);
    cr_assert_eq(vr_json_doc_create(text, strlen(text), "report", &doc, &err), 0, "%s", err.text);
    free(text);
    return doc;
}

static const struct vr_json *at(const struct vr_json *array, size_t index)
{
    const struct vr_json *item = vr_json_first(array);
    while (index-- > 0)
        item = vr_json_next(item);
    return item;
}

static const char *string_of(const struct vr_json *object, const char *key)
{
    return vr_json_string(vr_json_get(object, key));
}

static double number_of(const struct vr_json *object, const char *key)
{
    return vr_json_number(vr_json_get(object, key));
}

Test(report_json, is_one_strict_object_with_everything)
{
    struct sample sample;
    struct vr_json_doc *doc = document(sample_make(&sample));
    const struct vr_json *root = vr_json_doc_root(doc);

    cr_expect_eq(number_of(root, "format"), 1);
    cr_expect_str_eq(string_of(root, "verdict"), "pass");
    cr_expect_eq(number_of(root, "exit"), 0);
    cr_expect_str_eq(string_of(root, "why"), "2 of 2 gates passed");

    const struct vr_json *run = vr_json_get(root, "run");
    cr_expect_str_eq(string_of(run, "seed"), "18446744073709551615");
    cr_expect_str_eq(string_of(run, "started"), "2026-11-22T22:00:04Z");

    const struct vr_json *line = vr_json_get(root, "line");
    cr_expect_eq(number_of(line, "bytes_sent"), 7500);
    cr_expect_eq(number_of(line, "payload_pct"), 84);

    const struct vr_json *trials = vr_json_get(root, "trials");
    cr_expect_eq(vr_json_count(trials), 3);
    cr_expect(vr_json_bool(vr_json_get(at(trials, 1), "superseded")));
    cr_expect_str_eq(string_of(at(trials, 1), "outcome"), "link_lost");
    const struct vr_json *ledger = vr_json_get(at(trials, 2), "ledger");
    cr_expect_eq(number_of(vr_json_get(ledger, "samples"), "consumed"), 1000);
    cr_expect(vr_json_bool(vr_json_get(ledger, "closed")));

    cr_expect_eq(vr_json_count(vr_json_get(root, "metrics")), 4);
    cr_expect_eq(vr_json_count(vr_json_get(root, "gates")), 2);
    vr_json_doc_destroy(doc);
}

Test(report_json, writes_null_for_numbers_that_do_not_exist)
{
    struct sample sample;
    const struct vr_report *report = sample_make(&sample);
    sample.trials[0].outputs_emitted = sample.trials[0].outputs_lost = -1;
    sample.trials[0].ended_ns = 0;
    sample.trials[0].bytes_sent = 0;
    sample.report.run.verdict = "";
    struct vr_json_doc *doc = document(report);
    const struct vr_json *root = vr_json_doc_root(doc);

    const struct vr_json *metric = at(vr_json_get(root, "metrics"), 3);
    cr_expect_eq(vr_json_kind(vr_json_get(metric, "value")), VR_JSON_NULL);
    cr_expect_eq(vr_json_kind(vr_json_get(metric, "low")), VR_JSON_NULL);
    const struct vr_json *trial = at(vr_json_get(root, "trials"), 0);
    const struct vr_json *outputs = vr_json_get(vr_json_get(trial, "ledger"), "outputs");
    cr_expect_eq(vr_json_kind(vr_json_get(outputs, "emitted")), VR_JSON_NULL);
    cr_expect_eq(vr_json_kind(vr_json_get(outputs, "lost")), VR_JSON_NULL);
    cr_expect_eq(vr_json_kind(vr_json_get(trial, "duration_ns")), VR_JSON_NULL);
    cr_expect_eq(
        vr_json_kind(vr_json_get(vr_json_get(trial, "line"), "payload_pct")), VR_JSON_NULL);
    cr_expect_eq(vr_json_kind(vr_json_get(root, "verdict")), VR_JSON_NULL);
    cr_expect_eq(vr_json_kind(vr_json_get(root, "exit")), VR_JSON_NULL);
    vr_json_doc_destroy(doc);
}

Test(report_json, says_where_outputs_part_from_the_golden_run)
{
    struct sample sample;
    struct vr_json_doc *doc = document(sample_make(&sample));
    cr_expect_eq(
        vr_json_kind(vr_json_get(vr_json_doc_root(doc), "parity")), VR_JSON_NULL, "none was asked");
    vr_json_doc_destroy(doc);

    sample_differ(&sample);
    doc = document(&sample.report);
    const struct vr_json *parity = vr_json_get(vr_json_doc_root(doc), "parity");
    cr_expect_str_eq(string_of(parity, "golden_run"), "20261121T220004Z-golden-00000001");
    cr_expect_eq(number_of(parity, "equal"), 1);
    cr_expect_eq(number_of(parity, "different"), 1);
    cr_expect_eq(number_of(parity, "inconclusive"), 0);
    const struct vr_json *trials = vr_json_get(parity, "trials");
    cr_assert_eq(vr_json_count(trials), 2);
    cr_expect_eq(vr_json_kind(vr_json_get(at(trials, 0), "difference")), VR_JSON_NULL);
    cr_expect_eq(number_of(at(trials, 1), "outputs_agreeing"), 7);
    const struct vr_json *difference = vr_json_get(at(trials, 1), "difference");
    cr_expect_str_eq(string_of(difference, "what"), "value1");
    cr_expect_eq(number_of(difference, "output"), 7);
    cr_expect_eq(number_of(difference, "sample"), 321);
    cr_expect_eq(number_of(difference, "value"), 812);
    cr_expect_eq(number_of(difference, "golden_value"), 811);
    vr_json_doc_destroy(doc);

    sample.parities[1].value = sample.parities[1].golden_value = VR_STORE_NONE;
    doc = document(&sample.report);
    trials = vr_json_get(vr_json_get(vr_json_doc_root(doc), "parity"), "trials");
    difference = vr_json_get(at(trials, 1), "difference");
    cr_expect_eq(vr_json_kind(vr_json_get(difference, "value")), VR_JSON_NULL);
    vr_json_doc_destroy(doc);
}

Test(report_json, survives_hostile_names)
{
    struct sample sample;
    const struct vr_report *report = sample_make(&sample);
    sample.trials[0].record = "\"}\x01\xff</script>\n";
    struct vr_json_doc *doc = document(report);
    const struct vr_json *trials = vr_json_get(vr_json_doc_root(doc), "trials");
    cr_expect_str_eq(string_of(at(trials, 0), "record"), "\"}\x01\xef\xbf\xbd</script>\n");
    vr_json_doc_destroy(doc);
}

Test(report_json, tells_the_pacing_of_paced_trials)
{
    struct sample sample;
    const struct vr_report *report = sample_make(&sample);
    sample.pacings[0] = (struct vr_pacing_row){57, 1, 2, 3, -0.5, 0.25, NAN, NAN};
    struct vr_json_doc *doc = document(report);
    const struct vr_json *trials = vr_json_get(vr_json_doc_root(doc), "trials");
    const struct vr_json *pacing = vr_json_get(at(trials, 0), "pacing");
    cr_expect_eq(number_of(pacing, "n"), 57);
    cr_expect_eq(number_of(pacing, "error_p50_us"), 1);
    cr_expect_eq(number_of(pacing, "error_p99_us"), 2);
    cr_expect_eq(number_of(pacing, "error_max_us"), 3);
    cr_expect_eq(number_of(pacing, "drift_ppm"), -0.5);
    cr_expect_eq(number_of(pacing, "drift_ppm_err"), 0.25);
    cr_expect_eq(vr_json_kind(vr_json_get(pacing, "clock_ppm")), VR_JSON_NULL);
    cr_expect_eq(vr_json_kind(vr_json_get(at(trials, 2), "pacing")), VR_JSON_NULL);
    vr_json_doc_destroy(doc);
}

/* Two minutes of record 101, the second without energy; five windows of 20 uJ an inference, of which the last may break a rule. */
static void measure(struct sample *sample, struct vr_report_segment *segments, const char *why)
{
    struct vr_report_energy *energy = &sample->energies[2];
    *energy = (struct vr_report_energy){
        .has_meter = true, .mode = "paced", .validity = "valid", .outputs = 2, .shared = 3};
    for (int i = 0; i < VR_REPORT_WINDOWS; i++)
        energy->windows[energy->window_count++].row = (struct vr_power_window_row){
            .number = i + 1, .seconds = 12, .inferences = 10 + i, .gross_uj = 20 * (10 + i)};
    strcpy(energy->windows[4].why, why);
    strcpy(energy->window_why, why);
    segments[0].row.gross_uj = 1;
    segments[1].row = (struct vr_power_segment_row){
        .to_s = 60, .seconds = 30, .gross_uj = 6e4, .coverage = 1, .beats = 75, .inferences = 70};
    segments[2].row = (struct vr_power_segment_row){.number = 1, .gross_uj = NAN};
    strcpy(segments[2].why, "lost");
    energy->segment_first = 1;
    energy->segment_count = 2;
    sample->report.segments = segments;
    sample->report.segment_count = 3;
}

Test(report_json, has_windows_and_minutes_or_why_there_are_none)
{
    for (int broken = 0; broken < 2; broken++) {
        struct sample sample;
        struct vr_report_segment segments[3] = {0};
        sample_make(&sample);
        measure(&sample, segments, broken ? "window 5 is short" : "");
        struct vr_json_doc *doc = document(&sample.report);
        const struct vr_json *trials = vr_json_get(vr_json_doc_root(doc), "trials");
        const struct vr_json *energy = vr_json_get(at(trials, 2), "energy");
        const struct vr_json *mlperf = vr_json_get(energy, "mlperf");
        const struct vr_json *minutes = vr_json_get(energy, "segments");
        const struct vr_json *inference = vr_json_get(energy, "inference");
        cr_expect_eq(number_of(inference, "outputs"), 5);
        cr_expect_eq(number_of(inference, "inferences"), 2);
        if (broken)
            cr_expect_eq(vr_json_kind(vr_json_get(mlperf, "per_inference_uj")), VR_JSON_NULL);
        else
            cr_expect_eq(number_of(mlperf, "per_inference_uj"), 20);
        cr_expect_str_eq(string_of(mlperf, "why"), broken ? "window 5 is short" : "");
        cr_expect_eq(vr_json_count(vr_json_get(mlperf, "windows")), 5);
        cr_assert_eq(vr_json_count(minutes), 2);
        cr_expect_eq(number_of(at(minutes, 0), "mean_mw"), 2);
        cr_expect_eq(number_of(at(minutes, 0), "beat_uj"), 800);
        cr_expect_eq(vr_json_kind(vr_json_get(at(minutes, 1), "beat_uj")), VR_JSON_NULL);
        cr_expect_str_eq(string_of(at(minutes, 1), "why"), "lost");
        vr_json_doc_destroy(doc);
    }
}
