/* What a `score` verb compares: of each record the annotations of a reference with those of a test.
 *
 * A verb has vr_score_pairs_argp among its argp children, and hands it its struct vr_score_pairs in ARGP_KEY_INIT:
 *
 *     case ARGP_KEY_INIT:
 *         state->child_inputs[0] = &arguments->pairs;
 */
#ifndef VR_CLI_SCORE_PAIRS_H
#define VR_CLI_SCORE_PAIRS_H

#include <argp.h>

#include "cli/annotated.h"

/* Values of an option that may be given more than once, in order; borrowed from argv. */
struct vr_score_values {
    const char **items;
    size_t count;
};

/* --record, --ref and --test.  Zeroed before parsing; the owner calls vr_score_pairs_finish. */
struct vr_score_pairs {
    struct vr_score_values records;           /* as many as there are pairs */
    struct vr_score_values references, tests; /* one for all, or one for each */
};

/* Refuses, with a usage error, no record, and numbers of annotators that do not fit; and arguments without an option, unless the verb's
 * own parser takes them. */
extern const struct argp vr_score_pairs_argp;

/* Refuses numbers of annotators that do not fit the records: for a verb that has the options itself. */
void vr_score_pairs_check(struct argp_state *state, const struct vr_score_pairs *pairs);

/* The end of a verb's help. */
#define VR_SCORE_PAIRS_HELP \
    "--record may be given more than once; --ref and --test are then one name that each record " \
    "has, or as many as there are records, in the same order."

void vr_score_pairs_finish(struct vr_score_pairs *pairs);

struct vr_score_pair {
    struct vr_annotated record;
    const char *reference_name, *test_name; /* as given: names beside the record, or files */
    struct vr_annotations reference, test; /* in ticks of the record, in the order of their files */
};

/* Read the pair at `index`; ends on error.  The caller calls vr_score_pair_finish. */
int vr_score_pair_read(
    const struct vr_score_pairs *pairs, size_t index, struct vr_score_pair *ret_pair,
    struct vr_err *err);
void vr_score_pair_finish(struct vr_score_pair *pair);

/* "tst1" of "results/100.tst1" and of "tst1". */
const char *vr_score_annotator_name(const char *annotator);

#endif
