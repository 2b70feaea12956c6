/* What survives: a run is written, merged and judged while the disk fails at one operation after the other.
 *
 *     store_faults kill    the process is killed at every operation
 *     store_faults io      every operation fails with EIO or ENOSPC, once or for ever
 *     store_faults memory  every allocation of SQLite fails, once or for ever
 *     store_faults MODE N  the same at every Nth operation only, another one of N in each round
 *
 * After each fault the file is opened again: it is whole, everything acknowledged is in it, no half of anything, and it can be written. */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "faults.h"
#include "filled.h"
#include "store/sql.h"
#include "traces.h"

#define TRIALS 4
#define ROUNDS 4

/* What the store has acknowledged. */
struct acknowledged {
    int created, run, trials, chunks, streams, ended, rested, judged, catalogue, merged;
};

static struct scratch scratch;
static char *run_path, *catalogue_path;
static long stride = 1, points, faults;

/* --- the workload ---------------------------------------------------------------------------- */

static int trial_write(struct vr_store *store, int64_t run_id, int64_t record_id, int repeat)
{
    struct vr_err err;
    struct vr_trial_row trial = filled_trial(run_id, record_id);
    trial.repeat = repeat;
    int result = vr_store_begin(store, &err);
    if (result < 0)
        return result;
    result = vr_store_trial_add(store, &trial, &err);
    if (result == 0)
        result = vr_store_outputs_add(store, trial.trial_id, filled_outputs, FILLED_OUTPUTS, &err);
    filled_complete(&trial);
    if (result == 0)
        result = vr_store_trial_end(store, &trial, &err);
    if (result == 0)
        return vr_store_commit(store, &err);
    vr_store_rollback(store);
    return result;
}

#define TRACE_CHUNKS 3 /* each in a batch of its own, as they come */

static int batch_write(struct vr_store *store, struct vr_power_packer *packer, int64_t stream_id)
{
    struct vr_power_batch *batch = vr_power_packer_take(packer);
    int result = batch ? vr_store_power_batch_add(store, stream_id, batch, NULL) : 0;
    vr_power_batch_destroy(batch);
    return result;
}

static int samples_write(
    struct vr_store *store, struct trace *trace, struct vr_power_packer *packer,
    struct acknowledged *acknowledged)
{
    int result = 0;
    trace_gaps_pack(trace, packer);
    for (size_t i = 0; result == 0 && i < TRACE_CHUNKS; i++) {
        trace_pack(trace, i * VR_POWER_CHUNK, (i + 1) * VR_POWER_CHUNK, packer, i);
        result = batch_write(store, packer, trace->stream.stream_id);
        acknowledged->chunks += result == 0;
    }
    if (result == 0)
        result = vr_power_packer_finish(packer, NULL);
    if (result == 0)
        result = batch_write(store, packer, trace->stream.stream_id);
    return result;
}

static int trace_write(struct vr_store *store, int64_t trial_id, struct acknowledged *acknowledged)
{
    struct trace trace;
    struct vr_power_packer *packer = NULL;
    trace_make(&trace, TRACE_CODED | TRACE_LINES, TRACE_CHUNKS * VR_POWER_CHUNK, 1);
    trace_lose(&trace, VR_POWER_CHUNK - 10, VR_POWER_CHUNK + 10);
    for (size_t i = 0; i < trace.count; i++) /* few edges: each is a write that can fail */
        trace.lines[i] = trace.lines[i] & 1;
    trace.stream.trial_id = trial_id;
    int result = vr_store_power_stream_add(store, &trace.stream, NULL);
    if (result == 0)
        result = vr_power_packer_create(&trace.stream, &packer, NULL);
    if (result == 0)
        result = samples_write(store, &trace, packer, acknowledged);
    trace.stream.ended_ns = 9;
    trace.stream.sample_count = (int64_t)trace.count;
    trace.stream.lost_count = 20;
    if (result == 0)
        result = vr_store_power_stream_end(store, &trace.stream, NULL);
    acknowledged->streams += result == 0;
    vr_power_packer_destroy(packer);
    trace_free(&trace);
    return result;
}

static int run_write(struct vr_store *store, struct acknowledged *acknowledged)
{
    struct vr_run_row run = filled_run("run-a", 1);
    struct vr_record_row record = filled_record("100");
    int result = vr_store_run_add(store, &run, NULL);
    acknowledged->run = result == 0;
    if (result == 0)
        result = vr_store_record_add(store, &record, filled_truth, FILLED_TRUTH, NULL);
    for (int i = 0; result == 0 && i < TRIALS; i++) {
        result = trial_write(store, run.run_id, record.record_id, i);
        if (result == -VR_ERR_STORE) /* a full disk may have room again; an I/O error stays */
            result = trial_write(store, run.run_id, record.record_id, i);
        acknowledged->trials += result == 0;
    }
    if (result == 0)
        result = trace_write(store, 1, acknowledged);
    if (result == 0)
        result = vr_store_run_end(store, run.run_id, 2, "ended", NULL);
    acknowledged->ended = result == 0;
    return result;
}

static int judge(struct acknowledged *acknowledged)
{
    struct vr_store *store = NULL;
    int result = vr_store_open(run_path, VR_STORE_WRITE, &store, NULL);
    if (result == 0)
        result = vr_store_run_judge(store, 1, "pass", "no gates", 0, NULL);
    acknowledged->judged = result == 0;
    vr_store_close(store);
    return result;
}

static int merge(struct acknowledged *acknowledged)
{
    struct vr_store *catalogue = NULL;
    size_t added, known;
    int result = vr_store_open(catalogue_path, VR_STORE_CREATE, &catalogue, NULL);
    acknowledged->catalogue = result == 0;
    if (result == 0)
        result = vr_store_merge(catalogue, run_path, &added, &known, NULL);
    acknowledged->merged = result == 0;
    vr_store_close(catalogue);
    return result;
}

static int work(struct acknowledged *acknowledged)
{
    struct vr_store *store = NULL;
    int result = vr_store_open(run_path, VR_STORE_CREATE, &store, NULL);
    acknowledged->created = result == 0;
    if (result == 0) {
        store->log_pages_checkpoint = 20; /* so that checkpoints fall between the trials, too */
        result = run_write(store, acknowledged);
    }
    vr_store_close(store);
    acknowledged->rested = result == 0;
    if (result == 0)
        result = judge(acknowledged);
    return result == 0 ? merge(acknowledged) : result;
}

/* --- the proof ------------------------------------------------------------------------------- */

static void complain(const struct fault_plan *plan, const char *what, const char *detail)
{
    printf(
        "kind %d, operation %ld, error %d, forever %d: %s: %s\n", (int)plan->kind, plan->at,
        plan->error, plan->forever, what, detail);
    faults++;
}

static int count_trial(void *context, const struct vr_trial_row *trial)
{
    *(int *)context += strcmp(trial->outcome, "complete") == 0;
    return 0;
}

struct seen {
    int runs, ended, judged;
};

static int count_run(void *context, const struct vr_run_row *run)
{
    struct seen *seen = context;
    seen->runs++;
    seen->ended += strcmp(run->status, "ended") == 0;
    seen->judged += strcmp(run->verdict, "pass") == 0;
    return 0;
}

static int print_finding(void *context, const char *finding)
{
    (void)context;
    printf("    %s\n", finding);
    return 0;
}

static int64_t number_of(struct vr_store *store, const char *sql)
{
    sqlite3_stmt *statement;
    int64_t number = -1;
    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

/* Every batch that was acknowledged is there, and what is there can be read to its last chunk. */
static void prove_trace(
    struct vr_store *store, const struct acknowledged *acknowledged, const struct fault_plan *plan)
{
    struct vr_err err = {0};
    struct vr_power_sum sum;
    int64_t chunks = number_of(store, "SELECT count(*) FROM power_chunk");
    int64_t ended = number_of(store, "SELECT count(ended_ns) FROM power_stream");
    if (chunks < acknowledged->chunks || ended < acknowledged->streams)
        complain(plan, "lost samples that were acknowledged", "");
    if (chunks <= 0)
        return;
    _cleanup_(vr_power_reader_destroyp) struct vr_power_reader *reader = NULL;
    if (vr_power_reader_create(store, 1, &reader, &err) < 0) {
        complain(plan, "a trace cannot be opened", err.text);
        return;
    }
    int64_t count = vr_power_reader_stream(reader)->sample_count;
    if (count != chunks * VR_POWER_CHUNK ||
        vr_power_reader_sum(reader, 1, count - 1, &sum, &err) < 0 ||
        sum.lost != (chunks > 1 ? 20 : 9)) /* its own last one is not in the window */
        complain(plan, "a trace has not the samples that were written", err.text);
}

static void prove_whole(struct vr_store *store, const struct fault_plan *plan)
{
    struct vr_err err = {0};
    size_t findings = 0;
    if (vr_store_check(store, print_finding, NULL, &findings, &err) < 0 || findings > 0)
        complain(plan, "damaged", err.text);
}

static void prove_run(const struct acknowledged *acknowledged, const struct fault_plan *plan)
{
    struct vr_store *store = NULL;
    struct vr_err err = {0};
    struct seen seen = {0};
    int trials = 0;
    if (vr_store_open(run_path, VR_STORE_WRITE, &store, &err) < 0) {
        if (acknowledged->created)
            complain(plan, "cannot be opened", err.text);
        return;
    }
    prove_whole(store, plan);
    prove_trace(store, acknowledged, plan);
    vr_store_runs(store, 0, count_run, &seen, &err);
    vr_store_trials(store, 1, count_trial, &trials, &err);
    if (seen.runs < acknowledged->run || seen.ended < acknowledged->ended ||
        seen.judged < acknowledged->judged || trials < acknowledged->trials)
        complain(plan, "lost what was acknowledged", err.text);
    if (trials > acknowledged->trials + 1 || seen.runs > 1)
        complain(plan, "holds what was never written", "");
    if (seen.runs == 1) {
        struct vr_record_row record = filled_record("next");
        if (vr_store_record_add(store, &record, NULL, 0, &err) < 0 ||
            trial_write(store, 1, record.record_id, 0) < 0)
            complain(plan, "cannot be written again", err.text);
    }
    vr_store_close(store);
}

static void prove_catalogue(const struct acknowledged *acknowledged, const struct fault_plan *plan)
{
    struct vr_store *store = NULL;
    struct vr_err err = {0};
    struct seen seen = {0};
    int trials = 0;
    size_t added, known;
    if (vr_store_open(catalogue_path, VR_STORE_WRITE, &store, &err) < 0) {
        if (acknowledged->catalogue)
            complain(plan, "the catalogue cannot be opened", err.text);
        return;
    }
    prove_whole(store, plan);
    vr_store_runs(store, 0, count_run, &seen, &err);
    vr_store_trials(store, 1, count_trial, &trials, &err);
    if (seen.runs < acknowledged->merged || seen.runs > 1 || trials != TRIALS * seen.runs)
        complain(plan, "the catalogue holds a half or lost a run", err.text);
    if (vr_store_merge(store, run_path, &added, &known, &err) < 0)
        complain(plan, "cannot be merged again", err.text);
    vr_store_close(store);
}

static void prove(const struct acknowledged *acknowledged, const struct fault_plan *plan)
{
    prove_catalogue(acknowledged, plan);
    prove_run(acknowledged, plan);
    struct stat info;
    char *side;
    if (asprintf(&side, "%s-wal", run_path) > 0 && acknowledged->created && stat(side, &info) == 0)
        complain(plan, "a side file stayed", side);
    free(side);
    scratch_empty(&scratch);
    points++;
}

/* --- the sweeps ------------------------------------------------------------------------------ */

/* One fault in a process of its own.  Returns false when the workload ran to its end. */
static bool die_once(const struct fault_plan *plan)
{
    int status;
    struct acknowledged *acknowledged =
        mmap(NULL, sizeof *acknowledged, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = fork();
    if (child == 0) {
        faults_plan(*plan);
        _exit(work(acknowledged) == 0 ? 0 : 1);
    }
    waitpid(child, &status, 0);
    bool died = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    if (!died && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
        complain(plan, "the workload failed by itself", "");
    prove(acknowledged, plan);
    munmap(acknowledged, sizeof *acknowledged);
    return died;
}

static void die_everywhere(int round)
{
    struct fault_plan plan = {.kind = FAULT_KILL, .at = 1 + round % stride};
    while (die_once(&plan))
        plan.at += stride;
}

static bool fail_once(const struct fault_plan *plan)
{
    struct acknowledged acknowledged = {0};
    faults_plan(*plan);
    int result = work(&acknowledged);
    bool fired = faults_fired();
    faults_plan((struct fault_plan){0});
    if (!fired && result < 0)
        complain(plan, "the workload failed by itself", "");
    prove(&acknowledged, plan);
    return fired;
}

static void fail_everywhere(enum fault_kind kind, int round)
{
    struct fault_plan plan = {
        .kind = kind,
        .at = 1 + round % stride,
        .error = round / 2 ? ENOSPC : EIO,
        .forever = round % 2,
    };
    while (fail_once(&plan))
        plan.at += stride;
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    stride = argc > 2 ? strtol(argv[2], NULL, 10) : 1;
    if (stride < 1) {
        fprintf(stderr, "usage: store_faults kill|io|memory [N]\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    scratch_make(&scratch);
    run_path = strdup(scratch_path(&scratch, "run.db"));
    catalogue_path = strdup(scratch_path(&scratch, "catalogue.db"));
    faults_install();
    for (int round = 0; round < ROUNDS; round++) {
        if (strcmp(mode, "kill") == 0)
            die_everywhere(round);
        else if (strcmp(mode, "io") == 0)
            fail_everywhere(FAULT_ERROR, round);
        else if (strcmp(mode, "memory") == 0)
            fail_everywhere(FAULT_MEMORY, round);
    }
    printf("%s: %ld points, %ld faults\n", mode, points, faults);
    free(run_path);
    free(catalogue_path);
    scratch_remove(&scratch);
    return faults > 0 || points < 50;
}
