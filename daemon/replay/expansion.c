/* Expansion: plans as a run makes them, and their keys. */
#include "replay/expansion.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "replay/plan.h"

static int no_memory(struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a campaign's cells");
}

/* Of one scenario in one variant, into one device or model. */
struct step {
    struct vr_expansion *expansion;
    const struct vr_expansion_options *options;
    const struct vr_scenario *scenario;
    const struct vr_campaign_scenario *file;
    const struct vr_campaign_variant *variant;
    const char *wanted;
    struct vr_rig *rig; /* of this step alone: builds change it */
    void **keys;        /* tsearch: keys of cells so far */
};

static int refuse(
    const struct vr_campaign *campaign, struct vr_place place, const struct vr_err *cause,
    struct vr_err *err)
{
    return vr_err_set(
        err, cause->code, "%s:%d:%d: %s", campaign->file, place.line, place.column, cause->text);
}

/* --- cells --- */

static int compare_keys(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* *ret_new false: a cell before has this key. */
static int note_key(void **keys, const char *key, bool *ret_new, struct vr_err *err)
{
    *ret_new = tfind(key, keys, compare_keys) == NULL;
    if (!*ret_new)
        return 0;
    char *copy = strdup(key);
    if (copy && tsearch(copy, keys, compare_keys))
        return 0;
    free(copy);
    return no_memory(err);
}

static int add_cell(
    struct step *step, const struct vr_plan *plan, size_t record, int repeat, struct vr_err *err)
{
    struct vr_expansion *expansion = step->expansion;
    struct vr_expansion_cell cell = {
        .group = expansion->group_count - 1,
        .repeat = repeat,
        .duration_s = plan->records[record].duration_s,
    };
    bool is_new = false;
    snprintf(cell.record, sizeof cell.record, "%s", plan->records[record].name);
    struct vr_err cause = {0};
    if (vr_plan_result_key(plan, record, repeat, cell.key, &cause) < 0)
        return refuse(expansion->campaign, step->file->place, &cause, err);
    int r = note_key(step->keys, cell.key, &is_new, err);
    if (r < 0)
        return r;
    if (!is_new) {
        expansion->twin_count++;
        return 0;
    }
    if (expansion->cell_count == expansion->cell_room) {
        size_t room = expansion->cell_room * 2 + 256;
        void *cells = reallocarray(expansion->cells, room, sizeof *expansion->cells);
        if (!cells)
            return no_memory(err);
        expansion->cells = cells;
        expansion->cell_room = room;
    }
    expansion->cells[expansion->cell_count++] = cell;
    return 0;
}

static int add_group(
    struct step *step, const struct vr_plan *plan, const struct vr_campaign_firmware *firmware,
    struct vr_err *err)
{
    struct vr_expansion *expansion = step->expansion;
    if (expansion->group_count == expansion->group_room) {
        size_t room = expansion->group_room * 2 + 16;
        void *groups = reallocarray(expansion->groups, room, sizeof *expansion->groups);
        if (!groups)
            return no_memory(err);
        expansion->groups = groups;
        expansion->group_room = room;
    }
    struct vr_expansion_group *group = &expansion->groups[expansion->group_count++];
    *group = (struct vr_expansion_group){
        .scenario = step->scenario,
        .variant = step->variant,
        .firmware = firmware,
        .wanted = step->wanted,
    };
    snprintf(group->model, sizeof group->model, "%s", plan->dut->model);
    snprintf(group->firmware_hash, sizeof group->firmware_hash, "%s", plan->firmware_hash);
    for (size_t i = 0; step->rig && i < step->rig->dut_count; i++)
        group->device_count += vr_rig_fits(&step->rig->duts[i], step->wanted);

    int r = 0;
    for (int repeat = 0; r == 0 && repeat < plan->repeat; repeat++)
        for (size_t record = 0; r == 0 && record < plan->record_count; record++)
            r = add_cell(step, plan, record, repeat, err);
    return r;
}

/* --- builds --- */

static int make_plan(struct step *step, struct vr_plan *ret_plan, struct vr_err *err)
{
    const struct vr_campaign *campaign = step->expansion->campaign;
    const struct vr_plan_options options = {
        .dut = step->wanted,
        .records = campaign->records,
        .repeat = campaign->repeat,
        .seed = campaign->seed,
        .has_seed = campaign->has_seed,
        .sim_program = step->options->sim_program,
        .meter_program = step->options->meter_program,
    };
    struct vr_err cause = {0};
    int r = vr_plan_make(step->scenario, step->rig, &options, ret_plan, &cause);
    return r < 0 ? refuse(campaign, step->file->place, &cause, err) : 0;
}

static int put_firmware(
    struct step *step, const struct vr_campaign_firmware *firmware,
    char ret_hash[VR_BUILD_ID_HEX_SIZE], struct vr_err *err)
{
    struct vr_err cause = {0};
    int r = vr_build_id_load(firmware->path, ret_hash, &cause);
    if (r == 0 && step->rig)
        r = vr_rig_set_firmware(step->rig, step->wanted, firmware->path, &cause);
    else if (r == 0)
        r = vr_err_set(&cause, VR_ERR_USAGE, "no rig file says how it is put onto a device");
    if (r == 0)
        return 0;
    return vr_err_set(
        err, cause.code, "%s:%d:%d: firmware %s: %s", step->expansion->campaign->file,
        firmware->place.line, firmware->place.column, firmware->name, cause.text);
}

/* The records are read once, with the first build: what another one changes is its hash. */
static int expand_builds(struct step *step, struct vr_err *err)
{
    const struct vr_campaign *campaign = step->expansion->campaign;
    _cleanup_(vr_plan_finish) struct vr_plan plan = {0};
    char hash[VR_BUILD_ID_HEX_SIZE] = "";
    int r = 0;
    if (campaign->firmware_count == 0) {
        r = make_plan(step, &plan, err);
        return r < 0 ? r : add_group(step, &plan, NULL, err);
    }
    for (size_t i = 0; i < campaign->firmware_count && r == 0; i++) {
        const struct vr_campaign_firmware *firmware = &campaign->firmware[i];
        r = put_firmware(step, firmware, hash, err);
        if (r == 0 && i == 0)
            r = make_plan(step, &plan, err);
        if (r < 0)
            return r;
        snprintf(plan.firmware_hash, sizeof plan.firmware_hash, "%s", hash);
        r = add_group(step, &plan, firmware, err);
    }
    return r;
}

/* --- all of it --- */

static int expand_device(struct step *step, struct vr_err *err)
{
    int r = step->options->rig ? vr_rig_load(step->options->rig, &step->rig, err) : 0;
    if (r == 0)
        r = expand_builds(step, err);
    vr_rig_destroy(step->rig);
    step->rig = NULL;
    return r;
}

static int expand_scenario(struct step *step, struct vr_err *err)
{
    const struct vr_campaign *campaign = step->expansion->campaign;
    int r = 0;
    step->wanted = step->scenario->dut;
    if (campaign->dut_count == 0)
        return expand_device(step, err);
    for (size_t i = 0; i < campaign->dut_count && r == 0; i++) {
        step->wanted = campaign->duts[i];
        r = expand_device(step, err);
    }
    return r;
}

static int expand(
    struct vr_expansion *expansion, const struct vr_expansion_options *options, void **keys,
    struct vr_err *err)
{
    const struct vr_campaign *campaign = expansion->campaign;
    int r = 0;
    expansion->scenarios =
        calloc(campaign->scenario_count * campaign->variant_count, sizeof *expansion->scenarios);
    if (!expansion->scenarios)
        return no_memory(err);
    for (size_t s = 0; s < campaign->scenario_count; s++) {
        for (size_t v = 0; v < campaign->variant_count; v++) {
            struct vr_scenario **scenario = &expansion->scenarios[expansion->scenario_count];
            r = vr_campaign_scenario(campaign, s, v, scenario, err);
            if (r < 0)
                return r;
            expansion->scenario_count++;
            struct step step = {
                .expansion = expansion,
                .options = options,
                .scenario = *scenario,
                .file = &campaign->scenarios[s],
                .variant = &campaign->variants[v],
                .keys = keys,
            };
            r = expand_scenario(&step, err);
            if (r < 0)
                return r;
        }
    }
    return r;
}

int vr_expansion_make(
    const struct vr_campaign *campaign, const struct vr_expansion_options *options,
    struct vr_expansion *ret_expansion, struct vr_err *err)
{
    struct vr_expansion expansion = {.campaign = campaign};
    void *keys = NULL;
    int r = expand(&expansion, options, &keys, err);
    tdestroy(keys, free);
    if (r < 0) {
        vr_expansion_finish(&expansion);
        return r;
    }
    *ret_expansion = expansion;
    return 0;
}

void vr_expansion_finish(struct vr_expansion *expansion)
{
    for (size_t i = 0; i < expansion->scenario_count; i++)
        vr_scenario_destroy(expansion->scenarios[i]);
    free(expansion->scenarios);
    free(expansion->groups);
    free(expansion->cells);
    *expansion = (struct vr_expansion){0};
}

/* --- the manifest --- */

/* RFC 4180; only record names can need it. */
static void put_quoted(const char *text, FILE *out)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

void vr_expansion_manifest(const struct vr_expansion *expansion, FILE *out)
{
    fputs("key,scenario,variant,model,firmware,firmware_hash,record,repeat,duration_s\n", out);
    for (size_t i = 0; i < expansion->cell_count; i++) {
        const struct vr_expansion_cell *cell = &expansion->cells[i];
        const struct vr_expansion_group *group = &expansion->groups[cell->group];
        fprintf(
            out, "%s,%s,%s,%s,%s,%s,", cell->key, group->scenario->name, group->variant->name,
            group->model, group->firmware ? group->firmware->name : "", group->firmware_hash);
        put_quoted(cell->record, out);
        fprintf(out, ",%d,%.3f\n", cell->repeat, cell->duration_s);
    }
}
