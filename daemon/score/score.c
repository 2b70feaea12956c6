/* Registry and dispatch of scorers.  Adding a scorer is one file and one word here. */
#include "score/score.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"

#define SCORERS(X) \
    X(beats) \
    X(runs) X(episodes) X(measures) X(rate) X(labels) X(stages) X(delay) X(latency) X(energy)

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
    const struct vr_scenario_score *config;
    struct vr_by_record records;
};

double vr_score_from_s(const struct vr_scenario_score *config, const struct vr_score_trial *trial)
{
    const struct vr_record_row *record = trial->record;
    double warmup_s = (double)trial->trial->warmup_count * record->rate_den / record->rate_num;
    return warmup_s + config->from_s;
}

double vr_score_from_index(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial)
{
    double rate_hz = (double)trial->record->rate_num / trial->record->rate_den;
    return (double)trial->trial->warmup_count + config->from_s * rate_hz;
}

int vr_score_check_stream(
    const struct vr_score_trial *trial, const struct vr_output_row *output, struct vr_err *err)
{
    if (output->stream == 0)
        return 0;
    return vr_err_set(
        err, VR_ERR_INPUT,
        "record %s: output %lld is on stream %u, and the truth counts in samples of stream 0: put "
        "the "
        "signal that the device counts by first in \"channels\"",
        trial->record->name, (long long)output->number, output->stream);
}

const struct vr_scorer *vr_scorer(size_t index)
{
    return index < SCORER_COUNT ? scorers[index] : NULL;
}

const struct vr_scorer *vr_scorer_of(const char *metric)
{
    for (size_t i = 0; i < SCORER_COUNT; i++)
        for (const char *const *name = scorers[i]->table->names; *name; name++)
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
    char all[256];
    size_t used = 0;
    for (size_t i = 0; i < SCORER_COUNT && used < sizeof all; i++)
        used +=
            (size_t)snprintf(all + used, sizeof all - used, "%s%s", i > 0 ? ", " : "", names[i]);
    vr_err_set(
        err, VR_ERR_INPUT, "no scorer is called \"%s\"%s%s%s; there are %s", name,
        nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "", all);
    return NULL;
}

static int check_gate(
    const struct vr_scenario *scenario, const struct vr_scenario_gate *gate, struct vr_err *err)
{
    const char *names[METRICS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < scenario->score_count; i++) {
        const struct vr_scorer *scorer = vr_scorer_find(scenario->scores[i].task, NULL);
        for (size_t k = 0; scorer->table->names[k] && count < METRICS_MAX; k++) {
            names[count++] = scorer->table->names[k];
            if (strcmp(scorer->table->names[k], gate->metric) == 0)
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
        const struct vr_scorer *scorer = vr_scorer_find(score->task, &cause);
        if (!scorer || (scorer->check && scorer->check(score, &cause) < 0))
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
    struct vr_score *score = calloc(1, sizeof *score);
    if (!score)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the scorer %s", scorer->name);
    *score =
        (struct vr_score){.scorer = scorer, .config = config, .records = {.table = scorer->table}};
    *ret_score = score;
    return 0;
}

const struct vr_scorer *vr_score_scorer(const struct vr_score *score)
{
    return score->scorer;
}

const struct vr_by_record *vr_score_records(const struct vr_score *score)
{
    return &score->records;
}

int vr_score_trial(struct vr_score *score, const struct vr_score_trial *trial, struct vr_err *err)
{
    const struct vr_measure_table *table = score->scorer->table;
    void *item = calloc(1, table->item_size);
    if (!item)
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "no memory for the scores of record %s", trial->record->name);
    int r = score->scorer->trial(score->config, trial, item, err);
    if (r == VR_SCORE_NONE || (r < 0 && r != -VR_ERR_INPUT)) {
        vr_item_free(table, item);
        return r == VR_SCORE_NONE ? 0 : r;
    }
    if (r < 0) {
        vr_item_free(table, item);
        item = NULL;
    }
    int added = vr_by_record_add(&score->records, trial->record->name, trial->trial, item, err);
    return added < 0 ? added : r;
}

int vr_score_finish(struct vr_score *score, struct vr_metrics *metrics, struct vr_err *err)
{
    return vr_aggregate(&score->records, metrics, err);
}

void vr_score_close(struct vr_score *score)
{
    if (!score)
        return;
    vr_by_record_finish(&score->records);
    free(score);
}
