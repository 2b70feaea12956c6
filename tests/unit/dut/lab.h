/* A device on the bench: the device library behind two byte buffers and a clock that the test
 * moves, and the host's side by hand, frame by frame. */
#ifndef TEST_DUT_LAB_H
#define TEST_DUT_LAB_H

#include <criterion/criterion.h>
#include <string.h>

#include "dut/dut.h"

enum { LAB_FRAMES_MAX = 8192, LAB_SESSION = 9 };

struct lab_frame {
    struct wire_header header;
    size_t size;
    uint8_t payload[256];
};

struct lab {
    struct dut dut;
    struct dut_port port;
    struct dut_config config;

    uint32_t ticks;
    bool marks[256];
    unsigned resets;
    size_t line_room; /* B that transmit takes before it says "later" */

    const uint8_t *input; /* to the device */
    size_t input_size;
    size_t raw_size; /* from the device, all bytes */
    uint8_t raw[1 << 20];
    struct lab_frame frames[LAB_FRAMES_MAX]; /* the same, decoded */
    size_t frame_count;
    struct wire_decoder decoder;

    uint16_t seq; /* of the next reliable frame */
    uint8_t session;

    uint8_t decoded[WIRE_DECODER_SIZE(WIRE_PAYLOAD_MAX)];
    uint8_t receive[DUT_RECEIVE_SIZE(WIRE_PAYLOAD_MAX)];
    uint8_t transmit[16 * 1024];
    uint8_t ring[64 * 1024];
    uint8_t outputs[16 * 1024];
    uint64_t state[256];
};

static inline size_t lab_receive(void *context, uint8_t *buffer, size_t capacity)
{
    struct lab *const lab = context;
    const size_t size = lab->input_size < capacity ? lab->input_size : capacity;
    memcpy(buffer, lab->input, size);
    lab->input += size;
    lab->input_size -= size;
    return size;
}

static inline size_t lab_transmit(void *context, const uint8_t *data, size_t size)
{
    struct lab *const lab = context;
    if (size > lab->line_room)
        size = lab->line_room;
    lab->line_room -= size;
    cr_assert_leq(lab->raw_size + size, sizeof lab->raw);
    memcpy(lab->raw + lab->raw_size, data, size);
    lab->raw_size += size;
    size_t used;
    for (size_t at = 0; at < size; at += used)
        if (wire_decoder_push(&lab->decoder, data + at, size - at, &used) == WIRE_EVENT_FRAME) {
            cr_assert_lt(lab->frame_count, LAB_FRAMES_MAX);
            struct lab_frame *const frame = &lab->frames[lab->frame_count++];
            cr_assert_leq(lab->decoder.payload_size, sizeof frame->payload);
            frame->header = lab->decoder.header;
            frame->size = lab->decoder.payload_size;
            memcpy(frame->payload, lab->decoder.payload, frame->size);
        }
    return size;
}

static inline uint32_t lab_ticks(void *context)
{
    return ((struct lab *)context)->ticks;
}

static inline void lab_sleep(void *context)
{
    ((struct lab *)context)->ticks += 10;
}

static inline void lab_mark(void *context, unsigned line, bool on)
{
    ((struct lab *)context)->marks[line] = on;
}

static inline void lab_reset(void *context)
{
    ((struct lab *)context)->resets++;
}

/* A device with host-sized buffers; a test may change lab->config before lab_boot. */
static inline void lab_init(struct lab *lab)
{
    memset(lab, 0, sizeof *lab);
    lab->ticks = 1000;
    lab->line_room = SIZE_MAX;
    lab->session = LAB_SESSION;
    wire_decoder_init(&lab->decoder, lab->decoded, sizeof lab->decoded);
    lab->port = (struct dut_port){
        .context = lab,
        .receive = lab_receive,
        .transmit = lab_transmit,
        .ticks = lab_ticks,
        .sleep = lab_sleep,
        .mark = lab_mark,
        .reset = lab_reset,
        .ticks_hz = 1000000,
        .clock = WIRE_CLOCK_TIMER,
    };
    lab->config = (struct dut_config){
        .port = &lab->port,
        .algorithms = algo_all,
        .algorithm_count = algo_all_count,
        .payload_max = 1024,
        .receive = lab->receive,
        .transmit = lab->transmit,
        .transmit_size = sizeof lab->transmit,
        .ring = lab->ring,
        .ring_size = sizeof lab->ring,
        .outputs = lab->outputs,
        .outputs_size = sizeof lab->outputs,
        .state = lab->state,
        .state_size = sizeof lab->state,
        .boot_nonce = 0x55667788,
        .name = "demo",
        .version = "1",
    };
}

static inline void lab_boot(struct lab *lab)
{
    cr_assert_eq(dut_init(&lab->dut, &lab->config), DUT_OK);
}

/* Run until the device has nothing more to do. */
static inline void lab_run(struct lab *lab)
{
    while (dut_run(&lab->dut))
        continue;
}

/* Give the device bytes and let it run. */
static inline void lab_feed(struct lab *lab, const uint8_t *data, size_t size)
{
    lab->input = data;
    lab->input_size = size;
    lab_run(lab);
    cr_assert_eq(lab->input_size, 0);
}

static inline void lab_send(
    struct lab *lab, const struct wire_header *header, const uint8_t *payload, size_t size)
{
    static uint8_t line[WIRE_ENCODED_MAX(WIRE_PAYLOAD_MAX)];
    lab_feed(lab, line, wire_frame_encode(header, payload, size, line, sizeof line));
}

/* A frame without payload, e.g. ACK. */
static inline void lab_send_empty(struct lab *lab, uint8_t type, uint16_t seq, uint8_t flags)
{
    const struct wire_header header = {type, lab->session, seq, 0, flags};
    lab_send(lab, &header, NULL, 0);
}

static inline void lab_hello(struct lab *lab, uint8_t major, uint32_t nonce)
{
    uint8_t payload[64];
    const struct wire_hello hello = {
        .present = WIRE_HELLO_BIT(WIRE_HELLO_PROTOCOL) | WIRE_HELLO_BIT(WIRE_HELLO_HOST_NONCE),
        .protocol_major = major,
        .host_nonce = nonce,
    };
    const struct wire_header header = {.type = WIRE_HELLO};
    lab_send(lab, &header, payload, wire_hello_pack(&hello, payload, sizeof payload));
}

/* One ECG stream. */
static inline struct wire_open lab_plan(uint8_t algorithm, uint8_t mode, uint32_t rate_hz)
{
    return (struct wire_open){
        .algorithm = algorithm,
        .mode = mode,
        .stream_count = 1,
        .speed_milli = 1000,
        .streams = {{WIRE_STREAM_ECG, 1, WIRE_FORMAT_S16, rate_hz, 1, 5000}},
    };
}

static inline void lab_open(struct lab *lab, const struct wire_open *open)
{
    uint8_t payload[128];
    const struct wire_header header = {.type = WIRE_OPEN, .session = lab->session};
    lab->seq = 1;
    lab_send(lab, &header, payload, wire_open_pack(open, payload, sizeof payload));
}

/* SAMPLES with the given header; values are s16. */
static inline void lab_samples_as(
    struct lab *lab, const struct wire_header *header, uint32_t first, const int16_t *values,
    size_t count)
{
    uint8_t payload[WIRE_PAYLOAD_MAX];
    for (size_t i = 0; i < count; i++) {
        payload[4 + 2 * i] = (uint8_t)values[i];
        payload[5 + 2 * i] = (uint8_t)((uint16_t)values[i] >> 8);
    }
    for (unsigned i = 0; i < 4; i++)
        payload[i] = (uint8_t)(first >> 8 * i);
    lab_send(lab, header, payload, 4 + 2 * count);
}

/* The next SAMPLES of a stream, as a host in order sends them. */
static inline void lab_samples(
    struct lab *lab, uint8_t stream, uint32_t first, const int16_t *values, size_t count)
{
    const struct wire_header header = {WIRE_SAMPLES, lab->session, lab->seq++, stream, 0};
    lab_samples_as(lab, &header, first, values, count);
}

static inline void lab_fin(struct lab *lab, const struct wire_fin *fin)
{
    uint8_t payload[16];
    const struct wire_header header = {WIRE_FIN, lab->session, lab->seq++, 0, 0};
    lab_send(lab, &header, payload, wire_fin_pack(fin, payload, sizeof payload));
}

/* The n-th frame of a type from the device, counted from 0, or NULL. */
static inline const struct lab_frame *lab_frame(const struct lab *lab, uint8_t type, size_t n)
{
    for (size_t i = 0; i < lab->frame_count; i++)
        if (lab->frames[i].header.type == type && n-- == 0)
            return &lab->frames[i];
    return NULL;
}

static inline size_t lab_count(const struct lab *lab, uint8_t type)
{
    size_t count = 0;
    while (lab_frame(lab, type, count))
        count++;
    return count;
}

/* The last frame of a type; there must be one. */
static inline const struct lab_frame *lab_last(const struct lab *lab, uint8_t type)
{
    const size_t count = lab_count(lab, type);
    cr_assert_gt(count, 0, "no frame of type %u", type);
    return lab_frame(lab, type, count - 1);
}

static inline struct wire_credit lab_credit(const struct lab *lab)
{
    struct wire_credit credit;
    const struct lab_frame *const frame = lab_last(lab, WIRE_CREDIT);
    cr_assert(wire_credit_unpack(frame->payload, frame->size, &credit));
    return credit;
}

static inline struct wire_output lab_output(const struct lab *lab, size_t n)
{
    struct wire_output output;
    const struct lab_frame *const frame = lab_frame(lab, WIRE_OUTPUT, n);
    cr_assert_not_null(frame, "no output %zu", n);
    cr_assert(wire_output_unpack(frame->payload, frame->size, &output));
    return output;
}

static inline struct wire_fin_reply lab_fin_reply(const struct lab *lab)
{
    struct wire_fin_reply reply;
    const struct lab_frame *const frame = lab_last(lab, WIRE_FIN_R);
    cr_assert(wire_fin_reply_unpack(frame->payload, frame->size, &reply));
    return reply;
}

static inline void lab_forget_frames(struct lab *lab)
{
    lab->frame_count = 0;
    lab->raw_size = 0;
}

#endif
