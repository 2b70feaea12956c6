/* dataset/wfdb_signal: any stretch of any signal of a file, in any format, equals what was put in. */
#include "dataset/wfdb_signal.h"
#include "flac_file.h"
#include "scratch.h"

#include <sys/stat.h>

#include "dataset/dataset.h"
#include "dataset/wfdb_format.h"
#include "dataset/wfdb_steps.h"

static struct vr_wfdb_stream *stream;

static void stop(void)
{
    vr_wfdb_stream_destroy(stream);
    stream = NULL;
    scratch_remove();
}

TestSuite(wfdb_signal, .init = scratch_make, .fini = stop);

/* Three signals of 1, 3 and 1 samples in a frame; in FLAC files all have 2. */
#define SIGNALS 3
static uint32_t own[SIGNALS];
static int64_t frame_samples;
static struct vr_wfdb_signal signals[SIGNALS];

static void describe(int format, int64_t offset)
{
    static const uint32_t packed[] = {1, 3, 1};
    frame_samples = 0;
    for (size_t i = 0; i < SIGNALS; i++) {
        own[i] = format >= 500 ? 2 : packed[i];
        frame_samples += own[i];
        signals[i] = (struct vr_wfdb_signal){
            .line = 2,
            .format = format,
            .samples_per_frame = own[i],
            .byte_offset = offset,
            .initial_value = (int32_t)i * 10};
    }
}

/* Sample n of a signal: a value of every format, with steps that format 8 can hold. */
static int32_t value_of(int format, size_t signal, int64_t n)
{
    int32_t small = (int32_t)(n * 37 % 101) - 50 + (int32_t)signal;
    if (format != 8 && n % 211 == 7)
        return VR_SAMPLE_INVALID;
    return format == 24 || format == 524                                    ? small * 100003
           : format == 32                                                   ? small * 40000003
           : format == 16 || format == 516 || format == 61 || format == 160 ? small * 600
           : format == 212                                                  ? small * 31
                                                                            : small;
}

/* A sample of the stream, by its position. */
static int32_t value_at(int format, int64_t position)
{
    int64_t frame = position / frame_samples, left = position % frame_samples;
    size_t signal = 0;
    for (; left >= own[signal]; signal++)
        left -= own[signal];
    return value_of(format, signal, frame * own[signal] + left);
}

static void put_packs(FILE *file, int number, int64_t count)
{
    const struct vr_wfdb_format *format = vr_wfdb_format_find(number);
    int32_t before[SIGNALS] = {0, 10, 20};
    for (int64_t i = 0; i < count; i += format->pack_samples) {
        int32_t values[VR_WFDB_PACK_MAX] = {0};
        uint8_t bytes[16];
        int64_t in_pack = count - i < format->pack_samples ? count - i : format->pack_samples;
        for (int64_t j = 0; j < in_pack; j++)
            values[j] = value_at(number, i + j);
        if (number == 8) {
            struct vr_wfdb_slots slots = {SIGNALS, frame_samples, own};
            size_t signal = vr_wfdb_slot_at(&slots, i).signal;
            int32_t value = values[0];
            values[0] -= before[signal];
            before[signal] = value;
        }
        format->encode(values, 1, bytes);
        fwrite(bytes, 1, (size_t)vr_wfdb_format_size(format, in_pack), file);
    }
}

/* `count` samples behind `offset` other bytes. */
static void make_file(int format, int64_t offset, int64_t count)
{
    describe(format, offset);
    FILE *file = fopen(scratch_path("f.dat"), "wb");
    cr_assert(file);
    for (int64_t i = 0; i < offset; i++)
        fputc('#', file);
    put_packs(file, format, count);
    cr_assert_eq(fclose(file), 0);
}

static int32_t *flac_values;

static void make_flac(int format, int64_t frames, unsigned block)
{
    int64_t count = frames * 2;
    unsigned bits = (unsigned)vr_wfdb_format_find(format)->bits;
    describe(format, 0);
    flac_values = malloc((size_t)count * SIGNALS * sizeof *flac_values);
    cr_assert(flac_values);
    for (int64_t n = 0; n < count; n++)
        for (size_t i = 0; i < SIGNALS; i++) {
            int32_t value = value_of(format, i, n);
            flac_values[n * SIGNALS + (int64_t)i] =
                value == VR_SAMPLE_INVALID ? -(1 << (bits - 1)) : value;
        }
    flac_file_write(scratch_path("f.dat"), flac_values, (size_t)count, SIGNALS, bits, block);
    free(flac_values);
}

static int open_stream(int64_t frame_count, struct vr_err *err)
{
    int folder_fd;
    struct vr_folder_file file = {.fd = -1};
    vr_wfdb_stream_destroy(stream);
    stream = NULL;
    cr_assert_eq(vr_folder_open(scratch, &folder_fd, err), 0);
    cr_assert_eq(vr_folder_open_file(folder_fd, scratch, "f.dat", &file, err), 0);
    close(folder_fd);
    return vr_wfdb_stream_create(&file, "f.dat", signals, SIGNALS, frame_count, &stream, err);
}

static void check(int format, size_t signal, int64_t first, size_t count)
{
    struct vr_err err = {0};
    int32_t *values = malloc(count * sizeof *values);
    cr_assert(values);
    cr_assert_eq(
        vr_wfdb_stream_read(stream, signal, first, count, values, &err), 0, "%s", err.text);
    for (size_t i = 0; i < count; i++) {
        int32_t expected = value_of(format, signal, first + (int64_t)i);
        cr_assert_eq(
            values[i], expected, "format %d, signal %zu, sample %lld: %d, not %d", format, signal,
            (long long)first + (long long)i, values[i], expected);
    }
    free(values);
}

/* All of it, its end, its start, and stretches forth and back. */
static void check_all(int format, int64_t frames)
{
    for (size_t i = 0; i < SIGNALS; i++) {
        int64_t count = frames * own[i];
        check(format, i, 0, (size_t)count);
        check(format, i, count - 1, 1);
        check(format, i, 1, 1000);
        for (int64_t first = 0; first + 331 < count; first += 997)
            check(format, i, first, 331);
        for (int64_t first = count - 50; first >= 0; first -= 4999)
            check(format, i, first, 50);
        check(format, i, count - 1000, 1000);
    }
}

Test(wfdb_signal, any_stretch_of_any_signal_in_packs_reads_true)
{
    static const int formats[] = {8, 16, 24, 32, 61, 80, 160, 212, 310, 311};
    const int64_t frames = 3 * VR_WFDB_BLOCK_SAMPLES / 5 + 77; /* several blocks, the last odd */
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        struct vr_err err = {0};
        char surplus[32];
        make_file(formats[i], 24, frames * 5);
        cr_assert_eq(open_stream(frames, &err), 0, "%s", err.text);
        cr_assert_eq(vr_wfdb_stream_frames(stream), frames);
        check_all(formats[i], frames);
        vr_wfdb_stream_surplus(stream, surplus, sizeof surplus);
        cr_assert_str_eq(surplus, "");
    }
}

Test(wfdb_signal, any_stretch_of_any_channel_in_flac_reads_true)
{
    static const int formats[] = {508, 516, 524};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        struct vr_err err = {0};
        char surplus[32];
        make_flac(formats[i], 20011, i == 0 ? 192 : 4096);
        cr_assert_eq(open_stream(-1, &err), 0, "%s", err.text);
        cr_assert_eq(vr_wfdb_stream_frames(stream), 20011);
        check_all(formats[i], 20011);
        cr_assert_eq(open_stream(20000, &err), 0, "%s", err.text);
        vr_wfdb_stream_surplus(stream, surplus, sizeof surplus);
        cr_assert_str_eq(surplus, "22 samples");
        cr_assert_eq(open_stream(20012, &err), -VR_ERR_INPUT);
        cr_assert(
            strstr(err.text, "has 40022 samples of each signal, but 20012 frames take 40024"));
    }
}

/* The sums that are kept are fewer than the blocks: 3 blocks to each here. */
Test(wfdb_signal, differences_are_summed_from_any_block_on)
{
    enum { blocks = 7, samples = 5 };
    static uint32_t one[] = {1};
    const struct vr_wfdb_slots slots = {1, 1, one};
    struct vr_wfdb_steps steps;
    int32_t initial = 100, values[samples];
    cr_assert_eq(vr_wfdb_steps_init(&steps, &slots, &initial, 2 * VR_WFDB_STEPS_KEPT + 5), 0);
    cr_assert_eq(steps.stride, 3);
    static const int64_t wanted[] = {6, 2, 0, 5, 3, 4, 6, 1};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        int64_t block = vr_wfdb_steps_seek(&steps, wanted[i]);
        cr_assert_leq(block, wanted[i]);
        for (; block <= wanted[i]; block++) {
            for (int j = 0; j < samples; j++)
                values[j] = 1; /* so sample n is 101 + n */
            vr_wfdb_steps_sum(&steps, block * samples, samples, values);
        }
        cr_assert_eq(values[0], 101 + wanted[i] * samples);
    }
    cr_assert_leq(steps.kept_count, 3); /* before blocks 0, 3 and 6 */
    cr_assert_eq(vr_wfdb_steps_seek(&steps, 4), 3);
    vr_wfdb_steps_finish(&steps);
}

static uint16_t expected_sum(int format, size_t signal, int64_t count)
{
    uint16_t sum = 0;
    int32_t invalid_code = vr_wfdb_format_find(format)->min - 1;
    for (int64_t i = 0; i < count; i++) {
        int32_t value = value_of(format, signal, i);
        sum = (uint16_t)(sum + (uint32_t)(value == VR_SAMPLE_INVALID ? invalid_code : value));
    }
    return sum;
}

static void check_survey(int format, int64_t frames)
{
    struct vr_err err = {0};
    struct vr_digest digest;
    uint16_t sums[SIGNALS];
    char hex[VR_DIGEST_HEX_SIZE], expected_hex[VR_DIGEST_HEX_SIZE];
    cr_assert_eq(open_stream(frames, &err), 0, "%s", err.text);
    vr_digest_init(&digest);
    cr_assert_eq(vr_wfdb_stream_survey(stream, &digest, sums, &err), 0, "%s", err.text);
    vr_digest_finish(&digest, hex);
    cr_assert_eq(vr_digest_file(scratch_path("f.dat"), expected_hex, NULL), 0);
    cr_assert_str_eq(hex, expected_hex);
    for (size_t i = 0; i < SIGNALS; i++)
        cr_assert_eq(sums[i], expected_sum(format, i, frames * own[i]), "format %d", format);
    check_all(format, frames); /* after the pass as before it */
}

Test(wfdb_signal, a_survey_sums_signals_and_digests_what_it_read)
{
    static const int formats[] = {8, 32, 212, 310};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        make_file(formats[i], 10, 5 * 10007);
        check_survey(formats[i], 10007);
    }
    make_flac(516, 10007, 1152);
    check_survey(516, 10007);
}

Test(wfdb_signal, signals_without_a_file_are_invalid_for_any_time)
{
    struct vr_err err = {0};
    uint16_t sums[SIGNALS] = {1, 1, 1};
    int32_t values[3] = {0};
    struct vr_folder_file none = {.fd = -1};
    describe(0, 0);
    cr_assert_eq(vr_wfdb_stream_create(&none, "~", signals, SIGNALS, -1, &stream, &err), 0);
    cr_assert_eq(vr_wfdb_stream_frames(stream), -1);
    cr_assert_eq(vr_wfdb_stream_read(stream, 1, INT64_C(1) << 50, 3, values, &err), 0);
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(values[i], VR_SAMPLE_INVALID);
    cr_assert_eq(vr_wfdb_stream_survey(stream, NULL, sums, &err), 0);
    cr_assert(sums[0] == 0 && sums[2] == 0);
}

Test(wfdb_signal, a_file_that_is_too_short_is_refused_with_both_sizes)
{
    struct vr_err err = {0};
    make_file(212, 0, 999);
    cr_assert_eq(open_stream(200, &err), -VR_ERR_INPUT);
    cr_assert(
        strstr(
            err.text,
            "f.dat: has 1499 bytes, but 1000 samples of format 212 from byte 0 on take 1500"),
        "%s", err.text);
    describe(16, 5000);
    cr_assert_eq(open_stream(1, &err), -VR_ERR_INPUT);
    describe(16, 0);
    cr_assert_eq(open_stream(INT64_C(1) << 57, &err), -VR_ERR_INPUT);
    cr_assert(strstr(err.text, "split the record"), "%s", err.text);
}

Test(wfdb_signal, without_a_length_the_file_decides)
{
    struct vr_err err = {0};
    char surplus[32];
    make_file(212, 7, 999);
    cr_assert_eq(open_stream(-1, &err), 0, "%s", err.text);
    cr_assert_eq(vr_wfdb_stream_frames(stream), 199);
    describe(212, 5000); /* behind the end */
    cr_assert_eq(open_stream(-1, &err), -VR_ERR_INPUT);
    describe(212, 1);
    cr_assert_eq(open_stream(198, &err), 0);
    vr_wfdb_stream_surplus(stream, surplus, sizeof surplus);
    cr_assert_str_eq(surplus, "20 bytes"); /* 1506 - 1 - 1485 */
}

static void flip_byte(int64_t offset)
{
    FILE *file = fopen(scratch_path("f.dat"), "r+b");
    fseek(file, (long)offset, SEEK_SET);
    int byte = fgetc(file);
    fseek(file, (long)offset, SEEK_SET);
    fputc(byte ^ 0x10, file);
    cr_assert_eq(fclose(file), 0);
}

static void survey_refuses(const char *words)
{
    struct vr_err err = {0};
    struct vr_digest digest;
    uint16_t sums[SIGNALS];
    vr_digest_init(&digest);
    int r = open_stream(20000, &err);
    if (r == 0)
        r = vr_wfdb_stream_survey(stream, &digest, sums, &err);
    cr_assert_eq(r, -VR_ERR_INPUT, "accepted, not: %s", words);
    cr_assert(strstr(err.text, words), "%s", err.text);
}

Test(wfdb_signal, a_damaged_flac_stream_is_refused)
{
    struct stat info;
    make_flac(516, 20000, 4096);
    cr_assert_eq(stat(scratch_path("f.dat"), &info), 0);
    flip_byte(info.st_size / 2);
    survey_refuses("the FLAC stream is damaged");
    flip_byte(info.st_size / 2);
    flip_byte(8 + 18 + 3); /* in the MD5 of its head */
    survey_refuses("samples differ from the digest in the stream's head");
    flip_byte(8 + 18 + 3);
    cr_assert_eq(truncate(scratch_path("f.dat"), info.st_size / 2), 0);
    survey_refuses("the FLAC stream is damaged");
    flip_byte(0);
    survey_refuses("no FLAC stream begins here");
    make_flac(524, 20000, 4096);
    describe(516, 0);
    survey_refuses(
        "the FLAC stream has 3 channels of 24 bits, but the header tells of 3 signals of "
        "16 bits in it");
    describe(524, 0);
    signals[1].samples_per_frame = 3;
    survey_refuses("must have the same number of samples in a frame");
}

Test(wfdb_signal, a_file_cut_while_open_is_an_error)
{
    struct vr_err err = {0};
    int32_t values[10];
    make_file(16, 0, 5 * VR_WFDB_BLOCK_SAMPLES);
    cr_assert_eq(open_stream(-1, &err), 0);
    cr_assert_eq(vr_wfdb_stream_read(stream, 0, 0, 10, values, &err), 0);
    cr_assert_eq(truncate(scratch_path("f.dat"), VR_WFDB_BLOCK_SAMPLES), 0);
    cr_assert_eq(
        vr_wfdb_stream_read(stream, 0, VR_WFDB_BLOCK_SAMPLES - 10, 10, values, &err), -VR_ERR_IO);
    cr_assert(strstr(err.text, "f.dat: changed while it was read"), "%s", err.text);
    make_flac(516, 20000, 4096);
    cr_assert_eq(open_stream(-1, &err), 0);
    cr_assert_eq(truncate(scratch_path("f.dat"), 3000), 0);
    cr_assert_eq(vr_wfdb_stream_read(stream, 0, 39000, 10, values, &err), -VR_ERR_IO);
    cr_assert(strstr(err.text, "f.dat: changed while it was read"), "%s", err.text);
}
