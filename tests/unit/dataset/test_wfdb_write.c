/* dataset/wfdb_write: what is written reads back equal, and the fixtures are what the generator writes today.
 * VITALRIG_REGENERATE=1 writes the fixtures anew. */
#include "dataset/wfdb_write.h"
#include "scratch.h"

#include "base/cleanup.h"
#include "base/digest.h"

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
