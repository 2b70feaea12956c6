#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/rng.h"
#include "power/arrival.h"

#define PERIOD_NS 10000
#define QUANTUM 64
#define READ 110 /* samples */
#define NEVER INT64_MAX

/* --- support: an instrument and its host, read by read --- */

struct world {
    struct vr_rng rng;
    struct vr_arrival arrival;
    double ppm;       /* the instrument's clock is slower by so much */
    double jitter_ns; /* at most, uniform; the least is 0 */
    double late_ns;   /* on top of it */
    int64_t taken;    /* samples */
    int64_t lost;     /* uncounted */
    int64_t added;    /* by losses that were found */
    int64_t last_ns;

    int64_t settled; /* end of the last read that was */
    int losses;
    struct vr_arrival_loss loss; /* the last one */
};

static void begin(struct world *world)
{
    const uint64_t seed = 11;
    *world = (struct world){.jitter_ns = 150000};
    vr_rng_init(&world->rng, seed);
    vr_arrival_start(&world->arrival, PERIOD_NS, QUANTUM);
}

static void listen(struct world *world)
{
    struct vr_arrival_read read;
    enum vr_arrival_event event;
    while ((event = vr_arrival_next(&world->arrival, &read, &world->loss)) != VR_ARRIVAL_NONE) {
        if (event == VR_ARRIVAL_SETTLED) {
            cr_assert(read.end >= world->settled);
            world->settled = read.end;
            continue;
        }
        cr_assert(world->loss.count_min <= world->loss.count);
        cr_assert(world->loss.count <= world->loss.count_max);
        cr_assert(world->loss.first_min <= world->loss.first);
        cr_assert(world->loss.first <= world->loss.first_max);
        world->losses++;
        world->added += world->loss.count;
    }
}

/* The samples that are taken come no earlier than at the end of `stall_ns`. */
static void go_on(struct world *world, double seconds, int64_t stall_ns)
{
    int64_t end = world->taken + (int64_t)(seconds * 1e9 / PERIOD_NS);
    while (world->taken < end) {
        world->taken += READ;
        double at_ns = (double)world->taken * PERIOD_NS * (1 + world->ppm * 1e-6);
        double delay_ns = world->jitter_ns * vr_rng_unit(&world->rng) + world->late_ns;
        int64_t now_ns = (int64_t)(at_ns + delay_ns);
        now_ns = now_ns < stall_ns ? stall_ns : now_ns;
        world->last_ns = now_ns > world->last_ns ? now_ns : world->last_ns;
        vr_arrival_add(&world->arrival, world->taken - world->lost + world->added, world->last_ns);
        listen(world);
    }
}

static void lose(struct world *world, int64_t count)
{
    world->taken += count;
    world->lost += count;
}

/* --- tests --- */

static struct world world; /* it is too large for a stack */

Test(arrival, on_time_settles_at_once)
{
    begin(&world);
    for (int i = 0; i < 2000; i++) {
        go_on(&world, 1e-3, 0);
        cr_assert_eq(world.settled, world.taken);
    }
    cr_expect_eq(world.losses, 0);
}

Test(arrival, of_a_host_that_stalls_is_no_loss)
{
    static const int stalls_ms[] = {30, 50, 300, 900, 1500, 3000};
    begin(&world);
    go_on(&world, 5, 0);
    for (size_t i = 0; i < sizeof stalls_ms / sizeof stalls_ms[0]; i++) {
        go_on(&world, 5, world.last_ns + stalls_ms[i] * VR_NS_PER_MS);
        cr_expect_eq(world.losses, 0, "%d ms", stalls_ms[i]);
        cr_expect_eq(world.settled, world.taken);
    }
}

Test(arrival, tells_a_loss_by_its_step)
{
    static const int64_t counts[] = {64, 128, 512, 4096, 640000};
    begin(&world);
    go_on(&world, 5, 0);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        int64_t at = world.taken;
        lose(&world, counts[i]);
        go_on(&world, 5, 0);
        cr_expect_eq(world.losses, (int)i + 1);
        cr_expect(
            world.loss.count == counts[i] && world.loss.count_min == counts[i] &&
            world.loss.count_max == counts[i]);
        cr_expect(world.loss.first_min <= at && at <= world.loss.first_max);
        cr_expect(llabs(world.loss.first - at) <= 2 * READ);
        cr_expect_eq(world.settled, world.taken);
    }
}

Test(arrival, tells_a_loss_before_the_rate_is_known)
{
    for (int ppm = -100; ppm <= 100; ppm += 50)
        for (int64_t count = 64; count <= 192; count += 64) {
            begin(&world);
            world.ppm = ppm;
            go_on(&world, 0.7, 0);
            lose(&world, count);
            go_on(&world, 3, 0);
            cr_expect(
                world.losses == 1 && world.loss.count == count, "%d ppm, %d", ppm, (int)count);
        }
}

/* An hour at each rate, with a slow wander of 2 ppm on top: 3.3 million reads. */
Test(arrival, does_not_take_a_clock_for_a_loss)
{
    for (int ppm = -100; ppm <= 100; ppm += 100) {
        begin(&world);
        for (int second = 0; second < 3600; second++) {
            double at_s = second;
            /* The mean rate up to now, whose derivative wanders. */
            world.ppm = ppm + 2 * sin(at_s / 600) * 600 / (at_s + 600);
            go_on(&world, 1, 0);
        }
        cr_expect_eq(world.losses, 0, "%d ppm", ppm);
        lose(&world, 64);
        go_on(&world, 3, 0);
        cr_expect(world.losses == 1 && world.loss.count == 64, "%d ppm", ppm);
    }
}

Test(arrival, tells_two_losses_in_a_row_as_one_that_may_begin_at_the_first)
{
    begin(&world);
    go_on(&world, 5, 0);
    int64_t at = world.taken;
    lose(&world, 64);
    go_on(&world, 0.02, 0);
    int64_t then = world.taken - world.lost;
    lose(&world, 64);
    go_on(&world, 3, 0);
    cr_expect_eq(world.added, 128);
    if (world.losses == 1)
        cr_expect(world.loss.first_min <= at && then <= world.loss.first_max);
}

Test(arrival, of_a_host_that_became_slower_is_no_loss)
{
    begin(&world);
    go_on(&world, 5, 0);
    world.late_ns = 400e3;
    go_on(&world, 20, 0);
    cr_expect_eq(world.losses, 0);
    cr_expect_eq(world.settled, world.taken);
    lose(&world, 64);
    go_on(&world, 3, 0);
    cr_expect(world.losses == 1 && world.loss.count == 64);
}

/* 900 us are one quantum and a delay, or a delay alone. */
Test(arrival, that_is_no_whole_number_of_losses_has_bounds)
{
    begin(&world);
    go_on(&world, 20, 0);
    world.late_ns = 900e3;
    go_on(&world, 8, 0);
    cr_expect_eq(world.losses, 1);
    cr_expect(world.loss.count_min == 0 && world.loss.count_max == 64);
}

/* No read is near to the least delay: nothing is claimed, and what is lost is told when it can be, with all that time as its place. */
Test(arrival, that_tells_nothing_is_waited_out)
{
    begin(&world);
    go_on(&world, 20, 0);
    int64_t at = world.taken;
    world.late_ns = 20e6;
    world.jitter_ns = 400e6;
    lose(&world, 64);
    go_on(&world, 6, 0);
    world.late_ns = 0;
    world.jitter_ns = 150000;
    go_on(&world, 3, 0);
    cr_expect_eq(world.added, 64);
    cr_expect(world.loss.first_min <= at && world.loss.first_max >= at);
}

Test(arrival, that_tells_nothing_until_the_end_leaves_it_open)
{
    begin(&world);
    go_on(&world, 20, 0);
    int64_t at = world.settled;
    for (int i = 0; i < 30; i++) { /* each late by another time, never by less than 5 ms */
        world.late_ns = 5e6 + 1e6 * (i * 7 % 30);
        world.jitter_ns = 0;
        go_on(&world, 0.02, 0);
    }
    vr_arrival_end(&world.arrival);
    listen(&world);
    cr_expect_eq(world.losses, 1);
    cr_expect(world.loss.count == 0 && world.loss.count_min == 0 && world.loss.count_max >= 64);
    cr_expect(world.loss.first_min >= at && world.loss.first_min <= at + 2 * READ);
}

Test(arrival, within_a_moment_of_the_end_is_no_loss)
{
    begin(&world);
    go_on(&world, 20, 0);
    world.late_ns = 3e6;
    go_on(&world, 0.05, 0);
    vr_arrival_end(&world.arrival);
    listen(&world);
    cr_expect_eq(world.losses, 0);
    cr_expect_eq(world.settled, world.taken);
}

Test(arrival, that_runs_backwards_or_far_ahead_is_survived)
{
    begin(&world);
    go_on(&world, 3, 0);
    vr_arrival_add(&world.arrival, world.taken + 1, INT64_MIN);
    listen(&world);
    for (int i = 0; i < 100; i++) {
        vr_arrival_add(&world.arrival, world.taken + world.added + 2 + i, INT64_MAX - 100 + i);
        listen(&world);
    }
    vr_arrival_end(&world.arrival);
    listen(&world);
    cr_expect(world.added <= 10000000 + 64);
}
