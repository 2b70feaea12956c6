/* Times of a comparison. */
#include "score/ec57.h"

#include <math.h>

#include "score/event.h"

int64_t vr_ec57_tick(const struct vr_ec57_options *options, double ms)
{
    double tick = floor(ms * options->rate_num / (1000.0 * options->rate_den) + 0.5);
    return (int64_t)fmin(tick, (double)VR_EVENT_TICK_MAX);
}

struct vr_ec57_span vr_ec57_span(const struct vr_ec57_options *options, int64_t last)
{
    return (struct vr_ec57_span){
        .start = vr_ec57_tick(options, options->from_s * 1000),
        .end = options->sample_count > 0 ? options->sample_count : last,
        .window = vr_ec57_tick(options, options->window_ms),
    };
}
