/* Decoders map the format's lowest code to VR_SAMPLE_INVALID, so that nothing above knows of it. */
#include "dataset/wfdb_format.h"

#include <stdio.h>

#include "dataset/dataset.h"

static int32_t value_of(int32_t code, int32_t invalid_code)
{
    return code == invalid_code ? VR_SAMPLE_INVALID : code;
}

static uint32_t code_of(int32_t value, int32_t invalid_code)
{
    return (uint32_t)(value == VR_SAMPLE_INVALID ? invalid_code : value);
}

static void decode_16(const uint8_t *bytes, size_t pack_count, int32_t *ret_values)
{
    for (size_t i = 0; i < pack_count; i++, bytes += 2)
        ret_values[i] = value_of((int16_t)(bytes[0] | bytes[1] << 8), INT16_MIN);
}

static void encode_16(const int32_t *values, size_t pack_count, uint8_t *ret_bytes)
{
    for (size_t i = 0; i < pack_count; i++) {
        uint32_t code = code_of(values[i], INT16_MIN);
        *ret_bytes++ = (uint8_t)code;
        *ret_bytes++ = (uint8_t)(code >> 8);
    }
}

/* Sign-extend 12 bits. */
static int32_t signed_12(int32_t bits)
{
    return (bits ^ 0x800) - 0x800;
}

/* Two samples in three bytes: the middle one holds the high four bits of both, the first sample's
 * in its low half. */
static void decode_212(const uint8_t *bytes, size_t pack_count, int32_t *ret_values)
{
    for (size_t i = 0; i < pack_count; i++, bytes += 3) {
        *ret_values++ = value_of(signed_12(bytes[0] | (bytes[1] & 0x0f) << 8), -2048);
        *ret_values++ = value_of(signed_12(bytes[2] | (bytes[1] & 0xf0) << 4), -2048);
    }
}

static void encode_212(const int32_t *values, size_t pack_count, uint8_t *ret_bytes)
{
    for (size_t i = 0; i < pack_count; i++) {
        uint32_t first = code_of(*values++, -2048), second = code_of(*values++, -2048);
        *ret_bytes++ = (uint8_t)first;
        *ret_bytes++ = (uint8_t)((first >> 8 & 0x0f) | (second >> 4 & 0xf0));
        *ret_bytes++ = (uint8_t)second;
    }
}

static const struct vr_wfdb_format formats[] = {
    {16, 16, 1, 2, {0}, -32767, 32767, decode_16, encode_16},
    {212, 12, 2, 3, {0, 2}, -2047, 2047, decode_212, encode_212},
};

#define FORMAT_COUNT (sizeof formats / sizeof formats[0])

const struct vr_wfdb_format *vr_wfdb_format_find(int format)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (formats[i].format == format)
            return &formats[i];
    return NULL;
}

void vr_wfdb_format_list(char *ret_text, size_t size)
{
    size_t used = 0;
    ret_text[0] = '\0';
    for (size_t i = 0; i < FORMAT_COUNT && used < size; i++)
        used += (size_t)snprintf(
            ret_text + used, size - used, "%s%d", i ? ", " : "", formats[i].format);
}

int64_t vr_wfdb_format_size(const struct vr_wfdb_format *format, int64_t sample_count)
{
    return sample_count / format->pack_samples * format->pack_bytes +
           format->rest_bytes[sample_count % format->pack_samples];
}

int64_t vr_wfdb_format_samples(const struct vr_wfdb_format *format, int64_t size)
{
    int64_t sample_count = size / format->pack_bytes * format->pack_samples;
    int rest = format->pack_samples - 1;
    while (rest > 0 && format->rest_bytes[rest] > size % format->pack_bytes)
        rest--;
    return sample_count + rest;
}
