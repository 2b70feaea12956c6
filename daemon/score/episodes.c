/* Episodes: each side becomes a list of intervals; the overlap of one with all of the other is added up. */
#include "score/episodes.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/cleanup.h"

enum code {
#define X(number, name, mnemonic, class, text) CODE_##name = number,
#include "schema/annotations.def"
#undef X
};

struct interval {
    int64_t begin, end;
};

struct intervals {
    struct interval *items;
    size_t count;
};

/* --- intervals of one side -------------------------------------------------------------------- */

enum step { NOTHING, BEGIN, END };

typedef enum step step_fn(const struct vr_mark *mark);

static enum step af_step(const struct vr_mark *mark)
{
    if (mark->code != CODE_RHYTHM)
        return NOTHING;
    return vr_mark_is_rhythm(mark, "AFIB") ? BEGIN : END;
}

static enum step flutter_step(const struct vr_mark *mark)
{
    if (mark->code != CODE_RHYTHM)
        return NOTHING;
    return vr_mark_is_rhythm(mark, "AFL") ? BEGIN : END;
}

static enum step vf_step(const struct vr_mark *mark)
{
    return mark->code == CODE_VFON ? BEGIN : mark->code == CODE_VFOFF ? END : NOTHING;
}

/* `last` ends what has no end.  The caller frees the items. */
static int read_intervals(
    const struct vr_mark *marks, size_t count, step_fn *step_of, int64_t last,
    struct intervals *ret, struct vr_err *err)
{
    struct interval *items = calloc(count + 1, sizeof *items);
    if (!items)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu episodes", count);
    *ret = (struct intervals){.items = items};
    bool is_open = false;
    for (size_t i = 0; i < count; i++) {
        enum step step = step_of(&marks[i]);
        if (step == BEGIN && !is_open)
            items[ret->count].begin = marks[i].sample_index;
        if (step == END && is_open)
            items[ret->count++].end = marks[i].sample_index;
        is_open = step == BEGIN || (is_open && step == NOTHING);
    }
    if (is_open) {
        int64_t last_mark = marks[count - 1].sample_index;
        items[ret->count++].end = last_mark > last ? last_mark : last;
    }
    return 0;
}

static void intervals_finish(struct intervals *intervals)
{
    free(intervals->items);
}

static int64_t overlap(const struct interval *interval, const struct intervals *others)
{
    int64_t ticks = 0;
    for (size_t i = 0; i < others->count; i++) {
        const struct interval *other = &others->items[i];
        int64_t begin = other->begin > interval->begin ? other->begin : interval->begin;
        int64_t end = other->end < interval->end ? other->end : interval->end;
        ticks += end > begin ? end - begin : 0;
    }
    return ticks;
}

/* --- one pass --------------------------------------------------------------------------------- */

struct tally {
    int64_t hits, misses, ticks, overlap_ticks;
};

/* What is excluded of an episode. */
static int64_t excluded_ticks(
    const struct interval *episode, const struct intervals *excluded, enum vr_compat compat)
{
    int64_t ticks = overlap(episode, excluded);
    if (compat != VR_COMPAT_WFDB)
        return ticks;
    /* Quirk "episode_in_exclusion": the part of an episode that begins in an exclusion is added instead. */
    for (size_t i = 0; i < excluded->count; i++) {
        const struct interval *other = &excluded->items[i];
        if (other->begin <= episode->begin && other->end > episode->begin &&
            other->end < episode->end)
            ticks -= 2 * (other->end - episode->begin);
    }
    return ticks;
}

/* Is there nothing left of it? */
static bool is_excluded(const struct interval *episode, const struct intervals *excluded)
{
    int64_t length = episode->end - episode->begin;
    if (length > 0)
        return overlap(episode, excluded) == length;
    for (size_t i = 0; i < excluded->count; i++)
        if (excluded->items[i].begin <= episode->begin && episode->end <= excluded->items[i].end)
            return true;
    return false;
}

static void pass(
    const struct intervals *side, const struct intervals *other, const struct intervals *excluded,
    const struct vr_ec57_span *span, int64_t min_ticks, enum vr_compat compat, struct tally *tally)
{
    for (size_t i = 0; i < side->count; i++) {
        struct interval episode = side->items[i];
        if (episode.end < span->start)
            continue;
        if (episode.begin >= span->end)
            return;
        if (episode.begin < span->start)
            episode.begin = span->start;
        if (episode.end > span->end)
            episode.end = span->end;
        if (episode.end - episode.begin < min_ticks || is_excluded(&episode, excluded))
            continue;
        int64_t shared = overlap(&episode, other);
        *(shared > 0 ? &tally->hits : &tally->misses) += 1;
        tally->ticks += episode.end - episode.begin - excluded_ticks(&episode, excluded, compat);
        tally->overlap_ticks += shared;
    }
}

int vr_episodes_compare(
    struct vr_mark *reference, size_t reference_count, struct vr_mark *test, size_t test_count,
    const struct vr_episodes_options *options, struct vr_episodes_counts *ret_counts,
    struct vr_err *err)
{
    _cleanup_(intervals_finish) struct intervals truth = {0}, device = {0}, flutter = {0};
    static const struct intervals none = {0};
    const struct vr_ec57_options *ec57 = &options->ec57;
    int r = vr_marks_sort(reference, reference_count, err);
    if (r == 0)
        r = vr_marks_sort(test, test_count, err);
    if (r < 0)
        return r;

    struct vr_ec57_span span = vr_ec57_span(ec57, vr_marks_last(reference, reference_count));
    if (ec57->compat == VR_COMPAT_WFDB)
        span.end = ec57->sample_count; /* quirk "episodes_of_unknown_length": there are none */
    bool is_af = options->kind == VR_EPISODE_AF;
    step_fn *step_of = is_af ? af_step : vf_step;
    r = read_intervals(reference, reference_count, step_of, span.end, &truth, err);
    if (r == 0)
        r = read_intervals(test, test_count, step_of, span.end, &device, err);
    if (r == 0 && is_af && options->is_flutter_excluded)
        r = read_intervals(reference, reference_count, flutter_step, span.end, &flutter, err);
    if (r < 0)
        return r;

    int64_t min_ticks = vr_ec57_tick(ec57, options->min_length_s * 1000);
    struct tally sensitivity = {0}, predictivity = {0};
    pass(&truth, &device, &none, &span, min_ticks, ec57->compat, &sensitivity);
    pass(&device, &truth, &flutter, &span, min_ticks, ec57->compat, &predictivity);
    double tick_s = (double)ec57->rate_den / ec57->rate_num;
    *ret_counts = (struct vr_episodes_counts){
        .tps = sensitivity.hits,
        .fn = sensitivity.misses,
        .tpp = predictivity.hits,
        .fp = predictivity.misses,
        .reference_s = (double)sensitivity.ticks * tick_s,
        .reference_overlap_s = (double)sensitivity.overlap_ticks * tick_s,
        .test_s = (double)predictivity.ticks * tick_s,
        .test_overlap_s = (double)predictivity.overlap_ticks * tick_s,
        .compared_s = span.end > span.start ? (double)(span.end - span.start) * tick_s : 0,
    };
    return 0;
}

void vr_episodes_add(struct vr_episodes_counts *sum, const struct vr_episodes_counts *counts)
{
    sum->tps += counts->tps;
    sum->fn += counts->fn;
    sum->tpp += counts->tpp;
    sum->fp += counts->fp;
    sum->reference_s += counts->reference_s;
    sum->reference_overlap_s += counts->reference_overlap_s;
    sum->test_s += counts->test_s;
    sum->test_overlap_s += counts->test_overlap_s;
    sum->compared_s += counts->compared_s;
}
