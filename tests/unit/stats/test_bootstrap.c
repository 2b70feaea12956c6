#include "stats/bootstrap.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "base/rng.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define N_MAX 100

struct sample {
    const double *numerators, *denominators; /* NULL = 1 each */
    size_t count;
};

static double ratio(void *context, const uint32_t *counts)
{
    const struct sample *sample = context;
    double numerator = 0, denominator = 0;
    for (size_t i = 0; i < sample->count; i++) {
        numerator += counts[i] * sample->numerators[i];
        denominator += counts[i] * (sample->denominators ? sample->denominators[i] : 1);
    }
    return denominator > 0 ? numerator / denominator : NAN;
}

static double variance(void *context, const uint32_t *counts)
{
    const struct sample *sample = context;
    double mean = ratio(context, counts), squares = 0, n = 0;
    for (size_t i = 0; i < sample->count; i++) {
        squares += counts[i] * pow(sample->numerators[i] - mean, 2);
        n += counts[i];
    }
    return squares / n;
}

static struct vr_bootstrap make(vr_statistic_fn *fn, struct sample *sample, uint64_t seed)
{
    struct vr_bootstrap bootstrap;
    struct vr_err err;
    const struct vr_bootstrap_setup setup = {
        sample->count, fn, sample, VR_BOOTSTRAP_RESAMPLES, seed};
    cr_assert_eq(vr_bootstrap_make(&setup, &bootstrap, &err), 0);
    return bootstrap;
}

/* B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993), 14.3: the spatial test data A, whose variance is 171.5, with
 * a = 0.061, z0 about 0.146 and the 90 % BCa interval 115.8 to 259.6.  Ours is wider by sqrt(26 / 25) t / z: 6 %.  Of 100,000 resamples
 * the quantiles 0.0408 and 0.9592, which those of 0.05 and 0.95 become, are 94.6 and 239.9; with 2000 their standard error is 2. */
Test(bootstrap, gives_the_published_example)
{
    static const double spatial[] = {48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6,
                                     0,  33, 28, 34, 4,  32, 24, 47, 41, 24, 26, 30, 41};
    struct sample sample = {spatial, NULL, COUNT_OF(spatial)};
    struct vr_bootstrap b = make(variance, &sample, 1);
    double low = vr_bootstrap_bound(&b, VR_BOOTSTRAP_BCA, 0.05);
    double high = vr_bootstrap_bound(&b, VR_BOOTSTRAP_BCA, 0.95);
    cr_expect_eq(b.state, VR_BOOTSTRAP_GOOD);
    cr_expect_float_eq(b.value, 171.5, 0.05, "%f", b.value);
    cr_expect_float_eq(b.acceleration, 0.061, 0.0005, "%f", b.acceleration);
    cr_expect_float_eq(b.bias_z, 0.146, 0.06, "%f", b.bias_z);
    cr_expect_float_eq(low, 115.8 - 3, 4, "%f", low);
    cr_expect_float_eq(high, 259.6 + 5, 6, "%f", high);
    low = vr_bootstrap_bound(&b, VR_BOOTSTRAP_PERCENTILE, 0.05);
    high = vr_bootstrap_bound(&b, VR_BOOTSTRAP_PERCENTILE, 0.95);
    cr_expect_float_eq(low, 94.6, 5, "%f", low);
    cr_expect_float_eq(high, 239.9, 5, "%f", high);
    vr_bootstrap_finish(&b);
}

/* Of 6 clusters the 5 % end is at the share Phi(sqrt(6 / 5) t) = Phi(1.0954 * -2.0150) = 0.0137 of the resamples, not at 0.05. */
Test(bootstrap, few_clusters_make_a_wider_interval)
{
    static const double values[] = {1, 4.1, 2.3, 8.9, 5.2, 7.7};
    struct sample sample = {values, NULL, COUNT_OF(values)};
    struct vr_bootstrap b = make(ratio, &sample, 1);
    double bound = vr_bootstrap_bound(&b, VR_BOOTSTRAP_PERCENTILE, 0.05);
    size_t below = 0;
    for (size_t i = 0; i < b.count; i++)
        below += b.values[i] < bound;
    cr_expect_float_eq((double)below / (double)b.count, 0.0137, 0.002, "%zu", below);
    vr_bootstrap_finish(&b);
}

Test(bootstrap, same_seed_same_values)
{
    static const double values[] = {1, 4, 2, 8, 5, 7};
    struct sample sample = {values, NULL, COUNT_OF(values)};
    struct vr_bootstrap a = make(ratio, &sample, 5), b = make(ratio, &sample, 5),
                        c = make(ratio, &sample, 6);
    bool is_other = false;
    cr_assert_eq(a.count, VR_BOOTSTRAP_RESAMPLES);
    for (size_t i = 0; i < a.count; i++) {
        cr_assert_eq(a.values[i], b.values[i]);
        is_other = is_other || a.values[i] != c.values[i];
    }
    cr_expect(is_other);
    vr_bootstrap_finish(&a);
    vr_bootstrap_finish(&b);
    vr_bootstrap_finish(&c);
}

/* The standard error of a mean is s / sqrt n, n - 1 in s. */
Test(bootstrap, standard_error_of_a_mean)
{
    static const double values[] = {1, 4, 2, 8, 5, 7};
    struct sample sample = {values, NULL, COUNT_OF(values)};
    struct vr_bootstrap b = make(ratio, &sample, 1);
    double exact = sqrt(variance(&sample, (uint32_t[]){1, 1, 1, 1, 1, 1}) / 5);
    cr_expect_float_eq(b.standard_error / exact, 1, 0.05, "%f", b.standard_error);
    vr_bootstrap_finish(&b);
}

Test(bootstrap, says_what_it_cannot_do)
{
    static const double equal[] = {3, 3, 3, 3}, lone[] = {0, 0, 5, 0, 0}, of[] = {0, 0, 9, 0, 0};
    static const double none[] = {0, 0, 0, 0, 0};
    struct sample same = {equal, NULL, 4}, one = {equal, NULL, 1}, nothing = {equal, NULL, 0},
                  on_one = {lone, of, 5}, undefined = {lone, none, 5};
    struct {
        struct sample *sample;
        enum vr_bootstrap_state state;
        double bound;
    } rows[] = {
        {&same, VR_BOOTSTRAP_EQUAL, 3},
        {&one, VR_BOOTSTRAP_FEW, NAN},
        {&nothing, VR_BOOTSTRAP_FEW, NAN},
        {&on_one, VR_BOOTSTRAP_UNDEFINED, NAN},
        {&undefined, VR_BOOTSTRAP_UNDEFINED, NAN},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct vr_bootstrap b = make(ratio, rows[i].sample, 1);
        double bound = vr_bootstrap_bound(&b, VR_BOOTSTRAP_BCA, 0.975);
        cr_expect_eq(b.state, rows[i].state, "row %zu: %d", i, b.state);
        cr_expect(
            isnan(rows[i].bound) ? isnan(bound) : bound == rows[i].bound, "row %zu: %g", i, bound);
        vr_bootstrap_finish(&b);
    }
}

/* --- coverage --------------------------------------------------------------------------------- */

#define SAMPLES 400

/* Paired differences of miss rates: a common part that cancels, and a part of each. */
static double draw_difference(struct vr_rng *rng)
{
    return vr_rng_normal(rng) + 0.5 * (exp(vr_rng_normal(rng)) - exp(0.5));
}

/* Either end must be passed by the truth in no more than its share, within what 400 samples can tell (3 standard errors), n = 8 aside,
 * where the skew cannot be seen in the sample: there the bound is what was measured, for the record. */
Test(bootstrap, coverage)
{
    static const struct {
        size_t n;
        double most_pct; /* outside either end of 5 % */
    } rows[] = {{8, 12}, {24, 5 + 3.3}, {100, 5 + 3.3}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        double values[N_MAX];
        struct sample sample = {values, NULL, rows[i].n};
        struct vr_rng rng;
        int below = 0, above = 0;
        vr_rng_init(&rng, 11 + i);
        for (int k = 0; k < SAMPLES; k++) {
            for (size_t j = 0; j < rows[i].n; j++)
                values[j] = draw_difference(&rng);
            struct vr_bootstrap b = make(ratio, &sample, (uint64_t)k);
            below += vr_bootstrap_bound(&b, VR_BOOTSTRAP_BCA, 0.05) > 0;
            above += vr_bootstrap_bound(&b, VR_BOOTSTRAP_BCA, 0.95) < 0;
            vr_bootstrap_finish(&b);
        }
        double below_pct = 100.0 * below / SAMPLES, above_pct = 100.0 * above / SAMPLES;
        fprintf(
            stderr,
            "90 %% BCa interval of %zu clusters: truth below it %.1f %%, above it %.1f %%\n",
            rows[i].n, below_pct, above_pct);
        cr_expect_leq(below_pct, rows[i].most_pct);
        cr_expect_leq(above_pct, rows[i].most_pct);
    }
}
