/* dataset/wfdb_write: what is written reads back equal, and the fixtures are what the generator writes today.
 * VITALRIG_REGENERATE=1 writes the fixtures anew. */
#include "dataset/wfdb_write.h"
#include "scratch.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "dataset/annotation_rate.h"
#include "dataset/wfdb_annotation.h"
#include "dataset/wfdb_format.h"

#include <math.h>

TestSuite(wfdb_write, .init = scratch_make, .fini = scratch_remove);

static const struct {
    const char *record;
    int format;
    int64_t frame_count; /* 10 s */
} fixtures[] = {{"ectopy", 212, 2500}, {"sinus", 16, 3600}};

static void write_fixture(const char *folder, size_t index)
{
    _cleanup_(vr_dataset_closep) struct vr_dataset *source = NULL;
    struct vr_err err = {0};
    cr_assert_eq(
        vr_dataset_open("auto", "builtin:smoke", fixtures[index].record, &source, &err), 0);
    static const char *const annotators[] = {"atr"};
    const struct vr_wfdb_copy copy = {
        .folder = folder,
        .name = fixtures[index].record,
        .format = fixtures[index].format,
        .tick_count = fixtures[index].frame_count,
        .annotators = annotators,
        .annotator_count = 1,
    };
    cr_assert_eq(vr_wfdb_record_write(source, &copy, &err), 0, "%s", err.text);
}

Test(wfdb_write, fixtures_are_what_the_generator_writes)
{
    static const char *const suffixes[] = {"hea", "dat", "atr"};
    for (size_t i = 0; i < sizeof fixtures / sizeof fixtures[0]; i++) {
        if (getenv("VITALRIG_REGENERATE"))
            write_fixture(VR_FIXTURES "/wfdb", i);
        write_fixture(scratch, i);
        for (size_t j = 0; j < sizeof suffixes / sizeof suffixes[0]; j++) {
            char name[64], path[1024], made[VR_DIGEST_HEX_SIZE], kept[VR_DIGEST_HEX_SIZE];
            struct vr_err err = {0};
            snprintf(name, sizeof name, "%s.%s", fixtures[i].record, suffixes[j]);
            snprintf(path, sizeof path, VR_FIXTURES "/wfdb/%s", name);
            cr_assert_eq(vr_digest_file(scratch_path(name), made, &err), 0, "%s", err.text);
            cr_assert_eq(vr_digest_file(path, kept, &err), 0, "%s", err.text);
            cr_assert_str_eq(made, kept, "%s differs from the fixture", name);
        }
    }
}

/* A record with everything that a header can say, written and read again. */
Test(wfdb_write, several_signals_rates_and_invalid_samples_survive)
{
    struct vr_err err = {0};
    scratch_text(
        "in.hea", "in 3 0.0166666666667 5\n"
                  "in.dat 16x3 -1.0e-9(-7)/nV 16 0 0 0 0 three a minute\n"
                  "in.dat 16 0.1/mmHg 16 0 0 0 0 ABP\n"
                  "in.dat 16x1 0 16 0 0 0 0 raw\n");
    uint8_t bytes[50];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i % 2 ? i * 5 % 16 : i * 7);
    bytes[20] = 0x00, bytes[21] = 0x80; /* an invalid sample */
    scratch_write("in.dat", bytes, sizeof bytes);

    _cleanup_(vr_dataset_closep) struct vr_dataset *in = NULL;
    _cleanup_(vr_dataset_closep) struct vr_dataset *out = NULL;
    cr_assert_eq(vr_dataset_open("auto", scratch, "in", &in, &err), 0, "%s", err.text);
    const struct vr_wfdb_copy copy = {.folder = scratch, .name = "out"};
    cr_assert_eq(vr_wfdb_record_write(in, &copy, &err), 0, "%s", err.text);
    cr_assert_eq(vr_dataset_open("auto", scratch, "out", &out, &err), 0, "%s", err.text);
    const struct vr_record *a = vr_dataset_record(in), *b = vr_dataset_record(out);
    cr_assert(b->rate_num == 1 && b->rate_den == 60 && b->frame_count == 5 && b->signal_count == 3);
    cr_assert_str_eq(b->warning, "");
    for (size_t i = 0; i < 3; i++) {
        int32_t before[15], after[15];
        size_t count = (size_t)a->signals[i].sample_count;
        cr_assert_eq(b->signals[i].sample_count, (int64_t)count);
        cr_assert_eq(b->signals[i].gain, a->signals[i].gain);
        cr_assert_eq(b->signals[i].baseline, a->signals[i].baseline);
        cr_assert_str_eq(b->signals[i].unit, a->signals[i].unit);
        cr_assert_str_eq(b->signals[i].name, a->signals[i].name);
        cr_assert_eq(vr_dataset_read(in, i, 0, count, before, &err), 0);
        cr_assert_eq(vr_dataset_read(out, i, 0, count, after, &err), 0);
        cr_assert_arr_eq(after, before, count * sizeof before[0]);
    }
}

Test(wfdb_write, what_does_not_fit_is_refused_and_leaves_nothing)
{
    struct vr_err err = {0};
    _cleanup_(vr_dataset_closep) struct vr_dataset *in = NULL;
    scratch_text("in.hea", "in 1 100 2\nin.dat 16 200\n");
    scratch_write("in.dat", "\1\0\0\x10", 4); /* 4096 is too much for 12 bits */
    cr_assert_eq(vr_dataset_open("auto", scratch, "in", &in, &err), 0, "%s", err.text);
    static const struct {
        const char *name;
        int format;
        int64_t frame_count;
        const char *words;
    } cases[] = {
        {"out", 212, 2,
         "record in, signal 0, frame 1: the value 4096 does not fit format 212 (-2047..2047); take "
         "another format"},
        {"out", 8, 2,
         "record in, signal 0, frame 1: format 8 holds neither steps beyond -128..127 nor missing "
         "samples; take another format"},
        {"out", 516, 2,
         "signal format 516 cannot be written (these can: 8, 16, 24, 32, 61, 80, 160, 212, 310, "
         "311)"},
        {"out", 99, 2, "signal format 99 cannot be written"},
        {"out", 16, 3, "record in has 2 frames; 3 were asked for"},
        {"out", 16, -1, "record in has 2 frames; -1 were asked for"},
        {"a/b", 16, 2, "the record name \"a/b\" names a folder"},
        {"..", 16, 2, "the record name \"..\" leads out of the folder"},
        {"a b", 16, 2, "the record name \"a b\" has blanks or is too long"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct vr_wfdb_copy copy = {
            .folder = scratch,
            .name = cases[i].name,
            .format = cases[i].format,
            .tick_count = cases[i].frame_count};
        cr_assert_eq(vr_wfdb_record_write(in, &copy, &err), -VR_ERR_INPUT);
        cr_assert(strstr(err.text, cases[i].words), "%s", err.text);
    }
    static const char *const annotators[] = {"atr"};
    const struct vr_wfdb_copy copy = {
        .folder = scratch, .name = "out", .annotators = annotators, .annotator_count = 1};
    cr_assert_eq(vr_wfdb_record_write(in, &copy, &err), -VR_ERR_NOT_FOUND);
    cr_assert(
        access(scratch_path("out.hea"), F_OK) < 0 && access(scratch_path("out.dat"), F_OK) < 0);
    cr_assert(access(scratch_path("out.dat.part"), F_OK) < 0);
}

/* Samples of a sawtooth in range of a format, with steps that format 8 holds. */
static int32_t sawtooth(const struct vr_wfdb_format *format, size_t n)
{
    int32_t range = format->max > 8388000 ? 8388000 : format->max;
    if (format->coding == VR_WFDB_CODING_DIFFERENCES)
        return 100000 + (int32_t)(n * 50 % 101);
    if (n % 17 == 3)
        return VR_SAMPLE_INVALID;
    return n == 0   ? format->min
           : n == 1 ? format->max
                    : (int32_t)(n * 7919 % (size_t)range) - range / 2;
}

static void assert_same_samples(struct vr_dataset *a, struct vr_dataset *b, size_t count)
{
    struct vr_err err = {0};
    const struct vr_record *record = vr_dataset_record(a);
    cr_assert_eq(vr_dataset_record(b)->signal_count, record->signal_count);
    for (size_t i = 0; i < record->signal_count; i++) {
        int32_t *before = calloc(count, sizeof *before), *after = calloc(count, sizeof *after);
        cr_assert_eq(vr_dataset_read(a, i, 0, count, before, &err), 0, "%s", err.text);
        cr_assert_eq(vr_dataset_read(b, i, 0, count, after, &err), 0, "%s", err.text);
        cr_assert_arr_eq(after, before, count * sizeof *before);
        free(before);
        free(after);
    }
}

/* Two signals of an odd length, from format 32 to each of the others and back. */
Test(wfdb_write, every_format_holds_its_whole_range)
{
    static const int formats[] = {8, 16, 24, 32, 61, 80, 160, 212, 310, 311};
    enum { count = 4001 };
    static uint8_t bytes[count * 8];
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        const struct vr_wfdb_format *format = vr_wfdb_format_find(formats[i]);
        struct vr_err err = {0};
        static int32_t values[2 * count];
        for (size_t n = 0; n < 2 * count; n++)
            values[n] = sawtooth(format, n / 2);
        vr_wfdb_format_find(32)->encode(values, 2 * count, bytes);
        scratch_text("in.hea", "in 2 100 4001\nin.dat 32 100\nin.dat 32 200\n");
        scratch_write("in.dat", bytes, sizeof bytes);
        _cleanup_(vr_dataset_closep) struct vr_dataset *in = NULL;
        _cleanup_(vr_dataset_closep) struct vr_dataset *out = NULL;
        const struct vr_wfdb_copy copy = {.folder = scratch, .name = "out", .format = formats[i]};
        cr_assert_eq(vr_dataset_open("wfdb", scratch, "in", &in, &err), 0, "%s", err.text);
        cr_assert_eq(
            vr_wfdb_record_write(in, &copy, &err), 0, "format %d: %s", formats[i], err.text);
        cr_assert_eq(vr_dataset_open("wfdb", scratch, "out", &out, &err), 0, "%s", err.text);
        cr_assert_str_eq(vr_dataset_record(out)->warning, "", "format %d", formats[i]);
        assert_same_samples(in, out, count);
    }
}

static char *text_of(const char *name)
{
    static char text[4096];
    FILE *file = fopen(scratch_path(name), "r");
    cr_assert(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

Test(wfdb_write, the_smallest_format_that_holds_each_value_is_taken)
{
    static const struct {
        int32_t value;
        int format;
    } cases[] = {
        {32767, 16},
        {-32767, 16},
        {-32768, 24},
        {32768, 24},
        {8388607, 24},
        {-8388608, 32},
        {VR_SAMPLE_INVALID, 16},
        {INT32_MAX, 32},
        {INT32_MIN + 1, 32}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[8];
        char words[32];
        struct vr_err err = {0};
        vr_wfdb_format_find(32)->encode((int32_t[]){1, cases[i].value}, 2, bytes);
        scratch_text("in.hea", "in 1 100 2\nin.dat 32 100\n");
        scratch_write("in.dat", bytes, sizeof bytes);
        _cleanup_(vr_dataset_closep) struct vr_dataset *in = NULL;
        const struct vr_wfdb_copy copy = {.folder = scratch, .name = "out"};
        cr_assert_eq(vr_dataset_open("wfdb", scratch, "in", &in, &err), 0, "%s", err.text);
        cr_assert_eq(vr_wfdb_record_write(in, &copy, &err), 0, "%s", err.text);
        snprintf(words, sizeof words, "\nout.dat %d ", cases[i].format);
        cr_assert(strstr(text_of("out.hea"), words), "%d: %s", cases[i].value, text_of("out.hea"));
    }
}

Test(wfdb_write, start_info_strings_and_odd_texts_are_one_line_each)
{
    struct vr_err err = {0};
    static const char *const infos[] = {" <age>: 60", "two\nlines"};
    scratch_text("in.hea", "in 1 100 2\nin.dat 16 100/mV 16 0 0 0 0 lead\tII\n");
    scratch_write("in.dat", "\1\0\2\0", 4);
    _cleanup_(vr_dataset_closep) struct vr_dataset *in = NULL;
    _cleanup_(vr_dataset_closep) struct vr_dataset *out = NULL;
    const struct vr_wfdb_copy copy = {
        .folder = scratch,
        .name = "out",
        .start = "17:27:45.5 15/08/1994",
        .infos = infos,
        .info_count = 2};
    cr_assert_eq(vr_dataset_open("wfdb", scratch, "in", &in, &err), 0, "%s", err.text);
    cr_assert_eq(vr_wfdb_record_write(in, &copy, &err), 0, "%s", err.text);
    cr_assert_str_eq(
        text_of("out.hea"), "out 1 100 2 17:27:45.5 15/08/1994\n"
                            "out.dat 16 100(0)/mV 16 0 1 3 0 lead II\n"
                            "# <age>: 60\n#two lines\n");
    cr_assert_eq(vr_dataset_open("wfdb", scratch, "out", &out, &err), 0, "%s", err.text);
}

/* An EDF file: 4 and 10 samples in each of 2 records of a second, an offset between two digital
 * values, an empty unit. */
static void make_edf(void)
{
    FILE *file = fopen(scratch_path("e.edf"), "wb");
    cr_assert(file);
    fprintf(
        file, "%-8s%-80s%-80s%-8s%-8s%-8d%-44s%-8d%-8d%-4d", "0", "X X X X", "Startdate X X X X",
        "02.03.99", "10.11.12", 768, "", 2, 1, 2);
    fprintf(file, "%-16s%-16s%-80s%-80s%-8s%-8s", "ECG I", "Temp", "", "", "u V", "");
    fprintf(
        file, "%-8s%-8s%-8s%-8s%-8d%-8d%-8d%-8d", "-1000", "30", "1000", "45.5", -2048, 0, 2047,
        1000);
    fprintf(file, "%-80s%-80s%-8d%-8d%-32s%-32s", "", "", 4, 10, "", "");
    for (int i = 0; i < 28; i++)
        fwrite((uint8_t[]){(uint8_t)(i * 9), 0}, 2, 1, file);
    cr_assert_eq(fclose(file), 0);
}

Test(wfdb_write, a_frame_is_the_common_divisor_of_rates_that_have_no_other)
{
    struct vr_err err = {0};
    _cleanup_(vr_dataset_closep) struct vr_dataset *in = NULL;
    _cleanup_(vr_dataset_closep) struct vr_dataset *out = NULL;
    const struct vr_wfdb_copy copy = {.folder = scratch, .name = "out"};
    make_edf();
    cr_assert_eq(vr_dataset_open("edf", scratch, "e", &in, &err), 0, "%s", err.text);
    cr_assert_eq(vr_wfdb_record_write(in, &copy, &err), 0, "%s", err.text);
    cr_assert_eq(
        strncmp(text_of("out.hea"), "out 2 2 4\nout.dat 16x2 ", 23), 0, "%s", text_of("out.hea"));
    cr_assert(strstr(text_of("out.hea"), ")/u_V "), "%s", text_of("out.hea"));
    cr_assert(strstr(text_of("out.hea"), ")/NU "), "%s", text_of("out.hea"));
    cr_assert_eq(vr_dataset_open("wfdb", scratch, "out", &out, &err), 0, "%s", err.text);
    for (size_t i = 0; i < 2; i++) {
        const struct vr_signal *a = &vr_dataset_record(in)->signals[i];
        const struct vr_signal *b = &vr_dataset_record(out)->signals[i];
        int32_t before[20], after[20];
        size_t count = (size_t)a->sample_count;
        cr_assert(a->rate_num == b->rate_num && a->rate_den == b->rate_den);
        cr_assert_eq(b->sample_count, (int64_t)count);
        cr_assert_eq(vr_dataset_read(in, i, 0, count, before, &err), 0);
        cr_assert_eq(vr_dataset_read(out, i, 0, count, after, &err), 0);
        cr_assert_arr_eq(after, before, count * sizeof before[0]);
        /* Physical values agree to half a step. */
        for (size_t j = 0; j < count; j++) {
            double physical = a->offset + (before[j] - a->baseline) / a->gain;
            double copied = b->offset + (after[j] - b->baseline) / b->gain;
            cr_assert_leq(fabs(physical - copied), 0.51 / fabs(a->gain));
        }
    }
    cr_assert(
        strstr(text_of("out.hea"), "#the baseline of signal 0 is "), "%s", text_of("out.hea"));
}

/* Events between two frames keep their time: the annotation file has ticks of its own. */
Test(wfdb_write, annotations_stay_as_fine_as_they_were)
{
    struct vr_err err = {0};
    static const char *const annotators[] = {"evt"};
    struct vr_annotations events = {0};
    _cleanup_(vr_annotations_finish) struct vr_annotations first = {0};
    _cleanup_(vr_annotations_finish) struct vr_annotations second = {0};
    const struct vr_rate ms = {1000, 1};
    for (int i = 0; i < 5; i++)
        vr_annotations_add(
            &events, &(struct vr_annotation){.sample_index = 333 * i, .code = VR_CODE_NORMAL}, NULL,
            0, NULL);
    cr_assert_eq(vr_wfdb_annotation_write(scratch_path("in.evt"), &events, &ms, &err), 0);
    vr_annotations_finish(&events);
    scratch_text("in.hea", "in 2 1 2\nin.dat 16x2 100\nin.dat 16 1\n");
    scratch_write("in.dat", "\1\0\2\0\3\0\4\0\5\0\6\0", 12);
    _cleanup_(vr_dataset_closep) struct vr_dataset *in = NULL;
    _cleanup_(vr_dataset_closep) struct vr_dataset *out = NULL;
    const struct vr_wfdb_copy copy = {
        .folder = scratch, .name = "out", .annotators = annotators, .annotator_count = 1};
    cr_assert_eq(vr_dataset_open("wfdb", scratch, "in", &in, &err), 0, "%s", err.text);
    cr_assert_eq(vr_wfdb_record_write(in, &copy, &err), 0, "%s", err.text);
    cr_assert_eq(vr_dataset_open("wfdb", scratch, "out", &out, &err), 0, "%s", err.text);
    cr_assert_eq(vr_dataset_truth(in, "evt", &first, &err), 0, "%s", err.text);
    cr_assert_eq(vr_dataset_truth(out, "evt", &second, &err), 0, "%s", err.text);
    cr_assert(first.count == 5 && second.count == 5);
    for (size_t i = 0; i < 5; i++)
        cr_assert(
            first.items[i].sample_index == 333 * (int64_t)i &&
            second.items[i].sample_index == 333 * (int64_t)i);
    cr_assert_eq(vr_annotations_rate(&second, vr_dataset_record(out)).num, 1000);
}
