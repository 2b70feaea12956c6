/* A simulated meter at work on a line, in real time. */
#ifndef VR_SIMULATE_SERVE_H
#define VR_SIMULATE_SERVE_H

#include "simulate/activity.h"
#include "simulate/simulate.h"

struct vr_serve {
    const struct vr_sim_driver *driver; /* one that is not USB */
    struct vr_sim_meter *meter;
    struct vr_activity *activity;
    int line_fd; /* does not block */
    int stop_fd; /* readable = end */
    int64_t lag_ns;
};

enum vr_serve_end { VR_SERVE_HANG_UP, VR_SERVE_STOPPED, VR_SERVE_UNPLUGGED };

/* Until the other side hangs up, stop_fd is readable, or the meter is unplugged.  A host that does not read delays the meter and loses
 * nothing: what is lost is in the fault script.  VR_ERR_LINK: the line failed otherwise. */
int vr_serve(const struct vr_serve *serve, enum vr_serve_end *ret_end, struct vr_err *err);

#endif
