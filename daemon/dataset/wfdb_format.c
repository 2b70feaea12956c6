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

/* Sign-extend the lowest `bits` bits; those above must be 0. */
static int32_t signed_of(uint32_t code, int bits)
{
    uint32_t sign = UINT32_C(1) << (bits - 1);
    return (int32_t)((code ^ sign) - sign);
}

static void decode_8(const uint8_t *bytes, size_t pack_count, int32_t *ret_values)
{
    for (size_t i = 0; i < pack_count; i++)
        ret_values[i] = (int8_t)bytes[i];
}

static void encode_8(const int32_t *values, size_t pack_count, uint8_t *ret_bytes)
{
    for (size_t i = 0; i < pack_count; i++)
        ret_bytes[i] = (uint8_t)values[i];
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

static void decode_24(const uint8_t *bytes, size_t pack_count, int32_t *ret_values)
{
    for (size_t i = 0; i < pack_count; i++, bytes += 3) {
        uint32_t code = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16;
        ret_values[i] = value_of(signed_of(code, 24), -0x800000);
    }
}

static void encode_24(const int32_t *values, size_t pack_count, uint8_t *ret_bytes)
{
    for (size_t i = 0; i < pack_count; i++) {
        uint32_t code = code_of(values[i], -0x800000);
        *ret_bytes++ = (uint8_t)code;
        *ret_bytes++ = (uint8_t)(code >> 8);
        *ret_bytes++ = (uint8_t)(code >> 16);
    }
}

/* The lowest code of 32 bits is VR_SAMPLE_INVALID itself. */
static void decode_32(const uint8_t *bytes, size_t pack_count, int32_t *ret_values)
{
    for (size_t i = 0; i < pack_count; i++, bytes += 4)
        ret_values[i] =
            (int32_t)(bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24);
}

static void encode_32(const int32_t *values, size_t pack_count, uint8_t *ret_bytes)
{
    for (size_t i = 0; i < pack_count; i++)
        for (int shift = 0; shift < 32; shift += 8)
            *ret_bytes++ = (uint8_t)((uint32_t)values[i] >> shift);
}

/* Format 16 with its bytes the other way round. */
static void decode_61(const uint8_t *bytes, size_t pack_count, int32_t *ret_values)
{
    for (size_t i = 0; i < pack_count; i++, bytes += 2)
        ret_values[i] = value_of((int16_t)(bytes[1] | bytes[0] << 8), INT16_MIN);
}

static void encode_61(const int32_t *values, size_t pack_count, uint8_t *ret_bytes)
{
    for (size_t i = 0; i < pack_count; i++) {
        uint32_t code = code_of(values[i], INT16_MIN);
        *ret_bytes++ = (uint8_t)(code >> 8);
        *ret_bytes++ = (uint8_t)code;
    }
}

/* Offset binary: the lowest code is 0. */
static void decode_80(const uint8_t *bytes, size_t pack_count, int32_t *ret_values)
{
    for (size_t i = 0; i < pack_count; i++)
        ret_values[i] = value_of(bytes[i] - 128, -128);
}

static void encode_80(const int32_t *values, size_t pack_count, uint8_t *ret_bytes)
{
    for (size_t i = 0; i < pack_count; i++)
        ret_bytes[i] = (uint8_t)(code_of(values[i], -128) + 128);
}

static void decode_160(const uint8_t *bytes, size_t pack_count, int32_t *ret_values)
{
    for (size_t i = 0; i < pack_count; i++, bytes += 2)
        ret_values[i] = value_of((bytes[0] | bytes[1] << 8) - 32768, -32768);
}

static void encode_160(const int32_t *values, size_t pack_count, uint8_t *ret_bytes)
{
    for (size_t i = 0; i < pack_count; i++) {
        uint32_t code = code_of(values[i], -32768) + 32768;
        *ret_bytes++ = (uint8_t)code;
        *ret_bytes++ = (uint8_t)(code >> 8);
    }
}

/* Two samples in three bytes: the middle one holds the high four bits of both, the first sample's
 * in its low half. */
static void decode_212(const uint8_t *bytes, size_t pack_count, int32_t *ret_values)
{
    for (size_t i = 0; i < pack_count; i++, bytes += 3) {
        uint32_t first = bytes[0] | (bytes[1] & 0x0fU) << 8;
        uint32_t second = bytes[2] | (bytes[1] & 0xf0U) << 4;
        *ret_values++ = value_of(signed_of(first, 12), -2048);
        *ret_values++ = value_of(signed_of(second, 12), -2048);
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

/* Three samples in two little-endian words: bits 1..10 of each hold one, bits 11..15 of both the
 * third, its low half in the first word. */
static void decode_310(const uint8_t *bytes, size_t pack_count, int32_t *ret_values)
{
    for (size_t i = 0; i < pack_count; i++, bytes += 4) {
        uint32_t low = bytes[0] | (uint32_t)bytes[1] << 8;
        uint32_t high = bytes[2] | (uint32_t)bytes[3] << 8;
        *ret_values++ = value_of(signed_of(low >> 1 & 0x3ff, 10), -512);
        *ret_values++ = value_of(signed_of(high >> 1 & 0x3ff, 10), -512);
        *ret_values++ = value_of(signed_of(low >> 11 | high >> 11 << 5, 10), -512);
    }
}

static void encode_310(const int32_t *values, size_t pack_count, uint8_t *ret_bytes)
{
    for (size_t i = 0; i < pack_count; i++, values += 3) {
        uint32_t third = code_of(values[2], -512);
        uint32_t low = (code_of(values[0], -512) << 1 & 0x7fe) | (third & 0x1f) << 11;
        uint32_t high = (code_of(values[1], -512) << 1 & 0x7fe) | (third >> 5 & 0x1f) << 11;
        *ret_bytes++ = (uint8_t)low;
        *ret_bytes++ = (uint8_t)(low >> 8);
        *ret_bytes++ = (uint8_t)high;
        *ret_bytes++ = (uint8_t)(high >> 8);
    }
}

/* Three samples in the low 30 bits of a little-endian word of 32, the first one lowest. */
static void decode_311(const uint8_t *bytes, size_t pack_count, int32_t *ret_values)
{
    for (size_t i = 0; i < pack_count; i++, bytes += 4) {
        uint32_t word = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                        (uint32_t)bytes[3] << 24;
        for (int shift = 0; shift < 30; shift += 10)
            *ret_values++ = value_of(signed_of(word >> shift & 0x3ff, 10), -512);
    }
}

static void encode_311(const int32_t *values, size_t pack_count, uint8_t *ret_bytes)
{
    for (size_t i = 0; i < pack_count; i++) {
        uint32_t word = 0;
        for (int shift = 0; shift < 30; shift += 10)
            word |= (code_of(*values++, -512) & 0x3ff) << shift;
        for (int shift = 0; shift < 32; shift += 8)
            *ret_bytes++ = (uint8_t)(word >> shift);
    }
}

#define PACKED VR_WFDB_CODING_PACKED
#define DIFFERENCES VR_WFDB_CODING_DIFFERENCES
#define FLAC VR_WFDB_CODING_FLAC
#define NONE VR_WFDB_CODING_NONE

static const struct vr_wfdb_format formats[] = {
    {0, NONE, 0, 1, 0, {0}, 0, 0, NULL, NULL},
    {8, DIFFERENCES, 8, 1, 1, {0}, INT32_MIN + 1, INT32_MAX, decode_8, encode_8},
    {16, PACKED, 16, 1, 2, {0}, -32767, 32767, decode_16, encode_16},
    {24, PACKED, 24, 1, 3, {0}, -0x7fffff, 0x7fffff, decode_24, encode_24},
    {32, PACKED, 32, 1, 4, {0}, INT32_MIN + 1, INT32_MAX, decode_32, encode_32},
    {61, PACKED, 16, 1, 2, {0}, -32767, 32767, decode_61, encode_61},
    {80, PACKED, 8, 1, 1, {0}, -127, 127, decode_80, encode_80},
    {160, PACKED, 16, 1, 2, {0}, -32767, 32767, decode_160, encode_160},
    {212, PACKED, 12, 2, 3, {0, 2}, -2047, 2047, decode_212, encode_212},
    {310, PACKED, 10, 3, 4, {0, 2, 4}, -511, 511, decode_310, encode_310},
    {311, PACKED, 10, 3, 4, {0, 2, 3}, -511, 511, decode_311, encode_311},
    {508, FLAC, 8, 1, 0, {0}, -127, 127, NULL, NULL},
    {516, FLAC, 16, 1, 0, {0}, -32767, 32767, NULL, NULL},
    {524, FLAC, 24, 1, 0, {0}, -0x7fffff, 0x7fffff, NULL, NULL},
};

#define FORMAT_COUNT (sizeof formats / sizeof formats[0])

const struct vr_wfdb_format *vr_wfdb_format_find(int format)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (formats[i].format == format)
            return &formats[i];
    return NULL;
}

void vr_wfdb_format_list(bool writable, char *ret_text, size_t size)
{
    size_t used = 0;
    ret_text[0] = '\0';
    for (size_t i = 0; i < FORMAT_COUNT && used < size; i++)
        if (!writable || formats[i].encode)
            used += (size_t)snprintf(
                ret_text + used, size - used, "%s%d", used ? ", " : "", formats[i].format);
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
