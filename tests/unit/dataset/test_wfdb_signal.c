/* dataset/wfdb_signal: any stretch of any track of a file equals what a plain pass over it gives. */
#include "dataset/wfdb_signal.h"
#include "scratch.h"

#include <fcntl.h>

#include "dataset/dataset.h"

static struct vr_wfdb_stream *stream;

static void stop(void)
{
    vr_wfdb_stream_destroy(stream);
    stream = NULL;
    scratch_remove();
}

TestSuite(wfdb_signal, .init = scratch_make, .fini = stop);

static int32_t value_at(int64_t position)
{
    return (int32_t)(position * 37 % 4001) - 2000;
}

/* A file of `count` samples behind `offset` other bytes. */
static void make_file(int format_number, int64_t offset, int64_t count)
{
    const struct vr_wfdb_format *format = vr_wfdb_format_find(format_number);
    FILE *file = fopen(scratch_path("f.dat"), "wb");
    cr_assert(file);
    for (int64_t i = 0; i < offset; i++)
        fputc('#', file);
    for (int64_t i = 0; i < count; i += format->pack_samples) {
        int32_t values[VR_WFDB_PACK_MAX] = {0};
        uint8_t bytes[16];
        int64_t in_pack = count - i < format->pack_samples ? count - i : format->pack_samples;
        for (int64_t j = 0; j < in_pack; j++)
            values[j] = value_at(i + j);
        format->encode(values, 1, bytes);
        fwrite(bytes, 1, (size_t)vr_wfdb_format_size(format, in_pack), file);
    }
    cr_assert_eq(fclose(file), 0);
}

static int open_stream(int format, int64_t offset, int64_t count, struct vr_err *err)
{
    int folder_fd;
    struct vr_folder_file file = {.fd = -1};
    cr_assert_eq(vr_folder_open(scratch, &folder_fd, err), 0);
    cr_assert_eq(vr_folder_open_file(folder_fd, scratch, "f.dat", &file, err), 0);
    close(folder_fd);
    return vr_wfdb_stream_create(
        &file, "f.dat", vr_wfdb_format_find(format), offset, count, &stream, err);
}

static void check_track(const struct vr_wfdb_track *track, int64_t first, size_t count)
{
    struct vr_err err = {0};
    int32_t *values = malloc(count * sizeof *values);
    cr_assert(values);
    cr_assert_eq(vr_wfdb_stream_read(stream, track, first, count, values, &err), 0, "%s", err.text);
    for (size_t i = 0; i < count; i++) {
        int64_t sample = first + (int64_t)i;
        int64_t position =
            (track->frame_first + sample / track->samples_per_frame) * track->frame_samples +
            track->slot + sample % track->samples_per_frame;
        cr_assert_eq(
            values[i], value_at(position), "sample %lld: %d", (long long)sample, values[i]);
    }
    free(values);
}

Test(wfdb_signal, any_stretch_of_any_track_reads_true)
{
    static const int formats[] = {16, 212};
    const int64_t frames =
        3 * VR_WFDB_BLOCK_SAMPLES / 5 + 77; /* over several blocks, the last odd */
    static const struct vr_wfdb_track tracks[] = {
        {.frame_samples = 5, .slot = 0, .samples_per_frame = 1},
        {.frame_samples = 5, .slot = 1, .samples_per_frame = 3},
        {.frame_samples = 5, .slot = 4, .samples_per_frame = 1, .frame_first = 7},
    };
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        struct vr_err err = {0};
        make_file(formats[i], 24, frames * 5);
        cr_assert_eq(open_stream(formats[i], 24, frames * 5, &err), 0, "%s", err.text);
        for (size_t j = 0; j < sizeof tracks / sizeof tracks[0]; j++) {
            int64_t samples = (frames - tracks[j].frame_first) * tracks[j].samples_per_frame;
            check_track(&tracks[j], 0, (size_t)samples);
            check_track(&tracks[j], samples - 1, 1);
            check_track(&tracks[j], 1, 1000);
            for (int64_t first = 0; first + 331 < samples; first += 997)
                check_track(&tracks[j], first, 331);
            check_track(&tracks[j], samples - 1000, 1000);
        }
        cr_assert_eq(vr_wfdb_stream_surplus(stream), 0);
        vr_wfdb_stream_destroy(stream);
        stream = NULL;
    }
}

Test(wfdb_signal, a_survey_sums_slots_and_digests_what_it_read)
{
    struct vr_err err = {0};
    struct vr_digest digest;
    uint16_t sums[3], expected[3] = {0};
    char hex[VR_DIGEST_HEX_SIZE], expected_hex[VR_DIGEST_HEX_SIZE];
    const int64_t count = 3 * 10007;
    make_file(212, 10, count);
    cr_assert_eq(open_stream(212, 10, count, &err), 0, "%s", err.text);
    vr_digest_init(&digest);
    cr_assert_eq(vr_wfdb_stream_survey(stream, 3, &digest, sums, &err), 0, "%s", err.text);
    vr_digest_finish(&digest, hex);
    cr_assert_eq(vr_digest_file(scratch_path("f.dat"), expected_hex, NULL), 0);
    cr_assert_str_eq(hex, expected_hex);
    for (int64_t i = 0; i < count; i++)
        expected[i % 3] = (uint16_t)(expected[i % 3] + (uint32_t)value_at(i));
    cr_assert_arr_eq(sums, expected, sizeof sums);
}

Test(wfdb_signal, a_file_that_is_too_short_is_refused_with_both_sizes)
{
    struct vr_err err = {0};
    make_file(212, 0, 999);
    cr_assert_eq(open_stream(212, 0, 1000, &err), -VR_ERR_INPUT);
    cr_assert(
        strstr(
            err.text,
            "f.dat: has 1499 bytes, but 1000 samples of format 212 from byte 0 on take 1500"),
        "%s", err.text);
    cr_assert_eq(open_stream(16, 5000, 1, &err), -VR_ERR_INPUT);
    cr_assert_eq(open_stream(16, 0, INT64_C(1) << 60, &err), -VR_ERR_INPUT);
    cr_assert(strstr(err.text, "split the record"), "%s", err.text);
}

Test(wfdb_signal, without_a_length_the_file_decides)
{
    struct vr_err err = {0};
    make_file(212, 7, 999);
    cr_assert_eq(open_stream(212, 7, -1, &err), 0, "%s", err.text);
    cr_assert_eq(stream->sample_count, 999);
    vr_wfdb_stream_destroy(stream);
    cr_assert_eq(open_stream(212, 5000, -1, &err), -VR_ERR_INPUT); /* behind the end */
    cr_assert_eq(open_stream(212, 1, 990, &err), 0);
    cr_assert_eq(vr_wfdb_stream_surplus(stream), 1506 - 1 - 1485);
}

Test(wfdb_signal, a_file_cut_while_open_is_an_error)
{
    struct vr_err err = {0};
    int32_t values[10];
    static const struct vr_wfdb_track track = {.frame_samples = 1, .samples_per_frame = 1};
    make_file(16, 0, 3 * VR_WFDB_BLOCK_SAMPLES);
    cr_assert_eq(open_stream(16, 0, -1, &err), 0);
    cr_assert_eq(vr_wfdb_stream_read(stream, &track, 0, 10, values, &err), 0);
    cr_assert_eq(truncate(scratch_path("f.dat"), VR_WFDB_BLOCK_SAMPLES), 0);
    cr_assert_eq(
        vr_wfdb_stream_read(stream, &track, 2 * VR_WFDB_BLOCK_SAMPLES, 10, values, &err),
        -VR_ERR_IO);
    cr_assert(strstr(err.text, "f.dat: changed while it was read"), "%s", err.text);
}
