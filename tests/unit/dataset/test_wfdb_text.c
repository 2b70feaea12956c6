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
        const struct vr_wfdb_text_style style = {.rate = {cases[i].rate_hz, 1}};
        vr_wfdb_text_annotation(file, &cases[i].item, &style);
        fclose(file);
        cr_assert_str_eq(text, cases[i].line);
        free(text);
    }
}

/* Times by the clock where the record tells when it began: with the date, or the days since. */
Test(wfdb_text, annotations_of_a_record_whose_start_is_known)
{
    static const struct {
        struct vr_wfdb_start start;
        int64_t tick;
        const char *text;
    } cases[] = {
        {{true, false, INT64_C(54504000000), 0, 0, 0}, 0, "[15:08:24.000]"},
        {{true, false, INT64_C(54504000000), 0, 0, 0}, 77, "[15:08:24.214]"},
        {{true, false, INT64_C(86399999000), 0, 0, 0}, 1, "[00:00:00.002 1]"},
        {{true, false, 0, 0, 0, 0}, -360, "[23:59:59.000 -1]"},
        {{true, true, INT64_C(45638000000), 1995, 7, 20}, 0, "[12:40:38.000 20/07/1995]"},
        {{true, true, INT64_C(45638000000), 1995, 7, 20},
         INT64_C(360) * 153600,
         "[07:20:38.000 22/07/1995]"},
        {{true, true, INT64_C(86399999600), 1999, 12, 31}, 0, "[00:00:00.000 01/01/2000]"},
        {{true, true, INT64_C(6985894000), 2896, 10, 9}, 36, "[01:56:25.994 09/10/2896]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = NULL, expected[128];
        size_t size;
        const struct vr_annotation item = {.sample_index = cases[i].tick, .code = VR_CODE_NORMAL};
        const struct vr_wfdb_text_style style = {.rate = {360, 1}, .start = cases[i].start};
        FILE *file = open_memstream(&text, &size);
        vr_wfdb_text_annotation(file, &item, &style);
        fclose(file);
        snprintf(
            expected, sizeof expected, "%s  %7lld     N    0    0    0\n", cases[i].text,
            (long long)cases[i].tick);
        cr_assert_str_eq(text, expected);
        free(text);
    }
}

Test(wfdb_text, a_file_may_give_codes_names_of_its_own)
{
    char *text = NULL;
    size_t size;
    char cal[] = "CAL Calibration", pulse[] = "c";
    char *definitions[VR_CODES_MAX] = {[42] = cal, [1] = pulse};
    const struct vr_wfdb_text_style style = {.rate = {360, 1}, .definitions = definitions};
    FILE *file = open_memstream(&text, &size);
    for (uint8_t code = 1; code < VR_CODES_MAX; code += 41 - code / 42 * 40)
        vr_wfdb_text_annotation(file, &(struct vr_annotation){.code = code}, &style);
    fclose(file);
    static const char start[] = "    0:00.000        0     c    0    0    0\n"
                                "    0:00.000        0   CAL    0    0    0\n"
                                "    0:00.000        0  [43]    0    0    0\n";
    cr_assert_eq(strncmp(text, start, sizeof start - 1), 0, "%s", text);
    free(text);
}
