#include "report/index.h"

#include <criterion/criterion.h>

#include "sample.h"

static struct sample sample;

static void make_index(void)
{
    sample_make(&sample);
    cr_assert_eq(vr_index_make(&sample.report, NULL), 0);
}

static void destroy_index(void)
{
    vr_index_destroy(sample.report.index);
}

TestSuite(index, .init = make_index, .fini = destroy_index);

Test(index, finds_the_metrics_of_a_scope_in_their_order)
{
    size_t count;
    const struct vr_metric_row *const *metrics = vr_index_metrics(&sample.report, "101", &count);
    cr_assert_eq(count, 2);
    cr_expect_eq(metrics[0], &sample.metrics[2]);
    cr_expect_eq(metrics[1], &sample.metrics[3]);
    for (const char *const *absent = (const char *const[]){"", "10", "102", "zzz", NULL}; *absent;
         absent++) {
        vr_index_metrics(&sample.report, *absent, &count);
        cr_expect_eq(count, 0, "%s", *absent);
    }
}

Test(index, finds_a_metric_by_name_and_scope)
{
    cr_expect_eq(vr_index_metric(&sample.report, "beats.veb_ppv_pct", "101"), &sample.metrics[3]);
    cr_expect_null(vr_index_metric(&sample.report, "beats.veb_ppv_pct", "100"));
}

Test(index, tells_records_from_other_scopes)
{
    cr_expect(vr_index_has_record(&sample.report, "100"));
    cr_expect(vr_index_has_record(&sample.report, "101"));
    cr_expect_not(vr_index_has_record(&sample.report, "gross"));
}

Test(index, knows_which_metrics_have_a_gate)
{
    cr_expect(vr_index_has_gate(&sample.report, "beats.qrs_sensitivity_pct"));
    cr_expect_not(vr_index_has_gate(&sample.report, "beats.veb_ppv_pct"));
}

Test(index, of_an_empty_report_finds_nothing)
{
    struct vr_report report = {0};
    size_t count;
    cr_assert_eq(vr_index_make(&report, NULL), 0);
    vr_index_metrics(&report, "gross", &count);
    cr_expect_eq(count, 0);
    cr_expect_not(vr_index_has_record(&report, "gross"));
    vr_report_finish(&report);
}
