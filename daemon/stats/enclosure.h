/* Lines between points: all lines that pass on or above some points (floors) and on or below others (ceilings).
 *
 * Where each measurement tells only that the truth lies between two bounds, the truth is one of these lines.  At x, the lines between
 * the floors and ceilings on both sides of x take all values from that of one extreme line to that of the other: the one with the
 * largest slope and the one with the smallest (J. O'Rourke, Commun. ACM 24 (1981) 574-578).  The middle of the two is therefore the
 * best guess, and half their distance at the farther end a bound, not an estimate. */
#ifndef VR_STATS_ENCLOSURE_H
#define VR_STATS_ENCLOSURE_H

#include <stdbool.h>
#include <stddef.h>

struct vr_point {
    double x, y;
};

/* y = y0 + slope * x.  Pass x relative to something near: doubles hold 16 digits. */
struct vr_line {
    double y0, slope;
};

static inline double vr_line_at(const struct vr_line *line, double x)
{
    return line->y0 + line->slope * x;
}

/* The corners of the convex hull of points in ascending x, seen from below or from above, in place at the front of the array
 * (A. M. Andrew, Inf. Proc. Lett. 9 (1979) 216-219).  Returns how many they are. */
size_t vr_hull_below(struct vr_point *points, size_t count);
size_t vr_hull_above(struct vr_point *points, size_t count);

/* The line through the two corners of a hull on both sides of x: of all lines on its outer side it is the nearest to it at x.  At
 * least two corners, x between the first and the last. */
struct vr_line vr_hull_line_at(const struct vr_point *corners, size_t count, double x);

struct vr_enclosure {
    struct vr_line steepest, flattest;
};

/* Both in ascending x; their order is changed.  False: no line fits between them, or they leave its slope open to one side. */
bool vr_enclosure_find(
    struct vr_point *floors, size_t floor_count, struct vr_point *ceilings, size_t ceiling_count,
    struct vr_enclosure *ret_enclosure);

/* The middle of the enclosure. */
struct vr_line vr_enclosure_middle(const struct vr_enclosure *enclosure);
/* Half of its width at x, which is outside or at the ends of its points. */
double vr_enclosure_half(const struct vr_enclosure *enclosure, double x);

#endif
