/* The session on a line that goes away and comes back. */
#include "session_bench.h"

#define REPLUG_NS (2 * VR_NS_PER_S)

static const uint8_t unit_a[] = {0xa1, 0xb2}, unit_b[] = {0xc3, 0xd4};

static struct wire_hello hello_from(const uint8_t id[2], uint32_t boot_nonce)
{
    struct wire_hello hello = hello_of(boot_nonce);
    hello.present |= WIRE_HELLO_BIT(WIRE_HELLO_DEVICE_ID);
    hello.device_id = (struct wire_span){id, 2};
    return hello;
}

static void bench_init_replug(struct bench *bench)
{
    struct vr_session_config config = bench_config(bench);
    config.replug_ns = REPLUG_NS;
    bench_init_with(bench, &config);
}

/* Streaming with unit A, 126 samples on the line, one output here. */
static void stream_from_unit_a(struct bench *bench)
{
    struct wire_hello hello = hello_from(unit_a, BOOT);
    listen(bench);
    say_hello(bench, &hello);
    listen(bench);
    say_credit(bench, 1, 0, 1024, 0);
    offer(bench, 126);
    listen(bench);
    struct wire_output output = output_of(0, 5, 10);
    say_output(bench, &output);
    say_credit(bench, 1, 100, 1224, 1);
    listen(bench);
}

static void unplug(struct bench *bench, int64_t now_ns)
{
    tick_to(bench, now_ns);
    vr_session_link_down(bench->session, now_ns, "band: the device is gone (EIO)");
}

static void replug(struct bench *bench, int64_t now_ns)
{
    tick_to(bench, now_ns);
    vr_session_link_up(bench->session, now_ns);
}

/* --- away ------------------------------------------------------------------------------------ */

Test(session_link, ends_at_once_where_nothing_comes_back)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    unplug(&bench, 700 * VR_NS_PER_MS);
    expect_end(&bench, VR_OUTCOME_LINK_LOST, "the device is gone");
    cr_expect(strstr(bench.log, "lost 700 ms into the trial"), "the log says when: %s", bench.log);
    bench_finish(&bench);
}

Test(session_link, is_silent_and_takes_nothing_while_it_is_away)
{
    struct bench bench;
    bench_init_replug(&bench);
    stream_from_unit_a(&bench);
    unplug(&bench, VR_NS_PER_S);
    cr_expect(vr_session_link_is_down(bench.session));
    cr_expect_eq(listen(&bench).count, 0);
    cr_expect_eq(vr_session_room(bench.session, 0, 100), 0);
    struct wire_output output = output_of(1, 20, 30);
    say_output(&bench, &output);
    cr_expect_eq(bench.outputs, 1, "bytes of a line that is away are nobody's");
    bench_finish(&bench);
}

Test(session_link, is_lost_when_the_grace_is_over)
{
    struct bench bench;
    bench_init_replug(&bench);
    stream_from_unit_a(&bench);
    unplug(&bench, VR_NS_PER_S);
    cr_expect_eq(
        vr_session_tick(bench.session, VR_NS_PER_S), VR_NS_PER_S + REPLUG_NS,
        "it wants to be called then");
    tick_to(&bench, VR_NS_PER_S + REPLUG_NS - 1);
    cr_expect_neq(vr_session_state(bench.session), VR_SESSION_ENDED);
    tick_to(&bench, VR_NS_PER_S + REPLUG_NS);
    expect_end(&bench, VR_OUTCOME_LINK_LOST, "did not come back within 2.0 s");
    bench_finish(&bench);
}

Test(session_link, says_what_keeps_the_port_from_being_opened)
{
    struct bench bench;
    bench_init_replug(&bench);
    stream_from_unit_a(&bench);
    unplug(&bench, VR_NS_PER_S);
    vr_session_link_down(bench.session, 2 * VR_NS_PER_S, "band: permission denied");
    tick_to(&bench, VR_NS_PER_S + REPLUG_NS);
    expect_end(&bench, VR_OUTCOME_LINK_LOST, "within 2.0 s: band: permission denied");
    bench_finish(&bench);
}

Test(session_link, counts_the_half_frame_that_was_cut)
{
    struct bench bench;
    bench_init_replug(&bench);
    stream_from_unit_a(&bench);
    vr_session_receive(bench.session, bench.now_ns, (const uint8_t *)"\x05xyz", 4);
    unplug(&bench, VR_NS_PER_S);
    cr_expect_eq(vr_session_ledger(bench.session)->frame_errors, 1);
    bench_finish(&bench);
}

Test(session_link, completes_when_only_the_last_zero_was_cut_off)
{
    struct bench bench;
    bench_init_replug(&bench);
    connect(&bench);
    offer(&bench, 126);
    vr_session_finish_streams(bench.session);
    listen(&bench);
    struct wire_fin_reply reply = {
        .digest = WIRE_DIGEST_INIT, .stream_count = 1, .consumed = {126}};
    uint8_t payload[64], line[128];
    size_t size = wire_fin_reply_pack(&reply, payload, sizeof payload);
    struct wire_header header = {.type = WIRE_FIN_R, .session = SESSION};
    size = wire_frame_encode(&header, payload, size, line, sizeof line);
    vr_session_receive(bench.session, bench.now_ns, line, size - 1);
    unplug(&bench, VR_NS_PER_S);
    expect_end(&bench, VR_OUTCOME_COMPLETE, "");
    cr_expect_not(vr_session_link_is_down(bench.session));
    bench_finish(&bench);
}

Test(session_link, can_be_stopped_while_it_is_away)
{
    struct bench bench;
    bench_init_replug(&bench);
    stream_from_unit_a(&bench);
    unplug(&bench, VR_NS_PER_S);
    vr_session_end(bench.session, VR_OUTCOME_CANCELLED, "stopped by the user");
    expect_end(&bench, VR_OUTCOME_CANCELLED, "stopped");
    cr_expect_eq(vr_session_tick(bench.session, 2 * VR_NS_PER_S), VR_NEVER_NS);
    bench_finish(&bench);
}

/* --- back ------------------------------------------------------------------------------------ */

Test(session_link, says_nothing_but_hello_until_the_device_has_answered)
{
    struct bench bench;
    bench_init_replug(&bench);
    stream_from_unit_a(&bench);
    unplug(&bench, VR_NS_PER_S);
    replug(&bench, 2 * VR_NS_PER_S);
    struct heard heard = listen(&bench);
    cr_expect_eq(heard.count, 1);
    cr_expect_eq(heard.types[0], WIRE_HELLO);
    say_credit(&bench, 2, 126, 1276, 1);
    cr_expect_eq(vr_session_ledger(bench.session)->samples_consumed[0], 100, "said by whom?");
    tick_to(&bench, 2 * VR_NS_PER_S + 300 * VR_NS_PER_MS);
    heard = listen(&bench);
    cr_expect_eq(heard.count, 1);
    cr_expect_eq(heard.types[0], WIRE_HELLO);
    bench_finish(&bench);
}

Test(session_link, goes_on_where_the_same_boot_answers)
{
    struct bench bench;
    bench_init_replug(&bench);
    stream_from_unit_a(&bench);
    unplug(&bench, VR_NS_PER_S);
    replug(&bench, 2 * VR_NS_PER_S);
    listen(&bench);
    struct wire_hello hello = hello_from(unit_a, BOOT);
    say_hello(&bench, &hello);
    struct heard heard = listen(&bench);
    cr_assert_eq(heard.count, 3);
    cr_expect_eq(heard.types[0], WIRE_ACK, "from which output on");
    cr_expect_eq(heard.last.type, WIRE_SAMPLES);
    cr_expect_eq(heard.last.seq, 1, "from the first that is not acknowledged");
    cr_expect_eq(heard.last.flags & WIRE_FLAG_RESENT, WIRE_FLAG_RESENT);
    cr_expect(strstr(bench.all_logs, "the link is back after 1000 ms"), "%s", bench.all_logs);
    cr_expect(strstr(bench.all_logs, "going on behind sample 100 and output 1"));
    struct wire_output output = output_of(1, 20, 30);
    say_output(&bench, &output);
    cr_expect_eq(bench.outputs, 2);
    bench_finish(&bench);
}

Test(session_link, never_splices_two_boots)
{
    struct bench bench;
    bench_init_replug(&bench);
    stream_from_unit_a(&bench);
    unplug(&bench, VR_NS_PER_S);
    replug(&bench, 2 * VR_NS_PER_S);
    struct wire_hello hello = hello_from(unit_a, BOOT + 1);
    say_hello(&bench, &hello);
    tick_to(&bench, 2 * VR_NS_PER_S + 200 * VR_NS_PER_MS);
    expect_end(&bench, VR_OUTCOME_LINK_LOST, "restarted while its line was away");
    bench_finish(&bench);
}

Test(session_link, tells_a_crash_that_took_the_line_with_it)
{
    struct bench bench;
    bench_init_replug(&bench);
    stream_from_unit_a(&bench);
    unplug(&bench, VR_NS_PER_S);
    replug(&bench, 2 * VR_NS_PER_S);
    struct wire_hello hello = hello_from(unit_a, BOOT + 1);
    say_hello(&bench, &hello);
    struct wire_fault fault = {.code = 3, .pc = 0x08001234};
    uint8_t payload[128];
    say_in(&bench, 0, WIRE_FAULT, 0, payload, wire_fault_pack(&fault, payload, sizeof payload));
    expect_end(&bench, VR_OUTCOME_FW_CRASH, "pc 0x08001234");
    bench_finish(&bench);
}

Test(session_link, refuses_another_unit)
{
    struct bench bench;
    bench_init_replug(&bench);
    stream_from_unit_a(&bench);
    unplug(&bench, VR_NS_PER_S);
    replug(&bench, 2 * VR_NS_PER_S);
    struct wire_hello hello = hello_from(unit_b, BOOT + 1);
    say_hello(&bench, &hello);
    expect_end(&bench, VR_OUTCOME_DUT_ABSENT, "another unit");
    bench_finish(&bench);
}

/* A nonce that is a boot counter is the same on two boards out of one box. */
Test(session_link, refuses_another_unit_that_counts_boots_alike)
{
    struct bench bench;
    bench_init_replug(&bench);
    stream_from_unit_a(&bench);
    unplug(&bench, VR_NS_PER_S);
    replug(&bench, 2 * VR_NS_PER_S);
    struct wire_hello hello = hello_from(unit_b, BOOT);
    say_hello(&bench, &hello);
    expect_end(&bench, VR_OUTCOME_DUT_ABSENT, "device id c3d4");
    bench_finish(&bench);
}

/* The adapter stays in its port, and the board behind it is another one. */
Test(session_link, refuses_another_unit_that_came_without_a_hang_up)
{
    struct bench bench;
    bench_init_replug(&bench);
    stream_from_unit_a(&bench);
    struct wire_hello hello = hello_from(unit_b, BOOT + 1);
    say_hello(&bench, &hello);
    expect_end(&bench, VR_OUTCOME_DUT_ABSENT, "another unit");
    bench_finish(&bench);
}

Test(session_link, is_lost_when_the_port_is_back_without_its_device)
{
    struct bench bench;
    bench_init_replug(&bench);
    stream_from_unit_a(&bench);
    unplug(&bench, VR_NS_PER_S);
    replug(&bench, 2 * VR_NS_PER_S);
    tick_to(&bench, 5 * VR_NS_PER_S);
    expect_end(&bench, VR_OUTCOME_LINK_LOST, "no device answered");
    bench_finish(&bench);
}

/* --- a line that does not settle -------------------------------------------------------------- */

/* Every second the port comes back for half of it and nobody answers: the grace is not begun anew each time. */
Test(session_link, does_not_wait_for_ever_for_a_port_that_comes_and_goes)
{
    struct bench bench;
    bench_init_replug(&bench);
    stream_from_unit_a(&bench);
    int64_t now_ns = VR_NS_PER_S;
    while (now_ns < 60 * VR_NS_PER_S && vr_session_state(bench.session) != VR_SESSION_ENDED) {
        unplug(&bench, now_ns);
        replug(&bench, now_ns + VR_NS_PER_S / 2);
        listen(&bench);
        now_ns += VR_NS_PER_S;
    }
    cr_expect_leq(now_ns, VR_NS_PER_S + REPLUG_NS + VR_NS_PER_S);
    expect_end(&bench, VR_OUTCOME_LINK_LOST, "did not come back");
    bench_finish(&bench);
}

Test(session_link, does_not_wait_for_ever_before_the_first_answer)
{
    struct bench bench;
    bench_init_replug(&bench);
    int64_t now_ns = VR_NS_PER_S;
    while (now_ns < 60 * VR_NS_PER_S && vr_session_state(bench.session) != VR_SESSION_ENDED) {
        unplug(&bench, now_ns);
        replug(&bench, now_ns + VR_NS_PER_S / 2);
        now_ns += VR_NS_PER_S;
    }
    cr_expect_leq(now_ns, VR_NS_PER_S + REPLUG_NS + VR_NS_PER_S);
    expect_end(&bench, VR_OUTCOME_LINK_LOST, "did not come back");
    bench_finish(&bench);
}

/* It answers each time, but no sample ever gets through: that is a stall, however often the line is lost. */
Test(session_link, calls_it_a_stall_when_nothing_moves_between_losses)
{
    struct bench bench;
    bench_init_replug(&bench);
    stream_from_unit_a(&bench);
    struct wire_hello hello = hello_from(unit_a, BOOT);
    int64_t now_ns = VR_NS_PER_S;
    while (now_ns < 300 * VR_NS_PER_S && vr_session_state(bench.session) != VR_SESSION_ENDED) {
        unplug(&bench, now_ns);
        replug(&bench, now_ns + VR_NS_PER_S / 2);
        say_hello(&bench, &hello);
        listen(&bench);
        now_ns += VR_NS_PER_S;
        tick_to(&bench, now_ns);
    }
    cr_expect_lt(now_ns, 130 * VR_NS_PER_S, "half of the time it was there: 60 s of stall");
    cr_expect_eq(vr_session_state(bench.session), VR_SESSION_ENDED);
    bench_finish(&bench);
}

/* The restart has nothing to do with a loss that was mended long ago. */
Test(session_link, blames_the_firmware_for_a_restart_long_after_the_line_was_back)
{
    struct bench bench;
    bench_init_replug(&bench);
    stream_from_unit_a(&bench);
    unplug(&bench, VR_NS_PER_S);
    replug(&bench, 2 * VR_NS_PER_S);
    struct wire_hello hello = hello_from(unit_a, BOOT);
    say_hello(&bench, &hello);
    tick_to(&bench, 3 * VR_NS_PER_S);
    say_credit(&bench, 2, 126, 1276, 1);
    hello.boot_nonce++;
    say_hello(&bench, &hello);
    tick_to(&bench, 3 * VR_NS_PER_S + 200 * VR_NS_PER_MS);
    expect_end(&bench, VR_OUTCOME_FW_REBOOT, "restarted in mid-trial");
    bench_finish(&bench);
}

Test(session_link, blames_the_line_when_it_was_away_before_the_first_answer)
{
    struct bench bench;
    struct vr_session_config config = bench_config(&bench);
    config.replug_ns = REPLUG_NS;
    config.boot_nonce = BOOT;
    bench_init_with(&bench, &config);
    unplug(&bench, 10 * VR_NS_PER_MS);
    replug(&bench, VR_NS_PER_S);
    struct wire_hello hello = hello_from(unit_a, BOOT + 1);
    say_hello(&bench, &hello);
    expect_end(&bench, VR_OUTCOME_LINK_LOST, "restarted while its line was away");
    bench_finish(&bench);
}
