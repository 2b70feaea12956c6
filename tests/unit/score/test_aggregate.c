/* Items, their sums, and the scopes that are made of them. */
#include "score/aggregate.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

/* Found of so many; the measure is the share, with an interval of nonsense that is easy to see. */
struct item {
    int64_t found, all;
    char *owned; /* so that a leak or a double free is seen by the sanitizers */
};

static bool item_add(void *context, const void *more_context)
{
    struct item *item = context;
    const struct item *more = more_context;
    if (!item->owned)
        item->owned = malloc(1);
    item->found += more->found;
    item->all += more->all;
    return item->owned != NULL;
}

static void item_measure(void *context, struct vr_measure *ret_measures)
{
    struct item *item = context;
    double share = item->all > 0 ? (double)item->found / (double)item->all : NAN;
    ret_measures[0] = (struct vr_measure){share, -1, 2, item->all};
}

static void item_finish(void *context)
{
    struct item *item = context;
    free(item->owned);
}

static const char *const names[] = {"test.share", NULL};
static const char *const units[] = {""};
static const struct vr_measure_table table = {
    .names = names,
    .units = units,
    .item_size = sizeof(struct item),
    .add = item_add,
    .measure = item_measure,
    .item_finish = item_finish,
};

static struct vr_by_record records;
static struct vr_metrics metrics;

static void setup(void)
{
    records = (struct vr_by_record){.table = &table};
    metrics = (struct vr_metrics){0};
}

static void teardown(void)
{
    vr_by_record_finish(&records);
    vr_metrics_finish(&metrics);
}

TestSuite(aggregate, .init = setup, .fini = teardown);

static void add(
    const char *record, const char *subject, const char *strata, int64_t found, int64_t all)
{
    const struct vr_trial_row trial = {.record = record, .subject = subject, .strata = strata};
    struct item *item = calloc(1, sizeof *item);
    cr_assert(item);
    item->found = found;
    item->all = all;
    item->owned = malloc(1);
    cr_assert_eq(vr_by_record_add(&records, record, &trial, item, NULL), 0);
}

static void refuse(const char *record)
{
    const struct vr_trial_row trial = {.record = record};
    cr_assert_eq(vr_by_record_add(&records, record, &trial, NULL, NULL), 0);
}

static void expect(const char *scope, double value, int64_t n, bool has_interval)
{
    const struct vr_metric_row *row = vr_metrics_find(&metrics, "test.share", scope);
    cr_assert(row, "no metric of %s", scope);
    if (isnan(value))
        cr_expect(isnan(row->value), "%s is %g", scope, row->value);
    else
        cr_expect_float_eq(row->value, value, 1e-12, "%s is %g", scope, row->value);
    cr_expect_eq(row->n, n, "%s has n = %ld", scope, (long)row->n);
    cr_expect_eq(!isnan(row->low), has_interval, "%s", scope);
    cr_expect_eq(!isnan(row->high), has_interval, "%s", scope);
}

static void aggregate(void)
{
    cr_assert_eq(vr_aggregate(&records, &metrics, NULL), 0);
}

Test(aggregate, nothing_gives_nothing)
{
    aggregate();
    cr_expect_eq(metrics.count, 0);
}

Test(aggregate, gross_adds_up_and_average_takes_each_record_alike)
{
    add("a", "", "", 1, 1);
    add("b", NULL, NULL, 0, 9);
    add("c", "", "", 0, 0);
    aggregate();
    expect("gross", 0.1, 10, true);
    expect("average", 0.5, 2, false);
    expect("a", 1, 1, true);
    expect("c", NAN, 0, true);
    cr_expect_eq(metrics.count, 5, "no subject and no stratum was named");
}

Test(aggregate, repeats_add_up_without_intervals)
{
    add("a", "", "", 1, 2);
    add("a", "", "", 2, 2);
    add("b", "", "", 1, 1);
    aggregate();
    expect("a", 0.75, 4, false);
    expect("b", 1, 1, true);
    expect("gross", 0.8, 5, false);
}

Test(aggregate, a_refused_trial_leaves_its_record_without_a_number)
{
    add("a", "", "", 1, 2);
    refuse("a");
    add("a", "", "", 1, 2);
    add("b", "", "", 1, 4);
    refuse("c");
    aggregate();
    expect("a", NAN, 0, false);
    expect("c", NAN, 0, true);
    expect("gross", 0.25, 4, false);
    cr_expect(records.entries[0].is_refused);
    cr_expect_not(records.entries[1].is_refused);
    cr_expect_eq(records.entries[0].trial_count, 3);
}

Test(aggregate, subjects_and_strata_are_scopes)
{
    add("a", "p-1", "snr_db=6;age=old", 1, 1);
    add("b", "p-1", "snr_db=12;age=old", 1, 3);
    add("c", "p-2", "snr_db=6;age=young", 0, 4);
    aggregate();
    expect("subject:p-1", 0.5, 4, true);
    expect("subject:p-2", 0, 4, true);
    expect("subject_average", 0.25, 2, false);
    expect("stratum:snr_db=6", 0.2, 5, true);
    expect("stratum:snr_db=12", 1.0 / 3, 3, true);
    expect("stratum:age=old", 0.5, 4, true);
    expect("stratum:age=young", 0, 4, true);
    cr_expect_eq(metrics.count, 2 + 3 + 1 + 2 + 4);
}

Test(aggregate, a_stratum_is_held_as_a_whole)
{
    cr_expect(vr_strata_hold("snr_db=6;age=old", "snr_db=6"));
    cr_expect(vr_strata_hold("snr_db=6;age=old", "age=old"));
    cr_expect_not(vr_strata_hold("snr_db=62;age=old", "snr_db=6"));
    cr_expect_not(vr_strata_hold("age=old", "=old"));
    cr_expect_not(vr_strata_hold("", "age=old"));
}
