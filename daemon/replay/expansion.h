/* Expansion: a campaign's cells, each one trial that has to be in the catalogue, with the key of its result.
 *
 *     scenarios x variants x devices or models x builds x repetitions x records
 *
 * Every record is opened and hashed, as for a run; no device is touched.  Which cells are missing only the catalogue knows: a campaign is
 * done when it has a result of each key (store/result_key.h). */
#ifndef VR_REPLAY_EXPANSION_H
#define VR_REPLAY_EXPANSION_H

#include <stdio.h>

#include "dataset/dataset.h"
#include "replay/build_id.h"
#include "scenario/campaign.h"
#include "scenario/rig.h"

/* What cells have in common that can be one job, but for the repetition. */
struct vr_expansion_group {
    const struct vr_scenario *scenario; /* of the expansion */
    const struct vr_campaign_variant *variant;
    const struct vr_campaign_firmware *firmware; /* NULL = what the rig file says */
    const char *wanted;                          /* device or model that a job asks for */
    char model[65];
    char firmware_hash[VR_BUILD_ID_HEX_SIZE];
    size_t device_count; /* of the rig that fit `wanted` */
};

struct vr_expansion_cell {
    size_t group;
    int repeat; /* from 0 */
    char record[VR_NAME_SIZE];
    double duration_s; /* of signal */
    char key[VR_DIGEST_HEX_SIZE];
};

struct vr_expansion {
    const struct vr_campaign *campaign; /* borrowed */
    struct vr_scenario **scenarios;     /* owned: one a scenario and variant */
    size_t scenario_count;
    struct vr_expansion_group *groups;
    size_t group_count, group_room;
    struct vr_expansion_cell
        *cells; /* by group, repetition, then as the dataset lists its records */
    size_t cell_count, cell_room;
    size_t
        twin_count; /* cells left out: their key is that of a cell before, as with two names of one build */
};

struct vr_expansion_options {
    const char *
        rig; /* file; NULL = the built-in devices, whose firmware nobody knows: nothing can be expanded */
    const char *sim_program; /* as in replay/plan.h */
    const char *meter_program;
};

/* VR_ERR_INPUT and its kin name the campaign's place and the cause.  A build whose hash cannot be known is refused: its results could not
 * be told from another build's.  The campaign must outlive the expansion. */
int vr_expansion_make(
    const struct vr_campaign *campaign, const struct vr_expansion_options *options,
    struct vr_expansion *ret_expansion, struct vr_err *err);
void vr_expansion_finish(struct vr_expansion *expansion);

/* CSV, a header and one line a cell: what was planned, to be kept, named by its SHA-256. */
void vr_expansion_manifest(const struct vr_expansion *expansion, FILE *out);

#endif
