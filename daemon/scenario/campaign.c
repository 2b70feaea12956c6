/* Campaigns: from a document that fits the schema to plain fields, and scenarios with their patches. */
#include "scenario/campaign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json_merge.h"
#include "base/schema.h"
#include "scenario/expand.h"
#include "scenario/field.h"

extern const char vr_schema_campaign[];

static int no_memory(struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a campaign");
}

/* --- reading --- */

static int read_path(
    const struct vr_json *node, const char *directory, char **ret_path, struct vr_err *err)
{
    char expanded[VR_EXPAND_SIZE_MAX], where[64];
    struct vr_err cause;
    const char *path = vr_json_string(node);
    vr_json_path(node, where, sizeof where);
    if (path[0] == '~')
        return vr_json_error(
            err, node, "%s: ~ is left to shells; write ${HOME}%s", where, path + 1);
    if (vr_expand_variables(path, expanded, &cause) < 0)
        return vr_json_error(err, node, "%s: %s", where, cause.text);
    *ret_path = vr_expand_relative(expanded, directory);
    return *ret_path ? 0 : no_memory(err);
}

static int read_scenarios(
    struct vr_campaign *campaign, const struct vr_json *list, const char *directory,
    struct vr_err *err)
{
    campaign->scenarios = calloc(vr_json_count(list), sizeof *campaign->scenarios);
    if (!campaign->scenarios)
        return no_memory(err);
    int r = 0;
    for (const struct vr_json *n = vr_json_first(list); n && r == 0; n = vr_json_next(n)) {
        struct vr_campaign_scenario *scenario = &campaign->scenarios[campaign->scenario_count++];
        scenario->place = vr_json_place(n);
        r = read_path(n, directory, &scenario->path, err);
    }
    return r;
}

static int read_names(
    const struct vr_json *list, const char ***ret_names, size_t *ret_count, struct vr_err *err)
{
    if (!list)
        return 0;
    *ret_names = calloc(vr_json_count(list) + 1, sizeof **ret_names);
    if (!*ret_names)
        return no_memory(err);
    for (const struct vr_json *n = vr_json_first(list); n; n = vr_json_next(n))
        (*ret_names)[(*ret_count)++] = vr_json_string(n);
    return 0;
}

static int read_records(
    struct vr_campaign *campaign, const struct vr_json *list, struct vr_err *err)
{
    char *text = NULL;
    size_t size = 0;
    if (!list)
        return 0;
    FILE *memory = open_memstream(&text, &size);
    if (!memory)
        return no_memory(err);
    for (const struct vr_json *n = vr_json_first(list); n; n = vr_json_next(n))
        fprintf(memory, "%s%s", n == vr_json_first(list) ? "" : ",", vr_json_string(n));
    bool is_cut = fclose(memory) != 0;
    campaign->records = text;
    return is_cut ? no_memory(err) : 0;
}

/* In a list of objects with names each name stands once. */
static int check_name(const struct vr_json *node, const char *what, struct vr_err *err)
{
    const struct vr_json *name = vr_json_get(node, "name");
    for (const struct vr_json *n = vr_json_first(vr_json_parent(node)); n != node;
         n = vr_json_next(n))
        if (vr_json_compare(vr_json_get(n, "name"), name) == 0)
            return vr_json_error(
                err, name, "%s: there is another \"%s\" in this list; choose another name", what,
                vr_json_string(name));
    return 0;
}

static int read_firmware(
    struct vr_campaign *campaign, const struct vr_json *list, const char *directory,
    struct vr_err *err)
{
    if (!list)
        return 0;
    campaign->firmware = calloc(vr_json_count(list), sizeof *campaign->firmware);
    if (!campaign->firmware)
        return no_memory(err);
    int r = 0;
    for (const struct vr_json *n = vr_json_first(list); n && r == 0; n = vr_json_next(n)) {
        struct vr_campaign_firmware *firmware = &campaign->firmware[campaign->firmware_count++];
        firmware->name = vr_field_text(n, "name", NULL);
        firmware->place = vr_json_place(n);
        r = check_name(n, "firmware", err);
        if (r == 0)
            r = read_path(vr_json_get(n, "path"), directory, &firmware->path, err);
    }
    return r;
}

static int read_variants(
    struct vr_campaign *campaign, const struct vr_json *list, struct vr_err *err)
{
    campaign->variants = calloc(list ? vr_json_count(list) : 1, sizeof *campaign->variants);
    if (!campaign->variants)
        return no_memory(err);
    if (!list)
        campaign->variants[campaign->variant_count++].name = "";
    int r = 0;
    for (const struct vr_json *n = list ? vr_json_first(list) : NULL; n && r == 0;
         n = vr_json_next(n)) {
        struct vr_campaign_variant *variant = &campaign->variants[campaign->variant_count++];
        const struct vr_json *patch = vr_json_get(n, "patch");
        variant->name = vr_field_text(n, "name", NULL);
        variant->patch = vr_json_count(patch) > 0 ? patch : NULL;
        variant->place = vr_json_place(patch);
        r = check_name(n, "variants", err);
    }
    return r;
}

static int read_campaign(
    struct vr_campaign *campaign, const struct vr_json *root, const char *directory,
    struct vr_err *err)
{
    int r = vr_schema_check_text(vr_schema_campaign, "campaign.schema.json", root, err);
    if (r < 0)
        return r;
    campaign->file = vr_json_doc_name(campaign->doc);
    campaign->name = vr_field_text(root, "name", NULL);
    campaign->description = vr_field_text(root, "description", "");
    campaign->repeat = (int)vr_field_number(root, "repeat", 0);
    campaign->has_seed = vr_json_get(root, "seed") != NULL;
    campaign->seed = (uint64_t)vr_field_number(root, "seed", 0);
    campaign->priority = (int)vr_field_number(root, "priority", 0);
    campaign->batch_s = vr_field_number(root, "batch_s", VR_CAMPAIGN_BATCH_S);
    r = read_scenarios(campaign, vr_json_get(root, "scenarios"), directory, err);
    if (r == 0)
        r = read_records(campaign, vr_json_get(root, "records"), err);
    if (r == 0)
        r = read_names(vr_json_get(root, "duts"), &campaign->duts, &campaign->dut_count, err);
    if (r == 0)
        r = read_firmware(campaign, vr_json_get(root, "firmware"), directory, err);
    if (r == 0)
        r = read_variants(campaign, vr_json_get(root, "variants"), err);
    if (r == 0)
        r = read_names(vr_json_get(root, "tags"), &campaign->tags, &campaign->tag_count, err);
    return r;
}

/* --- whole campaigns --- */

/* Takes ownership of `doc`; `directory` is NULL when its allocation failed. */
static int create_from(
    struct vr_json_doc *doc, const char *directory, struct vr_campaign **ret_campaign,
    struct vr_err *err)
{
    struct vr_campaign *campaign = directory ? calloc(1, sizeof *campaign) : NULL;
    if (!campaign) {
        vr_json_doc_destroy(doc);
        return no_memory(err);
    }
    campaign->doc = doc;
    int r = read_campaign(campaign, vr_json_doc_root(doc), directory, err);
    if (r < 0) {
        vr_campaign_destroy(campaign);
        return r;
    }
    *ret_campaign = campaign;
    return 0;
}

int vr_campaign_load(const char *path, struct vr_campaign **ret_campaign, struct vr_err *err)
{
    struct vr_json_doc *doc = NULL;
    int r = vr_json_doc_load(path, &doc, err);
    if (r < 0)
        return r;
    _cleanup_free_ char *directory = vr_expand_directory(path);
    return create_from(doc, directory, ret_campaign, err);
}

int vr_campaign_parse(
    const char *text, size_t size, const char *name, const char *directory,
    struct vr_campaign **ret_campaign, struct vr_err *err)
{
    struct vr_json_doc *doc = NULL;
    int r = vr_json_doc_create(text, size, name, &doc, err);
    return r < 0 ? r : create_from(doc, directory, ret_campaign, err);
}

void vr_campaign_destroy(struct vr_campaign *campaign)
{
    if (!campaign)
        return;
    for (size_t i = 0; i < campaign->scenario_count; i++)
        free(campaign->scenarios[i].path);
    for (size_t i = 0; i < campaign->firmware_count; i++)
        free(campaign->firmware[i].path);
    free(campaign->scenarios);
    free(campaign->records);
    free(campaign->duts);
    free(campaign->firmware);
    free(campaign->variants);
    free(campaign->tags);
    vr_json_doc_destroy(campaign->doc);
    free(campaign);
}

void vr_campaign_destroyp(struct vr_campaign **campaign)
{
    vr_campaign_destroy(*campaign);
}

/* --- scenarios --- */

static int refuse_scenario(
    const struct vr_campaign *campaign, struct vr_place place, const struct vr_err *cause,
    struct vr_err *err)
{
    return vr_err_set(
        err, cause->code, "%s:%d:%d: %s", campaign->file, place.line, place.column, cause->text);
}

/* Its places are those of the patched text, which nobody sees: the name says so. */
static int patch_scenario(
    const struct vr_json_doc *doc, const char *path, const struct vr_campaign_variant *variant,
    struct vr_scenario **ret_scenario, struct vr_err *err)
{
    _cleanup_free_ char *text = NULL, *name = NULL, *directory = vr_expand_directory(path);
    size_t size;
    if (!directory || asprintf(&name, "%s with variant \"%s\"", path, variant->name) < 0) {
        name = NULL;
        return no_memory(err);
    }
    int r = vr_json_merge(vr_json_doc_root(doc), variant->patch, &text, &size, err);
    return r < 0 ? r : vr_scenario_parse(text, size, name, directory, ret_scenario, err);
}

int vr_campaign_scenario(
    const struct vr_campaign *campaign, size_t scenario, size_t variant,
    struct vr_scenario **ret_scenario, struct vr_err *err)
{
    const struct vr_campaign_scenario *file = &campaign->scenarios[scenario];
    const struct vr_campaign_variant *with = &campaign->variants[variant];
    struct vr_err cause = {0};
    if (vr_scenario_load(file->path, ret_scenario, &cause) < 0)
        return refuse_scenario(campaign, file->place, &cause, err);
    if (!with->patch)
        return 0;
    vr_scenario_destroy(*ret_scenario);
    *ret_scenario = NULL;
    struct vr_json_doc *doc = NULL;
    int r = vr_json_doc_load(file->path, &doc, &cause);
    if (r == 0)
        r = patch_scenario(doc, file->path, with, ret_scenario, &cause);
    vr_json_doc_destroy(doc);
    return r < 0 ? refuse_scenario(campaign, with->place, &cause, err) : 0;
}
