/* dataset/wfdb_format: bytes and samples of each format, both ways. */
#include "dataset/dataset.h"
#include "dataset/wfdb_format.h"

#include <criterion/criterion.h>
#include <string.h>

Test(wfdb_format, format_16_is_little_endian_with_its_lowest_code_invalid)
{
    const struct vr_wfdb_format *format = vr_wfdb_format_find(16);
    static const uint8_t bytes[] = {0x01, 0x00, 0xff, 0xff, 0xff, 0x7f, 0x01, 0x80, 0x00, 0x80};
    static const int32_t expected[] = {1, -1, 32767, -32767, VR_SAMPLE_INVALID};
    int32_t values[5];
    uint8_t again[sizeof bytes];
    format->decode(bytes, 5, values);
    cr_assert_arr_eq(values, expected, sizeof expected);
    format->encode(values, 5, again);
    cr_assert_arr_eq(again, bytes, sizeof bytes);
}

Test(wfdb_format, format_212_packs_two_samples_in_three_bytes)
{
    const struct vr_wfdb_format *format = vr_wfdb_format_find(212);
    static const uint8_t bytes[] = {0xe3, 0x33, 0xf3, 0xff, 0x7f, 0xff, 0x00, 0x88, 0x01};
    static const int32_t expected[] = {995, 1011, -1, 2047, VR_SAMPLE_INVALID, -2047};
    int32_t values[6];
    uint8_t again[sizeof bytes];
    format->decode(bytes, 3, values);
    cr_assert_arr_eq(values, expected, sizeof expected);
    format->encode(values, 3, again);
    cr_assert_arr_eq(again, bytes, sizeof bytes);
}

/* Bytes of each other format as the reference tools write them. */
static const struct {
    int format;
    size_t pack_count;
    uint8_t bytes[12];
    int32_t values[6];
} known[] = {
    {8, 4, {0x00, 0x01, 0x80, 0x7f}, {0, 1, -128, 127}},
    {24, 3, {0x01, 0, 0, 0xff, 0xff, 0x7f, 0, 0, 0x80}, {1, 8388607, VR_SAMPLE_INVALID}},
    {32, 2, {0x78, 0x56, 0x34, 0x12, 0, 0, 0, 0x80}, {0x12345678, VR_SAMPLE_INVALID}},
    {61, 3, {0x12, 0x34, 0xff, 0xfe, 0x80, 0}, {0x1234, -2, VR_SAMPLE_INVALID}},
    {80, 4, {0x80, 0xff, 0x01, 0x00}, {0, 127, -127, VR_SAMPLE_INVALID}},
    {160, 3, {0x01, 0x80, 0xff, 0x7f, 0, 0}, {1, -1, VR_SAMPLE_INVALID}},
    /* 1, -1 and -512, then 511, -2 and 33 = 1 + (1 << 5) */
    {310,
     2,
     {0x02, 0x00, 0xfe, 0x87, 0xfe, 0x0b, 0xfc, 0x0f},
     {1, -1, VR_SAMPLE_INVALID, 511, -2, 33}},
    {311,
     2,
     {0x01, 0xfc, 0x0f, 0x20, 0xff, 0xf9, 0x1f, 0x02},
     {1, -1, VR_SAMPLE_INVALID, 511, -2, 33}},
};

Test(wfdb_format, the_others_have_their_known_bytes)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const struct vr_wfdb_format *format = vr_wfdb_format_find(known[i].format);
        size_t count = known[i].pack_count * format->pack_samples;
        size_t size = known[i].pack_count * format->pack_bytes;
        int32_t values[6];
        uint8_t again[12];
        format->decode(known[i].bytes, known[i].pack_count, values);
        for (size_t j = 0; j < count; j++)
            cr_assert_eq(
                values[j], known[i].values[j], "format %d, sample %zu: %d", format->format, j,
                values[j]);
        format->encode(values, known[i].pack_count, again);
        cr_assert_arr_eq(again, known[i].bytes, size, "format %d", format->format);
    }
}

Test(wfdb_format, every_code_survives_the_way_there_and_back)
{
    static const int formats[] = {16, 24, 32, 61, 80, 160, 212, 310, 311};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        const struct vr_wfdb_format *format = vr_wfdb_format_find(formats[i]);
        int64_t step =
            format->bits > 16 ? INT64_C(65521) : 1; /* an odd stride through many codes */
        for (int64_t value = (int64_t)format->min - 1; value <= format->max; value += step) {
            int32_t in[VR_WFDB_PACK_MAX], out[VR_WFDB_PACK_MAX];
            uint8_t bytes[16];
            for (int j = 0; j < format->pack_samples; j++)
                in[j] = value + j < format->min || value + j > format->max ? VR_SAMPLE_INVALID
                                                                           : (int32_t)value + j;
            format->encode(in, 1, bytes);
            format->decode(bytes, 1, out);
            cr_assert_arr_eq(out, in, format->pack_samples * sizeof in[0]);
        }
    }
}

Test(wfdb_format, sizes_count_a_last_pack_that_is_not_full)
{
    static const struct {
        int format;
        int64_t sample_count, size;
    } cases[] = {{16, 0, 0},        {16, 499, 998},  {212, 0, 0},
                 {212, 1, 2},       {212, 2, 3},     {310, 1, 2},
                 {310, 3, 4},       {310, 499, 666}, {311, 1, 2},
                 {311, 2, 3},       {311, 3, 4},     {311, 499, 666},
                 {311, 1019, 1359}, {24, 5, 15},     {32, 5, 20},
                 {8, 7, 7},         {80, 7, 7},      {212, 1300000, 1950000},
                 {160, 7, 14},      {61, 7, 14},     {212, 499, 749}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct vr_wfdb_format *format = vr_wfdb_format_find(cases[i].format);
        cr_assert_eq(
            vr_wfdb_format_size(format, cases[i].sample_count), cases[i].size, "row %zu", i);
        cr_assert_eq(
            vr_wfdb_format_samples(format, cases[i].size), cases[i].sample_count, "row %zu", i);
    }
    cr_assert_eq(
        vr_wfdb_format_samples(vr_wfdb_format_find(212), 4), 2); /* half a sample is none */
    cr_assert_eq(vr_wfdb_format_samples(vr_wfdb_format_find(16), 3), 1);
    cr_assert_eq(vr_wfdb_format_size(vr_wfdb_format_find(310), 2), 4); /* as three take */
}

Test(wfdb_format, every_format_is_listed_and_no_other)
{
    char text[80], cut[4];
    cr_assert_null(vr_wfdb_format_find(99));
    vr_wfdb_format_list(false, text, sizeof text);
    cr_assert_str_eq(text, "0, 8, 16, 24, 32, 61, 80, 160, 212, 310, 311, 508, 516, 524");
    vr_wfdb_format_list(true, text, sizeof text);
    cr_assert_str_eq(text, "8, 16, 24, 32, 61, 80, 160, 212, 310, 311");
    vr_wfdb_format_list(true, cut, sizeof cut);
    cr_assert_str_eq(cut, "8, ");
}
