/* Beats without classes. */
#include "cli/score_beats_simple.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "cli/answer.h"
#include "cli/say.h"
#include "score/simple.h"

struct result {
    const char *record; /* borrowed from the arguments */
    struct vr_simple_counts counts;
};

static int compare(
    const struct vr_score_pairs *pairs, size_t index, const struct vr_score_options *options,
    struct result *result, struct vr_err *err)
{
    _cleanup_(vr_score_pair_finish) struct vr_score_pair pair = {0};
    int r = vr_score_pair_read(pairs, index, &pair, err);
    if (r < 0)
        return r;
    _cleanup_free_ struct vr_event *reference = vr_score_events(&pair.reference);
    _cleanup_free_ struct vr_event *test = vr_score_events(&pair.test);
    if (!reference || !test)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory for its events", pair.record.path);
    struct vr_ec57_options ec57 = vr_score_ec57(options, &pair.record);
    ec57.from_s = options->has_from ? options->from_s : 0;
    result->record = pair.record.name;
    return vr_simple_compare(
        reference, pair.reference.count, test, pair.test.count, &ec57, &result->counts, err);
}

static void print_percentage(double value)
{
    if (isnan(value))
        fputs("      -", stdout);
    else
        printf(" %6.2f", value);
}

static void print_line(const struct result *result)
{
    const struct vr_simple_counts *counts = &result->counts;
    printf(
        "%-8s %6" PRId64 " %6" PRId64 " %6" PRId64, result->record, counts->tp, counts->fn,
        counts->fp);
    print_percentage(vr_simple_sensitivity_pct(counts));
    print_percentage(vr_simple_ppv_pct(counts));
    print_percentage(vr_simple_f1_pct(counts));
    print_percentage(vr_simple_der_pct(counts));
    putchar('\n');
}

static void write_counts(struct vr_json_writer *writer, const struct vr_simple_counts *counts)
{
    vr_json_write_int(writer, "tp", counts->tp);
    vr_json_write_int(writer, "fn", counts->fn);
    vr_json_write_int(writer, "fp", counts->fp);
    vr_json_write_double(writer, "sensitivity_pct", vr_simple_sensitivity_pct(counts));
    vr_json_write_double(writer, "ppv_pct", vr_simple_ppv_pct(counts));
    vr_json_write_double(writer, "f1_pct", vr_simple_f1_pct(counts));
    vr_json_write_double(writer, "der_pct", vr_simple_der_pct(counts));
}

static int print_json(
    const struct result *results, size_t count, const struct vr_simple_counts *gross,
    struct vr_err *err)
{
    struct vr_json_writer writer;
    vr_answer_begin(&writer);
    vr_json_write_string(&writer, "matcher", "simple");
    vr_json_write_array(&writer, "records");
    for (size_t i = 0; i < count; i++) {
        vr_json_write_object(&writer, NULL);
        vr_json_write_string(&writer, "record", results[i].record);
        write_counts(&writer, &results[i].counts);
        vr_json_write_end(&writer);
    }
    vr_json_write_end(&writer);
    vr_json_write_object(&writer, "gross");
    write_counts(&writer, gross);
    vr_json_write_end(&writer);
    return vr_answer_end(&writer, err);
}

int vr_score_beats_simple(
    const struct vr_score_pairs *pairs, const struct vr_score_options *options, struct vr_err *err)
{
    size_t count = pairs->records.count;
    _cleanup_free_ struct result *results = calloc(count, sizeof *results);
    struct result gross = {.record = "Gross"};
    if (!results)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu records", count);
    for (size_t i = 0; i < count; i++) {
        int r = compare(pairs, i, options, &results[i], err);
        if (r < 0)
            return r;
        gross.counts.tp += results[i].counts.tp;
        gross.counts.fn += results[i].counts.fn;
        gross.counts.fp += results[i].counts.fp;
    }
    vr_say("note: the simple matcher is no comparison of EC57");
    if (options->form == VR_SCORE_JSON)
        return print_json(results, count, &gross.counts, err);
    puts("Record       TP     FN     FP     Se     +P     F1    DER");
    for (size_t i = 0; i < count; i++)
        print_line(&results[i]);
    print_line(&gross);
    return 0;
}
