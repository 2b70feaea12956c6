/* Whether everything that should move has moved. */
#include "service/watchdog.h"

#include <stdio.h>

bool vr_watchdog_may_ping(
    struct vr_watchdog *watchdog, const struct vr_watchdog_view *view, int64_t now_ns, char *why,
    size_t size)
{
    bool has_turned = !watchdog->was_asked || view->turns != watchdog->turns;
    watchdog->was_asked = true;
    watchdog->turns = view->turns;
    why[0] = '\0';
    if (!has_turned)
        snprintf(why, size, "the loop has not done its work since the last sign of life");
    else if (view->busy_ns > view->busy_max_ns)
        snprintf(
            why, size, "the catalogue has been at one piece of work for %.0f s; %zu more wait",
            (double)view->busy_ns / 1e9, view->waiting);
    else if (
        view->deadline_ns < INT64_MAX && now_ns > view->deadline_ns &&
        now_ns - view->deadline_ns > VR_WATCHDOG_GRACE_NS)
        snprintf(
            why, size, "the worker of %s should be gone for %.0f s, and is not", view->worker,
            (double)(now_ns - view->deadline_ns) / 1e9);
    else
        return true;
    return false;
}
