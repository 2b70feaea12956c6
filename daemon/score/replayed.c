/* Trials and the content of their records. */
#include "score/replayed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/outcome.h"

struct loading {
    struct vr_store *store;
    struct vr_replayed_list *list;
    struct vr_err *err;
};

static int no_memory(struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the trials of a run");
}

static int load_record(void *context, const struct vr_record_row *record)
{
    struct loading *loading = context;
    struct vr_replayed *item = &loading->list->items[loading->list->count - 1];
    item->record = strdup(record->name);
    item->sha256 = strdup(record->sha256);
    item->signal = strdup(record->signal);
    item->truth_sha256 = strdup(record->truth_sha256);
    item->rate_num = record->rate_num;
    item->rate_den = record->rate_den;
    item->sample_count = record->sample_count;
    item->window_start = record->window_start;
    return item->record && item->sha256 && item->signal && item->truth_sha256
               ? 0
               : no_memory(loading->err);
}

static int load_trial(void *context, const struct vr_trial_row *trial)
{
    struct loading *loading = context;
    struct vr_replayed_list *list = loading->list;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        void *items = reallocarray(list->items, capacity, sizeof *list->items);
        if (!items)
            return no_memory(loading->err);
        list->items = items;
        list->capacity = capacity;
    }
    struct vr_replayed *item = &list->items[list->count++];
    *item = (struct vr_replayed){
        .trial_id = trial->trial_id,
        .outcome = strdup(trial->outcome),
        .subject = strdup(trial->subject),
        .strata = strdup(trial->strata),
        .warmup_count = trial->warmup_count,
        .repeat = trial->repeat,
        .attempt = trial->attempt,
        .is_sound = vr_outcome_find(trial->outcome) == VR_OUTCOME_COMPLETE && trial->ledger_closed,
        .samples_consumed = trial->samples_consumed,
    };
    snprintf(item->digest, sizeof item->digest, "%s", trial->output_digest);
    if (!item->outcome || !item->subject || !item->strata)
        return no_memory(loading->err);
    return vr_store_record_get(
        loading->store, trial->record_id, load_record, loading, loading->err);
}

static int item_compare(const void *a, const void *b)
{
    const struct vr_replayed *x = a, *y = b;
    int order = strcmp(x->record, y->record);
    if (order)
        return order;
    if (x->repeat != y->repeat)
        return x->repeat < y->repeat ? -1 : 1;
    if (x->attempt != y->attempt)
        return x->attempt < y->attempt ? -1 : 1;
    return x->trial_id < y->trial_id ? -1 : x->trial_id > y->trial_id;
}

int vr_replayed_load(
    struct vr_store *store, int64_t run_id, struct vr_replayed_list *list, struct vr_err *err)
{
    struct loading loading = {store, list, err};
    int r = vr_store_trials(store, run_id, load_trial, &loading, err);
    if (r == 0 && list->count > 0)
        qsort(list->items, list->count, sizeof *list->items, item_compare);
    return r;
}

void vr_replayed_finish(struct vr_replayed_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].record);
        free(list->items[i].sha256);
        free(list->items[i].signal);
        free(list->items[i].outcome);
        free(list->items[i].truth_sha256);
        free(list->items[i].subject);
        free(list->items[i].strata);
    }
    free(list->items);
    *list = (struct vr_replayed_list){0};
}

bool vr_replayed_is_last(const struct vr_replayed_list *list, size_t place)
{
    const struct vr_replayed *item = &list->items[place];
    return place + 1 == list->count || item[1].repeat != item->repeat ||
           strcmp(item[1].record, item->record) != 0;
}

const char *vr_replayed_other(const struct vr_replayed *a, const struct vr_replayed *b)
{
    if (strcmp(a->sha256, b->sha256) != 0)
        return "files";
    if (strcmp(a->signal, b->signal) != 0)
        return "signals";
    if (a->window_start != b->window_start || a->sample_count != b->sample_count)
        return "window";
    return a->rate_num != b->rate_num || a->rate_den != b->rate_den ? "rate" : NULL;
}

const char *vr_replayed_other_case(const struct vr_replayed *a, const struct vr_replayed *b)
{
    const char *other = vr_replayed_other(a, b);
    if (other)
        return other;
    if (strcmp(a->truth_sha256, b->truth_sha256) != 0)
        return "truth";
    if (a->warmup_count != b->warmup_count)
        return "warm-up";
    return strcmp(a->strata, b->strata) != 0 ? "strata" : NULL;
}

int vr_replayed_outputs(
    struct vr_store *store, const struct vr_replayed *trial, struct vr_output_row **ret_rows,
    size_t *ret_count, char ret_digest[VR_OUTPUTS_DIGEST_SIZE], struct vr_err *err)
{
    struct vr_output_row *rows = NULL;
    size_t count = 0;
    int r = vr_store_outputs(store, trial->trial_id, &rows, &count, err);
    if (r < 0)
        return r;
    vr_outputs_digest(rows, count, ret_digest);
    if (trial->digest[0] != '\0' && strcmp(trial->digest, ret_digest) != 0) {
        free(rows);
        return vr_err_set(
            err, VR_ERR_INPUT,
            "its stored outputs of record %s were damaged or altered: their digest is %s, but the "
            "device said %s",
            trial->record, ret_digest, trial->digest);
    }
    *ret_rows = rows;
    *ret_count = count;
    return 0;
}
