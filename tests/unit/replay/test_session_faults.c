/* The session with devices that misbehave, stall, restart or crash. */
#include "session_bench.h"

Test(session_faults, accuses_outputs_that_break_the_contract)
{
    static const struct {
        uint8_t kind, algorithm;
        uint32_t sample_index, at_index;
        const char *part;
    } cases[] = {
        {WIRE_OUTPUT_BEAT, 3, 5, 126, "never sent"},
        {WIRE_OUTPUT_BEAT, 3, 20, 10, "not consumed yet"},
        {WIRE_OUTPUT_BEAT, 4, 5, 10, "another algorithm"},
        {200, 3, 5, 10, "unknown kind"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench bench;
        bench_init(&bench);
        connect(&bench);
        offer(&bench, 126);
        listen(&bench);
        struct wire_output output = output_of(0, cases[i].sample_index, cases[i].at_index);
        output.kind = cases[i].kind;
        output.algorithm = cases[i].algorithm;
        say_output(&bench, &output);
        expect_end(&bench, VR_OUTCOME_FW_PROTOCOL, cases[i].part);
        bench_finish(&bench);
    }
}

Test(session_faults, calls_silence_a_hang)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    offer(&bench, 126);
    for (int64_t ms = 100; ms <= 5000; ms += 100) {
        listen(&bench);
        tick_to(&bench, ms * VR_NS_PER_MS);
    }
    expect_end(&bench, VR_OUTCOME_FW_HANG, "no answer");
    bench_finish(&bench);
}

/* A device that answers what is asked, every frame of it damaged on the way. */
Test(session_faults, blames_a_line_that_lets_nothing_whole_through)
{
    struct bench bench;
    const uint8_t damaged[] = {5, 1, 2, 3, 4, 0};
    bench_init(&bench);
    connect(&bench);
    offer(&bench, 126);
    for (int64_t ms = 100; ms <= 5000; ms += 100) {
        if (listen(&bench).count > 0)
            vr_session_receive(bench.session, bench.now_ns, damaged, sizeof damaged);
        tick_to(&bench, ms * VR_NS_PER_MS);
    }
    expect_end(&bench, VR_OUTCOME_LINK_CORRUPT, "damaged frames");
    bench_finish(&bench);
}

/* What a crash handler prints before it stops for good is no noise of the line. */
Test(session_faults, calls_silence_behind_last_words_a_hang)
{
    struct bench bench;
    static const char words[] = "Hard fault!";
    bench_init(&bench);
    connect(&bench);
    offer(&bench, 126);
    vr_session_receive(bench.session, bench.now_ns, (const uint8_t *)words, sizeof words);
    for (int64_t ms = 100; ms <= 5000; ms += 100) {
        listen(&bench);
        tick_to(&bench, ms * VR_NS_PER_MS);
    }
    expect_end(&bench, VR_OUTCOME_FW_HANG, "no answer");
    bench_finish(&bench);
}

Test(session_faults, tells_a_restart_from_a_hang)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    struct wire_hello other = hello_of(BOOT + 1);
    say_hello(&bench, &other);
    cr_expect_eq(vr_session_state(bench.session), VR_SESSION_REBOOTED);
    tick_to(&bench, 200 * VR_NS_PER_MS);
    expect_end(&bench, VR_OUTCOME_FW_REBOOT, "restarted");
    bench_finish(&bench);
}

Test(session_faults, tells_a_crash_from_a_restart)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    struct wire_hello other = hello_of(BOOT + 1);
    say_hello(&bench, &other);
    struct wire_fault fault = {.code = 3, .pc = 0x08001234, .lr = 0x08005678, .cfsr = 0x8200};
    uint8_t payload[128];
    say_in(&bench, 0, WIRE_FAULT, 0, payload, wire_fault_pack(&fault, payload, sizeof payload));
    expect_end(&bench, VR_OUTCOME_FW_CRASH, "pc 0x08001234");
    bench_finish(&bench);
}

Test(session_faults, does_not_take_an_old_fault_for_a_new_one)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    struct wire_fault fault = {.code = 3, .pc = 0x08001234};
    uint8_t payload[128];
    say_in(&bench, 0, WIRE_FAULT, 0, payload, wire_fault_pack(&fault, payload, sizeof payload));
    cr_expect_eq(vr_session_state(bench.session), VR_SESSION_STREAMING);
    cr_expect_eq(bench.logs, 1, "but it is in the log");
    bench_finish(&bench);
}

/* Answers every second, but never consumes anything. */
static void stall(struct bench *bench, uint16_t crc_errors)
{
    connect(bench);
    offer(bench, 126);
    for (int64_t s = 1; s <= 61; s++) {
        struct wire_credit credit = {
            .stream_count = 1, .errors_crc = crc_errors, .streams = {{0, 1024}}};
        uint8_t payload[64];
        listen(bench);
        tick_to(bench, s * VR_NS_PER_S);
        say(bench, WIRE_CREDIT, 1, payload, wire_credit_pack(&credit, payload, sizeof payload));
    }
}

Test(session_faults, calls_a_device_that_answers_but_stands_still_a_hang)
{
    struct bench bench;
    bench_init(&bench);
    stall(&bench, 0);
    expect_end(&bench, VR_OUTCOME_FW_HANG, "nothing moved for 60 s");
    bench_finish(&bench);
}

Test(session_faults, blames_a_noisy_line_and_not_the_firmware)
{
    struct bench bench;
    bench_init(&bench);
    stall(&bench, 9);
    expect_end(&bench, VR_OUTCOME_LINK_CORRUPT, "smaller frame_size");
    bench_finish(&bench);
}

Test(session_faults, ends_as_cancelled_and_says_close)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    vr_session_end(bench.session, VR_OUTCOME_CANCELLED, "stopped by the user");
    struct heard heard = listen(&bench);
    cr_expect_eq(heard.count, 1);
    cr_expect_eq(heard.types[0], WIRE_CLOSE);
    expect_end(&bench, VR_OUTCOME_CANCELLED, "stopped");
    bench_finish(&bench);
}
