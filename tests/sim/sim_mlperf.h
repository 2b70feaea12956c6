/* The double of MLPerf Tiny firmware in virtual time, between two faulty lines. */
#ifndef SIM_MLPERF_H
#define SIM_MLPERF_H

#include "faulty_line.h"
#include "mlperf/mlperf_dut.h"

struct sim_mlperf {
    struct mlperf_dut dut;
    struct faulty_line *from_host, *to_host;
    int64_t now_ns;
    char said[16 * 1024]; /* waits for the line: printf on a real device would wait instead */
    size_t said_at, said_size;
};

/* Power on.  The lines must outlive the device. */
void sim_mlperf_boot(
    struct sim_mlperf *device, size_t window_size, struct faulty_line *from_host,
    struct faulty_line *to_host);

/* Run until there is nothing to do at this time; it never wants to run by itself.  Returns whether it did anything. */
bool sim_mlperf_run(struct sim_mlperf *device, int64_t now_ns);

#endif
