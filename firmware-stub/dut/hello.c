/* HELLO_R from the config, field by field: as a struct wire_hello it would take 300 B of stack. */
#include "dut/hello.h"

#include <string.h>

#include "wire/bytes.h"
#include "wire/tlv.h"

enum { ID_MAX = 16, REFUSAL_TEXT_MAX = 96 };

#define TEXT_OF(number) #number
#define VERSION_TEXT(major, minor) TEXT_OF(major) "." TEXT_OF(minor)

static char *append(char *at, const char *text)
{
    while (*text)
        *at++ = *text++;
    return at;
}

static char *append_number(char *at, unsigned number)
{
    if (number >= 10)
        at = append_number(at, number / 10);
    *at++ = (char)('0' + number % 10);
    return at;
}

/* "host speaks 2.0, this device speaks 1.0: update the firmware or use an older host" */
static void add_refusal(struct wire_tlv_writer *writer, const struct dut *dut)
{
    char text[REFUSAL_TEXT_MAX];
    char *at = append(text, "host speaks ");
    at = append_number(at, dut->host_major);
    *at++ = '.';
    at = append_number(at, dut->host_minor);
    at = append(
        at, ", this device speaks " VERSION_TEXT(WIRE_PROTOCOL_MAJOR, WIRE_PROTOCOL_MINOR) ": ");
    at = append(
        at, dut->host_major > WIRE_PROTOCOL_MAJOR ? "update the firmware or use an older host"
                                                  : "update the host or use older firmware");
    wire_tlv_put(writer, WIRE_HELLO_REFUSAL, text, (size_t)(at - text));
}

static void add_u32(struct wire_tlv_writer *writer, enum wire_hello_tlv type, uint32_t number)
{
    uint8_t value[4];
    wire_put_u32(value, number);
    wire_tlv_put(writer, type, value, sizeof value);
}

static void add_text(struct wire_tlv_writer *writer, enum wire_hello_tlv type, const char *string)
{
    if (string)
        wire_tlv_put(writer, type, string, wire_text_of(string).size);
}

static void add_limits(struct wire_tlv_writer *writer, const struct dut *dut)
{
    uint8_t value[9];
    wire_put_u16(value, dut->config.payload_max);
    wire_put_u16(value + 2, dut->outputs.capacity);
    value[4] = WIRE_STREAMS_MAX;
    wire_put_u32(value + 5, (uint32_t)dut->config.ring_size);
    wire_tlv_put(writer, WIRE_HELLO_LIMITS, value, sizeof value);
}

static void add_algorithm(struct wire_tlv_writer *writer, const struct algo *algo)
{
    const struct wire_text name = wire_text_of(algo->name);
    uint8_t *const value = wire_tlv_add(writer, WIRE_HELLO_ALGORITHM, 4 + name.size);
    if (!value)
        return;
    value[0] = algo->id;
    wire_put_u16(value + 1, algo->version);
    value[3] = algo->stream_count;
    memcpy(value + 4, name.data, name.size);
}

static void describe(struct wire_tlv_writer *writer, const struct dut *dut)
{
    const struct dut_config *const config = &dut->config;
    const struct dut_port *const port = config->port;
    uint8_t id[ID_MAX];
    uint8_t clock[5];

    add_text(writer, WIRE_HELLO_NAME, config->name);
    add_text(writer, WIRE_HELLO_VERSION, config->version);
    add_text(writer, WIRE_HELLO_GIT, config->git);
    add_text(writer, WIRE_HELLO_BUILD, config->build);
    add_text(writer, WIRE_HELLO_CPU, config->cpu);
    if (port->unique_id)
        wire_tlv_put(writer, WIRE_HELLO_DEVICE_ID, id, port->unique_id(port->context, id, ID_MAX));
    wire_put_u32(clock, port->ticks_hz);
    clock[4] = (uint8_t)port->clock;
    wire_tlv_put(writer, WIRE_HELLO_CLOCK, clock, sizeof clock);
    add_limits(writer, dut);
    for (unsigned i = 0; i < config->algorithm_count; i++)
        add_algorithm(writer, config->algorithms[i]);
    wire_tlv_put(writer, WIRE_HELLO_SELF_TEST, &config->self_test, 1);
    add_u32(writer, WIRE_HELLO_FEATURES, WIRE_FEATURE_PACED | WIRE_FEATURE_SILENT);
}

size_t dut_hello_pack(const struct dut *dut, uint8_t *buffer, size_t capacity)
{
    static const uint8_t version[] = {WIRE_PROTOCOL_MAJOR, WIRE_PROTOCOL_MINOR};
    struct wire_tlv_writer writer = {buffer, capacity, 0};

    wire_tlv_put(&writer, WIRE_HELLO_PROTOCOL, version, sizeof version);
    if (dut->refused)
        add_refusal(&writer, dut);
    else
        describe(&writer, dut);
    add_u32(&writer, WIRE_HELLO_BOOT_NONCE, dut->config.boot_nonce);
    add_u32(&writer, WIRE_HELLO_HOST_NONCE, dut->host_nonce);
    if (!dut->refused && dut->config.firmware_hash.size)
        wire_tlv_put(
            &writer, WIRE_HELLO_FIRMWARE_HASH, dut->config.firmware_hash.data,
            dut->config.firmware_hash.size);
    return writer.size <= capacity ? writer.size : 0;
}
