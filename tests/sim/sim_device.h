/* A device in virtual time: the real device library and algorithms behind a port made of two faulty
 * lines. */
#ifndef SIM_DEVICE_H
#define SIM_DEVICE_H

#include "algo/algo.h"
#include "dut/dut.h"
#include "faulty_line.h"
#include "line_tap.h"

#define SIM_TICKS_HZ 1000000u /* unless the options say otherwise: 1 us */

struct sim_device_options {
    uint16_t payload_max;
    size_t ring_size, transmit_size, outputs_size;
    uint32_t unit;           /* its serial number; 0 = it does not tell */
    struct wire_fault fault; /* kept over the last reset; code 0 = none */
    /* The clock; 0 = SIM_TICKS_HZ, right, from 0 on. */
    uint32_t ticks_hz;
    double clock_ppm; /* it runs faster than it says by so much */
    uint32_t first_ticks;
    int64_t wake_late_ns; /* it wakes up to so much too late, drawn each time */
};

struct sim_device {
    struct dut dut;
    struct dut_port port;
    struct faulty_line *from_host;
    struct line_tap *to_host;
    int64_t now_ns;
    struct sim_device_options options;
    int64_t ticks_step; /* added to its clock, as a fault */
    bool hangs;         /* it does nothing any more */
    int64_t micro_hz;   /* ticks in 10^6 s, truly */
    uint32_t first_ticks;
    int64_t wake_late_ns;
    struct vr_rng rng;
    uint8_t receive[DUT_RECEIVE_SIZE(WIRE_PAYLOAD_MAX)];
    uint8_t transmit[16 * 1024];
    uint8_t ring[64 * 1024];
    uint8_t outputs[16 * 1024];
    uint64_t state[2048 / 8]; /* of the algorithm */
};

/* Power on.  The lines must outlive the device.  Aborts on options that the device refuses: they
 * are the simulator's mistake. */
void sim_device_boot(
    struct sim_device *device, const struct sim_device_options *options, uint32_t boot_nonce,
    struct faulty_line *from_host, struct line_tap *to_host);

/* Run until there is nothing to do at this time.  Returns when it wants to run again by itself, or
 * VR_NEVER_NS. */
int64_t sim_device_run(struct sim_device *device, int64_t now_ns);

#endif
