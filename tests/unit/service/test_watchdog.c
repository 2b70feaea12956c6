#include <criterion/criterion.h>
#include <string.h>

#include "base/clock.h"
#include "service/watchdog.h"

#define S VR_NS_PER_S

static struct vr_watchdog watchdog;
static char why[256];

static bool may(uint64_t turns, int64_t busy_ns, int64_t deadline_ns, int64_t now_ns)
{
    const struct vr_watchdog_view view = {
        .turns = turns,
        .waiting = 3,
        .busy_ns = busy_ns,
        .busy_max_ns = 600 * S,
        .deadline_ns = deadline_ns,
        .worker = "job 12 on band-a"};
    return vr_watchdog_may_ping(&watchdog, &view, now_ns, why, sizeof why);
}

Test(watchdog, needs_a_turn_of_the_loop_since_the_last_time)
{
    cr_expect(may(0, 0, INT64_MAX, 0), "the first time");
    cr_expect_not(may(0, 0, INT64_MAX, S));
    cr_expect(strstr(why, "the loop"), "%s", why);
    cr_expect(may(1, 0, INT64_MAX, 2 * S));
    cr_expect_str_empty(why);
    cr_expect_not(may(1, 0, INT64_MAX, 3 * S));
}

Test(watchdog, needs_a_catalogue_that_gets_on)
{
    cr_expect(may(1, 600 * S, INT64_MAX, 0));
    cr_expect_not(may(2, 600 * S + 1, INT64_MAX, 0));
    cr_expect_str_eq(why, "the catalogue has been at one piece of work for 600 s; 3 more wait");
    cr_expect(may(3, 0, INT64_MAX, 0));
}

Test(watchdog, needs_workers_that_end_when_they_must)
{
    cr_expect(may(1, 0, 10 * S, 40 * S), "they may still be about to be killed");
    cr_expect_not(may(2, 0, 10 * S, 40 * S + 1));
    cr_expect_str_eq(why, "the worker of job 12 on band-a should be gone for 30 s, and is not");
    cr_expect(may(3, 0, INT64_MIN + 1, INT64_MIN + 2), "far times do not overflow");
    cr_expect(may(4, 0, INT64_MAX, INT64_MAX));
}
