/* With what a run was made: so that a change of the numbers is not taken for one of the firmware when something else changed too. */
#ifndef VR_SCORE_IDENTITY_H
#define VR_SCORE_IDENTITY_H

#include "store/store.h"

/* X(word, what it is called) in the order of telling.  What comes before FIRMWARE is expected to be the same; the firmware is what runs
 * are compared for, and what comes behind it is no part of the bench. */
#define VR_IDENTITIES(X) \
    X(SCENARIO, "scenario") \
    X(SCENARIO_TEXT, "scenario's text") \
    X(ALGORITHM, "algorithm") \
    X(DATASET, "dataset") \
    X(RIG, "rig") \
    X(DUT, "dut") \
    X(DEVICE, "device") \
    X(METER, "meter") \
    X(METER_MODE, "replay while measuring") \
    X(FIRMWARE, "firmware") \
    X(FIRMWARE_HASH, "firmware image") \
    X(VITALRIG, "vitalrig") \
    X(HOST, "host") \
    X(SEED, "seed")

enum vr_identity_kind {
#define X(word, name) VR_IDENTITY_##word,
    VR_IDENTITIES(X)
#undef X
        VR_IDENTITY_COUNT
};

/* Where trials differ, all values, in order and with commas; "" = not known. */
struct vr_identity {
    char *texts[VR_IDENTITY_COUNT]; /* owned */
    char *uid;
    int64_t started_utc_ns;
};

/* Finish it in any case. */
int vr_identity_load(
    struct vr_store *store, int64_t run_id, struct vr_identity *ret_identity, struct vr_err *err);
void vr_identity_finish(struct vr_identity *identity);

const char *vr_identity_name(enum vr_identity_kind kind);
/* A difference that was not expected: of the dataset, the scenario or the rig. */
bool vr_identity_is_condition(enum vr_identity_kind kind);
bool vr_identity_differs(
    const struct vr_identity *a, const struct vr_identity *b, enum vr_identity_kind kind);

/* "another scenario's text, another device (00A1, was 0090)": the differences that were not expected; "" = none.  Cut at size - 1. */
void vr_identity_say(
    const struct vr_identity *run, const struct vr_identity *baseline, char *text, size_t size);

#endif
