/* An online lower hull, cut into segments. */
#include "replay/hull.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"

/* A segment shorter than this at the end goes on at the rate of the one before: its own would be worse. */
#define RATE_S_MIN 20

void vr_hull_init(struct vr_hull *hull, double counts_per_s)
{
    *hull = (struct vr_hull){.counts_per_s = counts_per_s};
}

void vr_hull_finish(struct vr_hull *hull)
{
    free(hull->lines);
    *hull = (struct vr_hull){0};
}

/* Whether `b` lies on or above the line from `a` to `c`.  Numbers within a segment are exact in a double. */
static bool is_above(
    const struct vr_hull_corner *a, const struct vr_hull_corner *b, const struct vr_hull_corner *c)
{
    return (double)(b->ns - a->ns) * (double)(c->count - a->count) >=
           (double)(c->ns - a->ns) * (double)(b->count - a->count);
}

static double above_ns(const struct vr_hull_corner *corner, const struct vr_hull_line *line)
{
    double at_ns = line->start_ns + line->ns_per_count * (double)(corner->count - line->first);
    return (double)corner->ns - at_ns;
}

static void lay_line(const struct vr_hull *hull, struct vr_hull_line *line)
{
    const struct vr_hull_corner *corners = hull->corners;
    const struct vr_hull_line *before =
        hull->line_count > 0 ? &hull->lines[hull->line_count - 1] : NULL;
    double length_s = (double)(hull->last.count - corners[0].count) / hull->counts_per_s;
    size_t k = 1;
    while (k + 1 < hull->corner_count &&
           2 * (corners[k].count - corners[0].count) < hull->last.count - corners[0].count)
        k++;
    line->ns_per_count = hull->corner_count < 2 || (before && length_s < RATE_S_MIN)
                             ? before->ns_per_count
                             : (double)(corners[k].ns - corners[k - 1].ns) /
                                   (double)(corners[k].count - corners[k - 1].count);
    line->start_ns = (double)corners[0].ns;
    double lowest_ns = 0;
    for (size_t i = 0; i < hull->corner_count; i++)
        lowest_ns = fmin(lowest_ns, above_ns(&corners[i], line));
    line->start_ns += lowest_ns;
    for (size_t i = 0; i < hull->corner_count; i++)
        line->residual_max_ns = fmax(line->residual_max_ns, above_ns(&corners[i], line));
}

static int end_segment(struct vr_hull *hull)
{
    if (hull->corner_count == 0 || (hull->corner_count < 2 && hull->line_count == 0))
        return 0;
    if (hull->line_count == hull->capacity) {
        size_t capacity = hull->capacity ? 2 * hull->capacity : 16;
        void *lines = reallocarray(hull->lines, capacity, sizeof *hull->lines);
        if (!lines)
            return -VR_ERR_NO_MEMORY;
        hull->lines = lines;
        hull->capacity = capacity;
    }
    struct vr_hull_line line = {
        .first = hull->corners[0].count, .last = hull->last.count, .n = hull->n};
    lay_line(hull, &line);
    hull->lines[hull->line_count++] = line;
    return 0;
}

/* A hull without one of its corners lies above itself there, by the least where its neighbours' line is nearest. */
static void drop_corner(struct vr_hull *hull)
{
    struct vr_hull_corner *corners = hull->corners;
    size_t flattest = 1;
    double least_ns = INFINITY;
    for (size_t i = 1; i + 1 < hull->corner_count; i++) {
        double share = (double)(corners[i].count - corners[i - 1].count) /
                       (double)(corners[i + 1].count - corners[i - 1].count);
        double above_ns = share * (double)(corners[i + 1].ns - corners[i - 1].ns) -
                          (double)(corners[i].ns - corners[i - 1].ns);
        if (above_ns < least_ns) {
            least_ns = above_ns;
            flattest = i;
        }
    }
    for (size_t i = flattest; i + 1 < hull->corner_count; i++)
        corners[i] = corners[i + 1];
    hull->corner_count--;
}

int vr_hull_add(struct vr_hull *hull, int64_t count, int64_t ns)
{
    struct vr_hull_corner arrival = {count, ns};
    if (hull->corner_count > 0 && count <= hull->last.count)
        return 0;
    if (hull->corner_count > 0 &&
        (double)(count - hull->corners[0].count) > VR_HULL_SEGMENT_S * hull->counts_per_s) {
        int r = end_segment(hull);
        if (r < 0)
            return r;
        hull->corner_count = 0;
        hull->n = 0;
    }
    struct vr_hull_corner *corners = hull->corners;
    while (hull->corner_count >= 2 &&
           is_above(&corners[hull->corner_count - 2], &corners[hull->corner_count - 1], &arrival))
        hull->corner_count--;
    if (hull->corner_count == VR_HULL_CORNERS)
        drop_corner(hull);
    corners[hull->corner_count++] = arrival;
    hull->last = arrival;
    hull->n++;
    return 0;
}

int vr_hull_end(struct vr_hull *hull)
{
    int r = end_segment(hull);
    hull->corner_count = 0;
    hull->n = 0;
    return r;
}

double vr_hull_ns(const struct vr_hull_line *lines, size_t count, double at_count)
{
    if (count == 0)
        return NAN;
    size_t low = 0, high = count; /* the last line that begins at or before it */
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        *((double)lines[middle].first <= at_count ? &low : &high) = middle;
    }
    return lines[low].start_ns + lines[low].ns_per_count * (at_count - (double)lines[low].first);
}

double vr_hull_count(const struct vr_hull_line *lines, size_t count, double at_ns)
{
    if (count == 0)
        return NAN;
    size_t low = 0, high = count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        *(lines[middle].start_ns <= at_ns ? &low : &high) = middle;
    }
    return (double)lines[low].first + (at_ns - lines[low].start_ns) / lines[low].ns_per_count;
}
