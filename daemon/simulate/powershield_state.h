/* State of a simulated PowerShield, shared by the file that obeys and the file that measures. */
#ifndef VR_SIMULATE_POWERSHIELD_STATE_H
#define VR_SIMULATE_POWERSHIELD_STATE_H

#include "base/rng.h"
#include "simulate/simulate.h"

#define VR_SIM_SHIELD_QUEUE 16384
#define VR_SIM_SHIELD_D7 2 /* the line of the device that its D7 is wired to */

struct vr_sim_shield {
    const struct vr_sim_config *config;
    struct vr_rng rng;
    char command[80];
    size_t command_size;
    bool is_controlled, is_on, is_auto; /* auto: on from the first start */
    bool is_energy, is_binary, has_events;
    double volts, rate_hz, trigger_delay_s, acquisition_s; /* acquisition 0 = without end */
    /* The acquisition. */
    bool is_running, is_unplugged, is_high;
    double start_ns, end_ns, batch_ns;
    int64_t index, stamped; /* samples taken; last stamp is before this one */
    unsigned event;
    int64_t stall_until_ns, drop_bytes, lost, over, bad; /* what faults still do */
    bool is_edge_dropped;
    size_t fault;
    /* To the host. */
    uint8_t queue[VR_SIM_SHIELD_QUEUE];
    size_t queue_first, queue_count;
};

/* To the host, as far as there is room and no fault takes it. */
void vr_sim_shield_put(struct vr_sim_shield *shield, const void *data, size_t size);

/* One command, without its end of line. */
void vr_sim_shield_obey(struct vr_sim_shield *shield, int64_t now_ns, const char *command);

/* Sampling begins or ends; start acknowledges. */
void vr_sim_shield_start(struct vr_sim_shield *shield, int64_t now_ns);
void vr_sim_shield_finish(struct vr_sim_shield *shield);

#endif
