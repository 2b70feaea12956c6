/* Fault scripts of simulated meters: what goes wrong, once each, and when.
 *
 *     at 100000 drop 64; at 5s stall 30ms; at 7.5s unplug
 *
 *     script = [fault {";" fault}] [";"]        blanks between words are free
 *     fault  = "at" place what [amount]
 *     place  = the index of the meter's own sample, from 0 where its stream began, or a time from there: 300us, 50ms, 5s, 1.5s
 *
 *     drop N       N samples vanish; counters that count taken samples see it
 *     skip N       the same, but the counters do not see it
 *     bytes N      N bytes vanish on the way
 *     stall TIME   nothing arrives for so long, then all of it
 *     unplug       the meter hangs up
 *     over N       N samples pinned at full scale
 *     range N      N samples with a range that does not exist
 *     edge LINE    the next change of this line, 0..7, is not shown
 *     repeat N     a frame comes again, N times, from a meter that has frames
 *
 * A time as place is a number of samples at the nominal rate. */
#ifndef VR_SIMULATE_FAULTS_H
#define VR_SIMULATE_FAULTS_H

#include "base/err.h"
#include "simulate/simulate.h"

enum { VR_SIM_FAULTS_MAX = 256 };

/* `rate_hz` of the meter's samples, 0 = its host chooses: then places are indexes.  Faults come out in the order of `at`, those of
 * one place in the order of the script.  VR_ERR_USAGE names the word that is wrong. */
int vr_sim_faults_parse(
    const char *script, double rate_hz, struct vr_sim_fault faults[VR_SIM_FAULTS_MAX],
    size_t *ret_count, struct vr_err *err);

#endif
