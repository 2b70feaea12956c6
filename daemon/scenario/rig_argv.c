/* Programs are made absolute, placeholders replaced. */
#include "scenario/rig_argv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_error.h"
#include "scenario/expand.h"

static int no_memory(struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
}

static int refuse_placeholder(
    const struct vr_rig_placeholder *placeholder, const struct vr_json *argument,
    struct vr_err *err)
{
    char path[256];
    return vr_json_error(
        err, argument, "%s: %s stands for the device's \"%s\", which is not given; add it",
        vr_json_path(argument, path, sizeof path), placeholder->name, placeholder->key);
}

/* The one that `text` begins with, NULL = none. */
static const struct vr_rig_placeholder *placeholder_at(
    const char *text, const struct vr_rig_placeholder placeholders[VR_RIG_PLACEHOLDERS])
{
    for (size_t i = 0; i < VR_RIG_PLACEHOLDERS; i++)
        if (strncmp(text, placeholders[i].name, strlen(placeholders[i].name)) == 0)
            return &placeholders[i];
    return NULL;
}

/* Replace every placeholder.  `ret` NULL = only measure; the size counts the terminator. */
static size_t substitute(
    const char *text, const struct vr_rig_placeholder placeholders[VR_RIG_PLACEHOLDERS], char *ret)
{
    size_t size = 0;
    while (*text) {
        const struct vr_rig_placeholder *found = placeholder_at(text, placeholders);
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
    char **ret_argument, const struct vr_json *node,
    const struct vr_rig_placeholder placeholders[VR_RIG_PLACEHOLDERS], struct vr_err *err)
{
    const char *text = vr_json_string(node);
    for (size_t i = 0; i < VR_RIG_PLACEHOLDERS; i++)
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

int vr_rig_argv_read(
    char ***ret_argv, const struct vr_json *list,
    const struct vr_rig_placeholder placeholders[VR_RIG_PLACEHOLDERS], const char *directory,
    struct vr_err *err)
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

void vr_rig_argv_free(char **argv)
{
    for (char **argument = argv; argument && *argument; argument++)
        free(*argument);
    free(argv);
}
