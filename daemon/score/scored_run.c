/* Scoring the trials of a run. */
#include "score/scored_run.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

void vr_scored_finish(struct vr_scored *scored)
{
    for (size_t i = 0; i < scored->score_count; i++)
        vr_score_close(scored->scores[i]);
    free(scored->scores);
    free(scored->records);
    vr_replayed_finish(&scored->trials);
    *scored = (struct vr_scored){0};
}

/* --- which records there are ------------------------------------------------------------------ */

static void note_trial(struct vr_scored *scored, const struct vr_replayed *trial)
{
    struct vr_scored_record *record =
        scored->record_count > 0 ? &scored->records[scored->record_count - 1] : NULL;
    if (!record || strcmp(record->content->record, trial->record) != 0) {
        record = &scored->records[scored->record_count++];
        *record = (struct vr_scored_record){.content = trial};
    }
    record->repeats++;
    record->sound += trial->is_sound;
    record->is_mixed = record->is_mixed || vr_replayed_other_case(record->content, trial);
}

static int note_records(struct vr_scored *scored, struct vr_err *err)
{
    scored->records = calloc(scored->trials.count + 1, sizeof *scored->records);
    if (!scored->records)
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "no memory for the records of %zu trials", scored->trials.count);
    for (size_t i = 0; i < scored->trials.count; i++)
        if (vr_replayed_is_last(&scored->trials, i))
            note_trial(scored, &scored->trials.items[i]);
    return 0;
}

static int record_compare(const void *name, const void *record)
{
    return strcmp(name, ((const struct vr_scored_record *)record)->content->record);
}

const struct vr_scored_record *vr_scored_record(const struct vr_scored *scored, const char *name)
{
    return scored->record_count > 0 ? bsearch(
                                          name, scored->records, scored->record_count,
                                          sizeof *scored->records, record_compare)
                                    : NULL;
}

const struct vr_by_record_entry *vr_scored_entry(
    const struct vr_scored *scored, size_t task, const char *name)
{
    const struct vr_by_record *records = vr_score_records(scored->scores[task]);
    for (size_t i = 0; i < records->count; i++)
        if (strcmp(records->entries[i].name, name) == 0)
            return records->entries[i].is_refused ? NULL : &records->entries[i];
    return NULL;
}

/* --- scoring ---------------------------------------------------------------------------------- */

struct scoring {
    struct vr_store *store;
    const struct vr_scenario *scenario;
    struct vr_scored *scored;
    int64_t *sound; /* trials to be scored, ascending */
    size_t sound_count;
    bool wants_energy;                /* its rows may be many */
    const struct vr_trial_row *trial; /* the one at hand */
    struct vr_err *err;
};

static void scoring_finish(struct scoring *scoring)
{
    free(scoring->sound);
}

/* A trial that cannot be scored is no reason to leave the others without a verdict. */
static int score_with(
    struct scoring *scoring, struct vr_score *score, const struct vr_score_trial *trial)
{
    struct vr_scored *scored = scoring->scored;
    struct vr_err refusal = {0};
    int r = vr_score_trial(score, trial, &refusal);
    if (r == -VR_ERR_INPUT) {
        if (!scored->is_refused)
            scored->refusal = refusal;
        scored->is_refused = true;
        return 0;
    }
    if (r < 0 && scoring->err)
        *scoring->err = refusal;
    return r;
}

static int score_record(void *context, const struct vr_record_row *record)
{
    struct scoring *scoring = context;
    struct vr_score_trial trial = {.record = record, .trial = scoring->trial};
    struct vr_truth_row *truth = NULL;
    _cleanup_free_ struct vr_output_row *outputs = NULL;
    _cleanup_(vr_energy_rows_finish) struct vr_energy_rows energy = {0};

    int r =
        vr_store_truth(scoring->store, record->record_id, &truth, &trial.truth_count, scoring->err);
    if (r == 0)
        r = vr_store_outputs(
            scoring->store, scoring->trial->trial_id, &outputs, &trial.output_count, scoring->err);
    if (r == 0 && scoring->wants_energy)
        r = vr_energy_rows_load(scoring->store, scoring->trial->trial_id, &energy, scoring->err);
    trial.energy = &energy;
    trial.truth = truth;
    trial.outputs = outputs;
    for (size_t i = 0; r == 0 && i < scoring->scored->score_count; i++)
        r = score_with(scoring, scoring->scored->scores[i], &trial);
    vr_store_truth_free(truth, trial.truth_count);
    return r;
}

static int id_compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static int score_trial(void *context, const struct vr_trial_row *trial)
{
    struct scoring *scoring = context;
    if (!bsearch(
            &trial->trial_id, scoring->sound, scoring->sound_count, sizeof *scoring->sound,
            id_compare))
        return 0;
    scoring->trial = trial;
    return vr_store_record_get(
        scoring->store, trial->record_id, score_record, scoring, scoring->err);
}

static int find_sound(struct scoring *scoring)
{
    const struct vr_replayed_list *trials = &scoring->scored->trials;
    scoring->sound = calloc(trials->count + 1, sizeof *scoring->sound);
    if (!scoring->sound)
        return vr_err_set(
            scoring->err, VR_ERR_NO_MEMORY, "no memory to score %zu trials", trials->count);
    for (size_t i = 0; i < trials->count; i++)
        if (vr_replayed_is_last(trials, i) && trials->items[i].is_sound)
            scoring->sound[scoring->sound_count++] = trials->items[i].trial_id;
    qsort(scoring->sound, scoring->sound_count, sizeof *scoring->sound, id_compare);
    return 0;
}

static int open_scores(struct scoring *scoring)
{
    const struct vr_scenario *scenario = scoring->scenario;
    struct vr_scored *scored = scoring->scored;
    scored->scores = calloc(scenario->score_count + 1, sizeof(struct vr_score *));
    if (!scored->scores)
        return vr_err_set(
            scoring->err, VR_ERR_NO_MEMORY, "no memory for %zu scorers", scenario->score_count);
    int r = 0;
    for (size_t i = 0; r == 0 && i < scenario->score_count; i++) {
        r = vr_score_open(&scenario->scores[i], &scored->scores[i], scoring->err);
        scored->score_count += r == 0;
        scoring->wants_energy |= strcmp(scenario->scores[i].task, "energy") == 0;
    }
    return r;
}

int vr_scored_load(
    struct vr_store *store, int64_t run_id, const struct vr_scenario *scenario,
    struct vr_scored *ret_scored, struct vr_err *err)
{
    *ret_scored = (struct vr_scored){0};
    _cleanup_(scoring_finish) struct scoring scoring = {
        .store = store, .scenario = scenario, .scored = ret_scored, .err = err};
    int r = vr_replayed_load(store, run_id, &ret_scored->trials, err);
    if (r == 0)
        r = note_records(ret_scored, err);
    if (r == 0)
        r = find_sound(&scoring);
    if (r == 0)
        r = open_scores(&scoring);
    return r < 0 ? r : vr_store_trials(store, run_id, score_trial, &scoring, err);
}
