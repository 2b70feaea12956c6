/* A device's fields, and the pairs of them that contradict each other. */
#include "scenario/rig_dut.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "scenario/expand.h"

static int no_memory(struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
}

/* --- single fields --- */

static const char *text_of(const struct vr_json *object, const char *key, const char *absent)
{
    const struct vr_json *node = vr_json_get(object, key);
    return node ? vr_json_string(node) : absent;
}

static double number_of(const struct vr_json *object, const char *key, double absent)
{
    const struct vr_json *node = vr_json_get(object, key);
    return node ? vr_json_number(node) : absent;
}

static bool bool_of(const struct vr_json *object, const char *key)
{
    const struct vr_json *node = vr_json_get(object, key);
    return node && vr_json_bool(node);
}

static enum vr_rig_level level_of(const struct vr_json *object, const char *key)
{
    const char *word = text_of(object, key, "keep");
    if (strcmp(word, "assert") == 0)
        return VR_RIG_LEVEL_ASSERT;
    return strcmp(word, "clear") == 0 ? VR_RIG_LEVEL_CLEAR : VR_RIG_LEVEL_KEEP;
}

static int read_path(
    char **ret_path, const struct vr_json *object, const char *key, const char *directory,
    struct vr_err *err)
{
    const char *text = text_of(object, key, NULL);
    if (!text)
        return 0;
    *ret_path = vr_expand_relative(text, directory);
    return *ret_path ? 0 : no_memory(err);
}

/* "0403:6001"; the schema has checked the digits. */
static void read_usb_id(struct vr_rig_dut *dut, const struct vr_json *node)
{
    const char *text = text_of(node, "usb_id", NULL);
    if (!text)
        return;
    dut->usb_vendor = (uint16_t)strtoul(text, NULL, 16);
    dut->usb_product = (uint16_t)strtoul(strchr(text, ':') + 1, NULL, 16);
}

/* --- argument lists --- */

/* What stands for `name` in the arguments of a program, NULL = the device has no such value. */
struct placeholder {
    const char *name, *key, *value;
};

static int refuse_placeholder(
    const struct placeholder *placeholder, const struct vr_json *argument, struct vr_err *err)
{
    char path[256];
    return vr_json_error(
        err, argument, "%s: %s stands for the device's \"%s\", which is not given; add it",
        vr_json_path(argument, path, sizeof path), placeholder->name, placeholder->key);
}

/* The one that `text` begins with, NULL = none. */
static const struct placeholder *placeholder_at(
    const char *text, const struct placeholder placeholders[2])
{
    for (size_t i = 0; i < 2; i++)
        if (strncmp(text, placeholders[i].name, strlen(placeholders[i].name)) == 0)
            return &placeholders[i];
    return NULL;
}

/* Replace every placeholder.  `ret` NULL = only measure; the size counts the terminator. */
static size_t substitute(const char *text, const struct placeholder placeholders[2], char *ret)
{
    size_t size = 0;
    while (*text) {
        const struct placeholder *found = placeholder_at(text, placeholders);
        const char *from = found ? found->value : text;
        size_t length = found ? strlen(from) : 1;
        if (ret)
            memcpy(ret + size, from, length);
        size += length;
        text += found ? strlen(found->name) : 1;
    }
    if (ret)
        ret[size] = '\0';
    return size + 1;
}

static int read_argument(
    char **ret_argument, const struct vr_json *node, const struct placeholder placeholders[2],
    struct vr_err *err)
{
    const char *text = vr_json_string(node);
    for (size_t i = 0; i < 2; i++)
        if (!placeholders[i].value && strstr(text, placeholders[i].name))
            return refuse_placeholder(&placeholders[i], node, err);
    *ret_argument = malloc(substitute(text, placeholders, NULL));
    if (!*ret_argument)
        return no_memory(err);
    substitute(text, placeholders, *ret_argument);
    return 0;
}

/* A program that is written with a slash is a file beside the rig file. */
static int read_program(
    char **ret_program, const struct vr_json *node, const char *directory, struct vr_err *err)
{
    char path[256];
    const char *text = vr_json_string(node);
    if (!*text)
        return vr_json_error(
            err, node, "%s: no program; write its name", vr_json_path(node, path, sizeof path));
    *ret_program = strchr(text, '/') ? vr_expand_relative(text, directory) : strdup(text);
    return *ret_program ? 0 : no_memory(err);
}

static int read_argv(
    char ***ret_argv, const struct vr_json *list, const struct placeholder placeholders[2],
    const char *directory, struct vr_err *err)
{
    if (!list)
        return 0;
    *ret_argv = calloc(vr_json_count(list) + 1, sizeof **ret_argv);
    if (!*ret_argv)
        return no_memory(err);
    const struct vr_json *node = vr_json_first(list);
    char **next = *ret_argv;
    int r = read_program(next, node, directory, err);
    while (r == 0 && (node = vr_json_next(node)))
        r = read_argument(++next, node, placeholders, err);
    return r;
}

static int read_commands(
    struct vr_rig_dut *dut, const struct vr_json *node, const char *directory, struct vr_err *err)
{
    const struct placeholder placeholders[2] = {
        {"{firmware}", "firmware", dut->firmware}, {"{serial}", "usb_serial", dut->usb_serial}};
    int r = read_argv(&dut->argv, vr_json_get(node, "argv"), placeholders, directory, err);
    if (r == 0)
        r = read_argv(&dut->flash, vr_json_get(node, "flash"), placeholders, directory, err);
    if (r == 0)
        r = read_argv(&dut->reset, vr_json_get(node, "reset"), placeholders, directory, err);
    if (r == 0)
        r = read_argv(
            &dut->power_cycle, vr_json_get(node, "power_cycle"), placeholders, directory, err);
    return r;
}

/* --- contradictions --- */

/* Whether a program of the device is told its serial number, as a bridge to a debug probe is. */
static bool is_serial_told(const struct vr_json *node)
{
    static const char *const keys[] = {"argv", "flash", "reset", "power_cycle"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct vr_json *list = vr_json_get(node, keys[i]);
        const struct vr_json *word = list ? vr_json_first(list) : NULL;
        for (; word; word = vr_json_next(word))
            if (strstr(vr_json_string(word), "{serial}"))
                return true;
    }
    return false;
}

/* A process is started by us: it has no USB identity, no bit rate, no control lines, and it is away when it is away. */
static int check_process(const struct vr_json *node, struct vr_err *err)
{
    static const char *const keys[] = {"usb_serial", "usb_id", "usb_interface", "baud", "rtscts",
                                       "dtr",        "rts"};
    const struct vr_json *serial = vr_json_get(node, "usb_serial");
    if (vr_json_get(node, "path"))
        return vr_json_key_error(
            err, node, "duts.%s: give argv (a program to start) or path (an existing port)",
            vr_json_key(node));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct vr_json *other = vr_json_get(node, keys[i]);
        if (other && !(other == serial && is_serial_told(node)))
            return vr_json_key_error(
                err, other,
                "duts.%s.%s: says which port a device is on, but argv starts it as a program; "
                "remove one of the two",
                vr_json_key(node), keys[i]);
    }
    return 0;
}

static int check(const struct vr_rig_dut *dut, const struct vr_json *node, struct vr_err *err)
{
    if (dut->rtscts && dut->rts != VR_RIG_LEVEL_KEEP)
        return vr_json_key_error(
            err, vr_json_get(node, "rts"),
            "duts.%s.rts: with rtscts the port itself drives RTS; remove one of the two",
            dut->name);
    return vr_json_get(node, "argv") ? check_process(node, err) : 0;
}

int vr_rig_dut_read(
    struct vr_rig_dut *dut, const struct vr_json *node, const char *directory, struct vr_err *err)
{
    *dut = (struct vr_rig_dut){
        .name = vr_json_key(node),
        .kind = text_of(node, "kind", NULL),
        .dialect = text_of(node, "dialect", VR_RIG_DIALECT),
        .description = text_of(node, "description", ""),
        .place = vr_json_key_place(node),
        .usb_serial = text_of(node, "usb_serial", NULL),
        .usb_interface = (int)number_of(node, "usb_interface", -1),
        .baud = (uint32_t)number_of(node, "baud", 0),
        .rtscts = bool_of(node, "rtscts"),
        .dtr = level_of(node, "dtr"),
        .rts = level_of(node, "rts"),
        .device_id = text_of(node, "device_id", NULL),
        .firmware_hash = text_of(node, "firmware_hash", NULL),
        .command_timeout_s = number_of(node, "command_timeout_s", VR_RIG_COMMAND_TIMEOUT_S),
        .replug_s = number_of(node, "replug_s", VR_RIG_REPLUG_S),
        .quarantine_after = (int)number_of(node, "quarantine_after", VR_RIG_QUARANTINE_AFTER),
    };
    read_usb_id(dut, node);
    int r = check(dut, node, err);
    if (r == 0)
        r = read_path(&dut->path, node, "path", directory, err);
    if (r == 0)
        r = read_path(&dut->firmware, node, "firmware", directory, err);
    if (r == 0)
        r = vr_rig_mlperf_read(&dut->mlperf, node, err);
    return r < 0 ? r : read_commands(dut, node, directory, err);
}

static void argv_free(char **argv)
{
    for (char **argument = argv; argument && *argument; argument++)
        free(*argument);
    free(argv);
}

void vr_rig_dut_finish(struct vr_rig_dut *dut)
{
    argv_free(dut->argv);
    argv_free(dut->flash);
    argv_free(dut->reset);
    argv_free(dut->power_cycle);
    free(dut->path);
    free(dut->firmware);
}
