/* Power traces in the forms of other programs. */
#ifndef VR_CLI_EXPORT_POWER_H
#define VR_CLI_EXPORT_POWER_H

#include <stdio.h>

#include "cli/trace.h"

/* A table (RFC 4180): sample, time in seconds, the value (current_a, power_w or energy_j), volts where they are known, and line0 .. line7
 * where there are lines.  A missing sample has an empty value and empty volts. */
int vr_export_power_csv(FILE *file, const struct vr_trace *trace, struct vr_err *err);

#endif
