/* Enclosing a rate between pairs of exchanges. */
#include "replay/clock_rate.h"

#include <math.h>

#include "base/ticks.h"

/* Pairs are compared two by two: of so many groups of neighbours the quickest exchange stands for its group.  Leaving some out widens
 * the enclosure, and never moves it off the truth. */
#define GROUPS_MAX 256

/* An exchange in seconds since the first, each on its own clock; `received` and `answered` by the device. */
struct exchange {
    double sent_s, back_s; /* host */
    double received_s,
        answered_s; /* device, at its nominal rate: the latest and the earliest that its ticks allow */
};

static double round_trip_s(const struct exchange *exchange)
{
    return exchange->back_s - exchange->sent_s;
}

/* Follows the device's clock over its wraps: it moved by about as much as the host's. */
struct unwrap {
    const struct vr_sync_row *last;
    int64_t ticks; /* since the first exchange */
};

static int64_t ticks_since_first(
    struct unwrap *unwrap, const struct vr_sync_row *sync, int64_t ticks_hz)
{
    if (unwrap->last) {
        double elapsed_s = (double)(sync->host_sent_ns - unwrap->last->host_sent_ns) / 1e9;
        int64_t expected = llrint(elapsed_s * (double)ticks_hz);
        uint32_t seen = sync->ticks_received - unwrap->last->ticks_received;
        unwrap->ticks += vr_ticks_near(seen, expected);
    }
    unwrap->last = sync;
    return unwrap->ticks;
}

/* An answer that took a quarter of the clock's range leaves open how often it wrapped. */
static bool is_usable(const struct vr_sync_row *sync, int64_t ticks_hz)
{
    int64_t round_trip_ns = sync->host_received_ns - sync->host_sent_ns;
    return round_trip_ns >= 0 && (double)round_trip_ns / 1e9 * (double)ticks_hz < (1u << 30);
}

static size_t collect(
    const struct vr_sync_row *syncs, size_t count, int64_t ticks_hz,
    struct exchange exchanges[GROUPS_MAX])
{
    struct unwrap unwrap = {0};
    size_t used = 0, group_of_last = 0;
    int64_t start_ns = count > 0 ? syncs[0].host_sent_ns : 0;
    for (size_t i = 0; i < count; i++) {
        const struct vr_sync_row *sync = &syncs[i];
        if (!is_usable(sync, ticks_hz))
            continue;
        int64_t ticks = ticks_since_first(&unwrap, sync, ticks_hz);
        uint32_t thinking = sync->ticks_sent - sync->ticks_received;
        struct exchange exchange = {
            .sent_s = (double)(sync->host_sent_ns - start_ns) / 1e9,
            .back_s = (double)(sync->host_received_ns - start_ns) / 1e9,
            .received_s = (double)(ticks + 1) / (double)ticks_hz,
            .answered_s = (double)(ticks + thinking) / (double)ticks_hz,
        };
        size_t group = count <= GROUPS_MAX ? i : i * GROUPS_MAX / count;
        if (used == 0 || group != group_of_last)
            exchanges[used++] = exchange;
        else if (round_trip_s(&exchange) < round_trip_s(&exchanges[used - 1]))
            exchanges[used - 1] = exchange;
        group_of_last = group;
    }
    return used;
}

/* Host seconds that pass in a second of the device's clock. */
struct range {
    double low, high;
};

static struct range between(const struct exchange *first, const struct exchange *second)
{
    struct range range = {0, INFINITY};
    double longest_s = second->answered_s - first->received_s;
    double shortest_s = second->received_s - first->answered_s;
    if (longest_s > 0)
        range.high = (second->back_s - first->sent_s) / longest_s;
    if (shortest_s > 0)
        range.low = (second->sent_s - first->back_s) / shortest_s;
    return range;
}

static bool is_bounded(struct range range)
{
    return range.low > 0 && range.low <= range.high && range.high < INFINITY;
}

bool vr_clock_rate_measure(
    const struct vr_sync_row *syncs, size_t count, int64_t ticks_hz, struct vr_clock_rate *ret_rate)
{
    struct exchange exchanges[GROUPS_MAX];
    struct range all = {0, INFINITY}, narrowest = {0, INFINITY};
    size_t used = ticks_hz > 0 ? collect(syncs, count, ticks_hz, exchanges) : 0;
    for (size_t j = 1; j < used; j++)
        for (size_t i = 0; i < j; i++) {
            struct range pair = between(&exchanges[i], &exchanges[j]);
            all.low = fmax(all.low, pair.low);
            all.high = fmin(all.high, pair.high);
            if (pair.high - pair.low < narrowest.high - narrowest.low)
                narrowest = pair;
        }
    struct range range = is_bounded(all) ? all : narrowest;
    if (!is_bounded(range))
        return false;
    double fastest_ppm = (1 / range.low - 1) * 1e6, slowest_ppm = (1 / range.high - 1) * 1e6;
    ret_rate->ppm = (fastest_ppm + slowest_ppm) / 2;
    ret_rate->ppm_err = (fastest_ppm - slowest_ppm) / 2;
    return true;
}
