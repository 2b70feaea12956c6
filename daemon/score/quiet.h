/* What a device draws while it is quiet: between the pulses of a line. */
#ifndef VR_SCORE_QUIET_H
#define VR_SCORE_QUIET_H

#include "score/power_piece.h"
#include "score/pulses.h"

struct vr_quiet {
    const struct vr_pulses *active; /* what is not quiet */
    double *levels_j;               /* of a sample, before each pulse, and behind the last */
    double *numbers;                /* scratch of the same size */
    double
        noise_j; /* standard deviation of a sample, from how neighbours differ; without pulses, in the quieter parts of the stream */
};

/* `active` lives as long as the result, which the caller finishes in any case. */
int vr_quiet_find(
    const struct vr_power_trace *trace, const struct vr_pulses *active, struct vr_quiet *quiet,
    struct vr_err *err);
void vr_quiet_finish(struct vr_quiet *quiet);

/* Energy of a sample: median of the three quiet parts on either side of a pulse at this sample, and of all.  NaN = not known. */
double vr_quiet_near(struct vr_quiet *quiet, double sample);
double vr_quiet_all(struct vr_quiet *quiet);

#endif
