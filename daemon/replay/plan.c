/* Resolving: the dataset's path, the records that are selected, the device's port. */
#include "replay/plan.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "replay/plan_power.h"

/* --- which records --- */

static bool matches_any(const char *name, const char *const *globs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fnmatch(globs[i], name, 0) == 0)
            return true;
    return false;
}

/* "100,22?": the command line's form of several globs. */
static bool matches_list(const char *name, const char *list)
{
    char glob[VR_NAME_SIZE];
    while (*list) {
        size_t size = strcspn(list, ",");
        snprintf(glob, sizeof glob, "%.*s", (int)size, list);
        if (fnmatch(glob, name, 0) == 0)
            return true;
        list += size + (list[size] == ',');
    }
    return false;
}

static bool selected(
    const struct vr_scenario *scenario, const struct vr_plan_options *options, const char *name)
{
    const struct vr_scenario_dataset *dataset = &scenario->dataset;
    if (options->records)
        return matches_list(name, options->records);
    if (dataset->record_count > 0 && !matches_any(name, dataset->records, dataset->record_count))
        return false;
    return !matches_any(name, dataset->exclude, dataset->exclude_count);
}

/* These words are scopes of metrics; a record of that name could not be told from them in a report. */
static bool is_scope(const char *name)
{
    return strcmp(name, "gross") == 0 || strcmp(name, "average") == 0 || strcmp(name, "each") == 0;
}

int vr_plan_fit_streams(
    const struct vr_plan *plan, struct vr_streams *streams, int64_t *ret_cut_count,
    struct vr_err *err)
{
    const struct vr_dialect *dialect = plan->dialect;
    *ret_cut_count = 0;
    if (dialect->check) {
        int r = dialect->check(plan->dut, (uint8_t)plan->mode, streams->count, err);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < streams->count && dialect->usable; i++) {
        struct vr_stream *stream = &streams->items[i];
        int64_t usable = dialect->usable(plan->dut, stream->sample_count);
        if (usable == 0)
            return vr_err_set(
                err, VR_ERR_INPUT, "record %s: %lld samples are too few for one input of %s",
                vr_dataset_record(streams->dataset)->name, (long long)stream->sample_count,
                plan->dut->name);
        *ret_cut_count += stream->sample_count - usable;
        stream->sample_count = usable;
    }
    return 0;
}

/* Opens the record and its truth, so that whatever is malformed is said now.  A record without
 * signals is counted and left out. */
static int add_record(struct vr_plan *plan, const char *name, struct vr_err *err)
{
    const struct vr_scenario *scenario = plan->scenario;
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
    _cleanup_(vr_streams_finish) struct vr_streams streams = {0};
    _cleanup_(vr_annotations_finish) struct vr_annotations truth = {0};

    if (is_scope(name))
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: a record is called \"%s\", which names a scope of metrics; rename it or exclude "
            "it",
            plan->dataset_path, name);
    int r = vr_dataset_open(scenario->dataset.kind, plan->dataset_path, name, &dataset, err);
    if (r < 0)
        return r;
    if (vr_dataset_record(dataset)->signal_count == 0) {
        plan->signal_less_count++;
        return 0;
    }
    r = vr_record_check_whole(vr_dataset_record(dataset), err);
    if (r < 0)
        return r;
    int64_t cut_count;
    r = vr_streams_init(&streams, scenario, dataset, err);
    if (r == 0)
        r = vr_plan_fit_streams(plan, &streams, &cut_count, err);
    if (r < 0)
        return r;
    r = vr_dataset_truth(dataset, scenario->dataset.annotator, &truth, err);
    if (r < 0 && r != -VR_ERR_NOT_FOUND)
        return r;

    struct vr_plan_record *record = &plan->records[plan->record_count++];
    snprintf(record->name, sizeof record->name, "%s", name);
    snprintf(record->sha256, sizeof record->sha256, "%s", vr_dataset_record(dataset)->sha256);
    record->window_start = streams.items[0].first;
    record->window_count = streams.items[0].sample_count;
    record->duration_s = vr_streams_duration_s(&streams);
    return 0;
}

/* A name that selects nothing is a mistake: a run without it would pass for one with it. */
static int check_entry(const struct vr_plan *plan, const char *entry, struct vr_err *err)
{
    for (size_t i = 0; i < plan->record_count; i++)
        if (fnmatch(entry, plan->records[i].name, 0) == 0)
            return 0;
    return vr_err_set(
        err, VR_ERR_EMPTY, "%s: \"%s\" selects no record with signals in %s", plan->scenario->file,
        entry, plan->dataset_path);
}

static int check_entries(
    const struct vr_plan *plan, const struct vr_plan_options *options, struct vr_err *err)
{
    const struct vr_scenario_dataset *dataset = &plan->scenario->dataset;
    int r = 0;
    for (size_t i = 0; r == 0 && !options->records && i < dataset->record_count; i++)
        r = check_entry(plan, dataset->records[i], err);
    const char *list = options->records;
    while (r == 0 && list && *list) {
        char entry[VR_NAME_SIZE];
        size_t size = strcspn(list, ",");
        snprintf(entry, sizeof entry, "%.*s", (int)size, list);
        r = check_entry(plan, entry, err);
        list += size + (list[size] == ',');
    }
    return r;
}

static int nothing_selected(
    const struct vr_plan *plan, const struct vr_plan_options *options, size_t found,
    struct vr_err *err)
{
    return vr_err_set(
        err, VR_ERR_EMPTY,
        "%s: nothing selected in %s: %zu records there, %zu not matching%s%s, "
        "%zu without signals",
        plan->scenario->file, plan->dataset_path, found, plan->unselected_count,
        options->records ? " --records " : "", options->records ? options->records : "",
        plan->signal_less_count);
}

static int select_records(
    struct vr_plan *plan, const struct vr_plan_options *options, struct vr_err *err)
{
    _cleanup_(vr_names_finish) struct vr_names names = {0};
    const struct vr_scenario *scenario = plan->scenario;
    int r = vr_dataset_list(scenario->dataset.kind, plan->dataset_path, &names, err);
    if (r == -VR_ERR_NOT_FOUND && strncmp(plan->dataset_path, "builtin:", 8) != 0)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND,
            "%s:%d:%d: the dataset \"%s\" is looked for in %s, and there is no such folder; put "
            "the "
            "recordings there, or set VITALRIG_DATA to the folder of your datasets",
            scenario->file, scenario->dataset.path_place.line, scenario->dataset.path_place.column,
            scenario->dataset.path, plan->dataset_path);
    if (r < 0)
        return r;
    plan->records = calloc(names.count + 1, sizeof *plan->records);
    if (!plan->records)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu records", names.count);
    for (size_t i = 0; i < names.count; i++) {
        if (!selected(scenario, options, names.items[i])) {
            plan->unselected_count++;
            continue;
        }
        r = add_record(plan, names.items[i], err);
        if (r < 0)
            return r;
    }
    if (plan->record_count == 0)
        return nothing_selected(plan, options, names.count, err);
    return check_entries(plan, options, err);
}

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
    };
    int r = vr_scenario_dataset_path(scenario, &plan.dataset_path, err);
    if (r == 0)
        r = resolve_dut(&plan, rig, options, err);
    if (r == 0)
        r = select_records(&plan, options, err);
    if (r == 0)
        r = count_trials(&plan, err);
    if (r < 0) {
        vr_plan_finish(&plan);
        return r;
    }
    *ret_plan = plan;
    return 0;
}

struct vr_result_key_input vr_plan_key_input(const struct vr_plan *plan, size_t record, int repeat)
{
    return (struct vr_result_key_input){
        .scenario_sha256 = plan->scenario->sha256,
        .record_sha256 = plan->records[record].sha256,
        .window_start = plan->records[record].window_start,
        .window_count = plan->records[record].window_count,
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
    free(plan->records);
    free(plan->argv);
    free(plan->power_argv);
    free(plan->gpio);
    *plan = (struct vr_plan){0};
}
