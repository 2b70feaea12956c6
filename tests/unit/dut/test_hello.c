/* What the device says of itself, byte by byte. */
#include "lab.h"

static struct lab lab;

static size_t write_id(void *context, uint8_t *id, size_t capacity)
{
    (void)context;
    memset(id, 0xa5, capacity);
    return capacity;
}

/* The device writes its HELLO_R field by field, the host's codec from a struct. */
Test(hello, says_it_in_the_layout_of_the_hosts_codec)
{
    static const uint8_t hash[32] = {1, 2, 3};
    struct wire_hello hello;
    uint8_t payload[512];
    lab_init(&lab);
    lab.port.unique_id = write_id;
    lab.config.git = "0123abc";
    lab.config.build = "release";
    lab.config.cpu = "Cortex-M4F";
    lab.config.self_test = 3;
    lab.config.firmware_hash = (struct wire_span){hash, sizeof hash};
    lab_boot(&lab);
    for (uint8_t major = 1; major <= 2; major++) {
        lab_hello(&lab, major, 7);
        const struct lab_frame *const frame = lab_last(&lab, WIRE_HELLO_R);
        cr_assert(wire_hello_unpack(frame->payload, frame->size, &hello));
        const size_t size = wire_hello_pack(&hello, payload, sizeof payload);
        cr_assert_eq(size, frame->size);
        cr_assert_arr_eq(payload, frame->payload, size);
        if (major != 1)
            continue;
        cr_assert_eq(hello.algorithms[0].id, algo_echo.id);
        cr_assert_eq(hello.algorithms[0].version, algo_echo.version);
        cr_assert_eq(hello.algorithms[0].stream_count, WIRE_STREAMS_MAX);
        cr_assert_eq(hello.stream_max, WIRE_STREAMS_MAX);
        cr_assert_eq(hello.clock_hz, lab.port.ticks_hz);
        cr_assert_eq(hello.clock_source, WIRE_CLOCK_TIMER);
        cr_assert_eq(hello.self_test, 3);
        cr_assert_eq(hello.features, WIRE_FEATURE_PACED | WIRE_FEATURE_SILENT);
        cr_assert_eq(hello.device_id.size, 16);
        cr_assert_eq(hello.firmware_hash.size, sizeof hash);
        cr_assert_arr_eq(hello.cpu.data, "Cortex-M4F", hello.cpu.size);
    }
}

/* Of a broken HELLO the device keeps nothing: its words stay those about the host it knows. */
Test(hello, forgets_a_hello_without_a_nonce)
{
    static const uint8_t broken[] = {WIRE_HELLO_PROTOCOL, 2, 1, 0};
    const struct wire_header header = {.type = WIRE_HELLO};
    struct wire_hello hello;
    lab_init(&lab);
    lab.config.transmit_size = 200; /* room for one answer: the second has to wait */
    lab_boot(&lab);
    lab.line_room = 0;
    lab_hello(&lab, 12, 7);
    lab_hello(&lab, 12, 7);
    lab_send(&lab, &header, broken, sizeof broken);
    lab.line_room = SIZE_MAX;
    lab_run(&lab);
    cr_assert_eq(lab_count(&lab, WIRE_HELLO_R), 2);
    const struct lab_frame *const frame = lab_last(&lab, WIRE_HELLO_R);
    cr_assert(wire_hello_unpack(frame->payload, frame->size, &hello));
    cr_assert_arr_eq(hello.refusal.data, "host speaks 12.0", 16);
}
