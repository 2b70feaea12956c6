/* FLAC streams as WFDB records have them, for tests: nothing in the project writes them. */
#ifndef VR_TESTS_DATASET_FLAC_FILE_H
#define VR_TESTS_DATASET_FLAC_FILE_H

#include <FLAC/stream_encoder.h>
#include <criterion/criterion.h>
#include <stdint.h>

/* `count` samples of each channel, interleaved. */
static inline void flac_file_write(
    const char *path, const int32_t *values, size_t count, unsigned channels, unsigned bits,
    unsigned block)
{
    FLAC__StreamEncoder *encoder = FLAC__stream_encoder_new();
    cr_assert(encoder);
    FLAC__stream_encoder_set_channels(encoder, channels);
    FLAC__stream_encoder_set_bits_per_sample(encoder, bits);
    FLAC__stream_encoder_set_sample_rate(encoder, 96000);
    FLAC__stream_encoder_set_blocksize(encoder, block);
    cr_assert_eq(
        FLAC__stream_encoder_init_file(encoder, path, NULL, NULL),
        FLAC__STREAM_ENCODER_INIT_STATUS_OK);
    cr_assert(FLAC__stream_encoder_process_interleaved(encoder, values, (unsigned)count));
    cr_assert(FLAC__stream_encoder_finish(encoder));
    FLAC__stream_encoder_delete(encoder);
}

#endif
