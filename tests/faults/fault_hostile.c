/* Devices that say what no device may say. */
#include <string.h>

#include "matrix.h"
#include "wire/bytes.h"

/* --- frames of the device, opened and closed again ---------------------------------------------------- */

struct opened {
    struct wire_header header;
    uint8_t payload[WIRE_PAYLOAD_MAX];
    size_t size;
};

static bool open_frame(const uint8_t *frame, size_t size, struct opened *ret_opened)
{
    static uint8_t buffer[WIRE_DECODER_SIZE(WIRE_PAYLOAD_MAX)];
    struct wire_decoder decoder;
    size_t used;
    wire_decoder_init(&decoder, buffer, sizeof buffer);
    if (wire_decoder_push(&decoder, frame, size, &used) != WIRE_EVENT_FRAME)
        return false;
    ret_opened->header = decoder.header;
    ret_opened->size = decoder.payload_size;
    memcpy(ret_opened->payload, decoder.payload, decoder.payload_size);
    return true;
}

static size_t close_frame(const struct opened *opened, uint8_t *out)
{
    return wire_frame_encode(
        &opened->header, opened->payload, opened->size, out, WIRE_ENCODED_MAX(opened->size));
}

static size_t pass(const uint8_t *frame, size_t size, uint8_t *out)
{
    memcpy(out, frame, size);
    return size;
}

static size_t tap_frames;

/* --- L13: lengths -------------------------------------------------------------------------------------- */

/* Each sixteenth frame comes with another monster before it. */
static size_t with_monsters(
    void *context, int64_t now_ns, const uint8_t *frame, size_t size, uint8_t ret_out[LINE_TAP_OUT])
{
    static struct opened monster;
    (void)context, (void)now_ns;
    size_t at = 0;
    monster = (struct opened){.header = {.type = 0x7f}};
    switch (tap_frames++ % 16) {
    case 2: /* longer than any frame can be */
        memset(ret_out, 0x5a, 10000);
        ret_out[10000] = 0;
        at = 10001;
        break;
    case 4: /* nothing, many times */
        memset(ret_out, 0, 500);
        at = 500;
        break;
    case 6: /* shorter than a header */
        memcpy(ret_out, "\x03\x11\x22\x00", 4);
        at = 4;
        break;
    case 8: /* a code byte that points behind the end */
        memcpy(ret_out, "\xff\x11\x22\x33\x00", 5);
        at = 5;
        break;
    case 10: /* the largest payload, of a type that nobody knows */
        monster.size = WIRE_PAYLOAD_MAX;
        at = close_frame(&monster, ret_out);
        break;
    case 12: /* a field of 255 bytes in a payload of 4 */
        monster.header.type = WIRE_LOG;
        monster.size = 0;
        at = close_frame(&monster, ret_out);
        monster.header.type = WIRE_HELLO;
        memcpy(monster.payload, "\x01\xff\x01\x01", 4);
        monster.size = 4;
        at += close_frame(&monster, ret_out + at);
        break;
    default:
        break;
    }
    return at + pass(frame, size, ret_out + at);
}

static void prepare_monsters(struct sim_world *world, uint64_t seed)
{
    (void)seed;
    tap_frames = 0;
    world->device_tap.change = world->host_tap.change = with_monsters;
}

static const char *look_counted(const struct sim_trial_result *result)
{
    const struct vr_trial_row *row = &result->row;
    return row->frame_errors == 0 || row->device_frame_errors == 0
               ? "frames of impossible length were not counted at both ends"
               : NULL;
}

/* A frame with a right check sum whose payload is cut, or claims more than there is. */
static uint8_t cut_type;
static bool cut_longer;

static size_t cut(
    void *context, int64_t now_ns, const uint8_t *frame, size_t size, uint8_t ret_out[LINE_TAP_OUT])
{
    static struct opened opened;
    (void)context, (void)now_ns;
    if (!open_frame(frame, size, &opened) || opened.header.type != cut_type)
        return pass(frame, size, ret_out);
    if (cut_longer)
        opened.payload[1] = 255;
    else
        opened.size /= 2;
    return close_frame(&opened, ret_out);
}

static void prepare_cut(struct sim_world *world, uint64_t seed)
{
    (void)seed;
    world->host_tap.change = cut;
}

void fault_l13(struct fault_row_run *row)
{
    struct fault_case fault_case = {
        .name = "frames of impossible length",
        .options = fault_options(row->seed),
        .prepare = prepare_monsters,
        .outcomes = OUTCOME(COMPLETE),
        .look = look_counted,
    };
    fault_case_run(row, &fault_case);

    static const struct {
        const char *name, *why;
        uint8_t type;
        bool longer;
    } cuts[] = {
        {"HELLO_R with a field longer than itself", "HELLO_R", WIRE_HELLO_R, true},
        {"CREDIT cut in half", "CREDIT is malformed", WIRE_CREDIT, false},
        {"OUTPUT cut in half", "OUTPUT is malformed", WIRE_OUTPUT, false},
        {"FIN_R cut in half", "FIN_R is malformed", WIRE_FIN_R, false},
    };
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        cut_type = cuts[i].type;
        cut_longer = cuts[i].longer;
        fault_case = (struct fault_case){
            .name = cuts[i].name,
            .options = fault_options(row->seed),
            .prepare = prepare_cut,
            .outcomes = OUTCOME(FW_PROTOCOL),
            .why = cuts[i].why,
        };
        fault_case_run(row, &fault_case);
    }
}

/* --- L14: floods ----------------------------------------------------------------------------------------- */

static size_t ten_times(
    void *context, int64_t now_ns, const uint8_t *frame, size_t size, uint8_t ret_out[LINE_TAP_OUT])
{
    (void)context, (void)now_ns;
    for (size_t i = 0; i < 10; i++)
        memcpy(ret_out + i * size, frame, size);
    return 10 * size;
}

static void prepare_ten_times(struct sim_world *world, uint64_t seed)
{
    (void)seed;
    world->host_tap.change = ten_times;
}

/* Nine lines of log with each frame, as long as a line can be. */
static size_t with_logs(
    void *context, int64_t now_ns, const uint8_t *frame, size_t size, uint8_t ret_out[LINE_TAP_OUT])
{
    static struct opened opened;
    (void)context, (void)now_ns;
    size_t at = pass(frame, size, ret_out);
    if (!open_frame(frame, size, &opened) || opened.header.session == 0)
        return at;
    opened.header.type = WIRE_LOG;
    memset(opened.payload, 'x', 65);
    opened.payload[0] = 6;
    opened.size = 65;
    for (int i = 0; i < 9; i++)
        at += close_frame(&opened, ret_out + at);
    return at;
}

static void prepare_logs(struct sim_world *world, uint64_t seed)
{
    (void)seed;
    world->host_tap.change = with_logs;
}

static const char *look_logs(const struct sim_trial_result *result)
{
    return result->log_count < 100 ? "lines of the log were lost without a word" : NULL;
}

/* The device stops doing anything but to tell of a beat at sample 0, for ever. */
static uint32_t flood_number;

static int64_t flood(void *context, struct sim_world *world)
{
    (void)context;
    struct opened opened = {
        .header = {.type = WIRE_OUTPUT, .session = world->device.dut.trial.session}};
    struct wire_output output = {
        .kind = WIRE_OUTPUT_BEAT,
        .algorithm = world->device.dut.trial.algorithm->id,
        .value_count = 1,
    };
    for (int i = 0; i < 20; i++) {
        uint8_t line[256];
        output.number = flood_number;
        opened.header.seq = (uint16_t)flood_number;
        opened.size = wire_output_pack(&output, opened.payload, sizeof opened.payload);
        size_t size = close_frame(&opened, line);
        if (line_put(&world->to_host, world->now_ns, line, size) < size)
            break;
        flood_number++;
    }
    return world->now_ns + VR_NS_PER_MS / 2;
}

static void flood_when_open(void *context, struct sim_world *world)
{
    (void)context;
    flood_number = 0;
    world->device.hangs = true;
    world->event_ns = world->now_ns + 20 * VR_NS_PER_MS;
}

static const char *look_dropped(const struct sim_trial_result *result)
{
    return result->row.outputs_lost <= 0 ? "how many were dropped was not counted" : NULL;
}

void fault_l14(struct fault_row_run *row)
{
    struct fault_case fault_case = {
        .name = "every frame ten times",
        .options = fault_options(row->seed),
        .prepare = prepare_ten_times,
        .outcomes = OUTCOME(COMPLETE),
    };
    fault_case_run(row, &fault_case);
    fault_case.name = "ten times as much log";
    fault_case.prepare = prepare_logs;
    fault_case.look = look_logs;
    fault_case_run(row, &fault_case);

    fault_case = (struct fault_case){
        .name = "outputs without end",
        .options = fault_options(row->seed),
        .outcomes = OUTCOME(FW_PROTOCOL),
        .why = "a flood: more than 64 outputs for each sample",
        .within_ns = 60 * VR_NS_PER_S,
    };
    fault_case.options.sample_count = 64;
    fault_case.options.rate_num = 10;
    fault_case.options.baud = 3000000;
    fault_case.options.opened = flood_when_open;
    fault_case.options.event = flood;
    fault_case.options.event_ns = VR_NEVER_NS;
    fault_case_run(row, &fault_case);

    /* Paced, a device cannot wait: an output every second sample over a line of 9,600 baud, and room for two. */
    fault_case = (struct fault_case){
        .name = "more outputs than the line takes",
        .options = fault_options(row->seed),
        .outcomes = OUTCOME(OUTPUT_LOST),
        .why = "dropped",
        .look = look_dropped,
    };
    fault_case.options.paced = true;
    fault_case.options.speed_milli = 200000;
    fault_case.options.rate_num = 2;
    fault_case.options.sample_count = 600;
    fault_case.options.baud = 9600;
    fault_case.options.device.outputs_size = 128;
    fault_case.options.device.transmit_size = 256;
    fault_case_run(row, &fault_case);
}

/* --- L15: outputs that cannot be ---------------------------------------------------------------------------- */

enum lie {
    LIE_FUTURE,    /* at a sample that was never sent */
    LIE_ABOUT,     /* about a sample behind it */
    LIE_KIND,      /* of a kind that is none */
    LIE_VALUES,    /* without a value */
    LIE_ALGORITHM, /* of an algorithm that is not open */
    LIE_STREAM,    /* of a stream that is not open */
    LIE_NUMBER,    /* with a number far ahead */
    LIE_VALUE,     /* changed on the way, with a right check sum: the digest finds it */
    LIE_TWICE,     /* each one twice: told by its number, and harmless */
    LIE_MISSING,   /* one is never sent, and the numbers close over it */
};

static enum lie lie;

static size_t lying(
    void *context, int64_t now_ns, const uint8_t *frame, size_t size, uint8_t ret_out[LINE_TAP_OUT])
{
    static struct opened opened;
    struct wire_output output;
    (void)context, (void)now_ns;
    if (!open_frame(frame, size, &opened) || opened.header.type != WIRE_OUTPUT ||
        !wire_output_unpack(opened.payload, opened.size, &output) ||
        (lie != LIE_MISSING && output.number % 4 != 3))
        return pass(frame, size, ret_out);
    switch (lie) {
    case LIE_FUTURE:
        output.at_index += 1000000;
        break;
    case LIE_ABOUT:
        output.sample_index = output.at_index + 1;
        break;
    case LIE_KIND:
        output.kind = 200;
        break;
    case LIE_VALUES:
        output.value_count = 0;
        break;
    case LIE_ALGORITHM:
        output.algorithm++;
        break;
    case LIE_STREAM:
        opened.header.stream = 3;
        break;
    case LIE_NUMBER:
        output.number += 5000;
        break;
    case LIE_VALUE:
        output.values[0]++;
        break;
    case LIE_TWICE:
        pass(frame, size, ret_out);
        return size + pass(frame, size, ret_out + size);
    case LIE_MISSING:
        if (output.number == 3)
            return 0;
        if (output.number > 3)
            output.number--;
        break;
    }
    opened.header.seq = (uint16_t)output.number;
    opened.size = wire_output_pack(&output, opened.payload, sizeof opened.payload);
    return close_frame(&opened, ret_out);
}

static void prepare_lies(struct sim_world *world, uint64_t seed)
{
    (void)seed;
    world->host_tap.change = lying;
}

void fault_l15(struct fault_row_run *row)
{
    static const struct {
        const char *name, *why;
        enum lie lie;
        uint32_t outcomes;
    } cases[] = {
        {"at a sample before it was sent", "never sent", LIE_FUTURE, OUTCOME(FW_PROTOCOL)},
        {"about a sample before it was consumed", "not consumed", LIE_ABOUT, OUTCOME(FW_PROTOCOL)},
        {"of an unknown kind", "unknown kind", LIE_KIND, OUTCOME(FW_PROTOCOL)},
        {"without a value", "without values", LIE_VALUES, OUTCOME(FW_PROTOCOL)},
        {"of another algorithm", "another algorithm", LIE_ALGORITHM, OUTCOME(FW_PROTOCOL)},
        {"of another stream", "a stream that is not open", LIE_STREAM, OUTCOME(FW_PROTOCOL)},
        {"with an impossible number", "cannot have reached", LIE_NUMBER, OUTCOME(FW_PROTOCOL)},
        {"with another value", "digest", LIE_VALUE, OUTCOME(FW_PROTOCOL)},
        {"each twice", "", LIE_TWICE, OUTCOME(COMPLETE)},
        {"one left out", NULL, LIE_MISSING, OUTCOME(FW_PROTOCOL) | OUTCOME(FW_HANG)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lie = cases[i].lie;
        struct fault_case fault_case = {
            .name = cases[i].name,
            .options = fault_options(row->seed),
            .prepare = prepare_lies,
            .outcomes = cases[i].outcomes,
            .why = cases[i].why,
        };
        fault_case_run(row, &fault_case);
    }
}
