/* The watchdog's question: is there progress, so that systemd may be told that the daemon lives?
 *
 * Pure.  A sign of life that comes from a timer alone is worth nothing: it would also come from a daemon whose work stands still. */
#ifndef VR_SERVICE_WATCHDOG_H
#define VR_SERVICE_WATCHDOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed = never asked. */
struct vr_watchdog {
    uint64_t turns; /* at the last ping */
    bool was_asked;
};

struct vr_watchdog_view {
    uint64_t turns;      /* of the loop that did its work to the end, ever */
    size_t waiting;      /* pieces of work of the catalogue's keeper that wait */
    int64_t busy_ns;     /* how long the present one has been going on; 0 = there is none */
    int64_t busy_max_ns; /* and may: an integrity_check of a large catalogue takes minutes */
    int64_t
        deadline_ns; /* by when the first worker must have said something, or be gone; INT64_MAX = none runs */
    const char *worker; /* "job 12 on band-a", for words */
};

/* Workers are killed at their silence; so much later one that is still there means that killing does not work. */
#define VR_WATCHDOG_GRACE_NS (INT64_C(30) * 1000000000)

/* false: `why` says what stands still. */
bool vr_watchdog_may_ping(
    struct vr_watchdog *watchdog, const struct vr_watchdog_view *view, int64_t now_ns, char *why,
    size_t size);

#endif
