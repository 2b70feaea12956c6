#include "stats/confusion.h"

#include <criterion/criterion.h>
#include <math.h>

static struct vr_confusion matrix_of(size_t classes, const int64_t *cells)
{
    struct vr_confusion matrix;
    vr_confusion_init(&matrix, classes);
    for (size_t i = 0; i < classes; i++)
        for (size_t j = 0; j < classes; j++)
            for (int64_t k = 0; k < cells[i * classes + j]; k++)
                vr_confusion_count(&matrix, i, (int64_t)j);
    return matrix;
}

/* Wake, light, deep, REM of 14 nights: the golden matrix and its numbers. */
static const int64_t nights[] = {871, 483,  29,  71, 303, 4381, 398, 521,
                                 34,  1142, 925, 16, 57,  564,  49,  922};

Test(confusion, of_the_nights_is_the_golden_one)
{
    struct vr_confusion matrix = matrix_of(4, nights);
    cr_expect_eq(vr_confusion_total(&matrix), 10766);
    cr_expect_float_eq(vr_confusion_accuracy(&matrix), 0.659391, 5e-7);
    cr_expect_float_eq(vr_confusion_kappa(&matrix), 0.450568, 5e-7);
    cr_expect_float_eq(vr_confusion_macro_f1(&matrix), 0.619245, 5e-7);
    cr_expect_eq(vr_confusion_cell(&matrix, 2, 1), 1142);
    cr_expect_eq(vr_confusion_row(&matrix, 1), 5603);
    cr_expect_eq(vr_confusion_column(&matrix, 1), 6570);
}

/* Two judges of schizophrenia, neurosis, other: J. Cohen, Educ. Psychol. Meas. 20 (1960), table 1,
 * N = 200, kappa 0.492. */
Test(confusion, kappa_is_the_published_one)
{
    static const int64_t cells[] = {88, 14, 18, 10, 40, 10, 2, 6, 12};
    struct vr_confusion matrix = matrix_of(3, cells);
    cr_expect_float_eq(
        vr_confusion_kappa(&matrix), 0.492, 5e-4, "%.6f", vr_confusion_kappa(&matrix));
}

/* Of two classes MCC is (TP TN - FP FN) / sqrt(...), and any weight of kappa the same. */
Test(confusion, of_two_classes_is_the_binary_one)
{
    static const int64_t cells[] = {90, 10, 30, 70};
    struct vr_confusion matrix = matrix_of(2, cells);
    double mcc = (90.0 * 70 - 10 * 30) / sqrt(100.0 * 100 * 120 * 80);
    cr_expect_float_eq(vr_confusion_mcc(&matrix), mcc, 1e-14);
    cr_expect_float_eq(vr_confusion_kappa(&matrix), 0.6, 1e-14);
    cr_expect_float_eq(vr_confusion_weighted_kappa(&matrix), 0.6, 1e-14);
    cr_expect_float_eq(vr_confusion_balanced_accuracy(&matrix), 0.8, 1e-14);
    cr_expect_float_eq(vr_confusion_f1(&matrix, 0), 180.0 / 220, 1e-14);
    struct vr_one_against_rest one = vr_confusion_one(&matrix, 0);
    cr_expect(one.tp == 90 && one.fn == 10 && one.fp == 30 && one.tn == 70);
    cr_expect_float_eq(vr_one_pabak(&one), 0.6, 1e-14);
    cr_expect_float_eq(vr_one_prevalence_index(&one), 0.1, 1e-14);
    cr_expect_float_eq(vr_one_kappa(&one), 0.6, 1e-14);
}

/* Rows 0 and 2 one apart, two apart: seen (1 + 4) / 6, expected by hand 8 / 6. */
Test(confusion, quadratic_weights_punish_the_far_more)
{
    static const int64_t near[] = {1, 1, 0, 0, 2, 0, 0, 0, 2}, far[] = {1, 0, 1, 0, 2, 0, 0, 0, 2};
    struct vr_confusion one = matrix_of(3, near), two = matrix_of(3, far);
    cr_expect_float_eq(vr_confusion_kappa(&one), 0.75, 1e-14);
    cr_expect_float_eq(vr_confusion_kappa(&two), 0.75, 1e-14);
    /* near: columns 1 3 2: expected = (2*3*1 + 2*2*4 + 2*1*1 + 2*2*1 + 2*1*4 + 2*3*1) / 6 = 42 / 6;
     * far: columns 1 2 3: (2*2*1 + 2*3*4 + 2*1*1 + 2*3*1 + 2*1*4 + 2*2*1) / 6 = 48 / 6. */
    cr_expect_float_eq(vr_confusion_weighted_kappa(&one), 1 - 1 / 7.0, 1e-14);
    cr_expect_float_eq(vr_confusion_weighted_kappa(&two), 1 - 4 / 8.0, 1e-14);
}

Test(confusion, an_answer_of_no_class_is_wrong_and_helps_none)
{
    static const int64_t cells[] = {8, 2, 2, 8};
    struct vr_confusion matrix = matrix_of(2, cells);
    double kappa = vr_confusion_kappa(&matrix), mcc = vr_confusion_mcc(&matrix);
    vr_confusion_count(&matrix, 0, 2);
    vr_confusion_count(&matrix, 1, -1);
    vr_confusion_count(&matrix, 1, INT64_MAX);
    cr_expect_eq(vr_confusion_total(&matrix), 23);
    cr_expect_eq(vr_confusion_right(&matrix), 16);
    cr_expect_float_eq(vr_confusion_f1(&matrix, 0), 16.0 / (11 + 10 + 2), 1e-14);
    cr_expect_float_eq(vr_confusion_f1(&matrix, 1), 16.0 / (12 + 10 + 1), 1e-14);
    struct vr_one_against_rest one = vr_confusion_one(&matrix, 0);
    cr_expect(one.tp == 8 && one.fn == 3 && one.fp == 4 && one.tn == 8, "no true negative");
    cr_expect_lt(vr_confusion_kappa(&matrix), kappa);
    cr_expect_lt(vr_confusion_mcc(&matrix), mcc);
    cr_expect_eq(vr_confusion_column(&matrix, 2), 3);
}

Test(confusion, of_nothing_or_one_class_there_is_no_kappa)
{
    static const int64_t cells[] = {7, 0, 0, 0};
    struct vr_confusion empty = {0}, one = matrix_of(2, cells);
    cr_expect(isnan(vr_confusion_accuracy(&empty)));
    cr_expect(isnan(vr_confusion_kappa(&empty)));
    cr_expect(isnan(vr_confusion_macro_f1(&empty)));
    cr_expect(isnan(vr_confusion_mcc(&empty)));
    cr_expect_eq(vr_confusion_accuracy(&one), 1);
    cr_expect(isnan(vr_confusion_kappa(&one)));
    cr_expect(isnan(vr_confusion_weighted_kappa(&one)));
    cr_expect(isnan(vr_confusion_mcc(&one)));
    cr_expect_eq(vr_confusion_macro_f1(&one), 1, "over the classes that are present");
    cr_expect(isnan(vr_confusion_f1(&one, 1)));
}

Test(confusion, sums_are_of_cells_and_take_the_number_of_classes)
{
    struct vr_confusion matrix = matrix_of(4, nights), sum = {0};
    vr_confusion_add(&sum, &(struct vr_confusion){0});
    vr_confusion_add(&sum, &matrix);
    vr_confusion_add(&sum, &matrix);
    cr_expect_eq(sum.class_count, 4);
    cr_expect_eq(vr_confusion_cell(&sum, 3, 1), 2 * 564);
    cr_expect_float_eq(vr_confusion_kappa(&sum), vr_confusion_kappa(&matrix), 1e-15);
}
