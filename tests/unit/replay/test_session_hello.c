/* Who answers HELLO, and how long one waits for it. */
#include "session_bench.h"

static const uint8_t id[] = {0xa1, 0xb2}, hash[] = {0x01, 0x02, 0x03};

static struct wire_hello told_hello(void)
{
    struct wire_hello hello = hello_of(BOOT);
    hello.present |=
        WIRE_HELLO_BIT(WIRE_HELLO_DEVICE_ID) | WIRE_HELLO_BIT(WIRE_HELLO_FIRMWARE_HASH);
    hello.device_id = (struct wire_span){id, sizeof id};
    hello.firmware_hash = (struct wire_span){hash, sizeof hash};
    return hello;
}

/* --- identity ---------------------------------------------------------------------------------- */

static void greet(
    struct bench *bench, const char *device_id, const char *firmware_hash,
    const struct wire_hello *hello)
{
    struct vr_session_config config = bench_config(bench);
    config.device_id = device_id;
    config.firmware_hash = firmware_hash;
    bench_init_with(bench, &config);
    listen(bench);
    say_hello(bench, hello);
}

Test(session_hello, takes_the_unit_and_the_firmware_that_are_expected)
{
    struct bench bench;
    struct wire_hello hello = told_hello();
    greet(&bench, "a1b2", "010203", &hello);
    cr_expect_eq(vr_session_state(bench.session), VR_SESSION_OPENING);
    bench_finish(&bench);
}

Test(session_hello, refuses_another_unit_before_anything_is_sent_to_it)
{
    struct bench bench;
    struct wire_hello hello = told_hello();
    greet(&bench, "c3d4", NULL, &hello);
    expect_end(&bench, VR_OUTCOME_DUT_ABSENT, "device id is a1b2, expected is c3d4");
    cr_expect_eq(listen(&bench).count, 0);
    bench_finish(&bench);
}

Test(session_hello, refuses_a_unit_that_does_not_say_who_it_is)
{
    struct bench bench;
    struct wire_hello hello = hello_of(BOOT);
    greet(&bench, "c3d4", NULL, &hello);
    expect_end(&bench, VR_OUTCOME_DUT_ABSENT, "not told");
    bench_finish(&bench);
}

Test(session_hello, refuses_stale_firmware)
{
    struct bench bench;
    struct wire_hello hello = told_hello();
    greet(&bench, NULL, "0a0b0c", &hello);
    expect_end(&bench, VR_OUTCOME_REFUSED, "stale firmware");
    bench_finish(&bench);
}

Test(session_hello, refuses_firmware_that_tells_no_hash_where_one_is_expected)
{
    struct bench bench;
    struct wire_hello hello = hello_of(BOOT);
    greet(&bench, NULL, "0a0b0c", &hello);
    expect_end(&bench, VR_OUTCOME_REFUSED, "tells no hash");
    bench_finish(&bench);
}

Test(session_hello, notices_a_silent_restart_between_two_trials)
{
    struct bench bench;
    struct vr_session_config config = bench_config(&bench);
    config.boot_nonce = BOOT + 1;
    bench_init_with(&bench, &config);
    struct wire_hello hello = told_hello();
    say_hello(&bench, &hello);
    expect_end(&bench, VR_OUTCOME_FW_REBOOT, "restarted since the trial before");
    bench_finish(&bench);
}

/* --- noise ------------------------------------------------------------------------------------- */

Test(session_hello, gives_up_a_second_after_the_first_noise)
{
    struct bench bench;
    bench_init(&bench);
    tick_to(&bench, 400 * VR_NS_PER_MS);
    vr_session_receive(bench.session, bench.now_ns, (const uint8_t *)"\xf8\x80\x9e\xfe", 4);
    cr_expect_leq(vr_session_tick(bench.session, bench.now_ns), 1400 * VR_NS_PER_MS);
    tick_to(&bench, 1399 * VR_NS_PER_MS);
    cr_expect_neq(vr_session_state(bench.session), VR_SESSION_ENDED);
    tick_to(&bench, 1400 * VR_NS_PER_MS);
    expect_end(&bench, VR_OUTCOME_LINK_CORRUPT, "baud rate");
    bench_finish(&bench);
}

Test(session_hello, gives_a_boot_log_its_time)
{
    struct bench bench;
    bench_init(&bench);
    const char *text = "U-Boot 2023.01 (Jan 01 2023)\r\nDRAM: 128 MiB\r\n";
    vr_session_receive(bench.session, 0, (const uint8_t *)text, strlen(text));
    tick_to(&bench, 2500 * VR_NS_PER_MS);
    cr_expect_neq(vr_session_state(bench.session), VR_SESSION_ENDED);
    listen(&bench);
    cr_expect_gt(
        vr_session_tick(bench.session, bench.now_ns), bench.now_ns, "or the line would spin");
    struct wire_hello hello = told_hello();
    vr_session_receive(bench.session, bench.now_ns, (const uint8_t *)"\0", 1);
    say_hello(&bench, &hello);
    cr_expect_eq(vr_session_state(bench.session), VR_SESSION_OPENING);
    bench_finish(&bench);
}

Test(session_hello, does_not_call_it_noise_once_a_frame_was_good)
{
    struct bench bench;
    bench_init(&bench);
    struct wire_hello stale = told_hello();
    stale.host_nonce++;
    say_hello(&bench, &stale);
    vr_session_receive(bench.session, 0, (const uint8_t *)"\xf8\x80\x9e\xfe\xf8\x80", 6);
    tick_to(&bench, 2 * VR_NS_PER_S);
    cr_expect_neq(vr_session_state(bench.session), VR_SESSION_ENDED);
    bench_finish(&bench);
}

/* --- slow lines ---------------------------------------------------------------------------------- */

static void bench_init_baud(struct bench *bench, uint32_t baud, size_t payload_max)
{
    struct vr_session_config config = bench_config(bench);
    config.baud = baud;
    config.payload_max = payload_max;
    bench_init_with(bench, &config);
}

/* At 300 baud HELLO takes 2 s: another one before it is out would only lengthen the queue. */
Test(session_hello, does_not_repeat_hello_faster_than_the_line_takes_it)
{
    struct bench bench;
    bench_init_baud(&bench, 300, 256);
    listen(&bench);
    for (int64_t ms = 100; ms < 8000; ms += 100) {
        tick_to(&bench, ms * VR_NS_PER_MS);
        cr_assert_eq(listen(&bench).count, 0, "again after %lld ms", (long long)ms);
    }
    cr_expect_neq(vr_session_state(bench.session), VR_SESSION_ENDED);
    tick_to(&bench, 9 * VR_NS_PER_S);
    cr_expect_eq(listen(&bench).types[0], WIRE_HELLO);
    tick_to(&bench, 20 * VR_NS_PER_S);
    expect_end(&bench, VR_OUTCOME_DUT_ABSENT, "no answer");
    bench_finish(&bench);
}

/* 252 bytes at 1,200 baud take 2.1 s: not yet there is not lost. */
Test(session_hello, waits_for_what_is_still_on_a_slow_line)
{
    struct bench bench;
    bench_init_baud(&bench, 1200, 256);
    connect(&bench);
    offer(&bench, 126);
    listen(&bench);
    for (int64_t ms = 100; ms <= 2000; ms += 100) {
        tick_to(&bench, ms * VR_NS_PER_MS);
        struct heard heard = listen(&bench);
        for (size_t i = 0; i < heard.count; i++)
            cr_assert_neq(heard.types[i], WIRE_SAMPLES, "sent again after %lld ms", (long long)ms);
    }
    bench_finish(&bench);
}

Test(session_hello, calls_silence_on_a_slow_line_later_a_hang)
{
    struct bench bench;
    bench_init_baud(&bench, 1200, 256);
    connect(&bench);
    offer(&bench, 126);
    listen(&bench);
    tick_to(&bench, 6 * VR_NS_PER_S);
    cr_expect_neq(vr_session_state(bench.session), VR_SESSION_ENDED, "5 s and 2.1 s of line");
    tick_to(&bench, 8 * VR_NS_PER_S);
    expect_end(&bench, VR_OUTCOME_FW_HANG, "no answer");
    bench_finish(&bench);
}

/* --- silent trials --------------------------------------------------------------------------------- */

static void open_silent(struct bench *bench, int64_t sample_count)
{
    struct vr_session_config config = bench_config(bench);
    config.open.mode = WIRE_MODE_SILENT;
    config.sample_counts[0] = sample_count;
    bench_init_with(bench, &config);
    struct wire_hello hello = told_hello();
    listen(bench);
    say_hello(bench, &hello);
    listen(bench);
    say_credit(bench, 1, 0, 1024, 0);
}

Test(session_hello, takes_a_silent_trial_that_just_fits)
{
    struct bench bench;
    open_silent(&bench, 512);
    cr_expect_eq(vr_session_state(bench.session), VR_SESSION_STREAMING);
    bench_finish(&bench);
}

Test(session_hello, refuses_a_silent_trial_that_would_wait_for_room_for_ever)
{
    struct bench bench;
    open_silent(&bench, 513);
    expect_end(&bench, VR_OUTCOME_REFUSED, "1026 bytes, there is room for 1024");
    bench_finish(&bench);
}
