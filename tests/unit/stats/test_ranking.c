#include "stats/ranking.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

Test(ranking, auroc_of_a_small_example)
{
    /* Positives 0.35 and 0.8, negatives 0.1 and 0.4: 3 of 4 pairs are right. */
    struct vr_prediction items[] = {{0.1, false}, {0.4, false}, {0.35, true}, {0.8, true}};
    vr_ranking_sort(items, COUNT(items));
    cr_expect_float_eq(vr_auroc(items, 4), 0.75, 1e-15);
    /* 0.5 * 1/1 + 0.5 * 2/3. */
    cr_expect_float_eq(vr_auprc(items, 4), 0.5 + 1 / 3.0, 1e-15);
}

Test(ranking, a_tie_counts_half_whatever_the_order)
{
    struct vr_prediction items[] = {{0.5, true}, {0.5, false}, {0.5, true}, {0.5, false}};
    vr_ranking_sort(items, 4);
    cr_expect_eq(vr_auroc(items, 4), 0.5);
    cr_expect_eq(vr_auprc(items, 4), 0.5);
    struct vr_prediction mixed[] = {{0.9, true}, {0.5, false}, {0.5, true}, {0.1, false}};
    cr_expect_eq(vr_auroc(mixed, 4), (2 + 1 + 0.5) / 4);
}

/* Seeded: every pair of a positive and a negative, one by one. */
Test(ranking, auroc_is_what_all_pairs_say)
{
    unsigned seed = 20171;
    struct vr_prediction items[300];
    double wins = 0, pairs = 0;
    for (size_t i = 0; i < COUNT(items); i++) {
        seed = seed * 1664525 + 1013904223;
        items[i] = (struct vr_prediction){(seed >> 20) % 40 / 40.0, (seed >> 12) % 3 == 0};
    }
    for (size_t i = 0; i < COUNT(items); i++)
        for (size_t k = 0; k < COUNT(items); k++)
            if (items[i].is_positive && !items[k].is_positive) {
                pairs++;
                wins += items[i].score > items[k].score ? 1 : 0;
                wins += items[i].score == items[k].score ? 0.5 : 0;
            }
    vr_ranking_sort(items, COUNT(items));
    cr_expect_float_eq(vr_auroc(items, COUNT(items)), wins / pairs, 1e-14);
}

Test(ranking, of_one_kind_there_is_none)
{
    struct vr_prediction positives[] = {{0.3, true}, {0.2, true}}, negatives[] = {{0.3, false}};
    cr_expect(isnan(vr_auroc(positives, 2)));
    cr_expect_eq(vr_auprc(positives, 2), 1);
    cr_expect(isnan(vr_auroc(negatives, 1)));
    cr_expect(isnan(vr_auprc(negatives, 1)));
    cr_expect(isnan(vr_auroc(NULL, 0)));
    cr_expect(isnan(vr_brier(NULL, 0)));
    cr_expect(isnan(vr_log_loss(NULL, 0)));
    cr_expect(isnan(vr_calibration_error(NULL, 0)));
}

Test(ranking, brier_and_log_loss)
{
    struct vr_prediction items[] = {{0.9, true}, {0.2, false}, {0.4, true}};
    cr_expect_float_eq(vr_brier(items, 3), (0.01 + 0.04 + 0.36) / 3, 1e-15);
    cr_expect_float_eq(vr_log_loss(items, 3), -(log(0.9) + log(0.8) + log(0.4)) / 3, 1e-15);
    struct vr_prediction sure[] = {{0, true}, {1, true}};
    cr_expect_float_eq(vr_log_loss(sure, 2), -log(1e-15) / 2, 1e-6, "clipped, not infinite");
}

Test(ranking, scores_that_are_no_chances_have_no_loss)
{
    struct vr_prediction items[] = {{-2.5, false}, {3.1, true}};
    vr_ranking_sort(items, 2);
    cr_expect_eq(vr_auroc(items, 2), 1, "order is enough");
    cr_expect(isnan(vr_brier(items, 2)));
    cr_expect(isnan(vr_log_loss(items, 2)));
    cr_expect(isnan(vr_calibration_error(items, 2)));
}

/* Bin 0.9..1: confidence 0.95 on average, 1 of 2 right; bin 0.6..0.7: 0.6, 1 of 1. */
Test(ranking, calibration_error_by_bins)
{
    struct vr_prediction items[] = {{0.9, true}, {1.0, false}, {0.6, true}};
    cr_expect_float_eq(vr_calibration_error(items, 3), (0.9 + 0.4) / 3, 1e-15);
}
