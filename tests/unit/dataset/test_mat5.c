/* dataset/mat5: MATLAB files of version 5, which libmatio writes here and others wrote elsewhere (needs VITALRIG_DATA). */
#include "base/cleanup.h"
#include "dataset/dataset.h"
#include "scratch.h"

#ifdef VR_HAVE_MATIO
#include <matio.h>
#endif

TestSuite(mat5, .init = scratch_make, .fini = scratch_remove);

static const char map_text[] =
    "{\"format\": 1, \"file\": \"*.mat\", \"rate\": 125, \"signals\": [{\"variable\": \"sig\", "
    "\"row\": 2, \"name\": \"PPG\", \"resolution\": 0.5}, {\"variable\": \"fs\"}]}";

#ifdef VR_HAVE_MATIO

static void put(
    mat_t *mat, const char *name, enum matio_classes class, enum matio_types type, size_t rows,
    size_t columns, void *numbers, int options, enum matio_compression compression)
{
    size_t dims[2] = {rows, columns};
    matvar_t *variable = Mat_VarCreate(name, class, type, 2, dims, numbers, options);
    cr_assert(variable && Mat_VarWrite(mat, variable, compression) == 0);
    Mat_VarFree(variable);
}

static void write_file(const char *name, enum matio_compression compression)
{
    double sig[] = {1, 0.5, 2, -1, 3, 70};
    int16_t fs[] = {125, -3};
    char text[] = "words";
    mat_t *mat = Mat_CreateVer(scratch_path(name), NULL, MAT_FT_MAT5);
    cr_assert(mat);
    put(mat, "note", MAT_C_CHAR, MAT_T_UINT8, 1, 5, text, 0, compression);
    put(mat, "sig", MAT_C_DOUBLE, MAT_T_DOUBLE, 2, 3, sig, 0, compression);
    put(mat, "fs", MAT_C_INT16, MAT_T_INT16, 1, 2, fs, 0, compression);
    Mat_Close(mat);
}

Test(mat5, files_of_libmatio_come_back)
{
    static const enum matio_compression ways[] = {MAT_COMPRESSION_NONE, MAT_COMPRESSION_ZLIB};
    scratch_text("m.mat.json", map_text);
    for (size_t i = 0; i < 2; i++) {
        struct vr_err err = {0};
        int32_t values[3];
        _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
        write_file("r.mat", ways[i]);
        cr_assert_eq(
            vr_dataset_open("auto", scratch_path("m.mat.json"), "r", &dataset, &err), 0, "%s",
            err.text);
        cr_assert_eq(vr_dataset_read(dataset, 0, 0, 3, values, &err), 0);
        cr_assert(values[0] == 1 && values[1] == -2 && values[2] == 140);
        cr_assert_eq(vr_dataset_read(dataset, 1, 0, 2, values, &err), 0);
        cr_assert(values[0] == 125 && values[1] == -3);
    }
    struct vr_err err = {0};
    struct vr_dataset *dataset = NULL;
    cr_assert_eq(vr_dataset_open("mat", scratch, "r", &dataset, &err), -VR_ERR_INPUT);
    cr_assert(
        strstr(err.text, "holds note (1 x 5 not read), sig (2 x 3 double), fs (1 x 2 int16), but"),
        "%s", err.text);
}

static size_t load(const char *name, uint8_t *bytes, size_t size)
{
    FILE *file = fopen(scratch_path(name), "rb");
    size_t found = file ? fread(bytes, 1, size, file) : 0;
    cr_assert(found);
    fclose(file);
    return found;
}

/* Refused, or read as it was written. */
static int try(const uint8_t *bytes, size_t size, struct vr_err *err)
{
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
    int32_t values[3];
    scratch_write("r.mat", bytes, size);
    int r = vr_dataset_open("mat", scratch_path("m.mat.json"), "r", &dataset, err);
    if (r < 0)
        return r;
    cr_assert_eq(vr_dataset_read(dataset, 0, 0, 3, values, err), 0);
    cr_assert(values[0] == 1 && values[1] == -2 && values[2] == 140);
    return 0;
}

Test(mat5, cut_files_are_refused)
{
    static const enum matio_compression ways[] = {MAT_COMPRESSION_NONE, MAT_COMPRESSION_ZLIB};
    static uint8_t bytes[4096];
    struct vr_err err = {0};
    scratch_text("m.mat.json", map_text);
    for (size_t i = 0; i < 2; i++) {
        write_file("r.mat", ways[i]);
        size_t size = load("r.mat", bytes, sizeof bytes), between = 0;
        cr_assert_eq(try(bytes, size, &err), 0);
        for (size_t cut = 128; cut < size; cut++) {
            int r = try(bytes, cut, &err);
            cr_assert(r == -VR_ERR_INPUT || r == -VR_ERR_NOT_FOUND, "%zu of %zu bytes", cut, size);
            between += strstr(err.text, "the file was cut") == NULL;
        }
        cr_assert_leq(between, 3); /* between two variables, what is missing has a name */
    }
}

/* A bit that is changed never makes other numbers; only in the tag of a variable that is not asked for it may stay. */
Test(mat5, damage_is_found)
{
    static uint8_t bytes[4096];
    struct vr_err err = {0};
    scratch_text("m.mat.json", map_text);
    write_file("r.mat", MAT_COMPRESSION_ZLIB);
    size_t size = load("r.mat", bytes, sizeof bytes), accepted = 0;
    for (size_t i = 128; i < size; i++) {
        bytes[i] ^= (uint8_t)(1 << i % 8);
        accepted += try(bytes, size, &err) == 0;
        bytes[i] ^= (uint8_t)(1 << i % 8);
    }
    cr_assert_leq(accepted, 8);
}

static void copy_file(const char *folder, const char *name)
{
    char path[1100];
    static uint8_t bytes[1 << 21];
    snprintf(path, sizeof path, "%s/ppg_spc2015/%s", folder, name);
    FILE *file = fopen(path, "rb");
    cr_assert(file, "%s", path);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    scratch_write(name, bytes, size);
}

/* Its figures are those of PROVENANCE.md: a window of 8 s each 2 s. */
Test(mat5, a_challenge_record_has_its_heart_rates)
{
    const char *folder = getenv("VITALRIG_DATA");
    char path[1024];
    snprintf(path, sizeof path, "%s/ppg_spc2015", folder ? folder : "");
    if (!folder || !folder[0] || access(path, R_OK) < 0)
        cr_skip_test("set VITALRIG_DATA to the folder of recordings that holds ppg_spc2015");
    scratch_text(
        "spc.mat.json",
        "{\"format\": 1, \"file\": \"DATA_*.mat\", \"rate\": 125, \"signals\": [\n"
        " {\"variable\": \"sig\", \"row\": 1, \"name\": \"ECG\", \"resolution\": 0.5},\n"
        " {\"variable\": \"sig\", \"row\": 2, \"name\": \"PPG1\", \"resolution\": 0.5},\n"
        " {\"variable\": \"sig\", \"row\": 4, \"name\": \"X\", \"unit\": \"g\", \"resolution\": "
        "0.0078}],\n"
        " \"truth\": [{\"annotator\": \"bpm\", \"kind\": \"measure\", \"variable\": \"BPM0\",\n"
        "  \"file\": [\"DATA_*_BPMtrace.mat\", \"BPM_*.mat\"], \"first_s\": 8, \"step_s\": 2}]}\n");
    static const struct {
        const char *record, *file, *truth;
        int64_t samples;
        size_t windows;
        const char *first;
    } cases[] = {
        {"01_TYPE01", "DATA_01_TYPE01.mat", "DATA_01_TYPE01_BPMtrace.mat", 37937, 148,
         "74.33920704845815"},
        {"S04_T01", "DATA_S04_T01.mat", "BPM_S04_T01.mat", 27576, 107, "82.873"},
    };
    for (size_t i = 0; i < 2; i++) {
        copy_file(folder, cases[i].file);
        copy_file(folder, cases[i].truth);
        struct vr_err err = {0};
        _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
        _cleanup_(vr_annotations_finish) struct vr_annotations list = {0};
        cr_assert_eq(
            vr_dataset_open("auto", scratch_path("spc.mat.json"), cases[i].record, &dataset, &err),
            0, "%s", err.text);
        cr_assert_eq(vr_dataset_record(dataset)->frame_count, cases[i].samples);
        cr_assert_eq(vr_dataset_truth(dataset, "bpm", &list, &err), 0, "%s", err.text);
        cr_assert_eq(list.count, cases[i].windows);
        cr_assert_str_eq(list.items[0].text, cases[i].first);
        cr_assert_eq(list.items[0].sample_index, 1000);
        int64_t last = list.items[list.count - 1].sample_index;
        cr_assert(last <= cases[i].samples && last + 250 > cases[i].samples);
        int32_t values[3];
        cr_assert_eq(vr_dataset_read(dataset, 0, 0, 3, values, &err), 0);
        if (i == 0)
            cr_assert(values[0] == -539 && values[1] == -535 && values[2] == -535);
    }
}

#else

/* A head of version 5 is enough to be told how to get it read. */
Test(mat5, a_build_without_libmatio_says_how_to_get_it)
{
    struct vr_err err = {0};
    struct vr_dataset *dataset = NULL;
    char head[128];
    memset(head, ' ', sizeof head);
    memcpy(head, "MATLAB 5.0 MAT-file", 19);
    memcpy(head + 124, "\0\1IM", 4);
    scratch_text("m.mat.json", map_text);
    scratch_write("r.mat", head, sizeof head);
    cr_assert_eq(
        vr_dataset_open("mat", scratch_path("m.mat.json"), "r", &dataset, &err), -VR_ERR_INPUT);
    cr_assert(
        strstr(err.text, "build with -Dmatio=enabled (Debian: libmatio-dev)"), "%s", err.text);
}

#endif
