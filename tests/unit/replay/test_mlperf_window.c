/* Cutting a stream into windows, and elements. */
#include <criterion/criterion.h>
#include <string.h>

#include "replay/mlperf_window.h"
#include "wire/protocol.h"

static struct vr_rig_mlperf shape(uint32_t window, uint32_t hop, enum vr_rig_format format)
{
    return (struct vr_rig_mlperf){
        .window_samples = window, .hop_samples = hop, .format = format, .scale = 1};
}

Test(mlperf_window, only_whole_windows_are_of_use)
{
    struct vr_rig_mlperf apart = shape(100, 100, VR_RIG_FORMAT_INT16);
    cr_expect_eq(vr_mlperf_window_usable(&apart, 99), 0);
    cr_expect_eq(vr_mlperf_window_usable(&apart, 100), 100);
    cr_expect_eq(vr_mlperf_window_usable(&apart, 199), 100);
    cr_expect_eq(vr_mlperf_window_usable(&apart, 200), 200);
    struct vr_rig_mlperf overlapping = shape(100, 30, VR_RIG_FORMAT_INT16);
    cr_expect_eq(vr_mlperf_window_usable(&overlapping, 129), 100);
    cr_expect_eq(vr_mlperf_window_usable(&overlapping, 130), 130);
    for (int64_t i = 0; i < 1000; i++) {
        int64_t usable = vr_mlperf_window_usable(&overlapping, i);
        cr_assert(usable <= i && i - usable < (usable ? 30 : 100));
        cr_assert_eq(vr_mlperf_window_usable(&overlapping, usable), usable);
    }
}

static void encode(
    struct vr_rig_mlperf *of, const int16_t *samples, const uint8_t *wanted, size_t size)
{
    struct vr_mlperf_window window;
    struct vr_err err = {0};
    cr_assert_eq(vr_mlperf_window_init(&window, of, 1, &err), 0);
    cr_assert_eq(window.byte_count, size);
    vr_mlperf_window_add(&window, samples, of->window_samples);
    cr_assert_eq(vr_mlperf_window_encode(&window, &err), 0, "%s", err.text);
    cr_expect_arr_eq(window.bytes, wanted, size);
    vr_mlperf_window_finish(&window);
}

Test(mlperf_window, elements_are_little_endian)
{
    const int16_t samples[] = {1, -2};
    struct vr_rig_mlperf of = shape(2, 2, VR_RIG_FORMAT_INT16);
    encode(&of, samples, (const uint8_t[]){1, 0, 0xfe, 0xff}, 4);
    of.format = VR_RIG_FORMAT_INT8;
    encode(&of, samples, (const uint8_t[]){1, 0xfe}, 2);
    of.format = VR_RIG_FORMAT_UINT8;
    of.offset = 128;
    encode(&of, samples, (const uint8_t[]){129, 126}, 2);
    of.format = VR_RIG_FORMAT_FLOAT32;
    of.offset = 0;
    of.scale = 0.25;
    encode(&of, samples, (const uint8_t[]){0, 0, 0x80, 0x3e, 0, 0, 0, 0xbf}, 8);
}

Test(mlperf_window, halves_are_rounded_away_from_zero)
{
    const int16_t samples[] = {1, -1, 3};
    struct vr_rig_mlperf of = shape(3, 3, VR_RIG_FORMAT_INT8);
    of.scale = 0.5;
    encode(&of, samples, (const uint8_t[]){1, 0xff, 2}, 3);
}

static void expect_refused(struct vr_rig_mlperf *of, int16_t sample, const char *words)
{
    struct vr_mlperf_window window;
    struct vr_err err = {0};
    const int16_t samples[] = {0, sample};
    cr_assert_eq(vr_mlperf_window_init(&window, of, 1, &err), 0);
    window.first = 40;
    vr_mlperf_window_add(&window, samples, 2);
    cr_expect_eq(vr_mlperf_window_encode(&window, &err), -VR_ERR_INPUT);
    cr_expect(strstr(err.text, "sample 41"), "%s", err.text);
    cr_expect(strstr(err.text, words), "%s", err.text);
    vr_mlperf_window_finish(&window);
}

Test(mlperf_window, nothing_is_clipped)
{
    struct vr_rig_mlperf of = shape(2, 2, VR_RIG_FORMAT_INT8);
    expect_refused(&of, 128, "no int8");
    expect_refused(&of, -129, "no int8");
    expect_refused(&of, WIRE_SAMPLE_INVALID, "no value");
    of.format = VR_RIG_FORMAT_UINT8;
    expect_refused(&of, -1, "no uint8");
    of.format = VR_RIG_FORMAT_INT16;
    of.scale = 2;
    expect_refused(&of, 20000, "no int16");
}

Test(mlperf_window, windows_overlap_as_the_hop_says)
{
    const int16_t samples[] = {0, 0, 1, 1, 2, 2, 3, 3}; /* two channels */
    struct vr_rig_mlperf of = shape(3, 1, VR_RIG_FORMAT_INT8);
    struct vr_mlperf_window window;
    struct vr_err err = {0};
    cr_assert_eq(vr_mlperf_window_init(&window, &of, 2, &err), 0);
    cr_expect_eq(vr_mlperf_window_sample_size(&window), 2);
    vr_mlperf_window_add(&window, samples, 2);
    cr_expect_eq(vr_mlperf_window_room(&window), 1);
    vr_mlperf_window_add(&window, samples + 4, 1);
    vr_mlperf_window_advance(&window);
    cr_expect_eq(window.first, 1);
    cr_expect_eq(vr_mlperf_window_room(&window), 1);
    vr_mlperf_window_add(&window, samples + 6, 1);
    cr_assert_eq(vr_mlperf_window_encode(&window, &err), 0);
    cr_expect_arr_eq(window.bytes, ((const uint8_t[]){1, 1, 2, 2, 3, 3}), 6);
    vr_mlperf_window_finish(&window);
}
