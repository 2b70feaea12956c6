/* Merging: from a file that may be anybody's into the catalogue.
 *
 * The source is checked in full, then read row by row with our own statements and written row by row, so that every value passes every
 * constraint again.  ATTACH would be shorter, and would let a stranger's file take part in our transactions. */
#include <assert.h>
#include <string.h>
#include <sys/stat.h>

#include "store/merge.h"
#include "store/power_rows.h"

struct merge {
    struct vr_store *source, *catalogue;
    int64_t run_id;                      /* of the run at hand, in the catalogue */
    int64_t source_record_id, record_id; /* of the last record copied; 0 = none */
    int64_t trial_id;                    /* of the last trial copied, in the catalogue */
    size_t added, known;
    struct vr_err *err;
};

/* --- rows that hang on a run or a trial ------------------------------------------------------ */

/* The first column of `select` and the first parameter of `insert` are the parent's id; the others correspond in their order. */
struct copy {
    const char *doing, *select, *insert;
};

/* What comes with a newer judgement.  The golden run that it was compared with stands in run_env. */
static const struct copy judgement_copies[] = {
    {"copy metrics",
     "SELECT run_id, position" VR_METRIC_FIELDS(VR_SQL_COLUMNS) " FROM metric WHERE run_id = :id",
     "INSERT INTO metric (run_id, position" VR_METRIC_FIELDS(
         VR_SQL_COLUMNS) ")"
                         " VALUES (:id, :position" VR_METRIC_FIELDS(VR_SQL_VALUES) ")"},
    {"copy gates", "SELECT run_id" VR_GATE_FIELDS(VR_SQL_COLUMNS) " FROM gate WHERE run_id = :id",
     "INSERT INTO gate (run_id" VR_GATE_FIELDS(VR_SQL_COLUMNS) ")"
                                                               " VALUES (:id" VR_GATE_FIELDS(
                                                                   VR_SQL_VALUES) ")"},
    {"copy where the run was made", "SELECT run_id, key, value FROM run_env WHERE run_id = :id",
     "INSERT INTO run_env (run_id, key, value) VALUES (:id, :key, :value)"},
    {"copy what was compared",
     "SELECT run_id" VR_PARITY_FIELDS(VR_SQL_COLUMNS) " FROM parity WHERE run_id = :id",
     "INSERT INTO parity (run_id" VR_PARITY_FIELDS(VR_SQL_COLUMNS) ") VALUES (:id" VR_PARITY_FIELDS(
         VR_SQL_VALUES) ")"},
};

#define VALUES "value0, value1, value2, value3, value4, value5, value6, value7"

static const struct copy trial_copies[] = {
    {"copy outputs",
     "SELECT trial_id" VR_OUTPUT_FIELDS(VR_SQL_COLUMNS) ", " VALUES
                                                        " FROM output WHERE trial_id = :id",
     "INSERT INTO output (trial_id" VR_OUTPUT_FIELDS(
         VR_SQL_COLUMNS) ", " VALUES ")"
                         " VALUES (:id" VR_OUTPUT_FIELDS(
                             VR_SQL_VALUES) ", :value0, :value1, :value2, :value3, :value4, "
                                            ":value5, :value6, :value7)"},
    {"copy time stamps",
     "SELECT trial_id, number" VR_SYNC_FIELDS(VR_SQL_COLUMNS) " FROM sync WHERE trial_id = :id",
     "INSERT INTO sync (trial_id, number" VR_SYNC_FIELDS(
         VR_SQL_COLUMNS) ")"
                         " VALUES (:id, :number" VR_SYNC_FIELDS(VR_SQL_VALUES) ")"},
    {"copy the log",
     "SELECT trial_id, number, host_ns, level, source, text FROM log WHERE trial_id = :id",
     "INSERT INTO log (trial_id, number, host_ns, level, source, text)"
     " VALUES (:id, :number, :host_ns, :level, :source, :text)"},
    {"copy what was done to its signals",
     "SELECT trial_id" VR_SIGNAL_FAULT_FIELDS(
         VR_SQL_COLUMNS) " FROM signal_fault WHERE trial_id = :id",
     "INSERT INTO signal_fault (trial_id" VR_SIGNAL_FAULT_FIELDS(
         VR_SQL_COLUMNS) ") VALUES (:id" VR_SIGNAL_FAULT_FIELDS(VR_SQL_VALUES) ")"},
    {"copy how the trial kept its time",
     "SELECT trial_id" VR_PACING_FIELDS(VR_SQL_COLUMNS) " FROM pacing WHERE trial_id = :id",
     "INSERT INTO pacing (trial_id" VR_PACING_FIELDS(
         VR_SQL_COLUMNS) ") VALUES (:id" VR_PACING_FIELDS(VR_SQL_VALUES) ")"},
    {"copy marks",
     "SELECT trial_id, number" VR_MARK_FIELDS(VR_SQL_COLUMNS) " FROM mark WHERE trial_id = :id",
     "INSERT INTO mark (trial_id, number" VR_MARK_FIELDS(
         VR_SQL_COLUMNS) ") VALUES (:id, :number" VR_MARK_FIELDS(VR_SQL_VALUES) ")"},
};

/* What hangs on a power stream, but its samples, pyramid and edges: these stay in the run file. */
static const struct copy stream_copies[] = {
    {"copy gaps of a power stream",
     "SELECT stream_id, kind" VR_POWER_GAP_FIELDS(
         VR_SQL_COLUMNS) " FROM power_gap WHERE stream_id = :id",
     "INSERT INTO power_gap (stream_id, kind" VR_POWER_GAP_FIELDS(
         VR_SQL_COLUMNS) ") VALUES (:id, :kind" VR_POWER_GAP_FIELDS(VR_SQL_VALUES) ")"},
    {"copy clocks of a power stream",
     "SELECT stream_id, part" VR_POWER_CLOCK_FIELDS(
         VR_SQL_COLUMNS) " FROM power_clock WHERE stream_id = :id",
     "INSERT INTO power_clock (stream_id, part" VR_POWER_CLOCK_FIELDS(
         VR_SQL_COLUMNS) ") VALUES (:id, :part" VR_POWER_CLOCK_FIELDS(VR_SQL_VALUES) ")"},
    {"copy the energy of a power stream",
     "SELECT stream_id" VR_POWER_SPAN_FIELDS(
         VR_SQL_COLUMNS) " FROM power_span WHERE stream_id = :id",
     "INSERT INTO power_span (stream_id" VR_POWER_SPAN_FIELDS(
         VR_SQL_COLUMNS) ") VALUES (:id" VR_POWER_SPAN_FIELDS(VR_SQL_VALUES) ")"},
    {"copy energies of outputs",
     "SELECT stream_id" VR_POWER_INFERENCE_FIELDS(
         VR_SQL_COLUMNS) " FROM power_inference WHERE stream_id = :id",
     "INSERT INTO power_inference (stream_id" VR_POWER_INFERENCE_FIELDS(
         VR_SQL_COLUMNS) ") VALUES (:id" VR_POWER_INFERENCE_FIELDS(VR_SQL_VALUES) ")"},
    {"copy windows of a power stream",
     "SELECT stream_id" VR_POWER_WINDOW_FIELDS(
         VR_SQL_COLUMNS) " FROM power_window WHERE stream_id = :id",
     "INSERT INTO power_window (stream_id" VR_POWER_WINDOW_FIELDS(
         VR_SQL_COLUMNS) ") VALUES (:id" VR_POWER_WINDOW_FIELDS(VR_SQL_VALUES) ")"},
    {"copy segments of a power stream",
     "SELECT stream_id" VR_POWER_SEGMENT_FIELDS(
         VR_SQL_COLUMNS) " FROM power_segment WHERE stream_id = :id",
     "INSERT INTO power_segment (stream_id" VR_POWER_SEGMENT_FIELDS(
         VR_SQL_COLUMNS) ") VALUES (:id" VR_POWER_SEGMENT_FIELDS(VR_SQL_VALUES) ")"},
};

static int rows_copy(struct merge *merge, const struct copy *copy, int64_t source_id, int64_t id)
{
    _cleanup_(vr_sql_finish) struct vr_sql from =
        vr_sql_use(merge->source, copy->doing, copy->select);
    _cleanup_(vr_sql_finish) struct vr_sql to =
        vr_sql_use(merge->catalogue, copy->doing, copy->insert);
    vr_sql_bind_int64(&from, ":id", source_id);
    vr_sql_bind_int64(&to, ":id", id);
    int result;
    while ((result = vr_sql_row(&from, merge->err)) > 0) {
        vr_sql_bind_columns(&to, 1, &from);
        result = vr_sql_run(&to, merge->err);
        if (result < 0)
            break;
    }
    return result;
}

static int judgement_copy(struct merge *merge, int64_t source_id)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < sizeof judgement_copies / sizeof *judgement_copies; i++)
        result = rows_copy(merge, &judgement_copies[i], source_id, merge->run_id);
    return result;
}

/* --- records and trials ---------------------------------------------------------------------- */

static int record_copy(void *context, const struct vr_record_row *source)
{
    struct merge *merge = context;
    struct vr_record_row record = *source;
    struct vr_truth_row *truth = NULL;
    size_t count = 0;
    int result = vr_store_truth(merge->source, source->record_id, &truth, &count, merge->err);
    if (result < 0)
        return result;
    result = vr_store_record_add(merge->catalogue, &record, truth, count, merge->err);
    vr_store_truth_free(truth, count);
    if (result == 0) {
        merge->source_record_id = source->record_id;
        merge->record_id = record.record_id;
    }
    return result;
}

static int stream_copy(void *context, const struct vr_power_stream_row *source)
{
    struct merge *merge = context;
    struct vr_power_stream_row stream = *source;
    stream.trial_id = merge->trial_id;
    int result = vr_store_power_stream_add(merge->catalogue, &stream, merge->err);
    for (size_t i = 0; result == 0 && i < sizeof stream_copies / sizeof *stream_copies; i++)
        result = rows_copy(merge, &stream_copies[i], source->stream_id, stream.stream_id);
    return result;
}

static int trial_copy(void *context, const struct vr_trial_row *source)
{
    struct merge *merge = context;
    int result = 0;
    if (merge->source_record_id != source->record_id)
        result =
            vr_store_record_get(merge->source, source->record_id, record_copy, merge, merge->err);
    if (result < 0)
        return result;

    struct vr_trial_row trial = *source;
    trial.run_id = merge->run_id;
    trial.record_id = merge->record_id;
    result = vr_store_trial_add(merge->catalogue, &trial, merge->err);
    for (size_t i = 0; result == 0 && i < sizeof trial_copies / sizeof *trial_copies; i++)
        result = rows_copy(merge, &trial_copies[i], source->trial_id, trial.trial_id);
    merge->trial_id = trial.trial_id;
    if (result == 0)
        result =
            vr_store_power_streams(merge->source, source->trial_id, stream_copy, merge, merge->err);
    return result;
}

static int trials_copy(struct merge *merge, int64_t source_id)
{
    merge->source_record_id = 0; /* a run before may have been rolled back */
    return vr_store_trials(merge->source, source_id, trial_copy, merge, merge->err);
}

/* --- runs ------------------------------------------------------------------------------------ */

/* How much of a run a file holds. */
struct extent {
    int64_t run_id, trials, trials_ended, judged_count;
    bool ended; /* the run, not interrupted */
    char identity[192];
};

/* 1 = the file holds the run, 0 = it does not. */
static int extent_read(
    struct vr_store *store, const char *uid, struct extent *ret_extent, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "look for the run",
        "SELECT run_id, judged_count, status = 'ended',"
        " scenario_sha256 || ' ' || started_utc_ns || ' ' || seed,"
        " (SELECT count(*) FROM trial WHERE trial.run_id = run.run_id),"
        " (SELECT count(*) FROM trial WHERE trial.run_id = run.run_id AND outcome <> 'running')"
        " FROM run WHERE uid = :uid");
    vr_sql_bind_text(&sql, ":uid", uid);
    int result = vr_sql_row(&sql, err);
    if (result <= 0)
        return result;
    *ret_extent = (struct extent){
        .run_id = vr_sql_int64(&sql, 0),
        .judged_count = vr_sql_int64(&sql, 1),
        .ended = vr_sql_int64(&sql, 2),
        .trials = vr_sql_int64(&sql, 4),
        .trials_ended = vr_sql_int64(&sql, 5),
    };
    strncat(ret_extent->identity, vr_sql_text(&sql, 3), sizeof ret_extent->identity - 1);
    result = vr_sql_failed(&sql, err);
    return result < 0 ? result : 1;
}

static bool extent_is_further(const struct extent *theirs, const struct extent *ours)
{
    return !ours->ended && (theirs->ended || theirs->trials > ours->trials ||
                            theirs->trials_ended > ours->trials_ended);
}

static bool extent_is_equal(const struct extent *theirs, const struct extent *ours)
{
    return theirs->ended == ours->ended && theirs->trials == ours->trials &&
           theirs->trials_ended == ours->trials_ended;
}

/* Take over everything of the run's row that can change after it was first merged. */
static int run_update(struct merge *merge, const struct vr_run_row *run)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        merge->catalogue, "update the run",
        "UPDATE run SET status = :status, ended_utc_ns = nullif(:ended_utc_ns, 0),"
        " verdict = nullif(:verdict, ''), why = :why, exit_code = nullif(:exit_code, -1),"
        " judged_count = :judged_count WHERE run_id = :run_id");
    vr_sql_bind_int64(&sql, ":run_id", merge->run_id);
    vr_sql_bind_text(&sql, ":status", run->status);
    vr_sql_bind_int64(&sql, ":ended_utc_ns", run->ended_utc_ns);
    vr_sql_bind_text(&sql, ":verdict", run->verdict);
    vr_sql_bind_text(&sql, ":why", run->why);
    vr_sql_bind_int64(&sql, ":exit_code", run->exit_code);
    vr_sql_bind_int64(&sql, ":judged_count", run->judged_count);
    return vr_sql_run(&sql, merge->err);
}

static int trials_delete(struct merge *merge)
{
    _cleanup_(vr_sql_finish) struct vr_sql trials = vr_sql_use(
        merge->catalogue, "replace the trials", "DELETE FROM trial WHERE run_id = :run_id");
    vr_sql_bind_int64(&trials, ":run_id", merge->run_id);
    return vr_sql_run(&trials, merge->err);
}

static int env_delete(struct merge *merge)
{
    _cleanup_(vr_sql_finish) struct vr_sql env = vr_sql_use(
        merge->catalogue, "replace its notes", "DELETE FROM run_env WHERE run_id = :run_id");
    vr_sql_bind_int64(&env, ":run_id", merge->run_id);
    return vr_sql_run(&env, merge->err);
}

/* A run that the catalogue holds: replace what was judged, and the trials too when the source has more of them. */
static int run_refresh(struct merge *merge, const struct vr_run_row *run, bool further)
{
    int result = run_update(merge, run);
    if (result == 0)
        result = vr_store_metrics_replace(merge->catalogue, merge->run_id, NULL, 0, merge->err);
    if (result == 0)
        result = vr_store_gates_replace(merge->catalogue, merge->run_id, NULL, 0, merge->err);
    if (result == 0)
        result = vr_store_parities_clear(merge->catalogue, merge->run_id, merge->err);
    if (result == 0)
        result = env_delete(merge);
    if (result == 0 && further)
        result = trials_delete(merge);
    if (result == 0 && further)
        result = trials_copy(merge, run->run_id);
    return result < 0 ? result : judgement_copy(merge, run->run_id);
}

static int run_copy(struct merge *merge, const struct vr_run_row *run)
{
    struct vr_run_row copy = *run;
    int result = vr_store_run_add(merge->catalogue, &copy, merge->err);
    merge->run_id = copy.run_id;
    if (result == 0)
        result = trials_copy(merge, run->run_id);
    return result < 0 ? result : judgement_copy(merge, run->run_id);
}

/* A row that breaks a constraint was not written by us. */
static int run_refuse(struct merge *merge, int result)
{
    struct vr_err cause = *merge->err;
    if (result != -VR_ERR_INTERNAL)
        return result;
    return vr_err_set(
        merge->err, VR_ERR_INPUT, "%s: damaged or altered, and not merged: %s", merge->source->path,
        cause.text);
}

static int run_merge(void *context, const struct vr_run_row *source)
{
    struct merge *merge = context;
    struct extent theirs, ours;
    struct vr_run_row run = *source;
    if (strcmp(run.status, "running") == 0)
        run.status = "interrupted";

    int held = extent_read(merge->source, run.uid, &theirs, merge->err);
    if (held > 0)
        held = extent_read(merge->catalogue, run.uid, &ours, merge->err);
    if (held < 0)
        return held;
    if (held && strcmp(theirs.identity, ours.identity) != 0)
        return vr_err_set(
            merge->err, VR_ERR_INPUT,
            "%s: its run %s is not the one of that name in %s; one of the two was altered",
            merge->source->path, run.uid, merge->catalogue->path);
    merge->added += !held;
    merge->known += held;
    bool further = held && extent_is_further(&theirs, &ours);
    bool judged_since =
        held && extent_is_equal(&theirs, &ours) && theirs.judged_count > ours.judged_count;
    if (held && !further && !judged_since)
        return 0;

    bool own;
    merge->run_id = held ? ours.run_id : 0;
    int result = vr_sql_enter(merge->catalogue, &own, merge->err);
    if (result == 0)
        result = held ? run_refresh(merge, &run, further) : run_copy(merge, &run);
    return run_refuse(merge, vr_sql_leave(merge->catalogue, own, result, merge->err));
}

/* --- the whole file -------------------------------------------------------------------------- */

static int same_file_refuse(const struct vr_store *catalogue, const char *path, struct vr_err *err)
{
    struct stat theirs, ours;
    if (stat(path, &theirs) == 0 && stat(catalogue->path, &ours) == 0 &&
        theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino)
        return vr_err_set(err, VR_ERR_USAGE, "%s: cannot be merged into itself", path);
    return 0;
}

static int finding_refuse(void *context, const char *finding)
{
    struct merge *merge = context;
    return vr_err_set(
        merge->err, VR_ERR_INPUT,
        "%s: damaged or altered, and not merged: %s; `vitalrig db check` tells all",
        merge->source->path, finding);
}

static int runs_visit(struct merge *merge, vr_run_fn *fn)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql =
        vr_sql_use(merge->source, "read the runs", "SELECT run_id FROM run ORDER BY run_id");
    int result;
    while ((result = vr_sql_row(&sql, merge->err)) > 0) {
        result = vr_store_run_get(merge->source, vr_sql_int64(&sql, 0), fn, merge, merge->err);
        if (result < 0)
            break;
    }
    return result;
}

int vr_store_merge(
    struct vr_store *catalogue, const char *path, size_t *ret_added, size_t *ret_known,
    struct vr_err *err)
{
    assert(!catalogue->batch);
    _cleanup_(vr_store_closep) struct vr_store *source = NULL;
    size_t findings;
    int result = same_file_refuse(catalogue, path, err);
    if (result == 0)
        result = vr_store_open(path, VR_STORE_READ, &source, err);
    if (result < 0)
        return result;

    struct vr_err scratch_err;
    struct merge merge = {
        .source = source, .catalogue = catalogue, .err = err ? err : &scratch_err};
    result = vr_sql_script(source, "read", "BEGIN", err); /* one state of it, from check to end */
    if (result == 0)
        result = vr_check_read(source, finding_refuse, &merge, &findings, err);
    if (result == 0)
        result = runs_visit(&merge, run_merge);
    if (result == 0) {
        *ret_added = merge.added;
        *ret_known = merge.known;
    }
    return result;
}

/* --- rehearsal ------------------------------------------------------------------------------- */

struct rehearsal {
    struct merge merge; /* first: the runs are visited with it */
    vr_finding_fn *fn;
    void *context;
    size_t findings;
};

static int run_rehearse(void *context, const struct vr_run_row *run)
{
    struct rehearsal *rehearsal = context;
    struct merge *merge = context;
    int result = vr_store_begin(merge->catalogue, merge->err);
    if (result == 0)
        result = run_copy(merge, run);
    vr_store_rollback(merge->catalogue);
    if (result != -VR_ERR_INTERNAL && result != -VR_ERR_INPUT)
        return result;
    rehearsal->findings++;
    return rehearsal->fn ? rehearsal->fn(rehearsal->context, merge->err->text) : 0;
}

int vr_merge_rehearse(
    struct vr_store *source, vr_finding_fn *fn, void *context, size_t *ret_findings,
    struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *memory = NULL;
    struct vr_err scratch;
    err = err ? err : &scratch;
    int result = vr_store_open(":memory:", VR_STORE_CREATE, &memory, err);
    if (result < 0)
        return result;
    struct rehearsal rehearsal = {
        .merge = {.source = source, .catalogue = memory, .err = err},
        .fn = fn,
        .context = context,
    };
    result = runs_visit(&rehearsal.merge, run_rehearse);
    if (result == 0)
        *ret_findings = rehearsal.findings;
    return result;
}
