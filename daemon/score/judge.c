/* The steps of judging a run. */
#include "score/judge.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "score/attempts.h"

struct judge {
    struct vr_store *store;
    int64_t run_id;
    const struct vr_scenario *scenario;
    struct vr_judgement *judgement;
    struct vr_err *err;
    struct vr_attempts attempts;
    const struct vr_trial_row *trial; /* the one at hand */
    struct vr_outcome_counts outcomes;
};

static void judge_finish(struct judge *judge)
{
    vr_attempts_finish(&judge->attempts);
}

void vr_judgement_finish(struct vr_judgement *judgement)
{
    vr_gate_rows_finish(&judgement->gates);
    vr_metrics_finish(&judgement->metrics);
    vr_baselines_finish(&judgement->baselines);
    vr_scored_finish(&judgement->scored);
}

/* --- how its trials ended --------------------------------------------------------------------- */

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

static int note_env(void *context, const char *key, const char *value)
{
    struct judge *judge = context;
    if (strcmp(key, VR_ENV_FORGOTTEN) == 0)
        judge->outcomes.forgotten = strtoul(value, NULL, 10);
    return 0;
}

static int read_attempts(struct judge *judge)
{
    int r = vr_store_run_get(judge->store, judge->run_id, note_run, judge, judge->err);
    if (r == 0)
        r = vr_store_run_env(judge->store, judge->run_id, note_env, judge, judge->err);
    if (r == 0)
        r = vr_store_trials(judge->store, judge->run_id, note_trial, judge, judge->err);
    if (r < 0)
        return r;
    vr_attempts_sort(&judge->attempts);
    vr_attempts_count(&judge->attempts, &judge->outcomes);
    return 0;
}

/* --- scoring ---------------------------------------------------------------------------------- */

static int score(struct judge *judge)
{
    struct vr_scored *scored = &judge->judgement->scored;
    int r = vr_scored_load(judge->store, judge->run_id, judge->scenario, scored, judge->err);
    for (size_t i = 0; r == 0 && i < scored->score_count; i++)
        r = vr_score_finish(scored->scores[i], &judge->judgement->metrics, judge->err);
    return r;
}

/* A record counts as scored when every scorer has. */
static void count_scored(struct judge *judge)
{
    const struct vr_scored *scored = &judge->judgement->scored;
    struct vr_outcome_counts *outcomes = &judge->outcomes;
    if (scored->is_refused)
        outcomes->refusal = scored->refusal.text;
    if (scored->score_count == 0)
        return;
    outcomes->records = scored->record_count;
    for (size_t i = 0; i < scored->record_count; i++) {
        const char *record = scored->records[i].content->record;
        size_t count = 0;
        for (size_t k = 0; k < scored->score_count; k++) {
            const struct vr_metric_row *first = vr_metrics_find(
                &judge->judgement->metrics, vr_score_scorer(scored->scores[k])->table->names[0],
                record);
            count += first && !isnan(first->value);
        }
        if (count == scored->score_count)
            outcomes->records_scored++;
        else if (!outcomes->unscored)
            outcomes->unscored = record;
    }
}

/* --- judging ---------------------------------------------------------------------------------- */

static int judge_gates(struct judge *judge, const struct vr_baseline_source *source)
{
    struct vr_judgement *judgement = judge->judgement;
    const struct vr_gate_case gate_case = {
        judge->scenario, &judgement->scored, &judgement->metrics, &judgement->baselines};
    int r = vr_baselines_init(
        &judgement->baselines, judge->store, judge->run_id, judge->scenario, source, judge->err);
    return r < 0 ? r : vr_gates_judge(&gate_case, &judgement->gates, judge->err);
}

int vr_judge_make(
    struct vr_store *store, int64_t run_id, const struct vr_scenario *scenario,
    const struct vr_baseline_source *source, struct vr_judgement *ret_judgement, struct vr_err *err)
{
    _cleanup_(judge_finish) struct judge judge = {
        .store = store,
        .run_id = run_id,
        .scenario = scenario,
        .judgement = ret_judgement,
        .err = err};
    *ret_judgement = (struct vr_judgement){0};
    int r = read_attempts(&judge);
    if (r == 0)
        r = vr_agreement_read(store, run_id, &judge.outcomes.agreement, err);
    if (r == 0)
        r = score(&judge);
    if (r < 0)
        return r;
    count_scored(&judge);
    r = judge_gates(&judge, source);
    if (r == 0)
        vr_verdict_reach(
            ret_judgement->gates.items, ret_judgement->gates.count, &judge.outcomes,
            &ret_judgement->verdict);
    return r;
}

/* --- storing ---------------------------------------------------------------------------------- */

static int store_all(
    struct vr_store *store, int64_t run_id, const struct vr_judgement *judgement,
    struct vr_err *err)
{
    const struct vr_verdict *verdict = &judgement->verdict;
    int r = vr_store_begin(store, err);
    if (r < 0)
        return r;
    r = vr_store_metrics_replace(
        store, run_id, judgement->metrics.items, judgement->metrics.count, err);
    if (r == 0)
        r = vr_store_gates_replace(
            store, run_id, judgement->gates.items, judgement->gates.count, err);
    if (r == 0)
        r = vr_store_run_judge(store, run_id, verdict->word, verdict->why, verdict->exit_code, err);
    if (r == 0)
        r = vr_store_commit(store, err);
    if (r < 0)
        vr_store_rollback(store);
    return r;
}

int vr_judge_run(
    struct vr_store *store, int64_t run_id, const struct vr_scenario *scenario,
    const struct vr_baseline_source *source, struct vr_verdict *ret_verdict, struct vr_err *err)
{
    _cleanup_(vr_judgement_finish) struct vr_judgement judgement;
    int r = vr_judge_make(store, run_id, scenario, source, &judgement, err);
    if (r == 0)
        r = store_all(store, run_id, &judgement, err);
    if (r == 0)
        *ret_verdict = judgement.verdict;
    return r;
}
