/* The simulated PPK2 when things go wrong: each fault is where the script says, once, and nothing else changes. */
#include "ppk2_bench.h"

TestSuite(sim_ppk2_faults, .fini = teardown); /* the beginning is each test's own */

Test(sim_ppk2_faults, drops_samples_that_were_counted)
{
    setup_faults("at 1000 drop 64; at 2000 drop 5");
    vr_world_change(world, now_ns + 15000001, 1); /* at sample 1500.0 */
    power_and_start();
    run(100 * VR_NS_PER_MS);
    cr_assert_eq(byte_count / 4, 9984 - 69);
    cr_assert_eq(counter_of(1000), 1000 % 64, "64 of them cannot be seen");
    cr_assert_eq(lines_of(1501 - 64 - 1), 0);
    cr_assert_eq(lines_of(1501 - 64), 1);
    cr_assert_eq(counter_of(2000 - 64), 2005 % 64);
}

Test(sim_ppk2_faults, skips_samples_before_they_are_counted)
{
    setup_faults("at 1000 skip 5");
    vr_world_change(world, now_ns + 15000001, 1);
    power_and_start();
    run(100 * VR_NS_PER_MS);
    cr_assert_eq(counter_of(1000), 1000 % 64);
    cr_assert_eq(lines_of(1501 - 5 - 1), 0);
    cr_assert_eq(lines_of(1501 - 5), 1);
}

Test(sim_ppk2_faults, loses_bytes)
{
    setup_faults("at 1000 bytes 6");
    power_and_start();
    run(100 * VR_NS_PER_MS);
    cr_assert_eq(byte_count, 4 * 9984 - 6);
    cr_assert_eq(counter_of(999), 999 % 64);
    /* 1000 and half of 1001 are gone. */
    memmove(bytes + 4002, bytes + 4000, byte_count - 4002);
    cr_assert_eq(counter_of(1001), 1002 % 64);
}

Test(sim_ppk2_faults, stalls_and_then_tells_all)
{
    setup_faults("at 1000 stall 30ms");
    power_and_start();
    run(20 * VR_NS_PER_MS);
    cr_assert_eq(byte_count, 4000);
    cr_assert_eq(driver->next_ns(vr_sim_state(meter)), 3 * VR_NS_PER_S + 40 * VR_NS_PER_MS);
    run(20 * VR_NS_PER_MS - 1);
    cr_assert_eq(byte_count, 4000);
    run(1);
    cr_assert_eq(byte_count / 4, 4001 / 128 * 128);
}

Test(sim_ppk2_faults, unplugs_behind_what_it_has_said)
{
    setup_faults("at 1000 unplug");
    power_and_start();
    now_ns += 20 * VR_NS_PER_MS;
    cr_assert(!driver->is_unplugged(vr_sim_state(meter)));
    take();
    cr_assert_eq(byte_count, 4000);
    cr_assert(driver->is_unplugged(vr_sim_state(meter)));
}

Test(sim_ppk2_faults, pins_samples_and_invents_ranges)
{
    setup_faults("at 1000 over 2; at 1100 range 3");
    power_and_start();
    run(20 * VR_NS_PER_MS);
    for (size_t i = 990; i < 1110; i++) {
        const bool is_over = i == 1000 || i == 1001, is_bad = i >= 1100 && i < 1103;
        cr_expect_eq((word(i) & 0x3fff) == 0x3fff, is_over, "%zu", i);
        cr_expect_eq(range_of(i), is_over ? 4 : is_bad ? 6 : 0, "%zu", i);
    }
}

Test(sim_ppk2_faults, hides_one_edge)
{
    setup_faults("at 1000 edge 2");
    const int64_t start_ns = now_ns;
    for (int64_t i = 0; i < 4;
         i++) { /* pulses of both lines at 0.5, 1.5, 2.5, 3.5 thousand samples */
        vr_world_change(world, start_ns + 5000000 + 10000000 * i, 5);
        vr_world_change(world, start_ns + 6000000 + 10000000 * i, 0);
    }
    power_and_start();
    run(50 * VR_NS_PER_MS);
    cr_assert_eq(lines_of(550), 5);
    cr_assert_eq(lines_of(1550), 1, "the rise is not shown, so there is nothing to fall");
    cr_assert_eq(lines_of(1650), 0);
    cr_assert_eq(lines_of(2550), 5);
    cr_assert_eq(lines_of(2650), 0);
}
