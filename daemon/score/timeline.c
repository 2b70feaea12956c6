/* Labels in time, as timeline.h gives them. */
#include "score/timeline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

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

#define MILLIONTHS 1e6

void vr_timeline_finish(struct vr_timeline *timeline)
{
    free(timeline->spans);
    *timeline = (struct vr_timeline){0};
}

static int timeline_alloc(
    struct vr_timeline *timeline, size_t capacity, const struct vr_score_trial *trial,
    struct vr_err *err)
{
    timeline->count = 0;
    timeline->spans = calloc(capacity + 1, sizeof *timeline->spans);
    if (!timeline->spans)
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "no memory for the labels of %s", trial->record->name);
    return 0;
}

static void push(
    struct vr_timeline *timeline, int64_t begin, int label, double confidence, double score)
{
    timeline->spans[timeline->count] =
        (struct vr_span_label){begin, label, confidence, score, timeline->count};
    timeline->count++;
}

static int by_time(const void *a, const void *b)
{
    const struct vr_span_label *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

/* In ascending time, of each begin the last that was said. */
static void settle(struct vr_timeline *timeline)
{
    size_t kept = 0;
    qsort(timeline->spans, timeline->count, sizeof *timeline->spans, by_time);
    for (size_t i = 0; i < timeline->count; i++) {
        if (i + 1 < timeline->count && timeline->spans[i + 1].begin == timeline->spans[i].begin)
            continue;
        timeline->spans[kept++] = timeline->spans[i];
    }
    timeline->count = kept;
}

/* --- the truth -------------------------------------------------------------------------------- */

static const char *bare(const char *label)
{
    return label[0] == '(' ? label + 1 : label;
}

static bool is_label(const char *label, const char *name)
{
    return strcmp(bare(label), bare(name)) == 0;
}

static bool means(const struct vr_scenario_class *class, const char *label)
{
    if (class->truth_count == 0)
        return is_label(label, class->name);
    for (size_t i = 0; i < class->truth_count; i++)
        if (is_label(label, class->truths[i]))
            return true;
    return false;
}

int vr_label_of_classes(const struct vr_scenario_score *config, const char *label)
{
    for (size_t i = 0; i < config->class_count; i++)
        if (means(&config->classes[i], label))
            return (int)i;
    for (size_t i = 0; i < config->ignored_count; i++)
        if (is_label(label, config->ignored[i]))
            return VR_LABEL_NONE;
    return VR_LABEL_UNKNOWN;
}

int vr_label_positive(const struct vr_scenario_score *config)
{
    for (size_t i = 0; config->positive && i < config->class_count; i++)
        if (strcmp(config->classes[i].name, config->positive) == 0)
            return (int)i;
    return -1;
}

static uint8_t label_code(const struct vr_score_trial *trial)
{
    for (size_t i = 0; i < trial->truth_count; i++)
        if (trial->truth[i].code == CODE_RHYTHM && trial->truth[i].text && trial->truth[i].text[0])
            return CODE_RHYTHM;
    return CODE_NOTE;
}

static int unknown_label(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial,
    const struct vr_truth_row *row, struct vr_err *err)
{
    return vr_err_set(
        err, VR_ERR_INPUT,
        "record %s: its truth has the label \"%s\" at sample %lld, which no class of the task "
        "\"%s\" means: name it in \"classes\" or in \"ignore\"",
        trial->record->name, row->text, (long long)row->sample_index, config->task);
}

int vr_timeline_truth(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial,
    vr_label_fn *label_of, struct vr_timeline *ret_timeline, struct vr_err *err)
{
    _cleanup_(vr_timeline_finish) struct vr_timeline timeline = {0};
    uint8_t code = label_code(trial);
    bool is_scored = false;
    int r = timeline_alloc(&timeline, trial->truth_count, trial, err);
    for (size_t i = 0; r == 0 && i < trial->truth_count; i++) {
        const struct vr_truth_row *row = &trial->truth[i];
        if (row->code != code)
            continue;
        int label = row->text && row->text[0] ? label_of(config, row->text) : VR_LABEL_NONE;
        if (label == VR_LABEL_UNKNOWN)
            return unknown_label(config, trial, row, err);
        is_scored = is_scored || label >= 0;
        push(&timeline, row->sample_index, label, NAN, NAN);
    }
    if (r < 0)
        return r;
    if (!is_scored)
        return VR_SCORE_NONE;
    settle(&timeline);
    *ret_timeline = timeline;
    timeline = (struct vr_timeline){0};
    return 0;
}

/* --- the device ------------------------------------------------------------------------------- */

static int64_t begin_of(const struct vr_output_row *output, enum vr_timeline_by by)
{
    return by == VR_TIMELINE_BY_SAMPLE ? output->sample_index : output->at_index;
}

static int answer(const struct vr_output_row *output, size_t class_count)
{
    int32_t number = output->value_count > 0 ? output->values[0] : VR_LABEL_NONE;
    if (number == VR_LABEL_NONE)
        return VR_LABEL_NONE;
    return number >= 0 && (size_t)number < class_count ? (int)number : VR_LABEL_FOREIGN;
}

int vr_timeline_labels(
    const struct vr_score_trial *trial, size_t class_count, enum vr_timeline_by by,
    struct vr_timeline *ret_timeline, struct vr_err *err)
{
    int r = timeline_alloc(ret_timeline, trial->output_count, trial, err);
    for (size_t i = 0; r == 0 && i < trial->output_count; i++) {
        const struct vr_output_row *output = &trial->outputs[i];
        if (output->kind != OUTPUT_LABEL)
            continue;
        r = vr_score_check_stream(trial, output, err);
        double confidence = output->value_count > 1 && output->values[1] >= 0
                                ? output->values[1] / MILLIONTHS
                                : NAN;
        push(ret_timeline, begin_of(output, by), answer(output, class_count), confidence, NAN);
    }
    if (r == 0)
        settle(ret_timeline);
    return r;
}

/* One inference: its scores come in outputs of the same sample, of up to eight each. */
struct inference {
    int32_t scores[VR_TIMELINE_CLASSES_MAX];
    size_t count;
};

static int wrong_count(
    const struct vr_score_trial *trial, const struct vr_output_row *output, size_t count,
    size_t class_count, struct vr_err *err)
{
    return vr_err_set(
        err, VR_ERR_INPUT,
        "record %s: output %lld, of sample %lld, ends an inference of %s%zu scores, and the task "
        "has %zu classes",
        trial->record->name, (long long)output->number, (long long)output->sample_index,
        count > class_count ? "at least " : "", count, class_count);
}

/* Whether all of the output's values fit. */
static bool inference_add(
    struct inference *inference, const struct vr_output_row *output, size_t class_count)
{
    for (int i = 0; i < output->value_count; i++) {
        if (inference->count == class_count)
            return false;
        inference->scores[inference->count++] = output->values[i];
    }
    return true;
}

static void push_inference(
    struct vr_timeline *timeline, const struct inference *inference, int64_t begin, int positive)
{
    size_t best = 0;
    for (size_t i = 1; i < inference->count; i++)
        if (inference->scores[i] > inference->scores[best])
            best = i;
    double score = positive >= 0 ? inference->scores[positive] / MILLIONTHS : NAN;
    push(timeline, begin, (int)best, inference->scores[best] / MILLIONTHS, score);
}

int vr_timeline_scores(
    const struct vr_score_trial *trial, size_t class_count, int positive, enum vr_timeline_by by,
    struct vr_timeline *ret_timeline, struct vr_err *err)
{
    _cleanup_(vr_timeline_finish) struct vr_timeline timeline = {0};
    struct inference inference = {.count = 0};
    const struct vr_output_row *before = NULL; /* the last of the inference */
    int r = timeline_alloc(&timeline, trial->output_count, trial, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < trial->output_count; i++) {
        const struct vr_output_row *output = &trial->outputs[i];
        if (output->kind != OUTPUT_SCORES)
            continue;
        r = vr_score_check_stream(trial, output, err);
        if (r < 0)
            return r;
        if (inference.count > 0 && output->sample_index != before->sample_index)
            return wrong_count(trial, before, inference.count, class_count, err);
        before = output;
        if (!inference_add(&inference, output, class_count))
            return wrong_count(trial, output, class_count + 1, class_count, err);
        if (inference.count == class_count) {
            push_inference(&timeline, &inference, begin_of(output, by), positive);
            inference.count = 0;
        }
    }
    if (inference.count > 0)
        return wrong_count(trial, before, inference.count, class_count, err);
    settle(&timeline);
    *ret_timeline = timeline;
    timeline = (struct vr_timeline){0};
    return 0;
}

/* --- epochs ----------------------------------------------------------------------------------- */

/* The first span that begins after `at`. */
static size_t span_after(const struct vr_timeline *timeline, int64_t at)
{
    size_t low = 0, high = timeline->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (timeline->spans[middle].begin <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What holds for how long; one for each class, and two for FOREIGN and NONE. */
struct share {
    int64_t ticks, last; /* last: where it ends */
    double confidence;   /* times ticks; NaN when a part has none */
};

static size_t share_of(int label, size_t class_count)
{
    if (label >= 0 && (size_t)label < class_count)
        return (size_t)label;
    return label == VR_LABEL_FOREIGN ? class_count : class_count + 1;
}

static int label_of_share(size_t share, size_t class_count)
{
    if (share < class_count)
        return (int)share;
    return share == class_count ? VR_LABEL_FOREIGN : VR_LABEL_NONE;
}

struct vr_span_label vr_timeline_over(
    const struct vr_timeline *timeline, size_t class_count, int64_t begin, int64_t end)
{
    static const struct vr_span_label nothing = {0, VR_LABEL_NONE, NAN, NAN, 0};
    struct share shares[VR_TIMELINE_CLASSES_MAX + 2] = {0};
    double score = 0, score_ticks = 0;
    size_t next = span_after(timeline, begin), best = class_count + 1;
    for (int64_t at = begin; at < end; next++) {
        const struct vr_span_label *span = next > 0 ? &timeline->spans[next - 1] : &nothing;
        int64_t until = next < timeline->count && timeline->spans[next].begin < end
                            ? timeline->spans[next].begin
                            : end;
        struct share *share = &shares[share_of(span->label, class_count)];
        double ticks = (double)(until - at);
        share->ticks += until - at;
        share->last = until;
        share->confidence += span->confidence * ticks;
        if (!isnan(span->score)) {
            score += span->score * ticks;
            score_ticks += ticks;
        }
        at = until;
    }
    for (size_t i = 0; i < class_count + 2; i++)
        if (shares[i].ticks > shares[best].ticks ||
            (shares[i].ticks == shares[best].ticks && shares[i].last > shares[best].last))
            best = i;
    return (struct vr_span_label){
        .begin = begin,
        .label = label_of_share(best, class_count),
        .confidence = shares[best].confidence / (double)shares[best].ticks,
        .score = score_ticks > 0 ? score / score_ticks : NAN,
    };
}

int64_t vr_epoch_begin(const struct vr_epochs *epochs, int64_t index)
{
    return epochs->first + llround((double)index * epochs->length);
}

struct vr_epochs vr_epochs_of(
    const struct vr_timeline *truth, const struct vr_score_trial *trial, double epoch_s)
{
    size_t first = 0;
    while (truth->spans[first].label == VR_LABEL_NONE)
        first++;
    const struct vr_span_label *last = &truth->spans[truth->count - 1];
    struct vr_epochs epochs = {
        .first = truth->spans[first].begin,
        .length = epoch_s * trial->record->rate_num / trial->record->rate_den,
    };
    int64_t end = trial->record->sample_count;
    if (end <= 0)
        end = last->begin + (last->label == VR_LABEL_NONE ? 0 : llround(epochs.length));
    /* A hair more, so that an end which is a whole number of epochs but for its last bit counts. */
    epochs.count =
        end > epochs.first ? (int64_t)(((double)(end - epochs.first) + 1e-6) / epochs.length) : 0;
    return epochs;
}
