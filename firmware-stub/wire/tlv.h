/* Optional fields: {type u8, length u8, value}, one after the other.  Readers skip types they do
 * not know. */
#ifndef WIRE_TLV_H
#define WIRE_TLV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_TLV_OVERHEAD 2

struct wire_tlv {
    uint8_t type;
    uint8_t length;
    const uint8_t *value; /* inside the data that was read */
};

/* Read the field at *at and move *at behind it.  Returns false at the end, and when the rest is cut
 * short: then *at < size. */
bool wire_tlv_next(const uint8_t *data, size_t size, size_t *at, struct wire_tlv *ret_tlv);

/* The value of the last field of that type with at least `length_min` bytes, or NULL. */
const uint8_t *wire_tlv_find(const uint8_t *data, size_t size, unsigned type, size_t length_min);

struct wire_tlv_writer {
    uint8_t *buffer;
    size_t capacity;
    size_t size; /* written; > capacity once something did not fit */
};

/* Reserve a field of `length` bytes and return where its value goes, or NULL when it does not fit
 * (over 255 never does). */
uint8_t *wire_tlv_add(struct wire_tlv_writer *writer, unsigned type, size_t length);

/* The same, and copy the value there; it may be NULL when length is 0. */
void wire_tlv_put(struct wire_tlv_writer *writer, unsigned type, const void *value, size_t length);

#endif
