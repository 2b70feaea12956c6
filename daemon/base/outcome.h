/* How a trial ended, from schema/outcomes.def. */
#ifndef VR_BASE_OUTCOME_H
#define VR_BASE_OUTCOME_H

#include <stdbool.h>

enum vr_outcome {
#define X(name, word, rig, text) VR_OUTCOME_##name,
#include "schema/outcomes.def"
#undef X
    VR_OUTCOME_COUNT
};

/* The word that is stored: "complete", "link_lost". */
const char *vr_outcome_word(enum vr_outcome outcome);

/* The outcome of a stored word; VR_OUTCOME_COUNT = none of them: "running", or a word of a later version. */
enum vr_outcome vr_outcome_find(const char *word);

/* One sentence for people. */
const char *vr_outcome_text(enum vr_outcome outcome);

/* The bench failed, not the firmware: the trial may be tried again. */
bool vr_outcome_is_rig_trouble(enum vr_outcome outcome);

#endif
