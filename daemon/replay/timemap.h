/* Where three clocks meet: the device's ticks and the host's time on the axis of a meter's samples.
 *
 * On the axis, the sample i stands for [i, i + 1).  An integrating meter has measured just that; one that takes instants has taken
 * sample i at i + 1/2.
 *
 * The host has the device switch a line (MARK) whose edges the meter sees in its own stream.  An edge is known to a sample: one that
 * an integrating meter sees first in sample i was in [i, i + 1], else in [i - 1/2, i + 1/2].  The device reads its ticks behind the
 * switch, at once or, when something came between, late by any time, never early.  Pairs are found by about when they must be, with
 * all marks agreeing on one offset, so that lost and foreign edges do no harm.  Then each pair says of the line from ticks to samples
 * where it cannot be:
 *
 *     floor     at its ticks, the line is not before the edge's sample: true for every pair
 *     ceiling   nor after its end, by more than the ticks may have been read late
 *
 * What the ticks may have been late by: what the exchange took longer than the quickest one.  Where twelve pairs or more, and half of
 * all, agree on one line to the sample, they were read at once (read_ns), and the ceilings of those close the enclosure (stats/enclosure.h).  Many pairs
 * tell the line better than one sample.  The published bound is half the enclosure's width at the worse end of a piece, and 1 ppm of
 * the longest way between two pairs for clocks that wander.  A piece has up to 60 s where marks allow it: clocks follow temperature.
 *
 * How sure the bound is.  Closed by what the exchanges took longer, it follows from the marks, if the quickest exchange read its ticks at once
 * and clocks wander no more than that.  Closed by pairs that agree, it is statistical: that many reads were all late by the same time is
 * unlikely, not impossible, and the margin for their number is chosen by trial (AGREED_* in timemap.c), not proven.
 *
 * The host's time is joined over the device: each exchange encloses an instant of the device between two of the host's ("round
 * trips").  Without the device there are only the times of arrival ("arrivals", replay/hull.h). */
#ifndef VR_REPLAY_TIMEMAP_H
#define VR_REPLAY_TIMEMAP_H

#include "replay/hull.h"
#include "store/power.h"

struct vr_timemap_input {
    const struct vr_power_edge *
        edges; /* in order, of the input that the marked line is wired to, as far as they are instants; others are an error of the caller */
    size_t edge_count;
    const struct vr_mark_row
        *marks; /* of that line, in order; ticks of the map count from the first */
    size_t mark_count;
    const struct vr_sync_row *syncs; /* in order; may be none */
    size_t sync_count;
    const struct vr_power_gap *gaps; /* edges next to them are not used */
    size_t gap_count;
    const struct vr_hull_line *arrivals; /* of the samples */
    size_t arrival_count;
    int64_t ticks_hz; /* 0 = the device has no clock */
    double rate_hz;   /* of the samples, nominal */
    bool is_integrating;
    int64_t
        read_ns; /* most that reading the ticks takes behind the switch, when nothing comes between */
    int64_t
        round_trip_ns; /* shortest one to the meter: bounds the smallest delay of its samples; 0 = not known */
};

struct vr_timemap {
    struct vr_power_clock_row *rows; /* "device" first, then "host"; each in ascending x */
    size_t count;
    size_t pairs;  /* of edges and marks that agree */
    char why[160]; /* there is no map of the device; "" = there is */
};

/* VR_ERR_NO_MEMORY.  The caller finishes the map. */
int vr_timemap_make(
    const struct vr_timemap_input *input, struct vr_timemap *ret_map, struct vr_err *err);
void vr_timemap_finish(struct vr_timemap *map);

#endif
