#include "replay/plan.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

static struct vr_scenario *smoke(void)
{
    struct vr_scenario *scenario;
    struct vr_err err = {0};
    cr_assert_eq(
        vr_scenario_parse(
            vr_scenario_smoke, strlen(vr_scenario_smoke), "smoke", ".", &scenario, &err),
        0, "%s", err.text);
    return scenario;
}

static const struct vr_plan_options defaults = {.sim_program = "/opt/dut"};

Test(plan, resolves_everything_before_a_device_is_touched)
{
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario = smoke();
    _cleanup_(vr_plan_finish) struct vr_plan plan = {0};
    struct vr_err err = {0};
    cr_assert_eq(vr_plan_make(scenario, NULL, &defaults, &plan, &err), 0, "%s", err.text);
    cr_expect_eq(plan.record_count, 4);
    cr_expect_float_eq(plan.duration_s, 240, 1e-9);
    cr_expect_str_eq(plan.driver->name, "pty");
    cr_expect_str_eq(plan.argv[0], "/opt/dut");
    cr_expect_null(plan.argv[3]);
}

Test(plan, selects_by_several_globs)
{
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario = smoke();
    _cleanup_(vr_plan_finish) struct vr_plan plan = {0};
    struct vr_plan_options options = defaults;
    struct vr_err err = {0};
    options.records = "af,si*";
    options.repeat = 3;
    cr_assert_eq(vr_plan_make(scenario, NULL, &options, &plan, &err), 0, "%s", err.text);
    cr_expect_eq(plan.record_count, 2);
    cr_expect_eq(plan.unselected_count, 2);
    cr_expect_float_eq(plan.duration_s, 360, 1e-9);
}

Test(plan, cuts_its_trials_into_parts_that_have_each_of_them_once)
{
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario = smoke();
    struct vr_plan_options options = defaults;
    struct vr_err err = {0};
    options.repeat = 3;
    options.repeat_first = 5;
    for (int count = 0; count <= 12; count++) {
        int seen[4][8] = {{0}};
        double duration_s = 0;
        for (int shard = 1; shard <= (count ? count : 1); shard++) {
            _cleanup_(vr_plan_finish) struct vr_plan plan = {0};
            options.shard = count ? shard : 0;
            options.shard_count = count;
            cr_assert_eq(vr_plan_make(scenario, NULL, &options, &plan, &err), 0, "%s", err.text);
            for (size_t i = 0; i < plan.trial_count; i++) {
                struct vr_plan_trial trial = vr_plan_trial(&plan, i);
                size_t index;
                const char *name = plan.records[trial.record].name;
                cr_assert(vr_plan_find_trial(&plan, name, trial.repeat, &index));
                cr_expect_eq(index, i);
                seen[trial.record][trial.repeat]++;
                if (i > 0)
                    cr_expect(vr_plan_trial(&plan, i - 1).repeat <= trial.repeat, "in order");
                else if (shard > 1)
                    cr_expect_not(vr_plan_find_trial(&plan, plan.records[0].name, 5, &index));
            }
            duration_s += plan.duration_s;
        }
        for (int record = 0; record < 4; record++)
            for (int repeat = 0; repeat < 8; repeat++)
                cr_expect_eq(seen[record][repeat], repeat >= 5, "%d parts", count);
        cr_expect_float_eq(duration_s, 3 * 240, 1e-9);
    }
}

Test(plan, a_part_without_trials_is_nothing_selected)
{
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario = smoke();
    struct vr_plan plan;
    struct vr_plan_options options = defaults;
    struct vr_err err = {0};
    options.shard = options.shard_count = 5;
    cr_expect_eq(vr_plan_make(scenario, NULL, &options, &plan, &err), -VR_ERR_EMPTY);
    cr_expect(strstr(err.text, "part 5 of 5 has none of the 4 trials"), "%s", err.text);
}

Test(plan, says_that_nothing_is_selected)
{
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario = smoke();
    struct vr_plan plan;
    struct vr_plan_options options = defaults;
    struct vr_err err = {0};
    options.records = "zzz";
    cr_expect_eq(vr_plan_make(scenario, NULL, &options, &plan, &err), -VR_ERR_EMPTY);
    cr_expect(strstr(err.text, "4 records there, 4 not matching --records zzz"), "%s", err.text);
}

Test(plan, names_the_nearest_dut)
{
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario = smoke();
    struct vr_plan plan;
    struct vr_plan_options options = defaults;
    struct vr_err err = {0};
    options.dut = "lopp";
    cr_expect_eq(vr_plan_make(scenario, NULL, &options, &plan, &err), -VR_ERR_NOT_FOUND);
    cr_expect(strstr(err.text, "\"loop\""), "%s", err.text);
}

/* --- firmware --- */

/* `members` follow a kind; a second "kind" would be refused. */
static int plan_with_kind(
    const char *kind, const char *members, struct vr_plan *ret_plan, struct vr_err *err)
{
    static struct vr_rig *rig; /* the plan borrows it, as it does the scenario */
    static struct vr_scenario *scenario;
    struct vr_plan_options options = defaults;
    char text[512];
    options.dut = "a";
    snprintf(
        text, sizeof text,
        "{\"format\": 1, \"name\": \"r\", \"duts\":\n {\"a\": {\"kind\": \"%s\"%s%s}}}", kind,
        *members ? ", " : "", members);
    vr_rig_destroy(rig);
    rig = NULL;
    vr_scenario_destroy(scenario);
    scenario = smoke();
    cr_assert_eq(vr_rig_parse(text, strlen(text), "rig.json", "/", &rig, err), 0, "%s", err->text);
    return vr_plan_make(scenario, rig, &options, ret_plan, err);
}

static int plan_with(const char *members, struct vr_plan *ret_plan, struct vr_err *err)
{
    return plan_with_kind("pty", members, ret_plan, err);
}

Test(plan, a_device_that_nothing_can_reach_is_an_error_of_the_rig_file)
{
    static const struct {
        const char *kind, *members, *message;
    } rows[] = {
        {"pty", "", "duts.a: a pty needs \"argv\""},
        {"socket", "", "duts.a: a socket needs \"argv\""},
        {"serial", "\"usb_interface\": 1", "duts.a: a serial port needs \"usb_serial\""},
        {"serial", "\"argv\": [\"fw\"]", "duts.a: a serial port is not a program"},
        {"usb", "", "duts.a: a device on USB is found by"},
        {"usb", "\"usb_serial\": \"1\", \"path\": \"p\"", "duts.a: a device on USB is found by"},
        {"usbb", "", "duts.a.kind: no kind of link is called \"usbb\"; did you mean \"usb\"? `"},
        {"oven", "", "duts.a.kind: no kind of link is called \"oven\"; `"},
        {"pty", "\"path\": \"p\", \"dialect\": \"natve\"",
         "duts.a.dialect: no dialect is called \"natve\"; did you mean \"native\"? `"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vr_plan plan = {0};
        struct vr_err err = {0};
        cr_expect_eq(
            plan_with_kind(rows[i].kind, rows[i].members, &plan, &err), -VR_ERR_USAGE, "row %zu",
            i);
        cr_expect(strstr(err.text, "rig.json:2:3: "), "row %zu: %s", i, err.text);
        cr_expect(strstr(err.text, rows[i].message), "row %zu: %s", i, err.text);
    }
}

Test(plan, knows_the_firmware_by_its_file_or_by_its_hash)
{
    struct vr_plan plan = {0};
    struct vr_err err = {0};
    char expected[VR_BUILD_ID_HEX_SIZE];
    cr_assert_eq(vr_build_id_load("/proc/self/exe", expected, &err), 0, "%s", err.text);
    cr_assert_eq(plan_with("\"argv\": [\"fw\"]", &plan, &err), 0, "%s", err.text);
    cr_expect_str_eq(plan.firmware_hash, "");
    vr_plan_finish(&plan);
    cr_assert_eq(
        plan_with("\"path\": \"p\", \"firmware\": \"proc/self/exe\"", &plan, &err), 0, "%s",
        err.text);
    cr_expect_str_eq(plan.firmware_hash, expected);
    vr_plan_finish(&plan);
    cr_assert_eq(
        plan_with(
            "\"path\": \"p\", \"firmware\": \"gone\", \"firmware_hash\": \"00ff\"", &plan, &err),
        0, "%s", err.text);
    cr_expect_str_eq(plan.firmware_hash, "00ff", "what is given is not read from the file");
    vr_plan_finish(&plan);
}

Test(plan, firmware_that_cannot_be_known_is_an_error_of_the_rig_file)
{
    struct vr_plan plan = {0};
    struct vr_err err = {0};
    cr_expect_eq(
        plan_with("\"path\": \"p\", \"firmware\": \"nonexistent/fw.elf\"", &plan, &err),
        -VR_ERR_INPUT);
    cr_expect(strstr(err.text, "rig.json:2:3: duts.a.firmware: "), "%s", err.text);
    cr_expect(strstr(err.text, "nonexistent/fw.elf: no such file"), "%s", err.text);
    cr_expect_eq(
        plan_with("\"path\": \"p\", \"firmware\": \"etc/passwd\"", &plan, &err), -VR_ERR_INPUT);
    cr_expect(strstr(err.text, "not an ELF file"), "%s", err.text);
}

/* --- result keys --- */

Test(plan, knows_the_keys_of_results_where_it_knows_the_firmware)
{
    struct vr_plan plan = {0};
    struct vr_err err = {0};
    char keys[4][VR_DIGEST_HEX_SIZE];
    cr_assert_eq(
        plan_with("\"path\": \"p\", \"firmware_hash\": \"00ff\"", &plan, &err), 0, "%s", err.text);
    cr_assert_eq(plan.record_count, 4);
    cr_assert_eq(vr_plan_result_key(&plan, 0, 0, keys[0], &err), 0, "%s", err.text);
    cr_assert_eq(vr_plan_result_key(&plan, 0, 1, keys[1], &err), 0, "%s", err.text);
    cr_assert_eq(vr_plan_result_key(&plan, 1, 0, keys[2], &err), 0, "%s", err.text);
    for (int i = 0; i < 3; i++)
        cr_expect_str_neq(keys[i], keys[(i + 1) % 3]);
    vr_plan_finish(&plan);
    cr_assert_eq(
        plan_with("\"path\": \"q\", \"firmware_hash\": \"00ff\", \"model\": \"m\"", &plan, &err),
        0);
    cr_expect_str_eq(plan.dut->model, "m");
    cr_assert_eq(vr_plan_result_key(&plan, 0, 0, keys[3], &err), 0, "%s", err.text);
    cr_expect_str_neq(keys[0], keys[3], "other hardware may give other outputs");
    vr_plan_finish(&plan);
}

Test(plan, says_why_it_knows_no_keys)
{
    struct vr_plan plan = {0};
    struct vr_err err = {0};
    char key[VR_DIGEST_HEX_SIZE];
    cr_assert_eq(plan_with("\"argv\": [\"fw\"]", &plan, &err), 0, "%s", err.text);
    cr_expect_eq(vr_plan_result_key(&plan, 0, 0, key, &err), -VR_ERR_INPUT);
    cr_expect_eq(strncmp(err.text, "a: the keys of its results", 26), 0, "%s", err.text);
    vr_plan_finish(&plan);
}

/* --- sweeps --- */

static struct vr_scenario *swept(void)
{
    static const char text[] =
        "{\"format\": 1, \"name\": \"n\", \"dataset\": {\"path\": \"builtin:smoke\", \"records\": "
        "[\"s*\", \"af@ppm=-5\"]}, \"algorithm\": \"echo\", \"score\": [{\"task\": \"latency\"}], "
        "\"signal_faults\": [{\"kind\": \"clock_drift\", \"ppm\": \"sweep\"}], \"sweep\": "
        "{\"ppm\": [-5, 0, 2500.5]}}";
    struct vr_scenario *scenario;
    struct vr_err err = {0};
    cr_assert_eq(
        vr_scenario_parse(text, sizeof text - 1, "s.json", ".", &scenario, &err), 0, "%s",
        err.text);
    return scenario;
}

Test(plan, a_sweep_makes_a_record_of_each_value)
{
    static const struct {
        const char *name, *source, *strata;
        double swept;
    } rows[] = {
        {"af@ppm=-5", "af", "ppm=-5", -5},
        {"sinus@ppm=-5", "sinus", "ppm=-5", -5},
        {"sinus@ppm=0", "sinus", "ppm=0", 0},
        {"sinus@ppm=2500.5", "sinus", "ppm=2500.5", 2500.5},
    };
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario = swept();
    _cleanup_(vr_plan_finish) struct vr_plan plan = {0};
    struct vr_err err = {0};
    cr_assert_eq(vr_plan_make(scenario, NULL, &defaults, &plan, &err), 0, "%s", err.text);
    cr_assert_eq(plan.record_count, 4);
    cr_expect_eq(plan.unselected_count, 8);
    for (size_t i = 0; i < 4; i++) {
        const struct vr_plan_record *record = &plan.records[i];
        cr_expect_str_eq(record->name, rows[i].name);
        cr_expect_str_eq(record->source, rows[i].source);
        cr_expect_str_eq(record->strata, rows[i].strata);
        cr_expect_str_eq(record->signal_key, rows[i].strata);
        cr_expect_eq(record->swept, rows[i].swept);
    }
    cr_expect_eq(plan.records[3].window_count, 21600 + 54, "2500.5 ppm more samples");
    cr_expect_float_eq(plan.records[3].duration_s, 60 + 54 / 360.0, 1e-9);
    size_t index;
    cr_expect(vr_plan_find_trial(&plan, "sinus@ppm=0", 0, &index) && index == 2);
    cr_expect_not(vr_plan_find_trial(&plan, "sinus", 0, &index));
}

Test(plan, the_value_of_a_sweep_is_in_the_key)
{
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario = swept();
    _cleanup_(vr_plan_finish) struct vr_plan plan = {0};
    struct vr_err err = {0};
    cr_assert_eq(vr_plan_make(scenario, NULL, &defaults, &plan, &err), 0, "%s", err.text);
    cr_expect_str_eq(vr_plan_key_input(&plan, 1, 0).signal, "ppm=-5");
    cr_expect_str_eq(vr_plan_key_input(&plan, 2, 0).signal, "ppm=0");
}

Test(plan, the_window_is_the_scenarios_or_the_command_lines)
{
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario = smoke();
    _cleanup_(vr_plan_finish) struct vr_plan plan = {0};
    struct vr_plan_options options = defaults;
    struct vr_err err = {0};
    options.records = "sinus";
    options.has_from = true;
    options.from_s = 10;
    options.for_s = 2.5;
    cr_assert_eq(vr_plan_make(scenario, NULL, &options, &plan, &err), 0, "%s", err.text);
    cr_expect_eq(plan.records[0].window_start, 3600);
    cr_expect_eq(plan.records[0].window_count, 900);
}
