/* Pairs of marks and edges, found by about when they must be; replay/timemap.h has the idea. */
#ifndef VR_REPLAY_TIMEMAP_PAIRS_H
#define VR_REPLAY_TIMEMAP_PAIRS_H

#include "replay/timemap.h"

/* A MARK or a SYNC: the device was asked and answered between two instants of the host. */
struct vr_exchange {
    int64_t sent_ns, back_ns;
    int64_t received, answered;     /* ticks since the first mark, unwrapped */
    const struct vr_mark_row *mark; /* NULL = a SYNC */
};

struct vr_pair {
    int64_t ticks;    /* since the first mark, unwrapped */
    double low, high; /* the edge was between, on the axis */
    double late_ns;   /* the ticks were read late by at most so much, and read_ns */
    bool is_wrong;    /* it has the wrong edge */
};

/* In ascending time; the caller frees both.  VR_ERR_NO_MEMORY. */
int vr_timemap_exchanges(
    const struct vr_timemap_input *input, struct vr_exchange **ret_exchanges, size_t *ret_count,
    struct vr_err *err);
/* In ascending ticks; needs arrivals and a clock of the device. */
int vr_timemap_pairs(
    const struct vr_timemap_input *input, const struct vr_exchange *exchanges,
    size_t exchange_count, struct vr_pair **ret_pairs, size_t *ret_count, struct vr_err *err);

#endif
