/* dataset/wfdb_annotation: the writer as the reader's mirror. */
#include "scratch.h"

#include "annotation_bytes.h"

static void stop(void)
{
    vr_annotations_finish(&list);
}

TestSuite(wfdb_annotation_write, .fini = stop);

static void add(int64_t time, int code, int subtype, int channel, int number, const char *string)
{
    struct vr_annotation item = {
        .sample_index = time,
        .code = (uint8_t)code,
        .subtype = (int8_t)subtype,
        .channel = (uint8_t)channel,
        .number = (int8_t)number};
    cr_assert_eq(vr_annotations_add(&list, &item, string, string ? strlen(string) : 0, NULL), 0);
}

/* What `list` is written as reads back the same, also with ticks of its own. */
static void check_round_trip_as(const struct vr_rate *resolution)
{
    struct vr_err err = {0};
    uint8_t *written = NULL;
    size_t written_size = 0;
    struct vr_annotations again = {0};
    struct vr_rate rate = resolution ? *resolution : (struct vr_rate){360, 1};
    cr_assert_eq(
        vr_wfdb_annotation_encode(&list, resolution, &written, &written_size, &err), 0, "%s",
        err.text);
    cr_assert_eq(
        vr_wfdb_annotation_parse(written, written_size, "w", rate, &again, &err), 0, "%s",
        err.text);
    cr_assert_eq(again.count, list.count);
    for (size_t i = 0; i < again.count; i++) {
        const struct vr_annotation *a = &again.items[i];
        assert_item(i, a->sample_index, a->code, a->subtype, a->channel, a->number, a->text);
    }
    for (size_t i = 0; i < VR_CODES_MAX; i++) {
        cr_assert_eq(!again.definitions[i], !list.definitions[i]);
        if (again.definitions[i])
            cr_assert_str_eq(again.definitions[i], list.definitions[i]);
    }
    vr_annotations_finish(&again);
    free(written);
}

static void check_round_trip(void)
{
    static const struct vr_rate resolutions[] = {{250, 1}, {31, 2}, {1, 60}};
    check_round_trip_as(NULL);
    for (size_t i = 0; i < sizeof resolutions / sizeof resolutions[0]; i++)
        check_round_trip_as(&resolutions[i]);
}

Test(wfdb_annotation_write, what_is_written_reads_back_equal)
{
    check_round_trip(); /* nothing */
    list.definitions[42] = strdup("CAL Calibration");
    list.definitions[1] = strdup("c");
    check_round_trip();
    add(0, VR_CODE_NOTE, 0, 0, 0, "a note at time 0 that is data");
    add(0, VR_CODE_RHYTHM, 0, 0, 0, "(N");
    add(0, VR_CODE_NORMAL, 0, 0, 0, NULL);
    add(1023, VR_CODE_NORMAL, 0, 0, 0, NULL);
    add(1023 + 1024, VR_CODE_PVC, -128, 3, -1, "odd");
    add(1000, VR_CODE_PVC, 127, 3, -1, "even");
    add(INT64_C(5000000000), VR_CODE_NORMAL, 0, 255, 127, NULL);
    add(INT64_C(5000000000), 49, 0, 0, 0, NULL);
    add(0, 1, 0, 0, 0, NULL);
    add(-INT64_C(5000000000), 1, 0, 0, 0, NULL);
    add(VR_WFDB_TICK_MAX, 1, 0, 0, -128, "");
    check_round_trip();
    vr_annotations_finish(&list);
    for (int high = 0; high < 256; high++) {
        add(high % 4 * 256, high / 4 ? high / 4 % 49 + 1 : 1, 0, 0, 0,
            NULL); /* never taken for AHA */
        check_round_trip();
        vr_annotations_finish(&list);
    }
}

Test(wfdb_annotation_write, what_the_format_cannot_hold_is_refused)
{
    char long_text[300];
    struct vr_err err = {0};
    uint8_t *written = NULL;
    size_t written_size;
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    add(5, VR_CODE_NORMAL, 0, 0, 0, NULL);
    add(6, VR_CODE_NORMAL, 0, 0, 0, long_text);
    cr_assert_eq(
        vr_wfdb_annotation_encode(&list, NULL, &written, &written_size, &err), -VR_ERR_INPUT);
    cr_assert_str_eq(err.text, "annotation 1: its text has 299 bytes; the MIT format holds 255");
    vr_annotations_finish(&list);
    add(5, 0, 0, 0, 0, NULL);
    cr_assert_eq(
        vr_wfdb_annotation_encode(&list, NULL, &written, &written_size, &err), -VR_ERR_INPUT);
    cr_assert(strstr(err.text, "annotation 0: code 0 is not in 1..49"), "%s", err.text);
    const struct vr_rate odd = {1000003, 7};
    cr_assert_eq(
        vr_wfdb_annotation_encode(&list, &odd, &written, &written_size, &err), -VR_ERR_INPUT);
    vr_annotations_finish(&list);
    add(VR_WFDB_TICK_MAX + 1, 1, 0, 0, 0, NULL);
    cr_assert_eq(
        vr_wfdb_annotation_encode(&list, NULL, &written, &written_size, &err), -VR_ERR_INPUT);
    cr_assert(strstr(err.text, "lies years outside any record"), "%s", err.text);
}

/* In ticks of the file, read at another rate. */
Test(wfdb_annotation_write, a_resolution_that_is_written_is_one_when_read)
{
    struct vr_err err = {0};
    uint8_t *written = NULL;
    const struct vr_rate ticks = {1000, 1};
    add(0, VR_CODE_NOTE, 0, 0, 0, "N");
    add(1499, VR_CODE_NOTE, 0, 0, 0, "R");
    add(1500, VR_CODE_NOTE, 0, 0, 0, "W");
    cr_assert_eq(vr_wfdb_annotation_encode(&list, &ticks, &written, &size, &err), 0);
    memcpy(bytes, written, size);
    free(written);
    must_parse(1);
    assert_item(0, 0, VR_CODE_NOTE, 0, 0, 0, "N");
    assert_item(1, 1, VR_CODE_NOTE, 0, 0, 0, "R");
    assert_item(2, 2, VR_CODE_NOTE, 0, 0, 0, "W");
}

Test(wfdb_annotation_write, files_are_written_whole_and_read_by_path)
{
    struct vr_err err = {0};
    struct vr_rate rate = {360, 1};
    scratch_make();
    add(77, VR_CODE_NORMAL, 0, 0, 0, NULL);
    cr_assert_eq(
        vr_wfdb_annotation_write(scratch_path("x.test"), &list, NULL, &err), 0, "%s", err.text);
    vr_annotations_finish(&list);
    cr_assert_eq(
        vr_wfdb_annotation_read_file(scratch_path("x.test"), rate, &list, &err), 0, "%s", err.text);
    assert_item(0, 77, VR_CODE_NORMAL, 0, 0, 0, NULL);
    vr_annotations_finish(&list);
    cr_assert_eq(
        vr_wfdb_annotation_read_file(scratch_path("y.test"), rate, &list, &err), -VR_ERR_NOT_FOUND);
    cr_assert_eq(
        vr_wfdb_annotation_write(scratch_path("no/x.test"), &list, NULL, &err), -VR_ERR_IO);
    scratch_remove();
}
