#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "service/fake_bench.h"

#define S VR_NS_PER_S

static struct fake_bench fake;
static struct vr_bench *bench = &fake.bench;
static struct vr_bench_dut *dut;

static void make(void)
{
    fake_bench_make(&fake, "band-a:band,band-b:band,clip:clip");
    dut = &fake.bench.duts[0];
}

static void finish(void)
{
    fake_bench_finish(&fake);
}

TestSuite(bench_state, .init = make, .fini = finish);

static void note(bool succeeded, int64_t failures, bool is_quarantined, const char *reason)
{
    const struct vr_bench_note told = {succeeded, failures, is_quarantined, reason, 7};
    vr_bench_note(bench, dut, &told, 0);
}

static void quarantine(void)
{
    note(false, 3, true, "three trials in a row lost the line");
    cr_assert_str_eq(vr_bench_word(dut), "quarantined");
}

Test(bench_state, a_device_is_absent_until_it_was_looked_for)
{
    const double recheck_s[] = {60};
    const struct vr_bench_policy policy = {recheck_s, 1, 2};
    struct vr_bench fresh;
    cr_assert_eq(vr_bench_init(&fresh, &fake.rig, &policy, NULL), 0);
    cr_expect_str_eq(vr_bench_word(&fresh.duts[0]), "absent");
    cr_expect_not(vr_bench_is_free(&fresh.duts[0], 1));
    vr_bench_finish(&fresh);
}

Test(bench_state, is_found_by_name_and_fits_by_name_or_model)
{
    cr_expect_eq(vr_bench_find(bench, "band-b"), &bench->duts[1]);
    cr_expect_null(vr_bench_find(bench, "band"));
    cr_expect(vr_bench_fits(dut, "band"));
    cr_expect(vr_bench_fits(dut, "band-a"));
    cr_expect_not(vr_bench_fits(dut, "band-b"));
}

Test(bench_state, shows_the_worst_word_and_its_reason)
{
    cr_expect_str_eq(vr_bench_word(dut), "good");
    note(true, 1, false, "the line was lost");
    cr_expect_str_eq(vr_bench_word(dut), "suspect");
    cr_expect_str_eq(dut->reason, "the line was lost");
    vr_bench_set_foreign(bench, dut, "bob (pid 9, vitalrig)", 0, 0);
    cr_expect_str_eq(vr_bench_word(dut), "busy");
    cr_expect_str_eq(dut->reason, "bob (pid 9, vitalrig)");
    quarantine();
    vr_bench_set_present(bench, dut, false, "no port of USB serial A1", 0, 0);
    cr_expect_str_eq(vr_bench_word(dut), "absent");
    cr_expect_str_eq(dut->reason, "no port of USB serial A1");
    vr_bench_set_present(bench, dut, true, "", 0, 0);
    cr_expect_str_eq(vr_bench_word(dut), "quarantined");
    cr_expect_str_eq(dut->reason, "three trials in a row lost the line");
}

Test(bench_state, tells_of_every_change_and_of_nothing_else)
{
    vr_bench_set_job(bench, dut, 12, 5 * S, 50);
    cr_expect_eq(fake.changes, 1);
    cr_expect_eq(dut->since_ns, 5 * S);
    vr_bench_set_job(bench, dut, 12, 6 * S, 60);
    cr_expect_eq(fake.changes, 1);
    cr_expect_eq(dut->since_utc_ns, 50);
    note(true, 0, false, "");
    cr_expect_eq(fake.changes, 1);
    vr_bench_set_job(bench, dut, 0, 7 * S, 70);
    cr_expect_eq(fake.changes, 2);
    note(true, 1, false, "once");
    note(true, 2, false, "twice");
    cr_expect_eq(fake.changes, 4, "another reason of the same word");
    cr_expect_eq(dut->since_utc_ns, 7, "which began with the first");
    cr_expect_str_eq(fake.last_word, "suspect");
}

Test(bench_state, a_lease_keeps_all_but_its_holder_away)
{
    vr_bench_set_lease(bench, dut, 3, 1000, 0, 0);
    cr_expect(vr_bench_is_free(dut, 1000));
    cr_expect_not(vr_bench_is_free(dut, 1001));
    cr_expect_not(vr_bench_is_free(dut, 0));
    vr_bench_set_job(bench, dut, 5, 0, 0);
    cr_expect_not(vr_bench_is_free(dut, 1000));
    vr_bench_set_job(bench, dut, 0, 0, 0);
    vr_bench_set_lease(bench, dut, 0, 0, 0, 0);
    cr_expect(vr_bench_is_free(dut, 1001));
}

Test(bench_state, success_makes_a_suspect_good_and_silence_does_not)
{
    note(false, 2, false, "lost");
    note(false, 0, false, "");
    cr_expect_str_eq(vr_bench_word(dut), "suspect");
    cr_expect_eq(dut->failures, 2);
    note(true, 0, false, "");
    cr_expect_str_eq(vr_bench_word(dut), "good");
    cr_expect_eq(dut->failures, 0);
}

Test(bench_state, quarantine_outlives_what_comes_after_it)
{
    quarantine();
    note(true, 0, false, "");
    cr_expect_str_eq(vr_bench_word(dut), "quarantined");
    int64_t check_ns = dut->next_check_ns;
    const struct vr_bench_note again = {false, 4, true, "again", 8};
    vr_bench_note(bench, dut, &again, 30 * S);
    cr_expect_eq(dut->next_check_ns, check_ns, "the back-off goes on");
    vr_bench_release(bench, dut, 0, 0);
    cr_expect_str_eq(vr_bench_word(dut), "good");
    cr_expect_eq(dut->next_check_ns, VR_NEVER_NS);
}

Test(bench_state, a_golden_record_that_fails_comes_back_ever_later)
{
    static const int64_t steps_s[] = {60, 600, 3600, 3600, 3600};
    int64_t now_ns = 0;
    quarantine();
    for (size_t i = 0; i < sizeof steps_s / sizeof *steps_s; i++) {
        cr_assert_eq(vr_bench_deadline_ns(bench), now_ns + steps_s[i] * S, "step %zu", i);
        cr_assert_null(vr_bench_due(bench, now_ns + steps_s[i] * S - 1));
        now_ns += steps_s[i] * S;
        cr_assert_eq(vr_bench_due(bench, now_ns), dut);
        vr_bench_note_check(bench, dut, false, "no beat was found", now_ns, 0);
    }
    cr_expect_str_eq(dut->reason, "no beat was found");
}

Test(bench_state, two_passes_in_a_row_release_it)
{
    quarantine();
    vr_bench_note_check(bench, dut, true, "", 60 * S, 0);
    cr_expect_str_eq(vr_bench_word(dut), "quarantined");
    cr_expect_eq(dut->next_check_ns, 120 * S);
    vr_bench_note_check(bench, dut, false, "lost", 120 * S, 0);
    cr_expect_eq(dut->next_check_ns, 720 * S, "the second step, for it is the first failure");
    vr_bench_note_check(bench, dut, true, "", 720 * S, 0);
    cr_expect_str_eq(vr_bench_word(dut), "quarantined", "they were not in a row");
    vr_bench_note_check(bench, dut, true, "", 780 * S, 0);
    cr_expect_str_eq(vr_bench_word(dut), "good");
    cr_expect_eq(vr_bench_deadline_ns(bench), VR_NEVER_NS);
}

Test(bench_state, a_check_that_is_asked_for_judges_a_good_device_too)
{
    cr_expect(vr_bench_check_now(dut, 5 * S));
    cr_expect_eq(vr_bench_due(bench, 5 * S), dut);
    vr_bench_note_check(bench, dut, true, "", 6 * S, 0);
    cr_expect_str_eq(vr_bench_word(dut), "good");
    cr_expect_null(vr_bench_due(bench, 6 * S));
    vr_bench_note_check(bench, dut, false, "deaf", 7 * S, 0);
    cr_expect_str_eq(vr_bench_word(dut), "quarantined");
    cr_expect_eq(dut->next_check_ns, 67 * S);
    fake.duts[0].health_check = NULL;
    cr_expect_not(vr_bench_check_now(dut, 5 * S));
}

Test(bench_state, only_an_idle_device_that_is_there_is_checked)
{
    quarantine();
    vr_bench_set_lease(bench, dut, 3, 1000, 0, 0);
    cr_expect_null(vr_bench_due(bench, 100 * S));
    cr_expect_eq(vr_bench_deadline_ns(bench), VR_NEVER_NS, "the loop would spin");
    vr_bench_set_lease(bench, dut, 0, 0, 0, 0);
    vr_bench_set_foreign(bench, dut, "bob", 0, 0);
    cr_expect_null(vr_bench_due(bench, 100 * S));
    vr_bench_set_foreign(bench, dut, "", 0, 0);
    vr_bench_set_job(bench, dut, 1, 0, 0);
    cr_expect_null(vr_bench_due(bench, 100 * S));
    vr_bench_set_job(bench, dut, 0, 0, 0);
    vr_bench_set_present(bench, dut, false, "gone", 0, 0);
    cr_expect_null(vr_bench_due(bench, 100 * S));
    vr_bench_set_present(bench, dut, true, "", 0, 0);
    cr_expect_eq(vr_bench_due(bench, 100 * S), dut);
}

Test(bench_state, without_a_golden_record_only_a_person_releases)
{
    fake.duts[0].health_check = NULL;
    quarantine();
    cr_expect_eq(dut->next_check_ns, VR_NEVER_NS);
    cr_expect_null(vr_bench_due(bench, INT64_MAX - 1));
}

Test(bench_state, the_check_that_waits_longest_is_first)
{
    quarantine();
    dut = &bench->duts[1];
    const struct vr_bench_note told = {false, 3, true, "lost", 7};
    vr_bench_note(bench, dut, &told, -10 * S);
    cr_expect_eq(vr_bench_due(bench, 100 * S), dut);
}

Test(bench_state, another_rig_file_does_not_forget)
{
    struct fake_bench next;
    quarantine();
    vr_bench_set_job(bench, &bench->duts[1], 12, 0, 0);
    fake_bench_make(&next, "clip:clip,band-b:band,band-a:band");
    vr_bench_adopt(&next.bench, bench);
    cr_expect_str_eq(vr_bench_word(&next.bench.duts[2]), "quarantined");
    cr_expect_eq(next.bench.duts[1].job_id, 12);
    cr_expect_eq(next.bench.duts[1].rig, &next.duts[1]);
    fake_bench_finish(&next);
}
