/* Beat-by-beat comparison of ANSI/AAMI EC57: the matrix of a record and what follows from it.
 *
 * The pairs of score/match.h are counted by class of the reference and class of the test:
 *
 *                      test
 *                n  s  v  f  q   o  x
 *              +-----------------------
 *            N |
 *            S |  the beats        missed
 *  reference V |  that were        (x: in a shutdown
 *            F |  found             of the test)
 *            Q |
 *            O |  extra beats
 *            X |  (in a shutdown of the reference)
 *
 * VR_COMPAT_WFDB counts as bxb of WFDB 10.7 does; VR_COMPAT_NONE leaves out three of its quirks:
 *
 *   what                               VR_COMPAT_NONE             bxb
 *   a flutter wave of the reference    is not counted: it is      is an extra beat, On
 *     outside VF, paired with a beat     no error to see it
 *   the RR error is taken over         beats found                lonely beats, too, whose RR stands
 *                                                                 against that of whichever beat is
 *                                                                 present on the other side
 *   where shutdowns overlap (two AHA   is counted once            is counted once for each
 *     marks in one gap), their time
 */
#ifndef VR_SCORE_BEATS_H
#define VR_SCORE_BEATS_H

#include "score/ec57.h"
#include "score/match.h"

struct vr_beats_counts {
    int64_t pairs[VR_BEAT_CLASSES][VR_BEAT_CLASSES]; /* [reference][test] */

    int64_t rr_count;      /* beats found with both RR valid */
    double rr_squares_ms2; /* sum of (RR of the reference - RR of the test)^2 */

    int64_t position_count;                       /* beats found */
    double position_sum_ms, position_squares_ms2; /* of time in the test - time in the reference */

    double shutdown_s; /* of the test, over the whole record, learning period included */
};

/* Compare two lists of events, which get sorted by time.  VR_ERR_INPUT for a
 * time beyond any record, VR_ERR_NO_MEMORY. */
int vr_beats_compare(
    struct vr_event *reference, size_t reference_count, struct vr_event *test, size_t test_count,
    const struct vr_ec57_options *options, struct vr_beats_counts *ret_counts, struct vr_err *err);

/* S becomes N: what there is to compare with an algorithm that does not claim to tell them apart. */
void vr_beats_fold(struct vr_beats_counts *counts);

void vr_beats_add(struct vr_beats_counts *sum, const struct vr_beats_counts *counts);

/* Beats found, missed and extra: of any class (q), VEB (v), SVEB (s); vtn = no VEB on either side. */
struct vr_beats_sums {
    int64_t qtp, qfn, qfp;
    int64_t vtp, vfn, vfp, vtn;
    int64_t stp, sfn, sfp;
};

struct vr_beats_sums vr_beats_sums(const struct vr_beats_counts *counts);

/* The sum over some rows and columns of the matrix, by their letters: "OX", "nfq". */
int64_t vr_beats_sum_of(
    const struct vr_beats_counts *counts, const char *rows, const char *columns);

/* The rest in milliseconds, NaN when there is nothing to take it from. */
double vr_beats_rr_error_ms(const struct vr_beats_counts *counts);      /* root mean square */
double vr_beats_position_bias_ms(const struct vr_beats_counts *counts); /* mean, > 0 = late */
double vr_beats_position_sd_ms(const struct vr_beats_counts *counts);   /* n - 1 */

#endif
