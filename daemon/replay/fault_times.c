#include "replay/fault_times.h"

#include <math.h>

struct vr_fault_times vr_fault_times(const struct vr_scenario_fault *fault, struct vr_rate rate)
{
    double rate_hz = (double)rate.num / rate.den;
    int64_t length = fault->length_s > 0 ? llround(fault->length_s * rate_hz) : INT64_MAX;
    return (struct vr_fault_times){
        .at_s = fault->at_s,
        .every_s = fault->every_s,
        .rate_hz = rate_hz,
        .length = length > 0 ? length : 1,
    };
}

int64_t vr_fault_times_start(const struct vr_fault_times *times, int64_t n)
{
    return llround((times->at_s + (double)n * times->every_s) * times->rate_hz);
}

/* The division may be off by one: the starts themselves say what is so. */
int64_t vr_fault_times_begun(const struct vr_fault_times *times, int64_t index)
{
    if (index < vr_fault_times_start(times, 0))
        return -1;
    if (times->every_s <= 0)
        return 0;
    double passed_s = (double)index / times->rate_hz - times->at_s;
    int64_t n = (int64_t)fmax(0, floor(passed_s / times->every_s));
    while (n > 0 && vr_fault_times_start(times, n) > index)
        n--;
    while (vr_fault_times_start(times, n + 1) <= index)
        n++;
    return n;
}

int64_t vr_fault_times_at(const struct vr_fault_times *times, int64_t index)
{
    int64_t n = vr_fault_times_begun(times, index);
    return n >= 0 && index - vr_fault_times_start(times, n) < times->length ? n : -1;
}

int64_t vr_fault_times_count(const struct vr_fault_times *times, int64_t count)
{
    return count > 0 ? vr_fault_times_begun(times, count - 1) + 1 : 0;
}
