/* One trial after the other against its golden ones. */
#include "score/golden.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "score/parity.h"
#include "score/replayed.h"

#define WHY_SIZE 256

/* --- can it be one? --------------------------------------------------------------------------- */

struct identity {
    char *uid, *algorithm;
    struct vr_err *err;
};

static void identity_finish(struct identity *identity)
{
    free(identity->uid);
    free(identity->algorithm);
}

static int identity_copy(void *context, const struct vr_run_row *run)
{
    struct identity *identity = context;
    identity->uid = strdup(run->uid);
    identity->algorithm = strdup(run->algorithm);
    if (!identity->uid || !identity->algorithm)
        return vr_err_set(identity->err, VR_ERR_NO_MEMORY, "no memory for the name of a run");
    return 0;
}

int vr_golden_check(
    struct vr_store *store, int64_t run_id, const char *algorithm, struct vr_err *err)
{
    _cleanup_(identity_finish) struct identity identity = {.err = err};
    _cleanup_(vr_replayed_finish) struct vr_replayed_list trials = {0};
    int r = vr_store_run_get(store, run_id, identity_copy, &identity, err);
    if (r == 0 && strcmp(identity.algorithm, algorithm) != 0)
        r = vr_err_set(
            err, VR_ERR_INPUT,
            "the golden run %s ran the algorithm \"%s\", not \"%s\": their outputs cannot be "
            "compared",
            identity.uid, identity.algorithm, algorithm);
    if (r == 0)
        r = vr_replayed_load(store, run_id, &trials, err);
    size_t sound = 0;
    for (size_t i = 0; r == 0 && i < trials.count; i++) {
        _cleanup_free_ struct vr_output_row *rows = NULL;
        char digest[VR_OUTPUTS_DIGEST_SIZE];
        struct vr_err cause;
        size_t count;
        if (!trials.items[i].is_sound)
            continue;
        sound++;
        r = vr_replayed_outputs(store, &trials.items[i], &rows, &count, digest, &cause);
        if (r < 0)
            r = vr_err_set(
                err, -r, "the golden run %s cannot be used: %s", identity.uid, cause.text);
    }
    if (r == 0 && sound == 0)
        r = vr_err_set(
            err, VR_ERR_INPUT,
            "the golden run %s has no complete trial: there is nothing to compare with",
            identity.uid);
    return r;
}

/* --- a trial ---------------------------------------------------------------------------------- */

struct comparison {
    struct vr_store *store, *golden;
    int64_t run_id;
    struct vr_replayed_list trials, golden_trials;
    struct vr_err *err;
};

static void comparison_finish(struct comparison *comparison)
{
    vr_replayed_finish(&comparison->trials);
    vr_replayed_finish(&comparison->golden_trials);
}

/* A trial at hand: its row, and what the row's strings point to. */
struct verdict {
    struct vr_parity_row row;
    char why[WHY_SIZE];
    char digest[VR_OUTPUTS_DIGEST_SIZE], golden_digest[VR_OUTPUTS_DIGEST_SIZE];
    struct vr_output_row *outputs, *golden; /* owned */
    size_t count, golden_count;
};

static void verdict_finish(struct verdict *verdict)
{
    free(verdict->outputs);
    free(verdict->golden);
}

static void set_inconclusive(struct verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void set_inconclusive(struct verdict *verdict, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(verdict->why, sizeof verdict->why, format, arguments);
    va_end(arguments);
    verdict->row.verdict = "inconclusive";
    verdict->golden_digest[0] = '\0';
}

/* Why there is no golden trial of this content: the nearest to it says. */
static void say_lacking(
    const struct vr_replayed_list *golden, const struct vr_replayed *trial, struct verdict *verdict)
{
    const struct vr_replayed *broken = NULL, *namesake = NULL;
    for (size_t i = 0; i < golden->count; i++) {
        const struct vr_replayed *item = &golden->items[i];
        if (!vr_replayed_other(item, trial))
            broken = item;
        else if (strcmp(item->record, trial->record) == 0)
            namesake = item;
    }
    if (broken)
        set_inconclusive(
            verdict, "the golden run did not complete this record (%s)", broken->outcome);
    else if (namesake)
        set_inconclusive(
            verdict, "the golden run replayed other content under this name: its %s %s another",
            vr_replayed_other(namesake, trial),
            strchr("fs", vr_replayed_other(namesake, trial)[0]) ? "are" : "is");
    else
        set_inconclusive(verdict, "the golden run lacks this record");
}

/* The outputs of one golden trial of the same content, the first or one more: all must be the same.
 * 0 with a verdict when there is nothing to compare with. */
static int take_golden(
    const struct comparison *comparison, const struct vr_replayed *item,
    const struct vr_replayed *trial, struct verdict *verdict)
{
    _cleanup_free_ struct vr_output_row *rows = NULL;
    char digest[VR_OUTPUTS_DIGEST_SIZE];
    struct vr_err cause;
    size_t count;
    int r = vr_replayed_outputs(comparison->golden, item, &rows, &count, digest, &cause);
    if (r == -VR_ERR_INPUT) {
        set_inconclusive(verdict, "of the golden run, %s", cause.text);
        return 0;
    }
    if (r < 0)
        return vr_err_set(comparison->err, -r, "%s", cause.text);
    if (item->samples_consumed != trial->samples_consumed) {
        set_inconclusive(
            verdict, "the golden run consumed %" PRId64 " samples of it, this one %" PRId64,
            item->samples_consumed, trial->samples_consumed);
    } else if (verdict->golden_digest[0] == '\0') {
        memcpy(verdict->golden_digest, digest, sizeof digest);
        verdict->golden = rows;
        verdict->golden_count = count;
        rows = NULL;
    } else if (strcmp(digest, verdict->golden_digest) != 0) {
        set_inconclusive(
            verdict,
            "the golden run is not deterministic: its complete trials of this record differ");
    }
    return 0;
}

static int find_golden(
    const struct comparison *comparison, const struct vr_replayed *trial, struct verdict *verdict)
{
    const struct vr_replayed_list *list = &comparison->golden_trials;
    for (size_t i = 0; i < list->count && !verdict->row.verdict; i++) {
        const struct vr_replayed *item = &list->items[i];
        if (!item->is_sound || vr_replayed_other(item, trial))
            continue;
        int r = take_golden(comparison, item, trial, verdict);
        if (r < 0)
            return r;
    }
    if (!verdict->row.verdict && verdict->golden_digest[0] == '\0')
        say_lacking(list, trial, verdict);
    return 0;
}

static void compare_outputs(const struct vr_replayed *trial, struct verdict *verdict)
{
    struct vr_parity parity;
    struct vr_parity_row *row = &verdict->row;
    vr_parity_compare(
        verdict->outputs, verdict->count, verdict->golden, verdict->golden_count, &parity);
    vr_parity_say(&parity, verdict->why);
    row->verdict = parity.difference ? "different" : "equal";
    row->samples = trial->samples_consumed;
    row->golden_outputs = (int64_t)verdict->golden_count;
    row->outputs_agreeing = (int64_t)parity.agreeing;
    if (!parity.difference)
        return;
    row->difference = parity.difference;
    row->number = parity.number;
    row->stream = parity.stream;
    row->sample_index = parity.sample_index;
    row->value = parity.value;
    row->golden_value = parity.golden_value;
}

static int read_own(
    const struct comparison *comparison, const struct vr_replayed *trial, struct verdict *verdict)
{
    struct vr_err cause;
    int r = vr_replayed_outputs(
        comparison->store, trial, &verdict->outputs, &verdict->count, verdict->digest, &cause);
    if (r == -VR_ERR_INPUT) {
        memcpy(verdict->digest, trial->digest, sizeof verdict->digest);
        set_inconclusive(verdict, "of this run, %s", cause.text);
        return 0;
    }
    return r < 0 ? vr_err_set(comparison->err, -r, "%s", cause.text) : 0;
}

static int compare_trial(const struct comparison *comparison, const struct vr_replayed *trial)
{
    _cleanup_(verdict_finish) struct verdict verdict = {
        .row = {
            .record = trial->record,
            .repeat = trial->repeat,
            .number = VR_STORE_NONE,
            .stream = VR_STORE_NONE,
            .sample_index = VR_STORE_NONE,
            .value = VR_STORE_NONE,
            .golden_value = VR_STORE_NONE}};
    int r = read_own(comparison, trial, &verdict);
    if (r == 0 && !verdict.row.verdict)
        r = find_golden(comparison, trial, &verdict);
    if (r < 0)
        return r;
    verdict.row.outputs = (int64_t)verdict.count;
    if (!verdict.row.verdict)
        compare_outputs(trial, &verdict);
    verdict.row.why = verdict.why;
    verdict.row.output_digest = verdict.digest;
    verdict.row.golden_digest = verdict.golden_digest;
    return vr_store_parity_add(
        comparison->store, comparison->run_id, &verdict.row, comparison->err);
}

/* --- a run ------------------------------------------------------------------------------------ */

static int compare_all(const struct comparison *comparison, const char *golden_uid)
{
    struct vr_store *store = comparison->store;
    struct vr_err *err = comparison->err;
    int r = vr_store_begin(store, err);
    if (r < 0)
        return r;
    r = vr_store_run_env_set(store, comparison->run_id, VR_ENV_GOLDEN, golden_uid, err);
    if (r == 0)
        r = vr_store_parities_clear(store, comparison->run_id, err);
    for (size_t i = 0; r == 0 && i < comparison->trials.count; i++)
        if (comparison->trials.items[i].is_sound && vr_replayed_is_last(&comparison->trials, i))
            r = compare_trial(comparison, &comparison->trials.items[i]);
    if (r == 0) /* an earlier verdict knew nothing of this */
        r = vr_store_run_judge(store, comparison->run_id, "", "", -1, err);
    if (r == 0)
        r = vr_store_commit(store, err);
    if (r < 0)
        vr_store_rollback(store);
    return r;
}

int vr_golden_compare(
    struct vr_store *store, int64_t run_id, struct vr_store *golden, int64_t golden_run_id,
    struct vr_err *err)
{
    _cleanup_(comparison_finish) struct comparison comparison = {
        .store = store, .golden = golden, .run_id = run_id, .err = err};
    _cleanup_(identity_finish) struct identity own = {.err = err}, theirs = {.err = err};
    int r = vr_store_run_get(store, run_id, identity_copy, &own, err);
    if (r == 0)
        r = vr_store_run_get(golden, golden_run_id, identity_copy, &theirs, err);
    if (r == 0 && strcmp(own.uid, theirs.uid) == 0)
        r = vr_err_set(
            err, VR_ERR_USAGE, "run %s is its own golden run: name another one", own.uid);
    if (r == 0)
        r = vr_replayed_load(store, run_id, &comparison.trials, err);
    if (r == 0)
        r = vr_replayed_load(golden, golden_run_id, &comparison.golden_trials, err);
    return r < 0 ? r : compare_all(&comparison, theirs.uid);
}
