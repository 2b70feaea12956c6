/* Does another file say the same of the runs that it shares with this one? */
#include <stdio.h>
#include <string.h>

#include "store/care.h"
#include "store/sql.h"

struct compare {
    struct vr_store *store, *other;
    int (*fn)(void *context, const char *finding);
    void *context;
    size_t findings;
    struct vr_err *err;
};

static int difference_add(struct compare *compare, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int difference_add(struct compare *compare, const char *format, ...)
{
    char text[768];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    compare->findings++;
    return compare->fn ? compare->fn(compare->context, text) : 0;
}

/* The columns after the first `keys`, by their names. */
static int columns_compare(
    struct compare *compare, const char *where, int keys, struct vr_sql *ours,
    struct vr_sql *theirs)
{
    int result = 0, count = sqlite3_column_count(ours->statement);
    for (int column = keys; result == 0 && column < count; column++) {
        const char *here = vr_sql_text(ours, column), *there = vr_sql_text(theirs, column);
        if (strcmp(here, there) != 0)
            result = difference_add(
                compare, "%s: %s is '%.160s' in %s and '%.160s' in %s", where,
                sqlite3_column_name(ours->statement, column), here, compare->store->path, there,
                compare->other->path);
    }
    return result;
}

/* --- trials ---------------------------------------------------------------------------------- */

/* The key first: what names a trial of a run in every file. */
#define TRIALS \
    "SELECT printf('record %s from %d, repeat %d, attempt %d', c.name, c.window_start, t.repeat," \
    " t.attempt) AS trial, t.dut, t.outcome, t.result_key, t.output_digest, t.ledger_closed," \
    " t.samples_consumed, t.outputs_stored, c.sha256 AS record_sha256, c.truth_sha256" \
    " FROM trial t JOIN record c USING (record_id) WHERE t.run_id = :run_id" \
    " ORDER BY trial, c.record_id"

static int trial_compare(
    struct compare *compare, const char *uid, struct vr_sql *ours, struct vr_sql *theirs)
{
    char where[384];
    snprintf(where, sizeof where, "run %.160s, %.200s", uid, vr_sql_text(ours, 0));
    return columns_compare(compare, where, 1, ours, theirs);
}

/* Both lists are in one order: walk them side by side. */
static int trials_walk(
    struct compare *compare, const char *uid, struct vr_sql *ours, struct vr_sql *theirs)
{
    int mine = vr_sql_row(ours, compare->err), yours = vr_sql_row(theirs, compare->err);
    int result = 0;
    while (result == 0 && mine >= 0 && yours >= 0 && (mine || yours)) {
        int order = !mine ? 1 : !yours ? -1 : strcmp(vr_sql_text(ours, 0), vr_sql_text(theirs, 0));
        if (order == 0)
            result = trial_compare(compare, uid, ours, theirs);
        else
            result = difference_add(
                compare, "run %.160s, %.200s: only in %s", uid,
                vr_sql_text(order < 0 ? ours : theirs, 0),
                order < 0 ? compare->store->path : compare->other->path);
        if (order <= 0)
            mine = vr_sql_row(ours, compare->err);
        if (order >= 0)
            yours = vr_sql_row(theirs, compare->err);
    }
    return mine < 0 ? mine : yours < 0 ? yours : result;
}

static int trials_compare(
    struct compare *compare, const char *uid, int64_t our_run_id, int64_t their_run_id)
{
    _cleanup_(vr_sql_finish) struct vr_sql ours =
        vr_sql_use(compare->store, "read the trials", TRIALS);
    _cleanup_(vr_sql_finish) struct vr_sql theirs =
        vr_sql_use(compare->other, "read the trials", TRIALS);
    vr_sql_bind_int64(&ours, ":run_id", our_run_id);
    vr_sql_bind_int64(&theirs, ":run_id", their_run_id);
    return trials_walk(compare, uid, &ours, &theirs);
}

/* --- runs ------------------------------------------------------------------------------------ */

/* In a catalogue a run that was killed is interrupted, in its own file it runs. */
#define RUN \
    "SELECT run_id, uid, scenario, scenario_sha256, started_utc_ns, seed," \
    " replace(status, 'running', 'interrupted') AS status, verdict, exit_code, judged_count" \
    " FROM run "

static int run_compare(struct compare *compare, struct vr_sql *ours)
{
    char where[192];
    _cleanup_(vr_sql_finish) struct vr_sql theirs =
        vr_sql_use(compare->other, "look for a run", RUN "WHERE uid = :uid");
    const char *uid = vr_sql_text(ours, 1);
    vr_sql_bind_text(&theirs, ":uid", uid);
    int result = vr_sql_row(&theirs, compare->err);
    if (result == 0)
        return difference_add(compare, "run %.160s: not in %s", uid, compare->other->path);
    if (result < 0)
        return result;
    snprintf(where, sizeof where, "run %.160s", uid);
    result = columns_compare(compare, where, 2, ours, &theirs);
    return result < 0
               ? result
               : trials_compare(compare, uid, vr_sql_int64(ours, 0), vr_sql_int64(&theirs, 0));
}

int vr_store_compare(
    struct vr_store *store, struct vr_store *other, int (*fn)(void *context, const char *finding),
    void *context, size_t *ret_findings, struct vr_err *err)
{
    struct compare compare = {
        .store = store, .other = other, .fn = fn, .context = context, .err = err};
    _cleanup_(vr_sql_finish) struct vr_sql runs =
        vr_sql_use(store, "read the runs", RUN "ORDER BY uid");
    int result;
    while ((result = vr_sql_row(&runs, err)) > 0) {
        result = run_compare(&compare, &runs);
        if (result < 0)
            break;
    }
    *ret_findings = compare.findings;
    return result;
}
