/* Paths in scenario and rig files. */
#include "scenario/expand.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE_MAX 64

/* The XDG base directory specification: relative paths in these variables are invalid and ignored.
 */
static int data_folder(char *text, size_t size, struct vr_err *err)
{
    const char *folder = getenv("XDG_DATA_HOME"), *below = "";
    if (!folder || folder[0] != '/') {
        folder = getenv("HOME");
        below = "/.local/share";
    }
    if (!folder || folder[0] != '/')
        return vr_err_set(
            err, VR_ERR_INPUT,
            "VITALRIG_DATA and HOME are not set; set VITALRIG_DATA to the folder of the datasets");
    if ((size_t)snprintf(text, size, "%s%s/vitalrig/datasets", folder, below) >= size)
        return vr_err_set(err, VR_ERR_INPUT, "the folder of the datasets has too long a path");
    return 0;
}

static int expand_one(const char *name, char *text, size_t size, struct vr_err *err)
{
    const char *value = getenv(name);
    if (!value || value[0] == '\0') {
        if (strcmp(name, "VITALRIG_DATA") == 0)
            return data_folder(text, size, err);
        return vr_err_set(
            err, VR_ERR_INPUT, "the environment variable %s is not set; set it, or write the path",
            name);
    }
    if ((size_t)snprintf(text, size, "%s", value) >= size)
        return vr_err_set(err, VR_ERR_INPUT, "too long with the value of %s", name);
    return 0;
}

/* Size of the ${NAME} that `text` begins with, NAME copied; 0 when it is none. */
static size_t scan_name(const char *text, char ret_name[NAME_SIZE_MAX])
{
    static const char allowed[] = "0123456789_"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    size_t size = strspn(text + 2, allowed);
    bool begins_with_digit = text[2] >= '0' && text[2] <= '9';
    if (size == 0 || size >= NAME_SIZE_MAX || begins_with_digit || text[2 + size] != '}')
        return 0;
    memcpy(ret_name, text + 2, size);
    ret_name[size] = '\0';
    return size + 3;
}

int vr_expand_variables(const char *text, char ret_text[VR_EXPAND_SIZE_MAX], struct vr_err *err)
{
    char expanded[VR_EXPAND_SIZE_MAX], name[NAME_SIZE_MAX];
    size_t used = 0;
    while (*text && used < sizeof expanded - 1) {
        if (text[0] != '$' || text[1] != '{') {
            expanded[used++] = *text++;
            continue;
        }
        size_t size = scan_name(text, name);
        if (size == 0)
            return vr_err_set(
                err, VR_ERR_INPUT,
                "a \"${\" that is no ${NAME}; NAME is letters, digits and _, closed by }");
        int r = expand_one(name, expanded + used, sizeof expanded - used, err);
        if (r < 0)
            return r;
        used += strlen(expanded + used);
        text += size;
    }
    if (*text)
        return vr_err_set(err, VR_ERR_INPUT, "a path has %d bytes at most", VR_EXPAND_SIZE_MAX - 1);
    expanded[used] = '\0';
    memcpy(ret_text, expanded, used + 1);
    return 0;
}

char *vr_expand_relative(const char *path, const char *directory)
{
    if (path[0] == '/' || strcmp(directory, ".") == 0)
        return strdup(path);
    char *joined = NULL;
    return asprintf(&joined, "%s/%s", directory, path) < 0 ? NULL : joined;
}

char *vr_expand_directory(const char *file)
{
    const char *slash = strrchr(file, '/');
    if (!slash)
        return strdup(".");
    return slash == file ? strdup("/") : strndup(file, (size_t)(slash - file));
}
