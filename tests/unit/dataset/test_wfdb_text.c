/* dataset/wfdb_text: the field's own layouts, column by column. */
#include "dataset/wfdb_text.h"
#include "scratch.h"

#include "base/cleanup.h"

TestSuite(wfdb_text, .init = scratch_make, .fini = scratch_remove);

static void assert_samples(
    const char *header, const void *bytes, size_t size, bool high, const char *expected)
{
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
    struct vr_frames frames;
    struct vr_err err = {0};
    char *text = NULL;
    size_t text_size;
    scratch_text("r.hea", header);
    scratch_write("r.dat", bytes, size);
    cr_assert_eq(vr_dataset_open("auto", scratch, "r", &dataset, &err), 0, "%s", err.text);
    cr_assert_eq(vr_frames_init_all(&frames, dataset, &err), 0);
    FILE *file = open_memstream(&text, &text_size);
    cr_assert_eq(
        vr_wfdb_text_samples(file, &frames, 0, vr_dataset_record(dataset)->frame_count, high, &err),
        0, "%s", err.text);
    fclose(file);
    cr_assert_str_eq(text, expected);
    free(text);
}

Test(wfdb_text, samples_as_rdsamp_prints_them)
{
    assert_samples(
        "r 2 360 2\nr.dat 212 200\nr.dat 212 200\n", "\xe3\x33\xf3\x00\x88\x01", 6, false,
        "              0\t    995\t   1011\n"
        "              1\t -32768\t  -2047\n");
    assert_samples("r 0 360 2\n", "", 0, false, "");
}

/* Means are floor((sum + n/2) / n), below 0 too, and invalid as soon as one sample is. */
Test(wfdb_text, several_samples_a_frame_are_averaged_or_spread)
{
    static const char header[] = "r 2 360 3\nr.dat 16x2 200\nr.dat 16 200\n";
    static const uint8_t bytes[] = {1,    0, 2, 0, 9,    0, 0xfe, 0xff, 0xff,
                                    0xff, 8, 0, 0, 0x80, 5, 0,    7,    0};
    assert_samples(
        header, bytes, sizeof bytes, false,
        "              0\t      2\t      9\n"
        "              1\t     -1\t      8\n"
        "              2\t -32768\t      7\n");
    assert_samples(
        header, bytes, sizeof bytes, true,
        "              0\t      1\t      9\n"
        "              1\t      2\t      9\n"
        "              2\t     -2\t      8\n"
        "              3\t     -1\t      8\n"
        "              4\t -32768\t      7\n"
        "              5\t      5\t      7\n");
}

Test(wfdb_text, annotations_as_rdann_prints_them)
{
    static char normal[] = "(N";
    static const struct {
        struct vr_annotation item;
        uint32_t rate_hz;
        const char *line;
    } cases[] = {
        {{.sample_index = 18, .code = VR_CODE_RHYTHM, .text = normal},
         360,
         "    0:00.050       18     +    0    0    0\t(N\n"},
        {{.sample_index = 77, .code = VR_CODE_NORMAL},
         360,
         "    0:00.214       77     N    0    0    0\n"},
        {{.sample_index = 359, .code = VR_CODE_PVC, .subtype = -1, .channel = 255, .number = 10},
         360,
         "    0:00.997      359     V   -1  255   10\n"},
        {{.sample_index = 1296000, .code = 42},
         360,
         " 1:00:00.000  1296000  [42]    0    0    0\n"},
        {{.sample_index = 59999, .code = VR_CODE_APC},
         100,
         "    9:59.990    59999     A    0    0    0\n"},
        {{.sample_index = INT64_C(10000000000), .code = VR_CODE_NORMAL},
         360,
         "7716:02:57.778  10000000000     N    0    0    0\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = NULL;
        size_t size;
        FILE *file = open_memstream(&text, &size);
        vr_wfdb_text_annotation(file, &cases[i].item, (struct vr_rate){cases[i].rate_hz, 1});
        fclose(file);
        cr_assert_str_eq(text, cases[i].line);
        free(text);
    }
}
