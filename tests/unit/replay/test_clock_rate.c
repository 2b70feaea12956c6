/* The device's clock against the host's: planted rates lie within the bound, whatever the delays. */
#include "replay/clock_rate.h"

#include <criterion/criterion.h>
#include <math.h>

#include "base/rng.h"

#define COUNT 600

static struct vr_sync_row syncs[4000];

struct planted {
    double ppm;
    int64_t ticks_hz;
    uint32_t start_ticks;
    int64_t period_ns, delay_min_ns, delay_max_ns; /* of each way; drawn between */
    int64_t late_every; /* each so-many-th answer takes 100 ms more; 0 = none */
};

static void make(const struct planted *planted, size_t count)
{
    struct vr_rng rng;
    double rate = (double)planted->ticks_hz * (1 + planted->ppm / 1e6) / 1e9; /* ticks per ns */
    vr_rng_init(&rng, 1);
    for (size_t i = 0; i < count; i++) {
        uint32_t spread = (uint32_t)(planted->delay_max_ns - planted->delay_min_ns + 1);
        int64_t sent_ns = (int64_t)i * planted->period_ns;
        int64_t there_ns = sent_ns + planted->delay_min_ns + vr_rng_below(&rng, spread);
        int64_t answered_ns = there_ns + 20000;
        int64_t back_ns = answered_ns + planted->delay_min_ns + vr_rng_below(&rng, spread);
        if (planted->late_every && (int64_t)i % planted->late_every == 0)
            back_ns += 100000000;
        syncs[i] = (struct vr_sync_row){
            .host_sent_ns = 5000000000 + sent_ns,
            .host_received_ns = 5000000000 + back_ns,
            .ticks_received = planted->start_ticks + (uint32_t)(uint64_t)((double)there_ns * rate),
            .ticks_sent = planted->start_ticks + (uint32_t)(uint64_t)((double)answered_ns * rate),
        };
    }
}

Test(clock_rate, planted_rates_lie_within_the_bound)
{
    static const struct planted rows[] = {
        {37, 1000000, 0, 1000000000, 50000, 60000, 0},
        {-120, 64000000, 4294000000u, 1000000000, 100000, 5000000, 0},
        {0, 1000000000, 4294967295u, 1000000000, 20000, 900000, 7},
        {500, 32768, 17, 1000000000, 1000000, 16000000, 0},
        {-500, 25000000, 123456789, 1000000000, 1000, 40000000, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vr_clock_rate rate;
        make(&rows[i], COUNT);
        cr_assert(vr_clock_rate_measure(syncs, COUNT, rows[i].ticks_hz, &rate), "row %zu", i);
        cr_expect_leq(
            fabs(rate.ppm - rows[i].ppm), rate.ppm_err, "row %zu: %g +- %g", i, rate.ppm,
            rate.ppm_err);
        double quickest_s =
            (double)(2 * rows[i].delay_min_ns + 2000) / 1e9 + 2.0 / (double)rows[i].ticks_hz;
        cr_expect_leq(
            rate.ppm_err, 1e6 * (quickest_s + 0.04) / (COUNT - 1), "row %zu: +- %g", i,
            rate.ppm_err);
    }
}

Test(clock_rate, ten_minutes_over_a_quick_line_know_it_to_a_tenth_of_a_ppm)
{
    const struct planted planted = {37, 64000000, 0, 1000000000, 50000, 400000, 0};
    struct vr_clock_rate rate;
    make(&planted, COUNT);
    cr_assert(vr_clock_rate_measure(syncs, COUNT, planted.ticks_hz, &rate));
    cr_expect_lt(rate.ppm_err, 0.25, "%g", rate.ppm_err);
    cr_expect_lt(fabs(rate.ppm - 37), 0.25, "%g", rate.ppm);
}

Test(clock_rate, more_exchanges_than_can_be_compared_are_thinned)
{
    const struct planted planted = {-3, 1000000, 0, 1000000000, 50000, 4000000, 0};
    struct vr_clock_rate rate;
    make(&planted, 4000);
    cr_assert(vr_clock_rate_measure(syncs, 4000, planted.ticks_hz, &rate));
    cr_expect_leq(fabs(rate.ppm + 3), rate.ppm_err, "%g +- %g", rate.ppm, rate.ppm_err);
    cr_expect_lt(rate.ppm_err, 0.2, "%g", rate.ppm_err);
}

Test(clock_rate, gaps_longer_than_a_turn_of_the_clock_do_not_matter)
{
    const struct planted planted = {80,    1000000000, 99, 600000000000,
                                    50000, 90000,      0}; /* a turn is 4.3 s */
    struct vr_clock_rate rate;
    make(&planted, 5);
    cr_assert(vr_clock_rate_measure(syncs, 5, planted.ticks_hz, &rate));
    cr_expect_leq(fabs(rate.ppm - 80), rate.ppm_err, "%g +- %g", rate.ppm, rate.ppm_err);
}

/* A clock that changed its rate half-way has no one rate; the mean is told of the narrowest pair, which spans nearly everything. */
Test(clock_rate, of_a_clock_that_wandered_the_mean_is_told)
{
    const struct planted planted = {0, 1000000, 0, 1000000000, 50000, 60000, 0};
    struct vr_clock_rate rate;
    make(&planted, COUNT);
    for (size_t i = COUNT / 2; i < COUNT; i++) { /* 200 ppm faster from there */
        uint32_t more = (uint32_t)((double)(i - COUNT / 2) * 200);
        syncs[i].ticks_received += more;
        syncs[i].ticks_sent += more;
    }
    cr_assert(vr_clock_rate_measure(syncs, COUNT, planted.ticks_hz, &rate));
    cr_expect_leq(fabs(rate.ppm - 100), 1, "%g +- %g", rate.ppm, rate.ppm_err);
    cr_expect_lt(rate.ppm_err, 2);
}

Test(clock_rate, too_little_is_no_rate)
{
    const struct planted planted = {0, 1000000, 0, 1000000000, 50000, 60000, 0};
    struct vr_clock_rate rate;
    make(&planted, 2);
    cr_expect_not(vr_clock_rate_measure(syncs, 0, 1000000, &rate));
    cr_expect_not(vr_clock_rate_measure(syncs, 1, 1000000, &rate));
    cr_expect(vr_clock_rate_measure(syncs, 2, 1000000, &rate));
    cr_expect_not(vr_clock_rate_measure(syncs, 2, 0, &rate), "no clock");
    syncs[1] = syncs[0];
    cr_expect_not(vr_clock_rate_measure(syncs, 2, 1000000, &rate), "the same instant twice");
    make(&planted, 2);
    syncs[1].host_received_ns = syncs[1].host_sent_ns + 2000000000000;
    cr_expect_not(vr_clock_rate_measure(syncs, 2, 1000000, &rate), "an answer after half a turn");
}
