/* dataset/csv_truth: labels last as long as their rows, numbers, beats and events stand at their time. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "dataset/dataset.h"
#include "scratch.h"

TestSuite(csv_truth, .init = scratch_make, .fini = scratch_remove);

/* "TICK:CODE:SUBTYPE:TEXT " of each annotation of a file t.csv, in a record of `seconds` at 10 Hz (0 = no
 * signals); or the error. */
static const char *truth_of(int seconds, const char *file, const char *members, const char *truth)
{
    static char text[2048];
    char map[2048], signal[512] = "";
    struct vr_dataset *dataset;
    struct vr_annotations list;
    struct vr_err err = {0};
    FILE *stream = fopen(scratch_path("s.csv"), "w");
    fputs("100\n", stream);
    for (int i = 0; i < 10 * seconds; i++)
        fputs("1\n", stream);
    fclose(stream);
    if (seconds)
        strcpy(
            signal, "{\"file\": \"s.csv\", \"head\": [\"unix_s\"], \"rate\": 10, \"signals\": "
                    "[{\"column\": 1, \"name\": \"s\"}]}, ");
    scratch_text("t.csv", file);
    snprintf(
        map, sizeof map,
        "{\"format\": 1, \"files\": [%s{\"file\": \"t.csv\", %s, \"truth\": [{\"annotator\": "
        "\"a\", "
        "%s}]}]}",
        signal, members, truth);
    scratch_text("m.map.json", map);
    int r = vr_dataset_open("csv", scratch_path("m.map.json"), "m", &dataset, &err);
    cr_assert_eq(r, 0, "%s", err.text);
    r = vr_dataset_truth(dataset, "a", &list, &err);
    vr_dataset_close(dataset);
    if (r < 0)
        return strcpy(text, err.text);
    text[0] = '\0';
    for (size_t i = 0; i < list.count; i++) {
        const struct vr_annotation *item = &list.items[i];
        sprintf(
            text + strlen(text), "%" PRId64 ":%d:%d:%s ", item->sample_index, item->code,
            item->subtype, item->text ? item->text : "-");
    }
    vr_annotations_finish(&list);
    return text;
}

#define EPOCHS "\"head\": [\"unix_s\"], \"rate\": 1"
#define STAMPS "\"time\": {\"column\": 1, \"unit\": \"unix_s\"}"

Test(csv_truth, labels_are_told_where_they_change)
{
    const char *label =
        "\"kind\": \"label\", \"column\": 1, \"map\": {\"0\": \"W\", \"1\": \"N1\", "
        "\"x\": null}";
    cr_expect_str_eq(
        truth_of(9, "100\n0\n0.00\n1\n1e0\n\nx\n0\n", EPOCHS, label),
        "0:22:0:W 20:22:0:N1 40:22:0:- 60:22:0:W 70:22:0:- ");
    /* As long as the record: nothing to end. */
    cr_expect_str_eq(truth_of(2, "100\n0\n1\n", EPOCHS, label), "0:22:0:W 10:22:0:N1 20:22:0:- ");
    /* They begin before the record, and last beyond it. */
    cr_expect_str_eq(truth_of(2, "98\n1\n0\n0\n1\n1\n", EPOCHS, label), "0:22:0:W 10:22:0:N1 ");
    cr_expect_str_eq(truth_of(0, "100\n0\n1\n", EPOCHS, label), "0:22:0:W 1:22:0:N1 2:22:0:- ");
    cr_expect(strstr(
        truth_of(2, "100\n0\n7\n", EPOCHS, label), "t.csv:3:1: \"7\" is not in the \"map\" of a"));
}

Test(csv_truth, a_label_ends_where_rows_are_missing)
{
    const char *label = "\"kind\": \"rhythm\", \"column\": 2";
    cr_expect_str_eq(
        truth_of(9, "100,(N\n101,(N\n104,(N\n105,(AFIB\n", "\"rate\": 1, " STAMPS, label),
        "0:28:0:(N 20:28:0:- 40:28:0:(N 50:28:0:(AFIB 60:28:0:- ");
    /* Without a rate, it lasts until the next. */
    cr_expect_str_eq(
        truth_of(9, "100,(N\n104,(N\n105,(AFIB\n", STAMPS, label), "0:28:0:(N 50:28:0:(AFIB ");
    cr_expect(strstr(
        truth_of(9, "100,(N\n100,(AFIB\n", STAMPS, label),
        "t.csv:2:1: the time of this row is not behind that of the row before"));
}

Test(csv_truth, numbers_stand_at_the_end_of_their_window)
{
    const char *measure = "\"kind\": \"measure\", \"column\": 2, \"number\": 2";
    cr_expect_str_eq(
        truth_of(
            5, "100,5;61,50\n101,5;\n99;1\n102,5;62\n101;7\n106;1\n",
            "\"separator\": \";\", \"decimal\": \",\", \"shift_s\": 0.25, " STAMPS, measure),
        "8:23:2:61.50 13:23:2:7 28:23:2:62 ");
    cr_expect(
        strstr(truth_of(5, "100,sixty\n", STAMPS, measure), "t.csv:1:5: \"sixty\" is no number"));
}

Test(csv_truth, beats_and_events_are_instants)
{
    cr_expect_str_eq(
        truth_of(5, "100.04\n101.06\n", STAMPS, "\"kind\": \"beat\""), "0:1:0:- 11:1:0:- ");
    cr_expect_str_eq(
        truth_of(
            5, "100,N\n101,V\n102,X\n103,~\n", STAMPS,
            "\"kind\": \"beat\", \"column\": 2, \"map\": {\"N\": \"N\", \"V\": \"V\", \"X\": null, "
            "\"~\": \"~\"}"),
        "0:1:0:- 10:5:0:- 30:14:0:- ");
    cr_expect(strstr(
        truth_of(5, "100,beat\n", STAMPS, "\"kind\": \"beat\", \"column\": 2"),
        "\"beat\" is no annotation code"));
    cr_expect_str_eq(truth_of(5, "101.5\n", STAMPS, "\"kind\": \"event\""), "15:42:0:a ");
    cr_expect_str_eq(
        truth_of(5, "101.5,run\n", STAMPS, "\"kind\": \"event\", \"column\": 2"), "15:42:0:run ");
    cr_expect_str_eq(truth_of(5, "", STAMPS, "\"kind\": \"event\""), "");
}

Test(csv_truth, truth_by_another_clock_is_refused)
{
    cr_expect(strstr(
        truth_of(5, "200\n", STAMPS, "\"kind\": \"beat\""),
        "none of its 1 rows has a value inside"));
    cr_expect(strstr(
        truth_of(5, "1\n", "\"time\": {\"column\": 1, \"unit\": \"s\"}", "\"kind\": \"beat\""),
        "the two cannot be compared"));
}
