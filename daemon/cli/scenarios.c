/* Scenarios named on a command line. */
#include "cli/scenarios.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SUFFIX ".json"

static int is_scenario(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name), suffix = sizeof SUFFIX - 1;
    return size > suffix && entry->d_name[0] != '.' &&
           strcmp(entry->d_name + size - suffix, SUFFIX) == 0;
}

int vr_scenarios_each(
    const char *path, void (*fn)(void *context, const char *file), void *context,
    struct vr_err *err)
{
    struct stat status;
    struct dirent **entries;
    int r = 0;

    if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode)) {
        fn(context, path);
        return 0;
    }
    int count = scandir(path, &entries, is_scenario, alphasort);
    if (count < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno));
    if (count == 0)
        r = vr_err_set(err, VR_ERR_EMPTY, "%s: no scenario (*" SUFFIX ") in this folder", path);
    for (int i = 0; i < count; i++) {
        char *file = NULL;
        if (r == 0 && asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0)
            r = vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory for its scenarios", path);
        if (r == 0)
            fn(context, file);
        free(file);
        free(entries[i]);
    }
    free(entries);
    return r;
}

int vr_exit_worse(int a, int b)
{
    static const int order[] = {70, 143, 130, 1, 2, 3, 5, 4};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return a ? a : b;
}
