/* Registry and dispatch of scorers.  Adding a scorer is one file and one word here. */
#include "score/score.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"

#define SCORERS(X) X(beats) X(latency) X(energy)

#define X(word) extern const struct vr_scorer vr_scorer_##word;
SCORERS(X)
#undef X

static const struct vr_scorer *const scorers[] = {
#define X(word) &vr_scorer_##word,
    SCORERS(X)
#undef X
};

#define SCORER_COUNT (sizeof scorers / sizeof scorers[0])
#define METRICS_MAX 256 /* of all scorers of a scenario, when the nearest name is looked for */

struct vr_score {
    const struct vr_scorer *scorer;
    alignas(max_align_t) unsigned char state[];
};

const struct vr_scorer *vr_scorer(size_t index)
{
    return index < SCORER_COUNT ? scorers[index] : NULL;
}

const struct vr_scorer *vr_scorer_of(const char *metric)
{
    for (size_t i = 0; i < SCORER_COUNT; i++)
        for (const char *const *name = scorers[i]->metrics; *name; name++)
            if (strcmp(*name, metric) == 0)
                return scorers[i];
    return NULL;
}

const struct vr_scorer *vr_scorer_find(const char *name, struct vr_err *err)
{
    const char *names[SCORER_COUNT];
    for (size_t i = 0; i < SCORER_COUNT; i++) {
        names[i] = scorers[i]->name;
        if (strcmp(names[i], name) == 0)
            return scorers[i];
    }
    const char *nearest = vr_nearest(name, names, SCORER_COUNT);
    vr_err_set(
        err, VR_ERR_INPUT, "no scorer is called \"%s\"%s%s%s; there are beats, latency, energy",
        name, nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
    return NULL;
}

static int check_gate(
    const struct vr_scenario *scenario, const struct vr_scenario_gate *gate, struct vr_err *err)
{
    const char *names[METRICS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < scenario->score_count; i++) {
        const struct vr_scorer *scorer = vr_scorer_find(scenario->scores[i].task, NULL);
        for (size_t k = 0; scorer->metrics[k] && count < METRICS_MAX; k++) {
            names[count++] = scorer->metrics[k];
            if (strcmp(scorer->metrics[k], gate->metric) == 0)
                return 0;
        }
    }
    const char *nearest = vr_nearest(gate->metric, names, count);
    return vr_err_set(
        err, VR_ERR_INPUT,
        "%s:%d:%d: no task in \"score\" gives the metric \"%s\"%s%s%s; schema/metrics.md lists "
        "them",
        scenario->file, gate->place.line, gate->place.column, gate->metric,
        nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
}

int vr_score_check(const struct vr_scenario *scenario, struct vr_err *err)
{
    for (size_t i = 0; i < scenario->score_count; i++) {
        const struct vr_scenario_score *score = &scenario->scores[i];
        struct vr_err cause;
        if (!vr_scorer_find(score->task, &cause))
            return vr_err_set(
                err, VR_ERR_INPUT, "%s:%d:%d: %s", scenario->file, score->place.line,
                score->place.column, cause.text);
    }
    for (size_t i = 0; i < scenario->gate_count; i++) {
        int r = check_gate(scenario, &scenario->gates[i], err);
        if (r < 0)
            return r;
    }
    return 0;
}

int vr_score_open(
    const struct vr_scenario_score *config, struct vr_score **ret_score, struct vr_err *err)
{
    const struct vr_scorer *scorer = vr_scorer_find(config->task, err);
    if (!scorer)
        return -VR_ERR_INPUT;
    struct vr_score *score = calloc(1, sizeof *score + scorer->state_size);
    if (!score)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the scorer %s", scorer->name);
    score->scorer = scorer;
    int r = scorer->open(score->state, config, err);
    if (r < 0) {
        free(score);
        return r;
    }
    *ret_score = score;
    return 0;
}

const struct vr_scorer *vr_score_scorer(const struct vr_score *score)
{
    return score->scorer;
}

int vr_score_trial(struct vr_score *score, const struct vr_score_trial *trial, struct vr_err *err)
{
    return score->scorer->trial(score->state, trial, err);
}

int vr_score_finish(struct vr_score *score, struct vr_metrics *metrics, struct vr_err *err)
{
    return score->scorer->finish(score->state, metrics, err);
}

void vr_score_close(struct vr_score *score)
{
    if (!score)
        return;
    score->scorer->close(score->state);
    free(score);
}
