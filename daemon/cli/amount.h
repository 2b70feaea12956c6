/* Numbers in options.  Anything else than such a number ends the program with a usage error that names the option (exit 2). */
#ifndef VR_CLI_AMOUNT_H
#define VR_CLI_AMOUNT_H

#include <argp.h>
#include <stddef.h>

/* A whole number >= 0 in decimal. */
size_t vr_amount_count(struct argp_state *state, const char *option, const char *argument);

/* A number >= 0, in decimal: "150", "37.5". */
double vr_amount_number(struct argp_state *state, const char *option, const char *argument);

/* A time >= 0 in seconds: "90", "1.5", "1:30", "0:01:30.25". */
double vr_amount_seconds(struct argp_state *state, const char *option, const char *argument);

#endif
