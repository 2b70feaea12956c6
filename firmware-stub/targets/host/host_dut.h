/* The device library as a part of a Linux process: one device on one descriptor. */
#ifndef HOST_DUT_H
#define HOST_DUT_H

#include <stddef.h>
#include <stdint.h>

#include "algo/algo.h"
#include "wire/msg.h"

struct host_dut_options {
    size_t payload_max;   /* B, 64..4096 */
    size_t ring_size;     /* B of sample data */
    size_t transmit_size; /* B waiting for the line */
    size_t output_window; /* outputs held unacknowledged, 1..32767 */
    const struct algo *const *algorithms;
    size_t algorithm_count;
    uint32_t unit; /* serial number: the device id is this host's and it; 0 = that of the process */
    struct wire_span firmware_hash; /* that it tells; size 0 = none */
    const char *gpio;               /* who is told of the lines (gpio.h); NULL = nobody */
    int64_t inference_ns; /* each step with an output takes so long; 0 = as long as it takes */
};

/* The defaults: 4096 B payload, 64 KiB ring, 16 KiB to transmit, 1024 outputs, all algorithms. */
void host_dut_options_init(struct host_dut_options *options);

enum host_dut_end {
    HOST_DUT_HANGUP,  /* the peer closed */
    HOST_DUT_STOPPED, /* stop_fd became readable */
};

/* A powered device.  It keeps its state and its boot nonce while its line comes and goes. */
struct host_dut;

/* Power on.  Returns 0, or -errno; -EINVAL when the options are out of range.  What the options point to must outlive the device. */
int host_dut_create(const struct host_dut_options *options, struct host_dut **ret_host);

/* Be that device on fd (socket, pty or serial port; made non-blocking) until the peer hangs up or
 * stop_fd (-1 = none) is readable.  RESET restarts it with a new boot nonce.  Returns an enum
 * host_dut_end, or -errno.  Both descriptors stay the caller's. */
int host_dut_run(struct host_dut *host, int fd, int stop_fd);

void host_dut_destroy(struct host_dut *host);

/* All three: a device that lives as long as its line. */
int host_dut_serve(int fd, int stop_fd, const struct host_dut_options *options);

#endif
