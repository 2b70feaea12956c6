/* Type, length, value fields. */
#include "wire/tlv.h"

#include <string.h>

bool wire_tlv_next(const uint8_t *data, size_t size, size_t *at, struct wire_tlv *ret_tlv)
{
    const size_t left = size - *at;
    if (left < WIRE_TLV_OVERHEAD)
        return false;
    const uint8_t *const field = data + *at;
    if (field[1] > left - WIRE_TLV_OVERHEAD)
        return false;
    *ret_tlv = (struct wire_tlv){field[0], field[1], field + WIRE_TLV_OVERHEAD};
    *at += WIRE_TLV_OVERHEAD + (size_t)field[1];
    return true;
}

const uint8_t *wire_tlv_find(const uint8_t *data, size_t size, unsigned type, size_t length_min)
{
    const uint8_t *value = NULL;
    struct wire_tlv tlv;
    size_t at = 0;
    while (wire_tlv_next(data, size, &at, &tlv))
        if (tlv.type == type && tlv.length >= length_min)
            value = tlv.value;
    return value;
}

uint8_t *wire_tlv_add(struct wire_tlv_writer *writer, unsigned type, size_t length)
{
    const size_t at = writer->size;
    if (length > UINT8_MAX || at + WIRE_TLV_OVERHEAD + length > writer->capacity) {
        writer->size = writer->capacity + 1;
        return NULL;
    }
    writer->size = at + WIRE_TLV_OVERHEAD + length;
    writer->buffer[at] = (uint8_t)type;
    writer->buffer[at + 1] = (uint8_t)length;
    return writer->buffer + at + WIRE_TLV_OVERHEAD;
}

void wire_tlv_put(struct wire_tlv_writer *writer, unsigned type, const void *value, size_t length)
{
    uint8_t *const at = wire_tlv_add(writer, type, length);
    if (at && length)
        memcpy(at, value, length);
}
