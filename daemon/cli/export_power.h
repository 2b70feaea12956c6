/* Power traces in the forms of other programs. */
#ifndef VR_CLI_EXPORT_POWER_H
#define VR_CLI_EXPORT_POWER_H

#include <stdio.h>

#include "cli/trace.h"

/* A table (RFC 4180): sample, time in seconds, the value (current_a, power_w or energy_j), volts where they are known, and line0 .. line7
 * where there are lines.  A missing sample has an empty value and empty volts. */
int vr_export_power_csv(FILE *file, const struct vr_trace *trace, struct vr_err *err);

/* A .ppk2 archive (power/ppk2_file.h): current, of power or energy by the volts that belong to it.  `is_filtered`: as the PPK2's own application
 * draws it (power/ppk2_filter.h).  VR_ERR_INPUT: the trace has no current and no volts, a rate that the format does not have, or no codes of a
 * PPK2 to filter. */
int vr_export_power_ppk2(
    const char *path, const struct vr_trace *trace, bool is_filtered, struct vr_err *err);

#endif
