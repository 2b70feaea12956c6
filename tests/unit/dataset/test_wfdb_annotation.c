/* dataset/wfdb_annotation: the MIT format word by word, and its damages. */
#include "annotation_bytes.h"

static void stop(void)
{
    vr_annotations_finish(&list);
}

TestSuite(wfdb_annotation, .fini = stop);

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
}

Test(wfdb_annotation, the_leading_table_may_name_codes)
{
    note("42 CAL Calibration"); /* without a heading, as some files have it */
    note("1  c  calibration pulse ");
    note("50 x no code");
    note("7");
    note("gqrs -r 100");
    null_annotation();
    note("43 late is data");
    word(0, 0);
    must_parse(360);
    cr_assert_eq(list.count, 1);
    cr_assert_str_eq(list.definitions[42], "CAL Calibration");
    cr_assert_str_eq(list.definitions[1], "c  calibration pulse");
    cr_assert(!list.definitions[7] && !list.definitions[43]);
}

Test(wfdb_annotation, texts_end_at_their_first_nul_and_may_be_empty)
{
    word(VR_CODE_NORMAL, 5);
    text("ab\0cd", 5);
    word(VR_CODE_NORMAL, 5);
    text("\0", 1);
    word(VR_CODE_NORMAL, 5);
    word(VR_WFDB_AUX, 0);
    word(0, 0);
    must_parse(360);
    assert_item(0, 5, VR_CODE_NORMAL, 0, 0, 0, "ab");
    assert_item(1, 10, VR_CODE_NORMAL, 0, 0, 0, "");
    assert_item(2, 15, VR_CODE_NORMAL, 0, 0, 0, "");
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

/* Ticks of the file that are finer than the record's may stay; coarser ones never do. */
Test(wfdb_annotation, finer_ticks_may_be_kept)
{
    static const struct {
        const char *resolution;
        int64_t time;
        uint32_t rate_num;
    } cases[] = {
        {"## time resolution: 1000", 15, 1000},
        {"## time resolution: 250", 22, 0},
        {"## time resolution: 360", 15, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vr_err err = {0};
        note(cases[i].resolution);
        word(VR_CODE_NORMAL, 15);
        word(0, 0);
        vr_annotations_finish(&list);
        cr_assert_eq(
            vr_wfdb_annotation_parse_fine(
                bytes, size, "a.atr", (struct vr_rate){360, 1}, &list, &err),
            0, "%s", err.text);
        size = 0;
        assert_item(0, cases[i].time, VR_CODE_NORMAL, 0, 0, 0, NULL);
        cr_assert_eq(list.rate_num, cases[i].rate_num);
    }
}

Test(wfdb_annotation, a_leading_note_without_text_says_nothing)
{
    word(VR_CODE_NOTE, 0);
    word(VR_CODE_NORMAL, 5);
    word(0, 0);
    must_parse(360);
    cr_assert_eq(list.count, 1);
    assert_item(0, 5, VR_CODE_NORMAL, 0, 0, 0, NULL);
}
