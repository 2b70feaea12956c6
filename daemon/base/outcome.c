/* The table of outcomes. */
#include "base/outcome.h"

#include <string.h>

static const struct {
    const char *word;
    bool rig_trouble;
    const char *text;
} outcomes[VR_OUTCOME_COUNT] = {
#define X(name, word, rig, text) [VR_OUTCOME_##name] = {word, rig, text},
#include "schema/outcomes.def"
#undef X
};

const char *vr_outcome_word(enum vr_outcome outcome)
{
    return outcomes[outcome].word;
}

enum vr_outcome vr_outcome_find(const char *word)
{
    unsigned outcome = 0;
    while (outcome < VR_OUTCOME_COUNT && strcmp(outcomes[outcome].word, word) != 0)
        outcome++;
    return outcome;
}

const char *vr_outcome_text(enum vr_outcome outcome)
{
    return outcomes[outcome].text;
}

bool vr_outcome_is_rig_trouble(enum vr_outcome outcome)
{
    return outcomes[outcome].rig_trouble;
}
