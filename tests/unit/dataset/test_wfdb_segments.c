/* dataset/wfdb_segments: records of several segments, whole and with parts missing. */
#include "base/cleanup.h"
#include "base/digest.h"
#include "dataset/dataset.h"
#include "scratch.h"

#include <sys/stat.h>

TestSuite(wfdb_segments, .init = scratch_make, .fini = scratch_remove);

#define NONE VR_SAMPLE_INVALID

static struct vr_dataset *must_open(const char *record)
{
    struct vr_err err = {0};
    struct vr_dataset *dataset = NULL;
    cr_assert_eq(vr_dataset_open("wfdb", scratch, record, &dataset, &err), 0, "%s", err.text);
    return dataset;
}

static void must_refuse(const char *record, int code, const char *words)
{
    struct vr_err err = {0};
    struct vr_dataset *dataset = NULL;
    cr_assert_eq(vr_dataset_open("wfdb", scratch, record, &dataset, &err), -code, "%s", err.text);
    cr_assert(strstr(err.text, words), "%s", err.text);
}

/* A signal's samples, at once and one by one from the end. */
static void check(struct vr_dataset *dataset, size_t signal, const int32_t *expected, size_t count)
{
    struct vr_err err = {0};
    int32_t values[64], value;
    cr_assert_eq(vr_dataset_record(dataset)->signals[signal].sample_count, (int64_t)count);
    cr_assert_eq(vr_dataset_read(dataset, signal, 0, count, values, &err), 0, "%s", err.text);
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(
            values[i], expected[i], "signal %zu, sample %zu: %d, not %d", signal, i, values[i],
            expected[i]);
    for (size_t i = count; i-- > 0;) {
        cr_assert_eq(vr_dataset_read(dataset, signal, (int64_t)i, 1, &value, &err), 0);
        cr_assert_eq(value, expected[i], "signal %zu, sample %zu alone", signal, i);
    }
}

/* One segment has both signals in another order and gain, one has one in format 80, one is a gap. */
static void make_variable(void)
{
    scratch_text("v.hea", "v/5 2 100 11 10:00\nv_0 0\nv_1 3\n~ 2\nv_2 4\nv_3 2\n");
    scratch_text(
        "v_0.hea", "v_0 2 100 0\n~ 0 100(10)/mV 12 0 0 0 0 I\n~ 0 50/mmHg 12 0 0 0 0 ABP\n");
    scratch_text(
        "v_1.hea", "v_1 2 100 3\nv_1.dat 16 50/mmHg 16 0 1 0 0 ABP\nv_1.dat 16 200(-4)/mV 16 0 0 "
                   "0 0 I\n");
    scratch_write("v_1.dat", "\1\0\xfc\xff\2\0\xfd\xff\3\0\0\x80", 12);
    scratch_text("v_2.hea", "v_2 1 100 4\nv_2.dat 80 100(10)/mV 8 0 0 0 0 I\n");
    scratch_write("v_2.dat", "\x81\x82\x00\x7f", 4);
    scratch_text("v_3.hea", "v_3 1 100 2\nv_3.dat 212 100(10)/mV 8 0 0 0 0 V\n");
    scratch_write("v_3.dat", "\1\2\3", 3);
}

Test(wfdb_segments, a_variable_layout_matches_by_name_and_rescales)
{
    make_variable();
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open("v");
    const struct vr_record *record = vr_dataset_record(dataset);
    cr_assert(record->frame_count == 11 && record->signal_count == 2);
    cr_assert_str_eq(record->missing, "");
    cr_assert_str_eq(record->warning, "");
    cr_assert_str_eq(record->signals[0].name, "I");
    cr_assert(record->signals[0].gain == 100 && record->signals[0].baseline == 10);
    cr_assert_str_eq(record->signals[1].unit, "mmHg");
    /* (-4 - -4) * 100/200 + 10, then half an LSB up, which rounds up */
    static const int32_t first[] = {10, 11, NONE, NONE, NONE, 1, 2, NONE, -1, NONE, NONE};
    static const int32_t second[] = {1, 2, 3, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE};
    check(dataset, 0, first, 11);
    check(dataset, 1, second, 11);
    cr_assert_eq(vr_record_check_whole(record, NULL), 0);
}

Test(wfdb_segments, the_digest_is_that_of_all_files_in_order)
{
    static const char *const files[] = {"v.hea",   "v_0.hea", "v_1.hea", "v_1.dat",
                                        "v_2.hea", "v_2.dat", "v_3.hea", "v_3.dat"};
    char hex[VR_DIGEST_HEX_SIZE], bytes[4096];
    struct vr_digest digest;
    make_variable();
    vr_digest_init(&digest);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        FILE *file = fopen(scratch_path(files[i]), "rb");
        cr_assert(file);
        vr_digest_update(&digest, bytes, fread(bytes, 1, sizeof bytes, file));
        fclose(file);
    }
    vr_digest_finish(&digest, hex);
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open("v");
    cr_assert_str_eq(vr_dataset_record(dataset)->sha256, hex);
}

/* A missing header and a missing signal file are the same to who reads. */
Test(wfdb_segments, a_missing_segment_is_an_error_of_its_own)
{
    static const char *const files[] = {"v_2.dat", "v_2.hea"};
    make_variable();
    for (size_t i = 0; i < 2; i++) {
        struct vr_err err = {0};
        int32_t values[11];
        cr_assert_eq(unlink(scratch_path(files[i])), 0);
        _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open("v");
        const struct vr_record *record = vr_dataset_record(dataset);
        cr_assert(record->frame_count == 11 && record->available_frame_count == 5);
        cr_assert_str_eq(
            record->missing, "segment v_2, from frame 5 on, is not there (1 of 4 segments are "
                             "missing); fetch its files too");
        cr_assert_eq(vr_record_check_whole(record, &err), -VR_ERR_NOT_FOUND);
        cr_assert(strstr(err.text, "record v has 5 of its 11 frames: segment v_2"), "%s", err.text);
        cr_assert_eq(vr_dataset_read(dataset, 1, 0, 5, values, &err), 0);
        cr_assert_eq(vr_dataset_read(dataset, 1, 4, 2, values, &err), -VR_ERR_NOT_FOUND);
        cr_assert(
            strstr(err.text, "/v.hea:5: segment v_2, frames 5 to 9, is not there"), "%s", err.text);
        cr_assert_eq(vr_dataset_read(dataset, 1, 9, 2, values, &err), 0);
    }
    cr_assert_eq(unlink(scratch_path("v_0.hea")), 0);
    must_refuse("v", VR_ERR_NOT_FOUND, "/v_0.hea: no such file");
}

/* Different formats, several samples a frame, a skew, and a folder below. */
Test(wfdb_segments, a_fixed_layout_goes_on_from_segment_to_segment)
{
    cr_assert_eq(mkdir(scratch_path("sub"), 0700), 0);
    scratch_text("f.hea", "f/2 2 10 5\nsub/f_1 3\nf_2 2\n");
    scratch_text(
        "sub/f_1.hea", "f_1 2 10 3\nf_1.dat 16x2 100 16 0 0 0 0 I\nf_1.dat 16:1 1 16 0 0 0 0 II\n");
    scratch_write("sub/f_1.dat", "\1\0\2\0\x0b\0\3\0\4\0\x0c\0\5\0\6\0\x0d\0", 18);
    scratch_text(
        "f_2.hea", "f_2 2 10 2\nf_2.dat 32x2 100 16 0 0 0 0 I\nf_2.d2 8 1 16 0 20 0 0 II\n");
    scratch_write("f_2.dat", "\7\0\0\0\x8\0\0\0\x9\0\0\0\0\0\0\x80", 16);
    scratch_write("f_2.d2", "\1\1", 2);
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open("f");
    cr_assert_eq(vr_dataset_record(dataset)->frame_count, 5);
    cr_assert_str_eq(vr_dataset_record(dataset)->warning, "");
    check(dataset, 0, (int32_t[]){1, 2, 3, 4, 5, 6, 7, 8, 9, NONE}, 10);
    /* What the skew took from the first segment's end is not there. */
    check(dataset, 1, (int32_t[]){12, 13, NONE, 21, 22}, 5);
}

Test(wfdb_segments, what_a_reader_should_know_is_said)
{
    scratch_text("w.hea", "w/2 2 10 9\nw_1 2\nw_2 2\n");
    scratch_text("w_1.hea", "w_1 1 10 2\nw.dat 16 100 16 0 0 7 0 I\n");
    scratch_text("w_2.hea", "w_2 1 20 2\nw.dat 16 50(1)/uV 16 0 0 0 0 I\n");
    scratch_write("w.dat", "\1\0\2\0", 4);
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open("w");
    static const char *const words[] = {
        "segment w_1: signal 0 (I): its checksum is 3, not 7", "segment w_2 names another rate",
        "segment w_2: signal I is in uV, in the record in mV"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        cr_assert(
            strstr(vr_dataset_record(dataset)->warning, words[i]), "%s",
            vr_dataset_record(dataset)->warning);
    cr_assert_eq(vr_dataset_record(dataset)->frame_count, 4);
    check(dataset, 0, (int32_t[]){1, 2, 0, 2}, 4); /* (1-1) * 2, (2-1) * 2 */
}

Test(wfdb_segments, signals_of_one_name_are_taken_in_order)
{
    scratch_text("d.hea", "d/2 2 10 1\nd_0 0\nd_1 1\n");
    scratch_text("d_0.hea", "d_0 2 10 0\n~ 0 1 16 0 0 0 0 I\n~ 0 1 16 0 0 0 0 I\n");
    scratch_text("d_1.hea", "d_1 2 10 1\nd.dat 16 1 16 0 0 0 0 I\nd.dat 16 1 16 0 0 0 0 I\n");
    scratch_write("d.dat", "\5\0\6\0", 4);
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open("d");
    check(dataset, 0, (int32_t[]){5}, 1);
    check(dataset, 1, (int32_t[]){6}, 1);
}

Test(wfdb_segments, a_record_of_gaps_alone_and_a_layout_alone_are_read)
{
    make_variable();
    scratch_text("g.hea", "g/2 2 100 7\nv_0 0\n~ 7\n");
    _cleanup_(vr_dataset_closep) struct vr_dataset *gaps = must_open("g");
    check(gaps, 1, (int32_t[]){NONE, NONE, NONE, NONE, NONE, NONE, NONE}, 7);
    _cleanup_(vr_dataset_closep) struct vr_dataset *layout = must_open("v_0");
    cr_assert(
        vr_dataset_record(layout)->frame_count == 0 &&
        vr_dataset_record(layout)->signal_count == 2);
}

Test(wfdb_segments, segments_that_do_not_fit_are_refused)
{
    scratch_text("x_1.hea", "x_1 1 10 2\nx.dat 16 100 16 0 0 0 0 I\n");
    scratch_text("x_2.hea", "x_2 2 10 1\nx.dat 16 100 16 0 0 0 0 I\nx.dat 16 100 16 0 0 0 0 II\n");
    scratch_text("x_3.hea", "x_3 1 10 1\nx.dat 16x2 100 16 0 0 0 0 I\n");
    scratch_write("x.dat", "\1\0\2\0", 4);
    scratch_text("x.hea", "x/2 1 10 3\nx_1 2\nx_2 1\n");
    must_refuse("x", VR_ERR_INPUT, "/x.hea:3: segment x_2 has another number of signals");
    scratch_text("x.hea", "x/2 1 10 3\nx_1 2\nx_3 1\n");
    must_refuse("x", VR_ERR_INPUT, "segment x_3 has another number of samples in a frame");
    scratch_text("x.hea", "x/1 1 10 3\nx_1 3\n");
    must_refuse("x", VR_ERR_INPUT, "segment x_1 is shorter than this line says");
    scratch_text("x.hea", "x/2 1 10 3\nx_1 2\nx 1\n");
    must_refuse("x", VR_ERR_INPUT, "/x.hea:1: a segment that has segments itself");
    scratch_text("x.hea", "x/2 1 10 3\nx 0\nx_1 1\n");
    must_refuse("x", VR_ERR_INPUT, "segment x is a record in segments, not a layout");
    scratch_text("x.hea", "x/2 1 10 3\nx_1 1099511627776\nx_1 1\n");
    must_refuse("x", VR_ERR_INPUT, "segment x_1 ends years after any record");
    scratch_text("x.hea", "x/1 1 10 3\nx_9 2\n");
    must_refuse("x", VR_ERR_NOT_FOUND, "none of its segments is there");
}

/* More segments than stay open, changed behind the reader's back. */
Test(wfdb_segments, files_that_change_while_the_record_is_read_are_an_error)
{
    struct vr_err err = {0};
    FILE *file = fopen(scratch_path("m.hea"), "w");
    int32_t value;
    char name[32], text[96];
    fprintf(file, "m/9 1 10 9\n");
    for (int i = 0; i < 9; i++) {
        fprintf(file, "m_%d 1\n", i);
        snprintf(name, sizeof name, "m_%d.hea", i);
        snprintf(text, sizeof text, "m_%d 1 10 1\nm_%d.dat 16 100 16 0 0 0 0 I\n", i, i);
        scratch_text(name, text);
        snprintf(name, sizeof name, "m_%d.dat", i);
        scratch_write(name, (uint8_t[]){(uint8_t)i, 0}, 2);
    }
    fclose(file);
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open("m");
    check(dataset, 0, (int32_t[]){0, 1, 2, 3, 4, 5, 6, 7, 8}, 9);
    for (int64_t i = 5; i < 9; i++)
        cr_assert_eq(vr_dataset_read(dataset, 0, i, 1, &value, &err), 0);
    scratch_write("m_0.dat", "\1\0\0", 3);
    cr_assert_eq(vr_dataset_read(dataset, 0, 0, 1, &value, &err), -VR_ERR_IO);
    cr_assert(strstr(err.text, "m_0: the files of this segment changed"), "%s", err.text);
    cr_assert_eq(unlink(scratch_path("m_1.dat")), 0);
    cr_assert_eq(vr_dataset_read(dataset, 0, 1, 1, &value, &err), -VR_ERR_NOT_FOUND);
    cr_assert_eq(vr_dataset_read(dataset, 0, 2, 1, &value, &err), 0, "%s", err.text);
}
