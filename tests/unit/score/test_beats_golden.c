/* Against bxb of WFDB 10.7, byte for byte: two perturbed copies of the truth of 24 records of MIT-BIH, and three real detectors on 8
 * records, with and without the learning period.  $VITALRIG_DATA/README.md says where the files come from. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dataset/wfdb_annotation.h"
#include "score/beats_text.h"

#define PATH_SIZE 512
#define TICKS 650000 /* of every record, at 360 Hz */

static const struct vr_beats_style style = {.compat = VR_COMPAT_WFDB};

static const char *const annotators[] = {"tst1", "tst2", "gqrs", "sqrs", "wqrs"};
#define ANNOTATOR_COUNT (sizeof annotators / sizeof annotators[0])

static const char *const records[] = {
    "100", "101", "103", "104", "105", "108", "111", "114", "117", "119", "121", "123",   "200",
    "202", "203", "207", "209", "212", "215", "217", "220", "223", "230", "232", "118e06"};
#define RECORD_COUNT (sizeof records / sizeof records[0])

static const char *data_folder(void)
{
    const char *folder = getenv("VITALRIG_DATA");
    char path[PATH_SIZE];
    if (!folder)
        cr_skip_test("VITALRIG_DATA is not set: no golden data");
    snprintf(path, sizeof path, "%s/golden/out/bxb_tst1.L", folder);
    if (access(path, R_OK) < 0)
        cr_skip_test("%s: not there: no golden data", path);
    return folder;
}

/* Does the annotator have this record?  The detectors ran on 8, the copies are of all but 118e06. */
static bool has_record(const char *folder, const char *record, const char *annotator)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/golden/ann/%s.%s", folder, record, annotator);
    return access(path, R_OK) == 0;
}

static struct vr_event *read_events(const char *path, size_t *ret_count)
{
    struct vr_annotations list = {0};
    struct vr_err err = {0};
    cr_assert_eq(
        vr_wfdb_annotation_read_file(path, (struct vr_rate){360, 1}, &list, &err), 0, "%s",
        err.text);
    struct vr_event *events = calloc(list.count + 1, sizeof *events);
    for (size_t i = 0; i < list.count; i++)
        events[i] = (struct vr_event){
            list.items[i].sample_index, list.items[i].code, list.items[i].subtype};
    *ret_count = list.count;
    vr_annotations_finish(&list);
    return events;
}

static struct vr_beats_counts compare(
    const char *folder, const char *record, const char *annotator, double from_s,
    enum vr_compat compat)
{
    char path[PATH_SIZE];
    size_t reference_count, test_count;
    snprintf(
        path, sizeof path, "%s/%s/%s.atr", folder,
        strcmp(record, "118e06") == 0 ? "nstdb" : "mitdb", record);
    _cleanup_free_ struct vr_event *reference = read_events(path, &reference_count);
    snprintf(path, sizeof path, "%s/golden/ann/%s.%s", folder, record, annotator);
    _cleanup_free_ struct vr_event *test = read_events(path, &test_count);
    struct vr_ec57_options options = {
        .rate_num = 360,
        .rate_den = 1,
        .sample_count = TICKS,
        .from_s = from_s,
        .window_ms = 150,
        .compat = compat,
    };
    struct vr_beats_counts counts;
    struct vr_err err = {0};
    cr_assert_eq(
        vr_beats_compare(reference, reference_count, test, test_count, &options, &counts, &err), 0,
        "%s", err.text);
    return counts;
}

static char *read_golden(const char *folder, const char *name)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/golden/out/%s", folder, name);
    FILE *file = fopen(path, "r");
    cr_assert(file, "%s", path);
    char *text = NULL;
    size_t capacity = 0;
    cr_assert_geq(getdelim(&text, &capacity, '\0', file), 0, "%s", path);
    fclose(file);
    return text;
}

/* Line by line, so that a difference is shown alone. */
static void expect_text(const char *text, const char *golden, const char *name)
{
    for (int line = 1; *text || *golden; line++) {
        int size = (int)strcspn(text, "\n"), golden_size = (int)strcspn(golden, "\n");
        cr_expect(
            size == golden_size && strncmp(text, golden, (size_t)size) == 0,
            "%s:%d:\n  golden \"%.*s\"\n  ours   \"%.*s\"", name, line, golden_size, golden, size,
            text);
        text += size + (text[size] == '\n');
        golden += golden_size + (golden[golden_size] == '\n');
    }
}

static void expect_lines(double from_s, const char *name_format)
{
    const char *folder = data_folder();
    int lines = 0;
    for (size_t a = 0; a < ANNOTATOR_COUNT; a++) {
        char *text = NULL, name[64];
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        vr_beats_line_header(out, &style);
        for (size_t i = 0; i < RECORD_COUNT; i++) {
            if (!has_record(folder, records[i], annotators[a]))
                continue;
            struct vr_beats_counts counts =
                compare(folder, records[i], annotators[a], from_s, VR_COMPAT_WFDB);
            vr_beats_line(out, &style, records[i], &counts);
            lines++;
        }
        fclose(out);
        snprintf(name, sizeof name, "bxb_%s%s.L", name_format, annotators[a]);
        _cleanup_free_ char *golden = read_golden(folder, name);
        expect_text(text, golden, name);
        cr_expect_str_eq(text, golden, "%s differs", name);
        free(text);
    }
    cr_expect_eq(lines, 72);
}

Test(beats_golden, lines_are_those_of_bxb)
{
    expect_lines(300, "");
}

Test(beats_golden, lines_without_learning_period_are_those_of_bxb)
{
    expect_lines(0, "f0_");
}

Test(beats_golden, tables_are_those_of_bxb)
{
    const char *folder = data_folder();
    for (size_t a = 0; a < ANNOTATOR_COUNT; a++) {
        char *text = NULL, name[64];
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        for (size_t i = 0; i < RECORD_COUNT; i++) {
            if (!has_record(folder, records[i], annotators[a]))
                continue;
            struct vr_beats_counts counts =
                compare(folder, records[i], annotators[a], 300, VR_COMPAT_WFDB);
            vr_beats_table(out, &style, records[i], "atr", annotators[a], &counts);
        }
        fclose(out);
        snprintf(name, sizeof name, "bxb_%s.S.txt", annotators[a]);
        _cleanup_free_ char *golden = read_golden(folder, name);
        expect_text(text, golden, name);
        free(text);
    }
}

/* The last column of bxb -l, which folds S into N: for this number that makes no difference. */
Test(beats_golden, veb_false_positive_rates_are_those_of_bxb)
{
    const char *folder = data_folder();
    for (size_t a = 0; a < 2; a++) {
        char name[64];
        snprintf(name, sizeof name, "bxb_%s.l", annotators[a]);
        _cleanup_free_ char *golden = read_golden(folder, name);
        const char *line = strchr(golden, '\n') + 1;
        for (size_t i = 0; i < RECORD_COUNT && *line; i++) {
            struct vr_beats_counts counts =
                compare(folder, records[i], annotators[a], 300, VR_COMPAT_WFDB);
            struct vr_beats_sums sums = vr_beats_sums(&counts);
            char rate[16], *end = strchr(line, '\n');
            *end = '\0';
            snprintf(
                rate, sizeof rate, "%.3f",
                100.0 * (double)sums.vfp / (double)(sums.vfp + sums.vtn));
            cr_expect_str_eq(strrchr(line, ' ') + 1, rate, "%s of %s", records[i], annotators[a]);
            line = end + 1;
        }
    }
}

/* Totals of the published summaries, and what the summaries get wrong: scoring rules, sections 3.9 and 7. */
Test(beats_golden, totals_are_the_published_ones)
{
    const char *folder = data_folder();
    struct vr_beats_counts total = {0};
    double shutdown_s = 0;
    for (size_t i = 0; i < RECORD_COUNT; i++) {
        if (!has_record(folder, records[i], "tst2"))
            continue;
        struct vr_beats_counts counts = compare(folder, records[i], "tst2", 300, VR_COMPAT_WFDB);
        vr_beats_add(&total, &counts);
        shutdown_s += (double)(int64_t)(counts.shutdown_s + 0.5);
    }
    struct vr_beats_sums sums = vr_beats_sums(&total);
    cr_expect_eq(sums.qtp + sums.qfn, 44593);
    cr_expect_eq(sums.vtp + sums.vfn, 2368);
    cr_expect_eq(sums.stp + sums.sfn, 1957);
    cr_expect_float_eq(100.0 * (double)sums.qtp / (double)(sums.qtp + sums.qfn), 73.86, 0.005);
    cr_expect_float_eq(100.0 * (double)sums.stp / (double)(sums.stp + sums.sfp), 39.75, 0.005);
    cr_expect_float_eq(100.0 * (double)sums.vfp / (double)(sums.vfp + sums.vtn), 4.120, 0.0005);
    cr_expect_eq(shutdown_s, 193);
    cr_expect_eq(vr_beats_sum_of(&total, "NS", "x"), 192);
    cr_expect_eq(vr_beats_sum_of(&total, "V", "x"), 13);
    cr_expect_eq(vr_beats_sum_of(&total, "Q", "x"), 11);
}

/* These records have no flutter wave outside VF, so without the quirks only the RR error differs. */
Test(beats_golden, quirks_change_nothing_but_the_rr_error)
{
    const char *folder = data_folder();
    for (size_t a = 0; a < ANNOTATOR_COUNT; a++)
        for (size_t i = 0; i < RECORD_COUNT; i++) {
            if (!has_record(folder, records[i], annotators[a]))
                continue;
            struct vr_beats_counts wfdb =
                compare(folder, records[i], annotators[a], 300, VR_COMPAT_WFDB);
            struct vr_beats_counts plain =
                compare(folder, records[i], annotators[a], 300, VR_COMPAT_NONE);
            cr_expect_arr_eq(
                plain.pairs[0], wfdb.pairs[0], sizeof plain.pairs[0] * VR_BEAT_O, "%s of %s",
                records[i], annotators[a]);
            cr_expect_eq(vr_beats_sums(&plain).qfp, vr_beats_sums(&wfdb).qfp);
            cr_expect_leq(plain.rr_count, wfdb.rr_count);
        }
}
