/* Losses that no counter shows, found from the times at which samples arrived.
 *
 * A sample arrives when it was taken, plus a delay that is never shorter than some floor: arrival - index * period has a lower envelope.
 * When samples vanish uncounted, all later ones seem to come late by the time that they took, and the envelope steps up.  Delay
 * alone makes single reads late, never early, so:
 *
 * - A read that comes on time (less than a quantum, less a margin, above the floor) proves that nothing was lost before it.  What
 *   came until then is settled at once; this is what nearly always happens, even on a busy host.
 * - Where no read has come on time for a second, the least delay of that second tells how many quanta at most were lost.  It is
 *   believed when several reads come close to it, it is a whole number of quanta, and the reads fit far better with the loss than
 *   without.  Otherwise more reads are waited for: one on time settles that there was none.  What is settled late has a place as wide
 *   as the wait; what is not clear after four seconds has bounds, and what is not clear at the end is told as a loss of 0 with bounds.
 * - Where the loss lies is told by likelihood: how often each delay has been seen is known, so the place at which the reads fall
 *   best into "as ever" before and "as ever, and late by the loss" behind is taken, and all that are not much worse bound it.
 *
 * The floor is the least delay of the last two to ten seconds, carried on at the rate of the clocks, which is tracked by the lower hull of
 * the last half minute.  While no read is on time the floor moves by that rate only: it never leaks upwards.
 *
 * What this cannot tell: a host whose least delay rises for good, at once, by a whole number of quanta (to a third of a quantum).
 *
 * Idea and figures: reference on power instruments, 2.6 and 6.4; measured by tests/bench/ppk2_losses.c.  No input or output, bounded memory. */
#ifndef VR_POWER_ARRIVAL_H
#define VR_POWER_ARRIVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VR_ARRIVAL_READS 4096 /* that wait to be settled; reads within 1 ms are one */
#define VR_ARRIVAL_BLOCKS 64  /* of half a second, for the floor and its rate */
#define VR_ARRIVAL_DELAYS 128 /* bins of the delays that were seen */

/* The samples before `end` had come at that time. */
struct vr_arrival_read {
    int64_t end, arrival_ns;
    int64_t begun_ns; /* private: when the first of the reads that were joined came */
};

struct vr_arrival_loss {
    int64_t first;                /* index of the first lost sample */
    int64_t first_min, first_max; /* bounds of that */
    int64_t count;                /* a multiple of the quantum; 0 = perhaps nothing */
    int64_t count_min, count_max; /* bounds; the floor's own step at most */
};

enum vr_arrival_event {
    VR_ARRIVAL_NONE,
    VR_ARRIVAL_SETTLED, /* all samples before the end of this read have their index */
    VR_ARRIVAL_LOSS, /* samples are missing; those behind them have a higher index from now on, here too */
};

struct vr_arrival_point {
    double at_ns, late_ns; /* index * period, and how much later it arrived */
};

/* Private, but for its size. */
struct vr_arrival {
    double period_ns, quantum_ns;
    int64_t quantum; /* samples */
    bool has_begun, is_ended;
    int64_t start_ns, last_ns;

    struct vr_arrival_read reads[VR_ARRIVAL_READS];
    size_t read_first, read_count,
        settled_count; /* the first settled_count of them are to be told */
    int64_t certain;   /* all before this index is settled */
    int64_t judged_ns; /* when the reads were last looked at for a loss */

    struct vr_arrival_point blocks[VR_ARRIVAL_BLOCKS];
    size_t block_first, block_count;
    double rate;         /* ns of lateness per ns: the instrument's clock is slower by so much */
    double rate_span_ns; /* that it is known from */

    uint32_t delays[VR_ARRIVAL_DELAYS];
    uint32_t delay_count;
};

/* Losses come in multiples of `quantum` samples. */
void vr_arrival_start(struct vr_arrival *arrival, double period_ns, int64_t quantum);

/* `end` counts the losses that are known already.  Times and indexes do not run backwards: a time that does is taken as the one before. */
void vr_arrival_add(struct vr_arrival *arrival, int64_t end, int64_t arrival_ns);

/* No more reads: what is left is settled by what is there. */
void vr_arrival_end(struct vr_arrival *arrival);

/* What is new, until NONE: after each add, and after the end. */
enum vr_arrival_event vr_arrival_next(
    struct vr_arrival *arrival, struct vr_arrival_read *ret_read, struct vr_arrival_loss *ret_loss);

#endif
