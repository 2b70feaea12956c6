/* Every message in both directions against bytes that another implementation made from
 * schema/wire.md alone: a mistake that encoder and decoder share passes every round trip, but not
 * these. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "wire/frame.h"
#include "wire/msg.h"

/* One shape for all messages. */
#define CODEC(name) \
    static size_t pack_##name(const void *message, uint8_t *buffer, size_t capacity) \
    { \
        return wire_##name##_pack(message, buffer, capacity); \
    } \
    static bool unpack_##name(const uint8_t *payload, size_t size, void *ret) \
    { \
        return wire_##name##_unpack(payload, size, ret); \
    }

CODEC(credit)
CODEC(fault)
CODEC(fin)
CODEC(fin_reply)
CODEC(hello)
CODEC(log)
CODEC(mark)
CODEC(mark_reply)
CODEC(open)
CODEC(output)
CODEC(refuse)
CODEC(samples)
CODEC(stat)
CODEC(sync)
CODEC(sync_reply)

static size_t pack_reset(const void *message, uint8_t *buffer, size_t capacity)
{
    (void)message;
    return wire_reset_pack(buffer, capacity);
}

static bool unpack_reset(const uint8_t *payload, size_t size, void *ret)
{
    (void)ret;
    return wire_reset_unpack(payload, size);
}

#define TEXT(literal) \
    { \
        literal, sizeof literal - 1 \
    }
#define SPAN(...) \
    { \
        (const uint8_t[]){__VA_ARGS__}, sizeof(const uint8_t[]) \
        { \
            __VA_ARGS__ \
        } \
    }
#define BIT WIRE_HELLO_BIT

static const struct wire_hello host_hello = {
    .present = BIT(WIRE_HELLO_PROTOCOL) | BIT(WIRE_HELLO_NAME) | BIT(WIRE_HELLO_VERSION) |
               BIT(WIRE_HELLO_HOST_NONCE),
    .protocol_major = 1,
    .name = TEXT("vitalrig"),
    .version = TEXT("0.1"),
    .host_nonce = 0xdeadbeef,
};
static const struct wire_hello device_hello = {
    .present = 0x7e7fe,
    .protocol_major = 1,
    .name = TEXT("demo"),
    .version = TEXT("2.1"),
    .git = TEXT("abc123"),
    .build = TEXT("gcc 12"),
    .cpu = TEXT("M4"),
    .refusal = TEXT("no"),
    .device_id = SPAN(0, 1, 0xff),
    .clock_hz = 64000000,
    .clock_source = WIRE_CLOCK_DWT_CYCLES,
    .payload_max = 1024,
    .output_window = 32,
    .stream_max = 4,
    .ring_size = 4096,
    .algorithm_count = 2,
    .algorithms =
        {
            {.id = 1, .version = 1, .stream_count = 4, .name = TEXT("echo")},
            {.id = 2, .version = 0x0304, .stream_count = 1, .name = TEXT("ecg_qrs")},
        },
    .self_test = 7,
    .features = WIRE_FEATURE_PACED | WIRE_FEATURE_SILENT,
    .boot_nonce = 0x01020304,
    .host_nonce = 0xdeadbeef,
    .firmware_hash = SPAN(0xaa, 0xbb),
};
static const struct wire_open open_message = {
    .algorithm = 2,
    .mode = WIRE_MODE_PACED,
    .stream_count = 2,
    .speed_milli = 1500,
    .scenario_hash = 0x1122334455667788,
    .streams =
        {
            {WIRE_STREAM_ECG, 1, WIRE_FORMAT_S16, 360, 1, 5000},
            {WIRE_STREAM_ACC, 3, WIRE_FORMAT_S16, 100000, 4095, 0},
        },
    .parameters = SPAN(1, 1, 5),
};
static const struct wire_samples samples = {
    0xfffffffe, SPAN(0x00, 0x80, 0xff, 0x7f, 0, 0, 0xfe, 0xff)};
static const struct wire_fin fin = {2, {648000, 0xffffffff}};
static const struct wire_fin_reply fin_reply = {2273, 1, 2, 0xcbf29ce484222325, 2, {648000, 7}};
static const struct wire_credit credit = {
    0x80000000, 17, 65535, 2, 3, 4, 5, 2, {{100, 0xffffff00}, {6, 4096}}};
static const struct wire_output output = {
    .number = 0x1fffe,
    .kind = WIRE_OUTPUT_BEAT,
    .algorithm = 2,
    .value_count = 2,
    .sample_index = 1000,
    .at_index = 1060,
    .ticks_arrival = 0x0a0b0c0d,
    .ticks_emitted = 0xffffffff,
    .values = {1, -412},
};
static const struct wire_output output_empty = {
    .number = 3, .kind = WIRE_OUTPUT_ECHO, .algorithm = 1};
static const struct wire_stat stat = {1, 2, 3, 4, WIRE_STACK_UNKNOWN, 6, 7, 8, 9, 10};
static const struct wire_sync sync_message = {0x0102030405060708};
static const struct wire_sync_reply sync_reply = {0x0102030405060708, 0x11121314, 0x21222324};
static const struct wire_mark mark = {0x0201, 3, 1};
static const struct wire_mark_reply mark_reply = {{0x0201, 3, 1}, 0x99887766};
static const struct wire_log log_message = {4, TEXT("\xc2\xb5 ok")};
static const struct wire_fault fault = {3, 0x08001234, 0xfffffff9, 0x00010000, 2, {0xaabbccdd, 0}};
static const struct wire_refuse refuse = {WIRE_REFUSE_ALGORITHM, TEXT("no such algorithm")};

static const struct golden {
    const char *name;
    struct wire_header header;
    const void *message; /* NULL where there is nothing in it */
    size_t (*pack)(const void *message, uint8_t *buffer, size_t capacity);
    bool (*unpack)(const uint8_t *payload, size_t size, void *ret);
    const char *hex;
} goldens[] = {
    {"hello",
     {WIRE_HELLO, 0, 0, 0, 0},
     &host_hello,
     pack_hello,
     unpack_hello,
     "020101010101040102011a0208766974616c7269670303302e311104efbeaddebb96434d00"},
    {"hello_r",
     {WIRE_HELLO_R, 0, 0, 0, 0},
     &device_hello,
     pack_hello,
     unpack_hello,
     "0202010101010401020126020464656d6f0303322e31040661626331323305066763632031320702"
     "4d3410026e6f06030501ff08050790d0030109090304200204021001050a08010119046563686f0a"
     "0b020403016563675f7172730d01070e04030101150f04040302011104efbeadde1202aabb09fcfd"
     "4100"},
    {"open",
     {WIRE_OPEN, 7, 0, 0, WIRE_FLAG_POLL},
     &open_message,
     pack_open,
     unpack_open,
     "0303070101050102010203dc05010c88776655443322110101010368010102010101038813010403"
     "030104a0860103ff0f0101010101080101057e8d44ac00"},
    {"samples",
     {WIRE_SAMPLES, 255, 65535, 1, WIRE_FLAG_RESENT},
     &samples,
     pack_samples,
     unpack_samples,
     "0b05ffffff0104feffffff0480ff7f0107feff86e1cb1800"},
    {"fin",
     {WIRE_FIN, 7, 513, 0, 0},
     &fin,
     pack_fin,
     unpack_fin,
     "0506070102010440e30909ffffffff8ba9fd2b00"},
    {"fin_reply",
     {WIRE_FIN_R, 7, 0, 0, 0},
     &fin_reply,
     pack_fin_reply,
     unpack_fin_reply,
     "03070701010103e1080102010101020201010c25232284e49cf2cb40e30902070101052390bd3b00"},
    {"credit",
     {WIRE_CREDIT, 7, 4660, 0, 0},
     &credit,
     pack_credit,
     unpack_credit,
     "050807341201010101038011010104ffff020203020402050101026401010105ffffff0601010102"
     "1001051811a8e900"},
    {"nak", {WIRE_NAK, 7, 258, 0, 0}, NULL, NULL, NULL, "0509070201010537b04c6a00"},
    {"output",
     {WIRE_OUTPUT, 7, 65534, 1, WIRE_FLAG_RESENT},
     &output,
     pack_output,
     unpack_output,
     "0a0a07feff0104feff010401020203e80301032404010a0d0c0b0affffffff0101010964feffff4e"
     "ddbb5200"},
    {"output_empty",
     {WIRE_OUTPUT, 7, 3, 0, 0},
     &output_empty,
     pack_output,
     unpack_output,
     "040a0703010102030101030201010101010101010101010101010101010105edd3295d00"},
    {"ack",
     {WIRE_ACK, 7, 32767, 0, WIRE_FLAG_GAP | WIRE_FLAG_WANT_STAT},
     NULL,
     NULL,
     NULL,
     "050b07ff7f060a9a3d25f200"},
    {"stat",
     {WIRE_STAT, 7, 0, 0, 0},
     &stat,
     pack_stat,
     unpack_stat,
     "030c070101010201010102020101020301010204010106ffffffff06010102070101020801010209"
     "0101020a01010517c706c100"},
    {"sync",
     {WIRE_SYNC, 0, 0, 0, 0},
     &sync_message,
     pack_sync,
     unpack_sync,
     "020d010101010d08070605040302011ab6ae7600"},
    {"sync_r",
     {WIRE_SYNC_R, 0, 0, 0, 0},
     &sync_reply,
     pack_sync_reply,
     unpack_sync_reply,
     "020e010101011508070605040302011413121124232221613667be00"},
    {"mark",
     {WIRE_MARK, 7, 0, 0, 0},
     &mark,
     pack_mark,
     unpack_mark,
     "030f070101010901020301c989ba4d00"},
    {"mark_r",
     {WIRE_MARK, 7, 0, 0, 0},
     &mark_reply,
     pack_mark_reply,
     unpack_mark_reply,
     "030f070101010d010203016677889950a0a06500"},
    {"log",
     {WIRE_LOG, 7, 0, 0, 0},
     &log_message,
     pack_log,
     unpack_log,
     "0310070101010b04c2b5206f6bb37d64f700"},
    {"fault",
     {WIRE_FAULT, 0, 0, 0, 0},
     &fault,
     pack_fault,
     unpack_fault,
     "021101010101020301010334120608f9ffffff01020105ddccbbaa01010105c3e0127200"},
    {"reset",
     {WIRE_RESET, 0, 0, 0, 0},
     NULL,
     pack_reset,
     unpack_reset,
     "0212010101010952534554d425e46900"},
    {"close", {WIRE_CLOSE, 7, 0, 0, 0}, NULL, NULL, NULL, "03040701010105b945a94d00"},
    {"refuse",
     {WIRE_REFUSE, 7, 0, 0, 0},
     &refuse,
     pack_refuse,
     unpack_refuse,
     "03140701010117026e6f207375636820616c676f726974686d3b5d28c300"},
};

enum { GOLDEN_COUNT = sizeof goldens / sizeof *goldens };

/* Large enough for every unpacked message. */
union any {
    struct wire_hello hello;
    struct wire_open open;
    struct wire_fault fault;
    struct wire_credit credit;
    struct wire_output output;
};

static size_t from_hex(const char *hex, uint8_t *bytes)
{
    size_t size = 0;
    for (; hex[2 * size]; size++) {
        unsigned value;
        cr_assert_eq(sscanf(hex + 2 * size, "%2x", &value), 1);
        bytes[size] = (uint8_t)value;
    }
    return size;
}

static void decode(const struct golden *golden, struct wire_decoder *decoder, uint8_t *buffer)
{
    uint8_t encoded[512];
    const size_t size = from_hex(golden->hex, encoded);
    size_t used;
    wire_decoder_init(decoder, buffer, 512);
    cr_assert_eq(
        wire_decoder_push(decoder, encoded, size, &used), WIRE_EVENT_FRAME, "%s", golden->name);
    cr_assert_eq(used, size, "%s", golden->name);
}

Test(golden_frames, are_what_the_encoder_makes)
{
    for (size_t i = 0; i < GOLDEN_COUNT; i++) {
        const struct golden *const golden = &goldens[i];
        uint8_t expected[512], payload[512], encoded[512];
        const size_t expected_size = from_hex(golden->hex, expected);
        size_t payload_size = 0;
        if (golden->pack) {
            payload_size = golden->pack(golden->message, payload, sizeof payload);
            cr_assert_gt(payload_size, 0, "%s", golden->name);
        }
        const size_t size =
            wire_frame_encode(&golden->header, payload, payload_size, encoded, sizeof encoded);
        cr_assert_eq(size, expected_size, "%s: %zu bytes", golden->name, size);
        cr_assert_arr_eq(encoded, expected, size, "%s", golden->name);
    }
}

Test(golden_frames, are_understood_by_the_decoder)
{
    for (size_t i = 0; i < GOLDEN_COUNT; i++) {
        const struct golden *const golden = &goldens[i];
        struct wire_decoder decoder;
        uint8_t buffer[512], again[512];
        union any message;

        decode(golden, &decoder, buffer);
        cr_assert_eq(decoder.header.type, golden->header.type, "%s", golden->name);
        cr_assert_eq(decoder.header.session, golden->header.session, "%s", golden->name);
        cr_assert_eq(decoder.header.seq, golden->header.seq, "%s", golden->name);
        cr_assert_eq(decoder.header.stream, golden->header.stream, "%s", golden->name);
        cr_assert_eq(decoder.header.flags, golden->header.flags, "%s", golden->name);
        if (!golden->unpack) {
            cr_assert_eq(decoder.payload_size, 0, "%s", golden->name);
            continue;
        }
        cr_assert(
            golden->unpack(decoder.payload, decoder.payload_size, &message), "%s", golden->name);
        const size_t size = golden->pack(&message, again, sizeof again);
        cr_assert_eq(size, decoder.payload_size, "%s", golden->name);
        cr_assert_arr_eq(again, decoder.payload, size, "%s", golden->name);
    }
}

Test(golden_frames, hold_every_type_but_the_reserved_one)
{
    for (unsigned type = 0; type < 256; type++) {
        bool found = false;
        for (size_t i = 0; i < GOLDEN_COUNT; i++)
            found = found || goldens[i].header.type == type;
        const bool wanted = wire_type_info(type) && type != WIRE_MODEL;
        cr_assert_eq(found, wanted, "type %u", type);
    }
}

Test(golden_frames, fit_into_no_smaller_buffer)
{
    for (size_t i = 0; i < GOLDEN_COUNT; i++) {
        const struct golden *const golden = &goldens[i];
        uint8_t payload[512];
        if (!golden->pack)
            continue;
        const size_t size = golden->pack(golden->message, payload, sizeof payload);
        for (size_t capacity = 0; capacity < size; capacity++)
            cr_assert_eq(
                golden->pack(golden->message, payload, capacity), 0, "%s into %zu of %zu",
                golden->name, capacity, size);
    }
}

/* Lengths that the layouts of schema/wire.md leave no room for. */
Test(golden_frames, are_refused_at_any_other_length)
{
    for (size_t i = 0; i < GOLDEN_COUNT; i++) {
        const struct golden *const golden = &goldens[i];
        struct wire_decoder decoder;
        uint8_t buffer[512];
        union any message;
        const uint8_t type = golden->header.type;
        /* These three have a tail of any length. */
        if (!golden->unpack || type == WIRE_OPEN || type == WIRE_LOG || type == WIRE_REFUSE)
            continue;
        decode(golden, &decoder, buffer);
        /* One byte more or less is never right; a whole entry less may be. */
        cr_assert_not(
            golden->unpack(decoder.payload, decoder.payload_size - 1, &message), "%s",
            golden->name);
        cr_assert_not(
            golden->unpack(decoder.payload, decoder.payload_size + 1, &message), "%s",
            golden->name);
        cr_assert_not(golden->unpack(decoder.payload, 1, &message), "%s", golden->name);
    }
}
