/* dataset/csv_map: what a mapping says is taken as it stands; what it leaves open, or says twice, is refused
 * with its place. */
#include "dataset/csv_map.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *text, *why;
} faults[] = {
    {"{", "m:1:2: "},
    {"[]", "m:1:1: an array is not an object"},
    {"{\"format\": 1}", "m:1:1: the key \"files\" is missing"},
    {"{\"format\": 2, \"files\": [{}]}", "m:1:12: format:"},
    {"{\"format\": 1, \"files\": []}", "m:1:24: files:"},
    {"{\"format\": 1, \"files\": [{\"file\": \"x\"}]}", "m:1:25: when were the rows of this file?"},
    {"{\"format\": 1, \"files\": [{\"file\": \"x\", \"rate\": 1}]}",
     "m:1:25: what is this file for?"},
#define FILE(members) "{\"format\": 1, \"files\": [{\"file\": \"x\", " members "}]}"
#define SIGNAL "\"signals\": [{\"column\": 1, \"name\": \"s\"}]"
    {FILE("\"rate\": 0, " SIGNAL), "m:1:47: files[0].rate"},
    {FILE("\"rate\": \"1/0\", " SIGNAL), "m:1:47: files[0].rate"},
    {FILE("\"rate\": \"9999999999/1\", " SIGNAL),
     "a rate must be a fraction of two numbers below 2^32"},
    {FILE("\"rate\": {\"comment\": \"Hz\"}, " SIGNAL), "which lines are comments?"},
    {FILE("\"head\": [\"rate\", \"rate\"], " SIGNAL), "the rate twice"},
    {FILE("\"head\": [\"unix_s\", \"unix_ms\"], \"rate\": 1, " SIGNAL), "the start twice"},
    {FILE("\"head\": [\"rate\"], \"rate\": 1, " SIGNAL), "the head tells the rate already"},
    {FILE("\"rate\": 1, \"separator\": \"\", " SIGNAL), "files[0].separator"},
    {FILE("\"rate\": 1, \"decimal\": \",\", " SIGNAL), "the comma is both"},
    {FILE("\"rate\": 1, \"signals\": [{\"column\": \"s\"}]"), "the file has no heading"},
    {FILE("\"rate\": 1, \"signals\": [{\"column\": 1}]"), "a signal without \"name\""},
    {FILE("\"rate\": 1, \"signals\": [{\"column\": 0, \"name\": \"s\"}]"),
     "files[0].signals[0].column"},
    {FILE("\"rate\": 1, \"signals\": [{\"column\": 1, \"name\": \"s\", \"gain\": 5}]"),
     "a calibrated signal has a \"unit\""},
    {FILE("\"rate\": 1, \"signals\": [{\"column\": 1, \"name\": \"s\", \"unit\": \"g\", \"gain\": "
          "0}]"),
     "a \"gain\" that is not 0"},
    {FILE("\"rate\": 1, \"signals\": [{\"column\": 1, \"name\": \"s\", \"resolution\": 0}]"),
     "files[0].signals[0].resolution"},
    {FILE("\"time\": {\"column\": 1, \"unit\": \"s\"}, " SIGNAL), "samples of which rate?"},
    {FILE("\"time\": {\"column\": 1, \"unit\": \"sec\"}, \"rate\": 1, " SIGNAL),
     "\"sec\" is no unit of time"},
    {FILE("\"time\": {\"column\": [1, 2], \"unit\": \"s\"}, \"rate\": 1, " SIGNAL),
     "a count of time is one column"},
    {FILE("\"time\": {\"column\": 1, \"unit\": \"row\"}, \"truth\": [{\"annotator\": \"a\", "
          "\"kind\": "
          "\"event\"}]"),
     "how many rows a second?"},
    {FILE("\"head\": [\"unix_s\"], \"time\": {\"column\": 1, \"unit\": \"unix_s\"}, \"rate\": "
          "1, " SIGNAL),
     "the head tells when the file began, and the column tells it again"},
    {FILE("\"rate\": 1, \"where\": {\"who\": \"x\"}, " SIGNAL), "the file has no heading"},
    {FILE("\"rate\": 1, \"truth\": [{\"annotator\": \"a\", \"kind\": \"label\"}]"),
     "which \"column\" has the label?"},
    {FILE("\"rate\": 1, \"truth\": [{\"annotator\": \"a\", \"kind\": \"beat\", \"map\": {\"a\": "
          "\"b\"}}]"),
     "a \"map\" of no column"},
    {FILE("\"rate\": 1, \"truth\": [{\"annotator\": \"a\", \"kind\": \"beat\", \"number\": 2}]"),
     "only a measure has a \"number\""},
    {FILE("\"rate\": 1, \"truth\": [{\"annotator\": \"a\", \"kind\": \"beat\"}, {\"annotator\": "
          "\"a\", "
          "\"kind\": \"event\"}]"),
     "the annotator \"a\" twice"},
#define NAMED(name) \
    "{\"format\": 1, \"files\": [{\"file\": \"" name "\", \"rate\": 1, " SIGNAL "}]}"
    {NAMED("../x"), "m:1:34: the name leads out of the folder"},
    {NAMED("/x"), "the name is an absolute path"},
    {NAMED("a//x"), "the name has an empty part"},
    {NAMED("*/*"), "more than one * in a name"},
};

Test(csv_map, what_is_wrong_is_refused_with_its_place)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct vr_csv_map map;
        struct vr_err err = {0};
        int r = vr_csv_map_parse(faults[i].text, strlen(faults[i].text), "m", &map, &err);
        cr_assert_eq(r, -VR_ERR_INPUT, "not refused: %s", faults[i].text);
        cr_expect(
            strstr(err.text, faults[i].why), "%s\nsaid: %s\nwant: %s", faults[i].text, err.text,
            faults[i].why);
        cr_expect(strncmp(err.text, "m:1:", 4) == 0, "%s", err.text);
    }
}

Test(csv_map, what_holds_for_all_files_may_be_said_once)
{
    const char *text =
        "{\"format\": 1, \"record\": \"r\", \"ticks_hz\": \"1/30\", \"separator\": \";\", "
        "\"decimal\": "
        "\",\", \"head\": [\"unix_s\", \"rate\"], \"missing\": [\"-\"], \"files\": ["
        "{\"file\": \"a\", " SIGNAL "}, "
        "{\"file\": \"b\", \"separator\": \",\", \"decimal\": \".\", \"quote\": \"\", \"head\": "
        "[\"skip\"], \"rate\": 12.5, \"shift_s\": -0.5, \"missing\": [], \"truth\": "
        "[{\"annotator\": "
        "\"x\", \"kind\": \"measure\", \"column\": 7}]}]}";
    struct vr_csv_map map;
    struct vr_err err = {0};
    cr_assert_eq(vr_csv_map_parse(text, strlen(text), "m", &map, &err), 0, "%s", err.text);
    cr_assert_str_eq(map.record, "r");
    cr_assert(map.ticks.num == 1 && map.ticks.den == 30);
    cr_assert(map.file_count == 2 && map.signal_count == 1);
    const struct vr_csv_map_file *a = &map.files[0], *b = &map.files[1];
    cr_assert(a->format.separator == ';' && a->format.decimal == ',' && a->format.quote == '"');
    cr_assert(a->head_count == 2 && a->has_start && a->has_rate && a->rate.num == 0);
    cr_assert_str_eq(a->format.missing[0], "-");
    cr_assert(b->format.separator == ',' && b->format.decimal == '.' && b->format.quote == '\0');
    cr_assert(b->head_count == 1 && !b->has_start && b->rate.num == 25 && b->rate.den == 2);
    cr_assert_eq(b->shift_ns, -500000000);
    cr_assert_null(b->format.missing[0]);
    cr_assert(b->truths[0].kind == VR_CSV_TRUTH_MEASURE && b->truths[0].column.number == 6);
    cr_assert_eq(b->truths[0].number, 1);
    vr_csv_map_finish(&map);
}

Test(csv_map, gains_are_exact)
{
    static const struct {
        const char *resolution;
        double gain;
    } rows[] = {{"0.00001", 1e5}, {"0.001", 1e3},  {"0.5", 2},
                {"4", 0.25},      {"1e-12", 1e12}, {"0.0078125", 128}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[256];
        struct vr_csv_map map;
        struct vr_err err = {0};
        snprintf(
            text, sizeof text,
            "{\"format\": 1, \"files\": [{\"file\": \"x\", \"rate\": 1, \"signals\": [{\"column\": "
            "1, "
            "\"name\": \"s\", \"unit\": \"V\", \"resolution\": %s}]}]}",
            rows[i].resolution);
        cr_assert_eq(vr_csv_map_parse(text, strlen(text), "m", &map, &err), 0, "%s", err.text);
        cr_assert_eq(map.files[0].signals[0].gain, rows[i].gain, "%s", rows[i].resolution);
        vr_csv_map_finish(&map);
    }
}
