/* The health of devices: failures in a row, quarantine, release. */
#include <criterion/criterion.h>

#include "filled.h"

static struct vr_store *store;
static struct vr_err err;

static void setup(void)
{
    store = filled_open(":memory:", VR_STORE_CREATE);
}

static void teardown(void)
{
    vr_store_close(store);
}

TestSuite(health, .init = setup, .fini = teardown);

static struct vr_health get(const char *dut)
{
    struct vr_health health;
    cr_assert_eq(vr_store_health_get(store, "bench", dut, &health, &err), 0, "%s", err.text);
    return health;
}

static struct vr_health note_row(const char *dut, const struct vr_health_note *row)
{
    struct vr_health health;
    cr_assert_eq(vr_store_health_note(store, "bench", dut, row, &health, &err), 0, "%s", err.text);
    return health;
}

static bool note(const char *dut, bool succeeded, int failures, int limit, int64_t utc_ns)
{
    const struct vr_health_note row = {
        .succeeded = succeeded,
        .failures = failures,
        .reason = failures ? "no device answered" : "",
        .limit = limit,
        .utc_ns = utc_ns,
    };
    return note_row(dut, &row).quarantined_utc_ns != 0;
}

Test(health, a_device_that_nobody_spoke_of_is_well)
{
    struct vr_health health = get("a");
    cr_expect_eq(health.failures, 0);
    cr_expect_eq(health.quarantined_utc_ns, 0);
    cr_expect_str_eq(health.reason, "");
}

Test(health, failures_add_up_over_runs_to_quarantine)
{
    cr_expect_not(note("a", false, 1, 3, 10));
    cr_expect_not(note("a", false, 1, 3, 20));
    cr_expect_eq(get("a").failures, 2);
    cr_expect_str_eq(get("a").reason, "no device answered");
    cr_expect(note("a", false, 1, 3, 30));
    cr_expect_eq(get("a").quarantined_utc_ns, 30);
    cr_expect_eq(get("b").failures, 0, "each device has its own");
}

Test(health, one_success_starts_the_count_again)
{
    note("a", false, 2, 3, 10);
    cr_expect_not(note("a", true, 0, 3, 20));
    cr_expect_eq(get("a").failures, 0);
    cr_expect_str_eq(get("a").reason, "");
    note("a", false, 2, 3, 30);
    cr_expect_not(note("a", true, 2, 3, 40), "two since the success");
    cr_expect_eq(get("a").failures, 2);
}

Test(health, a_limit_of_0_never_quarantines)
{
    cr_expect_not(note("a", false, 1000, 0, 10));
    cr_expect_eq(get("a").failures, 1000);
}

Test(health, a_lower_limit_does_not_quarantine_by_a_success)
{
    note("a", false, 2, 3, 10);
    cr_expect_not(note("a", false, 0, 1, 20), "a run in which nothing was tried");
}

Test(health, quarantine_holds_until_release)
{
    note("a", false, 3, 3, 10);
    cr_expect(note("a", true, 0, 3, 20), "a run that still had it");
    cr_expect_eq(get("a").quarantined_utc_ns, 10);
    cr_expect_str_eq(get("a").reason, "no device answered");
    cr_assert_eq(vr_store_health_release(store, "bench", "a", &err), 0, "%s", err.text);
    cr_expect_eq(get("a").quarantined_utc_ns, 0);
    cr_expect_eq(get("a").failures, 0);
    cr_expect_not(note("a", false, 1, 3, 30));
}

#define S INT64_C(1000000000)

/* The line went away at `lost_ns`, and so many trials failed until the run ended; 0 = the run found no device. */
static struct vr_health lose(const char *dut, int failures, int64_t lost_ns)
{
    const struct vr_health_note row = {
        .failures = failures,
        .losses = failures,
        .lost_utc_ns = lost_ns,
        .reason = "the line went away",
        .limit = 3,
        .utc_ns = 500 * S,
    };
    return note_row(dut, &row);
}

Test(health, lines_that_went_together_are_one_incident_and_quarantine_nobody)
{
    cr_expect_neq(lose("a", 3, 100 * S).quarantined_utc_ns, 0, "alone as yet");
    struct vr_health b = lose("b", 3, 100 * S + S / 4);
    cr_expect_eq(b.quarantined_utc_ns, 0);
    cr_expect_eq(b.failures, 0);
    cr_expect_eq(b.losses, 0);
    cr_expect_str_eq(
        b.reason, "one incident of the bench: a, b lost their lines within 0.3 s; look at the hub, "
                  "its power or the host that they "
                  "share; none of them is quarantined for it");
    cr_expect_eq(get("a").quarantined_utc_ns, 0, "taken back");
    cr_expect_eq(get("a").failures, 0);
    cr_expect_str_eq(get("a").reason, b.reason);
    lose("c", 1, 99 * S);
    cr_expect_not_null(strstr(get("a").reason, "a, b, c lost their lines within 1.3 s"));
}

Test(health, lines_that_went_at_other_times_or_on_other_rigs_are_each_devices_own)
{
    cr_expect_neq(lose("a", 3, 100 * S).quarantined_utc_ns, 0);
    cr_expect_neq(lose("b", 3, 110 * S + 1).quarantined_utc_ns, 0);
    cr_expect_neq(get("a").quarantined_utc_ns, 0);
    struct vr_health health;
    const struct vr_health_note other = {
        .failures = 3, .losses = 3, .lost_utc_ns = 100 * S, .reason = "x", .limit = 3, .utc_ns = 1};
    cr_assert_eq(vr_store_health_note(store, "other", "c", &other, &health, &err), 0);
    cr_expect_neq(health.quarantined_utc_ns, 0);
    cr_expect_eq(lose("d", 3, 90 * S).quarantined_utc_ns, 0, "10 s are still together");
}

Test(health, devices_that_were_never_there_are_no_incident)
{
    cr_expect_neq(lose("a", 3, 0).quarantined_utc_ns, 0);
    cr_expect_neq(lose("b", 3, 0).quarantined_utc_ns, 0);
}

Test(health, an_incident_lasts_over_runs_until_a_device_is_alone_with_it)
{
    lose("a", 3, 100 * S);
    lose("b", 3, 100 * S);
    for (int i = 0; i < 5; i++)
        cr_expect_eq(lose("a", 3, 0).quarantined_utc_ns, 0, "still away");
    cr_expect_eq(get("a").failures, 0);
    note("b", true, 0, 3, 600 * S);
    cr_expect_eq(get("b").lost_utc_ns, 0);
    cr_expect_str_eq(get("b").reason, "");
    cr_expect_neq(lose("a", 3, 0).quarantined_utc_ns, 0, "b is back, a is not");
}

Test(health, an_incident_forgives_no_other_trouble)
{
    note("a", false, 2, 3, 10);
    cr_expect_neq(lose("a", 1, 100 * S).quarantined_utc_ns, 0);
    lose("b", 1, 100 * S);
    cr_expect_eq(get("a").quarantined_utc_ns, 0);
    cr_expect_eq(get("a").failures, 2, "which were no losses");
    cr_expect(note("a", false, 1, 3, 600 * S));
    cr_expect_eq(get("a").lost_utc_ns, 0, "it was there and failed in another way");
    lose("b", 1, 0);
    cr_expect_neq(get("a").quarantined_utc_ns, 0);
    lose("c", 3, 100 * S);
    cr_expect_neq(get("a").quarantined_utc_ns, 0, "nor one that came after it");
}

Test(health, an_incident_lifts_no_quarantine_for_other_trouble)
{
    cr_expect(note("a", false, 3, 3, 10));
    lose("a", 1, 100 * S);
    cr_expect_neq(lose("b", 3, 110 * S).quarantined_utc_ns, 0, "a run that still had a");
    cr_expect_eq(get("a").quarantined_utc_ns, 10);
}

Test(health, a_power_cycle_that_restarts_nothing_is_kept_until_one_does)
{
    struct vr_health_note row = {
        .succeeded = true, .reason = "", .utc_ns = 10, .power_cycle = VR_HEALTH_POWER_STAYED};
    cr_expect_eq(note_row("a", &row).power_cycle_failed_utc_ns, 10);
    row.utc_ns = 20;
    cr_expect_eq(note_row("a", &row).power_cycle_failed_utc_ns, 10, "since when");
    row.power_cycle = VR_HEALTH_POWER_UNSEEN;
    cr_expect_eq(note_row("a", &row).power_cycle_failed_utc_ns, 10);
    cr_assert_eq(vr_store_health_release(store, "bench", "a", &err), 0, "%s", err.text);
    cr_expect_eq(get("a").power_cycle_failed_utc_ns, 10, "a release mends no hub");
    row.power_cycle = VR_HEALTH_POWER_CYCLED;
    cr_expect_eq(note_row("a", &row).power_cycle_failed_utc_ns, 0);
}

Test(health, of_a_source_is_not_merged)
{
    struct scratch scratch;
    size_t added, known;
    scratch_make(&scratch);
    const char *path = scratch_path(&scratch, "run.db");
    struct vr_store *source = filled_open(path, VR_STORE_CREATE);
    struct vr_health health;
    const struct vr_health_note row = {.failures = 1, .reason = "x", .limit = 1, .utc_ns = 1};
    cr_assert_eq(vr_store_health_note(source, "bench", "a", &row, &health, &err), 0);
    vr_store_close(source);
    cr_assert_eq(vr_store_merge(store, path, &added, &known, &err), 0, "%s", err.text);
    cr_expect_eq(get("a").quarantined_utc_ns, 0);
    scratch_remove(&scratch);
}
