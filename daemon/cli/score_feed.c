/* Items out of rows and annotations. */
#include "cli/score_feed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "score/delay.h"
#include "score/labels.h"
#include "score/rate.h"
#include "score/stages.h"

enum output_kind {
#define X(number, name, word, values) OUTPUT_##name = number,
#include "schema/outputs.def"
#undef X
};

enum code {
#define X(number, name, mnemonic, class, text) CODE_##name = number,
#include "schema/annotations.def"
#undef X
};

static bool is_task(const struct vr_scenario_score *config, const char *task)
{
    return strcmp(config->task, task) == 0;
}

static vr_label_fn *label_fn(const struct vr_scenario_score *config)
{
    return is_task(config, "stages") ? vr_stage_label : vr_label_of_classes;
}

static int out_of_memory(const char *record, struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the scores of record %s", record);
}

/* --- rows ------------------------------------------------------------------------------------- */

/* The class of a cell, VR_LABEL_NONE of an empty one. */
static int read_label(
    const struct vr_scenario_score *config, const struct vr_score_row *row, const char *text,
    int *ret_label, struct vr_err *err)
{
    *ret_label = text[0] ? label_fn(config)(config, text) : VR_LABEL_NONE;
    if (*ret_label != VR_LABEL_UNKNOWN)
        return 0;
    return vr_err_set(
        err, VR_ERR_INPUT,
        "%s:%lld: the label \"%s\" is none that a class means: name it with --class or --ignore",
        row->file, (long long)row->line, text);
}

static int read_labels(
    const struct vr_scenario_score *config, const struct vr_score_row *row, int *ret_reference,
    int *ret_test, struct vr_err *err)
{
    int r = read_label(config, row, row->reference, ret_reference, err);
    return r < 0 ? r : read_label(config, row, row->test, ret_test, err);
}

static int read_number(
    const struct vr_score_row *row, const char *text, double *ret_value, struct vr_err *err)
{
    char *end;
    *ret_value = strtod(text, &end);
    if (end != text && !*end && isfinite(*ret_value))
        return 0;
    return vr_err_set(
        err, VR_ERR_INPUT, "%s:%lld: \"%s\" is no number", row->file, (long long)row->line, text);
}

/* Empty, or a word for no number: nothing was measured. */
static bool is_absent(const char *text)
{
    return !text[0] || strcasecmp(text, "nan") == 0;
}

static int feed_rate(
    const struct vr_scenario_score *config, const struct vr_score_record *record, void *item,
    struct vr_err *err)
{
    struct vr_rate *rate = item;
    const char *subject = record->subject[0] ? record->subject : record->name;
    rate->measurement = config->measurement;
    rate->coverage_pct = config->coverage_pct;
    for (size_t i = 0; i < record->count; i++) {
        const struct vr_score_row *row = &record->rows[i];
        struct vr_rate_pair pair = {.confidence = row->confidence};
        if (is_absent(row->reference))
            continue;
        int r = read_number(row, row->reference, &pair.reference, err);
        if (r == 0 && is_absent(row->test)) {
            rate->missing++;
            continue;
        }
        if (r == 0)
            r = read_number(row, row->test, &pair.test, err);
        if (r < 0)
            return r;
        if (!vr_rate_add_pair(rate, subject, &pair))
            return out_of_memory(record->name, err);
    }
    return 0;
}

static int feed_labels(
    const struct vr_scenario_score *config, const struct vr_score_record *record, void *item,
    struct vr_err *err)
{
    struct vr_labels *labels = item;
    vr_labels_init(labels, config);
    for (size_t i = 0; i < record->count; i++) {
        const struct vr_score_row *row = &record->rows[i];
        struct vr_span_label answer = {.confidence = row->confidence, .score = row->score};
        int reference;
        int r = read_labels(config, row, &reference, &answer.label, err);
        if (r < 0)
            return r;
        if (reference >= 0 && !vr_labels_count(labels, (size_t)reference, &answer))
            return out_of_memory(record->name, err);
    }
    return 0;
}

static int feed_stages(
    const struct vr_scenario_score *config, const struct vr_score_record *record, void *item,
    struct vr_err *err)
{
    _cleanup_free_ int8_t *stages = malloc(2 * record->count + 1);
    size_t count = 0;
    if (!stages)
        return out_of_memory(record->name, err);
    int8_t *device = stages + record->count;
    for (size_t i = 0; i < record->count; i++) {
        int reference, test;
        int r = read_labels(config, &record->rows[i], &reference, &test, err);
        if (r < 0)
            return r;
        if (reference < 0)
            continue;
        stages[count] = (int8_t)reference;
        device[count++] = (int8_t)test;
    }
    if (!vr_stages_compare(item, config->stages, stages, device, count, config->epoch_s))
        return out_of_memory(record->name, err);
    return 0;
}

/* A tick is an epoch. */
static int feed_delay(
    const struct vr_scenario_score *config, const struct vr_score_record *record, void *item,
    struct vr_err *err)
{
    _cleanup_(vr_timeline_finish) struct vr_timeline truth = {0}, alarms = {0};
    truth.spans = calloc(record->count + 1, sizeof *truth.spans);
    alarms.spans = calloc(record->count + 1, sizeof *alarms.spans);
    if (!truth.spans || !alarms.spans)
        return out_of_memory(record->name, err);
    for (size_t i = 0; i < record->count; i++) {
        int reference, test;
        int r = read_labels(config, &record->rows[i], &reference, &test, err);
        if (r < 0)
            return r;
        truth.spans[truth.count++] = (struct vr_span_label){(int64_t)i, reference, NAN, NAN, i};
        alarms.spans[alarms.count++] = (struct vr_span_label){(int64_t)i, test, NAN, NAN, i};
    }
    const struct vr_delay_options options = {
        .positive = vr_label_positive(config),
        .from = llround(ceil(config->from_s / config->epoch_s)),
        .end = (int64_t)record->count,
        .min_length = llround(ceil(config->min_length_s / config->epoch_s - 1e-9)),
        .grace = llround(config->max_lag_s / config->epoch_s),
        .ticks_per_s = 1 / config->epoch_s,
    };
    return vr_delay_compare(item, &truth, &alarms, &options) ? 0 : out_of_memory(record->name, err);
}

int vr_score_feed_table(
    const struct vr_scenario_score *config, const struct vr_score_record *record,
    struct vr_by_record *records, struct vr_err *err)
{
    static const struct {
        const char *task;
        int (*feed)(
            const struct vr_scenario_score *config, const struct vr_score_record *record,
            void *item, struct vr_err *err);
    } feeds[] = {
        {"rate", feed_rate},
        {"labels", feed_labels},
        {"stages", feed_stages},
        {"delay", feed_delay}};
    const struct vr_trial_row trial = {.record = record->name, .subject = record->subject};
    void *item = calloc(1, records->table->item_size);
    int r = item ? 0 : out_of_memory(record->name, err);
    for (size_t i = 0; r == 0 && i < sizeof feeds / sizeof feeds[0]; i++)
        if (is_task(config, feeds[i].task))
            r = feeds[i].feed(config, record, item, err);
    if (r < 0) {
        vr_item_free(records->table, item);
        return r;
    }
    return vr_by_record_add(records, record->name, &trial, item, err);
}

/* --- annotations ------------------------------------------------------------------------------ */

static struct vr_truth_row *truth_of(const struct vr_annotations *list)
{
    struct vr_truth_row *rows = calloc(list->count + 1, sizeof *rows);
    for (size_t i = 0; rows && i < list->count; i++)
        rows[i] = (struct vr_truth_row){
            .sample_index = list->items[i].sample_index,
            .code = list->items[i].code,
            .subtype = list->items[i].subtype,
            .text = list->items[i].text,
        };
    return rows;
}

static int label_output(
    const struct vr_scenario_score *config, const struct vr_score_pair *pair,
    const struct vr_annotation *annotation, struct vr_output_row *output, struct vr_err *err)
{
    const char *text = annotation->text ? annotation->text : "";
    int label = text[0] ? label_fn(config)(config, text) : VR_LABEL_NONE;
    if (label == VR_LABEL_UNKNOWN)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "record %s: %s has the label \"%s\" at sample %lld, which no class means: name it with "
            "--class or --ignore",
            pair->record.name, pair->test_name, text, (long long)annotation->sample_index);
    output->kind = OUTPUT_LABEL;
    output->value_count = 2;
    output->values[0] = label;
    output->values[1] = -1;
    return 0;
}

static int measure_output(
    const struct vr_score_pair *pair, const struct vr_annotation *annotation,
    struct vr_output_row *output, struct vr_err *err)
{
    const char *text = annotation->text ? annotation->text : "";
    char *end;
    double value = strtod(text, &end) * 1000;
    if (end == text || *end || !(fabs(value) <= INT32_MAX))
        return vr_err_set(
            err, VR_ERR_INPUT, "record %s: the measurement of %s at sample %lld is \"%s\"",
            pair->record.name, pair->test_name, (long long)annotation->sample_index, text);
    output->kind = OUTPUT_MEASURE;
    output->value_count = 3;
    output->values[0] = annotation->subtype;
    output->values[1] = (int32_t)lround(value);
    output->values[2] = -1;
    return 0;
}

/* The code of its labels: NOTEs beside RHYTHMs are remarks, as in a truth. */
static uint8_t label_code(const struct vr_annotations *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].code == CODE_RHYTHM && list->items[i].text && list->items[i].text[0])
            return CODE_RHYTHM;
    return CODE_NOTE;
}

static int outputs_of(
    const struct vr_scenario_score *config, const struct vr_score_pair *pair,
    struct vr_output_row *outputs, size_t *ret_count, struct vr_err *err)
{
    bool is_rate = is_task(config, "rate");
    uint8_t wanted = is_rate ? CODE_MEASURE : label_code(&pair->test);
    size_t count = 0;
    for (size_t i = 0; i < pair->test.count; i++) {
        const struct vr_annotation *annotation = &pair->test.items[i];
        if (annotation->code != wanted || (is_rate && annotation->subtype != config->measurement))
            continue;
        struct vr_output_row *output = &outputs[count];
        output->number = (int64_t)count++;
        output->sample_index = output->at_index = annotation->sample_index;
        int r = is_rate ? measure_output(pair, annotation, output, err)
                        : label_output(config, pair, annotation, output, err);
        if (r < 0)
            return r;
    }
    *ret_count = count;
    return 0;
}

static int score_item(
    const struct vr_scenario_score *config, const struct vr_score_pair *pair, void *item,
    struct vr_err *err)
{
    _cleanup_free_ struct vr_truth_row *truth = truth_of(&pair->reference);
    _cleanup_free_ struct vr_output_row *outputs = calloc(pair->test.count + 1, sizeof *outputs);
    size_t output_count = 0;
    if (!truth || !outputs)
        return out_of_memory(pair->record.name, err);
    int r = outputs_of(config, pair, outputs, &output_count, err);
    if (r < 0)
        return r;
    const struct vr_record_row record = {
        .name = pair->record.name,
        .rate_num = pair->record.rate_num,
        .rate_den = pair->record.rate_den,
        .sample_count = pair->record.frame_count,
    };
    const struct vr_trial_row trial = {.record = pair->record.name};
    const struct vr_score_trial view = {
        .record = &record,
        .trial = &trial,
        .truth = truth,
        .truth_count = pair->reference.count,
        .outputs = outputs,
        .output_count = output_count,
    };
    return vr_scorer_find(config->task, NULL)->trial(config, &view, item, err);
}

int vr_score_feed_pair(
    const struct vr_scenario_score *config, const struct vr_score_pair *pair,
    struct vr_by_record *records, bool *ret_scored, struct vr_err *err)
{
    const struct vr_trial_row trial = {.record = pair->record.name};
    void *item = calloc(1, records->table->item_size);
    int r = item ? score_item(config, pair, item, err) : out_of_memory(pair->record.name, err);
    *ret_scored = r == 0;
    if (r != 0) {
        vr_item_free(records->table, item);
        return r < 0 ? r : 0;
    }
    return vr_by_record_add(records, pair->record.name, &trial, item, err);
}
