/* From raw marks, exchanges and edges to pairs that agree. */
#include "replay/timemap_pairs.h"

#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/ticks.h"
#include "stats/quantile.h"

#define SEARCH_S 0.4       /* an edge is not farther from where arrivals put it */
#define CANDIDATES_MAX 256 /* of a mark: more edges than that near it are noise */
#define AGREE_S 0.002      /* marks agree on the offset to that, whatever the host was busy with */
#define SLOPE_REACH 64     /* marks so far apart tell the rate */
#define QUICKEST_MIN 24    /* exchanges that tell how quick one can be */
#define NEIGHBOURS 8       /* on either side */
#define JUDGED_MIN 12      /* fewer pairs do not tell which of them is wrong */

/* --- exchanges --------------------------------------------------------------------------------- */

static int exchange_compare(const void *a, const void *b)
{
    const struct vr_exchange *x = a, *y = b;
    return x->sent_ns < y->sent_ns ? -1 : x->sent_ns > y->sent_ns;
}

/* Each exchange by the one before it: the device's clock moved by about as much as the host's. */
static void unwrap(struct vr_exchange *exchanges, size_t count, uint32_t start, int64_t ticks_hz)
{
    const struct vr_exchange *last = NULL;
    for (size_t i = 0; i < count; i++) {
        struct vr_exchange *exchange = &exchanges[i];
        uint32_t received = (uint32_t)exchange->received, answered = (uint32_t)exchange->answered;
        double elapsed_s = last ? (double)(exchange->sent_ns - last->sent_ns) / 1e9 : 0;
        int64_t expected = (last ? last->received : 0) + llrint(elapsed_s * (double)ticks_hz);
        exchange->received = vr_ticks_near(received - start, expected);
        exchange->answered = exchange->received + (uint32_t)(answered - received);
        last = exchange;
    }
}

/* So that the first mark is 0. */
static void rebase(struct vr_exchange *exchanges, size_t count, const struct vr_mark_row *first)
{
    int64_t zero = 0;
    for (size_t i = 0; i < count; i++)
        if (exchanges[i].mark == first)
            zero = exchanges[i].received;
    for (size_t i = 0; i < count; i++) {
        exchanges[i].received -= zero;
        exchanges[i].answered -= zero;
    }
}

int vr_timemap_exchanges(
    const struct vr_timemap_input *input, struct vr_exchange **ret_exchanges, size_t *ret_count,
    struct vr_err *err)
{
    size_t capacity = input->mark_count + input->sync_count, count = 0;
    struct vr_exchange *exchanges = calloc(capacity + 1, sizeof *exchanges);
    if (!exchanges)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu exchanges", capacity);
    for (size_t i = 0; i < input->mark_count; i++) {
        const struct vr_mark_row *mark = &input->marks[i];
        exchanges[count++] = (struct vr_exchange){
            mark->host_sent_ns, mark->host_received_ns, mark->ticks, mark->ticks, mark};
    }
    for (size_t i = 0; i < input->sync_count; i++) {
        const struct vr_sync_row *sync = &input->syncs[i];
        exchanges[count++] = (struct vr_exchange){
            sync->host_sent_ns, sync->host_received_ns, sync->ticks_received, sync->ticks_sent,
            NULL};
    }
    qsort(exchanges, count, sizeof *exchanges, exchange_compare);
    unwrap(exchanges, count, input->mark_count > 0 ? input->marks[0].ticks : 0, input->ticks_hz);
    rebase(exchanges, count, input->marks);
    *ret_exchanges = exchanges;
    *ret_count = count;
    return 0;
}

/* The shortest time that a way there and back may take, without what the device took to answer: twice as far below the quickest exchange
 * as that one is below the third.  Few do not tell it. */
static double quickest_ns(const struct vr_exchange *exchanges, size_t count, int64_t ticks_hz)
{
    double quick[3] = {INFINITY, INFINITY, INFINITY}; /* ascending */
    for (size_t i = 0; i < count; i++) {
        double thinking_ns =
            (double)(exchanges[i].answered - exchanges[i].received) * 1e9 / (double)ticks_hz;
        double ns = (double)(exchanges[i].back_ns - exchanges[i].sent_ns) - thinking_ns;
        for (size_t k = 0; k < 3; k++)
            if (ns < quick[k]) {
                double next = quick[k];
                quick[k] = ns;
                ns = next;
            }
    }
    return count < QUICKEST_MIN ? 0 : fmax(quick[0] - 2 * (quick[2] - quick[0]), 0);
}

/* --- where the edges must be ------------------------------------------------------------------------ */

/* A mark with the sample at which its edge is expected, but for an offset that all have in common. */
struct expected {
    const struct vr_exchange *exchange;
    double sample;
};

struct candidate {
    double offset;
    size_t mark, edge;
};

/* An answer tells as an arrival does: the device had counted so far by then. */
static int expect(
    const struct vr_timemap_input *input, const struct vr_exchange *exchanges, size_t count,
    struct expected *expected, size_t *ret_count, struct vr_err *err)
{
    _cleanup_(vr_hull_finish) struct vr_hull hull;
    vr_hull_init(&hull, (double)input->ticks_hz);
    int r = 0;
    for (size_t i = 0; i < count && r == 0; i++)
        r = vr_hull_add(&hull, exchanges[i].answered, exchanges[i].back_ns);
    if (r == 0)
        r = vr_hull_end(&hull);
    if (r < 0)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the clock of the device");
    size_t used = 0;
    for (size_t i = 0; i < count && hull.line_count > 0; i++) {
        if (!exchanges[i].mark)
            continue;
        double host_ns = vr_hull_ns(hull.lines, hull.line_count, (double)exchanges[i].answered);
        expected[used++] = (struct expected){
            &exchanges[i], vr_hull_count(input->arrivals, input->arrival_count, host_ns)};
    }
    *ret_count = used;
    return 0;
}

/* The place of the first edge at or behind a sample. */
static size_t edge_from(const struct vr_timemap_input *input, double sample)
{
    size_t low = 0, high = input->edge_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if ((double)input->edges[middle].sample < sample)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Lost samples next to an edge may have hidden where it was. */
static bool is_beside_gap(const struct vr_timemap_input *input, const struct vr_power_edge *edge)
{
    for (size_t i = 0; i < input->gap_count; i++) {
        const struct vr_power_gap *gap = &input->gaps[i];
        if (edge->sample >= gap->first - gap->place_err - 1 &&
            edge->sample <= gap->first + gap->count + gap->place_err + 1)
            return true;
    }
    return false;
}

static int find_candidates(
    const struct vr_timemap_input *input, const struct expected *expected, size_t count,
    struct candidate **ret_candidates, size_t *ret_count, struct vr_err *err)
{
    struct candidate *candidates = NULL;
    size_t capacity = 0, used = 0;
    double reach = SEARCH_S * input->rate_hz;
    for (size_t i = 0; i < count; i++) {
        size_t edge = edge_from(input, expected[i].sample - reach);
        for (size_t k = 0; k < CANDIDATES_MAX && edge < input->edge_count; k++, edge++) {
            const struct vr_power_edge *at = &input->edges[edge];
            double offset = (double)at->sample - expected[i].sample;
            if (offset > reach)
                break;
            if (at->level != expected[i].exchange->mark->level || is_beside_gap(input, at))
                continue;
            if (used == capacity) {
                capacity = capacity ? 2 * capacity : 256;
                void *more = reallocarray(candidates, capacity, sizeof *candidates);
                if (!more) {
                    free(candidates);
                    return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory to pair marks and edges");
                }
                candidates = more;
            }
            candidates[used++] = (struct candidate){offset, i, edge};
        }
    }
    *ret_candidates = candidates;
    *ret_count = used;
    return 0;
}

static int candidate_compare(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* The offset that most marks agree on, of equals the smallest; `seen` is zeroed scratch, one for each mark. */
static double agreed_offset(
    struct candidate *candidates, size_t count, double width, unsigned *seen)
{
    size_t first = 0, marks = 0, most = 0;
    double agreed = NAN;
    qsort(candidates, count, sizeof *candidates, candidate_compare);
    for (size_t i = 0; i < count; i++) {
        marks += seen[candidates[i].mark]++ == 0;
        while (candidates[i].offset - candidates[first].offset > width)
            marks -= --seen[candidates[first++].mark] == 0;
        double middle = (candidates[i].offset + candidates[first].offset) / 2;
        if (marks > most || (marks == most && fabs(middle) < fabs(agreed))) {
            most = marks;
            agreed = middle;
        }
    }
    return agreed;
}

/* --- pairs -------------------------------------------------------------------------------------------- */

/* Each mark takes the edge nearest to its place, if it is near enough; no edge is taken twice, and none out of order. */
static size_t take_nearest(
    const struct vr_timemap_input *input, const struct expected *expected, size_t count,
    double offset, double reach, double quickest, struct vr_pair *pairs)
{
    size_t used = 0, free_edge = 0;
    for (size_t i = 0; i < count; i++) {
        const struct vr_exchange *exchange = expected[i].exchange;
        double place = expected[i].sample + offset, nearest = reach;
        size_t taken = input->edge_count, edge = edge_from(input, place - reach);
        edge = edge > free_edge ? edge : free_edge;
        for (; edge < input->edge_count; edge++) {
            double distance = (double)input->edges[edge].sample - place;
            if (distance > reach)
                break;
            if (fabs(distance) > nearest || input->edges[edge].level != exchange->mark->level ||
                is_beside_gap(input, &input->edges[edge]))
                continue;
            nearest = fabs(distance);
            taken = edge;
        }
        if (taken == input->edge_count)
            continue;
        free_edge = taken + 1;
        double sample = (double)input->edges[taken].sample, half = input->is_integrating ? 0 : 0.5;
        pairs[used++] = (struct vr_pair){
            .ticks = exchange->answered,
            .low = sample - half,
            .high = sample - half + 1,
            .late_ns = (double)(exchange->back_ns - exchange->sent_ns) - quickest,
        };
    }
    return used;
}

/* A quarter of the pairs around a pair are at most so many samples behind it, at this rate.  `numbers` is scratch. */
static double neighbours_behind(
    const struct vr_pair *pairs, size_t count, size_t at, double slope, double *numbers)
{
    size_t first = at > NEIGHBOURS ? at - NEIGHBOURS : 0;
    size_t end = at + NEIGHBOURS < count ? at + NEIGHBOURS + 1 : count;
    for (size_t k = first; k < end; k++)
        numbers[k - first] =
            slope * (double)(pairs[k].ticks - pairs[at].ticks) - (pairs[k].low - pairs[at].low);
    vr_quantile_sort(numbers, end - first);
    return vr_quantile(numbers, end - first, 0.25);
}

/* A pair that is late against its neighbours by more than a sample has the wrong edge, for ticks are never early; so has one that is
 * early by more than its ticks can have been read late.  `numbers` is scratch for `count` and those of neighbours_behind. */
static size_t drop_wrong_edges(struct vr_pair *pairs, size_t count, double rate_hz, double *numbers)
{
    size_t used = 0, kept = 0, far = count / 2 < SLOPE_REACH ? count / 2 : SLOPE_REACH;
    if (count < JUDGED_MIN)
        return count;
    for (size_t i = 0; i + far < count; i++) {
        double ticks = (double)(pairs[i + far].ticks - pairs[i].ticks);
        if (ticks > 0)
            numbers[used++] = (pairs[i + far].low - pairs[i].low) / ticks;
    }
    vr_quantile_sort(numbers, used);
    double slope = vr_quantile(numbers, used, 0.5);
    double quanta = 2 * (1 + slope); /* a sample and a tick, of either pair */
    for (size_t i = 0; i < count; i++) {
        double behind = neighbours_behind(pairs, count, i, slope, numbers);
        double late = pairs[i].late_ns * rate_hz / 1e9;
        pairs[i].is_wrong = behind > quanta || behind < -quanta - late;
    }
    for (size_t i = 0; i < count; i++)
        if (!pairs[i].is_wrong)
            pairs[kept++] = pairs[i];
    return kept;
}

int vr_timemap_pairs(
    const struct vr_timemap_input *input, const struct vr_exchange *exchanges,
    size_t exchange_count, struct vr_pair **ret_pairs, size_t *ret_count, struct vr_err *err)
{
    size_t mark_count = input->mark_count, expected_count = 0, candidate_count = 0;
    _cleanup_free_ struct expected *expected = calloc(mark_count + 1, sizeof *expected);
    _cleanup_free_ unsigned *seen = calloc(mark_count + 1, sizeof *seen);
    _cleanup_free_ double *numbers = calloc(mark_count + 2 * NEIGHBOURS + 1, sizeof *numbers);
    _cleanup_free_ struct candidate *candidates = NULL;
    _cleanup_free_ struct vr_pair *pairs = calloc(mark_count + 1, sizeof *pairs);
    if (!expected || !seen || !numbers || !pairs)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu marks", mark_count);
    int r = expect(input, exchanges, exchange_count, expected, &expected_count, err);
    if (r == 0)
        r = find_candidates(input, expected, expected_count, &candidates, &candidate_count, err);
    if (r < 0)
        return r;
    double reach = AGREE_S * input->rate_hz + 1.5;
    double offset = agreed_offset(candidates, candidate_count, 2 * reach, seen);
    size_t count = 0;
    if (candidate_count > 0)
        count = take_nearest(
            input, expected, expected_count, offset, reach,
            quickest_ns(exchanges, exchange_count, input->ticks_hz), pairs);
    *ret_count = drop_wrong_edges(pairs, count, input->rate_hz, numbers);
    *ret_pairs = pairs;
    pairs = NULL;
    return 0;
}
