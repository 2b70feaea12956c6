/* The session with a device that keeps the protocol. */
#include "session_bench.h"

/* --- the handshake --------------------------------------------------------------------------- */

Test(session, calls_hello_until_the_device_is_declared_absent)
{
    struct bench bench;
    bench_init(&bench);
    cr_expect_eq(listen(&bench).types[0], WIRE_HELLO);
    cr_expect_eq(listen(&bench).count, 0);
    tick_to(&bench, 250 * VR_NS_PER_MS);
    cr_expect_eq(listen(&bench).types[0], WIRE_HELLO);
    tick_to(&bench, 3 * VR_NS_PER_S);
    expect_end(&bench, VR_OUTCOME_DUT_ABSENT, "no answer to HELLO");
    bench_finish(&bench);
}

Test(session, suspects_the_baud_rate_when_only_noise_arrives)
{
    struct bench bench;
    bench_init(&bench);
    vr_session_receive(bench.session, 0, (const uint8_t *)"ok boot v1\r\n\0\x80\x81", 15);
    tick_to(&bench, 3 * VR_NS_PER_S);
    expect_end(&bench, VR_OUTCOME_LINK_CORRUPT, "baud rate");
    bench_finish(&bench);
}

Test(session, ignores_the_answer_to_an_earlier_host)
{
    struct bench bench;
    bench_init(&bench);
    struct wire_hello stale = hello_of(BOOT);
    stale.host_nonce = NONCE + 1;
    say_hello(&bench, &stale);
    cr_expect_eq(vr_session_state(bench.session), VR_SESSION_HELLO);
    bench_finish(&bench);
}

Test(session, hears_the_answer_through_a_boot_log)
{
    struct bench bench;
    bench_init(&bench);
    struct wire_hello hello = hello_of(BOOT);
    vr_session_receive(bench.session, 0, (const uint8_t *)"booting...\r\n\0", 13);
    say_hello(&bench, &hello);
    cr_expect_eq(vr_session_state(bench.session), VR_SESSION_OPENING);
    bench_finish(&bench);
}

Test(session, refuses_another_major_version_in_words)
{
    struct bench bench;
    bench_init(&bench);
    struct wire_hello hello = hello_of(BOOT);
    hello.protocol_major = WIRE_PROTOCOL_MAJOR + 1;
    say_hello(&bench, &hello);
    expect_end(&bench, VR_OUTCOME_REFUSED, "update the host");
    bench_finish(&bench);
}

Test(session, names_the_algorithms_that_the_firmware_has)
{
    struct bench bench;
    bench_init(&bench);
    struct wire_hello hello = hello_of(BOOT);
    hello.algorithms[0].name = wire_text_of("ppg_hr");
    say_hello(&bench, &hello);
    expect_end(&bench, VR_OUTCOME_REFUSED, "it has: ppg_hr");
    bench_finish(&bench);
}

/* --- streaming ------------------------------------------------------------------------------- */

Test(session, sends_no_more_than_the_credit)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    /* payload 256 = 4 + 252 bytes = 126 samples; the ring holds 512 samples, so four frames fit and
     * the fifth does not */
    for (int i = 0; i < 4; i++)
        offer(&bench, 126);
    cr_expect_eq(vr_session_room(bench.session, 0, 1000), 0);
    cr_expect_eq(vr_session_room(bench.session, 0, 8), 8, "the last few samples of a record");
    say_credit(&bench, 1, 0, 1280, 0);
    cr_expect_eq(vr_session_room(bench.session, 0, 1000), 126);
    bench_finish(&bench);
}

Test(session, goes_back_when_the_device_misses_a_frame)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    for (int i = 0; i < 3; i++)
        offer(&bench, 126);
    cr_expect_eq(listen(&bench).count, 3);
    say(&bench, WIRE_NAK, 2, NULL, 0);
    struct heard heard = listen(&bench);
    cr_expect_eq(heard.count, 2);
    cr_expect_eq(heard.last.seq, 3);
    cr_expect_eq(vr_session_ledger(bench.session)->frames_resent, 2);
    cr_expect_eq(vr_session_ledger(bench.session)->sample_bytes, 3 * 252, "counted once");
    bench_finish(&bench);
}

Test(session, sends_again_what_nobody_acknowledges)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    offer(&bench, 126);
    listen(&bench);
    tick_to(&bench, 260 * VR_NS_PER_MS);
    struct heard heard = listen(&bench);
    cr_assert_gt(heard.count, 0);
    cr_expect_eq(heard.last.type, WIRE_SAMPLES);
    cr_expect_eq(heard.last.flags & WIRE_FLAG_RESENT, WIRE_FLAG_RESENT);
    bench_finish(&bench);
}

Test(session, asks_for_missing_outputs_and_takes_each_once)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    offer(&bench, 126);
    listen(&bench);
    struct wire_output first = output_of(0, 5, 10), second = output_of(1, 15, 20);
    say_output(&bench, &second);
    cr_expect_eq(bench.outputs, 0);
    struct heard heard = listen(&bench);
    cr_expect_eq(heard.types[0], WIRE_ACK);
    say_output(&bench, &first);
    say_output(&bench, &first);
    say_output(&bench, &second);
    cr_expect_eq(bench.outputs, 2);
    bench_finish(&bench);
}

/* --- the end --------------------------------------------------------------------------------- */

static void say_fin_reply(struct bench *bench, uint32_t outputs, uint32_t consumed, uint64_t digest)
{
    struct wire_fin_reply reply = {
        .outputs_total = outputs, .digest = digest, .stream_count = 1, .consumed = {consumed}};
    uint8_t payload[64];
    say(bench, WIRE_FIN_R, 0, payload, wire_fin_reply_pack(&reply, payload, sizeof payload));
}

static void stream_one_frame(struct bench *bench)
{
    connect(bench);
    offer(bench, 126);
    vr_session_finish_streams(bench->session);
    listen(bench);
    say_credit(bench, 3, 126, 1276, 0);
}

Test(session, completes_when_every_sum_agrees)
{
    struct bench bench;
    bench_init(&bench);
    stream_one_frame(&bench);
    struct wire_output output = output_of(0, 5, 10);
    say_fin_reply(&bench, 1, 126, wire_output_digest(WIRE_DIGEST_INIT, 0, &output));
    cr_expect_eq(vr_session_state(bench.session), VR_SESSION_CLOSING, "an output is missing");
    say_output(&bench, &output);
    expect_end(&bench, VR_OUTCOME_COMPLETE, "");
    cr_expect_eq(listen(&bench).types[0], WIRE_CLOSE);
    bench_finish(&bench);
}

Test(session, accuses_a_digest_that_does_not_agree)
{
    struct bench bench;
    bench_init(&bench);
    stream_one_frame(&bench);
    say_fin_reply(&bench, 0, 126, 42);
    expect_end(&bench, VR_OUTCOME_FW_PROTOCOL, "digest");
    bench_finish(&bench);
}

Test(session, does_not_complete_with_samples_missing)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    offer(&bench, 126);
    vr_session_finish_streams(bench.session);
    listen(&bench);
    say_fin_reply(&bench, 0, 100, WIRE_DIGEST_INIT);
    expect_end(&bench, VR_OUTCOME_FW_PROTOCOL, "all samples");
    bench_finish(&bench);
}

Test(session, keeps_what_was_dropped_whatever_is_said_later)
{
    struct bench bench;
    bench_init(&bench);
    stream_one_frame(&bench);
    struct wire_credit credit = {.stream_count = 1, .outputs_dropped = 5, .streams = {{126, 1276}}};
    uint8_t payload[64];
    say(&bench, WIRE_CREDIT, 3, payload, wire_credit_pack(&credit, payload, sizeof payload));
    say_credit(&bench, 3, 126, 1276, 0);
    cr_expect_eq(vr_session_ledger(bench.session)->outputs_dropped, 5);
    say_fin_reply(&bench, 0, 126, WIRE_DIGEST_INIT);
    expect_end(&bench, VR_OUTCOME_FW_PROTOCOL, "fewer dropped outputs");
    bench_finish(&bench);
}

Test(session, takes_no_end_before_it_has_asked_for_one)
{
    struct bench bench;
    bench_init(&bench);
    connect(&bench);
    offer(&bench, 126);
    listen(&bench);
    vr_session_finish_streams(bench.session);
    say_fin_reply(&bench, 0, 126, WIRE_DIGEST_INIT);
    cr_expect_neq(vr_session_state(bench.session), VR_SESSION_ENDED);
    bench_finish(&bench);
}
