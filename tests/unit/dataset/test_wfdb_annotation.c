/* dataset/wfdb_annotation: the MIT format word by word, its damages, and the writer as the reader's mirror. */
#include "dataset/wfdb_annotation.h"
#include "scratch.h"

static struct vr_annotations list;

static void stop(void)
{
    vr_annotations_finish(&list);
}

TestSuite(wfdb_annotation, .fini = stop);

/* A file under construction. */
static uint8_t bytes[4096];
static size_t size;

static void word(unsigned code, unsigned value)
{
    unsigned bits = code << 10 | value;
    bytes[size++] = (uint8_t)bits;
    bytes[size++] = (uint8_t)(bits >> 8);
}

static void skip(int32_t interval)
{
    uint32_t bits = (uint32_t)interval;
    word(VR_WFDB_SKIP, 0);
    bytes[size++] = (uint8_t)(bits >> 16);
    bytes[size++] = (uint8_t)(bits >> 24);
    bytes[size++] = (uint8_t)bits;
    bytes[size++] = (uint8_t)(bits >> 8);
}

static void text(const char *string, unsigned length)
{
    word(VR_WFDB_AUX, length);
    memcpy(bytes + size, string, length);
    size += length;
    if (length % 2)
        bytes[size++] = 0;
}

static void note(const char *string)
{
    word(VR_CODE_NOTE, 0);
    text(string, (unsigned)strlen(string));
}

static void null_annotation(void)
{
    skip(-1);
    word(VR_WFDB_NULL, 1);
}

static int parse_at(uint32_t rate_num, uint32_t rate_den, struct vr_err *err)
{
    vr_annotations_finish(&list);
    /* No byte more than there is, so that the sanitizer sees a read behind the end. */
    uint8_t *copy = malloc(size + (size == 0));
    cr_assert(copy);
    memcpy(copy, bytes, size);
    int r = vr_wfdb_annotation_parse(
        copy, size, "a.atr", (struct vr_rate){rate_num, rate_den}, &list, err);
    free(copy);
    size = 0;
    return r;
}

static void must_parse(uint32_t rate_hz)
{
    struct vr_err err = {0};
    cr_assert_eq(parse_at(rate_hz, 1, &err), 0, "%s", err.text);
}

static void must_refuse(const char *words)
{
    struct vr_err err = {0};
    cr_assert_eq(parse_at(360, 1, &err), -VR_ERR_INPUT, "accepted, not: %s", words);
    cr_assert(strstr(err.text, words), "%s", err.text);
    cr_assert_eq(list.count, 0);
    cr_assert_null(list.items);
}

static void assert_item(
    size_t index, int64_t time, int code, int subtype, int channel, int number, const char *string)
{
    cr_assert_lt(index, list.count);
    const struct vr_annotation *item = &list.items[index];
    cr_assert_eq(
        item->sample_index, time, "item %zu at %lld", index, (long long)item->sample_index);
    cr_assert_eq(item->code, code, "item %zu has code %d", index, item->code);
    cr_assert_eq(item->subtype, subtype, "item %zu has subtype %d", index, item->subtype);
    cr_assert_eq(item->channel, channel, "item %zu has channel %d", index, item->channel);
    cr_assert_eq(item->number, number, "item %zu has number %d", index, item->number);
    cr_assert_eq(!item->text, !string, "item %zu: %s", index, item->text ? item->text : "no text");
    if (string)
        cr_assert_str_eq(item->text, string);
}

Test(wfdb_annotation, beats_with_rhythm_as_the_oldest_files_have_them)
{
    word(VR_CODE_RHYTHM, 18);
    text("(N\0", 3); /* counts its NUL */
    word(VR_CODE_NORMAL, 59);
    word(VR_CODE_PVC, 1023);
    word(0, 0);
    must_parse(360);
    cr_assert_eq(list.count, 3);
    assert_item(0, 18, VR_CODE_RHYTHM, 0, 0, 0, "(N");
    assert_item(1, 77, VR_CODE_NORMAL, 0, 0, 0, NULL);
    assert_item(2, 1100, VR_CODE_PVC, 0, 0, 0, NULL);
}

Test(wfdb_annotation, zeros_may_fill_a_file_up)
{
    word(VR_CODE_NORMAL, 5);
    for (int i = 0; i < 20; i++)
        word(0, 0);
    bytes[size++] = 0;
    must_parse(360);
    cr_assert_eq(list.count, 1);
}

Test(wfdb_annotation, number_and_channel_stick_and_subtype_and_text_do_not)
{
    word(VR_CODE_NORMAL, 10);
    word(VR_WFDB_NUM, 10);
    word(VR_WFDB_CHN, 255);
    word(VR_WFDB_SUB, 0xff); /* -1 */
    text("abc", 3);
    word(VR_CODE_NORMAL, 10);
    word(VR_WFDB_NUM, 0x3ff & (unsigned)-2);
    word(VR_CODE_NORMAL, 10);
    word(VR_WFDB_CHN, 0);
    word(VR_WFDB_SUB, 127);
    word(0, 0);
    must_parse(360);
    assert_item(0, 10, VR_CODE_NORMAL, -1, 255, 10, "abc");
    assert_item(1, 20, VR_CODE_NORMAL, 0, 255, -2, NULL);
    assert_item(2, 30, VR_CODE_NORMAL, 127, 0, -2, NULL);
}

Test(wfdb_annotation, skips_add_up_to_64_bits_and_go_back)
{
    for (int i = 0; i < 4; i++)
        skip(INT32_MAX);
    skip(1410065412);
    word(VR_CODE_NORMAL, 0);
    skip(-1000);
    word(VR_CODE_NORMAL, 1); /* a modifier behind a skip still belongs to the beat before it */
    skip(5);
    word(VR_WFDB_SUB, 3);
    word(VR_CODE_PVC, 0);
    word(0, 0);
    must_parse(360);
    assert_item(0, INT64_C(10000000000), VR_CODE_NORMAL, 0, 0, 0, NULL);
    assert_item(1, INT64_C(9999999001), VR_CODE_NORMAL, 3, 0, 0, NULL);
    assert_item(2, INT64_C(9999999006), VR_CODE_PVC, 0, 0, 0, NULL);
}

Test(wfdb_annotation, null_annotations_carry_time_but_no_event)
{
    word(VR_CODE_NORMAL, 100);
    word(VR_WFDB_NULL, 50);
    text("lost", 4);
    word(VR_CODE_NORMAL, 100);
    word(0, 0);
    must_parse(360);
    cr_assert_eq(list.count, 2);
    assert_item(1, 250, VR_CODE_NORMAL, 0, 0, 0, NULL);
}

Test(wfdb_annotation, the_leading_table_sets_the_resolution_and_is_no_data)
{
    note("## time resolution: 250");
    note("## annotation type definitions");
    note("42 CAL Calibration");
    note("## end of definitions");
    null_annotation();
    note("detector -r 100"); /* behind the table it is data */
    word(VR_CODE_NORMAL, 12);
    word(42, 88);
    word(0, 0);
    must_parse(360);
    cr_assert_eq(list.count, 3);
    assert_item(0, 0, VR_CODE_NOTE, 0, 0, 0, "detector -r 100");
    assert_item(1, 17, VR_CODE_NORMAL, 0, 0, 0, NULL);
    assert_item(2, 144, 42, 0, 0, 0, NULL);
}

Test(wfdb_annotation, leading_notes_end_with_anything_else)
{
    note("detector -r 100");
    word(VR_CODE_NOTE, 0);
    word(VR_WFDB_SUB, 1);
    note("## time resolution: 1");
    word(0, 0);
    must_parse(360);
    cr_assert_eq(list.count, 2);
    assert_item(0, 0, VR_CODE_NOTE, 1, 0, 0, NULL);
    assert_item(1, 0, VR_CODE_NOTE, 0, 0, 0, "## time resolution: 1");

    word(VR_CODE_NOTE, 5);
    text("## time resolution: 1", 21);
    word(VR_CODE_NORMAL, 5);
    word(0, 0);
    must_parse(360);
    cr_assert_eq(list.count, 2);
    assert_item(1, 10, VR_CODE_NORMAL, 0, 0, 0, NULL);
}

Test(wfdb_annotation, damage_is_refused_at_its_byte)
{
    must_refuse("a.atr: byte 0: the file ends without its end mark; it was cut: fetch it again");
    word(VR_CODE_NORMAL, 5);
    must_refuse("a.atr: byte 2: the file ends without its end mark");
    word(VR_CODE_NORMAL, 5);
    bytes[size++] = 7;
    must_refuse("a.atr: byte 3: the file ends without its end mark");
    word(VR_CODE_NORMAL, 5);
    word(VR_WFDB_SKIP, 0);
    word(0, 0);
    must_refuse("a.atr: byte 6: the file ends without its end mark");
    word(VR_CODE_NORMAL, 5);
    word(VR_WFDB_AUX, 9);
    word(0, 0);
    must_refuse("a.atr: byte 6: the file ends inside a text");
    word(VR_CODE_NORMAL, 5);
    word(VR_WFDB_AUX, 1);
    bytes[size++] = 'x'; /* without its fill byte */
    must_refuse("a.atr: byte 5: the file ends inside a text");
    word(VR_WFDB_NUM, 5);
    word(0, 0);
    must_refuse("a.atr: byte 0: a modifier before the first annotation");
    word(VR_WFDB_SKIP, 1);
    word(0, 0);
    must_refuse("a.atr: byte 0: a skip with an interval of its own");
    word(VR_CODE_NORMAL, 5);
    word(50, 5);
    must_refuse("a.atr: byte 2: a code from 50 to 58");
    word(VR_CODE_NORMAL, 5);
    word(0, 0);
    word(0, 0);
    word(VR_CODE_NORMAL, 5);
    must_refuse("a.atr: byte 6: data behind the end mark; the file is damaged");
    note("## time resolution: fast");
    word(0, 0);
    must_refuse("a.atr: byte 24: the time resolution must be a number");
    note("## time resolution: 0");
    word(0, 0);
    must_refuse("the time resolution must be a number");
    note("## time resolution: 0.000001");
    word(VR_CODE_NORMAL, 1023);
    skip(INT32_MAX);
    word(VR_CODE_NORMAL, 1023);
    word(0, 0);
    must_refuse("lies years outside any record");
    bytes[size++] = 0;
    bytes[size++] = 'N';
    memset(bytes + size, 0, 14);
    size += 14;
    must_refuse("a.atr: byte 0: an annotation file in AHA format, which is not supported");
}

Test(wfdb_annotation, every_prefix_of_a_file_is_refused)
{
    uint8_t whole[256];
    word(VR_CODE_RHYTHM, 18);
    text("(AFIB", 5);
    skip(100000);
    word(VR_CODE_NORMAL, 0);
    word(VR_WFDB_SUB, 2);
    word(0, 0);
    size_t whole_size = size;
    memcpy(whole, bytes, whole_size);
    for (size_t cut = 0; cut < whole_size; cut++) {
        memcpy(bytes, whole, cut);
        size = cut;
        must_refuse("it was cut");
    }
}

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

/* What `list` is written as reads back the same. */
static void check_round_trip(void)
{
    struct vr_err err = {0};
    uint8_t *written = NULL;
    size_t written_size = 0;
    struct vr_annotations again = {0};
    struct vr_rate rate = {360, 1};
    cr_assert_eq(
        vr_wfdb_annotation_encode(&list, NULL, &written, &written_size, &err), 0, "%s", err.text);
    cr_assert_eq(
        vr_wfdb_annotation_parse(written, written_size, "w", rate, &again, &err), 0, "%s",
        err.text);
    cr_assert_eq(again.count, list.count);
    for (size_t i = 0; i < again.count; i++) {
        const struct vr_annotation *a = &again.items[i];
        assert_item(i, a->sample_index, a->code, a->subtype, a->channel, a->number, a->text);
    }
    vr_annotations_finish(&again);
    free(written);
}

Test(wfdb_annotation, what_is_written_reads_back_equal)
{
    check_round_trip(); /* nothing */
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
    add(VR_WFDB_TICK_MAX, 1, 0, 0, -128, NULL);
    check_round_trip();
    vr_annotations_finish(&list);
    for (int high = 0; high < 256; high++) {
        add(high % 4 * 256, high / 4 ? high / 4 % 49 + 1 : 1, 0, 0, 0,
            NULL); /* never taken for AHA */
        check_round_trip();
        vr_annotations_finish(&list);
    }
}

Test(wfdb_annotation, what_the_format_cannot_hold_is_refused)
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
    vr_annotations_finish(&list);
    add(VR_WFDB_TICK_MAX + 1, 1, 0, 0, 0, NULL);
    cr_assert_eq(
        vr_wfdb_annotation_encode(&list, NULL, &written, &written_size, &err), -VR_ERR_INPUT);
    cr_assert(strstr(err.text, "lies years outside any record"), "%s", err.text);
}

Test(wfdb_annotation, files_are_written_whole_and_read_by_path)
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
