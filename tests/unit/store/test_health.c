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

static bool note(const char *dut, bool succeeded, int failures, int limit, int64_t utc_ns)
{
    bool quarantined;
    const struct vr_health_note row = {
        .succeeded = succeeded,
        .failures = failures,
        .reason = failures ? "no device answered" : "",
        .limit = limit,
        .utc_ns = utc_ns,
    };
    cr_assert_eq(
        vr_store_health_note(store, "bench", dut, &row, &quarantined, &err), 0, "%s", err.text);
    return quarantined;
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

Test(health, of_a_source_is_not_merged)
{
    struct scratch scratch;
    size_t added, known;
    scratch_make(&scratch);
    const char *path = scratch_path(&scratch, "run.db");
    struct vr_store *source = filled_open(path, VR_STORE_CREATE);
    bool quarantined;
    const struct vr_health_note row = {.failures = 1, .reason = "x", .limit = 1, .utc_ns = 1};
    cr_assert_eq(vr_store_health_note(source, "bench", "a", &row, &quarantined, &err), 0);
    vr_store_close(source);
    cr_assert_eq(vr_store_merge(store, path, &added, &known, &err), 0, "%s", err.text);
    cr_expect_eq(get("a").quarantined_utc_ns, 0);
    scratch_remove(&scratch);
}
