/* Simulated power meters: each speaks the true protocol of an instrument about a world that is known.
 *
 * A meter is a pure machine: bytes from the host and the time go in, bytes to the host come out; no input or output, no clock call.
 * What it measures is asked of the world: current and lines at an instant of the host's clock.  `vitalrig-meter` runs one on a pty in
 * real time; tests run them in virtual time, or behind the ioctls of a USB device.
 *
 * They share no code with the drivers in power/ that decode them: a formula that is wrong in one is not wrong in both. */
#ifndef VR_SIMULATE_SIMULATE_H
#define VR_SIMULATE_SIMULATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* What is true, at any instant up to the one that was last said to be known.  Instants are ns of CLOCK_MONOTONIC, with fractions. */
struct vr_sim_world {
    void *context;
    double (*amperes)(void *context, double at_ns);
    double (*coulombs)(
        void *context, double from_ns, double to_ns); /* exact integral of the same */
    uint8_t (*lines)(void *context, double at_ns);    /* GPIO levels of the device */
    double volts;                                     /* of the supply, fixed */
};

/* What goes wrong, once, when the meter's own sample `at` is due. */
enum vr_sim_fault_kind {
    VR_SIM_FAULT_DROP_SAMPLES, /* `count` samples vanish; counters that count taken samples go on */
    VR_SIM_FAULT_SKIP_SAMPLES, /* the same, but counters do not see it: lost before they were counted */
    VR_SIM_FAULT_DROP_BYTES, /* `count` bytes vanish on the way */
    VR_SIM_FAULT_STALL,      /* nothing arrives for `count` us; then all of it */
    VR_SIM_FAULT_UNPLUG,     /* the meter hangs up */
    VR_SIM_FAULT_OVER_RANGE, /* `count` samples pinned at full scale */
    VR_SIM_FAULT_BAD_RANGE,  /* `count` samples with a range that does not exist */
    VR_SIM_FAULT_DROP_EDGE,  /* the next change of line `count` is not shown */
    VR_SIM_FAULT_REPEAT,     /* a frame comes again, `count` times */
    VR_SIM_FAULT_KINDS
};

struct vr_sim_fault {
    enum vr_sim_fault_kind kind;
    int64_t at, count;
};

struct vr_sim_config {
    const struct vr_sim_world *world;
    double clock_ppm; /* the meter's clock is faster by so much */
    uint64_t seed;    /* of its noise */
    double noise;     /* standard deviation in codes (ADC steps), or of the last digit */
    const struct vr_sim_fault *faults; /* in the order of `at`; lives as long as the meter */
    size_t fault_count;
    bool
        new_style; /* where an instrument's firmware has two styles (PPK2 metadata, PowerShield dialect): the newer */
    bool stale_start; /* it still streams, or has leftovers, from a session that died */
    bool
        transients; /* readings right after a change of range are off, where the instrument's are: no truth then */
};

struct vr_sim_driver {
    const char *name;    /* as the kind of the power driver that reads it */
    const char *summary; /* one line */
    size_t state_size;   /* zeroed, aligned for any type */
    double rate_hz;      /* nominal, of its samples; 0 = the host chooses it */
    bool is_usb; /* control, and transmit in whole packets of 512 bytes; else bytes over a line */

    void (*open)(void *state, const struct vr_sim_config *config);
    void (*receive)(
        void *state, int64_t now_ns, const uint8_t *data, size_t size); /* OUT endpoint, or line */
    /* Bytes that the host can have by now; the world is known up to now_ns.  Returns how many. */
    size_t (*transmit)(void *state, int64_t now_ns, uint8_t *buffer, size_t capacity);
    int64_t (*next_ns)(
        const void
            *state); /* when transmit will have something; INT64_MAX = not before a receive */
    bool (*is_unplugged)(const void *state);
    /* USB control request (8 bytes of setup in CPU order of fields); IN: writes data.  Returns its size, or -1 = stall. */
    int (*control)(
        void *state, int64_t now_ns, uint8_t type, uint8_t request, uint16_t value, uint16_t index,
        uint8_t *data, uint16_t length);
    /* Host time at which the sample with this index was or will be taken: the truth for tests. */
    double (*sample_ns)(const void *state, int64_t index);
};

const struct vr_sim_driver *vr_sim_driver(size_t index); /* NULL after the last */
const struct vr_sim_driver *vr_sim_find(const char *name);

struct vr_sim_meter; /* one at work */

int vr_sim_create(
    const struct vr_sim_driver *driver, const struct vr_sim_config *config,
    struct vr_sim_meter **ret_meter, struct vr_err *err);
void *vr_sim_state(struct vr_sim_meter *meter); /* for the driver's functions */
void vr_sim_destroy(struct vr_sim_meter *meter);

#endif
