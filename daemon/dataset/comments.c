#include "dataset/comments.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/dataset.h"

static void trim(const char **text, size_t *size)
{
    while (*size && isspace((unsigned char)**text)) {
        ++*text;
        --*size;
    }
    while (*size && (isspace((unsigned char)(*text)[*size - 1]) || !(*text)[*size - 1]))
        --*size;
}

int vr_comments_add(
    struct vr_comments *list, const char *key, size_t key_size, const char *text, size_t text_size,
    struct vr_err *err)
{
    trim(&key, &key_size);
    trim(&text, &text_size);
    if (key_size == 0 || text_size == 0)
        return 0;
    if (list->count == list->capacity) {
        size_t wanted = list->capacity ? 2 * list->capacity : 16;
        struct vr_comment *grown = reallocarray(list->items, wanted, sizeof *grown);
        if (!grown)
            return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for comments");
        list->items = grown;
        list->capacity = wanted;
    }
    struct vr_comment item = {.key = strndup(key, key_size), .text = strndup(text, text_size)};
    if (!item.key || !item.text) {
        free(item.key);
        free(item.text);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for comments");
    }
    for (char *c = item.key; *c; c++)
        *c = isspace((unsigned char)*c) ? '_' : (char)tolower((unsigned char)*c);
    list->items[list->count++] = item;
    return 0;
}

void vr_comments_finish(struct vr_comments *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].key);
        free(list->items[i].text);
    }
    free(list->items);
    *list = (struct vr_comments){0};
}

int vr_dataset_comments(
    const char *kind, const char *path, const char *record, struct vr_comments *ret_list,
    struct vr_err *err)
{
    struct vr_comments list = {0};
    const struct vr_dataset_driver *driver = vr_dataset_find(kind, path, err);
    if (!driver)
        return err ? -err->code : -VR_ERR_INPUT;
    int r = driver->comments ? driver->comments(path, record, &list, err) : 0;
    if (r < 0) {
        vr_comments_finish(&list);
        return r;
    }
    *ret_list = list;
    return 0;
}
