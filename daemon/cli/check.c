/* vitalrig check: is a scenario right?  Everything that a run would refuse is refused here, without touching a device or writing a file. */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "cli/answer.h"
#include "cli/say.h"
#include "cli/scenarios.h"
#include "cli/verb.h"
#include "replay/plan.h"
#include "report/plain.h"
#include "score/score.h"

struct check_arguments {
    char **paths;
    int path_count;
    const char *rig;
    bool json;
};

/* What the checks of all files share. */
struct checking {
    const struct vr_rig *rig;
    struct vr_json_writer *writer; /* NULL = lines */
    int exit_code;
};

static const struct argp_option options[] = {
    {"rig", 'r', "FILE", 0, "The bench: its DUTs (default: $VITALRIG_RIG, else the simulated ones)",
     0},
    {"json", 'j', NULL, 0, "One JSON object", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct check_arguments *arguments = state->input;
    switch (key) {
    case 'r':
        arguments->rig = argument;
        break;
    case 'j':
        arguments->json = true;
        break;
    case ARGP_KEY_ARGS:
        arguments->paths = state->argv + state->next;
        arguments->path_count = state->argc - state->next;
        break;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which scenario? Give files, or folders of them");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int check(
    const char *file, const struct vr_rig *rig, struct vr_scenario **ret_scenario,
    struct vr_plan *ret_plan, struct vr_err *err)
{
    /* Only a run needs the simulated device's program; a check must work without it. */
    const struct vr_plan_options plan_options = {.sim_program = "vitalrig-dut"};
    int r = vr_scenario_load(file, ret_scenario, err);
    if (r == 0)
        r = vr_score_check(*ret_scenario, err);
    if (r == 0)
        r = vr_plan_make(*ret_scenario, rig, &plan_options, ret_plan, err);
    return r;
}

static void put_ok(const char *file, const struct vr_plan *plan)
{
    vr_plain_put(file, stdout);
    printf(
        ": ok  %zu records x %d, %.0f s of signal, into ", plan->record_count, plan->repeat,
        plan->duration_s);
    vr_plain_put(plan->dut->name, stdout);
    putchar('\n');
}

static void write_plan(
    struct vr_json_writer *writer, const struct vr_scenario *scenario, const struct vr_plan *plan)
{
    vr_json_write_string(writer, "name", scenario->name);
    vr_json_write_string(writer, "sha256", scenario->sha256);
    vr_json_write_string(writer, "dataset", plan->dataset_path);
    vr_json_write_int(writer, "records", (int64_t)plan->record_count);
    vr_json_write_int(writer, "repeat", plan->repeat);
    vr_json_write_double(writer, "duration_s", plan->duration_s);
    vr_json_write_string(writer, "dut", plan->dut->name);
    vr_json_write_string(writer, "link", plan->driver->name);
    vr_json_write_string(writer, "algorithm", scenario->algorithm);
    vr_json_write_int(writer, "gates", (int64_t)scenario->gate_count);
}

static void check_file(void *context, const char *file)
{
    struct checking *checking = context;
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario = NULL;
    _cleanup_(vr_plan_finish) struct vr_plan plan = {0};
    struct vr_err err = {0};
    int r = check(file, checking->rig, &scenario, &plan, &err);

    checking->exit_code = vr_exit_worse(checking->exit_code, vr_err_exit(r));
    if (!checking->writer) {
        if (r < 0)
            vr_say_err_in(file, &err);
        else
            put_ok(file, &plan);
        return;
    }
    vr_json_write_object(checking->writer, NULL);
    vr_json_write_string(checking->writer, "file", file);
    vr_json_write_bool(checking->writer, "ok", r == 0);
    if (r < 0) {
        vr_json_write_string(checking->writer, "error", vr_err_name(r));
        vr_json_write_string(checking->writer, "text", err.text);
    } else {
        write_plan(checking->writer, scenario, &plan);
    }
    vr_json_write_end(checking->writer);
}

static int check_all(
    const struct check_arguments *arguments, int *ret_exit_code, struct vr_err *err)
{
    _cleanup_(vr_rig_destroyp) struct vr_rig *rig = NULL;
    struct vr_json_writer writer;
    int r = arguments->rig ? vr_rig_load(arguments->rig, &rig, err) : 0;
    if (r < 0)
        return r;

    struct checking checking = {.rig = rig, .writer = arguments->json ? &writer : NULL};
    if (arguments->json) {
        vr_answer_begin(&writer);
        vr_json_write_array(&writer, "scenarios");
    }
    for (int i = 0; i < arguments->path_count; i++) {
        struct vr_err folder_err = {0};
        if (vr_scenarios_each(arguments->paths[i], check_file, &checking, &folder_err) < 0)
            checking.exit_code = vr_exit_worse(checking.exit_code, vr_say_err(&folder_err));
    }
    *ret_exit_code = checking.exit_code;
    if (!arguments->json)
        return 0;
    vr_json_write_end(&writer);
    return vr_answer_end(&writer, err);
}

static int check_main(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse,
        "SCENARIO|FOLDER...",
        "Is a scenario right?  Its file, its dataset with every selected record, its scorers, its "
        "DUT: all that a run would refuse.  No device is touched, no file is written.",
        NULL,
        NULL,
        NULL};
    struct check_arguments arguments = {.rig = getenv("VITALRIG_RIG")};
    struct vr_err err = {0};
    int exit_code = EXIT_SUCCESS;

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return check_all(&arguments, &exit_code, &err) < 0 ? vr_say_err(&err) : exit_code;
}

const struct vr_verb vr_verb_check = {
    .name = "check",
    .summary = "is a scenario right?  No device is touched",
    .run = check_main,
};
