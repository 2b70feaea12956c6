/* Three clocks on one line: planted clocks lie within the bound, whatever the host and the device were busy with. */
#include "replay/timemap.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

#define MARKS_MAX 4000
#ifndef SEEDS
#define SEEDS 60
#endif

/* --- a world of known truth ------------------------------------------------------------------------------ */

struct world {
    const char *name;
    double rate_hz;
    bool is_integrating, only_falling;
    int64_t ticks_hz;
    double length_s, mark_period_s; /* 0 = pairs only at the start and the end */
    int pairs_at_ends;
    double late_share; /* of the marks whose ticks are read late, by up to 4 ms */
    double lost_share; /* of the edges, and of the marks, and of foreign pairs of edges */
    double jitter_s;   /* of each way on the line, and of samples */
    double wander_ppm; /* the meter's clock changes its rate by so much over the trial */
    /* drawn */
    double meter_ppm, device_ppm, start_s;
    uint32_t start_ticks;
    struct vr_rng rng;
};

static struct vr_mark_row marks[MARKS_MAX];
static struct vr_power_edge edges[4 * MARKS_MAX];
static struct vr_sync_row syncs[MARKS_MAX];
static struct vr_hull hull;
static size_t mark_count, edge_count, sync_count;

/* Seconds of the host to the axis. */
static double axis(const struct world *world, double t)
{
    double since = t - world->start_s;
    double bend = 1e-6 * world->wander_ppm * since * since / 2 / (world->length_s + 1);
    return world->rate_hz * ((since + 0.25) * (1 + world->meter_ppm / 1e6) + bend);
}

static double ticks_of(const struct world *world, double t)
{
    return (double)world->ticks_hz * (t - world->start_s) * (1 + world->device_ppm / 1e6);
}

static double waiting(struct world *world)
{
    double t = 60e-6 - world->jitter_s * log(1 - vr_rng_unit(&world->rng));
    if (vr_rng_unit(&world->rng) < 0.01)
        t -= 0.03 * log(1 - vr_rng_unit(&world->rng));
    return t;
}

static void make_arrivals(struct world *world)
{
    vr_hull_init(&hull, world->rate_hz);
    double had = 0;
    for (double t = world->start_s - 0.2; t < world->start_s + world->length_s + 0.3; t += 0.0023) {
        /* the sample was taken when the axis had passed it by a half, or by all of it */
        int64_t index = (int64_t)floor(axis(world, t) - (world->is_integrating ? 1 : 0.5));
        had = fmax(had, t + 300e-6 + waiting(world));
        if (index >= 0)
            vr_hull_add(&hull, index, llrint(had * 1e9));
    }
    vr_hull_end(&hull);
}

static void see_edge(struct world *world, double t, bool level)
{
    double y = axis(world, t);
    if ((level && world->only_falling) || vr_rng_unit(&world->rng) < world->lost_share)
        return;
    int64_t sample = (int64_t)(world->is_integrating ? floor(y) : ceil(y - 0.5));
    edges[edge_count++] = (struct vr_power_edge){.sample = sample, .level = level};
}

static double mark(struct world *world, double t, bool level)
{
    double switched = t + waiting(world);
    double reading = 0.3e-6 + 2e-6 * vr_rng_unit(&world->rng);
    if (vr_rng_unit(&world->rng) < world->late_share)
        reading += 0.004 * pow(vr_rng_unit(&world->rng), 3);
    double back = switched + reading + 10e-6 + waiting(world);
    see_edge(world, switched, level);
    if (vr_rng_unit(&world->rng) >= world->lost_share)
        marks[mark_count++] = (struct vr_mark_row){
            .line = 2,
            .level = level,
            .ticks = world->start_ticks +
                     (uint32_t)(uint64_t)(int64_t)floor(ticks_of(world, switched + reading)),
            .host_sent_ns = llrint(t * 1e9),
            .host_received_ns = llrint(back * 1e9),
        };
    return back;
}

static double mark_pair(struct world *world, double t)
{
    t = mark(world, t, true) + 0.001 + 0.002 * vr_rng_unit(&world->rng);
    t = mark(world, t, false) + 0.001 + 0.002 * vr_rng_unit(&world->rng);
    if (vr_rng_unit(&world->rng) < world->lost_share) {
        see_edge(world, t + 0.0001, true);
        see_edge(world, t + 0.0002, false);
        t += 0.0003;
    }
    return t;
}

static double sync_once(struct world *world, double t)
{
    double received = t + waiting(world), back = received + 15e-6 + waiting(world);
    syncs[sync_count++] = (struct vr_sync_row){
        .host_sent_ns = llrint(t * 1e9),
        .host_received_ns = llrint(back * 1e9),
        .ticks_received =
            world->start_ticks + (uint32_t)(uint64_t)(int64_t)floor(ticks_of(world, received)),
        .ticks_sent = world->start_ticks +
                      (uint32_t)(uint64_t)(int64_t)floor(ticks_of(world, received + 15e-6)),
    };
    return back;
}

static void make(struct world *world, uint64_t seed)
{
    vr_rng_init(&world->rng, seed);
    mark_count = edge_count = sync_count = 0;
    world->meter_ppm = 200 * vr_rng_unit(&world->rng) - 100;
    world->device_ppm = 200 * vr_rng_unit(&world->rng) - 100;
    world->start_s = 1000 + vr_rng_unit(&world->rng);
    world->start_ticks = (uint32_t)vr_rng_next(&world->rng);
    make_arrivals(world);
    double t = world->start_s, end = t + world->length_s;
    for (int i = 0; i < world->pairs_at_ends; i++)
        t = mark_pair(world, sync_once(world, t));
    double next = t;
    while (world->mark_period_s > 0 && (next += world->mark_period_s) < end - 0.1)
        t = mark_pair(world, sync_once(world, fmax(next + 0.01 * vr_rng_unit(&world->rng), t)));
    t = fmax(t, end - 0.05);
    for (int i = 0; i < world->pairs_at_ends; i++)
        t = mark_pair(world, sync_once(world, t));
}

static struct vr_timemap map_of(const struct world *world)
{
    struct vr_timemap_input input = {
        .edges = edges,
        .edge_count = edge_count,
        .marks = marks,
        .mark_count = mark_count,
        .syncs = syncs,
        .sync_count = sync_count,
        .arrivals = hull.lines,
        .arrival_count = hull.line_count,
        .ticks_hz = world->ticks_hz,
        .rate_hz = world->rate_hz,
        .is_integrating = world->is_integrating,
        .read_ns = 20000,
        .round_trip_ns = 2000000,
    };
    struct vr_timemap map;
    struct vr_err err;
    cr_assert_eq(vr_timemap_make(&input, &map, &err), 0);
    return map;
}

/* --- against it ------------------------------------------------------------------------------------------- */

struct found {
    double error_us, bound_us, ratio; /* worst */
    size_t instants;
};

static const struct vr_power_clock_row *row_at(
    const struct vr_timemap *map, const char *clock, double x)
{
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->rows[i].clock, clock) == 0 && x >= (double)map->rows[i].x0 &&
            x <= (double)map->rows[i].x1)
            return &map->rows[i];
    return NULL;
}

static void compare(
    const struct world *world, const struct vr_timemap *map, const char *clock, struct found *found)
{
    /* ticks of the map count from the first mark's, the time of which the world knows by its ticks */
    double zero = (double)(uint32_t)(marks[0].ticks - world->start_ticks);
    for (int i = 0; i <= 200; i++) {
        double t = world->start_s + 0.06 + (world->length_s - 0.1) * i / 200;
        bool is_device = strcmp(clock, "device") == 0;
        double x = is_device ? ticks_of(world, t) - zero : t * 1e9;
        const struct vr_power_clock_row *row = row_at(map, clock, x);
        if (!row)
            continue;
        double at = row->y0 + row->slope * (x - (double)row->x0);
        double error = fabs(at - axis(world, t));
        found->instants++;
        found->error_us = fmax(found->error_us, error / world->rate_hz * 1e6);
        found->bound_us = fmax(found->bound_us, row->bound / world->rate_hz * 1e6);
        found->ratio = fmax(found->ratio, error / row->bound);
    }
}

static const struct world worlds[] = {
    {.name = "PPK2 10 s",
     .rate_hz = 1e5,
     .ticks_hz = 64000000,
     .length_s = 10,
     .mark_period_s = 1,
     .pairs_at_ends = 4,
     .late_share = 0.05,
     .jitter_s = 120e-6},
    {.name = "PPK2 180 s",
     .rate_hz = 1e5,
     .ticks_hz = 1000000000,
     .length_s = 180,
     .mark_period_s = 1,
     .pairs_at_ends = 4,
     .late_share = 0.05,
     .jitter_s = 120e-6,
     .wander_ppm = 2},
    {.name = "PPK2 60 s, loaded",
     .rate_hz = 1e5,
     .ticks_hz = 1000000000,
     .length_s = 60,
     .mark_period_s = 1,
     .pairs_at_ends = 4,
     .late_share = 0.3,
     .jitter_s = 900e-6,
     .lost_share = 0.05},
    {.name = "PPK2 2 s",
     .rate_hz = 1e5,
     .ticks_hz = 1000000,
     .length_s = 2,
     .pairs_at_ends = 4,
     .late_share = 0.05,
     .jitter_s = 120e-6},
    {.name = "PPK2 2 s, loaded",
     .rate_hz = 1e5,
     .ticks_hz = 1000000,
     .length_s = 2,
     .pairs_at_ends = 2,
     .late_share = 0.3,
     .jitter_s = 900e-6},
    {.name = "PowerShield 60 s",
     .rate_hz = 5000,
     .is_integrating = true,
     .only_falling = true,
     .ticks_hz = 80000000,
     .length_s = 60,
     .mark_period_s = 1,
     .pairs_at_ends = 4,
     .late_share = 0.05,
     .jitter_s = 120e-6},
    {.name = "PowerShield 180 s",
     .rate_hz = 5000,
     .is_integrating = true,
     .only_falling = true,
     .ticks_hz = 80000000,
     .length_s = 180,
     .mark_period_s = 1,
     .pairs_at_ends = 4,
     .late_share = 0.1,
     .jitter_s = 120e-6,
     .lost_share = 0.02},
    {.name = "PowerShield 10 s, loaded",
     .rate_hz = 5000,
     .is_integrating = true,
     .only_falling = true,
     .ticks_hz = 80000000,
     .length_s = 10,
     .mark_period_s = 1,
     .pairs_at_ends = 4,
     .late_share = 0.3,
     .jitter_s = 900e-6},
    {.name = "JS220 60 s",
     .rate_hz = 1e6,
     .ticks_hz = 64000000,
     .length_s = 60,
     .mark_period_s = 1,
     .pairs_at_ends = 4,
     .late_share = 0.05,
     .jitter_s = 120e-6},
    {.name = "JS220 60 s, 32 kHz clock",
     .rate_hz = 1e6,
     .ticks_hz = 32768,
     .length_s = 60,
     .mark_period_s = 1,
     .pairs_at_ends = 4,
     .late_share = 0.2,
     .jitter_s = 900e-6,
     .lost_share = 0.1},
};

Test(timemap, planted_clocks_lie_within_the_bound_in_every_seed, .timeout = 600)
{
    for (size_t i = 0; i < sizeof worlds / sizeof *worlds; i++) {
        struct found device = {0}, host = {0};
        size_t without = 0, bad = 0;
        double pairs = 0, sum_us = 0;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct world world = worlds[i];
            make(&world, seed);
            struct vr_timemap map = map_of(&world);
            struct found one = {0};
            without += map.why[0] != '\0';
            pairs += (double)map.pairs / (double)mark_count / SEEDS;
            compare(&world, &map, "device", &one);
            bad += one.ratio > 1;
            cr_expect_leq(
                one.ratio, 1, "%s, seed %zu: off by %g of the bound %g us", world.name,
                (size_t)seed, one.ratio, one.bound_us);
            device.ratio = fmax(device.ratio, one.ratio);
            device.error_us = fmax(device.error_us, one.error_us);
            device.bound_us = fmax(device.bound_us, one.bound_us);
            sum_us += one.error_us / SEEDS;
            compare(&world, &map, "host", &host);
            vr_timemap_finish(&map);
            vr_hull_finish(&hull);
        }
        cr_log_info(
            "%-26s %zu bad; %2.0f %% paired, %zu without; device: error %.2f mean %.2f bound %.2f "
            "us, ratio %.2f; host: error %.1f bound %.1f us, ratio %.2f",
            worlds[i].name, bad, 100 * pairs, without, device.error_us, sum_us, device.bound_us,
            device.ratio, host.error_us, host.bound_us, host.ratio);
        cr_expect_leq(host.ratio, 1, "%s", worlds[i].name);
    }
}
