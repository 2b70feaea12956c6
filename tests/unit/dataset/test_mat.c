/* dataset/mat, mat_map, mat_file, mat4: MATLAB files of version 4 by a mapping, whole and broken. */
#include "base/cleanup.h"
#include "base/digest.h"
#include "dataset/dataset.h"
#include "dataset/mat4.h"
#include "dataset/mat_map.h"
#include "scratch.h"

#include <math.h>

TestSuite(mat, .init = scratch_make, .fini = scratch_remove);

static uint8_t bytes[8192];
static size_t size;

static void put_word(int32_t word, bool is_big)
{
    for (int i = 0; i < 4; i++)
        bytes[size++] = (uint8_t)((uint32_t)word >> 8 * (is_big ? 3 - i : i));
}

/* A variable of version 4; its numbers are put behind it by the caller. */
static void put_variable(int type, int32_t rows, int32_t columns, const char *name)
{
    bool is_big = type >= 1000;
    put_word(type, is_big);
    put_word(rows, is_big);
    put_word(columns, is_big);
    put_word(0, is_big);
    put_word((int32_t)strlen(name) + 1, is_big);
    memcpy(bytes + size, name, strlen(name) + 1);
    size += strlen(name) + 1;
}

static void put_number(const void *number, size_t number_size)
{
    memcpy(bytes + size, number, number_size);
    size += number_size;
}

static void put_doubles(const double *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_number(&numbers[i], sizeof numbers[i]);
}

static void save(const char *name)
{
    scratch_write(name, bytes, size);
    size = 0;
}

static const char map_text[] =
    "{\"format\": 1, \"file\": \"R_*.mat\", \"rate\": 50,\n"
    " \"signals\": [{\"variable\": \"sig\", \"row\": 1, \"name\": \"PPG\"},\n"
    "  {\"variable\": \"sig\", \"row\": 2, \"name\": \"ACC\", \"unit\": \"g\", \"resolution\": "
    "0.0078},\n"
    "  {\"variable\": \"temp\", \"unit\": \"degC\", \"resolution\": 0.5, \"round\": true, "
    "\"baseline\": 3}],\n"
    " \"truth\": [{\"annotator\": \"bpm\", \"kind\": \"measure\", \"file\": [\"R_*_bpm.mat\", "
    "\"B_*.mat\"],\n"
    "  \"variable\": \"BPM0\", \"first_s\": 0.04, \"step_s\": 0.02}]}\n";

/* Two rows of four columns, one after the other, and four of another length. */
static void save_record(const char *name)
{
    put_variable(0, 1, 3, "other");
    put_doubles((double[]){7, 8, 9}, 3);
    put_variable(0, 2, 4, "sig");
    put_doubles((double[]){1, 0.0702, -2, -0.0078, NAN, 0, 3, 2.6208}, 8);
    put_variable(0, 3, 1, "temp");
    put_doubles((double[]){36.6, 0.25, -0.25}, 3);
    save(name);
}

static void must_refuse(const char *path, const char *record, int code, const char *words)
{
    struct vr_err err = {0};
    struct vr_dataset *dataset = NULL;
    int r = vr_dataset_open("mat", path, record, &dataset, &err);
    cr_assert_eq(r, -code, "%s: %d %s", words, r, err.text);
    cr_assert(strstr(err.text, words), "%s: %s", words, err.text);
}

static void samples_are(
    struct vr_dataset *dataset, size_t signal, size_t count, const int32_t *expected)
{
    struct vr_err err = {0};
    int32_t values[16];
    cr_assert_eq(vr_dataset_read(dataset, signal, 0, count, values, &err), 0, "%s", err.text);
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(values[i], expected[i], "signal %zu, %zu: %d", signal, i, values[i]);
}

Test(mat, a_mapping_makes_signals_of_variables)
{
    struct vr_err err = {0};
    struct vr_digest digest;
    char hex[VR_DIGEST_HEX_SIZE];
    scratch_text("r.mat.json", map_text);
    vr_digest_init(&digest);
    vr_digest_update(&digest, map_text, strlen(map_text));
    save_record("R_a.mat");
    vr_digest_update(&digest, bytes, 20 + 6 + 24 + 20 + 4 + 64 + 20 + 5 + 24);
    vr_digest_finish(&digest, hex);
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
    cr_assert_eq(
        vr_dataset_open("auto", scratch_path("r.mat.json"), "a", &dataset, &err), 0, "%s",
        err.text);
    const struct vr_record *record = vr_dataset_record(dataset);
    cr_assert_str_eq(record->sha256, hex);
    cr_assert(record->signal_count == 3 && record->frame_count == 4 && record->rate_num == 50);
    const struct vr_signal *ppg = &record->signals[0], *acc = &record->signals[1];
    const struct vr_signal *temp = &record->signals[2];
    cr_assert_str_eq(ppg->name, "PPG");
    cr_assert_str_eq(temp->name, "temp");
    cr_assert(ppg->gain == 0 && acc->gain == 1 / 0.0078 && temp->gain == 2 && temp->baseline == 3);
    cr_assert(ppg->sample_count == 4 && temp->sample_count == 3);
    samples_are(dataset, 0, 4, (int32_t[]){1, -2, VR_SAMPLE_INVALID, 3});
    samples_are(dataset, 1, 4, (int32_t[]){9, -1, 0, 336});
    samples_are(dataset, 2, 3, (int32_t[]){73, 1, 0});
}

Test(mat, measurements_stand_at_the_end_of_their_windows)
{
    static const char *const files[] = {"R_a_bpm.mat", "B_a.mat"};
    scratch_text("r.mat.json", map_text);
    save_record("R_a.mat");
    for (size_t f = 0; f < 2; f++) {
        struct vr_err err = {0};
        _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
        _cleanup_(vr_annotations_finish) struct vr_annotations list = {0};
        cr_assert_eq(vr_dataset_open("mat", scratch_path("r.mat.json"), "a", &dataset, &err), 0);
        cr_assert_eq(vr_dataset_truth(dataset, "bpm", &list, &err), -VR_ERR_NOT_FOUND);
        put_variable(0, 1, 3, "BPM0");
        put_doubles((double[]){74.33920704845815, NAN, 76}, 3);
        save(files[f]);
        cr_assert_eq(vr_dataset_truth(dataset, "bpm", &list, &err), 0, "%s", err.text);
        cr_assert_eq(list.count, 2);
        cr_assert(list.items[0].sample_index == 2 && list.items[1].sample_index == 4);
        cr_assert(list.items[0].code == VR_CODE_MEASURE && list.items[0].subtype == 1);
        cr_assert_str_eq(list.items[0].text, "74.33920704845815");
        cr_assert_str_eq(list.items[1].text, "76");
        unlink(scratch_path(files[f]));
        struct vr_annotations none = {0};
        cr_assert_eq(vr_dataset_truth(dataset, "atr", &none, &err), -VR_ERR_NOT_FOUND);
        cr_assert_eq(vr_dataset_truth(dataset, "../atr", &none, &err), -VR_ERR_INPUT);
    }
}

Test(mat, files_of_truth_are_no_records)
{
    static const char *const files[] = {"R_b.mat", "R_a.mat", "R_a_bpm.mat", "B_a.mat",
                                        "R_.mat",  "x.mat",   "R_c.txt",     "R_.h.mat"};
    struct vr_names names = {0};
    struct vr_err err = {0};
    scratch_text("r.mat.json", map_text);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        scratch_text(files[i], "");
    cr_assert_eq(vr_dataset_list("auto", scratch_path("r.mat.json"), &names, &err), 0);
    cr_assert_eq(names.count, 2);
    cr_assert(!strcmp(names.items[0], "a") && !strcmp(names.items[1], "b"));
    vr_names_finish(&names);
}

Test(mat, without_a_mapping_what_is_there_is_told)
{
    struct vr_names names = {0};
    struct vr_err err = {0};
    save_record("a.mat");
    must_refuse(
        scratch, "a", VR_ERR_INPUT,
        "/a.mat: holds other (1 x 3 double), sig (2 x 4 double), temp (3 x 1 double), but neither "
        "names, units nor a rate; write a mapping NAME.mat.json");
    cr_assert_eq(vr_dataset_list("auto", scratch, &names, &err), 0, "%s", err.text);
    cr_assert(names.count == 1 && strcmp(names.items[0], "a") == 0);
    vr_names_finish(&names);
    scratch_text("a.hea", "");
    must_refuse(scratch, "a", VR_ERR_INPUT, "a.hea is beside it, so read it as a WFDB record");
    must_refuse(scratch, "b", VR_ERR_NOT_FOUND, "/b.mat: no such file");
}

/* Little and big-endian numbers of every type. */
Test(mat, every_type_of_version_4_is_read)
{
    static const struct {
        int type;
        size_t count;
        const char *numbers;
        int32_t expected[3];
    } cases[] = {
        {0, 1, "\0\0\0\0\0\0\x8\xc0", {-3}},
        {10, 1, "\0\0\x40\xc0", {-3}},
        {20, 2, "\xfd\xff\xff\xff\1\1\0\0", {-3, 257}},
        {30, 2, "\xfd\xff\1\1", {-3, 257}},
        {40, 2, "\xfd\xff\1\1", {65533, 257}},
        {50, 3, "\xfd\1\0", {253, 1, 0}},
        {1000, 1, "\xc0\x8\0\0\0\0\0\0", {-3}},
        {1010, 1, "\xc0\x40\0\0", {-3}},
        {1020, 2, "\xff\xff\xff\xfd\0\0\1\1", {-3, 257}},
        {1030, 2, "\xff\xfd\1\2", {-3, 258}},
        {1040, 2, "\xff\xfd\1\2", {65533, 258}},
        {1050, 3, "\xfd\1\0", {253, 1, 0}},
    };
    static const size_t sizes[] = {8, 4, 4, 2, 2, 1};
    scratch_text(
        "v.mat.json", "{\"format\": 1, \"file\": \"*.mat\", \"rate\": \"1/30\", \"signals\": "
                      "[{\"variable\": \"val\"}]}");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vr_err err = {0};
        _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
        put_variable(cases[i].type, 1, (int32_t)cases[i].count, "val");
        put_number(cases[i].numbers, cases[i].count * sizes[cases[i].type / 10 % 10]);
        save("r.mat");
        cr_assert_eq(
            vr_dataset_open("auto", scratch_path("v.mat.json"), "r", &dataset, &err), 0, "%s",
            err.text);
        cr_assert_eq(vr_dataset_record(dataset)->rate_den, 30);
        samples_are(dataset, 0, cases[i].count, cases[i].expected);
    }
}

static void refuse_numbers(double number, const char *words)
{
    put_variable(0, 1, 2, "val");
    put_doubles((double[]){1, number}, 2);
    save("r.mat");
    must_refuse(scratch_path("v.mat.json"), "r", VR_ERR_INPUT, words);
}

Test(mat, numbers_that_are_no_samples_are_refused)
{
    scratch_text(
        "v.mat.json", "{\"format\": 1, \"file\": \"*.mat\", \"rate\": 10, \"signals\": "
                      "[{\"variable\": \"val\", \"resolution\": 0.5}]}");
    refuse_numbers(0.7, "number 2 of val is 0.7, no whole number of steps of 0.5");
    refuse_numbers(2e9, "number 2 of val is 2e+09: more than 2^31 steps of 0.5");
    refuse_numbers(INFINITY, "number 2 of val is inf: more than 2^31 steps");
    put_variable(0, 1, 0, "val");
    save("r.mat");
    must_refuse(scratch_path("v.mat.json"), "r", VR_ERR_INPUT, "holds no samples");
    put_variable(0, 2, 2, "val");
    put_doubles((double[]){1, 2, 3, 4}, 4);
    save("r.mat");
    must_refuse(
        scratch_path("v.mat.json"), "r", VR_ERR_INPUT, "has 2 x 2 numbers; say which \"row\"");
    put_variable(1, 1, 2, "val"); /* text */
    put_doubles((double[]){65, 66}, 2);
    save("r.mat");
    must_refuse(scratch_path("v.mat.json"), "r", VR_ERR_INPUT, "val is no matrix of at most");
    put_variable(0, 1, 1, "x");
    put_doubles((double[]){1}, 1);
    save("r.mat");
    must_refuse(
        scratch_path("v.mat.json"), "r", VR_ERR_NOT_FOUND, "has no variable val; it has: x (1 x 1");
    must_refuse(scratch_path("v.mat.json"), "../r", VR_ERR_INPUT, "leads out of the folder");
    must_refuse(scratch_path("no.mat.json"), "r", VR_ERR_NOT_FOUND, "/no.mat.json: no such file");
}

Test(mat, hostile_and_cut_files_are_refused_with_their_place)
{
    static const struct {
        size_t offset;
        int32_t word;
        const char *words;
    } cases[] = {
        {0, 5000, "/r.mat: byte 0: no header of a variable of MATLAB version 4"},
        {0, 60, "byte 0: 0060 is no type"},
        {0, 3, "byte 0: 0003 is no type"},
        {0, 100, "byte 0: 0100 is no type"},
        {4, 0x7fffffff, "byte 4: 2147483647 x 2 numbers of 2 bytes are told of, but 4 bytes are"},
        {8, 0x7fffffff, "byte 4: 1 x 2147483647 numbers"},
        {8, 3, "byte 4: 1 x 3 numbers of 2 bytes are told of, but 4 bytes are left"},
        {8, -1, "byte 4: a matrix of 1 x -1 cannot be"},
        {12, 2, "byte 4: a matrix of 1 x 2 cannot be"},
        {12, 1, "byte 4: 1 x 2 numbers of 4 bytes are told of"}, /* complex */
        {16, 0, "byte 16: a variable's name of 0 bytes"},
        {16, 0x7fffffff, "byte 16: a variable's name of 2147483647 bytes"},
        {16, 60, "byte 16: the file ends inside a variable's name"},
        {20, 0x01020304, "byte 20: a variable's name is no plain text"},
        {8, 1, "byte 26: the file ends inside the header of a variable"},
    };
    scratch_text(
        "v.mat.json", "{\"format\": 1, \"file\": \"*.mat\", \"rate\": 10, \"signals\": "
                      "[{\"variable\": \"x\"}]}");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put_variable(30, 1, 2, "val");
        put_word(0x00020001, false);
        size_t end = size;
        size = cases[i].offset;
        put_word(cases[i].word, false);
        size = end;
        save("r.mat");
        must_refuse(scratch_path("v.mat.json"), "r", VR_ERR_INPUT, cases[i].words);
    }
    scratch_text("r.mat", "MATLAB 7.3 MAT-file, Platform: GLNXA64");
    must_refuse(scratch_path("v.mat.json"), "r", VR_ERR_INPUT, "version 7.3, which is not read");
    scratch_text("r.mat", "no matrix");
    must_refuse(scratch_path("v.mat.json"), "r", VR_ERR_INPUT, "/r.mat: no MATLAB file");
}

Test(mat, mappings_that_make_no_sense_are_refused_with_their_place)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"{\"format\": 2, \"file\": \"*.mat\", \"rate\": 1, \"signals\": [{\"variable\": \"v\"}]}",
         "m:1:12: "},
        {"{\"format\": 1, \"file\": \"*.mat\", \"signals\": [{\"variable\": \"v\"}]}",
         "the key \"rate\" is missing"},
        {"{\"format\": 1, \"file\": \"*.mat\", \"rate\": 1, \"signals\": []}", "m:1:"},
        {"{\"format\": 1, \"file\": \"../*.mat\", \"rate\": 1, \"signals\": [{\"variable\": "
         "\"v\"}]}",
         "m:1:23: the name leads out of the folder"},
        {"{\"format\": 1, \"file\": \"a/*.mat\", \"rate\": 1, \"signals\": [{\"variable\": "
         "\"v\"}]}",
         "m:1:23: the name leads into another folder"},
        {"{\"format\": 1, \"file\": \"*_*.mat\", \"rate\": 1, \"signals\": [{\"variable\": "
         "\"v\"}]}",
         "m:1:23: at most one *"},
        {"{\"format\": 1, \"file\": \"*.mat\", \"rate\": \"9999999999/1\", \"signals\": "
         "[{\"variable\": "
         "\"v\"}]}",
         "a rate must be a fraction"},
        {"{\"format\": 1, \"file\": \"*.mat\", \"rate\": 1, \"signals\": [{\"variable\": \"v\", "
         "\"row\": "
         "1, \"column\": 1}]}",
         "a row and a column make one number"},
        {"{\"format\": 1, \"file\": \"*.mat\", \"rate\": 1, \"signals\": [{\"variable\": \"v\", "
         "\"gain\": "
         "1}]}",
         "a gain without a \"unit\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vr_mat_map map;
        struct vr_err err = {0};
        int r = vr_mat_map_parse(cases[i].text, strlen(cases[i].text), "m", &map, &err);
        cr_assert_eq(r, -VR_ERR_INPUT, "row %zu", i);
        cr_assert(strstr(err.text, cases[i].words), "row %zu: %s", i, err.text);
    }
}
