/* Driver "csv": by a mapping, rows become samples at their time and truth at its time; what a mapping
 * does not say is not guessed. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "base/digest.h"
#include "dataset/dataset.h"
#include "scratch.h"

TestSuite(csv, .init = scratch_make, .fini = scratch_remove);

#define X VR_SAMPLE_INVALID

static struct vr_dataset *open_as(const char *map, const char *record)
{
    struct vr_dataset *dataset;
    struct vr_err err = {0};
    scratch_text("m.map.json", map);
    int r = vr_dataset_open("auto", scratch_path("m.map.json"), record, &dataset, &err);
    cr_assert_eq(r, 0, "%s", err.text);
    return dataset;
}

/* One file, t.csv, and what a mapping says of it. */
static struct vr_dataset *open_one(const char *file, const char *members)
{
    char map[2048];
    scratch_text("t.csv", file);
    snprintf(map, sizeof map, "{\"format\": 1, \"files\": [{\"file\": \"t.csv\", %s}]}", members);
    return open_as(map, "m");
}

static void assert_samples(
    struct vr_dataset *dataset, size_t signal, const int32_t *expected, size_t count)
{
    int32_t values[64];
    struct vr_err err = {0};
    const struct vr_signal *info = &vr_dataset_record(dataset)->signals[signal];
    cr_assert_eq(info->sample_count, (int64_t)count, "%" PRId64 " samples", info->sample_count);
    cr_assert_eq(vr_dataset_read(dataset, signal, 0, count, values, &err), 0, "%s", err.text);
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(values[i], expected[i], "%s[%zu] = %d", info->name, i, values[i]);
}

#define SAMPLES(dataset, signal, ...) \
    assert_samples( \
        dataset, signal, (const int32_t[]){__VA_ARGS__}, \
        sizeof((const int32_t[]){__VA_ARGS__}) / sizeof(int32_t))

static void assert_refused(const char *file, const char *members, const char *why)
{
    char map[2048];
    struct vr_dataset *dataset;
    struct vr_err err = {0};
    scratch_text("t.csv", file);
    snprintf(map, sizeof map, "{\"format\": 1, \"files\": [{\"file\": \"t.csv\", %s}]}", members);
    scratch_text("m.map.json", map);
    int r = vr_dataset_open("csv", scratch_path("m.map.json"), "m", &dataset, &err);
    cr_assert(r < 0, "not refused: %s", members);
    cr_expect(strstr(err.text, why), "\"%s\" does not say \"%s\"", err.text, why);
}

Test(csv, columns_become_signals)
{
    struct vr_dataset *dataset = open_one(
        "\xef\xbb\xbfTime; a ;\"b;c\"\r\n0;1,5;-7\r\n1;;8\r\n2;NA;nan\r\n3;-0,25;9,0\r\n",
        "\"separator\": \";\", \"decimal\": \",\", \"heading\": true, \"rate\": 0.5, \"missing\": "
        "[\"NA\"], \"signals\": [{\"column\": \"b;c\"}, {\"column\": 2, \"name\": \"A\", \"unit\": "
        "\"mV\", \"resolution\": 0.01, \"baseline\": 3}]");
    const struct vr_record *record = vr_dataset_record(dataset);
    cr_assert_str_eq(record->name, "m");
    cr_assert(record->rate_num == 1 && record->rate_den == 2 && record->frame_count == 4);
    cr_assert_eq(record->signal_count, 2);
    cr_assert_str_eq(record->warning, "");
    cr_assert_str_eq(record->signals[0].name, "b;c");
    cr_assert(record->signals[0].gain == 0 && record->signals[0].unit[0] == '\0');
    cr_assert_str_eq(record->signals[1].name, "A");
    cr_assert_str_eq(record->signals[1].unit, "mV");
    cr_assert(record->signals[1].gain == 100 && record->signals[1].baseline == 3);
    SAMPLES(dataset, 0, -7, 8, X, 9);
    SAMPLES(dataset, 1, 150, X, X, -25);
    vr_dataset_close(dataset);
}

Test(csv, files_of_many_rates_begin_when_their_heads_say)
{
    scratch_text("A.csv", "100.0, 100.0\n4.0, 4.0\n1,2\n3,4\n5,6\n");
    scratch_text("B.csv", "101.6\n1.0\n7\n8\n");
    scratch_text("C.csv", "102.0, IBI\n1.5,9\n");
    struct vr_dataset *dataset = open_as(
        "{\"format\": 1, \"record\": \"e\", \"head\": [\"unix_s\", \"rate\"], \"files\": "
        "[{\"file\": "
        "\"B.csv\", \"signals\": [{\"column\": 1, \"name\": \"b\"}]}, {\"file\": \"A.csv\", "
        "\"signals\": [{\"column\": 2, \"name\": \"a2\"}, {\"column\": 1, \"name\": \"a1\", "
        "\"unit\": "
        "\"g\", \"gain\": 64}]}, {\"file\": \"C.csv\", \"head\": [\"unix_s\"], \"time\": "
        "{\"column\": "
        "1, \"unit\": \"s\"}, \"truth\": [{\"annotator\": \"c\", \"kind\": \"beat\"}]}]}",
        "e");
    const struct vr_record *record = vr_dataset_record(dataset);
    cr_assert(record->rate_num == 4 && record->rate_den == 1 && record->frame_count == 16);
    cr_assert_eq(record->signals[2].gain, 64);
    SAMPLES(dataset, 0, X, X, 7, 8); /* 1.6 s late at 1 Hz: the nearest slot */
    SAMPLES(dataset, 1, 2, 4, 6);
    SAMPLES(dataset, 2, 1, 3, 5);
    struct vr_annotations list;
    struct vr_err err = {0};
    cr_assert_eq(vr_dataset_truth(dataset, "c", &list, &err), 0, "%s", err.text);
    cr_assert(list.count == 1 && list.items[0].sample_index == 14); /* 103.5 - 100 s */
    vr_annotations_finish(&list);
    vr_dataset_close(dataset);
}

/* At 10 Hz: jitter, a repeated stamp, one that goes back, and two gaps. */
static const char times[] =
    "10.00,1\n10.11,2\n10.19,3\n10.19,4\n10.05,5\n10.30,6\n10.62,7\n10.70,8\n"
    "10.98,9\n";

Test(csv, rows_are_placed_by_their_time_and_counted)
{
    struct vr_dataset *dataset = open_one(
        times,
        "\"rate\": 10, \"time\": {\"column\": 1, \"unit\": \"s\"}, \"signals\": [{\"column\": "
        "2, \"name\": \"x\"}]");
    SAMPLES(dataset, 0, 1, 2, 3, 6, X, X, 7, 8, X, X, 9);
    cr_assert_str_eq(
        vr_dataset_record(dataset)->warning,
        "t.csv: 2 gaps, 4 samples are missing; t.csv: 2 rows of a time that was over are left out");
    vr_dataset_close(dataset);
}

Test(csv, a_tolerance_keeps_rows_whose_stamps_stray)
{
    struct vr_dataset *dataset = open_one(
        times, "\"rate\": 10, \"time\": {\"column\": 1, \"unit\": \"s\", \"tolerance\": 1.1}, "
               "\"signals\": [{\"column\": 2, \"name\": \"x\"}]");
    SAMPLES(dataset, 0, 1, 2, 3, 4, 6, X, 7, 8, X, X, 9);
    cr_assert(strstr(vr_dataset_record(dataset)->warning, "1 rows of a time that was over"));
    vr_dataset_close(dataset);
}

#define GAP(more) \
    "\"rate\": 1, \"time\": {\"column\": 1, \"unit\": \"s\"" more \
    "}, \"signals\": [{\"column\": 2, \"name\": \"x\"}]"

Test(csv, gaps_have_a_limit)
{
    assert_refused("0,1\n90000,2\n", GAP(""), "t.csv:2:1: a gap of 89999 s before this row");
    struct vr_dataset *dataset = open_one("0,1\n90000,2\n", GAP(", \"gap_max_s\": 1e6"));
    int32_t value;
    struct vr_err err;
    cr_assert_eq(vr_dataset_read(dataset, 0, 90000, 1, &value, &err), 0);
    cr_assert_eq(value, 2);
    cr_assert_eq(vr_dataset_read(dataset, 0, 89999, 1, &value, &err), 0);
    cr_assert_eq(value, X);
    vr_dataset_close(dataset);
}

/* What a long file reads as must not depend on the order of reading. */
Test(csv, reading_is_by_position)
{
    enum { ROWS = 30000 };
    static char text[ROWS * 16];
    static int32_t expected[2 * ROWS], all[2 * ROWS], part[2 * ROWS];
    size_t size = 0;
    int64_t at = -500, count;
    for (int i = 0; i < 2 * ROWS; i++)
        expected[i] = X;
    for (int i = 0; i < ROWS; i++) {
        at += i % 997 == 0 ? 500 : i % 31 == 0 ? 0 : 1; /* gaps, repeats */
        if (expected[at] == X)
            expected[at] = i;
        size += (size_t)sprintf(text + size, "%" PRId64 ",%d\n", at, i);
    }
    struct vr_dataset *dataset = open_one(
        text,
        "\"rate\": 1000, \"time\": {\"column\": 1, \"unit\": \"ms\"}, \"signals\": [{\"column\": "
        "2, \"name\": \"x\"}, {\"column\": 1, \"name\": \"t\"}]");
    struct vr_err err = {0};
    count = vr_dataset_record(dataset)->signals[0].sample_count;
    cr_assert(count < 2 * ROWS);
    cr_assert_eq(vr_dataset_read(dataset, 0, 0, (size_t)count, all, &err), 0, "%s", err.text);
    cr_assert_eq(memcmp(all, expected, (size_t)count * sizeof *all), 0);
    for (int64_t first = count - 1; first >= 0; first -= 2711) {
        size_t size_read = (size_t)(count - first < 5000 ? count - first : 5000);
        cr_assert_eq(vr_dataset_read(dataset, 0, first, size_read, part, &err), 0, "%s", err.text);
        cr_assert_eq(memcmp(part, all + first, size_read * sizeof *part), 0);
        /* The other column tells the time of each row: it is where it belongs. */
        cr_assert_eq(vr_dataset_read(dataset, 1, first, size_read, part, &err), 0, "%s", err.text);
        for (size_t i = 0; i < size_read; i++)
            cr_assert(part[i] == X || part[i] == first + (int64_t)i);
    }
    vr_dataset_close(dataset);
}

Test(csv, digits_survive_or_are_refused)
{
    const char *one = "\"rate\": 1, \"signals\": [{\"column\": 1, \"name\": \"x\"}]";
    assert_refused("1\n2.5\n", one, "t.csv:2:1: 2.5 is no whole number of steps of 1e0");
    assert_refused("2147483648\n", one, "does not fit 32 bits");
    assert_refused("1\nx\n", one, "t.csv:2:1: \"x\" is no number with a decimal point");
    struct vr_dataset *dataset = open_one(
        "1.24\n-1.26\n1.2\n", "\"rate\": 1, \"signals\": [{\"column\": 1, \"name\": \"x\", "
                              "\"unit\": \"V\", \"resolution\": "
                              "0.1, \"round\": true}]");
    SAMPLES(dataset, 0, 12, -13, 12);
    cr_assert_eq(vr_dataset_record(dataset)->signals[0].gain, 10);
    cr_assert_str_eq(vr_dataset_record(dataset)->warning, "t.csv: 2 values were rounded");
    vr_dataset_close(dataset);
}

Test(csv, rates_stand_in_comments)
{
    const char *members =
        "\"comment\": \"#\", \"rate\": {\"comment\": \"Rate (Hz)\"}, \"signals\": "
        "[{\"column\": 1, \"name\": \"x\"}]";
    struct vr_dataset *dataset = open_one("# Rate (Hz):= 250.00\n5\n", members);
    cr_assert_eq(vr_dataset_record(dataset)->signals[0].rate_num, 250);
    vr_dataset_close(dataset);
    assert_refused(
        "# Rate (Hz):= fast\n5\n", members, "\"fast\" in the comment Rate (Hz) is no rate");
    assert_refused("5\n", members, "no comment \"#Rate (Hz): ...\"");
}

Test(csv, clocks_that_cannot_be_compared_are_refused)
{
    scratch_text("a.csv", "0.1,1\n");
    scratch_text("b.csv", "2019-10-16T12:09:01Z,1\n");
    struct vr_dataset *dataset;
    struct vr_err err = {0};
    scratch_text(
        "m.map.json",
        "{\"format\": 1, \"rate\": 1, \"files\": [{\"file\": \"a.csv\", \"time\": {\"column\": 1, "
        "\"unit\": \"s\"}, \"signals\": [{\"column\": 2, \"name\": \"a\"}]}, {\"file\": \"b.csv\", "
        "\"time\": {\"column\": 1, \"unit\": \"iso8601\"}, \"signals\": [{\"column\": 2, \"name\": "
        "\"b\"}]}]}");
    cr_assert_eq(
        vr_dataset_open("csv", scratch_path("m.map.json"), "m", &dataset, &err), -VR_ERR_INPUT);
    cr_assert(strstr(err.text, "the two cannot be compared"), "%s", err.text);
}

static void assert_names(const char *map, const char *expected)
{
    struct vr_names names;
    struct vr_err err = {0};
    char found[256] = "";
    scratch_text("m.map.json", map);
    int r = vr_dataset_list("csv", scratch_path("m.map.json"), &names, &err);
    cr_assert_eq(r, 0, "%s", err.text);
    for (size_t i = 0; i < names.count; i++)
        strcat(strcat(found, names.items[i]), " ");
    cr_assert_str_eq(found, expected);
    vr_names_finish(&names);
}

Test(csv, records_are_what_the_star_stands_for)
{
    char folder[512];
    static const char *const folders[] = {"p1", "p2", "p3", "q", "d"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        cr_assert_eq(mkdir(scratch_path(folders[i]), 0700), 0);
    scratch_text("p1/x.csv", "1\n");
    scratch_text("p2/x.csv", "1\n");
    scratch_text("p3/y.csv", "1\n");
    scratch_text("d/1_x.csv", "1\n");
    scratch_text("d/2_x.csv", "1\n");
    scratch_text("d/.3_x.csv", "1\n");
    scratch_text("d/_x.csv", "1\n");
    snprintf(folder, sizeof folder, "%s/d/4_x.csv", scratch);
    cr_assert_eq(symlink("1_x.csv", folder), 0);
    const char *signals = "\"rate\": 1, \"signals\": [{\"column\": 1, \"name\": \"x\"}]}]}";
    char map[512];
    snprintf(map, sizeof map, "{\"format\": 1, \"files\": [{\"file\": \"*/x.csv\", %s", signals);
    assert_names(map, "p1 p2 ");
    struct vr_dataset *dataset;
    struct vr_err err = {0};
    cr_assert_eq(mkdir(scratch_path("d/e"), 0700), 0);
    scratch_text("d/e/x.csv", "1\n");
    cr_assert_eq(
        vr_dataset_open("csv", scratch_path("m.map.json"), "d/e", &dataset, &err), -VR_ERR_INPUT);
    cr_assert(strstr(err.text, "\"d/e\" is no name of a record here"), "%s", err.text);
    snprintf(map, sizeof map, "{\"format\": 1, \"files\": [{\"file\": \"p*/x.csv\", %s", signals);
    assert_names(map, "1 2 ");
    snprintf(map, sizeof map, "{\"format\": 1, \"files\": [{\"file\": \"d/*_x.csv\", %s", signals);
    assert_names(map, "1 2 ");
    vr_dataset_close(open_as(map, "2"));
    static const char *const outside[] = {"../p1", "", ".3", "4", "5"};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        cr_assert(
            vr_dataset_open("csv", scratch_path("m.map.json"), outside[i], &dataset, &err) < 0,
            "%s", outside[i]);
}

Test(csv, records_are_the_cells_of_a_column)
{
    scratch_text("t.csv", "who,v\nb,1\na,2\nb,3\n");
    const char *map =
        "{\"format\": 1, \"files\": [{\"file\": \"t.csv\", \"heading\": true, \"where\": {\"who\": "
        "\"*\"}, \"rate\": 1, \"signals\": [{\"column\": \"v\"}]}]}";
    assert_names(map, "a b ");
    struct vr_dataset *dataset = open_as(map, "b");
    SAMPLES(dataset, 0, 1, 3);
    vr_dataset_close(dataset);
    struct vr_err err = {0};
    cr_assert_eq(
        vr_dataset_open("csv", scratch_path("m.map.json"), "c", &dataset, &err), -VR_ERR_NOT_FOUND);
}

Test(csv, the_digest_is_over_the_mapping_and_the_files)
{
    char expected[VR_DIGEST_HEX_SIZE];
    struct vr_digest digest;
    const char *file = "1\n2\n";
    struct vr_dataset *dataset =
        open_one(file, "\"rate\": 1, \"signals\": [{\"column\": 1, \"name\": \"x\"}]");
    char map[512];
    FILE *stream = fopen(scratch_path("m.map.json"), "r");
    size_t size = fread(map, 1, sizeof map, stream);
    fclose(stream);
    vr_digest_init(&digest);
    vr_digest_update(&digest, map, size);
    vr_digest_update(&digest, file, strlen(file));
    vr_digest_finish(&digest, expected);
    cr_assert_str_eq(vr_dataset_record(dataset)->sha256, expected);
    vr_dataset_close(dataset);
}
