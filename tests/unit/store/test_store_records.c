/* Records and their truth: what is written is what is read, and equal means equal in everything. */
#include <criterion/criterion.h>

#include "filled.h"

static struct vr_store *store;
static struct vr_err err;

static void setup(void)
{
    store = filled_open(":memory:", VR_STORE_CREATE);
}

static void teardown(void)
{
    vr_store_close(store);
}

TestSuite(store_records, .init = setup, .fini = teardown);

/* --- records --------------------------------------------------------------------------------- */

static int copy_record(void *context, const struct vr_record_row *record)
{
    *(struct vr_record_row *)context = *record;
    cr_expect_str_eq(record->dataset, "${VITALRIG_DATA}/mitdb");
    cr_expect_str_eq(record->name, "100");
    cr_expect_str_eq(record->sha256, "ab12");
    cr_expect_str_eq(record->annotator, "atr");
    cr_expect_str_eq(record->signal, "MLII");
    cr_expect_eq(strlen(record->truth_sha256), 64);
    return 0;
}

Test(store_records, gives_back_a_record_and_its_truth)
{
    struct vr_record_row record = filled_record("100"), read = {0};
    struct vr_truth_row *truth;
    size_t count;
    cr_assert_eq(vr_store_record_add(store, &record, filled_truth, FILLED_TRUTH, &err), 0);
    cr_assert_eq(vr_store_record_get(store, record.record_id, copy_record, &read, &err), 0);
    cr_expect_eq(read.record_id, record.record_id);
    cr_expect_eq(read.rate_num, 360);
    cr_expect_eq(read.rate_den, 1);
    cr_expect_eq(read.sample_count, 3600);
    cr_expect_eq(read.window_start, 720);
    cr_assert_eq(vr_store_truth(store, record.record_id, &truth, &count, &err), 0);
    cr_assert_eq(count, FILLED_TRUTH);
    for (size_t i = 0; i < count; i++) {
        cr_expect_eq(truth[i].sample_index, filled_truth[i].sample_index);
        cr_expect_eq(truth[i].code, filled_truth[i].code);
        cr_expect_eq(truth[i].subtype, filled_truth[i].subtype);
        cr_expect_eq(truth[i].channel, filled_truth[i].channel);
        cr_expect_eq(truth[i].number, filled_truth[i].number);
        cr_expect_eq(!truth[i].text, !filled_truth[i].text, "no text and an empty text differ");
        if (truth[i].text && filled_truth[i].text)
            cr_expect_str_eq(truth[i].text, filled_truth[i].text);
    }
    vr_store_truth_free(truth, count);
    cr_expect_eq(vr_store_record_get(store, 99, copy_record, &read, &err), -VR_ERR_NOT_FOUND);
}

Test(store_records, finds_an_equal_record_and_only_that)
{
    struct vr_truth_row corrected[FILLED_TRUTH];
    struct vr_record_row rows[9];
    for (size_t i = 0; i < 9; i++)
        rows[i] = filled_record("100");
    rows[2].name = "101";
    rows[3].sha256 = "cd34";
    rows[4].annotator = "qrs";
    rows[5].window_start = 0;
    rows[6].sample_count = 1;
    rows[7].signal = "V1";
    memcpy(corrected, filled_truth, sizeof corrected);
    corrected[1].code = 5;
    for (size_t i = 0; i < 9; i++)
        cr_assert_eq(
            vr_store_record_add(
                store, &rows[i], i == 8 ? corrected : filled_truth, FILLED_TRUTH, &err),
            0);
    cr_expect_eq(rows[1].record_id, rows[0].record_id);
    for (size_t i = 2; i < 9; i++)
        cr_expect_eq(rows[i].record_id, rows[0].record_id + (int64_t)i - 1, "row %zu", i);
}

Test(store_records, tells_truth_lists_apart_by_their_texts)
{
    struct vr_record_row first = filled_record("100"), second = first, third = first;
    struct vr_truth_row one[] = {{.sample_index = 1, .text = "a\n2 0 0 0 0 -"}};
    struct vr_truth_row two[] = {{.sample_index = 1, .text = "a"}, {.sample_index = 2}};
    struct vr_truth_row none[] = {{.sample_index = 1}, {.sample_index = 2}};
    cr_assert_eq(vr_store_record_add(store, &first, one, 1, &err), 0);
    cr_assert_eq(vr_store_record_add(store, &second, two, 2, &err), 0);
    cr_assert_eq(vr_store_record_add(store, &third, none, 2, &err), 0);
    cr_expect_neq(first.record_id, second.record_id);
    cr_expect_neq(second.record_id, third.record_id);
}

Test(store_records, refuses_truth_that_goes_back_in_time)
{
    struct vr_record_row record = filled_record("100");
    struct vr_truth_row truth[] = {{.sample_index = 5}, {.sample_index = 4}};
    cr_expect_eq(vr_store_record_add(store, &record, truth, 2, &err), -VR_ERR_INPUT);
    cr_expect_not_null(strstr(err.text, "sample 4 after sample 5"), "%s", err.text);
    cr_expect_eq(record.record_id, 0);
}

Test(store_records, has_no_truth_without_an_annotator)
{
    struct vr_record_row record = filled_record("100");
    struct vr_truth_row *truth;
    size_t count;
    record.annotator = NULL;
    cr_assert_eq(vr_store_record_add(store, &record, NULL, 0, &err), 0);
    cr_assert_eq(vr_store_truth(store, record.record_id, &truth, &count, &err), 0);
    cr_expect_eq(count, 0);
    cr_expect_null(truth);
}
