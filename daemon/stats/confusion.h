/* Confusion matrices: of which class a thing is by the reference, of which by the test, and how often.
 *
 *     rows     classes of the reference
 *     columns  the same of the test, and one more: an answer that is of no class
 *
 * An answer of no class is wrong whatever the reference is: in its row no class is found, and for every other
 * class it is a false claim, in col_i of F1, PPV and of one against the rest: else the true negatives
 * would have it.  N is the sum of all cells, C_ij a cell, row_i and col_j the sums.
 *
 *     accuracy p_o           sum C_ii / N
 *     sensitivity of i       C_ii / row_i
 *     PPV of i               C_ii / col_i
 *     F1 of i                2 C_ii / (row_i + col_i)
 *     macro F1               mean over the classes present: row_i + col_i > 0
 *     balanced accuracy      mean sensitivity of the classes with row_i > 0
 *     kappa                  (p_o - p_e) / (1 - p_e),  p_e = sum row_i col_i / N^2; none when p_e = 1
 *                            (J. Cohen, Educ. Psychol. Meas. 20 (1960) 37-46)
 *     weighted kappa         1 - sum w_ij C_ij / sum w_ij row_i col_j / N,  w_ij = (i - j)^2
 *                            (J. Cohen, Psychol. Bull. 70 (1968) 213-220); an answer of no class is as
 *                            far off as the farthest class
 *     MCC                    (N sum C_ii - sum row_i col_i) / sqrt((N^2 - sum row_i^2) (N^2 - sum col_j^2))
 *                            (J. Gorodkin, Comput. Biol. Chem. 28 (2004) 367-374); none when either is 0
 *
 * One class against the rest has TP, FN, FP, TN, and PABAK = 2 p_o - 1, prevalence index (TP - TN) / N
 * (T. Byrt and others, J. Clin. Epidemiol. 46 (1993) 423-429). */
#ifndef VR_STATS_CONFUSION_H
#define VR_STATS_CONFUSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VR_CONFUSION_CLASSES_MAX 32

/* Zeroed = empty, of any number of classes. */
struct vr_confusion {
    size_t class_count; /* 0 = not known yet */
    int64_t cells[VR_CONFUSION_CLASSES_MAX * (VR_CONFUSION_CLASSES_MAX + 1)]; /* row by row */
};

void vr_confusion_init(struct vr_confusion *matrix, size_t class_count);
/* `test` outside 0..class_count - 1 is of no class. */
void vr_confusion_count(struct vr_confusion *matrix, size_t reference, int64_t test);
/* Both of as many classes; an empty one takes the number of the other. */
void vr_confusion_add(struct vr_confusion *sum, const struct vr_confusion *matrix);

/* `test` = class_count: of no class. */
int64_t vr_confusion_cell(const struct vr_confusion *matrix, size_t reference, size_t test);
int64_t vr_confusion_row(const struct vr_confusion *matrix, size_t reference);
int64_t vr_confusion_column(const struct vr_confusion *matrix, size_t test);
int64_t vr_confusion_total(const struct vr_confusion *matrix);
int64_t vr_confusion_right(const struct vr_confusion *matrix); /* sum C_ii */

/* NaN where there is none. */
double vr_confusion_accuracy(const struct vr_confusion *matrix);
double vr_confusion_balanced_accuracy(const struct vr_confusion *matrix);
double vr_confusion_f1(const struct vr_confusion *matrix, size_t class);
double vr_confusion_macro_f1(const struct vr_confusion *matrix);
double vr_confusion_kappa(const struct vr_confusion *matrix);
double vr_confusion_weighted_kappa(const struct vr_confusion *matrix);
double vr_confusion_mcc(const struct vr_confusion *matrix);
size_t vr_confusion_present(const struct vr_confusion *matrix); /* classes with row or column > 0 */

/* One class against the rest. */
struct vr_one_against_rest {
    int64_t tp, fn, fp, tn;
};

struct vr_one_against_rest vr_confusion_one(const struct vr_confusion *matrix, size_t class);
double vr_one_kappa(const struct vr_one_against_rest *one);
double vr_one_pabak(const struct vr_one_against_rest *one);
double vr_one_prevalence_index(const struct vr_one_against_rest *one);

#endif
