/* Is a file whole, and does it say what it means?  The care behind `vitalrig db check`, and the door that every foreign file passes
 * before a merge. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/check.h"
#include "store/merge.h"
#include "store/outputs.h"
#include "store/power_check.h"
#include "store/truth.h"

struct check {
    struct vr_store *store;
    vr_finding_fn *fn;
    void *context;
    size_t findings;
    struct vr_err *err;
};

static int finding_add(struct check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int finding_add(struct check *check, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    check->findings++;
    return check->fn ? check->fn(check->context, text) : 0;
}

/* --- structure ------------------------------------------------------------------------------- */

#define OBJECTS \
    "SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema" \
    " WHERE name NOT GLOB 'sqlite_stat*' ORDER BY 1"

/* Both lists are in the order of their names: walk them side by side. */
static int objects_compare(struct check *check, struct vr_sql *ours, struct vr_sql *theirs)
{
    int have_ours = vr_sql_row(ours, check->err), have_theirs = vr_sql_row(theirs, check->err);
    while (have_ours > 0 || have_theirs > 0) {
        if (have_ours < 0 || have_theirs < 0)
            break;
        int order = !have_ours     ? 1
                    : !have_theirs ? -1
                                   : strcmp(vr_sql_text(ours, 0), vr_sql_text(theirs, 0));
        int result = 0;
        if (order < 0)
            result = finding_add(check, "the %s is missing", vr_sql_text(ours, 0));
        else if (order > 0)
            result = finding_add(check, "the %s is not VitalRig's", vr_sql_text(theirs, 0));
        else if (strcmp(vr_sql_text(ours, 1), vr_sql_text(theirs, 1)) != 0)
            result = finding_add(check, "the %s is not as VitalRig made it", vr_sql_text(ours, 0));
        if (result < 0)
            return result;
        if (order <= 0)
            have_ours = vr_sql_row(ours, check->err);
        if (order >= 0)
            have_theirs = vr_sql_row(theirs, check->err);
    }
    return have_ours < 0 ? have_ours : have_theirs < 0 ? have_theirs : 0;
}

/* Every table, index and view must be, to the letter, what the migrations make: then nothing below can run a stranger's text. */
static int schema_check(struct check *check)
{
    _cleanup_(vr_store_closep) struct vr_store *fresh = NULL;
    int result = vr_store_open(":memory:", VR_STORE_CREATE, &fresh, check->err);
    if (result < 0)
        return result;
    _cleanup_(vr_sql_finish) struct vr_sql ours = vr_sql_use(fresh, "read the schema", OBJECTS);
    _cleanup_(vr_sql_finish) struct vr_sql theirs =
        vr_sql_use(check->store, "read the schema", OBJECTS);
    return objects_compare(check, &ours, &theirs);
}

/* --- meaning --------------------------------------------------------------------------------- */

/* Each row is a finding. */
static const struct {
    const char *doing, *text;
} queries[] = {
    {"check its pages",
     "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'"},
    {"check its references",
     "SELECT 'a row of ' || \"table\" || ' refers to a row of ' || parent || ' that is not there'"
     " FROM pragma_foreign_key_check"},
    {"check its schema_doc",
     "SELECT 'schema_doc does not describe ' || m.name || '.' || c.name"
     " FROM sqlite_schema m JOIN pragma_table_info(m.name) c"
     " LEFT JOIN schema_doc d ON d.tbl = m.name AND d.col = c.name"
     " WHERE m.type IN ('table', 'view') AND m.name NOT GLOB 'sqlite_*' AND d.doc IS NULL"},
    {"check its schema_doc",
     "SELECT 'schema_doc does not describe ' || m.name FROM sqlite_schema m"
     " LEFT JOIN schema_doc d ON d.tbl = m.name AND d.col = ''"
     " WHERE m.type IN ('table', 'view') AND m.name NOT GLOB 'sqlite_*' AND d.doc IS NULL"},
    {"check its ledgers",
     "SELECT 'the ledger of trial ' || trial_id || ' says that ' || outputs_stored"
     " || ' outputs are stored, but there are ' || found"
     " FROM (SELECT trial_id, outputs_stored,"
     " (SELECT count(*) FROM output WHERE output.trial_id = trial.trial_id) AS found"
     " FROM trial WHERE ledger_closed = 1) WHERE found <> outputs_stored"},
    {"check its signal faults",
     "SELECT 'the signal faults of trial ' || trial_id || ' are numbered to ' || max(number) || ', "
     "but there are ' || count(*)"
     " FROM signal_fault GROUP BY trial_id HAVING max(number) <> count(*) - 1"},
    {"check its verdicts",
     "SELECT DISTINCT 'the verdict of run ' || uid || ' is pass, but a gate did not pass'"
     " FROM run JOIN gate USING (run_id) WHERE run.verdict = 'pass'"
     " AND gate.verdict NOT IN ('pass', 'warn')"},
    {"check its verdicts", "SELECT DISTINCT 'the verdict of run ' || uid || ' is pass, but a trial "
                           "is not equal to its golden run'"
                           " FROM run JOIN parity USING (run_id) WHERE run.verdict = 'pass' AND "
                           "parity.verdict <> 'equal'"},
};

static int query_check(struct check *check, const char *doing, const char *text)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(check->store, doing, text);
    int result;
    while ((result = vr_sql_row(&sql, check->err)) > 0) {
        result = finding_add(check, "%s", vr_sql_text(&sql, 0));
        if (result < 0)
            break;
    }
    return result;
}

static int truth_check_one(struct check *check, int64_t record_id, const char *expected)
{
    struct vr_truth_row *rows = NULL;
    size_t count = 0;
    char found[VR_DIGEST_HEX_SIZE];
    int result = vr_store_truth(check->store, record_id, &rows, &count, check->err);
    if (result < 0)
        return result;
    vr_truth_digest(rows, count, found);
    vr_store_truth_free(rows, count);
    if (strcmp(found, expected) == 0)
        return 0;
    return finding_add(
        check, "the truth of record %" PRId64 " is not the one that was stored", record_id);
}

/* The digest that the device itself made, again, from the rows. */
static int digest_check_one(struct check *check, int64_t trial_id, const char *expected)
{
    struct vr_output_row *rows = NULL;
    size_t count = 0;
    char found[VR_OUTPUTS_DIGEST_SIZE];
    int result = vr_store_outputs(check->store, trial_id, &rows, &count, check->err);
    if (result < 0)
        return result;
    vr_outputs_digest(rows, count, found);
    free(rows);
    if (strcmp(found, expected) == 0)
        return 0;
    return finding_add(
        check, "the outputs of trial %" PRId64 " have the digest %s, but the device said %s",
        trial_id, found, expected);
}

static int digest_check(struct check *check)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        check->store, "check its outputs",
        "SELECT trial_id, output_digest FROM trial"
        " WHERE ledger_closed = 1 AND output_digest IS NOT NULL");
    int result;
    while ((result = vr_sql_row(&sql, check->err)) > 0) {
        result = digest_check_one(check, vr_sql_int64(&sql, 0), vr_sql_text(&sql, 1));
        if (result < 0)
            break;
    }
    return result;
}

static int truth_check(struct check *check)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql =
        vr_sql_use(check->store, "check its truth", "SELECT record_id, truth_sha256 FROM record");
    int result;
    while ((result = vr_sql_row(&sql, check->err)) > 0) {
        result = truth_check_one(check, vr_sql_int64(&sql, 0), vr_sql_text(&sql, 1));
        if (result < 0)
            break;
    }
    return result;
}

/* --- all of it ------------------------------------------------------------------------------- */

int vr_check_read(
    struct vr_store *store, vr_finding_fn *fn, void *context, size_t *ret_findings,
    struct vr_err *err)
{
    struct check check = {.store = store, .fn = fn, .context = context, .err = err};
    int result = schema_check(&check);
    /* What is not built as it should be cannot be asked what it means. */
    bool sound = result == 0 && check.findings == 0;
    for (size_t i = 0; sound && result == 0 && i < sizeof queries / sizeof *queries; i++)
        result = query_check(&check, queries[i].doing, queries[i].text);
    if (sound && result == 0)
        result = digest_check(&check);
    if (sound && result == 0)
        result = truth_check(&check);
    if (result == 0)
        *ret_findings = check.findings;
    return result;
}

int vr_store_check(
    struct vr_store *store, int (*fn)(void *context, const char *finding), void *context,
    size_t *ret_findings, struct vr_err *err)
{
    size_t read = 0, traces = 0, rehearsed = 0;
    int result = vr_check_read(store, fn, context, &read, err);
    if (result == 0 && read == 0)
        result = vr_power_check(store, fn, context, &traces, err);
    if (result == 0 && read == 0)
        result = vr_merge_rehearse(store, fn, context, &rehearsed, err);
    if (result == 0)
        *ret_findings = read + traces + rehearsed;
    return result;
}

int vr_store_describe(
    struct vr_store *store,
    int (*fn)(
        void *context, const char *table, const char *column, const char *unit, const char *text),
    void *context, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        store, "read its schema_doc",
        "SELECT d.tbl, d.col, d.unit, d.doc FROM schema_doc d"
        " LEFT JOIN pragma_table_info(d.tbl) c ON c.name = d.col"
        " ORDER BY d.tbl, coalesce(c.cid, -1)");
    int result;
    while ((result = vr_sql_row(&sql, err)) > 0) {
        result =
            fn(context, vr_sql_text(&sql, 0), vr_sql_text(&sql, 1), vr_sql_text(&sql, 2),
               vr_sql_text(&sql, 3));
        if (result < 0)
            break;
    }
    return result;
}
