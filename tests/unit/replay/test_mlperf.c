/* The dialect mlperf against the double of firmware, in virtual time. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "mlperf/mlperf_dut.h"
#include "replay/dialect.h"
#include "replay/session.h"

#define WINDOW 100
#define WINDOWS 5

struct world {
    struct vr_session *session;
    struct mlperf_dut dut;
    struct vr_rig_dut rig;
    int64_t now_ns, offered;
    uint8_t said[8192]; /* by the device, on its way */
    size_t said_size;
    char sent[128]; /* last command, with its terminator */
    size_t outputs;
    char log[2048];
};

static void device_says(void *context, const char *text, size_t size)
{
    struct world *world = context;
    cr_assert_leq(world->said_size + size, sizeof world->said);
    memcpy(world->said + world->said_size, text, size);
    world->said_size += size;
}

static uint32_t device_now(void *context)
{
    const struct world *world = context;
    return (uint32_t)(world->now_ns / VR_NS_PER_US);
}

static void keep_output(
    void *context, int64_t now_ns, uint8_t stream, const struct wire_output *output)
{
    struct world *world = context;
    (void)now_ns, (void)stream;
    cr_assert_eq(output->number, world->outputs++);
}

static void keep_log(void *context, int64_t now_ns, int level, const char *source, const char *text)
{
    struct world *world = context;
    size_t used = strlen(world->log);
    (void)now_ns, (void)level, (void)source;
    snprintf(world->log + used, sizeof world->log - used, "%s\n", text);
}

static void ignore_sync(
    void *context, int64_t sent_ns, int64_t received_ns, const struct wire_sync_reply *reply)
{
    (void)context, (void)sent_ns, (void)received_ns, (void)reply;
}

static void ignore_stat(void *context, int64_t now_ns, const struct wire_stat *stat)
{
    (void)context, (void)now_ns, (void)stat;
}

/* The next session's rig file asks for this unit; NULL = any. */
static const char *wanted_id;

static void open_session(struct world *world, bool verify)
{
    struct vr_err err = {0};
    world->rig = (struct vr_rig_dut){
        .name = "band",
        .mlperf = {
            .window_samples = WINDOW,
            .hop_samples = WINDOW,
            .format = VR_RIG_FORMAT_INT16,
            .scale = 1,
            .result_count = 4,
            .chunk_size = 31,
            .verify = verify,
            .infer_timeout_s = 30,
        }};
    struct vr_session_config config = {
        .dialect = vr_dialect_find("mlperf", &err),
        .dut = &world->rig,
        .session_id = 1,
        .host_nonce = 0x1234,
        .algorithm = "stats01",
        .payload_max = WIRE_PAYLOAD_MIN,
        .device_id = wanted_id,
        .sample_counts = {WINDOW * WINDOWS},
        .sink = {world, keep_output, keep_log, ignore_sync, ignore_stat, NULL},
        .open = {.stream_count = 1, .streams = {{.channels = 1, .rate_num = 360, .rate_den = 1}}},
    };
    cr_assert_eq(vr_session_create(&config, 0, &world->session, &err), 0, "%s", err.text);
}

/* fault < 0 = no device at all. */
static struct world *world_create(int fault, bool verify)
{
    struct world *world = calloc(1, sizeof *world);
    open_session(world, verify);
    if (fault >= 0)
        mlperf_dut_boot(
            &world->dut, &(struct mlperf_dut_options){
                             .element_size = 2,
                             .window_size = 2 * WINDOW,
                             .fault = (enum mlperf_dut_fault)fault,
                             .fault_window = 3,
                             .say = device_says,
                             .now_us = device_now,
                             .context = world,
                         });
    return world;
}

static void world_destroy(struct world *world)
{
    vr_session_destroy(world->session);
    free(world);
}

/* Samples in, a command out: kept in `sent`.  Returns its size, 0 = none. */
static size_t ask(struct world *world)
{
    static uint8_t line[VR_SESSION_TRANSMIT_MIN];
    static const int16_t samples[WINDOW] = {3, 1, -4};
    int64_t left = WINDOW * WINDOWS - world->offered;
    size_t room = vr_session_room(world->session, 0, left);
    if (room > 0) {
        vr_session_offer(world->session, 0, samples, room, false);
        world->offered += (int64_t)room;
    }
    if (world->offered == WINDOW * WINDOWS)
        vr_session_finish_streams(world->session);
    size_t size = vr_session_transmit(world->session, world->now_ns, line, sizeof line);
    if (size > 0)
        snprintf(world->sent, sizeof world->sent, "%.*s", (int)size, (const char *)line);
    return size;
}

/* One turn of a line without delay; returns whether anything moved. */
static bool turn(struct world *world, bool is_there)
{
    size_t size = ask(world);
    if (is_there && size > 0)
        mlperf_dut_push(&world->dut, (const uint8_t *)world->sent, size);
    size_t said = world->said_size;
    world->said_size = 0;
    vr_session_receive(world->session, world->now_ns, world->said, said);
    return size > 0 || said > 0;
}

/* Two windows through, then up to a command that the device does not get to hear. */
static void run_until_asked(struct world *world, const char *beginning)
{
    for (;;) {
        vr_session_tick(world->session, world->now_ns);
        size_t size = ask(world);
        if (world->outputs >= 2 && strncmp(world->sent, beginning, strlen(beginning)) == 0)
            return;
        mlperf_dut_push(&world->dut, (const uint8_t *)world->sent, size);
        size_t said = world->said_size;
        world->said_size = 0;
        vr_session_receive(world->session, world->now_ns, world->said, said);
    }
}

/* Until the session ends; time moves only when nothing else does. */
static void run(struct world *world, bool is_there)
{
    while (vr_session_state(world->session) != VR_SESSION_ENDED) {
        int64_t next_ns = vr_session_tick(world->session, world->now_ns);
        if (vr_session_state(world->session) == VR_SESSION_ENDED || turn(world, is_there))
            continue;
        next_ns = vr_session_tick(world->session, world->now_ns);
        if (next_ns > world->now_ns && next_ns < VR_NEVER_NS)
            world->now_ns = next_ns;
    }
}

static void expect_end(const struct world *world, enum vr_outcome outcome, const char *part)
{
    const char *why = vr_session_why(world->session);
    cr_expect_eq(
        vr_session_outcome(world->session), outcome, "%s: %s",
        vr_outcome_word(vr_session_outcome(world->session)), why);
    cr_expect(strstr(why, part), "\"%s\" does not say \"%s\"", why, part);
}

static void expect_fault(int fault, bool verify, enum vr_outcome outcome, const char *part)
{
    struct world *world = world_create(fault, verify);
    run(world, true);
    expect_end(world, outcome, part);
    cr_expect_eq(world->outputs, 3, "what was through is kept");
    cr_expect_eq(vr_session_ledger(world->session)->samples_consumed[0], 3 * WINDOW);
    cr_expect_eq(vr_session_ledger(world->session)->outputs_emitted, -1);
    world_destroy(world);
}

/* --- sound --- */

Test(mlperf, a_stream_is_complete_when_every_window_is_through)
{
    struct world *world = world_create(MLPERF_DUT_SOUND, true);
    run(world, true);
    expect_end(world, VR_OUTCOME_COMPLETE, "");
    const struct vr_session_ledger *ledger = vr_session_ledger(world->session);
    cr_expect_eq(world->outputs, WINDOWS);
    cr_expect_eq(ledger->outputs_emitted, WINDOWS);
    cr_expect_eq(ledger->digest, ledger->device_digest);
    cr_expect_eq(ledger->samples_sent[0], WINDOW * WINDOWS);
    cr_expect_eq(ledger->samples_consumed[0], WINDOW * WINDOWS);
    cr_expect_eq(ledger->sample_bytes, 2 * WINDOW * WINDOWS);
    cr_expect_eq(ledger->frame_errors, 0);
    cr_expect(strstr(world->log, "no check sum"), "%s", world->log);
    const struct vr_device_info *device = vr_session_device(world->session);
    cr_expect_str_eq(device->name, "a double");
    cr_expect_str_eq(device->version, "ULPMark for tinyML Firmware V0.0.1");
    cr_expect_eq(device->clock_hz, 1000000);
    world_destroy(world);
}

Test(mlperf, answers_to_an_earlier_host_are_passed_over)
{
    struct world *world = world_create(MLPERF_DUT_SOUND, true);
    static const char stale[] = "name%profile%timestamp%name%profile%infer 1 0%db 01";
    mlperf_dut_push(&world->dut, (const uint8_t *)stale, sizeof stale - 1);
    run(world, true);
    expect_end(world, VR_OUTCOME_COMPLETE, "");
    world_destroy(world);
}

Test(mlperf, a_device_that_boots_late_is_asked_again)
{
    struct world *world = world_create(-1, true);
    turn(world, false);
    world->now_ns = VR_NS_PER_S;
    vr_session_tick(world->session, world->now_ns);
    struct mlperf_dut_options options = {
        .element_size = 2,
        .window_size = 2 * WINDOW,
        .say = device_says,
        .now_us = device_now,
        .context = world};
    mlperf_dut_boot(&world->dut, &options);
    run(world, true);
    expect_end(world, VR_OUTCOME_COMPLETE, "");
    cr_expect_eq(vr_session_ledger(world->session)->frames_resent, 1);
    world_destroy(world);
}

/* --- faults --- */

Test(mlperf, nobody_is_declared_absent_in_time)
{
    struct world *world = world_create(-1, true);
    run(world, false);
    expect_end(world, VR_OUTCOME_DUT_ABSENT, "no answer to name%");
    cr_expect_eq(world->now_ns, 3 * VR_NS_PER_S);
    cr_expect_str_eq(world->sent, "name%");
    world_destroy(world);
}

Test(mlperf, noise_suggests_another_baud_rate)
{
    struct world *world = world_create(-1, true);
    vr_session_receive(world->session, 0, (const uint8_t *)"\xf8\x80\n\xff", 4);
    run(world, false);
    expect_end(world, VR_OUTCOME_LINK_CORRUPT, "baud rate");
    world_destroy(world);
}

Test(mlperf, silence_is_a_hang_in_its_time)
{
    struct world *world = world_create(MLPERF_DUT_HANG_LOAD, true);
    run(world, true);
    expect_end(
        world, VR_OUTCOME_FW_HANG, "no answer to \"db load 200\" for 5000 ms, behind sample 300");
    cr_expect_eq(world->now_ns, 5 * VR_NS_PER_S);
    world_destroy(world);
}

Test(mlperf, an_inference_may_take_longer_and_no_more)
{
    struct world *world = world_create(MLPERF_DUT_HANG_INFER, true);
    run(world, true);
    expect_end(world, VR_OUTCOME_FW_HANG, "no answer to \"infer 1 0\" for 30000 ms");
    cr_expect_eq(world->now_ns, 30 * VR_NS_PER_S);
    world_destroy(world);
}

static void hear(struct world *world, const char *text)
{
    vr_session_receive(world->session, world->now_ns, (const uint8_t *)text, strlen(text));
}

Test(mlperf, chatter_is_no_answer)
{
    struct world *world = world_create(-1, true);
    turn(world, false);
    hear(world, "m-name-dut-[x]\nm-ready\n");
    turn(world, false);
    cr_expect_str_eq(world->sent, "vr00001234%");
    for (int i = 0; i < 10 && vr_session_state(world->session) != VR_SESSION_ENDED; i++) {
        hear(world, "still busy\nm-ready\n");
        world->now_ns += VR_NS_PER_S;
        vr_session_tick(world->session, world->now_ns);
    }
    expect_end(world, VR_OUTCOME_FW_HANG, "no answer to \"vr00001234\"");
    cr_expect_eq(world->now_ns, 5 * VR_NS_PER_S);
    world_destroy(world);
}

Test(mlperf, an_identity_that_cannot_be_told_is_not_met)
{
    wanted_id = "0102";
    struct world *world = world_create(MLPERF_DUT_SOUND, true);
    run(world, true);
    expect_end(world, VR_OUTCOME_DUT_ABSENT, "its device id is not told");
    world_destroy(world);
}

Test(mlperf, another_model_is_refused)
{
    struct world *world = world_create(-1, true);
    turn(world, false);
    hear(world, "m-name-dut-[x]\nm-ready\n");
    turn(world, false);
    hear(world, "e-[Unknown command: vr00001234]\nm-ready\n");
    turn(world, false);
    hear(world, "m-model-[kws01]\nm-profile-[p]\nm-ready\n");
    expect_end(world, VR_OUTCOME_REFUSED, "no algorithm \"stats01\"; it has: kws01");
    world_destroy(world);
}

Test(mlperf, what_the_line_may_have_done_is_not_the_firmwares)
{
    expect_fault(MLPERF_DUT_GARBAGE, true, VR_OUTCOME_LINK_CORRUPT, "no text");
    expect_fault(MLPERF_DUT_DAMAGED, true, VR_OUTCOME_LINK_CORRUPT, "\"m-reedy\" came");
    expect_fault(
        MLPERF_DUT_WRONG_INPUT, true, VR_OUTCOME_LINK_CORRUPT, "not the one that was sent");
    expect_fault(MLPERF_DUT_UNSTEADY, true, VR_OUTCOME_LINK_CORRUPT, "the same results");
    expect_fault(MLPERF_DUT_COUNT, false, VR_OUTCOME_LINK_CORRUPT, "3 results");
    expect_fault(MLPERF_DUT_NAN, false, VR_OUTCOME_LINK_CORRUPT, "no number");
    expect_fault(MLPERF_DUT_HUGE, false, VR_OUTCOME_LINK_CORRUPT, "beyond");
}

Test(mlperf, what_the_firmware_said_twice_is_its_own)
{
    expect_fault(MLPERF_DUT_COUNT, true, VR_OUTCOME_FW_PROTOCOL, "3 results");
    expect_fault(MLPERF_DUT_NAN, true, VR_OUTCOME_FW_PROTOCOL, "no number");
    expect_fault(MLPERF_DUT_HUGE, true, VR_OUTCOME_REFUSED, "beyond");
}

Test(mlperf, a_banner_in_mid_trial_is_a_reboot)
{
    expect_fault(MLPERF_DUT_REBOOT, true, VR_OUTCOME_FW_REBOOT, "restarted");
}

Test(mlperf, a_lost_line_ends_the_trial)
{
    struct world *world = world_create(MLPERF_DUT_SOUND, true);
    while (world->outputs < 2) {
        vr_session_tick(world->session, world->now_ns);
        turn(world, true);
    }
    vr_session_link_down(world->session, world->now_ns, "unplugged");
    expect_end(world, VR_OUTCOME_LINK_LOST, "unplugged");
    world_destroy(world);
}

/* The second m-ready answers a command that is still to be sent. */
Test(mlperf, no_answer_comes_before_its_question)
{
    struct world *world = world_create(MLPERF_DUT_SOUND, true);
    run_until_asked(world, "db 0");
    hear(world, "m-ready\nm-ready\n");
    expect_end(world, VR_OUTCOME_LINK_CORRUPT, "\"m-ready\" came");
    world_destroy(world);
}

Test(mlperf, an_echo_says_what_was_asked)
{
    static const struct {
        const char *command, *answer, *words;
    } cases[] = {
        {"db load", "m-[Expecting 100 bytes]\n", "Expecting 100 bytes"},
        {"db 0", "m-load-done\n", "m-load-done"},
        {"infer", "m-warmup-start-1\n", "m-warmup-start-1"},
        {"infer", "m-warmup-start-0\nm-warmup-done\nm-infer-start-2\n", "m-infer-start-2"},
        {"infer", "m-warmup-start-0\nm-infer-start-1\n", "m-infer-start-1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world *world = world_create(MLPERF_DUT_SOUND, true);
        run_until_asked(world, cases[i].command);
        hear(world, cases[i].answer);
        expect_end(world, VR_OUTCOME_LINK_CORRUPT, cases[i].words);
        world_destroy(world);
    }
}

/* 2 ms are the firmware's counter's, more is a damaged digit; the double's clock stands still. */
Test(mlperf, laps_beyond_what_the_host_waited_are_damaged)
{
    static const struct {
        const char *laps;
        bool is_damaged;
    } cases[] = {
        {"m-lap-us-100\nm-lap-us-2100\n", false},
        {"m-lap-us-100\nm-lap-us-2101\n", true},
        {"m-lap-us-4294967295\nm-lap-us-1000\n", false},
        {"m-lap-us-1000\nm-lap-us-999\n", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world *world = world_create(MLPERF_DUT_SOUND, true);
        run_until_asked(world, "infer");
        hear(world, "m-warmup-start-0\nm-warmup-done\nm-infer-start-1\n");
        hear(world, cases[i].laps);
        cr_expect_eq(
            vr_session_state(world->session) == VR_SESSION_ENDED, cases[i].is_damaged, "%s",
            cases[i].laps);
        if (cases[i].is_damaged)
            expect_end(world, VR_OUTCOME_LINK_CORRUPT, "by its laps");
        world_destroy(world);
    }
}

/* Every line that is not the one that must come ends the trial: none is passed over once samples flow. */
Test(mlperf, nothing_is_passed_over_in_mid_trial)
{
    static const char *const lines[] = {"m-ready\n", "m-load-done\n", "m-results-[1,2,3,4]\n",
                                        "hello\n",   "e-[x]\n",       "m-lap-us-5\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct world *world = world_create(MLPERF_DUT_SOUND, true);
        while (world->outputs < 2) {
            vr_session_tick(world->session, world->now_ns);
            turn(world, true);
        }
        vr_session_receive(
            world->session, world->now_ns, (const uint8_t *)lines[i], strlen(lines[i]));
        expect_end(world, VR_OUTCOME_LINK_CORRUPT, "behind sample 200");
        cr_expect_eq(vr_session_ledger(world->session)->frame_errors, 1);
        world_destroy(world);
    }
}
