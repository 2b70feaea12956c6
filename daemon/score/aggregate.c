/* From items to metrics. */
#include "score/aggregate.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "stats/interval.h"

#define SCOPE_SIZE 512

struct vr_measure vr_measure_plain(double value, int64_t n)
{
    return (struct vr_measure){value, NAN, NAN, n};
}

struct vr_measure vr_measure_share_pct(int64_t hits, int64_t n)
{
    if (n == 0)
        return vr_measure_plain(NAN, 0);
    struct vr_interval interval = vr_interval_wilson(hits, n);
    /* One division of whole numbers: the nearest double, so that 199 of 200 passes a gate of 99.5. */
    double value = 100.0 * (double)hits / (double)n;
    return (struct vr_measure){value, 100 * interval.low, 100 * interval.high, n};
}

struct vr_measure vr_measure_found_pct(int64_t hits, int64_t misses)
{
    return vr_measure_share_pct(hits, hits + misses);
}

void vr_item_free(const struct vr_measure_table *table, void *item)
{
    if (item && table->item_finish)
        table->item_finish(item);
    free(item);
}

/* --- entries ---------------------------------------------------------------------------------- */

static void entry_finish(const struct vr_measure_table *table, struct vr_by_record_entry *entry)
{
    vr_item_free(table, entry->item);
    free(entry->name);
    free(entry->subject);
    free(entry->strata);
}

static struct vr_by_record_entry *entry_new(
    struct vr_by_record *records, const char *name, const struct vr_trial_row *trial)
{
    if (records->count == records->capacity) {
        size_t capacity = records->capacity ? 2 * records->capacity : 16;
        void *entries = reallocarray(records->entries, capacity, sizeof *records->entries);
        if (!entries)
            return NULL;
        records->entries = entries;
        records->capacity = capacity;
    }
    struct vr_by_record_entry entry = {
        .name = strdup(name),
        .subject = strdup(trial->subject ? trial->subject : ""),
        .strata = strdup(trial->strata ? trial->strata : ""),
        .item = calloc(1, records->table->item_size),
    };
    if (!entry.name || !entry.subject || !entry.strata || !entry.item) {
        entry_finish(records->table, &entry);
        return NULL;
    }
    records->entries[records->count] = entry;
    return &records->entries[records->count++];
}

static struct vr_by_record_entry *entry_claim(
    struct vr_by_record *records, const char *name, const struct vr_trial_row *trial)
{
    for (size_t i = 0; i < records->count; i++)
        if (strcmp(records->entries[i].name, name) == 0)
            return &records->entries[i];
    return entry_new(records, name, trial);
}

static bool entry_refuse(const struct vr_measure_table *table, struct vr_by_record_entry *entry)
{
    void *empty = calloc(1, table->item_size);
    if (!empty)
        return false;
    vr_item_free(table, entry->item);
    entry->item = empty;
    entry->is_refused = true;
    return true;
}

int vr_by_record_add(
    struct vr_by_record *records, const char *name, const struct vr_trial_row *trial, void *item,
    struct vr_err *err)
{
    struct vr_by_record_entry *entry = entry_claim(records, name, trial);
    bool is_done = entry != NULL;
    if (entry) {
        entry->trial_count++;
        if (!item)
            is_done = entry_refuse(records->table, entry);
        else if (!entry->is_refused)
            is_done = records->table->add(entry->item, item);
    }
    vr_item_free(records->table, item);
    if (!is_done)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the scores of record %s", name);
    return 0;
}

void vr_by_record_finish(struct vr_by_record *records)
{
    for (size_t i = 0; i < records->count; i++)
        entry_finish(records->table, &records->entries[i]);
    free(records->entries);
    records->entries = NULL;
    records->count = records->capacity = 0;
}

bool vr_strata_hold(const char *strata, const char *stratum)
{
    size_t size = strlen(stratum);
    for (const char *at = strata; *at; at += strcspn(at, ";"), at += *at == ';')
        if (strncmp(at, stratum, size) == 0 && (at[size] == ';' || at[size] == '\0'))
            return true;
    return false;
}

/* --- metrics ---------------------------------------------------------------------------------- */

struct aggregate {
    const struct vr_by_record *records;
    const struct vr_measure_table *table;
    struct vr_metrics *metrics;
    struct vr_err *err;
};

static int add_scope(
    const struct aggregate *aggregate, const char *scope, const struct vr_measure *measures)
{
    const struct vr_measure_table *table = aggregate->table;
    for (size_t i = 0; table->names[i]; i++) {
        const struct vr_metric_row row = {
            .name = table->names[i],
            .scope = scope,
            .value = measures[i].value,
            .unit = table->units[i],
            .low = measures[i].low,
            .high = measures[i].high,
            .n = measures[i].n,
        };
        int r = vr_metrics_add(aggregate->metrics, &row, aggregate->err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int add_item(
    const struct aggregate *aggregate, const char *scope, void *item, bool is_repeated)
{
    struct vr_measure measures[VR_MEASURES_MAX];
    aggregate->table->measure(item, measures);
    for (size_t i = 0; is_repeated && aggregate->table->names[i]; i++)
        measures[i].low = measures[i].high = NAN;
    return add_scope(aggregate, scope, measures);
}

/* Which entries a sum is over. */
typedef bool entry_test(const struct vr_by_record_entry *entry, const char *word);

static bool is_any(const struct vr_by_record_entry *entry, const char *word)
{
    (void)entry;
    (void)word;
    return true;
}

static bool is_of_subject(const struct vr_by_record_entry *entry, const char *subject)
{
    return strcmp(entry->subject, subject) == 0;
}

static bool is_of_stratum(const struct vr_by_record_entry *entry, const char *stratum)
{
    return vr_strata_hold(entry->strata, stratum);
}

static int sum_up(
    const struct aggregate *aggregate, entry_test *test, const char *word, void **ret_item,
    bool *ret_is_repeated)
{
    const struct vr_measure_table *table = aggregate->table;
    void *sum = calloc(1, table->item_size);
    bool is_done = sum != NULL;
    *ret_is_repeated = false;
    for (size_t i = 0; is_done && i < aggregate->records->count; i++) {
        const struct vr_by_record_entry *entry = &aggregate->records->entries[i];
        if (!test(entry, word))
            continue;
        is_done = table->add(sum, entry->item);
        *ret_is_repeated = *ret_is_repeated || entry->trial_count > 1;
    }
    if (!is_done) {
        vr_item_free(table, sum);
        return vr_err_set(
            aggregate->err, VR_ERR_NO_MEMORY, "no memory for the scores of all records");
    }
    *ret_item = sum;
    return 0;
}

static int add_sum(
    const struct aggregate *aggregate, const char *scope, entry_test *test, const char *word)
{
    void *sum;
    bool is_repeated;
    int r = sum_up(aggregate, test, word, &sum, &is_repeated);
    if (r < 0)
        return r;
    r = add_item(aggregate, scope, sum, is_repeated);
    vr_item_free(aggregate->table, sum);
    return r;
}

struct mean {
    double sums[VR_MEASURES_MAX];
    int64_t counts[VR_MEASURES_MAX];
};

static void mean_add(struct mean *mean, const struct vr_measure_table *table, void *item)
{
    struct vr_measure measures[VR_MEASURES_MAX];
    table->measure(item, measures);
    for (size_t i = 0; table->names[i]; i++)
        if (!isnan(measures[i].value)) {
            mean->sums[i] += measures[i].value;
            mean->counts[i]++;
        }
}

static int add_mean(const struct aggregate *aggregate, const char *scope, const struct mean *mean)
{
    struct vr_measure measures[VR_MEASURES_MAX];
    for (size_t i = 0; aggregate->table->names[i]; i++) {
        double n = (double)mean->counts[i];
        measures[i] = vr_measure_plain(n > 0 ? mean->sums[i] / n : NAN, mean->counts[i]);
    }
    return add_scope(aggregate, scope, measures);
}

static int add_average(const struct aggregate *aggregate)
{
    struct mean mean = {0};
    for (size_t i = 0; i < aggregate->records->count; i++)
        mean_add(&mean, aggregate->table, aggregate->records->entries[i].item);
    return add_mean(aggregate, "average", &mean);
}

static int add_records(const struct aggregate *aggregate)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < aggregate->records->count; i++) {
        const struct vr_by_record_entry *entry = &aggregate->records->entries[i];
        r = add_item(aggregate, entry->name, entry->item, entry->trial_count > 1);
    }
    return r;
}

/* --- subjects and strata ---------------------------------------------------------------------- */

/* Distinct words, in the order in which they came. */
struct words {
    char **items;
    size_t count;
};

static void words_finish(struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        free(words->items[i]);
    free(words->items);
}

static bool words_add(struct words *words, const char *text, size_t size)
{
    for (size_t i = 0; i < words->count; i++)
        if (strncmp(words->items[i], text, size) == 0 && words->items[i][size] == '\0')
            return true;
    char **items = reallocarray(words->items, words->count + 1, sizeof *items);
    if (!items)
        return false;
    words->items = items;
    items[words->count] = strndup(text, size);
    return items[words->count++] != NULL;
}

static bool words_of_subjects(struct words *words, const struct vr_by_record *records)
{
    bool is_done = true;
    for (size_t i = 0; is_done && i < records->count; i++) {
        const char *subject = records->entries[i].subject;
        if (subject[0])
            is_done = words_add(words, subject, strlen(subject));
    }
    return is_done;
}

static bool words_of_strata(struct words *words, const struct vr_by_record *records)
{
    bool is_done = true;
    for (size_t i = 0; i < records->count; i++)
        for (const char *at = records->entries[i].strata; is_done && *at;) {
            size_t size = strcspn(at, ";");
            if (size > 0)
                is_done = words_add(words, at, size);
            at += size + (at[size] == ';');
        }
    return is_done;
}

static int add_parts(
    const struct aggregate *aggregate, const struct words *words, const char *prefix,
    entry_test *test)
{
    char scope[SCOPE_SIZE];
    int r = 0;
    for (size_t i = 0; r == 0 && i < words->count; i++) {
        snprintf(scope, sizeof scope, "%s%s", prefix, words->items[i]);
        r = add_sum(aggregate, scope, test, words->items[i]);
    }
    return r;
}

static int add_subject_average(const struct aggregate *aggregate, const struct words *subjects)
{
    struct mean mean = {0};
    for (size_t i = 0; i < subjects->count; i++) {
        void *sum;
        bool is_repeated;
        int r = sum_up(aggregate, is_of_subject, subjects->items[i], &sum, &is_repeated);
        if (r < 0)
            return r;
        mean_add(&mean, aggregate->table, sum);
        vr_item_free(aggregate->table, sum);
    }
    return add_mean(aggregate, "subject_average", &mean);
}

static int add_subjects_and_strata(const struct aggregate *aggregate)
{
    _cleanup_(words_finish) struct words subjects = {0};
    _cleanup_(words_finish) struct words strata = {0};
    if (!words_of_subjects(&subjects, aggregate->records) ||
        !words_of_strata(&strata, aggregate->records))
        return vr_err_set(
            aggregate->err, VR_ERR_NO_MEMORY, "no memory for the subjects of all records");
    int r = subjects.count > 0 ? add_subject_average(aggregate, &subjects) : 0;
    if (r == 0)
        r = add_parts(aggregate, &subjects, VR_SCOPE_SUBJECT, is_of_subject);
    if (r == 0)
        r = add_parts(aggregate, &strata, VR_SCOPE_STRATUM, is_of_stratum);
    return r;
}

static size_t metric_count(const struct vr_measure_table *table)
{
    size_t count = 0;
    while (table->names[count])
        count++;
    return count;
}

int vr_aggregate(const struct vr_by_record *records, struct vr_metrics *metrics, struct vr_err *err)
{
    const struct aggregate aggregate = {records, records->table, metrics, err};
    assert(metric_count(records->table) <= VR_MEASURES_MAX);
    if (records->count == 0)
        return 0;
    int r = add_sum(&aggregate, "gross", is_any, "");
    if (r == 0)
        r = add_average(&aggregate);
    if (r == 0)
        r = add_records(&aggregate);
    if (r == 0)
        r = add_subjects_and_strata(&aggregate);
    return r;
}
