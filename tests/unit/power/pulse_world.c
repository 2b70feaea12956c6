#include "pulse_world.h"

#include <math.h>

uint8_t pulse_lines(double at_ns)
{
    double phase = at_ns - floor(at_ns / PULSE_PERIOD_NS) * PULSE_PERIOD_NS;
    bool is_busy = phase < PULSE_BUSY_NS;
    bool infers = phase >= PULSE_BUSY_NS / 4 && phase < PULSE_BUSY_NS * 3 / 4;
    return (uint8_t)(is_busy | infers << 1);
}

double pulse_amperes(double at_ns)
{
    double pulse = fmod(floor(at_ns / PULSE_PERIOD_NS), 1000);
    uint8_t lines = pulse_lines(at_ns);
    if (lines & 2)
        return 6e-3 + pulse * PULSE_STEP_A;
    return lines & 1 ? 2e-3 : 3e-6;
}

static double world_amperes(void *context, double at_ns)
{
    (void)context;
    return pulse_amperes(at_ns);
}

/* Meters of samples do not ask for it. */
static double world_coulombs(void *context, double from_ns, double to_ns)
{
    (void)context, (void)from_ns, (void)to_ns;
    return (double)NAN;
}

static uint8_t world_lines(void *context, double at_ns)
{
    (void)context;
    return pulse_lines(at_ns);
}

const struct vr_sim_world *pulse_world(void)
{
    static const struct vr_sim_world world = {
        .amperes = world_amperes,
        .coulombs = world_coulombs,
        .lines = world_lines,
        .volts = PULSE_VOLTS,
    };
    return &world;
}
