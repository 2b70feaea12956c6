#include "dataset/inputs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_noted(const struct vr_inputs *inputs, const struct stat *info)
{
    for (size_t i = 0; i < inputs->count; i++)
        if (inputs->items[i].device == info->st_dev && inputs->items[i].inode == info->st_ino)
            return true;
    return false;
}

static int note(
    struct vr_inputs *inputs, const char *path, const struct vr_folder_file *file,
    struct vr_err *err)
{
    struct stat info;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    if (fstat(file->fd, &info) < 0 || is_noted(inputs, &info))
        return 0;
    if (inputs->count == inputs->capacity) {
        size_t wanted = inputs->capacity ? 2 * inputs->capacity : 16;
        struct vr_input *grown = reallocarray(inputs->items, wanted, sizeof *grown);
        if (!grown)
            return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to note it", path);
        inputs->items = grown;
        inputs->capacity = wanted;
    }
    struct vr_input input = {.size = file->size, .device = info.st_dev, .inode = info.st_ino};
    strncpy(input.name, name, sizeof input.name - 1);
    int r = vr_folder_file_digest(file, path, input.sha256, err);
    if (r == 0)
        inputs->items[inputs->count++] = input;
    return r;
}

static void witness_file(void *context, const char *path, const struct vr_folder_file *file)
{
    struct vr_inputs *inputs = context;
    if (inputs->err.code == VR_OK)
        note(inputs, path, file, &inputs->err);
}

void vr_inputs_begin(struct vr_inputs *inputs)
{
    inputs->err = (struct vr_err){0};
    inputs->witness = (struct vr_folder_witness){.fn = witness_file, .context = inputs};
    vr_folder_set_witness(&inputs->witness);
}

int vr_inputs_end(struct vr_inputs *inputs, struct vr_err *err)
{
    vr_folder_set_witness(NULL);
    if (inputs->err.code == VR_OK)
        return 0;
    if (err)
        *err = inputs->err;
    return -inputs->err.code;
}

void vr_inputs_finish(struct vr_inputs *inputs)
{
    if (!inputs)
        return;
    vr_folder_set_witness(NULL);
    free(inputs->items);
    *inputs = (struct vr_inputs){0};
}
