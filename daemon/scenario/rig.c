/* Rigs: from a document that fits the schema to plain lists of devices and meters. */
#include "scenario/rig.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/nearest.h"
#include "base/schema.h"
#include "scenario/expand.h"
#include "scenario/field.h"
#include "scenario/rig_dut.h"
#include "scenario/rig_meter.h"

extern const char vr_schema_rig[];

#define BUILTIN(dut_name, dut_kind, what) \
    { \
        .name = dut_name, .model = dut_name, .kind = dut_kind, .description = what, \
        .dialect = VR_RIG_DIALECT, .usb_interface = -1, \
        .command_timeout_s = VR_RIG_COMMAND_TIMEOUT_S, .replug_s = VR_RIG_REPLUG_S, \
        .quarantine_after = VR_RIG_QUARANTINE_AFTER, \
    }

static const struct vr_rig_dut builtins[] = {
    BUILTIN("sim", "pty", "the simulated device, a process on a pty"),
    BUILTIN("loop", "loop", "a device inside this process"),
};

/* The simulated device's: wired as its lines are numbered (firmware-stub/dut/dut.h). */
static const struct vr_rig_meter builtin_meter = {
    .name = "sim",
    .kind = "ppk2",
    .description = "the simulated meter, a process on a pty",
    .usb_interface = -1,
    .supply_v = 3,
    .powers_device = true,
    .busy_line = 0,
    .inference_line = 1,
    .sync_line = 2,
};

#define BUILTIN_COUNT (sizeof builtins / sizeof *builtins)

const struct vr_rig_dut *vr_rig_builtin(size_t index)
{
    return index < BUILTIN_COUNT ? &builtins[index] : NULL;
}

static const struct vr_rig_dut *find_in(
    const struct vr_rig_dut *duts, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(duts[i].name, name) == 0)
            return &duts[i];
    return NULL;
}

/* -- reading -- */

/* A name that is built in would be found instead of this device. */
static int check_name(const struct vr_json *node, struct vr_err *err)
{
    if (!find_in(builtins, BUILTIN_COUNT, vr_json_key(node)))
        return 0;
    return vr_json_key_error(
        err, node, "duts.%s: this name is built in; choose another one", vr_json_key(node));
}

static const struct vr_rig_meter *find_meter(const struct vr_rig *rig, const char *name)
{
    for (size_t i = 0; rig && i < rig->meter_count; i++)
        if (strcmp(rig->meters[i].name, name) == 0)
            return &rig->meters[i];
    return NULL;
}

static int read_meters(
    struct vr_rig *rig, const struct vr_json *meters, const char *directory, struct vr_err *err)
{
    int r = 0;
    if (!meters)
        return 0;
    rig->meters = calloc(vr_json_count(meters) + 1, sizeof *rig->meters);
    if (!rig->meters)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
    for (const struct vr_json *n = vr_json_first(meters); n && r == 0; n = vr_json_next(n))
        r = vr_rig_meter_read(&rig->meters[rig->meter_count++], n, directory, err);
    return r;
}

/* A device draws its power through one meter, and a meter measures one device: two would be one current. */
static int check_meter(const struct vr_rig *rig, const struct vr_json *dut, struct vr_err *err)
{
    const struct vr_json *node = vr_json_get(dut, "meter");
    if (!node)
        return 0;
    if (!find_meter(rig, vr_json_string(node)))
        return vr_json_error(
            err, node, "duts.%s.meter: no meter \"%s\" in this file; add it to \"meters\"",
            vr_json_key(dut), vr_json_string(node));
    for (size_t i = 0; i + 1 < rig->dut_count; i++)
        if (rig->duts[i].meter && strcmp(rig->duts[i].meter, vr_json_string(node)) == 0)
            return vr_json_error(
                err, node, "duts.%s.meter: %s measures %s already; each device needs its own",
                vr_json_key(dut), vr_json_string(node), rig->duts[i].name);
    return 0;
}

/* A name that is one device's own and another one's model would ask for either. */
static int check_model(const struct vr_rig *rig, const struct vr_json *dut, struct vr_err *err)
{
    const struct vr_json *node = vr_json_get(dut, "model");
    const char *model = node ? vr_json_string(node) : NULL;
    if (!model || strcmp(model, vr_json_key(dut)) == 0)
        return 0;
    if (!find_in(builtins, BUILTIN_COUNT, model) && !find_in(rig->duts, rig->dut_count, model))
        return 0;
    return vr_json_error(
        err, node, "duts.%s.model: \"%s\" is the name of a device; choose another word",
        vr_json_key(dut), model);
}

static int read_duts(struct vr_rig *rig, const struct vr_json *duts, struct vr_err *err)
{
    int r = 0;
    for (const struct vr_json *n = vr_json_first(duts); n && r == 0; n = vr_json_next(n)) {
        r = check_name(n, err);
        if (r == 0)
            r = vr_rig_dut_read(&rig->duts[rig->dut_count++], n, rig->directory, NULL, err);
        if (r == 0)
            r = check_meter(rig, n, err);
    }
    for (const struct vr_json *n = vr_json_first(duts); n && r == 0; n = vr_json_next(n))
        r = check_model(rig, n, err);
    return r;
}

static int read_rig(struct vr_rig *rig, struct vr_err *err)
{
    const struct vr_json *root = vr_json_doc_root(rig->doc);
    int r = vr_schema_check_text(vr_schema_rig, "rig.schema.json", root, err);
    if (r < 0)
        return r;
    rig->file = vr_json_doc_name(rig->doc);
    rig->name = vr_field_text(root, "name", NULL);
    rig->description = vr_field_text(root, "description", "");

    const struct vr_json *duts = vr_json_get(root, "duts");
    rig->duts = calloc(vr_json_count(duts) + 1, sizeof *rig->duts);
    if (!rig->duts)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
    r = read_meters(rig, vr_json_get(root, "meters"), rig->directory, err);
    return r < 0 ? r : read_duts(rig, duts, err);
}

/* Takes ownership of `doc` and `directory`. */
static int create_from(
    struct vr_json_doc *doc, char *directory, struct vr_rig **ret_rig, struct vr_err *err)
{
    struct vr_rig *rig = directory ? calloc(1, sizeof *rig) : NULL;
    if (!rig) {
        free(directory);
        vr_json_doc_destroy(doc);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
    }
    rig->doc = doc;
    rig->directory = directory;
    int r = read_rig(rig, err);
    if (r < 0) {
        vr_rig_destroy(rig);
        return r;
    }
    *ret_rig = rig;
    return 0;
}

int vr_rig_load(const char *path, struct vr_rig **ret_rig, struct vr_err *err)
{
    struct vr_json_doc *doc = NULL;
    int r = vr_json_doc_load(path, &doc, err);
    if (r < 0)
        return r;
    return create_from(doc, vr_expand_directory(path), ret_rig, err);
}

int vr_rig_parse(
    const char *text, size_t size, const char *name, const char *directory, struct vr_rig **ret_rig,
    struct vr_err *err)
{
    struct vr_json_doc *doc = NULL;
    int r = vr_json_doc_create(text, size, name, &doc, err);
    return r < 0 ? r : create_from(doc, strdup(directory), ret_rig, err);
}

/* -- looking up -- */

static int refuse_name(const struct vr_rig *rig, const char *name, struct vr_err *err)
{
    size_t file_count = rig ? rig->dut_count : 0, count = 0;
    _cleanup_free_ const char **names = calloc(BUILTIN_COUNT + file_count, sizeof *names);
    for (size_t i = 0; names && i < file_count; i++)
        names[count++] = rig->duts[i].name;
    for (size_t i = 0; names && i < BUILTIN_COUNT; i++)
        names[count++] = builtins[i].name;

    const char *nearest = vr_nearest(name, names, count);
    const char *where = rig ? rig->file : "no rig file given";
    if (nearest)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND, "%s: no device \"%s\"; did you mean \"%s\"?", where, name,
            nearest);
    return vr_err_set(
        err, VR_ERR_NOT_FOUND, "%s: no device \"%s\"; add it to \"duts\" of a rig file, or use sim",
        where, name);
}

int vr_rig_find(
    const struct vr_rig *rig, const char *name, const struct vr_rig_dut **ret_dut,
    struct vr_err *err)
{
    const struct vr_rig_dut *dut = find_in(builtins, BUILTIN_COUNT, name);
    if (!dut && rig)
        dut = find_in(rig->duts, rig->dut_count, name);
    if (!dut)
        return refuse_name(rig, name, err);
    *ret_dut = dut;
    return 0;
}

bool vr_rig_fits(const struct vr_rig_dut *dut, const char *wanted)
{
    return strcmp(dut->name, wanted) == 0 || strcmp(dut->model, wanted) == 0;
}

int vr_rig_find_fit(
    const struct vr_rig *rig, const char *wanted, const struct vr_rig_dut **ret_dut,
    struct vr_err *err)
{
    bool is_name = vr_rig_find(rig, wanted, ret_dut, NULL) == 0;
    for (size_t i = 0; !is_name && rig && i < rig->dut_count; i++)
        if (vr_rig_fits(&rig->duts[i], wanted)) {
            *ret_dut = &rig->duts[i];
            return 0;
        }
    return is_name ? 0 : refuse_name(rig, wanted, err);
}

/* -- another image -- */

static int replace_firmware(
    struct vr_rig *rig, struct vr_rig_dut *dut, const char *image, struct vr_err *err)
{
    const struct vr_json *duts = vr_json_get(vr_json_doc_root(rig->doc), "duts");
    struct vr_rig_dut other = {0};
    if (!dut->takes_firmware)
        return vr_err_set(
            err, VR_ERR_USAGE,
            "%s:%d:%d: duts.%s: cannot be given the image %s: neither its \"flash\" nor its "
            "\"argv\" names {firmware}",
            rig->file, dut->place.line, dut->place.column, dut->name, image);
    int r = vr_rig_dut_read(&other, vr_json_get(duts, dut->name), rig->directory, image, err);
    if (r < 0) {
        vr_rig_dut_finish(&other);
        return r;
    }
    vr_rig_dut_finish(dut);
    *dut = other;
    return 0;
}

int vr_rig_set_firmware(
    struct vr_rig *rig, const char *wanted, const char *image, struct vr_err *err)
{
    const struct vr_rig_dut *first;
    int r = vr_rig_find_fit(rig, wanted, &first, err);
    if (r == 0 && first->place.line == 0)
        r = vr_err_set(
            err, VR_ERR_USAGE, "%s: is built in, and cannot be given the image %s", first->name,
            image);
    for (size_t i = 0; r == 0 && i < rig->dut_count; i++)
        if (vr_rig_fits(&rig->duts[i], wanted))
            r = replace_firmware(rig, &rig->duts[i], image, err);
    return r;
}

const struct vr_rig_meter *vr_rig_meter_of(const struct vr_rig *rig, const struct vr_rig_dut *dut)
{
    if (dut->place.line == 0)
        return strcmp(dut->name, "sim") == 0 ? &builtin_meter : NULL;
    return dut->meter ? find_meter(rig, dut->meter) : NULL;
}

void vr_rig_destroy(struct vr_rig *rig)
{
    if (!rig)
        return;
    for (size_t i = 0; i < rig->dut_count; i++)
        vr_rig_dut_finish(&rig->duts[i]);
    for (size_t i = 0; i < rig->meter_count; i++)
        vr_rig_meter_finish(&rig->meters[i]);
    free(rig->meters);
    free(rig->duts);
    free(rig->directory);
    vr_json_doc_destroy(rig->doc);
    free(rig);
}

void vr_rig_destroyp(struct vr_rig **rig)
{
    vr_rig_destroy(*rig);
}
