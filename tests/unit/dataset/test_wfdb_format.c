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

Test(wfdb_format, every_code_survives_the_way_there_and_back)
{
    static const int formats[] = {16, 212};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        const struct vr_wfdb_format *format = vr_wfdb_format_find(formats[i]);
        for (int32_t value = format->min - 1; value <= format->max; value++) {
            int32_t in[VR_WFDB_PACK_MAX], out[VR_WFDB_PACK_MAX];
            uint8_t bytes[16];
            for (int j = 0; j < format->pack_samples; j++)
                in[j] = value + j < format->min || value + j > format->max ? VR_SAMPLE_INVALID
                                                                           : value + j;
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
    } cases[] = {{16, 0, 0},      {16, 499, 998},         {212, 0, 0}, {212, 1, 2}, {212, 2, 3},
                 {212, 499, 749}, {212, 1300000, 1950000}};
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
}

Test(wfdb_format, the_others_are_not_there_yet)
{
    char text[64], cut[4];
    cr_assert_null(vr_wfdb_format_find(8));
    vr_wfdb_format_list(text, sizeof text);
    cr_assert_str_eq(text, "16, 212");
    vr_wfdb_format_list(cut, sizeof cut);
    cr_assert_str_eq(cut, "16,");
}
