#include "replay/snr.h"

#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"

#define MEASUREMENTS_MAX 300
#define QRS_S 0.05 /* to either side of the annotation */
#define TRIMMED 0.05

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double trimmed_mean(double *values, size_t count)
{
    size_t left_out = (size_t)(TRIMMED * (double)count);
    double sum = 0;
    qsort(values, count, sizeof *values, compare);
    for (size_t i = left_out; i < count - left_out; i++)
        sum += values[i];
    return sum / (double)(count - 2 * left_out);
}

static bool is_normal(uint8_t code)
{
    return code == VR_CODE_NORMAL || code == VR_CODE_LBBB || code == VR_CODE_RBBB ||
           code == VR_CODE_BBB;
}

/* False where a sample is missing. */
static bool peak_to_peak(const double *values, size_t count, double *ret_amplitude)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            return false;
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
    }
    *ret_amplitude = high - low;
    return true;
}

int vr_snr_signal_power(
    struct vr_stage *signal, struct vr_rate rate, const struct vr_annotations *truth,
    struct vr_rate ticks, double *ret_power, size_t *ret_beats, struct vr_err *err)
{
    double amplitudes[MEASUREMENTS_MAX];
    int64_t half = llround(QRS_S * rate.num / rate.den);
    size_t width = 2 * (size_t)half + 1, count = 0;
    _cleanup_free_ double *values = reallocarray(NULL, width, sizeof *values);
    if (!values)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a QRS complex");
    for (size_t i = 0; i < truth->count && count < MEASUREMENTS_MAX; i++) {
        int64_t place;
        if (!is_normal(truth->items[i].code) ||
            !vr_rate_convert(truth->items[i].sample_index, ticks, rate, &place) || place < half ||
            place + half >= signal->sample_count)
            continue;
        int r = vr_stage_read(signal, place - half, width, values, err);
        if (r < 0)
            return r;
        count += peak_to_peak(values, width, &amplitudes[count]);
    }
    if (count == 0)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "no normal QRS complex is annotated in it, so its signal power is not known; say how "
            "much noise with \"rms\"");
    double amplitude = trimmed_mean(amplitudes, count);
    *ret_power = amplitude * amplitude / 8;
    *ret_beats = count;
    return 0;
}

static bool root_mean_square(const double *values, size_t count, double *ret_rms, double *ret_mean)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    for (size_t i = 0; i < count; i++)
        squares += (values[i] - sum / (double)count) * (values[i] - sum / (double)count);
    *ret_rms = sqrt(squares / (double)count);
    *ret_mean = sum / (double)count;
    return isfinite(*ret_rms);
}

int vr_snr_noise_power(
    struct vr_stage *noise, struct vr_rate rate, double *ret_power, double *ret_mean,
    struct vr_err *err)
{
    double amplitudes[MEASUREMENTS_MAX], sum = 0;
    size_t count = 0;
    size_t width = (size_t)fmax(2, round((double)rate.num / rate.den));
    _cleanup_free_ double *values = reallocarray(NULL, width, sizeof *values);
    if (!values)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a second of noise");
    for (int64_t i = 0; i < MEASUREMENTS_MAX; i++) {
        int64_t first = i * (int64_t)width;
        double mean;
        if (first > noise->sample_count - (int64_t)width)
            break;
        int r = vr_stage_read(noise, first, width, values, err);
        if (r < 0)
            return r;
        if (!root_mean_square(values, width, &amplitudes[count], &mean))
            continue;
        sum += mean;
        count++;
    }
    if (count == 0)
        return vr_err_set(err, VR_ERR_INPUT, "not one second of it is without a missing sample");
    double amplitude = trimmed_mean(amplitudes, count);
    *ret_power = amplitude * amplitude;
    *ret_mean = sum / (double)count;
    return 0;
}

double vr_snr_gain(double signal_power, double noise_power, double snr_db)
{
    return sqrt(signal_power / noise_power / pow(10, snr_db / 10));
}
