/* Baselines: names of runs, and the run before another. */
#include "store/baseline.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "filled.h"
#include "store/care.h"

static struct vr_store *store;
static struct vr_err err;

static int64_t add_run(const char *uid, int64_t started_utc_ns, const char *status)
{
    struct vr_run_row run = filled_run(uid, started_utc_ns);
    cr_assert_eq(vr_store_run_add(store, &run, &err), 0, "%s", err.text);
    if (status)
        cr_assert_eq(
            vr_store_run_end(store, run.run_id, started_utc_ns + 1, status, &err), 0, "%s",
            err.text);
    return run.run_id;
}

static void setup(void)
{
    store = filled_open(":memory:", VR_STORE_CREATE);
    add_run("run-a", 100, "ended");
    add_run("run-b", 200, "ended");
    add_run("run-c", 300, "interrupted");
    add_run("run-d", 400, NULL);
}

static void teardown(void)
{
    vr_store_close(store);
}

TestSuite(baseline, .init = setup, .fini = teardown);

static int set(const char *name, const char *uid)
{
    return vr_store_baseline_set(
        store, &(struct vr_baseline_row){.name = name, .run_uid = uid, .set_utc_ns = 7}, &err);
}

Test(baseline, a_name_stands_for_one_run_at_a_time)
{
    int64_t run_id, a, b;
    cr_assert_eq(set("main", "run-a"), 0);
    cr_assert_eq(vr_store_run_find(store, "run-a", &a, &err), 0);
    cr_assert_eq(vr_store_run_find(store, "run-b", &b, &err), 0);
    cr_assert_eq(vr_store_run_find(store, "baseline:main", &run_id, &err), 0);
    cr_expect_eq(run_id, a);
    cr_assert_eq(set("main", "run-b"), 0);
    cr_assert_eq(vr_store_run_find(store, "baseline:main", &run_id, &err), 0);
    cr_expect_eq(run_id, b);
    cr_assert_eq(vr_store_baseline_remove(store, "main", &err), 0);
    cr_expect_eq(vr_store_run_find(store, "baseline:main", &run_id, &err), -VR_ERR_NOT_FOUND);
    cr_expect_eq(vr_store_baseline_remove(store, "main", &err), -VR_ERR_NOT_FOUND);
}

Test(baseline, what_cannot_be_one_is_refused)
{
    static const char *const names[] = {
        "", "a b", "a/b", "ä", "12345678901234567890123456789012345678901234567890123456789012345"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cr_expect_eq(set(names[i], "run-a"), -VR_ERR_INPUT, "%s", names[i]);
    cr_expect_eq(set("main", "run-x"), -VR_ERR_NOT_FOUND);
    cr_expect_eq(set("main", "run-c"), -VR_ERR_INPUT);
    cr_expect_eq(set("main", "run-d"), -VR_ERR_INPUT);
}

static int note(void *context, const struct vr_baseline_row *baseline)
{
    snprintf(
        context, 64, "%s %s %d %s|", baseline->name, baseline->run_uid, baseline->is_there,
        baseline->reason);
    return 0;
}

/* Somebody deletes a run by other means than prune: the name says what it stood for. */
Test(baseline, a_run_that_is_gone_is_told)
{
    char listed[64] = "";
    int64_t run_id;
    cr_assert_eq(set("main", "run-a"), 0);
    size_t count = 0;
    const struct vr_prune prune = {.utc_ns = INT64_MAX};
    cr_assert_eq(vr_store_prune(store, &prune, &count, &err), 0, "%s", err.text);
    cr_assert_eq(vr_store_baselines(store, note, listed, &err), 0);
    cr_expect_str_eq(listed, "main run-a 1 |", "prune keeps it");
    cr_expect_eq(vr_store_run_find(store, "run-b", &run_id, &err), -VR_ERR_NOT_FOUND);
}

Test(baseline, the_run_before_has_ended_and_is_another_one)
{
    static const struct {
        int64_t before_utc_ns;
        const char *but, *found;
    } rows[] = {
        {400, "run-d", "run-b"},
        {200, "run-b", "run-a"},
        {150, "x", "run-a"},
        {100, "run-a", NULL},
        {50, "x", NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *uid;
        int64_t started_utc_ns;
        cr_assert_eq(
            vr_store_run_previous(
                store, "smoke", rows[i].before_utc_ns, rows[i].but, &uid, &started_utc_ns, &err),
            0);
        cr_expect(
            rows[i].found ? uid && strcmp(uid, rows[i].found) == 0 : !uid, "row %zu: %s", i,
            uid ? uid : "none");
        free(uid);
    }
}
