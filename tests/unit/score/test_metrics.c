/* The list of metrics, and schema/metrics.md against what the scorers have. */
#include "score/metrics.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "score/score.h"

extern const char test_metrics_page[]; /* schema/metrics.md */

Test(metrics, add_copies_and_find_finds)
{
    struct vr_metrics metrics = {0};
    char name[16], scope[16];
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "m%d", i / 10);
        snprintf(scope, sizeof scope, "s%d", i % 10);
        const struct vr_metric_row row = {name, scope, i, "%", NAN, NAN, i};
        cr_assert_eq(vr_metrics_add(&metrics, &row, NULL), 0);
    }
    cr_assert_eq(metrics.count, 200);
    const struct vr_metric_row *row = vr_metrics_find(&metrics, "m7", "s3");
    cr_assert(row);
    cr_expect_eq(row->value, 73);
    cr_expect_str_eq(row->name, "m7");
    cr_expect_str_eq(row->scope, "s3");
    cr_expect_str_eq(row->unit, "%");
    cr_expect_null(vr_metrics_find(&metrics, "m7", "s"));
    cr_expect_null(vr_metrics_find(&metrics, "m", "s3"));
    vr_metrics_finish(&metrics);
    cr_expect_eq(metrics.count, 0);
    vr_metrics_finish(&metrics);
    vr_metrics_finish(NULL);
}

/* The name in a line of a table that begins "| `name` |", or "". */
static const char *row_name(const char *line, char name[64])
{
    name[0] = '\0';
    sscanf(line, "| `%63[a-z0-9_.]` |", name);
    return strchr(name, '.') ? name : "";
}

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end ? end + 1 : NULL;
}

Test(metrics, page_has_a_row_for_each_metric_of_each_scorer)
{
    for (size_t i = 0; vr_scorer(i); i++)
        for (const char *const *metric = vr_scorer(i)->table->names; *metric; metric++) {
            int rows = 0;
            char name[64];
            for (const char *line = test_metrics_page; line; line = next_line(line))
                rows += strcmp(row_name(line, name), *metric) == 0;
            cr_expect_eq(rows, 1, "%s has %d rows in schema/metrics.md", *metric, rows);
        }
}

Test(metrics, page_has_no_row_without_a_metric)
{
    int rows = 0;
    char name[64];
    for (const char *line = test_metrics_page; line; line = next_line(line)) {
        if (row_name(line, name)[0] == '\0')
            continue;
        bool found = false;
        for (size_t i = 0; vr_scorer(i); i++)
            for (const char *const *metric = vr_scorer(i)->table->names; *metric; metric++)
                found |= strcmp(*metric, name) == 0;
        cr_expect(found, "schema/metrics.md has %s, and no scorer has it", name);
        rows++;
    }
    cr_expect_gt(rows, 20);
}

Test(metrics, are_named_after_their_scorer)
{
    for (size_t i = 0; vr_scorer(i); i++) {
        size_t size = strlen(vr_scorer(i)->name);
        for (const char *const *metric = vr_scorer(i)->table->names; *metric; metric++)
            cr_expect(
                strncmp(*metric, vr_scorer(i)->name, size) == 0 && (*metric)[size] == '.', "%s",
                *metric);
    }
}
