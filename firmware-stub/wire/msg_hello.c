/* HELLO and HELLO_R: the one payload that is all optional fields. */
#include <string.h>

#include "wire/bytes.h"
#include "wire/msg.h"
#include "wire/tlv.h"

enum { PROTOCOL_SIZE = 2, CLOCK_SIZE = 5, LIMITS_SIZE = 9, ALGORITHM_HEAD = 4 };

/* Where the texts are: they are all handled alike. */
static const struct {
    uint8_t type;
    uint8_t offset;
} texts[] = {
    {WIRE_HELLO_NAME, offsetof(struct wire_hello, name)},
    {WIRE_HELLO_VERSION, offsetof(struct wire_hello, version)},
    {WIRE_HELLO_GIT, offsetof(struct wire_hello, git)},
    {WIRE_HELLO_BUILD, offsetof(struct wire_hello, build)},
    {WIRE_HELLO_CPU, offsetof(struct wire_hello, cpu)},
    {WIRE_HELLO_REFUSAL, offsetof(struct wire_hello, refusal)},
};

static bool has(const struct wire_hello *message, unsigned type)
{
    return message->present & WIRE_HELLO_BIT(type);
}

static void add_u32(
    struct wire_tlv_writer *writer, const struct wire_hello *message, unsigned type,
    uint32_t number)
{
    uint8_t *const value = has(message, type) ? wire_tlv_add(writer, type, 4) : NULL;
    if (value)
        wire_put_u32(value, number);
}

static void add_limits(struct wire_tlv_writer *writer, const struct wire_hello *message)
{
    uint8_t *const value = wire_tlv_add(writer, WIRE_HELLO_LIMITS, LIMITS_SIZE);
    if (!value)
        return;
    wire_put_u16(value, message->payload_max);
    wire_put_u16(value + 2, message->output_window);
    value[4] = message->stream_max;
    wire_put_u32(value + 5, message->ring_size);
}

static void add_clock(struct wire_tlv_writer *writer, const struct wire_hello *message)
{
    uint8_t *const value = wire_tlv_add(writer, WIRE_HELLO_CLOCK, CLOCK_SIZE);
    if (!value)
        return;
    wire_put_u32(value, message->clock_hz);
    value[4] = message->clock_source;
}

static void add_algorithm(struct wire_tlv_writer *writer, const struct wire_algorithm *algorithm)
{
    const size_t size = ALGORITHM_HEAD + algorithm->name.size;
    uint8_t *const value = wire_tlv_add(writer, WIRE_HELLO_ALGORITHM, size);
    if (!value)
        return;
    value[0] = algorithm->id;
    wire_put_u16(value + 1, algorithm->version);
    value[3] = algorithm->stream_count;
    memcpy(value + ALGORITHM_HEAD, algorithm->name.data, algorithm->name.size);
}

size_t wire_hello_pack(const struct wire_hello *message, uint8_t *buffer, size_t capacity)
{
    struct wire_tlv_writer writer = {buffer, capacity, 0};

    if (message->algorithm_count > WIRE_ALGORITHMS_MAX)
        return 0;
    if (has(message, WIRE_HELLO_PROTOCOL)) {
        const uint8_t version[] = {message->protocol_major, message->protocol_minor};
        wire_tlv_put(&writer, WIRE_HELLO_PROTOCOL, version, sizeof version);
    }
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct wire_text *const text =
            (const void *)((const char *)message + texts[i].offset);
        if (has(message, texts[i].type))
            wire_tlv_put(&writer, texts[i].type, text->data, text->size);
    }
    if (has(message, WIRE_HELLO_DEVICE_ID))
        wire_tlv_put(
            &writer, WIRE_HELLO_DEVICE_ID, message->device_id.data, message->device_id.size);
    if (has(message, WIRE_HELLO_CLOCK))
        add_clock(&writer, message);
    if (has(message, WIRE_HELLO_LIMITS))
        add_limits(&writer, message);
    for (unsigned i = 0; has(message, WIRE_HELLO_ALGORITHM) && i < message->algorithm_count; i++)
        add_algorithm(&writer, &message->algorithms[i]);
    if (has(message, WIRE_HELLO_SELF_TEST))
        wire_tlv_put(&writer, WIRE_HELLO_SELF_TEST, &message->self_test, 1);
    add_u32(&writer, message, WIRE_HELLO_FEATURES, message->features);
    add_u32(&writer, message, WIRE_HELLO_BOOT_NONCE, message->boot_nonce);
    add_u32(&writer, message, WIRE_HELLO_HOST_NONCE, message->host_nonce);
    if (has(message, WIRE_HELLO_FIRMWARE_HASH))
        wire_tlv_put(
            &writer, WIRE_HELLO_FIRMWARE_HASH, message->firmware_hash.data,
            message->firmware_hash.size);
    return writer.size <= capacity ? writer.size : 0;
}

/* Length that a known TLV has at least; it may grow at its end. */
static size_t length_min(unsigned type)
{
    switch (type) {
    case WIRE_HELLO_PROTOCOL:
        return PROTOCOL_SIZE;
    case WIRE_HELLO_CLOCK:
        return CLOCK_SIZE;
    case WIRE_HELLO_LIMITS:
        return LIMITS_SIZE;
    case WIRE_HELLO_ALGORITHM:
        return ALGORITHM_HEAD;
    case WIRE_HELLO_SELF_TEST:
        return 1;
    case WIRE_HELLO_FEATURES:
    case WIRE_HELLO_BOOT_NONCE:
    case WIRE_HELLO_HOST_NONCE:
        return 4;
    default:
        return 0;
    }
}

static void read_algorithm(const struct wire_tlv *tlv, struct wire_algorithm *ret)
{
    *ret = (struct wire_algorithm){
        .id = tlv->value[0],
        .version = wire_get_u16(tlv->value + 1),
        .stream_count = tlv->value[3],
        .name = {(const char *)tlv->value + ALGORITHM_HEAD, (size_t)tlv->length - ALGORITHM_HEAD},
    };
}

static void read_field(const struct wire_tlv *tlv, struct wire_hello *hello)
{
    const uint8_t *const value = tlv->value;

    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct wire_text *const text = (void *)((char *)hello + texts[i].offset);
        if (texts[i].type == tlv->type)
            *text = (struct wire_text){(const char *)value, tlv->length};
    }
    switch (tlv->type) {
    case WIRE_HELLO_PROTOCOL:
        hello->protocol_major = value[0];
        hello->protocol_minor = value[1];
        break;
    case WIRE_HELLO_DEVICE_ID:
        hello->device_id = (struct wire_span){value, tlv->length};
        break;
    case WIRE_HELLO_CLOCK:
        hello->clock_hz = wire_get_u32(value);
        hello->clock_source = value[4];
        break;
    case WIRE_HELLO_LIMITS:
        hello->payload_max = wire_get_u16(value);
        hello->output_window = wire_get_u16(value + 2);
        hello->stream_max = value[4];
        hello->ring_size = wire_get_u32(value + 5);
        break;
    case WIRE_HELLO_SELF_TEST:
        hello->self_test = value[0];
        break;
    case WIRE_HELLO_FEATURES:
        hello->features = wire_get_u32(value);
        break;
    case WIRE_HELLO_BOOT_NONCE:
        hello->boot_nonce = wire_get_u32(value);
        break;
    case WIRE_HELLO_HOST_NONCE:
        hello->host_nonce = wire_get_u32(value);
        break;
    case WIRE_HELLO_FIRMWARE_HASH:
        hello->firmware_hash = (struct wire_span){value, tlv->length};
        break;
    default:
        break;
    }
}

bool wire_hello_unpack(const uint8_t *payload, size_t size, struct wire_hello *ret)
{
    struct wire_hello hello = {0};
    struct wire_tlv tlv;
    size_t at = 0;

    while (wire_tlv_next(payload, size, &at, &tlv)) {
        if (tlv.length < length_min(tlv.type))
            return false;
        if (tlv.type == WIRE_HELLO_ALGORITHM) {
            if (hello.algorithm_count == WIRE_ALGORITHMS_MAX)
                return false;
            read_algorithm(&tlv, &hello.algorithms[hello.algorithm_count++]);
        }
        read_field(&tlv, &hello);
        if (tlv.type <= WIRE_HELLO_FIRMWARE_HASH)
            hello.present |= WIRE_HELLO_BIT(tlv.type);
    }
    if (at != size)
        return false;
    *ret = hello;
    return true;
}
