/* Physical units of signals, as far as one can be told in another. */
#ifndef VR_DATASET_UNIT_H
#define VR_DATASET_UNIT_H

#include <stdbool.h>

/* How many `to` one `from` is: 1000 uV in a mV.  Known: V mV uV nV; g mg m/s2; S mS uS nS; degC; %.  Any unit is 1 of itself, but for
 * the empty one, which is no unit.  False when the one cannot be told in the other. */
bool vr_unit_ratio(const char *from, const char *to, double *ret_ratio);

/* One in 10^-9 of its base unit (V, g, S), as streams have it on the wire; 0 = it has none there. */
double vr_unit_nano(const char *unit);

#endif
