/* What a device that is a process does, as it tells by its GPIO lines (targets/host/gpio.h): put into the world.
 *
 * A message takes a while, and a meter that asked about the last microsecond would be told of a world without it.  So the world is
 * known up to VR_ACTIVITY_LAG_NS ago: whoever drives a meter in real time hands it that instant as `now`.  A change that comes later
 * still, or not at all, makes what the meter says untrue: it is counted, and told on stderr once. */
#ifndef VR_SIMULATE_ACTIVITY_H
#define VR_SIMULATE_ACTIVITY_H

#include "simulate/truth.h"
#include "simulate/world.h"

#define VR_ACTIVITY_LAG_NS INT64_C(20000000)

struct vr_activity {
    int fd; /* readable when there is something to take; -1 = the device has no lines */
    struct vr_world *world;
    struct vr_truth *truth; /* or NULL */
    uint32_t expected;      /* number of the next event */
    bool has_begun;
    int64_t late; /* changes that came when the meter had already been told otherwise */
    int64_t lost; /* changes that never came, and messages that are none */
};

/* Bind the name in the abstract name space; NULL = none.  VR_ERR_IO: another one has it. */
int vr_activity_open(
    struct vr_activity *activity, const char *name, struct vr_world *world, struct vr_truth *truth,
    struct vr_err *err);

/* Take all that has come; never blocks. */
void vr_activity_take(struct vr_activity *activity);

void vr_activity_close(struct vr_activity *activity);

#endif
