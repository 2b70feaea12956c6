/* Steps of a device's clock, and what is none. */
#include <criterion/criterion.h>

#include "base/clock.h"
#include "replay/clock_watch.h"

#define HZ 1000000

/* Exchanges a second apart that take 2 ms, the device in their middle. */
static bool note(struct vr_clock_watch *watch, int64_t ms, double device_s, int64_t *ret_step_ns)
{
    return vr_clock_watch_note(
        watch, ms * VR_NS_PER_MS, (ms + 2) * VR_NS_PER_MS, (uint32_t)(int64_t)(device_s * HZ), HZ,
        ret_step_ns);
}

Test(clock_watch, takes_an_even_clock)
{
    struct vr_clock_watch watch = {0};
    int64_t step_ns;
    for (int i = 0; i < 10000; i++) /* wraps twice */
        cr_assert_not(note(&watch, 1000 * i, 77 + i, &step_ns), "at %d s", i);
}

Test(clock_watch, takes_a_bad_oscillator)
{
    for (double rate = 0.96; rate < 1.05; rate += 0.04) {
        struct vr_clock_watch watch = {0};
        int64_t step_ns;
        for (int i = 0; i < 100; i++)
            cr_assert_not(note(&watch, 1000 * i, i * rate, &step_ns), "at rate %g", rate);
    }
}

Test(clock_watch, sees_steps_both_ways)
{
    static const double steps_s[] = {-10, -0.1, 0.1, 10};
    for (size_t i = 0; i < 4; i++) {
        struct vr_clock_watch watch = {0};
        int64_t step_ns;
        cr_assert_not(note(&watch, 0, 100, &step_ns));
        cr_assert_not(note(&watch, 1000, 101, &step_ns));
        cr_assert(note(&watch, 2000, 102 + steps_s[i], &step_ns), "%g s", steps_s[i]);
        cr_expect_float_eq((double)step_ns / 1e9, steps_s[i], 0.003);
        cr_assert_not(note(&watch, 3000, 103 + steps_s[i], &step_ns), "told once");
    }
}

Test(clock_watch, sees_a_clock_that_stands_still)
{
    struct vr_clock_watch watch = {0};
    int64_t step_ns;
    note(&watch, 0, 100, &step_ns);
    cr_expect(note(&watch, 1000, 100, &step_ns));
}

/* The answer came 3 s late: the device may have taken SYNC at any time until then. */
Test(clock_watch, blames_no_clock_for_a_slow_line)
{
    struct vr_clock_watch watch = {0};
    int64_t step_ns;
    note(&watch, 0, 100, &step_ns);
    cr_expect_not(vr_clock_watch_note(
        &watch, VR_NS_PER_S, 4 * VR_NS_PER_S, (uint32_t)(103.9 * HZ), HZ, &step_ns));
    cr_expect_not(vr_clock_watch_note(
        &watch, 2 * VR_NS_PER_S, 4 * VR_NS_PER_S, (uint32_t)(103.9 * HZ), HZ, &step_ns));
}

Test(clock_watch, does_not_guess_behind_half_of_the_range)
{
    struct vr_clock_watch watch = {0};
    int64_t step_ns;
    note(&watch, 0, 0, &step_ns);
    cr_expect_not(note(&watch, 3000000, 17, &step_ns));
}
