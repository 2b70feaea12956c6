/* Runs: each side becomes a list of steps; runs of one list are looked up in the other. */
#include "score/runs.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "score/event.h"

enum code {
#define X(number, name, mnemonic, class, text) CODE_##name = number,
#include "schema/annotations.def"
#undef X
};

#define SHUTDOWN_BITS 0x30 /* of the subtype of NOISE: both leads unreadable */
#define LONGEST (VR_RUN_LENGTHS - 1)

/* What matters to runs: a beat of class N S V F Q, U = the begin of a shutdown, [ ] = begin and end of ventricular flutter or fibrillation,
 * { } = of atrial. */
struct step {
    int64_t sample_index;
    char what;
};

struct steps {
    struct step *items;
    size_t count;
};

/* How the two kinds differ. */
struct kind {
    const char *beats;  /* those that make a run */
    const char *enders; /* what ends one: other beats, a shutdown */
    char begin, end;    /* of an episode, which is a run */
    char other_begin;   /* of the other kind's episode */
};

static const struct kind kinds[] = {
    [VR_RUN_VE] = {"VF", "NQUS", '[', ']', '{'},
    [VR_RUN_SVE] = {"S", "NQUVF", '{', '}', '['},
};

static bool is_one_of(char what, const char *set)
{
    return strchr(set, what) != NULL;
}

/* --- steps of one side ------------------------------------------------------------------------ */

struct reader {
    bool in_af, in_vf, in_shutdown;
};

static char begin_vf(struct reader *reader)
{
    bool is_news = !reader->in_vf;
    reader->in_vf = true;
    reader->in_af = false;
    return is_news ? '[' : '\0';
}

static char end_vf(struct reader *reader)
{
    bool is_news = reader->in_vf;
    reader->in_vf = false;
    return is_news ? ']' : '\0';
}

static char begin_af(struct reader *reader)
{
    bool is_news = !reader->in_af;
    reader->in_af = true;
    reader->in_vf = false;
    return is_news ? '{' : '\0';
}

static char end_rhythm(struct reader *reader)
{
    char what = reader->in_af ? '}' : reader->in_vf ? ']' : '\0';
    reader->in_af = reader->in_vf = false;
    return what;
}

static char change_quality(struct reader *reader, const struct vr_mark *mark)
{
    bool was_in_shutdown = reader->in_shutdown;
    reader->in_shutdown = (mark->subtype & SHUTDOWN_BITS) == SHUTDOWN_BITS;
    return reader->in_shutdown && !was_in_shutdown ? 'U' : '\0';
}

/* In atrial fibrillation normal beats are conducted from the atria: they are supraventricular. */
static char beat(const struct reader *reader, enum vr_beat_class class)
{
    static const char letters[] = {
        [VR_BEAT_N] = 'N',
        [VR_BEAT_S] = 'S',
        [VR_BEAT_V] = 'V',
        [VR_BEAT_F] = 'F',
        [VR_BEAT_Q] = 'Q'};
    if (class >= sizeof letters)
        return '\0';
    return class == VR_BEAT_N && reader->in_af ? 'S' : letters[class];
}

/* '\0' = nothing that matters. */
static char step_of(struct reader *reader, const struct vr_mark *mark)
{
    enum vr_beat_class class;
    if (vr_beat_class_of(mark->code, &class))
        return beat(reader, class);
    if (mark->code == CODE_NOISE)
        return change_quality(reader, mark);
    if (mark->code == CODE_VFON || vr_mark_is_rhythm(mark, "VF"))
        return begin_vf(reader);
    if (vr_mark_is_rhythm(mark, "AF"))
        return begin_af(reader);
    if (mark->code == CODE_RHYTHM)
        return end_rhythm(reader);
    return mark->code == CODE_VFOFF ? end_vf(reader) : '\0';
}

static struct steps read_steps(struct step *items, const struct vr_mark *marks, size_t count)
{
    struct steps steps = {.items = items};
    struct reader reader = {0};
    for (size_t i = 0; i < count; i++) {
        char what = step_of(&reader, &marks[i]);
        if (what)
            items[steps.count++] = (struct step){marks[i].sample_index, what};
    }
    return steps;
}

/* --- the longest run of the other side -------------------------------------------------------- */

/* Where a pass stands on the other side; it only moves forward. */
struct cursor {
    const struct kind *kind;
    const struct steps *steps;
    size_t next;
    int64_t episode_begin, episode_end; /* the last that was met; none = begins after its end */
};

/* Of the episode whose begin is next: move behind its end. */
static void pass_episode(struct cursor *cursor)
{
    const struct steps *steps = cursor->steps;
    cursor->episode_begin = steps->items[cursor->next++].sample_index;
    cursor->episode_end = INT64_MAX;
    for (; cursor->next < steps->count; cursor->next++) {
        const struct step *step = &steps->items[cursor->next];
        if (step->what == cursor->kind->end || step->what == cursor->kind->other_begin ||
            step->what == 'U') {
            cursor->episode_end = step->sample_index;
            return;
        }
    }
}

static int longest_run(struct cursor *cursor, int64_t from, int64_t to)
{
    const struct kind *kind = cursor->kind;
    const struct steps *steps = cursor->steps;
    int run = 0, longest = 0;

    if (cursor->episode_end > from)
        return LONGEST;
    while (cursor->next < steps->count && steps->items[cursor->next].sample_index < from) {
        if (steps->items[cursor->next].what != kind->begin) {
            cursor->next++;
            continue;
        }
        pass_episode(cursor);
        if (cursor->episode_end > from)
            return LONGEST;
    }
    for (; cursor->next < steps->count && steps->items[cursor->next].sample_index <= to;
         cursor->next++) {
        char what = steps->items[cursor->next].what;
        if (is_one_of(what, kind->beats)) {
            run = run < LONGEST ? run + 1 : run;
            longest = run > longest ? run : longest;
        } else if (is_one_of(what, kind->enders) || what == kind->other_begin) {
            run = 0;
        } else if (what == kind->begin) {
            pass_episode(cursor);
            return LONGEST;
        }
    }
    return longest;
}

/* --- one pass --------------------------------------------------------------------------------- */

/* The run that is open: its length so far, 0 = none, and where the other side is searched. */
struct run {
    int length;
    int64_t from, to;
};

static struct run run_at_start(
    const struct kind *kind, const struct steps *steps, const struct vr_ec57_span *span,
    size_t *ret_next)
{
    struct run run = {0};
    size_t i = 0;
    for (; i < steps->count && steps->items[i].sample_index < span->start; i++) {
        char what = steps->items[i].what;
        if (what == kind->begin)
            run.length = LONGEST;
        else if (what == ']' || what == '}')
            run.length = 0;
    }
    if (run.length > 0) {
        run.from = span->start - span->window;
        run.to = span->start + span->window;
    }
    *ret_next = i;
    return run;
}

static void extend(
    const struct kind *kind, const struct step *step, int64_t window, struct run *run)
{
    bool is_beat = is_one_of(step->what, kind->beats);
    if (run->length == 0 && (is_beat || step->what == kind->begin))
        run->from = step->sample_index - window;
    if (is_beat || (run->length > 0 && step->what == kind->end))
        run->to = step->sample_index + window;
    if (run->length == 0 && step->what == kind->begin)
        run->length = LONGEST;
    else if (is_beat && run->length < LONGEST)
        run->length++;
}

typedef int64_t lengths[VR_RUN_LENGTHS];

/* ret[length of the run][longest of the other side]. */
static void pass(
    const struct kind *kind, const struct steps *side, const struct steps *other,
    const struct vr_ec57_span *span, enum vr_compat compat, lengths *ret)
{
    struct cursor cursor = {
        .kind = kind,
        .steps = other,
        .episode_end = compat == VR_COMPAT_WFDB ? 0 : INT64_MIN,
    };
    size_t next;
    struct run run = run_at_start(kind, side, span, &next);
    for (; next < side->count; next++) {
        const struct step *step = &side->items[next];
        if (step->sample_index > span->end)
            return;
        if (run.length > 0 && is_one_of(step->what, kind->enders)) {
            ret[run.length][longest_run(&cursor, run.from, run.to)]++;
            run.length = 0;
        } else {
            extend(kind, step, span->window, &run);
        }
    }
    if (run.length > 0)
        ret[run.length][longest_run(&cursor, run.from, run.to)]++;
}

int vr_runs_compare(
    struct vr_mark *reference, size_t reference_count, struct vr_mark *test, size_t test_count,
    const struct vr_ec57_options *options, enum vr_run_kind kind, struct vr_runs_counts *ret_counts,
    struct vr_err *err)
{
    int r = vr_marks_sort(reference, reference_count, err);
    if (r == 0)
        r = vr_marks_sort(test, test_count, err);
    if (r < 0)
        return r;
    _cleanup_free_ struct step *reference_steps = calloc(reference_count + 1, sizeof(struct step));
    _cleanup_free_ struct step *test_steps = calloc(test_count + 1, sizeof(struct step));
    if (!reference_steps || !test_steps)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the runs of a record");

    struct steps truth = read_steps(reference_steps, reference, reference_count);
    struct steps device = read_steps(test_steps, test, test_count);
    struct vr_ec57_span span = vr_ec57_span(options, vr_marks_last(reference, reference_count));
    if (options->compat == VR_COMPAT_WFDB &&
        options->sample_count <= 0) /* "runs_of_unknown_length" */
        span.end = VR_EVENT_TICK_MAX;
    lengths by_test[VR_RUN_LENGTHS] = {{0}};
    *ret_counts = (struct vr_runs_counts){0};
    pass(&kinds[kind], &truth, &device, &span, options->compat, ret_counts->reference_runs);
    pass(&kinds[kind], &device, &truth, &span, options->compat, by_test);
    for (size_t t = 0; t < VR_RUN_LENGTHS; t++)
        for (size_t r2 = 0; r2 < VR_RUN_LENGTHS; r2++)
            ret_counts->test_runs[r2][t] = by_test[t][r2];
    return 0;
}

void vr_runs_add(struct vr_runs_counts *sum, const struct vr_runs_counts *counts)
{
    for (size_t r = 0; r < VR_RUN_LENGTHS; r++)
        for (size_t t = 0; t < VR_RUN_LENGTHS; t++) {
            sum->reference_runs[r][t] += counts->reference_runs[r][t];
            sum->test_runs[r][t] += counts->test_runs[r][t];
        }
}

/* --- classes ---------------------------------------------------------------------------------- */

/* Runs of shortest..longest beats, found when the other side has at least `shortest`. */
static struct vr_runs_class class_of(
    const struct vr_runs_counts *counts, size_t shortest, size_t longest)
{
    struct vr_runs_class sums = {0};
    for (size_t run = shortest; run <= longest; run++)
        for (size_t other = 0; other < VR_RUN_LENGTHS; other++) {
            int64_t of_reference = counts->reference_runs[run][other];
            int64_t of_test = counts->test_runs[other][run];
            *(other >= shortest ? &sums.tps : &sums.fn) += of_reference;
            *(other >= shortest ? &sums.tpp : &sums.fp) += of_test;
        }
    return sums;
}

struct vr_runs_sums vr_runs_sums(const struct vr_runs_counts *counts)
{
    return (struct vr_runs_sums){
        .couplets = class_of(counts, 2, 2),
        .short_runs = class_of(counts, 3, 5),
        .long_runs = class_of(counts, 6, 6),
    };
}
