/* One socket, many events. */
#include "simulate/activity.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "targets/host/gpio.h"

int vr_activity_open(
    struct vr_activity *activity, const char *name, struct vr_world *world, struct vr_truth *truth,
    struct vr_err *err)
{
    struct sockaddr_un address;
    *activity = (struct vr_activity){.fd = -1, .world = world, .truth = truth};
    if (!name)
        return 0;
    const socklen_t size = host_gpio_address(name, &address);
    if (size == 0)
        return vr_err_set(
            err, VR_ERR_USAGE, "the name of the device's lines has 1 to 107 characters, not %zu",
            strlen(name));
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, size) < 0) {
        const int error = errno;
        if (fd >= 0)
            close(fd);
        return vr_err_set(
            err, VR_ERR_IO, "the device's lines as \"%s\": %s%s", name, strerror(error),
            error == EADDRINUSE ? "; does another meter run?" : "");
    }
    activity->fd = fd;
    return 0;
}

static void tell(const char *what, int64_t count)
{
    if (count == 1)
        fprintf(
            stderr,
            "simulated meter: a change of the device's lines %s; what is measured from here on may "
            "not be what was true\n",
            what);
}

/* A device that starts again counts from 0 again. */
static void take_event(struct vr_activity *activity, const struct host_gpio_event *event)
{
    const uint32_t missing = event->number - activity->expected;
    if (activity->has_begun && event->number != 0 && missing != 0) {
        activity->lost += missing;
        tell("was lost", activity->lost - missing + 1);
    }
    activity->has_begun = true;
    activity->expected = event->number + 1;
    const int64_t late_ns = vr_world_change(activity->world, event->monotonic_ns, event->levels);
    if (late_ns < 0)
        tell("finds no memory", ++activity->lost);
    if (late_ns > 0)
        tell("came too late", ++activity->late);
    if (late_ns >= 0 && activity->truth)
        vr_truth_change(activity->truth, activity->world, event->monotonic_ns, event->levels);
}

void vr_activity_take(struct vr_activity *activity)
{
    struct host_gpio_event events[HOST_GPIO_EVENTS_MAX];
    for (;;) {
        const ssize_t size = recv(activity->fd, events, sizeof events, MSG_TRUNC);
        if (size < 0)
            return;
        if (size == 0 || size % (ssize_t)sizeof events[0] != 0 || size > (ssize_t)sizeof events) {
            tell("is told in no known form", ++activity->lost);
            continue;
        }
        for (size_t i = 0; i < (size_t)size / sizeof events[0]; i++)
            take_event(activity, &events[i]);
    }
}

void vr_activity_close(struct vr_activity *activity)
{
    if (activity->fd >= 0)
        close(activity->fd);
    activity->fd = -1;
}
