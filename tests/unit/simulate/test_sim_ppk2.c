/* The simulated PPK2: what it says of itself, of currents, of lines, and when. */
#include "ppk2_bench.h"

TestSuite(sim_ppk2, .fini = teardown); /* the beginning is each test's own */

/* --- metadata --- */

Test(sim_ppk2, tells_of_itself_as_an_old_unit)
{
    setup();
    COMMAND("\x19");
    take();
    bytes[byte_count] = '\0';
    cr_assert_eq(strncmp((char *)bytes, "Calibrated: 0\nR0: 1003.3506\nR1: 101.5865\n", 39), 0);
    for (const char *const *line =
             (const char *const[]){
                 "\nO4: 87.2177\nVDD: 3741\nHW: 9173\nmode: 2\nS0: 0.000000048\n",
                 "\nI0: -0.000000104\n", "\nUG4: 1.00\nIA: 56\nEND\n", NULL};
         *line; line++)
        cr_assert_not_null(strstr((char *)bytes, *line), "%s", *line);
    cr_assert_eq(driver->next_ns(vr_sim_state(meter)), VR_NEVER_NS);
}

Test(sim_ppk2, tells_of_itself_as_a_new_unit)
{
    config.new_style = true;
    setup();
    COMMAND("\x0d\x03\x20\x11\x01\x19");
    take();
    bytes[byte_count] = '\0';
    unsigned keys = 0;
    for (const char *at = (char *)bytes; (at = strstr(at, ": ")); at += 2)
        keys++;
    cr_assert_eq(keys, 40);
    cr_assert_not_null(strstr((char *)bytes, "\nR0: 1003.35058593750000000000\n"));
    cr_assert_not_null(strstr((char *)bytes, "\nVDD: 800\nHW: 9173\nmode: 1\n"));
}

Test(sim_ppk2, takes_commands_cut_anywhere)
{
    setup();
    for (const char *at = "\x0d\x0b\xb8\x25\x01\x00\x00\xa0\x3f\x19"; at[0] || at[-1] != 0x19; at++)
        command(at, 1);
    take();
    bytes[byte_count] = '\0';
    cr_assert_not_null(strstr((char *)bytes, "\nVDD: 3000\n"));
    cr_assert_not_null(strstr((char *)bytes, "\nUG0: 1.00\nUG1: 1.25\n"));
}

Test(sim_ppk2, goes_away_at_a_reset)
{
    setup();
    cr_assert(!driver->is_unplugged(vr_sim_state(meter)));
    COMMAND("\x20");
    cr_assert(driver->is_unplugged(vr_sim_state(meter)));
}

/* --- current --- */

static void expect_amperes(double amperes, unsigned range)
{
    struct vr_world_model model;
    vr_world_model_init(&model);
    model.idle_a = amperes;
    setup_model(&model);
    COMMAND("\x25\x02\x00\x00\xa0\x3f"); /* another user gain of range 2: 1.25 */
    power_and_start();
    const struct calibration c = ask();
    run(100 * VR_NS_PER_MS);
    COMMAND("\x07");
    run(100 * VR_NS_PER_MS);
    cr_assert_geq(byte_count, 4 * 10000);
    cr_expect_eq(range_of(5000), range, "%g A in range %u", amperes, range_of(5000));
    const double mean = coulombs_of(&c, 0, 10000) * 10;
    cr_expect_float_eq(mean, amperes, 1e-4 * amperes, "%g A is said to be %g", amperes, mean);
    teardown();
}

Test(sim_ppk2, says_the_current_in_every_range)
{
    expect_amperes(3e-6, 0);
    expect_amperes(47.6e-6, 0);
    expect_amperes(47.7e-6, 1);
    expect_amperes(470e-6, 1);
    expect_amperes(480e-6, 2);
    expect_amperes(2e-3, 2);
    expect_amperes(6e-3, 3);
    expect_amperes(47e-3, 3);
    expect_amperes(48e-3, 4);
    expect_amperes(300e-3, 4);
    config.new_style = true;
    expect_amperes(6e-3, 3);
}

/* In ampere mode the device has a supply of its own, and range 4 depends on its voltage: 2.9 mA per V. */
Test(sim_ppk2, knows_the_true_supply_in_ampere_mode)
{
    struct vr_world_model model;
    vr_world_model_init(&model);
    model.idle_a = 0.1;
    model.volts = 1.8;
    setup_model(&model);
    COMMAND("\x0d\x0b\xb8\x11\x01\x0c\x01\x06");
    struct calibration c = ask();
    run(100 * VR_NS_PER_MS);
    cr_assert_eq(c.vdd_mv, 3000);
    cr_expect_float_eq(coulombs_of(&c, 0, 9000) * 100 / 9, 0.1 + 1.2 * c.s[4], 1e-5);
    c.vdd_mv = 1800;
    cr_expect_float_eq(coulombs_of(&c, 0, 9000) * 100 / 9, 0.1, 1e-5);
}

Test(sim_ppk2, measures_nothing_without_power)
{
    setup();
    COMMAND("\x0d\x0b\xb8\x06");
    const struct calibration c = ask();
    run(100 * VR_NS_PER_MS);
    cr_assert_float_eq(coulombs_of(&c, 0, 9000) * 100 / 9, 0, 1e-9);
    COMMAND("\x0c\x01");
    run(100 * VR_NS_PER_MS);
    cr_assert_float_eq(coulombs_of(&c, 10240, 19000) / 0.0876, 3e-6, 1e-9);
}

/* A 2 ms inference every 20 ms: windows of a second that begin anywhere are true to 0.01 %. */
Test(sim_ppk2, windows_hold_the_true_charge)
{
    config.clock_ppm = 100;
    setup();
    for (int64_t i = 0; i < 500; i++) {
        const int64_t at_ns = now_ns + 12345678 + i * 20 * VR_NS_PER_MS + i * 1237;
        vr_world_change(world, at_ns, 1);
        vr_world_change(world, at_ns + 100000, 3);
        vr_world_change(world, at_ns + 2100000, 1);
        vr_world_change(world, at_ns + 2150000, 0);
    }
    power_and_start();
    const struct calibration c = ask();
    run(10 * VR_NS_PER_S);
    const double s_of_meter = 1 / (1 + 100e-6);
    for (size_t first = 0; first < 850000; first += 77777) {
        const double from = driver->sample_ns(vr_sim_state(meter), (int64_t)first);
        const double to = driver->sample_ns(vr_sim_state(meter), (int64_t)first + 100000);
        const double truth = config.world->coulombs(config.world->context, from, to);
        const double measured = coulombs_of(&c, first, first + 100000) * s_of_meter;
        cr_expect_float_eq(
            measured, truth, 1e-4 * truth, "from sample %zu: %g of %g C", first, measured, truth);
    }
}

Test(sim_ppk2, noise_is_noise_in_codes)
{
    double sum = 0, squares = 0;
    config.noise = 3;
    config.seed = 42;
    setup();
    power_and_start();
    run(VR_NS_PER_S);
    for (size_t i = 0; i < 99000; i++) {
        const double code = word(i) & 0x3fff;
        sum += code;
        squares += code * code;
    }
    const double mean = sum / 99000, variance = squares / 99000 - mean * mean;
    cr_assert_float_eq(variance, 9 + 1 / 12.0, 0.2, "seed 42: variance %g", variance);
}

Test(sim_ppk2, readings_after_a_switch_are_off_when_asked)
{
    config.transients = true;
    setup();
    const int64_t start_ns = now_ns;
    power_and_start();
    const struct calibration c = ask();
    vr_world_change(world, start_ns + 50000000, 2);
    run(100 * VR_NS_PER_MS);
    size_t at = 5000;
    while (range_of(at) != 3)
        at++;
    cr_assert_gt(
        amperes_of(&c, at),
        1.2 * config.world->amperes(
                  config.world->context, driver->sample_ns(vr_sim_state(meter), (int64_t)at)));
    cr_assert_float_eq(amperes_of(&c, at + 40), 6e-3, 5e-5);
}

/* --- time and lines --- */

Test(sim_ppk2, samples_are_taken_by_its_own_clock)
{
    config.clock_ppm = -100;
    setup();
    const int64_t start_ns = now_ns;
    vr_world_change(world, start_ns + 9 * VR_NS_PER_S + 1, 0x84);
    power_and_start();
    run(10 * VR_NS_PER_S);
    /* 999900 samples, whole packets of 128. */
    cr_assert_eq(byte_count / 4, 999900 / 128 * 128);
    size_t edge = 0;
    while (lines_of(edge) == 0)
        edge++;
    cr_assert_eq(lines_of(edge), 0x84);
    cr_assert_eq(edge, 899911); /* 9 s at 99990 Hz is sample 899910, and a ns later the next */
    for (size_t i = 1; i < byte_count / 4; i++)
        cr_assert_eq(counter_of(i), (counter_of(i - 1) + 1) % 64);
    cr_assert_float_eq(driver->sample_ns(vr_sim_state(meter), 99990), (double)start_ns + 1e9, 1e-3);
}

Test(sim_ppk2, packets_come_when_their_last_sample_is_taken)
{
    setup();
    power_and_start();
    const int64_t due_ns = driver->next_ns(vr_sim_state(meter));
    cr_assert_eq(due_ns, now_ns + 1270000);
    run(1269999);
    cr_assert_eq(byte_count, 0);
    run(1);
    cr_assert_eq(byte_count, 512);
    cr_assert_eq(driver->next_ns(vr_sim_state(meter)), due_ns + 1280000);
}

Test(sim_ppk2, any_room_of_the_host_gives_the_same_bytes)
{
    setup();
    static uint8_t whole[4096];
    power_and_start();
    COMMAND("\x19");
    now_ns += 5 * VR_NS_PER_MS;
    take();
    const size_t size = byte_count;
    memcpy(whole, bytes, size);
    teardown();
    setup();
    power_and_start();
    COMMAND("\x19");
    now_ns += 5 * VR_NS_PER_MS;
    for (byte_count = 0; driver->transmit(vr_sim_state(meter), now_ns, bytes + byte_count, 1);)
        byte_count++;
    cr_assert_eq(byte_count, size);
    cr_assert_arr_eq(bytes, whole, size);
}

Test(sim_ppk2, stops_late)
{
    setup();
    power_and_start();
    run(10 * VR_NS_PER_MS);
    COMMAND("\x07");
    run(100 * VR_NS_PER_MS);
    cr_assert_eq(byte_count, 4 * 1200);
    cr_assert_eq(driver->next_ns(vr_sim_state(meter)), VR_NEVER_NS);
    COMMAND("\x06");
    run(1270000);
    cr_assert_eq(byte_count, 4 * (1200 + 128));
    cr_assert_eq(counter_of(1200), 1200 % 64);
}

Test(sim_ppk2, a_session_that_died_left_bytes)
{
    config.stale_start = true;
    setup_faults("at 10 drop 5");
    cr_assert_eq(driver->next_ns(vr_sim_state(meter)), 0);
    take();
    cr_assert_eq(byte_count, 4353 / 128 * 128 * 4);
    COMMAND("\x07");
    run(100 * VR_NS_PER_MS);
    cr_assert_eq(byte_count, 4 * (4353 + 200));
    for (size_t i = 1; i < byte_count / 4; i++)
        cr_assert_eq(counter_of(i), (counter_of(i - 1) + 1) % 64, "faults are for the next stream");
    byte_count = 0;
    COMMAND("\x06");
    run(100 * VR_NS_PER_MS);
    cr_assert_eq(counter_of(10), (counter_of(9) + 6) % 64);
}
