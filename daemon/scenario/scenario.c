/* Scenarios: from a document that fits the schema to a plain struct.  The schema has judged every
 * value by itself; here they are judged together. */
#include "scenario/scenario.h"
#include "base/cleanup.h"
#include "base/schema.h"
#include "scenario/expand.h"
#include "scenario/field.h"
#include "scenario/scenario_parts.h"

#include <string.h>

#define FRAME_SIZE 1028 /* 512 samples of 16 bits behind their index */

extern const char vr_schema_scenario[];

/* -- the parts of a scenario -- */

static int read_dataset(
    struct vr_scenario_dataset *dataset, const struct vr_json *node, struct vr_err *err)
{
    const struct vr_json *path = vr_json_get(node, "path"), *kind = vr_json_get(node, "kind");
    const struct vr_json *window = vr_json_get(node, "window");
    dataset->path = vr_json_string(path);
    dataset->path_place = vr_json_place(path);
    dataset->kind = vr_field_text(node, "kind", "auto");
    dataset->annotator = vr_field_text(node, "annotator", "atr");
    dataset->window_start_s = vr_field_number(window, "start_s", 0);
    dataset->window_length_s = vr_field_number(window, "length_s", 0);
    dataset->warmup_s = vr_field_number(window, "warmup_s", 0);

    if (dataset->path[0] == '~')
        return vr_json_error(
            err, path, "dataset.path: ~ is left to shells; write ${HOME}%s", dataset->path + 1);
    if (strncmp(dataset->path, "builtin:", 8) == 0 && strcmp(dataset->kind, "wfdb") == 0)
        return vr_json_error(
            err, kind, "dataset.kind: built-in datasets are synth; remove it or name a folder");
    int r = vr_field_strings(node, "records", &dataset->records, &dataset->record_count, err);
    return r < 0
               ? r
               : vr_field_strings(node, "exclude", &dataset->exclude, &dataset->exclude_count, err);
}

static void read_replay(struct vr_scenario_replay *replay, const struct vr_json *node)
{
    const struct vr_json *speed = node ? vr_json_get(node, "speed") : NULL;
    bool is_paced = speed && vr_json_kind(speed) == VR_JSON_NUMBER;
    bool is_silent = speed && !is_paced && strcmp(vr_json_string(speed), "silent") == 0;
    replay->mode = is_paced ? WIRE_MODE_PACED : is_silent ? WIRE_MODE_SILENT : WIRE_MODE_MAX;
    replay->speed = is_paced ? vr_json_number(speed) : 0;
    replay->repeat = (unsigned)vr_field_number(node, "repeat", 1);
    replay->seed = (uint64_t)vr_field_number(node, "seed", 0);
    replay->frame_size = (unsigned)vr_field_number(node, "frame_size", FRAME_SIZE);
    replay->retries = (unsigned)vr_field_number(node, "retries", 0);
}

static int read_scenario(
    struct vr_scenario *scenario, const struct vr_json *root, struct vr_err *err)
{
    int r = vr_schema_check_text(vr_schema_scenario, "scenario.schema.json", root, err);
    if (r < 0)
        return r;
    scenario->file = vr_json_doc_name(scenario->doc);
    scenario->text = vr_json_doc_text(scenario->doc, &scenario->text_size);
    vr_digest_bytes(scenario->text, scenario->text_size, scenario->sha256);

    scenario->name = vr_field_text(root, "name", NULL);
    scenario->description = vr_field_text(root, "description", "");
    scenario->algorithm = vr_field_text(root, "algorithm", NULL);
    scenario->dut = vr_field_text(root, "dut", "sim");
    scenario->timeout_s = vr_field_number(root, "timeout_s", 0);
    read_replay(&scenario->replay, vr_json_get(root, "replay"));

    r = vr_field_strings(root, "tags", &scenario->tags, &scenario->tag_count, err);
    if (r == 0)
        r = read_dataset(&scenario->dataset, vr_json_get(root, "dataset"), err);
    if (r == 0)
        r = vr_scenario_channels_read(scenario, vr_json_get(root, "channels"), err);
    if (r == 0)
        r = vr_scenario_faults_read(
            scenario, vr_json_get(root, "signal_faults"), vr_json_get(root, "sweep"), err);
    if (r == 0)
        r = vr_scenario_scores_read(scenario, vr_json_get(root, "score"), err);
    if (r == 0)
        r = vr_scenario_gates_read(scenario, vr_json_get(root, "gates"), err);
    return r;
}

/* -- whole scenarios -- */

/* Takes ownership of `doc` and `directory`, which is NULL when its allocation failed. */
static int create_from(
    struct vr_json_doc *doc, char *directory, struct vr_scenario **ret_scenario, struct vr_err *err)
{
    struct vr_scenario *scenario = directory ? calloc(1, sizeof *scenario) : NULL;
    if (!scenario) {
        free(directory);
        vr_json_doc_destroy(doc);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
    }
    scenario->doc = doc;
    scenario->directory = directory;
    int r = read_scenario(scenario, vr_json_doc_root(doc), err);
    if (r < 0) {
        vr_scenario_destroy(scenario);
        return r;
    }
    *ret_scenario = scenario;
    return 0;
}

int vr_scenario_load(const char *path, struct vr_scenario **ret_scenario, struct vr_err *err)
{
    struct vr_json_doc *doc = NULL;
    int r = vr_json_doc_load(path, &doc, err);
    return r < 0 ? r : create_from(doc, vr_expand_directory(path), ret_scenario, err);
}

int vr_scenario_parse(
    const char *text, size_t size, const char *name, const char *directory,
    struct vr_scenario **ret_scenario, struct vr_err *err)
{
    struct vr_json_doc *doc = NULL;
    int r = vr_json_doc_create(text, size, name, &doc, err);
    return r < 0 ? r : create_from(doc, strdup(directory), ret_scenario, err);
}

int vr_scenario_place_path(
    const struct vr_scenario *scenario, const char *text, struct vr_place place, const char *member,
    char **ret_path, struct vr_err *err)
{
    char expanded[VR_EXPAND_SIZE_MAX];
    struct vr_err fault;
    if (vr_expand_variables(text, expanded, &fault) < 0)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s:%d:%d: %s: %s", scenario->file, place.line, place.column, member,
            fault.text);

    bool is_builtin = strncmp(expanded, "builtin:", 8) == 0;
    char *path = is_builtin ? strdup(expanded) : vr_expand_relative(expanded, scenario->directory);
    if (!path)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
    *ret_path = path;
    return 0;
}

int vr_scenario_dataset_path(
    const struct vr_scenario *scenario, char **ret_path, struct vr_err *err)
{
    const struct vr_scenario_dataset *dataset = &scenario->dataset;
    return vr_scenario_place_path(
        scenario, dataset->path, dataset->path_place, "dataset.path", ret_path, err);
}

void vr_scenario_destroy(struct vr_scenario *scenario)
{
    if (!scenario)
        return;
    free(scenario->tags);
    free(scenario->dataset.records);
    free(scenario->dataset.exclude);
    vr_scenario_faults_finish(scenario);
    vr_scenario_scores_finish(scenario);
    free(scenario->gates);
    free(scenario->directory);
    vr_json_doc_destroy(scenario->doc);
    free(scenario);
}

void vr_scenario_destroyp(struct vr_scenario **scenario)
{
    vr_scenario_destroy(*scenario);
}
