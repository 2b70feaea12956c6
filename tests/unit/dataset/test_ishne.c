/* dataset/ishne, ishne_file: Holter recordings and their annotations, whole and broken. */
#include "base/cleanup.h"
#include "base/digest.h"
#include "dataset/dataset.h"
#include "dataset/ishne_file.h"
#include "dataset/wfdb_annotation.h"
#include "scratch.h"

#include <math.h>

TestSuite(ishne, .init = scratch_make, .fini = scratch_remove);

static uint8_t bytes[4096];

static void put_16(size_t offset, int value)
{
    bytes[offset] = (uint8_t)value;
    bytes[offset + 1] = (uint8_t)(value >> 8);
}

static void put_32(size_t offset, int32_t value)
{
    put_16(offset, value);
    put_16(offset + 2, value >> 16);
}

/* A header of two leads of `samples`, with a variable block; returns its size. */
static size_t put_header(const char *magic, const char *variable, int32_t samples)
{
    size_t variable_size = strlen(variable);
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, magic, 8);
    put_32(10, (int32_t)variable_size);
    put_32(14, samples);
    put_32(18, 522);
    put_32(22, 522 + (int32_t)variable_size);
    put_16(26, 1);
    strcpy((char *)bytes + 28, "Erika");
    strcpy((char *)bytes + 68, "Mustermann");
    put_16(156, 2);
    for (size_t i = 0; i < 12; i++) {
        put_16(158 + 2 * i, i == 0 ? 6 : i == 1 ? 12 : -9);
        put_16(206 + 2 * i, i < 2 ? 2500 : -9);
    }
    put_16(272, 200);
    memcpy(bytes + 522, variable, variable_size);
    put_16(8, vr_ishne_crc(VR_ISHNE_CRC_START, bytes + 10, 512 + variable_size));
    return 522 + variable_size;
}

/* Three frames: 1 -1, 2 -2, 3 -3. */
static size_t put_frames(size_t size)
{
    for (int i = 1; i <= 3; i++, size += 4) {
        put_16(size, i);
        put_16(size + 2, -i);
    }
    return size;
}

static struct vr_dataset *must_open(const char *record)
{
    struct vr_err err = {0};
    struct vr_dataset *dataset = NULL;
    cr_assert_eq(vr_dataset_open("ishne", scratch, record, &dataset, &err), 0, "%s", err.text);
    return dataset;
}

Test(ishne, leads_come_out_with_their_scale)
{
    struct vr_err err = {0};
    int32_t values[3];
    char hex[VR_DIGEST_HEX_SIZE];
    size_t size = put_frames(put_header("ISHNE1.0", "made for a test", 3));
    scratch_write("h.ecg", bytes, size);
    vr_digest_bytes(bytes, size, hex);
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open("h");
    const struct vr_record *record = vr_dataset_record(dataset);
    cr_assert_str_eq(record->warning, "");
    cr_assert_str_eq(record->sha256, hex);
    cr_assert(record->signal_count == 2 && record->frame_count == 3 && record->rate_num == 200);
    cr_assert_str_eq(record->signals[0].name, "II");
    cr_assert_str_eq(record->signals[1].name, "V2");
    cr_assert_str_eq(record->signals[0].unit, "mV");
    cr_assert_float_eq(record->signals[0].gain, 400, 1e-9);
    cr_assert_eq(vr_dataset_read(dataset, 0, 0, 3, values, &err), 0, "%s", err.text);
    cr_assert_arr_eq(values, ((int32_t[]){1, 2, 3}), sizeof values);
    cr_assert_eq(vr_dataset_read(dataset, 1, 1, 2, values, &err), 0);
    cr_assert(values[0] == -2 && values[1] == -3);
    struct vr_names names = {0};
    cr_assert_eq(vr_dataset_list("auto", scratch, &names, &err), 0);
    cr_assert(names.count == 1 && strcmp(names.items[0], "h") == 0);
    vr_names_finish(&names);
}

Test(ishne, what_is_tolerated_is_said)
{
    static const struct {
        size_t offset;
        int value;
        size_t more; /* bytes behind the last frame */
        const char *warning;
    } cases[] = {
        {8, 0x1234, 0, "the checksum of the header is 0x"},
        {272, 200, 5, "5 bytes behind the last sample"},
        {14, 6, 0, "the number of samples is that of all leads together"},
        {206, -9, 0, "lead 1: a resolution of -9 nV: uncalibrated"},
        {18, 0, 0, "the variable block is said to begin at byte 0, not 522"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t start = put_header("ISHNE1.0", "x", 3), size = put_frames(start);
        put_16(cases[i].offset, cases[i].value);
        if (cases[i].offset != 8)
            put_16(8, vr_ishne_crc(VR_ISHNE_CRC_START, bytes + 10, start - 10));
        scratch_write("h.ecg", bytes, size + cases[i].more);
        _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open("h");
        const char *warning = vr_dataset_record(dataset)->warning;
        cr_assert_eq(
            strncmp(warning, cases[i].warning, strlen(cases[i].warning)), 0, "%s", warning);
        cr_assert_eq(vr_dataset_record(dataset)->frame_count, 3);
    }
}

Test(ishne, hostile_and_cut_headers_are_refused_with_their_place)
{
    static const struct {
        size_t offset;
        int32_t value;
        const char *words;
    } cases[] = {
        {0, 0x20202020, "/h.ecg: byte 0: begins neither with \"ISHNE1.0\""},
        {10, 0x7fffffff, "byte 10: a variable block of 2147483647 bytes does not fit"},
        {10, -1, "byte 10: a variable block of -1 bytes"},
        {14, 0x7fffffff,
         "byte 14: 2147483647 samples of 2 leads are told of, but the file, of 534 "
         "bytes, holds 3; it was cut"},
        {14, 4, "byte 14: 4 samples of 2 leads are told of"},
        {14, 0, "byte 14: 0 samples"},
        {14, -3, "byte 14: -3 samples"},
        {22, 0x7fffffff, "byte 22: the samples are said to begin at byte 2147483647"},
        {22, 100, "byte 22: the samples are said to begin at byte 100"},
        {156, 0, "byte 156: 0 leads"},
        {156, 13, "byte 156: 13 leads"},
        {156, 32767, "byte 156: 32767 leads"},
        {272, 0, "byte 272: the sampling rate of 0 Hz"},
        {272, -128 & 0xffff, "byte 272: the sampling rate of -128 Hz"},
    };
    struct vr_err err = {0};
    struct vr_dataset *dataset = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size = put_frames(put_header("ISHNE1.0", "", 3));
        put_16(cases[i].offset, cases[i].value);
        if (cases[i].offset < 26)
            put_32(cases[i].offset, cases[i].value);
        scratch_write("h.ecg", bytes, size);
        cr_assert_eq(
            vr_dataset_open("ishne", scratch, "h", &dataset, &err), -VR_ERR_INPUT, "row %zu", i);
        cr_assert(strstr(err.text, cases[i].words), "%s: %s", cases[i].words, err.text);
    }
    scratch_write("h.ecg", bytes, 521);
    cr_assert_eq(vr_dataset_open("ishne", scratch, "h", &dataset, &err), -VR_ERR_INPUT);
    cr_assert(strstr(err.text, "byte 521: the file ends inside the header"), "%s", err.text);
    put_header("ANN  1.0", "", 3);
    scratch_write("h.ecg", bytes, 600);
    cr_assert_eq(vr_dataset_open("ishne", scratch, "h", &dataset, &err), -VR_ERR_INPUT);
    cr_assert(strstr(err.text, "holds annotations, not samples"), "%s", err.text);
}

/* Each annotation is so many samples after the one before; '!' only moves the time on. */
Test(ishne, annotations_count_from_one_another)
{
    struct vr_err err = {0};
    _cleanup_(vr_annotations_finish) struct vr_annotations list = {0};
    size_t size = put_header("ISHNE1.0", "", 300);
    scratch_write("h.ecg", bytes, size + 1200);
    size = put_header("ANN  1.0", "", 0);
    static const struct {
        char label;
        int samples;
    } beats[] = {{'N', 50}, {'V', 10}, {'!', 100}, {'S', 5}, {'C', 1}, {'X', 0}, {'\x7f', 0}};
    put_32(size, 3);
    size += 4;
    for (size_t i = 0; i < sizeof beats / sizeof beats[0]; i++, size += 4) {
        bytes[size] = (uint8_t)beats[i].label;
        put_16(size + 2, beats[i].samples);
    }
    scratch_write("h.ann", bytes, size);
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open("h");
    cr_assert_eq(vr_dataset_truth(dataset, "ann", &list, &err), 0, "%s", err.text);
    static const struct {
        int64_t at;
        uint8_t code;
        const char *text;
    } expected[] = {
        {53, VR_CODE_NORMAL, NULL}, {63, VR_CODE_PVC, NULL},    {168, VR_CODE_SVPB, NULL},
        {169, VR_CODE_EVENT, "C"},  {169, VR_CODE_ARFCT, NULL}, {169, VR_CODE_EVENT, "?"},
    };
    cr_assert_eq(list.count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < list.count; i++) {
        cr_assert(list.items[i].sample_index == expected[i].at, "%zu", i);
        cr_assert(list.items[i].code == expected[i].code, "%zu", i);
        cr_assert(!list.items[i].text == !expected[i].text);
        cr_assert(!list.items[i].text || strcmp(list.items[i].text, expected[i].text) == 0);
    }
    struct vr_annotations none = {0};
    scratch_write("h.ann", bytes, size - 1);
    cr_assert_eq(vr_dataset_truth(dataset, "ann", &none, &err), -VR_ERR_INPUT);
    cr_assert(strstr(err.text, "no whole number of annotations"), "%s", err.text);
    put_16(272, 250);
    scratch_write("h.ann", bytes, size);
    cr_assert_eq(vr_dataset_truth(dataset, "ann", &none, &err), -VR_ERR_INPUT);
    cr_assert(
        strstr(err.text, "counts in samples of 250 Hz, but the record has 200"), "%s", err.text);
    cr_assert_eq(vr_dataset_truth(dataset, "atr", &none, &err), -VR_ERR_NOT_FOUND);
    cr_assert_eq(vr_dataset_truth(dataset, "a/b", &none, &err), -VR_ERR_INPUT);
}

Test(ishne, wfdb_annotations_beside_the_recording_are_read)
{
    struct vr_annotation item = {.sample_index = 2, .code = VR_CODE_NORMAL};
    struct vr_annotations list = {0};
    struct vr_err err = {0};
    scratch_write("h.ecg", bytes, put_frames(put_header("ISHNE1.0", "", 3)));
    cr_assert_eq(vr_annotations_add(&list, &item, NULL, 0, &err), 0);
    cr_assert_eq(vr_wfdb_annotation_write(scratch_path("h.atr"), &list, NULL, &err), 0);
    vr_annotations_finish(&list);
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open("h");
    cr_assert_eq(vr_dataset_truth(dataset, "atr", &list, &err), 0, "%s", err.text);
    cr_assert(list.count == 1 && list.items[0].sample_index == 2);
    vr_annotations_finish(&list);
}

/* "123456789" has this sum in every table of CRC-16/CCITT with a start of 0xffff. */
Test(ishne, the_checksum_is_that_of_the_tables)
{
    cr_assert_eq(vr_ishne_crc(VR_ISHNE_CRC_START, (const uint8_t *)"123456789", 9), 0x29b1);
}

/* A recording of others; its figures are those of reference/signal-formats.md, section 4.  Needs VITALRIG_DATA. */
Test(ishne, a_real_recording_has_its_known_figures)
{
    char folder[1024];
    const char *data = getenv("VITALRIG_DATA");
    snprintf(folder, sizeof folder, "%s/e4_flirt/holter", data ? data : "");
    if (!data || !data[0] || access(folder, R_OK) < 0)
        cr_skip_test("set VITALRIG_DATA to the folder of recordings that holds e4_flirt/holter");
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
    struct vr_err err = {0};
    cr_assert_eq(vr_dataset_open("auto", folder, "holter", &dataset, &err), 0, "%s", err.text);
    const struct vr_record *record = vr_dataset_record(dataset);
    cr_assert_str_eq(record->warning, ""); /* the checksum of 0x6e16 agrees */
    cr_assert(record->signal_count == 3 && record->frame_count == 597376);
    cr_assert(record->rate_num == 128 && fabs(record->signals[2].gain - 1e6 / 2441) < 1e-9);
    static int32_t values[597376];
    int64_t sum = 0;
    cr_assert_eq(vr_dataset_read(dataset, 2, 0, 597376, values, &err), 0, "%s", err.text);
    for (size_t i = 0; i < 597376; i++)
        sum += values[i];
    cr_assert_eq(sum, INT64_C(-8916527));
}
