/* When samples came: the clock of an instrument against that of the host, from times of arrival alone.
 *
 * A sample is there some time after it was taken, never before: delays only add, so that the earliest arrivals know the rate best.
 * They are the corners of the lower hull of (sample, arrival).  The line through the two corners on both sides of the middle lies
 * under all arrivals; of all such lines it minimises the sum of the distances, and stalls of the host, however long, do not move it
 * (S. B. Moon, P. Skelly, D. Towsley, INFOCOM 1999).  Clocks change their rate with the temperature, so every 60 s get a line of
 * their own.
 *
 * What stays unknown is the smallest delay: it cannot be seen in one direction.  The line is late by it. */
#ifndef VR_REPLAY_HULL_H
#define VR_REPLAY_HULL_H

#include <stddef.h>
#include <stdint.h>

#define VR_HULL_SEGMENT_S 60
#define VR_HULL_CORNERS \
    128 /* kept of a segment: a hull of 10,000 arrivals has about 20; beyond, the least of them is dropped */

/* Of the counts [first, last]: ns = start_ns + (count - first) * ns_per_count. */
struct vr_hull_line {
    int64_t first, last;
    double start_ns, ns_per_count;
    double residual_max_ns; /* of the corners, above the line */
    int64_t n;              /* arrivals */
};

struct vr_hull_corner {
    int64_t count, ns;
};

/* Zeroed and vr_hull_init: empty.  The memory grows by one line a minute. */
struct vr_hull {
    double counts_per_s; /* nominal */
    struct vr_hull_line *lines;
    size_t line_count, capacity;
    struct vr_hull_corner corners[VR_HULL_CORNERS]; /* of the segment at hand */
    size_t corner_count;
    struct vr_hull_corner last; /* arrival of the segment at hand */
    int64_t n;
};

void vr_hull_init(struct vr_hull *hull, double counts_per_s);
/* The instrument had counted to `count` by `ns`.  What does not go forward is left out.  VR_ERR_NO_MEMORY. */
int vr_hull_add(struct vr_hull *hull, int64_t count, int64_t ns);
/* No more arrivals: the last segment gets its line.  A hull of fewer than two arrivals has none.  VR_ERR_NO_MEMORY. */
int vr_hull_end(struct vr_hull *hull);
void vr_hull_finish(struct vr_hull *hull);

/* Along the lines, beyond the ends along the first and the last; NaN when there is none. */
double vr_hull_ns(const struct vr_hull_line *lines, size_t count, double at_count);
double vr_hull_count(const struct vr_hull_line *lines, size_t count, double at_ns);

#endif
