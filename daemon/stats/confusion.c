/* Confusion matrices, as confusion.h gives them. */
#include "stats/confusion.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : NAN;
}

static size_t columns(const struct vr_confusion *matrix)
{
    return matrix->class_count + 1;
}

void vr_confusion_init(struct vr_confusion *matrix, size_t class_count)
{
    assert(class_count <= VR_CONFUSION_CLASSES_MAX);
    memset(matrix, 0, sizeof *matrix);
    matrix->class_count = class_count;
}

void vr_confusion_count(struct vr_confusion *matrix, size_t reference, int64_t test)
{
    size_t n = matrix->class_count;
    assert(reference < n);
    size_t column = test >= 0 && test < (int64_t)n ? (size_t)test : n;
    matrix->cells[reference * columns(matrix) + column]++;
}

void vr_confusion_add(struct vr_confusion *sum, const struct vr_confusion *matrix)
{
    if (matrix->class_count == 0)
        return;
    if (sum->class_count == 0)
        sum->class_count = matrix->class_count;
    assert(sum->class_count == matrix->class_count);
    for (size_t i = 0; i < matrix->class_count * columns(matrix); i++)
        sum->cells[i] += matrix->cells[i];
}

/* --- counts ----------------------------------------------------------------------------------- */

int64_t vr_confusion_cell(const struct vr_confusion *matrix, size_t reference, size_t test)
{
    return matrix->cells[reference * columns(matrix) + test];
}

int64_t vr_confusion_row(const struct vr_confusion *matrix, size_t reference)
{
    int64_t sum = 0;
    for (size_t j = 0; j <= matrix->class_count; j++)
        sum += vr_confusion_cell(matrix, reference, j);
    return sum;
}

int64_t vr_confusion_column(const struct vr_confusion *matrix, size_t test)
{
    int64_t sum = 0;
    for (size_t i = 0; i < matrix->class_count; i++)
        sum += vr_confusion_cell(matrix, i, test);
    return sum;
}

int64_t vr_confusion_total(const struct vr_confusion *matrix)
{
    int64_t sum = 0;
    for (size_t i = 0; i < matrix->class_count; i++)
        sum += vr_confusion_row(matrix, i);
    return sum;
}

int64_t vr_confusion_right(const struct vr_confusion *matrix)
{
    int64_t sum = 0;
    for (size_t i = 0; i < matrix->class_count; i++)
        sum += vr_confusion_cell(matrix, i, i);
    return sum;
}

size_t vr_confusion_present(const struct vr_confusion *matrix)
{
    size_t present = 0;
    for (size_t i = 0; i < matrix->class_count; i++)
        present += vr_confusion_row(matrix, i) + vr_confusion_column(matrix, i) > 0;
    return present;
}

/* How often the test was wrong or right about a class by naming it, or by naming none where another was
 * meant. */
static int64_t claims(const struct vr_confusion *matrix, size_t class)
{
    size_t none = matrix->class_count;
    return vr_confusion_column(matrix, class) + vr_confusion_column(matrix, none) -
           vr_confusion_cell(matrix, class, none);
}

/* --- measures --------------------------------------------------------------------------------- */

double vr_confusion_accuracy(const struct vr_confusion *matrix)
{
    return ratio((double)vr_confusion_right(matrix), (double)vr_confusion_total(matrix));
}

double vr_confusion_balanced_accuracy(const struct vr_confusion *matrix)
{
    double sum = 0, present = 0;
    for (size_t i = 0; i < matrix->class_count; i++) {
        int64_t row = vr_confusion_row(matrix, i);
        if (row == 0)
            continue;
        sum += (double)vr_confusion_cell(matrix, i, i) / (double)row;
        present++;
    }
    return ratio(sum, present);
}

double vr_confusion_f1(const struct vr_confusion *matrix, size_t class)
{
    int64_t row = vr_confusion_row(matrix, class);
    if (row + vr_confusion_column(matrix, class) == 0)
        return NAN;
    return 2 * (double)vr_confusion_cell(matrix, class, class) /
           (double)(row + claims(matrix, class));
}

double vr_confusion_macro_f1(const struct vr_confusion *matrix)
{
    double sum = 0;
    for (size_t i = 0; i < matrix->class_count; i++) {
        double f1 = vr_confusion_f1(matrix, i);
        sum += isnan(f1) ? 0 : f1;
    }
    return ratio(sum, (double)vr_confusion_present(matrix));
}

/* sum row_i col_i. */
static double chance(const struct vr_confusion *matrix)
{
    double sum = 0;
    for (size_t i = 0; i < matrix->class_count; i++)
        sum += (double)vr_confusion_row(matrix, i) * (double)vr_confusion_column(matrix, i);
    return sum;
}

/* With all multiplied by N^2: whole numbers, exact below 2^53. */
double vr_confusion_kappa(const struct vr_confusion *matrix)
{
    double n = (double)vr_confusion_total(matrix);
    double expected = chance(matrix);
    return ratio(n * (double)vr_confusion_right(matrix) - expected, n * n - expected);
}

static double weight(const struct vr_confusion *matrix, size_t i, size_t j)
{
    double last = (double)matrix->class_count - 1;
    double apart = (double)i - (double)j;
    if (j == matrix->class_count) /* of no class */
        apart = fmax((double)i, last - (double)i);
    return apart * apart;
}

double vr_confusion_weighted_kappa(const struct vr_confusion *matrix)
{
    double n = (double)vr_confusion_total(matrix), seen = 0, expected = 0;
    for (size_t i = 0; i < matrix->class_count; i++)
        for (size_t j = 0; j <= matrix->class_count; j++) {
            double w = weight(matrix, i, j);
            seen += w * (double)vr_confusion_cell(matrix, i, j);
            expected +=
                w * (double)vr_confusion_row(matrix, i) * (double)vr_confusion_column(matrix, j);
        }
    return expected > 0 ? 1 - n * seen / expected : NAN;
}

double vr_confusion_mcc(const struct vr_confusion *matrix)
{
    double n = (double)vr_confusion_total(matrix);
    double references = n * n, tests = n * n;
    for (size_t i = 0; i <= matrix->class_count; i++) {
        double column = (double)vr_confusion_column(matrix, i);
        double row = i < matrix->class_count ? (double)vr_confusion_row(matrix, i) : 0;
        references -= row * row;
        tests -= column * column;
    }
    double top = n * (double)vr_confusion_right(matrix) - chance(matrix);
    return ratio(top, sqrt(references) * sqrt(tests));
}

/* --- one class against the rest --------------------------------------------------------------- */

struct vr_one_against_rest vr_confusion_one(const struct vr_confusion *matrix, size_t class)
{
    struct vr_one_against_rest one = {.tp = vr_confusion_cell(matrix, class, class)};
    one.fn = vr_confusion_row(matrix, class) - one.tp;
    one.fp = claims(matrix, class) - one.tp;
    one.tn = vr_confusion_total(matrix) - one.tp - one.fn - one.fp;
    return one;
}

static int64_t one_total(const struct vr_one_against_rest *one)
{
    return one->tp + one->fn + one->fp + one->tn;
}

double vr_one_kappa(const struct vr_one_against_rest *one)
{
    double n = (double)one_total(one);
    double expected = (double)(one->tp + one->fn) * (double)(one->tp + one->fp) +
                      (double)(one->tn + one->fp) * (double)(one->tn + one->fn);
    return ratio(n * (double)(one->tp + one->tn) - expected, n * n - expected);
}

double vr_one_pabak(const struct vr_one_against_rest *one)
{
    return 2 * ratio((double)(one->tp + one->tn), (double)one_total(one)) - 1;
}

double vr_one_prevalence_index(const struct vr_one_against_rest *one)
{
    return ratio((double)(one->tp - one->tn), (double)one_total(one));
}
