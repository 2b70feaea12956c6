/* A world that is a formula: pulses of current with the inference line on, known at any instant, so that tests know what is true. */
#ifndef TEST_PULSE_WORLD_H
#define TEST_PULSE_WORLD_H

#include "simulate/simulate.h"

/* Every 10 ms from 0 on: 1 ms busy, in whose middle 0.5 ms is an inference; each pulse a little higher than the one before, so that no
 * two can be taken for each other (up to 1000 of them). */
#define PULSE_PERIOD_NS 1e7
#define PULSE_BUSY_NS 1e6
#define PULSE_STEP_A 1e-6
#define PULSE_VOLTS 3.0

double pulse_amperes(double at_ns);
uint8_t pulse_lines(double at_ns); /* bit 0 busy, bit 1 inference, bit 2 never */
const struct vr_sim_world *pulse_world(void);

#endif
