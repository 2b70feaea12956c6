/* The steps of judging a run. */
#include "score/judge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "score/attempts.h"

struct judge {
    struct vr_store *store;
    int64_t run_id;
    const struct vr_scenario *scenario;
    struct vr_err *err;
    struct vr_attempts attempts;
    struct vr_score **scores; /* one for each task of the scenario */
    int64_t *sound;           /* trials to be scored, ascending */
    size_t sound_count;
    const char **records; /* names, each once */
    size_t record_count;
    const struct vr_trial_row *trial; /* the one at hand */
    struct vr_metrics metrics;
    struct vr_gate_row *gates;
    size_t gate_count;
    struct vr_outcome_counts outcomes;
    struct vr_err refusal; /* the first trial that a scorer could not score */
};

static void judge_finish(struct judge *judge)
{
    for (size_t i = 0; judge->scores && i < judge->scenario->score_count; i++)
        vr_score_close(judge->scores[i]);
    free(judge->scores);
    free(judge->sound);
    free(judge->records);
    free(judge->gates);
    vr_metrics_finish(&judge->metrics);
    vr_attempts_finish(&judge->attempts);
}

/* --- which trials there are ------------------------------------------------------------------- */

static int note_record(void *context, const struct vr_record_row *record)
{
    struct judge *judge = context;
    return vr_attempts_add(&judge->attempts, judge->trial, record, judge->err);
}

static int note_trial(void *context, const struct vr_trial_row *trial)
{
    struct judge *judge = context;
    judge->trial = trial;
    return vr_store_record_get(judge->store, trial->record_id, note_record, judge, judge->err);
}

static int note_run(void *context, const struct vr_run_row *run)
{
    struct judge *judge = context;
    judge->outcomes.interrupted = strcmp(run->status, "ended") != 0;
    return 0;
}

static int id_compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static int read_attempts(struct judge *judge)
{
    int r = vr_store_run_get(judge->store, judge->run_id, note_run, judge, judge->err);
    if (r == 0)
        r = vr_store_trials(judge->store, judge->run_id, note_trial, judge, judge->err);
    if (r < 0)
        return r;
    vr_attempts_sort(&judge->attempts);
    vr_attempts_count(&judge->attempts, &judge->outcomes);

    size_t count = judge->attempts.count;
    judge->sound = calloc(count + 1, sizeof *judge->sound);
    judge->records = calloc(count + 1, sizeof *judge->records);
    if (!judge->sound || !judge->records)
        return vr_err_set(judge->err, VR_ERR_NO_MEMORY, "no memory to judge %zu trials", count);
    for (size_t i = 0; i < count; i++) {
        const struct vr_attempt *attempt = &judge->attempts.items[i];
        if (i == 0 || strcmp(attempt->record, attempt[-1].record) != 0)
            judge->records[judge->record_count++] = attempt->record;
        if (vr_attempts_last(&judge->attempts, i) && vr_attempt_is_sound(attempt))
            judge->sound[judge->sound_count++] = attempt->trial_id;
    }
    qsort(judge->sound, judge->sound_count, sizeof *judge->sound, id_compare);
    return 0;
}

/* --- scoring ---------------------------------------------------------------------------------- */

/* A trial that cannot be scored is no reason to leave the others without a verdict. */
static int score_with(
    struct judge *judge, struct vr_score *score, const struct vr_score_trial *trial)
{
    struct vr_err refusal = {0};
    int r = vr_score_trial(score, trial, &refusal);
    if (r == -VR_ERR_INPUT) {
        if (!judge->outcomes.refusal)
            judge->refusal = refusal;
        judge->outcomes.refusal = judge->refusal.text;
        return 0;
    }
    if (r < 0 && judge->err)
        *judge->err = refusal;
    return r;
}

/* Rows of energy may be many. */
static bool wants_energy(const struct vr_scenario *scenario)
{
    for (size_t i = 0; i < scenario->score_count; i++)
        if (strcmp(scenario->scores[i].task, "energy") == 0)
            return true;
    return false;
}

static int score_record(void *context, const struct vr_record_row *record)
{
    struct judge *judge = context;
    struct vr_score_trial trial = {.record = record, .trial = judge->trial};
    struct vr_truth_row *truth = NULL;
    _cleanup_free_ struct vr_output_row *outputs = NULL;

    int r = vr_store_truth(judge->store, record->record_id, &truth, &trial.truth_count, judge->err);
    if (r == 0)
        r = vr_store_outputs(
            judge->store, judge->trial->trial_id, &outputs, &trial.output_count, judge->err);
    _cleanup_(vr_energy_rows_finish) struct vr_energy_rows energy = {0};
    if (r == 0 && wants_energy(judge->scenario))
        r = vr_energy_rows_load(judge->store, judge->trial->trial_id, &energy, judge->err);
    trial.energy = &energy;
    trial.truth = truth;
    trial.outputs = outputs;
    for (size_t i = 0; r == 0 && i < judge->scenario->score_count; i++)
        r = score_with(judge, judge->scores[i], &trial);
    vr_store_truth_free(truth, trial.truth_count);
    return r;
}

static int score_trial(void *context, const struct vr_trial_row *trial)
{
    struct judge *judge = context;
    if (!bsearch(
            &trial->trial_id, judge->sound, judge->sound_count, sizeof *judge->sound, id_compare))
        return 0;
    judge->trial = trial;
    return vr_store_record_get(judge->store, trial->record_id, score_record, judge, judge->err);
}

static int score(struct judge *judge)
{
    size_t count = judge->scenario->score_count;
    judge->scores = calloc(count + 1, sizeof(struct vr_score *));
    if (!judge->scores)
        return vr_err_set(judge->err, VR_ERR_NO_MEMORY, "no memory for %zu scorers", count);
    int r = 0;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = vr_score_open(&judge->scenario->scores[i], &judge->scores[i], judge->err);
    if (r == 0)
        r = vr_store_trials(judge->store, judge->run_id, score_trial, judge, judge->err);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = vr_score_finish(judge->scores[i], &judge->metrics, judge->err);
    return r;
}

/* A record counts as scored when every scorer has. */
static void count_scored(struct judge *judge)
{
    size_t scorers = judge->scenario->score_count;
    if (scorers == 0)
        return;
    judge->outcomes.records = judge->record_count;
    for (size_t i = 0; i < judge->record_count; i++) {
        size_t scored = 0;
        for (size_t k = 0; k < scorers; k++) {
            const struct vr_metric_row *first = vr_metrics_find(
                &judge->metrics, vr_score_scorer(judge->scores[k])->table->names[0],
                judge->records[i]);
            scored += first && !isnan(first->value);
        }
        if (scored == scorers)
            judge->outcomes.records_scored++;
        else if (!judge->outcomes.unscored)
            judge->outcomes.unscored = judge->records[i];
    }
}

/* --- storing ---------------------------------------------------------------------------------- */

static int store_all(const struct judge *judge, const struct vr_verdict *verdict)
{
    struct vr_store *store = judge->store;
    struct vr_err *err = judge->err;
    int r = vr_store_begin(store, err);
    if (r < 0)
        return r;
    r = vr_store_metrics_replace(
        store, judge->run_id, judge->metrics.items, judge->metrics.count, err);
    if (r == 0)
        r = vr_store_gates_replace(store, judge->run_id, judge->gates, judge->gate_count, err);
    if (r == 0)
        r = vr_store_run_judge(
            store, judge->run_id, verdict->word, verdict->why, verdict->exit_code, err);
    if (r == 0)
        r = vr_store_commit(store, err);
    if (r < 0)
        vr_store_rollback(store);
    return r;
}

int vr_judge_run(
    struct vr_store *store, int64_t run_id, const struct vr_scenario *scenario,
    struct vr_verdict *ret_verdict, struct vr_err *err)
{
    _cleanup_(judge_finish) struct judge judge = {
        .store = store, .run_id = run_id, .scenario = scenario, .err = err};
    struct vr_verdict verdict;

    int r = read_attempts(&judge);
    if (r == 0)
        r = vr_agreement_read(store, run_id, &judge.outcomes.agreement, err);
    if (r == 0)
        r = score(&judge);
    if (r < 0)
        return r;
    count_scored(&judge);
    r = vr_gates_judge(
        scenario, judge.records, judge.record_count, &judge.metrics, &judge.gates,
        &judge.gate_count, err);
    if (r < 0)
        return r;
    vr_verdict_reach(judge.gates, judge.gate_count, &judge.outcomes, &verdict);
    r = store_all(&judge, &verdict);
    if (r == 0)
        *ret_verdict = verdict;
    return r;
}
