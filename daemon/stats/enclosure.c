/* Hulls and the extreme lines between two of them. */
#include "stats/enclosure.h"

#include <math.h>

/* Twice the area of the triangle: above 0 when it turns left. */
static double turn(const struct vr_point *a, const struct vr_point *b, const struct vr_point *c)
{
    return (b->x - a->x) * (c->y - a->y) - (b->y - a->y) * (c->x - a->x);
}

/* sign +1: from below, -1: from above. */
static size_t hull(struct vr_point *points, size_t count, double sign)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        struct vr_point point = points[i];
        if (used > 0 && points[used - 1].x == point.x) {
            if (sign * (point.y - points[used - 1].y) >= 0)
                continue;
            used--;
        }
        while (used >= 2 && sign * turn(&points[used - 2], &points[used - 1], &point) <= 0)
            used--;
        points[used++] = point;
    }
    return used;
}

size_t vr_hull_below(struct vr_point *points, size_t count)
{
    return hull(points, count, 1);
}

size_t vr_hull_above(struct vr_point *points, size_t count)
{
    return hull(points, count, -1);
}

static struct vr_line through(const struct vr_point *a, const struct vr_point *b)
{
    double slope = (b->y - a->y) / (b->x - a->x);
    return (struct vr_line){a->y - slope * a->x, slope};
}

struct vr_line vr_hull_line_at(const struct vr_point *corners, size_t count, double x)
{
    size_t k = 1;
    while (k + 1 < count && corners[k].x < x)
        k++;
    return through(&corners[k - 1], &corners[k]);
}

/* With this slope: half way between the ceilings that it may not cross and the floors; only rounding is between them. */
static struct vr_line touching(
    double slope, const struct vr_point *floors, size_t floor_count,
    const struct vr_point *ceilings, size_t ceiling_count)
{
    double low = -INFINITY, high = INFINITY;
    for (size_t i = 0; i < floor_count; i++)
        low = fmax(low, floors[i].y - slope * floors[i].x);
    for (size_t i = 0; i < ceiling_count; i++)
        high = fmin(high, ceilings[i].y - slope * ceilings[i].x);
    return (struct vr_line){(low + high) / 2, slope};
}

bool vr_enclosure_find(
    struct vr_point *floors, size_t floor_count, struct vr_point *ceilings, size_t ceiling_count,
    struct vr_enclosure *ret_enclosure)
{
    /* Only corners can be touched. */
    floor_count = vr_hull_above(floors, floor_count);
    ceiling_count = vr_hull_below(ceilings, ceiling_count);
    double steepest = INFINITY, flattest = -INFINITY;
    for (size_t i = 0; i < floor_count; i++)
        for (size_t k = 0; k < ceiling_count; k++) {
            const struct vr_point *floor = &floors[i], *ceiling = &ceilings[k];
            double slope = (ceiling->y - floor->y) / (ceiling->x - floor->x);
            if (ceiling->x > floor->x)
                steepest = fmin(steepest, slope);
            else if (ceiling->x < floor->x)
                flattest = fmax(flattest, slope);
            else if (ceiling->y < floor->y)
                return false;
        }
    if (!isfinite(steepest) || !isfinite(flattest) || flattest > steepest)
        return false;
    ret_enclosure->steepest = touching(steepest, floors, floor_count, ceilings, ceiling_count);
    ret_enclosure->flattest = touching(flattest, floors, floor_count, ceilings, ceiling_count);
    return true;
}

struct vr_line vr_enclosure_middle(const struct vr_enclosure *enclosure)
{
    return (struct vr_line){
        (enclosure->steepest.y0 + enclosure->flattest.y0) / 2,
        (enclosure->steepest.slope + enclosure->flattest.slope) / 2,
    };
}

double vr_enclosure_half(const struct vr_enclosure *enclosure, double x)
{
    return fabs(vr_line_at(&enclosure->steepest, x) - vr_line_at(&enclosure->flattest, x)) / 2;
}
