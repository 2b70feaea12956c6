/* Power cuts while a run file is written: a run from its beginning, its power trace, and a run that is taken up again. */
#include <string.h>

#include "disk.h"
#include "filled.h"
#include "power_cuts.h"
#include "store/sql.h"
#include "traces.h"

#define TRIALS 4
#define CHUNKS 3

enum { CREATED, RUN, TRIAL, ENDED, JUDGED, CHUNK, STREAM };

static const char *run_path(void)
{
    return work_path("run.db");
}

/* As a run writes them: the trial's row at its beginning, outputs and end in one batch. */
static void trial_write(struct vr_store *store, int64_t record_id, int repeat, int attempt)
{
    struct vr_err err = {0};
    struct vr_trial_row trial = filled_trial(1, record_id);
    trial.repeat = repeat;
    trial.attempt = attempt;
    FILL(vr_store_trial_add(store, &trial, &err));
    FILL(vr_store_begin(store, &err));
    FILL(vr_store_outputs_add(store, trial.trial_id, filled_outputs, FILLED_OUTPUTS, &err));
    filled_complete(&trial);
    FILL(vr_store_trial_end(store, &trial, &err));
    FILL(vr_store_commit(store, &err));
    disk_acknowledge(TRIAL);
}

static int64_t run_begin(struct vr_store *store)
{
    struct vr_err err = {0};
    struct vr_run_row run = filled_run("run-a", 1);
    struct vr_record_row record = filled_record("100");
    FILL(vr_store_run_add(store, &run, &err));
    FILL(vr_store_record_add(store, &record, filled_truth, FILLED_TRUTH, &err));
    disk_acknowledge(RUN);
    return record.record_id;
}

static void run_finish(struct vr_store *store)
{
    struct vr_err err = {0};
    FILL(vr_store_run_end(store, 1, 2, "ended", &err));
    disk_acknowledge(ENDED);
    FILL(vr_store_run_judge(store, 1, "pass", "no gates", 0, &err));
    disk_acknowledge(JUDGED);
    vr_store_close(store);
}

static void run_run(void)
{
    struct vr_store *store = work_open(run_path(), VR_STORE_KEEP);
    disk_acknowledge(CREATED);
    int64_t record_id = run_begin(store);
    for (int i = 0; i < TRIALS; i++)
        trial_write(store, record_id, i, 0);
    run_finish(store);
}

static void run_recover(void)
{
    struct vr_store *store = NULL;
    if (vr_store_open(run_path(), VR_STORE_KEEP, &store, NULL) == 0)
        vr_store_close(store);
}

/* --- the proof ------------------------------------------------------------------------------- */

#define COMPLETE "SELECT count(*) FROM trial WHERE outcome = 'complete'"

static void prove_rows(struct vr_store *store, const struct cut *cut, int trials_before)
{
    int64_t trials = number_of(store, COMPLETE) - trials_before;
    if (number_of(store, "SELECT count(*) FROM run") < cut->acknowledged[RUN])
        complain("the run is lost");
    if (trials < cut->acknowledged[TRIAL])
        complain("%lld of %d trials", (long long)trials, cut->acknowledged[TRIAL]);
    if (trials > cut->acknowledged[TRIAL] + 1)
        complain("%lld trials, where %d were made", (long long)trials, cut->acknowledged[TRIAL]);
    if (number_of(
            store, COMPLETE " AND (output_digest <> '" FILLED_DIGEST
                            "' OR 3 <> (SELECT count(*) FROM output"
                            " WHERE output.trial_id = trial.trial_id))") != 0)
        complain("a trial by half");
    if (number_of(store, "SELECT count(*) FROM run WHERE status = 'ended'") <
            cut->acknowledged[ENDED] ||
        number_of(store, "SELECT count(*) FROM run WHERE verdict = 'pass'") <
            cut->acknowledged[JUDGED])
        complain("the verdict is lost");
}

static void prove_writes(struct vr_store *store)
{
    struct vr_err err = {0};
    struct vr_record_row record = filled_record("next");
    int64_t before = number_of(store, COMPLETE);
    if (number_of(store, "SELECT count(*) FROM run") == 0)
        return;
    FILL(vr_store_record_add(store, &record, NULL, 0, &err));
    trial_write(store, record.record_id, 0, 0);
    if (number_of(store, COMPLETE) != before + 1)
        complain("what is written now is not there");
}

static void run_prove(const struct cut *cut)
{
    struct vr_store *store = prove_opens(run_path());
    if (!store)
        return;
    prove_whole(store, cut);
    prove_rows(store, cut, 0);
    prove_writes(store);
    prove_closes(store, run_path());
}

const struct work work_run = {
    .name = "run", .run = run_run, .recover = run_recover, .prove = run_prove};

/* --- power ----------------------------------------------------------------------------------- */

static void batch_write(struct vr_store *store, struct vr_power_packer *packer, int64_t stream_id)
{
    struct vr_err err = {0};
    struct vr_power_batch *batch = vr_power_packer_take(packer);
    if (batch)
        FILL(vr_store_power_batch_add(store, stream_id, batch, &err));
    vr_power_batch_destroy(batch);
}

static void samples_write(struct vr_store *store, struct trace *trace)
{
    struct vr_err err = {0};
    struct vr_power_packer *packer = NULL;
    FILL(vr_power_packer_create(&trace->stream, &packer, &err));
    trace_gaps_pack(trace, packer);
    for (size_t i = 0; i < CHUNKS; i++) { /* each in a batch of its own, as they come */
        trace_pack(trace, i * VR_POWER_CHUNK, (i + 1) * VR_POWER_CHUNK, packer, i);
        batch_write(store, packer, trace->stream.stream_id);
        disk_acknowledge(CHUNK);
    }
    FILL(vr_power_packer_finish(packer, &err));
    batch_write(store, packer, trace->stream.stream_id);
    vr_power_packer_destroy(packer);
}

static void trace_prepare(void)
{
    struct vr_store *store = filled_open(run_path(), VR_STORE_CREATE);
    trial_write(store, run_begin(store), 0, 0);
    vr_store_close(store);
}

static void trace_run(void)
{
    struct vr_err err = {0};
    struct trace trace;
    struct vr_store *store = work_open(run_path(), VR_STORE_WRITE);
    trace_make(&trace, TRACE_CODED | TRACE_LINES, CHUNKS * VR_POWER_CHUNK, 1);
    trace_lose(&trace, VR_POWER_CHUNK - 10, VR_POWER_CHUNK + 10);
    trace.stream.trial_id = 1;
    FILL(vr_store_power_stream_add(store, &trace.stream, &err));
    samples_write(store, &trace);
    trace.stream.ended_ns = 9;
    trace.stream.sample_count = (int64_t)trace.count;
    trace.stream.lost_count = 20;
    FILL(vr_store_power_stream_end(store, &trace.stream, &err));
    disk_acknowledge(STREAM);
    trace_free(&trace);
    run_finish(store);
}

/* Every batch that was acknowledged is there, and what is there can be read to its last chunk. */
static void prove_samples(struct vr_store *store, const struct cut *cut)
{
    struct vr_err err = {0};
    struct vr_power_sum sum;
    int64_t chunks = number_of(store, "SELECT count(*) FROM power_chunk");
    if (chunks < cut->acknowledged[CHUNK] ||
        number_of(store, "SELECT count(ended_ns) FROM power_stream") < cut->acknowledged[STREAM])
        complain("samples are lost");
    if (chunks <= 0)
        return;
    struct vr_power_reader *reader = NULL;
    FILL(vr_power_reader_create(store, 1, &reader, &err));
    int64_t count = vr_power_reader_stream(reader)->sample_count;
    if (count != chunks * VR_POWER_CHUNK ||
        vr_power_reader_sum(reader, 1, count - 1, &sum, &err) < 0 ||
        sum.lost != (chunks > 1 ? 20 : 9)) /* its own last one is not in the window */
        complain("a trace has not the samples that were written: %s", err.text);
    vr_power_reader_destroyp(&reader);
}

static void trace_prove(const struct cut *cut)
{
    struct vr_store *store = prove_opens(run_path());
    if (!store)
        return;
    prove_whole(store, cut);
    prove_rows(store, cut, 1);
    prove_samples(store, cut);
    prove_closes(store, run_path());
}

const struct work work_trace = {
    .name = "trace",
    .prepare = trace_prepare,
    .run = trace_run,
    .recover = run_recover,
    .prove = trace_prove,
};

/* --- taken up again -------------------------------------------------------------------------- */

/* A run file as a worker leaves it that is killed in its second trial: with a log beside it, and the trial open. */
static void taken_up_prepare(void)
{
    struct vr_err err = {0};
    struct vr_store *store = filled_open(run_path(), VR_STORE_CREATE);
    int64_t record_id = run_begin(store);
    trial_write(store, record_id, 0, 0);
    struct vr_trial_row trial = filled_trial(1, record_id);
    trial.repeat = 1;
    FILL(vr_store_trial_add(store, &trial, &err));
    store->wal = false; /* close then leaves the log */
    vr_store_close(store);
}

static void taken_up_run(void)
{
    struct vr_err err = {0};
    struct vr_store *store = work_open(run_path(), VR_STORE_WRITE);
    struct vr_trial_row trial = filled_trial(1, 1);
    trial.trial_id = 2;
    trial.repeat = 1;
    trial.outcome = "cancelled";
    trial.why = "its worker died";
    trial.ended_ns = 3000;
    FILL(vr_store_trial_end(store, &trial, &err));
    trial_write(store, 1, 1, 1);
    for (int i = 2; i < TRIALS; i++)
        trial_write(store, 1, i, 0);
    run_finish(store);
}

static void taken_up_prove(const struct cut *cut)
{
    struct vr_store *store = prove_opens(run_path());
    if (!store)
        return;
    prove_whole(store, cut);
    prove_rows(store, cut, 1);
    if (number_of(store, "SELECT count(*) FROM trial WHERE trial_id = 2") != 1)
        complain("the trial that was open before is lost");
    prove_writes(store);
    prove_closes(store, run_path());
}

const struct work work_taken_up = {
    .name = "taken_up",
    .prepare = taken_up_prepare,
    .run = taken_up_run,
    .recover = run_recover,
    .prove = taken_up_prove,
};
