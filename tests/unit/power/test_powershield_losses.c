/* PowerShield in a closed loop, with losses: every one is found, and no sample that is not in doubt is wrong. */
#include "power/shield_loop.h"

#include <criterion/criterion.h>
#include <string.h>

#define PART 0.0021

static const struct vr_powershield_mode text = {
    .rate_hz = 5000, .is_energy = true, .has_marks = true, .supply_v = 3.0};
static const struct vr_powershield_mode text_v3pwr = {
    .is_v3pwr = true, .rate_hz = 10000, .has_marks = true, .supply_v = 3.0};
static const struct vr_powershield_mode binary = {
    .rate_hz = 100000, .is_binary = true, .supply_v = 3.0};
static const struct vr_powershield_mode binary_v3pwr = {
    .is_v3pwr = true, .rate_hz = 20000, .is_binary = true, .supply_v = 3.0};
static const struct vr_powershield_mode *const modes[] = {
    &text, &text_v3pwr, &binary, &binary_v3pwr};

static struct shield_loop *with(
    const struct vr_powershield_mode *mode, enum vr_sim_fault_kind kind, int64_t at, int64_t count)
{
    struct shield_case test = {
        .mode = *mode, .clock_ppm = -60, .faults = {{kind, at, count}}, .fault_count = 1};
    struct shield_loop *loop = shield_loop_create(&test);
    shield_loop_run(loop, 4.2);
    shield_loop_end(loop);
    cr_assert(!loop->broken, "%s", loop->broken);
    size_t wrong = shield_loop_wrong(loop, PART);
    cr_assert(
        wrong == 0, "fault %d of %lld at %lld: %zu wrong samples", (int)kind, (long long)count,
        (long long)at, wrong);
    return loop;
}

static size_t missing(const struct shield_loop *loop)
{
    size_t count = 0;
    for (size_t i = 0; i < loop->count; i++)
        count += loop->ranges[i] == VR_POWER_MISSING;
    return count;
}

Test(powershield_losses, lost_samples_are_counted_and_bounded)
{
    static const int64_t counts[] = {1, 7, 64, 3000};
    for (size_t m = 0; m < 4; m++)
        for (size_t c = 0; c < 4; c++) {
            int64_t at = modes[m]->rate_hz + modes[m]->rate_hz / 3;
            struct shield_loop *loop = with(modes[m], VR_SIM_FAULT_DROP_SAMPLES, at, counts[c]);
            const struct vr_power_gap *gap = &loop->gaps[0];
            cr_assert(loop->gap_count == 1 && gap->kind == VR_POWER_GAP_COUNTER);
            cr_assert(gap->count == counts[c] && (int64_t)missing(loop) == counts[c]);
            cr_assert(at >= gap->first - gap->place_err && at <= gap->first + gap->place_err);
            cr_assert(gap->place_err <= modes[m]->rate_hz);
            shield_loop_destroy(loop);
        }
}

Test(powershield_losses, a_loss_across_a_stamp_is_found_in_both_seconds)
{
    for (size_t m = 0; m < 4; m++) {
        struct shield_loop *loop =
            with(modes[m], VR_SIM_FAULT_DROP_SAMPLES, 2 * modes[m]->rate_hz - 10, 30);
        cr_assert(loop->gap_count == 2 && loop->gaps[0].count == 10 && loop->gaps[1].count == 20);
        shield_loop_destroy(loop);
    }
}

Test(powershield_losses, text_that_lost_bytes_shows_where)
{
    for (int64_t count = 1; count <= 60; count++) {
        struct shield_loop *loop = with(&text, VR_SIM_FAULT_DROP_BYTES, 6200, count);
        int64_t lost = 0;
        for (size_t i = 0; i < loop->gap_count; i++)
            lost += loop->gaps[i].count;
        cr_assert(lost >= (count + 8) / 9 && lost <= count / 9 + 2, "%lld B", (long long)count);
        if (loop->gaps[0].place_err == 0)
            cr_assert(loop->gaps[0].first == 6200);
        shield_loop_destroy(loop);
    }
}

Test(powershield_losses, one_damaged_line_costs_one_sample)
{
    struct shield_loop *loop = with(&text, VR_SIM_FAULT_DROP_BYTES, 6200, 3);
    cr_assert(loop->gap_count == 1 && missing(loop) == 1);
    cr_assert(loop->gaps[0].first == 6200 && loop->gaps[0].place_err == 0);
    shield_loop_destroy(loop);
}

Test(powershield_losses, a_stamp_that_was_lost_is_not_missed)
{
    struct shield_loop *loop = with(&text, VR_SIM_FAULT_DROP_BYTES, 9998, 18 + 20);
    cr_assert(loop->count >= 4 * 5000 && missing(loop) >= 2 && missing(loop) <= 4);
    shield_loop_destroy(loop);
}

Test(powershield_losses, binary_that_lost_bytes)
{
    const struct vr_powershield_mode *const two[] = {&binary, &binary_v3pwr};
    for (size_t m = 0; m < 2; m++)
        for (int64_t count = 1; count <= 21; count += 1 + (count > 4) * 4) {
            uint32_t rate = two[m]->rate_hz;
            int64_t at = rate + rate / 4 + count;
            struct shield_loop *loop = with(two[m], VR_SIM_FAULT_DROP_BYTES, at, count);
            cr_assert(loop->gap_count == 1);
            const struct vr_power_gap *gap = &loop->gaps[0];
            if (count % 2 == 0) {
                cr_assert(gap->kind == VR_POWER_GAP_COUNTER && gap->count == count / 2);
            } else { /* nonsense until the next stamp: the whole second goes */
                cr_assert(gap->kind == VR_POWER_GAP_DESYNC && gap->count == rate);
                cr_assert(gap->first == rate);
            }
            shield_loop_destroy(loop);
        }
}

/* The stamp behind 2 s: F0 F3 .. is hit by a loss that begins just before it. */
Test(powershield_losses, binary_that_lost_a_stamp)
{
    for (int64_t count = 3; count <= 12; count++) {
        struct shield_loop *loop =
            with(&binary_v3pwr, VR_SIM_FAULT_DROP_BYTES, 2 * 20000 - 1, count);
        cr_assert(loop->count >= 4 * 20000 && missing(loop) <= 2 * 20000);
        cr_assert(loop->gap_count >= 1);
        shield_loop_destroy(loop);
    }
}

Test(powershield_losses, what_is_no_sample)
{
    struct shield_loop *loop = with(&text, VR_SIM_FAULT_BAD_RANGE, 7000, 1);
    cr_assert(loop->gap_count == 1 && loop->gaps[0].first == 7000 && missing(loop) == 1);
    shield_loop_destroy(loop);
    loop = with(&binary, VR_SIM_FAULT_BAD_RANGE, 170000, 2);
    cr_assert(loop->gap_count == 1 && loop->gaps[0].kind == VR_POWER_GAP_DESYNC);
    cr_assert(missing(loop) == 100000);
    shield_loop_destroy(loop);
}

Test(powershield_losses, an_overcurrent_is_no_reading)
{
    for (size_t m = 0; m < 4; m++) {
        int64_t at = modes[m]->rate_hz + 100;
        struct shield_loop *loop = with(modes[m], VR_SIM_FAULT_OVER_RANGE, at, 1);
        cr_assert(loop->gap_count == 1 && loop->gaps[0].kind == VR_POWER_GAP_MARKED);
        cr_assert(loop->gaps[0].first == at && loop->gaps[0].count == 1);
        cr_assert(shield_loop_has_note(loop, "overcurrent"));
        shield_loop_destroy(loop);
    }
}

Test(powershield_losses, a_stall_loses_nothing)
{
    for (size_t m = 0; m < 4; m++) {
        struct shield_loop *loop =
            with(modes[m], VR_SIM_FAULT_STALL, 2 * modes[m]->rate_hz, 300000);
        cr_assert(loop->gap_count == 0 && loop->count > 4 * modes[m]->rate_hz);
        shield_loop_destroy(loop);
    }
}

Test(powershield_losses, a_lost_mark_is_told)
{
    struct shield_loop *loop = with(&text, VR_SIM_FAULT_DROP_EDGE, 6000, 2);
    cr_assert(loop->gap_count == 0 && shield_loop_has_note(loop, "1 marks lost before sample"));
    shield_loop_destroy(loop);
}

Test(powershield_losses, several_at_once)
{
    struct shield_case test = {
        .mode = text,
        .faults =
            {{VR_SIM_FAULT_DROP_BYTES, 5100, 4},
             {VR_SIM_FAULT_DROP_SAMPLES, 6100, 5},
             {VR_SIM_FAULT_BAD_RANGE, 12000, 2},
             {VR_SIM_FAULT_DROP_SAMPLES, 16000, 1}},
        .fault_count = 4,
    };
    struct shield_loop *loop = shield_loop_create(&test);
    shield_loop_run(loop, 5.1);
    shield_loop_end(loop);
    cr_assert(!loop->broken && missing(loop) == 1 + 5 + 2 + 1, "%zu", missing(loop));
    cr_assert(shield_loop_wrong(loop, PART) == 0);
    shield_loop_destroy(loop);
}

/* --- streams that no instrument sends ----------------------------------------------------------------------------------------- */

static struct shield_loop *fed(const char *lines)
{
    struct shield_case test = {.mode = {.rate_hz = 2, .supply_v = 3.0}};
    struct shield_loop *loop = shield_loop_create(&test);
    shield_loop_feed(loop, lines, strlen(lines));
    vr_power_decode_end(loop->decoder);
    cr_assert(!loop->broken, "%s", loop->broken);
    return loop;
}

/* Times with bytes of FF, and one that overflows: words at one second of 2 Hz. */
Test(powershield_losses, a_stamp_may_hold_what_ends_a_message)
{
    static const uint8_t bytes[] = {
        0xF0, 0xF3, 0x00, 0xFF, 0xFB, 0x18, 0x00, 0xFF, 0xFF, 0x52, 0xA0, 0x52, 0xF0, /* */
        0xF0, 0xF3, 0x00, 0xFF, 0xFF, 0x00, 0x02, 0xFF, 0xFF, 0x52, 0xA1, 0x52, 0xA2, /* + 1 s */
        0xF0, 0xF3, 0x81, 0x00, 0x02, 0xE8, 0x02, 0xFF, 0xFF, 0x52, 0xA3, 0xF0, 0xF4, 0xFF, 0xFF};
    struct shield_case test = {.mode = {.rate_hz = 2, .is_binary = true, .supply_v = 3.0}};
    struct shield_loop *loop = shield_loop_create(&test);
    shield_loop_feed(loop, bytes, sizeof bytes);
    vr_power_decode_end(loop->decoder);
    cr_assert(!loop->broken && loop->gap_count == 0 && loop->count == 5, "%zu", loop->count);
    cr_assert(loop->values[0] == 672 / 1048576.0 && loop->values[4] == 675 / 1048576.0);
    shield_loop_destroy(loop);
}

Test(powershield_losses, more_samples_than_there_can_be_are_not_used)
{
    struct shield_loop *loop =
        fed("1000-07\r\n1001-07\r\nTimeStamp: 001s 000ms, buff 00%\r\n"
            "1002-07\r\n1003-07\r\n1004-07\r\nTimeStamp: 002s 000ms, buff 00%\r\n1005-07\r\n");
    cr_assert(loop->count == 5 && loop->gap_count == 1);
    cr_assert(loop->gaps[0].kind == VR_POWER_GAP_DESYNC && loop->gaps[0].first == 2);
    cr_assert(loop->gaps[0].count == 2 && shield_loop_has_note(loop, "more samples came"));
    shield_loop_destroy(loop);
}

Test(powershield_losses, time_that_jumps_is_not_believed)
{
    struct shield_loop *loop = fed("1000-07\r\n1001-07\r\nTimeStamp: 001s 000ms, buff 00%\r\n"
                                   "1002-07\r\n1003-07\r\nTimeStamp: 001s 000ms, buff 00%\r\n"
                                   "1004-07\r\n1005-07\r\nTimeStamp: 901s 000ms, buff 00%\r\n"
                                   "1006-07\r\n1007-07\r\nTimeStamp: 902s 000ms, buff 00%\r\n");
    cr_assert(loop->count == 8 && loop->gap_count == 2 && missing(loop) == 4);
    cr_assert(shield_loop_has_note(loop, "time jumps"));
    shield_loop_destroy(loop);
}

Test(powershield_losses, a_damaged_line_behind_the_last_stamp_is_missing)
{
    struct shield_loop *loop = fed(
        "1000-07\r\n1001-07\r\nTimeStamp: 001s 000ms, buff 00%\r\n1002-07\r\n10-07\r\n1004-07\r\n");
    cr_assert(loop->count == 5 && loop->gap_count == 1);
    cr_assert(loop->gaps[0].kind == VR_POWER_GAP_DESYNC && loop->gaps[0].first == 3);
    shield_loop_destroy(loop);
}

Test(powershield_losses, without_stamps_it_goes_on_and_says_so)
{
    struct shield_loop *loop = fed(
        "1000-07\r\n1000-07\r\n1000-07\r\n1000-07\r\n1000-07\r\n1000-07\r\n1000-07\r\n1000-07\r\n"
        "1000-07\r\nTimeStamp: 005s 000ms, buff 00%\r\n");
    cr_assert(loop->count == 10 && loop->gap_count == 1 && loop->gaps[0].count == 1);
    cr_assert(loop->gaps[0].place_err == 9 && shield_loop_has_note(loop, "no time stamp for"));
    shield_loop_destroy(loop);
}
