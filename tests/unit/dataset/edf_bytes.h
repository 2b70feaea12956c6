/* EDF files made in memory, field by field, so that a test can put in them what no writer would. */
#ifndef VR_TESTS_DATASET_EDF_BYTES_H
#define VR_TESTS_DATASET_EDF_BYTES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct edf_bytes_signal {
    const char *label, *unit, *physical_min, *physical_max, *digital_min, *digital_max, *samples;
};

struct edf_bytes {
    uint8_t bytes[65536];
    size_t size;
};

static inline void edf_bytes_put(struct edf_bytes *edf, const char *text, size_t width)
{
    memset(edf->bytes + edf->size, ' ', width);
    memcpy(edf->bytes + edf->size, text, strlen(text) < width ? strlen(text) : width);
    edf->size += width;
}

static inline void edf_bytes_add(struct edf_bytes *edf, const void *bytes, size_t size)
{
    memcpy(edf->bytes + edf->size, bytes, size);
    edf->size += size;
}

/* Begin with a header.  `reserved` "EDF+C", "" ...; `records` and `duration` as text. */
static inline void edf_bytes_header(
    struct edf_bytes *edf, const char *version, const char *reserved, const char *records,
    const char *duration, const struct edf_bytes_signal *signals, size_t count)
{
    char text[16];
    edf->size = 0;
    edf_bytes_put(edf, version, 8);
    edf_bytes_put(edf, "MCH-0234567 F 02-MAY-1951 Haagse_Harry", 80);
    edf_bytes_put(edf, "Startdate 02-MAR-2002 PSG-1234/2002 NN Telemetry03", 80);
    edf_bytes_put(edf, "02.03.02", 8);
    edf_bytes_put(edf, "14.27.00", 8);
    snprintf(text, sizeof text, "%zu", 256 * (count + 1));
    edf_bytes_put(edf, text, 8);
    edf_bytes_put(edf, reserved, 44);
    edf_bytes_put(edf, records, 8);
    edf_bytes_put(edf, duration, 8);
    snprintf(text, sizeof text, "%zu", count);
    edf_bytes_put(edf, text, 4);
    for (size_t i = 0; i < count; i++)
        edf_bytes_put(edf, signals[i].label, 16);
    for (size_t i = 0; i < count; i++)
        edf_bytes_put(edf, "AgAgCl electrodes", 80);
    for (size_t i = 0; i < count; i++)
        edf_bytes_put(edf, signals[i].unit, 8);
    for (size_t i = 0; i < count; i++)
        edf_bytes_put(edf, signals[i].physical_min, 8);
    for (size_t i = 0; i < count; i++)
        edf_bytes_put(edf, signals[i].physical_max, 8);
    for (size_t i = 0; i < count; i++)
        edf_bytes_put(edf, signals[i].digital_min, 8);
    for (size_t i = 0; i < count; i++)
        edf_bytes_put(edf, signals[i].digital_max, 8);
    for (size_t i = 0; i < count; i++)
        edf_bytes_put(edf, "HP:0.1Hz LP:75Hz", 80);
    for (size_t i = 0; i < count; i++)
        edf_bytes_put(edf, signals[i].samples, 8);
    for (size_t i = 0; i < count; i++)
        edf_bytes_put(edf, "", 32);
}

static inline void edf_bytes_samples(struct edf_bytes *edf, const int16_t *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        edf->bytes[edf->size++] = (uint8_t)values[i];
        edf->bytes[edf->size++] = (uint8_t)((uint16_t)values[i] >> 8);
    }
}

/* Annotation lists, `text_size` bytes of them, in the room of a signal's `samples`. */
static inline void edf_bytes_lists(
    struct edf_bytes *edf, const char *text, size_t text_size, size_t samples)
{
    memset(edf->bytes + edf->size, 0, 2 * samples);
    memcpy(edf->bytes + edf->size, text, text_size);
    edf->size += 2 * samples;
}

/* Overwrite a field of the header. */
static inline void edf_bytes_set(
    struct edf_bytes *edf, size_t offset, size_t width, const char *text)
{
    size_t size = edf->size;
    edf->size = offset;
    edf_bytes_put(edf, text, width);
    edf->size = size;
}

#endif
