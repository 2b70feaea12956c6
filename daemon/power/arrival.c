/* A queue of reads; those up to the last one on time are settled, and the rest is looked at when it has waited for long. */
#include "power/arrival.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"

/* Reads that come within it are one. */
#define JOIN_NS VR_NS_PER_MS

/* Without a read on time: when a step is looked for; how much of it is left out, because late ones from before the step may be in it;
 * when only the last reads are looked at, and which; when the host must have changed, whatever else, and what is not clear is
 * taken with bounds (less than VR_ARRIVAL_READS hold). */
#define WAIT_NS VR_NS_PER_S
#define SKIP_NS (125 * VR_NS_PER_MS)
#define DOUBT_NS (2 * VR_NS_PER_S)
#define WINDOW_NS (750 * VR_NS_PER_MS)
#define LATE_NS (4 * VR_NS_PER_S)

#define JUDGE_EVERY_NS (10 * VR_NS_PER_MS)
#define LONGEST_NS (100 * VR_NS_PER_S) /* of one loss */

/* The floor is the least delay of the blocks of so long, or of half the time that the rate is known from, up to the longer one: a busy
 * host may have no good read for half a second.  A rate is told from no less than its span; 200 ppm are the two quartzes and a host
 * whose clock is being slewed. */
#define BLOCK_NS 0.5e9
#define FLOOR_NS 2e9
#define FLOOR_LONG_NS 10e9
#define RATE_SPAN_NS 4e9
#define RATE_MAX 200e-6

/* On time = later than the floor by less than a quantum without this share of it.  These are shares of a quantum: the times stand for
 * one of 64 samples at 100 kHz, 640 us.  440 us: */
#define MARGIN 0.31

/* A step is a whole number of quanta when not much short of it (130 us) nor above it (190 us); as long as the rate is not known, and
 * 100 ppm are 100 to 200 us within the second or two since the floor, 250 and 290. */
#define FIT_LOW 0.2
#define FIT_HIGH 0.3
#define FIT_LOW_EARLY 0.4
#define FIT_HIGH_EARLY 0.45

/* So many reads must be so close (200 us) to the least delay. */
#define CLOSE 4
#define TIGHT 0.31

/* In the logarithm of the likelihood.  Delays that follow each other are alike, so these are far more than chance would need: on a busy
 * host each true loss of 64 samples gained 90 or more within a second, and what was none on a starved one 40 at most. */
#define GAIN 50       /* of a loss that is believed */
#define MUCH_WORSE 14 /* a place that is ruled out */

/* At the end of a stream: no loss is told from less. */
#define END_SPAN_NS (100 * VR_NS_PER_MS)
#define END_READS 30

/* -- floor -- */

static size_t block_slot(const struct vr_arrival *arrival, size_t i)
{
    return (arrival->block_first + i) % VR_ARRIVAL_BLOCKS;
}

static const struct vr_arrival_point *block_at(const struct vr_arrival *arrival, size_t i)
{
    return &arrival->blocks[block_slot(arrival, i)];
}

static double floor_span_ns(const struct vr_arrival *arrival)
{
    return fmax(FLOOR_NS, fmin(FLOOR_LONG_NS, arrival->rate_span_ns / 2));
}

static double floor_at(const struct vr_arrival *arrival, double at_ns)
{
    double least = INFINITY, oldest_ns = floor_span_ns(arrival);
    for (size_t i = arrival->block_count; i-- > 0;) {
        const struct vr_arrival_point *block = block_at(arrival, i);
        double age_ns = at_ns - block->at_ns;
        if (age_ns > oldest_ns && least < INFINITY)
            break;
        least = fmin(least, block->late_ns + arrival->rate * age_ns);
    }
    return least;
}

static double slope(const struct vr_arrival_point *from, const struct vr_arrival_point *to)
{
    return (to->late_ns - from->late_ns) / (to->at_ns - from->at_ns);
}

/* The edge of the blocks' lower hull over the middle of their time. */
static void track_rate(struct vr_arrival *arrival)
{
    const struct vr_arrival_point *hull[VR_ARRIVAL_BLOCKS];
    size_t count = 0;
    for (size_t i = 0; i < arrival->block_count; i++) {
        const struct vr_arrival_point *block = block_at(arrival, i);
        while (count >= 2 &&
               slope(hull[count - 2], hull[count - 1]) >= slope(hull[count - 1], block))
            count--;
        hull[count++] = block;
    }
    if (count < 2 || hull[count - 1]->at_ns - hull[0]->at_ns < RATE_SPAN_NS)
        return;
    arrival->rate_span_ns = hull[count - 1]->at_ns - hull[0]->at_ns;
    double middle_ns = (hull[0]->at_ns + hull[count - 1]->at_ns) / 2;
    size_t edge = 1;
    while (hull[edge]->at_ns < middle_ns)
        edge++;
    arrival->rate = fmax(-RATE_MAX, fmin(RATE_MAX, slope(hull[edge - 1], hull[edge])));
}

static void lower_floor(struct vr_arrival *arrival, struct vr_arrival_point point)
{
    struct vr_arrival_point *last =
        arrival->block_count > 0 ? &arrival->blocks[block_slot(arrival, arrival->block_count - 1)]
                                 : NULL;
    if (last && floor(last->at_ns / BLOCK_NS) == floor(point.at_ns / BLOCK_NS)) {
        if (point.late_ns - arrival->rate * (point.at_ns - last->at_ns) <= last->late_ns)
            *last = point;
        return;
    }
    track_rate(arrival);
    if (arrival->block_count == VR_ARRIVAL_BLOCKS) {
        arrival->block_first = (arrival->block_first + 1) % VR_ARRIVAL_BLOCKS;
        arrival->block_count--;
    }
    arrival->blocks[block_slot(arrival, arrival->block_count++)] = point;
}

/* -- delays that were seen -- */

#define FINE_NS \
    40000.0 /* width of a bin up to FINE_BINS of them, from there on each is a tenth wider */
#define FINE_BINS 32
#define WIDER 1.1
#define DELAYS_KEPT 30000

static size_t bin_of(double delay_ns)
{
    if (delay_ns < FINE_NS)
        return 0;
    if (delay_ns < FINE_NS * FINE_BINS)
        return (size_t)(delay_ns / FINE_NS);
    size_t bin = FINE_BINS + (size_t)(log(delay_ns / (FINE_NS * FINE_BINS)) / log(WIDER));
    return bin < VR_ARRIVAL_DELAYS ? bin : VR_ARRIVAL_DELAYS - 1;
}

static double bin_width_ns(size_t bin)
{
    if (bin < FINE_BINS)
        return FINE_NS;
    return FINE_NS * FINE_BINS * pow(WIDER, (double)(bin - FINE_BINS)) * (WIDER - 1);
}

static void remember_delay(struct vr_arrival *arrival, double delay_ns)
{
    arrival->delays[bin_of(delay_ns)]++;
    if (++arrival->delay_count < DELAYS_KEPT)
        return;
    arrival->delay_count = 0;
    for (size_t i = 0; i < VR_ARRIVAL_DELAYS; i++)
        arrival->delay_count += arrival->delays[i] /= 2;
}

/* Logarithm of how often a delay is seen, per ns; a delay below the floor is as good as impossible. */
static double likelihood(const struct vr_arrival *arrival, double delay_ns, double margin_ns)
{
    if (delay_ns < -margin_ns)
        return -50;
    size_t bin = bin_of(delay_ns);
    double seen = arrival->delays[bin] + 0.05;
    return log(seen / (arrival->delay_count + 1.0) / bin_width_ns(bin));
}

/* -- reads -- */

static size_t read_slot(const struct vr_arrival *arrival, size_t i)
{
    return (arrival->read_first + i) % VR_ARRIVAL_READS;
}

static const struct vr_arrival_read *read_at(const struct vr_arrival *arrival, size_t i)
{
    return &arrival->reads[read_slot(arrival, i)];
}

static struct vr_arrival_point point_of(
    const struct vr_arrival *arrival, const struct vr_arrival_read *read)
{
    double at_ns = (double)read->end * arrival->period_ns;
    return (struct vr_arrival_point){
        .at_ns = at_ns, .late_ns = (double)(read->arrival_ns - arrival->start_ns) - at_ns};
}

/* How much later than the floor. */
static double delay_ns(const struct vr_arrival *arrival, const struct vr_arrival_read *read)
{
    struct vr_arrival_point point = point_of(arrival, read);
    return arrival->block_count > 0 ? point.late_ns - floor_at(arrival, point.at_ns) : 0;
}

static bool is_on_time(const struct vr_arrival *arrival, const struct vr_arrival_read *read)
{
    return delay_ns(arrival, read) < (1 - MARGIN) * arrival->quantum_ns;
}

/* What came up to the last read on time is settled. */
static void settle_on_time(struct vr_arrival *arrival)
{
    for (size_t i = arrival->read_count; i > arrival->settled_count; i--)
        if (is_on_time(arrival, read_at(arrival, i - 1))) {
            arrival->settled_count = i;
            return;
        }
}

void vr_arrival_start(struct vr_arrival *arrival, double period_ns, int64_t quantum)
{
    *arrival = (struct vr_arrival){
        .period_ns = period_ns, .quantum = quantum, .quantum_ns = period_ns * (double)quantum};
}

/* Room is made by the oldest: the second behind it tells as much. */
static void drop_oldest(struct vr_arrival *arrival)
{
    arrival->read_first = (arrival->read_first + 1) % VR_ARRIVAL_READS;
    arrival->read_count--;
    arrival->settled_count -= arrival->settled_count > 0;
}

void vr_arrival_add(struct vr_arrival *arrival, int64_t end, int64_t arrival_ns)
{
    if (!arrival->has_begun)
        arrival->start_ns = arrival->last_ns = arrival_ns > 0 ? arrival_ns : 0;
    arrival->has_begun = true;
    if (arrival_ns > arrival->last_ns)
        arrival->last_ns = arrival_ns;

    struct vr_arrival_read read = {
        .end = end, .arrival_ns = arrival->last_ns, .begun_ns = arrival->last_ns};
    struct vr_arrival_read *last =
        arrival->read_count > arrival->settled_count
            ? &arrival->reads[read_slot(arrival, arrival->read_count - 1)]
            : NULL;
    if (last && read.arrival_ns - last->begun_ns < JOIN_NS) {
        /* The one that is less late tells more. */
        read.begun_ns = last->begun_ns;
        if (point_of(arrival, &read).late_ns <= point_of(arrival, last).late_ns)
            *last = read;
    } else {
        if (arrival->read_count == VR_ARRIVAL_READS)
            drop_oldest(arrival);
        arrival->reads[read_slot(arrival, arrival->read_count++)] = read;
    }
    if (is_on_time(arrival, read_at(arrival, arrival->read_count - 1)))
        arrival->settled_count = arrival->read_count;
}

void vr_arrival_end(struct vr_arrival *arrival)
{
    arrival->is_ended = true;
}

/* -- steps -- */

struct step {
    double least_ns;  /* the least delay */
    double spread_ns; /* from it to the fourth least */
    size_t read_count;
    int64_t whole; /* quanta in it, at most */
    bool fits, is_tight;
};

static struct step measure(const struct vr_arrival *arrival, int64_t from_ns)
{
    double least[CLOSE], quantum_ns = arrival->quantum_ns;
    struct step step = {0};
    for (size_t i = 0; i < CLOSE; i++)
        least[i] = INFINITY;
    for (size_t i = 0; i < arrival->read_count; i++) {
        const struct vr_arrival_read *read = read_at(arrival, i);
        if (read->arrival_ns < from_ns)
            continue;
        double delay = delay_ns(arrival, read);
        step.read_count++;
        for (size_t k = 0; k < CLOSE; k++)
            if (delay < least[k]) {
                double greater = least[k];
                least[k] = delay;
                delay = greater;
            }
    }
    step.least_ns = least[0];
    step.spread_ns = least[CLOSE - 1] - least[0];
    bool is_early = arrival->rate_span_ns == 0;
    step.whole = (int64_t)floor(least[0] / quantum_ns + (is_early ? FIT_LOW_EARLY : FIT_LOW));
    step.fits =
        least[0] / quantum_ns - (double)step.whole <= (is_early ? FIT_HIGH_EARLY : FIT_HIGH);
    step.is_tight = step.spread_ns <= TIGHT * quantum_ns;
    return step;
}

/* The read within or before which a loss of that time lies best, and the first and the last that are not much worse. */
struct place {
    size_t best, low, high;
    double gain; /* how much better the reads fit with the loss than without, in the logarithm */
};

static struct place locate(const struct vr_arrival *arrival, double loss_ns)
{
    double margin_ns = FIT_LOW * arrival->quantum_ns, score = 0, best = 0, all = 0;
    struct place place = {0};
    for (int pass = 0; pass < 2; pass++, all = score, score = 0)
        for (size_t i = 0; i < arrival->read_count; i++) {
            if (pass == 0 && score > best) {
                best = score;
                place.best = place.low = i;
            }
            if (pass == 1 && score >= best - MUCH_WORSE) {
                place.low = i < place.low ? i : place.low;
                place.high = i;
            }
            double delay = delay_ns(arrival, read_at(arrival, i));
            score += likelihood(arrival, delay, margin_ns) -
                     likelihood(arrival, delay - loss_ns, margin_ns);
        }
    place.gain = best - all;
    return place;
}

static int64_t end_before(const struct vr_arrival *arrival, size_t i)
{
    return i > 0 ? read_at(arrival, i - 1)->end : arrival->certain;
}

/* Where it lies, into *ret_loss, and the reads behind it with their new index; those that may be on either side are left out. */
static void put_loss(
    struct vr_arrival *arrival, struct place place, int64_t count, struct vr_arrival_loss *ret_loss)
{
    if (count > arrival->quantum) /* it may be several, one soon after the other */
        place.low = 0;
    int64_t from = end_before(arrival, place.best), to = read_at(arrival, place.best)->end - 1;
    ret_loss->first = from < to ? from + (to - from) / 2 : from;
    ret_loss->first_min = end_before(arrival, place.low);
    ret_loss->first_max = read_at(arrival, place.high)->end - 1;
    if (ret_loss->first_max < ret_loss->first)
        ret_loss->first_max = ret_loss->first;
    ret_loss->count = count;

    size_t kept = place.low;
    for (size_t i = place.high; i < arrival->read_count; i++) {
        struct vr_arrival_read read = *read_at(arrival, i);
        read.end += count;
        arrival->reads[read_slot(arrival, kept++)] = read;
    }
    arrival->read_count = kept;
    settle_on_time(arrival);
}

/* The host is slower than it was, or its clock has been moved: what came least late is the new floor. */
static void take_as_floor(struct vr_arrival *arrival)
{
    arrival->block_count = 0;
    arrival->settled_count = arrival->read_count;
}

static enum vr_arrival_event take_loss(
    struct vr_arrival *arrival, int64_t whole, bool is_clear, struct place place,
    struct vr_arrival_loss *ret_loss)
{
    int64_t longest = (int64_t)(LONGEST_NS / arrival->quantum_ns);
    int64_t taken = whole < longest ? whole : longest;
    ret_loss->count_min = (is_clear ? taken : taken - 1) * arrival->quantum;
    ret_loss->count_max = whole * arrival->quantum;
    put_loss(arrival, place, taken * arrival->quantum, ret_loss);
    if (whole > longest)
        take_as_floor(arrival);
    return VR_ARRIVAL_LOSS;
}

/* Perhaps something was lost since the last read on time, and no more reads will tell. */
static enum vr_arrival_event leave_open(
    struct vr_arrival *arrival, const struct step *step, struct vr_arrival_loss *ret_loss)
{
    int64_t end = read_at(arrival, arrival->read_count - 1)->end;
    *ret_loss = (struct vr_arrival_loss){
        .first = end,
        .first_min = arrival->certain,
        .first_max = end,
        .count_max = step->whole * arrival->quantum};
    take_as_floor(arrival);
    return VR_ARRIVAL_LOSS;
}

static int64_t judged_from_ns(const struct vr_arrival *arrival, int64_t waited_ns)
{
    if (waited_ns >= DOUBT_NS)
        return arrival->last_ns - WINDOW_NS;
    int64_t skip_ns = waited_ns < WAIT_NS ? waited_ns * SKIP_NS / WAIT_NS : SKIP_NS;
    return arrival->last_ns - waited_ns + skip_ns;
}

static enum vr_arrival_event judge(struct vr_arrival *arrival, struct vr_arrival_loss *ret_loss)
{
    if (arrival->read_count == 0)
        return VR_ARRIVAL_NONE;
    int64_t waited_ns = arrival->last_ns - read_at(arrival, 0)->begun_ns;
    if (!arrival->is_ended &&
        (waited_ns < WAIT_NS || arrival->last_ns - arrival->judged_ns < JUDGE_EVERY_NS))
        return VR_ARRIVAL_NONE;
    arrival->judged_ns = arrival->last_ns;

    struct step step = measure(arrival, judged_from_ns(arrival, waited_ns));
    if (arrival->is_ended && (waited_ns < END_SPAN_NS || step.read_count < END_READS))
        step.whole = 0;
    if (step.whole == 0) {
        if (arrival->is_ended || (step.is_tight && waited_ns >= LATE_NS))
            take_as_floor(arrival);
        return VR_ARRIVAL_NONE;
    }
    if (step.is_tight) {
        struct place place = locate(arrival, (double)step.whole * arrival->quantum_ns);
        bool is_clear = step.fits && place.gain >= GAIN;
        if (is_clear || waited_ns >= LATE_NS)
            return take_loss(arrival, step.whole, is_clear, place, ret_loss);
    }
    return arrival->is_ended ? leave_open(arrival, &step, ret_loss) : VR_ARRIVAL_NONE;
}

enum vr_arrival_event vr_arrival_next(
    struct vr_arrival *arrival, struct vr_arrival_read *ret_read, struct vr_arrival_loss *ret_loss)
{
    if (arrival->settled_count == 0) {
        enum vr_arrival_event event = judge(arrival, ret_loss);
        if (event != VR_ARRIVAL_NONE || arrival->settled_count == 0)
            return event;
    }
    *ret_read = *read_at(arrival, 0);
    struct vr_arrival_point point = point_of(arrival, ret_read);
    remember_delay(arrival, delay_ns(arrival, ret_read));
    lower_floor(arrival, point);
    arrival->certain = ret_read->end;
    drop_oldest(arrival);
    return VR_ARRIVAL_SETTLED;
}
