/* Resolving: the dataset's path, the records that are selected, the device's port. */
#include "replay/plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "replay/plan_power.h"
#include "replay/plan_records.h"

/* --- which trials --- */

static int count_trials(struct vr_plan *plan, struct vr_err *err)
{
    size_t total = plan->record_count * (size_t)plan->repeat;
    if (plan->shard_count == 0)
        plan->shard = plan->shard_count = 1;
    size_t shard = (size_t)plan->shard, shard_count = (size_t)plan->shard_count;
    plan->trial_count = (total + shard_count - shard) / shard_count;
    if (plan->trial_count == 0)
        return vr_err_set(
            err, VR_ERR_EMPTY, "%s: part %zu of %zu has none of the %zu trials",
            plan->scenario->file, shard, shard_count, total);
    for (size_t i = 0; i < plan->trial_count; i++)
        plan->duration_s += plan->records[vr_plan_trial(plan, i).record].duration_s;
    return 0;
}

struct vr_plan_trial vr_plan_trial(const struct vr_plan *plan, size_t index)
{
    size_t place = index * (size_t)plan->shard_count + (size_t)plan->shard - 1;
    return (struct vr_plan_trial){
        .record = place % plan->record_count,
        .repeat = plan->repeat_first + (int)(place / plan->record_count),
    };
}

bool vr_plan_find_trial(
    const struct vr_plan *plan, const char *record, int repeat, size_t *ret_index)
{
    size_t shard_count = (size_t)plan->shard_count, i = 0;
    while (i < plan->record_count && strcmp(plan->records[i].name, record) != 0)
        i++;
    if (i == plan->record_count || repeat < plan->repeat_first ||
        repeat - plan->repeat_first >= plan->repeat)
        return false;
    size_t place = (size_t)(repeat - plan->repeat_first) * plan->record_count + i;
    *ret_index = place / shard_count;
    return place % shard_count == (size_t)plan->shard - 1;
}

/* --- which device --- */

static enum vr_tty_level tty_level(enum vr_rig_level level)
{
    static const enum vr_tty_level levels[] = {
        [VR_RIG_LEVEL_KEEP] = VR_TTY_LEVEL_KEEP,
        [VR_RIG_LEVEL_ASSERT] = VR_TTY_LEVEL_ASSERT,
        [VR_RIG_LEVEL_CLEAR] = VR_TTY_LEVEL_CLEAR,
    };
    return levels[level];
}

bool vr_plan_device_is_process(const struct vr_plan *plan)
{
    return plan->link.argv || strcmp(plan->driver->name, "loop") == 0;
}

struct vr_link_config vr_plan_link_config(const struct vr_rig_dut *dut)
{
    return (struct vr_link_config){
        .name = dut->name,
        .argv = (const char *const *)dut->argv,
        .path = dut->path,
        .usb_serial = dut->usb_serial,
        .usb_vendor = dut->usb_vendor,
        .usb_product = dut->usb_product,
        .usb_interface = dut->usb_interface,
        .baud = dut->baud,
        .rtscts = dut->rtscts,
        .dtr = tty_level(dut->dtr),
        .rts = tty_level(dut->rts),
    };
}

/* What the device must run: the hash that the rig gives, else the build-id of its firmware file. */
static int resolve_firmware(
    struct vr_plan *plan, const struct vr_rig *rig, const struct vr_rig_dut *dut,
    struct vr_err *err)
{
    struct vr_err cause = {0};
    if (dut->firmware_hash) {
        snprintf(plan->firmware_hash, sizeof plan->firmware_hash, "%s", dut->firmware_hash);
        return 0;
    }
    if (!dut->firmware || vr_build_id_load(dut->firmware, plan->firmware_hash, &cause) == 0)
        return 0;
    return vr_err_set(
        err, cause.code == VR_ERR_NO_MEMORY ? VR_ERR_NO_MEMORY : VR_ERR_INPUT,
        "%s:%d:%d: duts.%s.firmware: %s", rig->file, dut->place.line, dut->place.column, dut->name,
        cause.text);
}

/* What its rig file says of a device and cannot be, with the device's place there; built-in ones have none. */
static int refuse_dut(
    const struct vr_rig *rig, const struct vr_rig_dut *dut, const char *member,
    const struct vr_err *cause, struct vr_err *err)
{
    if (dut->place.line == 0)
        return vr_err_set(err, cause->code, "%s", cause->text);
    return vr_err_set(
        err, cause->code, "%s:%d:%d: duts.%s%s", rig->file, dut->place.line, dut->place.column,
        member, cause->text);
}

static int resolve_link(
    struct vr_plan *plan, const struct vr_rig *rig, const struct vr_rig_dut *dut,
    struct vr_err *err)
{
    struct vr_err cause = {0};
    char member[96];
    snprintf(member, sizeof member, "%s.kind: ", dut->name);
    plan->driver = vr_link_find(dut->kind, &cause);
    if (!plan->driver)
        return refuse_dut(rig, dut, member, &cause, err);
    snprintf(member, sizeof member, "%s.dialect: ", dut->name);
    plan->dialect = vr_dialect_find(dut->dialect, &cause);
    if (!plan->dialect)
        return refuse_dut(rig, dut, member, &cause, err);
    if (plan->dialect->describe)
        plan->dialect->describe(dut, plan->shape);
    /* The words of a link begin with the device's name. */
    bool is_named = vr_link_check(plan->driver, &plan->link, &cause) == 0;
    return is_named ? 0 : refuse_dut(rig, dut, "", &cause, err);
}

static int resolve_dut(
    struct vr_plan *plan, const struct vr_rig *rig, const struct vr_plan_options *options,
    struct vr_err *err)
{
    const struct vr_rig_dut *dut;
    const char *const sim_argv[] = {options->sim_program, "--fd", "3", NULL};
    int r = vr_rig_find_fit(rig, options->dut ? options->dut : plan->scenario->dut, &dut, err);
    if (r < 0)
        return r;
    plan->dut = dut;
    plan->link = vr_plan_link_config(dut);
    if (!dut->argv && strcmp(dut->name, "sim") == 0) {
        plan->link.argv = plan->argv = vr_plan_argv_copy(sim_argv);
        if (!plan->argv)
            r = vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the device's command");
    }
    if (r == 0)
        r = vr_plan_power_resolve(plan, rig, options, err);
    if (r == 0)
        r = resolve_link(plan, rig, dut, err);
    return r < 0 ? r : resolve_firmware(plan, rig, dut, err);
}

int vr_plan_make(
    const struct vr_scenario *scenario, const struct vr_rig *rig,
    const struct vr_plan_options *options, struct vr_plan *ret_plan, struct vr_err *err)
{
    struct vr_plan plan = {
        .scenario = scenario,
        .mode = options->has_speed ? options->mode : scenario->replay.mode,
        .speed_milli = options->has_speed ? options->speed_milli
                                          : (uint32_t)lround(scenario->replay.speed * 1000),
        .repeat = options->repeat ? options->repeat : (int)scenario->replay.repeat,
        .repeat_first = options->repeat_first,
        .shard = options->shard,
        .shard_count = options->shard_count,
        .seed = options->has_seed ? options->seed : scenario->replay.seed,
        .window = vr_streams_window(scenario),
    };
    if (options->has_from)
        plan.window.start_s = options->from_s;
    if (options->for_s > 0)
        plan.window.length_s = options->for_s;
    int r = vr_scenario_dataset_path(scenario, &plan.dataset_path, err);
    if (r == 0)
        r = resolve_dut(&plan, rig, options, err);
    if (r == 0)
        r = vr_plan_select_records(&plan, options, err);
    if (r == 0)
        r = count_trials(&plan, err);
    if (r < 0) {
        vr_plan_finish(&plan);
        return r;
    }
    *ret_plan = plan;
    return 0;
}

struct vr_streams_setup vr_plan_streams_setup(
    const struct vr_plan *plan, size_t record, int repeat, struct vr_dataset *dataset)
{
    return (struct vr_streams_setup){
        .scenario = plan->scenario,
        .dataset = dataset,
        .window = plan->window,
        .swept = plan->records[record].swept,
        .seed = plan->seed,
        .repeat = repeat,
    };
}

struct vr_result_key_input vr_plan_key_input(const struct vr_plan *plan, size_t record, int repeat)
{
    return (struct vr_result_key_input){
        .scenario_sha256 = plan->scenario->sha256,
        .record_sha256 = plan->records[record].sha256,
        .window_start = plan->records[record].window_start,
        .window_count = plan->records[record].window_count,
        .signal = plan->records[record].signal_key,
        .firmware_hash = plan->firmware_hash,
        .algorithm = plan->scenario->algorithm,
        .pace = plan->mode == WIRE_MODE_SILENT ? "silent" : "max",
        .speed_milli = plan->mode == WIRE_MODE_PACED ? plan->speed_milli : 0,
        .model = plan->dut->model,
        .input_shape = plan->shape,
        .seed = plan->seed,
        .repeat = repeat,
    };
}

int vr_plan_result_key(
    const struct vr_plan *plan, size_t record, int repeat, char ret_key[VR_DIGEST_HEX_SIZE],
    struct vr_err *err)
{
    if (!plan->firmware_hash[0])
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: the keys of its results are not known before a run: the rig file says neither "
            "\"firmware\" nor \"firmware_hash\" of it",
            plan->dut->name);
    const struct vr_result_key_input input = vr_plan_key_input(plan, record, repeat);
    vr_result_key(&input, ret_key);
    return 0;
}

void vr_plan_finish(struct vr_plan *plan)
{
    free(plan->dataset_path);
    for (size_t i = 0; i < plan->record_count; i++) {
        free(plan->records[i].subject);
        free(plan->records[i].strata);
        free(plan->records[i].signal_key);
    }
    free(plan->records);
    free(plan->argv);
    free(plan->power_argv);
    free(plan->gpio);
    *plan = (struct vr_plan){0};
}
