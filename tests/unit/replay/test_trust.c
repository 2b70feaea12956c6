/* Counting the bench's failures. */
#include "replay/trust.h"

#include <criterion/criterion.h>
#include <string.h>

static struct vr_trust trust;

static void note_at(size_t record, int attempt, enum vr_outcome outcome, double reached_s)
{
    struct vr_trust_trial trial = {
        .record = record,
        .attempt = attempt,
        .outcome = outcome,
        .reached_s = reached_s,
        .why = vr_outcome_word(outcome)};
    vr_trust_note(&trust, &trial);
}

static void note(enum vr_outcome outcome)
{
    static size_t record;
    note_at(record++, 0, outcome, 0);
}

Test(trust, is_lost_after_so_many_failures_in_a_row)
{
    vr_trust_init(&trust, 3, 0);
    note(VR_OUTCOME_DUT_ABSENT);
    note(VR_OUTCOME_LINK_LOST);
    cr_expect_not(vr_trust_is_lost(&trust));
    note(VR_OUTCOME_FW_REBOOT);
    cr_expect(vr_trust_is_lost(&trust));
    cr_expect_str_eq(trust.reason, "fw_reboot");
}

Test(trust, failures_of_runs_before_count_until_a_success)
{
    vr_trust_init(&trust, 3, 2);
    cr_expect_not(vr_trust_is_lost(&trust), "nothing has failed yet");
    note(VR_OUTCOME_DUT_ABSENT);
    cr_expect(vr_trust_is_lost(&trust));
    vr_trust_init(&trust, 3, 2);
    note(VR_OUTCOME_COMPLETE);
    note(VR_OUTCOME_DUT_ABSENT);
    note(VR_OUTCOME_DUT_ABSENT);
    cr_expect_not(vr_trust_is_lost(&trust));
    cr_expect(trust.succeeded && trust.failures == 2);
}

Test(trust, what_the_firmware_did_itself_shows_that_the_bench_works)
{
    static const enum vr_outcome outcomes[] = {
        VR_OUTCOME_COMPLETE, VR_OUTCOME_FW_CRASH, VR_OUTCOME_FW_PROTOCOL, VR_OUTCOME_OUTPUT_LOST};
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        vr_trust_init(&trust, 2, 0);
        note(VR_OUTCOME_DUT_ABSENT);
        note(outcomes[i]);
        note(VR_OUTCOME_DUT_ABSENT);
        cr_expect_not(vr_trust_is_lost(&trust), "%s", vr_outcome_word(outcomes[i]));
    }
}

Test(trust, what_says_nothing_about_the_bench_changes_nothing)
{
    static const enum vr_outcome outcomes[] = {
        VR_OUTCOME_REFUSED, VR_OUTCOME_HOST_IO, VR_OUTCOME_CANCELLED};
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        vr_trust_init(&trust, 2, 0);
        note(VR_OUTCOME_DUT_ABSENT);
        note(outcomes[i]);
        cr_expect_eq(trust.failures, 1, "%s", vr_outcome_word(outcomes[i]));
        note(VR_OUTCOME_DUT_ABSENT);
        cr_expect(vr_trust_is_lost(&trust), "%s", vr_outcome_word(outcomes[i]));
    }
}

Test(trust, every_kind_of_trouble_is_known)
{
    for (unsigned i = 0; i < VR_OUTCOME_COUNT; i++)
        if (!vr_outcome_is_rig_trouble(i))
            cr_expect_not(vr_trust_is_bench_failure(i), "%s", vr_outcome_word(i));
}

Test(trust, a_hang_that_happens_again_is_the_firmwares)
{
    vr_trust_init(&trust, 2, 0);
    note_at(0, 0, VR_OUTCOME_FW_HANG, 10);
    cr_expect_eq(trust.failures, 1);
    note_at(0, 1, VR_OUTCOME_FW_HANG, 10.5);
    cr_expect_eq(trust.failures, 0, "neither counts");
    note_at(0, 2, VR_OUTCOME_FW_HANG, 10);
    cr_expect_eq(trust.failures, 0);
    cr_expect_not(vr_trust_is_lost(&trust));
    cr_expect_not(trust.succeeded);
}

Test(trust, a_hang_elsewhere_is_the_benchs_again)
{
    vr_trust_init(&trust, 2, 0);
    note_at(0, 0, VR_OUTCOME_FW_HANG, 10);
    note_at(0, 1, VR_OUTCOME_FW_HANG, 30);
    cr_expect(vr_trust_is_lost(&trust));
    vr_trust_init(&trust, 2, 0);
    note_at(0, 0, VR_OUTCOME_FW_HANG, 10);
    note_at(1, 0, VR_OUTCOME_FW_HANG, 10);
    cr_expect(vr_trust_is_lost(&trust), "another record");
}

Test(trust, a_hang_after_a_restart_that_was_none_proves_nothing)
{
    vr_trust_init(&trust, 2, 0);
    note_at(0, 0, VR_OUTCOME_FW_HANG, 10);
    struct vr_trust_trial again = {
        .attempt = 1,
        .outcome = VR_OUTCOME_FW_HANG,
        .reached_s = 10,
        .is_restart_failed = true,
        .why = "x"};
    vr_trust_note(&trust, &again);
    cr_expect(vr_trust_is_lost(&trust));
}

static void lose(enum vr_outcome outcome, int64_t lost_ns)
{
    struct vr_trust_trial trial = {.outcome = outcome, .lost_ns = lost_ns, .why = "x"};
    vr_trust_note(&trust, &trial);
}

Test(trust, tells_when_a_line_that_was_there_went_away)
{
    vr_trust_init(&trust, 0, 0);
    lose(VR_OUTCOME_DUT_ABSENT, 10);
    cr_expect_eq(trust.losses, 1);
    cr_expect_eq(trust.lost_ns, 0, "it was never there");
    lose(VR_OUTCOME_LINK_LOST, 20);
    lose(VR_OUTCOME_DUT_ABSENT, 30);
    cr_expect_eq(trust.losses, 3);
    cr_expect_eq(trust.lost_ns, 20);
    lose(VR_OUTCOME_FW_HANG, 40);
    cr_expect(trust.failures == 4 && trust.losses == 0 && trust.lost_ns == 0);
    lose(VR_OUTCOME_DUT_ABSENT, 50);
    cr_expect(
        trust.failures == 5 && trust.losses == 1 && trust.lost_ns == 50,
        "it hung, so it was there");
    lose(VR_OUTCOME_COMPLETE, 60);
    cr_expect(trust.failures == 0 && trust.losses == 0 && trust.lost_ns == 0);
}

Test(trust, without_a_limit_it_is_never_lost)
{
    vr_trust_init(&trust, 0, 1000);
    for (int i = 0; i < 100; i++)
        note(VR_OUTCOME_DUT_ABSENT);
    vr_trust_note_failure(&trust, "flash");
    cr_expect_not(vr_trust_is_lost(&trust));
    cr_expect_eq(trust.failures, 101);
}

Test(trust, a_hang_that_another_process_saw_may_happen_again_here)
{
    const struct vr_trust_trial before = {
        .record = 5, .attempt = 0, .outcome = VR_OUTCOME_FW_HANG, .reached_s = 10};
    vr_trust_init(&trust, 3, 1);
    vr_trust_recall(&trust, &before, 3); /* two were cancelled in between */
    note_at(5, 3, VR_OUTCOME_FW_HANG, 10.5);
    cr_expect_eq(trust.failures, 0, "the firmware's, and counted by neither");
    vr_trust_recall(&trust, &before, 3);
    note_at(5, 3, VR_OUTCOME_FW_HANG, 20);
    cr_expect_eq(trust.failures, 1, "another one");
}
