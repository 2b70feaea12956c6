#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/ordering.h"

static struct vr_scenario *smoke(void)
{
    struct vr_scenario *scenario = NULL;
    cr_assert_eq(
        vr_scenario_parse(
            vr_scenario_smoke, strlen(vr_scenario_smoke), VR_SCENARIO_SMOKE_NAME, ".", &scenario,
            NULL),
        0);
    return scenario;
}

/* The order as the daemon reads it; the schema has its say. */
static struct vr_order ordered(
    const struct vr_ordering *ordering, const struct vr_job_options *options, const char *path)
{
    struct vr_scenario *scenario = smoke();
    struct vr_order order;
    struct vr_err err = {0};
    char *text = NULL;
    cr_assert_eq(
        vr_ordering_make(ordering, options, scenario, path, &text, &err), 0, "%s", err.text);
    cr_assert_eq(vr_order_parse(text, strlen(text), "order", &order, &err), 0, "%s", err.text);
    cr_expect_str_eq(order.scenario, vr_scenario_smoke);
    free(text);
    vr_scenario_destroy(scenario);
    return order;
}

static const struct vr_job_options nothing = {.wait_s = INFINITY};

Test(ordering, says_nothing_that_was_not_asked_for)
{
    const struct vr_ordering ordering = {0};
    struct vr_order order = ordered(&ordering, &nothing, NULL);
    cr_expect_null(order.dut);
    cr_expect_null(order.records);
    cr_expect_null(order.speed);
    cr_expect_null(order.parity);
    cr_expect_not(order.has_seed || order.no_power || order.bound);
    cr_expect_eq(order.repeat, 0);
    cr_expect_eq(order.shard_count, 0);
    cr_expect(isinf(order.wait_s));
    vr_order_finish(&order);
}

Test(ordering, waiting_and_binding_are_told)
{
    const struct vr_ordering ordering = {.bound = true, .priority = -100};
    struct vr_job_options options = {.wait_s = 0};
    struct vr_order order = ordered(&ordering, &options, NULL);
    cr_expect_eq(order.wait_s, 0);
    cr_expect(order.bound);
    cr_expect_eq(order.priority, -100);
    vr_order_finish(&order);
    options.wait_s = 2.5;
    order = ordered(&ordering, &options, NULL);
    cr_expect_eq(order.wait_s, 2.5);
    vr_order_finish(&order);
}

Test(ordering, speeds_come_back_as_they_were)
{
    static const uint32_t speeds[] = {1, 999, 1000, 1001, 2500, 1000000};
    const struct vr_ordering ordering = {0};
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
        struct vr_job_options options = {
            .wait_s = INFINITY,
            .plan = {.has_speed = true, .mode = WIRE_MODE_PACED, .speed_milli = speeds[i]}};
        struct vr_order order = ordered(&ordering, &options, NULL);
        cr_expect_eq(lround(strtod(order.speed, NULL) * 1000), (long)speeds[i]);
        cr_expect_eq(vr_ordering_plan(&order).speed_milli, speeds[i]);
        vr_order_finish(&order);
    }
}

Test(ordering, the_directory_is_the_scenarios_own)
{
    const struct vr_ordering ordering = {0};
    char here[4096];
    cr_assert_not_null(getcwd(here, sizeof here));
    struct vr_order order = ordered(&ordering, &nothing, "file.json");
    cr_expect_str_eq(order.directory, here);
    vr_order_finish(&order);
    order = ordered(&ordering, &nothing, "/file.json");
    cr_expect_str_eq(order.directory, "/");
    vr_order_finish(&order);
    order = ordered(&ordering, &nothing, "/usr/share/../file.json");
    cr_expect_str_eq(order.directory, "/usr");
    vr_order_finish(&order);
}

Test(ordering, a_folder_that_is_not_there_is_refused)
{
    const struct vr_ordering ordering = {0};
    struct vr_scenario *scenario = smoke();
    struct vr_err err = {0};
    char *text = NULL;
    cr_expect_lt(
        vr_ordering_make(&ordering, &nothing, scenario, "/no/such/file.json", &text, &err), 0);
    cr_expect(strstr(err.text, "/no/such"));
    free(text);
    vr_scenario_destroy(scenario);
}

Test(ordering, what_a_daemon_does_not_run)
{
    struct vr_scenario *scenario = smoke();
    cr_expect_not(vr_ordering_suits(&nothing, scenario), "it is for the built-in device");
    struct vr_job_options options = {.plan = {.dut = "band"}};
    cr_expect(vr_ordering_suits(&options, scenario));
    options.db = "a.db";
    cr_expect_not(vr_ordering_suits(&options, scenario));
    options = (struct vr_job_options){.plan = {.dut = "band"}, .run_file = "a.db"};
    cr_expect_not(vr_ordering_suits(&options, scenario));
    options = (struct vr_job_options){.plan = {.dut = "band"}, .dry_run = true};
    cr_expect_not(vr_ordering_suits(&options, scenario));
    options = (struct vr_job_options){.plan = {.dut = "loop"}};
    cr_expect_not(vr_ordering_suits(&options, scenario));
    vr_scenario_destroy(scenario);
}
