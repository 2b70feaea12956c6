/* Which power trace a verb works on, and which piece of it: RUN, --record, --meter, --from, --to, and the store (cli/source.h). */
#ifndef VR_CLI_TRACE_H
#define VR_CLI_TRACE_H

#include "cli/source.h"
#include "store/power.h"

struct vr_trace_arguments {
    struct vr_source source;
    const char *run, *record, *meter; /* NULL = not given */
    double from_s, to_s;
    bool has_to;
};

/* The options and RUN as a child of a verb's parser; its input is a struct vr_trace_arguments. */
extern const struct argp vr_trace_argp;

struct vr_trace {
    struct vr_store *store;
    struct vr_power_reader *reader;
    char *uid, *record;
    int attempt;
    int64_t first, end;   /* samples of the piece */
    int64_t utc_minus_ns; /* UTC less the host's clock, at the beginning of the run */
};

/* Of several attempts at the record, the last one that has a trace.  The samples of a run in the catalogue are read from its run file, where
 * it lies in its usual place.  VR_ERR_USAGE names the records or meters that there are to choose from, VR_ERR_EMPTY says that there is
 * none. */
int vr_trace_open(
    const struct vr_trace_arguments *arguments, struct vr_trace *ret_trace, struct vr_err *err);
void vr_trace_close(struct vr_trace *trace);

/* Seconds from the beginning of the trace. */
double vr_trace_s(const struct vr_trace *trace, int64_t sample);

/* "current_a", "power_w" or "energy_j": what the values are. */
const char *vr_trace_column(const struct vr_trace *trace);

#endif
