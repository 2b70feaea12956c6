/* Episode-by-episode comparison of ANSI/AAMI EC57: atrial fibrillation (AF), ventricular flutter or fibrillation (VF).
 *
 *     reference   ----|==========|-------|=====|----------
 *     test        ------|====|-------------------|=====|--
 *                        found             missed  false
 *
 * Both ways: an episode of the reference counts as found, and one of the test as true, when it overlaps with the episodes of the other
 * side; and of the time of all episodes that part which overlaps.
 *
 * AF lasts from a RHYTHM that begins with "(AFIB" to the next that does not; VF from VFON to VFOFF.  One without an end lasts to the
 * end of what is compared, or the side's last mark, whichever is later. */
#ifndef VR_SCORE_EPISODES_H
#define VR_SCORE_EPISODES_H

#include "score/ec57.h"
#include "score/mark.h"

enum vr_episode_kind { VR_EPISODE_AF, VR_EPISODE_VF };

struct vr_episodes_options {
    struct vr_ec57_options ec57;
    enum vr_episode_kind kind;
    /* Atrial flutter of the reference counts neither for nor against an AF episode of the test (EC38:1998; not in EC57:2012). */
    bool is_flutter_excluded;
    double min_length_s; /* shorter episodes do not count; 0 = all do */
};

/* Times in seconds. */
struct vr_episodes_counts {
    int64_t tps, fn; /* episodes of the reference: found, missed */
    int64_t tpp, fp; /* episodes of the test: true, false */
    double reference_s, reference_overlap_s;
    double test_s, test_overlap_s;
    double compared_s; /* how long the record is, from start to end */
};

/* Compare two lists of marks, which get sorted by time. */
int vr_episodes_compare(
    struct vr_mark *reference, size_t reference_count, struct vr_mark *test, size_t test_count,
    const struct vr_episodes_options *options, struct vr_episodes_counts *ret_counts,
    struct vr_err *err);

void vr_episodes_add(struct vr_episodes_counts *sum, const struct vr_episodes_counts *counts);

#endif
