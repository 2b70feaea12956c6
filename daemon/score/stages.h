/* Sleep stages against sleep stages: by epoch, and by what a night comes to.
 *
 * A set is how finely stages are told apart:
 *
 *     5   W  N1     N2     N3    R         4   W  light        deep  R
 *     3   W  NREM                R         2   W  sleep
 *
 * and the number of a stage is its place in the set, from 0; wake is 0 in each.  A label of the truth
 * that is finer than the set is taken together; a coarser one (light in a set of 5) is an error, not a guess.
 *
 * Labels: those of EDF+ ("Sleep stage W", "Sleep stage 1", "Sleep stage N1", "Sleep stage R", "Sleep stage
 * ?", "Movement time"), the same without "Sleep stage ", S1 to S4 and W1 to R as older scorings have
 * them, and wake, light, deep, rem, nrem, sleep, in any case.  S4 and "Sleep stage 4" are N3 (AASM 2007).  Movement time and ?
 * are not scored.  Bare numbers are no labels: 1 is N1 in one file, light in the next.  A task whose truth has others says so in
 * "classes", with the names W, N1, N2, N3, R, light, deep, NREM, sleep.
 *
 * Night measures (of epochs that both sides have, so that both are measured over the same time):
 *
 *     TIB   epochs x length: time in bed, as far as it is scored
 *     TST   epochs of sleep x length;  SE = 100 TST / TIB
 *     SOL   epochs before the first of sleep x length;  WASO  epochs of wake after it x length
 *     minutes of each stage, and 100 x those / TST */
#ifndef VR_SCORE_STAGES_H
#define VR_SCORE_STAGES_H

#include "score/aggregate.h"
#include "score/timeline.h"
#include "stats/confusion.h"

#define VR_STAGES_MAX 5

/* What a stage is called, in whatever set. */
enum vr_stage {
    VR_STAGE_WAKE,
    VR_STAGE_SLEEP,
    VR_STAGE_NREM,
    VR_STAGE_LIGHT,
    VR_STAGE_N1,
    VR_STAGE_N2,
    VR_STAGE_DEEP, /* N3 */
    VR_STAGE_REM,
    VR_STAGE_KINDS
};

/* The number of a stage in the set, -1 when the set does not tell it apart. */
int vr_stage_number(int stages, enum vr_stage stage);
/* "wake", "deep", ... of number `number` of the set. */
const char *vr_stage_name(int stages, int number);
/* As vr_label_fn. */
int vr_stage_label(const struct vr_scenario_score *config, const char *label);
/* VR_ERR_INPUT when a class of the task is no stage of its set. */
int vr_stage_check(const struct vr_scenario_score *config, struct vr_err *err);

/* Of one side; NaN where there is none: SOL and WASO of a night without sleep. */
struct vr_night {
    double tib_min, tst_min, se_pct, sol_min, waso_min;
    double stage_min[VR_STAGES_MAX], stage_pct[VR_STAGES_MAX]; /* by number; pct of TST */
};

struct vr_night vr_night_of(const int8_t *stages, size_t count, size_t stage_count, double epoch_s);

struct vr_night_pair {
    struct vr_night reference, device;
};

/* A record, or a sum of many.  Zeroed = nothing; ended with vr_stages_table.item_finish. */
struct vr_stages {
    struct vr_confusion matrix;
    int64_t missing;
    struct vr_night_pair *nights;
    size_t night_count;
};

/* Of a night of which less is there, what is missing may be what differs: it has no night measures. */
#define VR_NIGHT_MIN_PCT 95

/* Fill the zeroed item with one record: its epochs in the order of time, of each the number of the truth's stage, and what the
 * device says: a number, VR_LABEL_NONE or VR_LABEL_FOREIGN.  Epochs that are not scored are left out by the caller.  False = no
 * memory. */
bool vr_stages_compare(
    struct vr_stages *item, int stages, const int8_t *reference, const int8_t *device, size_t count,
    double epoch_s);

extern const struct vr_measure_table vr_stages_table;

#endif
