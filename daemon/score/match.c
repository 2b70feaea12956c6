/* The pairing loop, as match.h draws it. */
#include "score/match.h"

/* Before the first beat and after the last stands one that is out of reach of all others. */
#define FAR (2 * VR_EVENT_TICK_MAX)
static const struct vr_beat before_first = {.sample_index = -FAR};
static const struct vr_beat after_last = {.sample_index = FAR};

/* One list and where the pointers are on it. */
struct side {
    const struct vr_annotator *annotator;
    size_t next; /* place of T' or t'; that of T or t is one less */
};

struct match {
    struct side reference, test;
    const struct vr_ec57_span *options;
    vr_match_fn *fn;
    void *context;
};

static const struct vr_beat *next(const struct side *side)
{
    return side->next < side->annotator->beat_count ? &side->annotator->beats[side->next]
                                                    : &after_last;
}

static const struct vr_beat *present(const struct side *side)
{
    const struct side before = {side->annotator, side->next - 1};
    return side->next == 0 ? &before_first : next(&before);
}

static int64_t next_index(const struct side *side)
{
    return next(side)->sample_index;
}

static int64_t present_index(const struct side *side)
{
    return present(side)->sample_index;
}

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

/* Does the later beat belong to the earlier one? */
static bool belong(const struct side *earlier, const struct side *later, int64_t window)
{
    int64_t gap = present_index(later) - present_index(earlier);
    int64_t rival = distance(present_index(later), next_index(earlier));
    int64_t others = distance(next_index(later), next_index(earlier));
    return gap <= window && (gap < rival || others < rival);
}

static void tell(
    struct match *match, const struct vr_beat *reference, const struct vr_beat *test,
    int reference_class, int test_class)
{
    struct vr_match_pair pair = {
        .reference = reference,
        .test = test,
        .reference_class = reference_class,
        .test_class = test_class,
        .reference_rr = present(&match->reference)->rr,
        .test_rr = present(&match->test)->rr,
    };
    match->fn(match->context, &pair);
}

static void pair(struct match *match)
{
    const struct vr_beat *reference = present(&match->reference), *test = present(&match->test);
    tell(match, reference, test, (int)reference->class, (int)test->class);
    match->reference.next++;
    match->test.next++;
}

static void leave_extra(struct match *match)
{
    const struct vr_beat *test = present(&match->test);
    int class = VR_BEAT_O;
    if (vr_spans_hold(&match->reference.annotator->vf, test->sample_index))
        class = VR_BEAT_STAR;
    else if (vr_spans_hold(&match->reference.annotator->shutdown, test->sample_index))
        class = VR_BEAT_X;
    tell(match, NULL, test, class, (int)test->class);
    match->test.next++;
}

static void leave_missed(struct match *match)
{
    const struct vr_beat *reference = present(&match->reference);
    bool shutdown = vr_spans_hold(&match->test.annotator->shutdown, reference->sample_index);
    tell(match, reference, NULL, (int)reference->class, shutdown ? VR_BEAT_X : VR_BEAT_O);
    match->reference.next++;
}

/* The first beat T of the reference is the first at or after start.  Its partner may lie just before
 * start; then the two count.  Else the test, too, begins at or after start, but not with a beat
 * within w of start that T can spare: its partner may lie before start, unseen.  Before tick 0 there
 * is nothing, so there nothing is excused. */
static void begin(struct match *match)
{
    int64_t start = match->options->start, window = match->options->window;
    struct side *reference = &match->reference, *test = &match->test;
    while (present_index(reference) < start)
        reference->next++;
    while (next_index(test) < start)
        test->next++;

    int64_t first = present_index(reference);
    int64_t gap = first - present_index(test);
    if (gap <= window && gap < distance(first, next_index(test))) {
        pair(match);
        return;
    }
    test->next++;
    if (start > 0 && present_index(test) - start <= window &&
        distance(first, next_index(test)) < distance(first, present_index(test)))
        test->next++;
}

void vr_match(
    const struct vr_annotator *reference, const struct vr_annotator *test,
    const struct vr_ec57_span *options, vr_match_fn *fn, void *context)
{
    struct match match = {{reference, 0}, {test, 0}, options, fn, context};
    begin(&match);
    for (;;) {
        int64_t reference_index = present_index(&match.reference);
        int64_t test_index = present_index(&match.test);
        if (reference_index > options->end && test_index > options->end)
            return;
        bool test_first = test_index < reference_index;
        struct side *earlier = test_first ? &match.test : &match.reference;
        struct side *later = test_first ? &match.reference : &match.test;
        if (belong(earlier, later, options->window))
            pair(&match);
        else if (test_first)
            leave_extra(&match);
        else
            leave_missed(&match);
    }
}
