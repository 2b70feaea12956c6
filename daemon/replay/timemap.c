/* From pairs and exchanges to pieces of lines. */
#include "replay/timemap.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "replay/timemap_pairs.h"
#include "stats/enclosure.h"

#define PIECE_S 60      /* for coarse samples, which need many pairs */
#define PIECE_S_FINE 20 /* for samples of which one is a few us */
#define FINE_HZ 20000
#define PIECE_S_MIN 20 /* shorter ones join their neighbour: the rate would be worse */
#define PIECE_PAIRS_MIN 4
#define BEYOND_S 10   /* the first and the last line go on so far before and behind the marks */
#define WANDER 1e-6   /* a clock may leave its line by that part of the time to the next pair */
#define BEND 0.02e-6  /* and change its rate by so much in a second */
#define WIDENED_S 1   /* a clock that is farther off its line than that has none */
#define AGREED_MIN 12 /* pairs that agree, from which on they are believed */
#define AGREED_THIRD_MIN 3 /* of them in the first third of the time, and in the last */
#define AGREED_SHARE 0.5   /* of all pairs */
#define AGREED_MARGIN 5.0  /* samples, divided by their number */
#define AGREED_LATE 8.0    /* the same, for each that was late by little */

struct making {
    const struct vr_timemap_input *input;
    const struct vr_exchange *exchanges;
    size_t exchange_count;
    const struct vr_pair *pairs;
    size_t pair_count;
    struct vr_point *floors, *ceilings; /* scratch for all of them */
    struct vr_timemap *map;
    size_t capacity; /* of its rows */
};

/* Pairs [first, end), for ticks from x0 to x1. */
struct piece {
    size_t first, end;
    int64_t x0, x1;
};

/* What is known of a piece; x counts from x0 and y from y0, so that doubles are exact enough. */
struct fit {
    int64_t x0, x1;
    double y0;
    struct vr_line line;           /* the best guess */
    struct vr_enclosure enclosure; /* it and the truth are within */
    double widened;                /* samples, where no line fits: the clock wandered */
    double wander;                 /* a unit of x may add so much to the bound, behind the ends */
    double inside;                 /* and so much between two points */
    double residual_max;
    int64_t n;
};

static int add_row(struct making *making, const struct vr_power_clock_row *row, struct vr_err *err)
{
    struct vr_timemap *map = making->map;
    if (map->count == making->capacity) {
        size_t capacity = making->capacity ? 2 * making->capacity : 16;
        void *rows = reallocarray(map->rows, capacity, sizeof *map->rows);
        if (!rows)
            return vr_err_set(
                err, VR_ERR_NO_MEMORY, "no memory for %zu pieces of clocks", capacity);
        map->rows = rows;
        making->capacity = capacity;
    }
    map->rows[map->count++] = *row;
    return 0;
}

/* --- the device's clock ------------------------------------------------------------------------------ */

static size_t put_floors(struct making *making, const struct piece *piece, const struct fit *fit)
{
    size_t count = 0;
    for (size_t i = piece->first; i < piece->end; i++) {
        const struct vr_pair *pair = &making->pairs[i];
        making->floors[count++] = (struct vr_point){
            (double)(pair->ticks + 1 - fit->x0), pair->low - fit->y0 - fit->widened};
    }
    return count;
}

/* What the exchanges prove. */
static size_t put_proven(struct making *making, const struct piece *piece, const struct fit *fit)
{
    const struct vr_timemap_input *input = making->input;
    size_t count = 0;
    for (size_t i = piece->first; i < piece->end; i++) {
        const struct vr_pair *pair = &making->pairs[i];
        double late = (pair->late_ns + (double)input->read_ns) * input->rate_hz / 1e9;
        making->ceilings[count++] = (struct vr_point){
            (double)(pair->ticks - fit->x0), pair->high - fit->y0 + late + fit->widened};
    }
    return count;
}

/* What many pairs agree on: those whose ticks lie within a quantum, of a sample and a tick, and what reading takes, of the line that
 * rests on the floors.  0 = they are too few, or not on both ends of the piece.  That line is off the truth by about a quantum by
 * their number, and pairs that were late by a part of one are among them: as many as there are just behind.  `raised` 1: the ceilings
 * are higher by a margin for both; below 0: lower by so much of what reading takes. */
static size_t put_agreed(
    struct making *making, const struct piece *piece, const struct fit *fit, double raised)
{
    const struct vr_timemap_input *input = making->input;
    size_t corners = vr_hull_above(making->floors, put_floors(making, piece, fit));
    size_t count = 0, early = 0, tail = 0, behind = 0;
    double read = (double)input->read_ns * input->rate_hz / 1e9;
    if (corners < 2)
        return 0;
    double begin = making->floors[0].x, end = making->floors[corners - 1].x;
    struct vr_line line = vr_hull_line_at(making->floors, corners, (begin + end) / 2);
    double quantum = 1 + line.slope;
    for (size_t i = piece->first; i < piece->end; i++) {
        const struct vr_pair *pair = &making->pairs[i];
        struct vr_point point = {
            (double)(pair->ticks - fit->x0), pair->high - fit->y0 + read + fit->widened};
        double above = vr_line_at(&line, point.x) - point.y;
        behind += above > 0 && above <= quantum;
        if (above > 0)
            continue;
        making->ceilings[count++] = point;
        early += point.x < begin + (end - begin) / 3;
        tail += point.x > end - (end - begin) / 3;
    }
    double margin = quantum * (AGREED_MARGIN + AGREED_LATE * (double)behind) / (double)count;
    for (size_t i = 0; i < count; i++)
        making->ceilings[i].y += raised > 0 ? raised * margin : raised * read;
    bool is_sure = count >= AGREED_MIN &&
                   AGREED_SHARE * (double)(piece->end - piece->first) <= (double)count &&
                   early >= AGREED_THIRD_MIN && tail >= AGREED_THIRD_MIN;
    return is_sure ? count : 0;
}

/* The truth is not farther from the line at x, which is outside of the points or at their ends. */
static double off_at(const struct fit *fit, double x)
{
    double at = vr_line_at(&fit->line, x);
    return fmax(
        fabs(vr_line_at(&fit->enclosure.steepest, x) - at),
        fabs(vr_line_at(&fit->enclosure.flattest, x) - at));
}

static double off(const struct fit *fit)
{
    return fmax(off_at(fit, 0), off_at(fit, (double)(fit->x1 - fit->x0)));
}

static bool find(
    struct making *making, const struct piece *piece, const struct fit *fit, size_t ceilings,
    struct vr_enclosure *ret_enclosure)
{
    size_t floors = put_floors(making, piece, fit);
    return vr_enclosure_find(making->floors, floors, making->ceilings, ceilings, ret_enclosure);
}

/* The best guess takes the reading of the `count` that agree for as quick as it can have been. */
static bool guess(
    struct making *making, const struct piece *piece, const struct fit *fit, size_t count,
    struct vr_line *ret_line)
{
    for (double quick = 1; count > 0 && quick >= 0; quick -= 0.125) {
        struct vr_enclosure tight;
        put_agreed(making, piece, fit, -quick);
        if (!find(making, piece, fit, count, &tight))
            continue;
        *ret_line = vr_enclosure_middle(&tight);
        return ret_line->slope > 0;
    }
    return false;
}

/* Of what is proven and what is agreed on, the narrower.  The guess is the same: what an exchange took longer says how late ticks can
 * be, not that they are. */
static bool enclose(struct making *making, const struct piece *piece, struct fit *fit)
{
    struct fit agreed = *fit;
    if (!find(making, piece, fit, put_proven(making, piece, fit), &fit->enclosure))
        return false;
    fit->line = vr_enclosure_middle(&fit->enclosure);
    size_t count = put_agreed(making, piece, fit, 1);
    bool has_agreed = count > 0 && find(making, piece, fit, count, &agreed.enclosure);
    if (!guess(making, piece, fit, count, &agreed.line))
        return true;
    fit->line = agreed.line;
    if (has_agreed && off(&agreed) < off(fit))
        *fit = agreed;
    return true;
}

/* The line rests on the pairs that it passes by within its bound. */
static void measure_pairs(const struct making *making, const struct piece *piece, struct fit *fit)
{
    double bound = off(fit) + fit->widened;
    int64_t longest = 0;
    for (size_t i = piece->first; i < piece->end; i++) {
        const struct vr_pair *pair = &making->pairs[i];
        double at = vr_line_at(&fit->line, (double)(pair->ticks - fit->x0)) + fit->y0;
        if (i + 1 < piece->end && pair[1].ticks - pair->ticks > longest)
            longest = pair[1].ticks - pair->ticks;
        if (at < pair->low - bound || at > pair->high + bound)
            continue;
        fit->residual_max = fmax(fit->residual_max, fabs(at - (pair->low + pair->high) / 2));
        fit->n++;
    }
    fit->wander = WANDER * fit->line.slope;
    double length_s = (double)(fit->x1 - fit->x0) / (double)making->input->ticks_hz;
    fit->inside =
        fit->wander * (double)longest / 2 + BEND * length_s * length_s / 8 * making->input->rate_hz;
}

/* False: two points of a line are not there. */
static bool fit_piece(struct making *making, const struct piece *piece, struct fit *fit)
{
    *fit = (struct fit){.x0 = piece->x0, .x1 = piece->x1, .y0 = making->pairs[piece->first].low};
    for (double widened = 0;
         widened<WIDENED_S * making->input->rate_hz; widened = widened> 0 ? 2 * widened : 0.25) {
        fit->widened = widened;
        if (enclose(making, piece, fit) && fit->line.slope > 0) {
            measure_pairs(making, piece, fit);
            return fit->n > 0;
        }
    }
    return false;
}

/* The next piece from `first` on: up to 60 s of ticks, longer where there are too few pairs. */
static size_t piece_end(const struct making *making, size_t first)
{
    const struct vr_pair *pairs = making->pairs;
    int64_t seconds = making->input->rate_hz > FINE_HZ ? PIECE_S_FINE : PIECE_S;
    int64_t most = seconds * making->input->ticks_hz, least = PIECE_S_MIN * making->input->ticks_hz;
    size_t count = making->pair_count, end = first + 1;
    while (end < count &&
           (end - first < PIECE_PAIRS_MIN || pairs[end - 1].ticks - pairs[first].ticks < least ||
            pairs[end].ticks - pairs[first].ticks <= most))
        end++;
    /* what would be left over joins */
    if (count - end < PIECE_PAIRS_MIN || pairs[count - 1].ticks - pairs[end].ticks < least)
        return count;
    return end;
}

/* --- rows ----------------------------------------------------------------------------------------------- */

static struct vr_power_clock_row row_of(
    const struct fit *fit, const char *clock, const char *method, int64_t x0, int64_t x1)
{
    double half = fmax(off_at(fit, (double)(x0 - fit->x0)), off_at(fit, (double)(x1 - fit->x0)));
    double beyond = fmax((double)(fit->x0 - x0), (double)(x1 - fit->x1));
    return (struct vr_power_clock_row){
        .clock = clock,
        .method = method,
        .x0 = x0,
        .x1 = x1,
        .y0 = fit->y0 + vr_line_at(&fit->line, (double)(x0 - fit->x0)),
        .slope = fit->line.slope,
        .residual_max = fit->residual_max,
        .bound = half + fit->widened + fit->inside + fit->wander * fmax(beyond, 0),
        .n = fit->n,
    };
}

/* The piece's row, and before the first and behind the last one of what lies outside. */
static int add_fit(
    struct making *making, const struct fit *fit, const char *clock, const char *method,
    int64_t before, int64_t behind, struct vr_err *err)
{
    struct vr_power_clock_row row;
    int r = 0;
    if (before > 0) {
        row = row_of(fit, clock, method, fit->x0 - before, fit->x0);
        r = add_row(making, &row, err);
    }
    row = row_of(fit, clock, method, fit->x0, fit->x1);
    if (r == 0)
        r = add_row(making, &row, err);
    row = row_of(fit, clock, method, fit->x1, fit->x1 + behind);
    if (r == 0 && behind > 0)
        r = add_row(making, &row, err);
    return r;
}

static int add_device(struct making *making, struct vr_err *err)
{
    int64_t beyond = BEYOND_S * making->input->ticks_hz;
    for (size_t first = 0, end; first < making->pair_count; first = end) {
        end = piece_end(making, first);
        bool is_first = first == 0, is_last = end == making->pair_count;
        struct piece piece = {
            first, end, making->pairs[first].ticks, making->pairs[is_last ? end - 1 : end].ticks};
        struct fit fit;
        if (!fit_piece(making, &piece, &fit))
            continue;
        int r = add_fit(
            making, &fit, "device", "edges", is_first ? beyond : 0, is_last ? beyond : 0, err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* --- the host's clock ----------------------------------------------------------------------------------- */

static int point_compare(const void *a, const void *b)
{
    const struct vr_point *x = a, *y = b;
    return x->x < y->x ? -1 : x->x > y->x;
}

/* The device's row for these ticks, of `count`. */
static const struct vr_power_clock_row *row_at(
    const struct vr_power_clock_row *rows, size_t count, int64_t ticks)
{
    size_t k = 0;
    while (k + 1 < count && ticks > rows[k].x1)
        k++;
    return &rows[k];
}

/* What the exchanges [first, end) say, through the device's rows, the first `count` of the map. */
static bool fit_host(struct making *making, size_t first, size_t end, size_t count, struct fit *fit)
{
    const struct vr_power_clock_row *row = NULL;
    for (size_t i = first; i < end; i++) {
        const struct vr_exchange *exchange = &making->exchanges[i];
        row = row_at(making->map->rows, count, exchange->answered);
        if (i == first)
            fit->y0 = row->y0;
        double y0 = row->y0 - fit->y0;
        making->ceilings[i - first] = (struct vr_point){
            (double)(exchange->sent_ns - fit->x0),
            y0 + row->slope * (double)(exchange->received + 1 - row->x0) + row->bound};
        making->floors[i - first] = (struct vr_point){
            (double)(exchange->back_ns - fit->x0),
            y0 + row->slope * (double)(exchange->answered - row->x0) - row->bound};
    }
    qsort(making->ceilings, end - first, sizeof *making->ceilings, point_compare);
    qsort(making->floors, end - first, sizeof *making->floors, point_compare);
    if (!vr_enclosure_find(
            making->floors, end - first, making->ceilings, end - first, &fit->enclosure))
        return false;
    fit->line = vr_enclosure_middle(&fit->enclosure);
    if (fit->line.slope <= 0)
        return false;
    fit->n = (int64_t)(end - first);
    fit->wander = WANDER * row->slope * (double)making->input->ticks_hz / 1e9;
    fit->inside = fit->wander * (double)(fit->x1 - fit->x0) / (double)fit->n;
    fit->residual_max = off(fit);
    return true;
}

/* A piece for each of the device's, whose rows are the first `count` of the map: the first and the last one stand outside. */
static int add_round_trips(struct making *making, size_t count, struct vr_err *err)
{
    size_t first = 0;
    int64_t beyond = BEYOND_S * VR_NS_PER_S;
    for (size_t k = 1; k + 1 < count; k++) {
        size_t end = first;
        while (end < making->exchange_count &&
               (k + 2 == count || making->exchanges[end].answered <= making->map->rows[k].x1))
            end++;
        bool is_last = end == making->exchange_count;
        if (end - first < 2)
            continue;
        struct fit fit = {
            .x0 = making->exchanges[first].sent_ns,
            .x1 = is_last ? making->exchanges[end - 1].back_ns : making->exchanges[end].sent_ns};
        if (fit_host(making, first, end, count, &fit)) {
            int r = add_fit(
                making, &fit, "host", "round trips", first == 0 ? beyond : 0, is_last ? beyond : 0,
                err);
            if (r < 0)
                return r;
        }
        first = end;
    }
    return 0;
}

/* The line of arrivals is late by the smallest delay, which is between 0 and the round trip. */
static int add_arrivals(struct making *making, struct vr_err *err)
{
    const struct vr_timemap_input *input = making->input;
    double delay_ns = input->round_trip_ns > 0 ? (double)input->round_trip_ns / 2 : 0;
    for (size_t i = 0; i < input->arrival_count; i++) {
        const struct vr_hull_line *line = &input->arrivals[i];
        double last_ns = line->start_ns + line->ns_per_count * (double)(line->last - line->first);
        double next_ns = i + 1 < input->arrival_count ? line[1].start_ns : last_ns + BEYOND_S * 1e9;
        int64_t x0 = llrint(line->start_ns) - (i == 0 ? BEYOND_S * VR_NS_PER_S : 0);
        struct vr_power_clock_row row = {
            .clock = "host",
            .method = "arrivals",
            .x0 = x0,
            .x1 = llrint(next_ns),
            .y0 = (double)line->first + (input->is_integrating ? 1 : 0.5) +
                  ((double)x0 - line->start_ns + delay_ns) / line->ns_per_count,
            .slope = 1 / line->ns_per_count,
            .residual_max = line->residual_max_ns / line->ns_per_count,
            .n = line->n,
        };
        row.bound =
            input->round_trip_ns > 0 ? row.residual_max + delay_ns / line->ns_per_count : NAN;
        if (row.x1 <= row.x0 || row.slope <= 0)
            continue;
        int r = add_row(making, &row, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static bool has_reason(const struct vr_timemap_input *input, struct vr_timemap *map)
{
    const char *why = input->ticks_hz <= 0     ? "the device has no clock"
                      : input->mark_count == 0 ? "the device was not told to switch its sync line"
                      : input->edge_count == 0 ? "the meter saw no edge of the sync line; is it "
                                                 "wired to the input that the rig file names"
                      : input->arrival_count == 0 ? "the meter's samples have no times of arrival"
                                                  : "";
    snprintf(map->why, sizeof map->why, "%s", why);
    return why[0] != '\0';
}

static int map_device(struct making *making, struct vr_err *err)
{
    struct vr_timemap *map = making->map;
    map->pairs = making->pair_count;
    if (making->pair_count < 2) {
        snprintf(
            map->why, sizeof map->why,
            "%zu of %zu marks have their edge among the %zu that the meter saw, and a line needs 2",
            making->pair_count, making->input->mark_count, making->input->edge_count);
        return 0;
    }
    int r = add_device(making, err);
    if (r == 0 && map->count == 0)
        snprintf(
            map->why, sizeof map->why, "no clock fits the %zu marks that have an edge",
            making->pair_count);
    size_t device_count = map->count;
    if (r == 0)
        r = add_round_trips(making, device_count, err);
    return r;
}

static int make(struct making *making, struct vr_err *err)
{
    const struct vr_timemap_input *input = making->input;
    _cleanup_free_ struct vr_exchange *exchanges = NULL;
    _cleanup_free_ struct vr_pair *pairs = NULL;
    size_t points = input->mark_count + input->sync_count + 1;
    _cleanup_free_ struct vr_point *floors = calloc(points, sizeof *floors);
    _cleanup_free_ struct vr_point *ceilings = calloc(points, sizeof *ceilings);
    if (!floors || !ceilings)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu marks", points);
    int r = vr_timemap_exchanges(input, &exchanges, &making->exchange_count, err);
    if (r == 0)
        r = vr_timemap_pairs(
            input, exchanges, making->exchange_count, &pairs, &making->pair_count, err);
    making->exchanges = exchanges;
    making->pairs = pairs;
    making->floors = floors;
    making->ceilings = ceilings;
    return r == 0 ? map_device(making, err) : r;
}

static bool has_host(const struct vr_timemap *map)
{
    return map->count > 0 && strcmp(map->rows[map->count - 1].clock, "host") == 0;
}

int vr_timemap_make(
    const struct vr_timemap_input *input, struct vr_timemap *ret_map, struct vr_err *err)
{
    struct vr_timemap map = {0};
    struct making making = {.input = input, .map = &map};
    int r = has_reason(input, &map) ? 0 : make(&making, err);
    if (r == 0 && !has_host(&map))
        r = add_arrivals(&making, err);
    if (r < 0) {
        vr_timemap_finish(&map);
        return r;
    }
    *ret_map = map;
    return 0;
}

void vr_timemap_finish(struct vr_timemap *map)
{
    free(map->rows);
    *map = (struct vr_timemap){0};
}
