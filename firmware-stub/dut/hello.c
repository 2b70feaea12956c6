/* HELLO_R from the config. */
#include "dut/hello.h"

enum { ID_MAX = 16, REFUSAL_TEXT_MAX = 96 };

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

static char *append_version(char *at, unsigned major, unsigned minor)
{
    at = append_number(at, major);
    *at++ = '.';
    return append_number(at, minor);
}

/* "host speaks 2.0, this device speaks 1.0: update the firmware or use an older host" */
static struct wire_text refusal(const struct dut *dut, char text[REFUSAL_TEXT_MAX])
{
    char *at = append(text, "host speaks ");
    at = append_version(at, dut->host_major, dut->host_minor);
    at = append(at, ", this device speaks ");
    at = append_version(at, WIRE_PROTOCOL_MAJOR, WIRE_PROTOCOL_MINOR);
    at = append(
        at, dut->host_major > WIRE_PROTOCOL_MAJOR ? ": update the firmware or use an older host"
                                                  : ": update the host or use older firmware");
    return (struct wire_text){text, (size_t)(at - text)};
}

static void add_text(
    struct wire_hello *hello, struct wire_text *text, enum wire_hello_tlv type, const char *string)
{
    *text = wire_text_of(string);
    if (string)
        hello->present |= WIRE_HELLO_BIT(type);
}

static void describe(const struct dut *dut, struct wire_hello *hello, uint8_t id[ID_MAX])
{
    const struct dut_config *const config = &dut->config;
    const struct dut_port *const port = config->port;

    hello->present |= WIRE_HELLO_BIT(WIRE_HELLO_CLOCK) | WIRE_HELLO_BIT(WIRE_HELLO_LIMITS) |
                      WIRE_HELLO_BIT(WIRE_HELLO_ALGORITHM) | WIRE_HELLO_BIT(WIRE_HELLO_SELF_TEST) |
                      WIRE_HELLO_BIT(WIRE_HELLO_FEATURES);
    hello->clock_hz = port->ticks_hz;
    hello->clock_source = (uint8_t)port->clock;
    hello->payload_max = config->payload_max;
    hello->output_window = dut->outputs.capacity;
    hello->stream_max = WIRE_STREAMS_MAX;
    hello->ring_size = (uint32_t)config->ring_size;
    hello->self_test = config->self_test;
    hello->features = WIRE_FEATURE_PACED | WIRE_FEATURE_SILENT;
    add_text(hello, &hello->name, WIRE_HELLO_NAME, config->name);
    add_text(hello, &hello->version, WIRE_HELLO_VERSION, config->version);
    add_text(hello, &hello->git, WIRE_HELLO_GIT, config->git);
    add_text(hello, &hello->build, WIRE_HELLO_BUILD, config->build);
    add_text(hello, &hello->cpu, WIRE_HELLO_CPU, config->cpu);
    if (config->firmware_hash.size) {
        hello->firmware_hash = config->firmware_hash;
        hello->present |= WIRE_HELLO_BIT(WIRE_HELLO_FIRMWARE_HASH);
    }
    if (port->unique_id) {
        hello->device_id = (struct wire_span){id, port->unique_id(port->context, id, ID_MAX)};
        hello->present |= WIRE_HELLO_BIT(WIRE_HELLO_DEVICE_ID);
    }
    hello->algorithm_count = (uint8_t)config->algorithm_count;
    for (unsigned i = 0; i < config->algorithm_count; i++) {
        const struct algo *const algo = config->algorithms[i];
        hello->algorithms[i] = (struct wire_algorithm){
            .id = algo->id,
            .stream_count = algo->stream_count,
            .version = algo->version,
            .name = wire_text_of(algo->name),
        };
    }
}

size_t dut_hello_pack(const struct dut *dut, uint8_t *buffer, size_t capacity)
{
    uint8_t id[ID_MAX];
    char text[REFUSAL_TEXT_MAX];
    struct wire_hello hello = {
        .present = WIRE_HELLO_BIT(WIRE_HELLO_PROTOCOL) | WIRE_HELLO_BIT(WIRE_HELLO_BOOT_NONCE) |
                   WIRE_HELLO_BIT(WIRE_HELLO_HOST_NONCE),
        .protocol_major = WIRE_PROTOCOL_MAJOR,
        .protocol_minor = WIRE_PROTOCOL_MINOR,
        .boot_nonce = dut->config.boot_nonce,
        .host_nonce = dut->host_nonce,
    };
    if (dut->refused) {
        hello.present |= WIRE_HELLO_BIT(WIRE_HELLO_REFUSAL);
        hello.refusal = refusal(dut, text);
    } else {
        describe(dut, &hello, id);
    }
    return wire_hello_pack(&hello, buffer, capacity);
}
