/* Drawing clusters anew, as bootstrap.h has it. */
#include "stats/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/rng.h"
#include "stats/distribution.h"
#include "stats/quantile.h"

#define UNDEFINED_MAX 0.01 /* of the resamples */

/* --- drawing ---------------------------------------------------------------------------------- */

static void draw(struct vr_rng *rng, uint32_t *counts, size_t cluster_count)
{
    memset(counts, 0, cluster_count * sizeof *counts);
    for (size_t i = 0; i < cluster_count; i++)
        counts[vr_rng_below(rng, (uint32_t)cluster_count)]++;
}

static void resample(
    const struct vr_bootstrap_setup *setup, uint32_t *counts, struct vr_bootstrap *bootstrap)
{
    struct vr_rng rng;
    vr_rng_init(&rng, setup->seed);
    for (size_t i = 0; i < setup->resamples; i++) {
        draw(&rng, counts, setup->cluster_count);
        double value = setup->statistic(setup->context, counts);
        if (isnan(value))
            bootstrap->undefined_count++;
        else
            bootstrap->values[bootstrap->count++] = value;
    }
    vr_quantile_sort(bootstrap->values, bootstrap->count);
}

/* NaN when there is no value without one of the clusters. */
static double acceleration(
    const struct vr_bootstrap_setup *setup, uint32_t *counts, double *lacking)
{
    size_t n = setup->cluster_count;
    double mean = 0, squares = 0, cubes = 0;
    for (size_t i = 0; i < n; i++)
        counts[i] = 1;
    for (size_t i = 0; i < n; i++) {
        counts[i] = 0;
        lacking[i] = setup->statistic(setup->context, counts);
        counts[i] = 1;
        mean += lacking[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        double d = mean - lacking[i];
        squares += d * d;
        cubes += d * d * d;
    }
    return squares == 0 ? 0 : cubes / (6 * squares * sqrt(squares));
}

static double share_below(const struct vr_bootstrap *bootstrap)
{
    double below = 0;
    for (size_t i = 0; i < bootstrap->count; i++)
        below += bootstrap->values[i] < bootstrap->value    ? 1
                 : bootstrap->values[i] == bootstrap->value ? 0.5
                                                            : 0;
    /* Never 0 or 1, whose quantiles are infinite. */
    return (below + 0.5) / ((double)bootstrap->count + 1);
}

static double standard_error(const struct vr_bootstrap *bootstrap)
{
    double mean = 0, squares = 0;
    double count = (double)bootstrap->count, n = (double)bootstrap->cluster_count;
    for (size_t i = 0; i < bootstrap->count; i++)
        mean += bootstrap->values[i] / count;
    for (size_t i = 0; i < bootstrap->count; i++)
        squares += (bootstrap->values[i] - mean) * (bootstrap->values[i] - mean);
    return sqrt(squares / (count - 1) * n / (n - 1));
}

static enum vr_bootstrap_state state_of(
    const struct vr_bootstrap_setup *setup, const struct vr_bootstrap *bootstrap)
{
    if ((double)bootstrap->undefined_count > UNDEFINED_MAX * (double)setup->resamples ||
        bootstrap->count < 2 || isnan(bootstrap->acceleration))
        return VR_BOOTSTRAP_UNDEFINED;
    return bootstrap->values[0] == bootstrap->values[bootstrap->count - 1] ? VR_BOOTSTRAP_EQUAL
                                                                           : VR_BOOTSTRAP_GOOD;
}

int vr_bootstrap_make(
    const struct vr_bootstrap_setup *setup, struct vr_bootstrap *ret_bootstrap, struct vr_err *err)
{
    size_t n = setup->cluster_count;
    _cleanup_free_ uint32_t *counts = calloc(n + 1, sizeof *counts);
    _cleanup_free_ double *lacking = calloc(n + 1, sizeof *lacking);
    *ret_bootstrap = (struct vr_bootstrap){
        .state = VR_BOOTSTRAP_FEW,
        .cluster_count = n,
        .value = NAN,
        .standard_error = NAN,
        .values = calloc(setup->resamples + 1, sizeof(double)),
    };
    if (!counts || !lacking || !ret_bootstrap->values) {
        vr_bootstrap_finish(ret_bootstrap);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu resamples", setup->resamples);
    }
    for (size_t i = 0; i < n; i++)
        counts[i] = 1;
    if (n > 0)
        ret_bootstrap->value = setup->statistic(setup->context, counts);
    if (n < 2)
        return 0;
    ret_bootstrap->state = VR_BOOTSTRAP_UNDEFINED;
    if (isnan(ret_bootstrap->value))
        return 0;
    ret_bootstrap->acceleration = acceleration(setup, counts, lacking);
    if (!isnan(ret_bootstrap->acceleration))
        resample(setup, counts, ret_bootstrap);
    ret_bootstrap->state = state_of(setup, ret_bootstrap);
    if (ret_bootstrap->state == VR_BOOTSTRAP_UNDEFINED)
        return 0;
    ret_bootstrap->bias_z = vr_normal_quantile(share_below(ret_bootstrap));
    ret_bootstrap->standard_error = standard_error(ret_bootstrap);
    return 0;
}

void vr_bootstrap_finish(struct vr_bootstrap *bootstrap)
{
    free(bootstrap->values);
    bootstrap->values = NULL;
    bootstrap->count = 0;
}

/* --- intervals -------------------------------------------------------------------------------- */

/* The value below which the share p of the resamples is, by the rank (count + 1) p. */
static double value_at(const struct vr_bootstrap *bootstrap, double p)
{
    double rank = ((double)bootstrap->count + 1) * p;
    if (rank <= 1)
        return bootstrap->values[0];
    if (rank >= (double)bootstrap->count)
        return bootstrap->values[bootstrap->count - 1];
    size_t below = (size_t)rank;
    double rest = rank - (double)below;
    const double *values = &bootstrap->values[below - 1];
    return values[0] + rest * (values[1] - values[0]);
}

static double corrected(const struct vr_bootstrap *bootstrap, double z)
{
    double w = bootstrap->bias_z + z, divisor = 1 - bootstrap->acceleration * w;
    if (divisor <= 0) /* beyond any value */
        return w < 0 ? 0 : 1;
    return vr_normal_cdf(bootstrap->bias_z + w / divisor);
}

double vr_bootstrap_bound(
    const struct vr_bootstrap *bootstrap, enum vr_bootstrap_method method, double p)
{
    if (bootstrap->state == VR_BOOTSTRAP_FEW || bootstrap->state == VR_BOOTSTRAP_UNDEFINED)
        return NAN;
    double n = (double)bootstrap->cluster_count;
    double z = sqrt(n / (n - 1)) * vr_student_quantile(p, n - 1);
    return value_at(
        bootstrap, method == VR_BOOTSTRAP_BCA ? corrected(bootstrap, z) : vr_normal_cdf(z));
}
