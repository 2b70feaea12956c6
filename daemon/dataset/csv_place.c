/* The folder of the mapping is the folder of its dataset. */
#include "dataset/csv_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "dataset/csv_names.h"
#include "dataset/csv_part.h"
#include "dataset/folder.h"

#define LISTED_MAX 10000 /* records that one column names */

void vr_csv_place_finish(struct vr_csv_place *place)
{
    vr_csv_map_finish(&place->map);
    free(place->folder);
    if (place->folder_fd >= 0)
        close(place->folder_fd);
    *place = (struct vr_csv_place){.folder_fd = -1};
}

const char *vr_csv_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool vr_csv_place_fits(const char *path)
{
    size_t size = strlen(vr_csv_base_name(path)), suffix = sizeof VR_CSV_MAP_SUFFIX - 1;
    return size > suffix && strcmp(vr_csv_base_name(path) + size - suffix, VR_CSV_MAP_SUFFIX) == 0;
}

int vr_csv_place_open(
    struct vr_csv_place *place, const char *path, struct vr_digest *digest, struct vr_err *err)
{
    _cleanup_free_ uint8_t *text = NULL;
    size_t size;
    *place = (struct vr_csv_place){.folder_fd = -1};
    int r = vr_folder_load_path(path, VR_JSON_SIZE_MAX, &text, &size, err);
    if (r == 0)
        r = vr_csv_map_parse((const char *)text, size, path, &place->map, err);
    if (r == 0)
        r = vr_folder_open_beside(path, &place->folder, &place->folder_fd, err);
    if (r < 0) {
        vr_csv_place_finish(place);
        return r;
    }
    if (digest)
        vr_digest_update(digest, text, size);
    const char *name = place->map.record ? place->map.record : vr_csv_base_name(path);
    size_t name_size = strlen(name);
    if (!place->map.record && vr_csv_place_fits(path))
        name_size -= sizeof VR_CSV_MAP_SUFFIX - 1;
    snprintf(place->record, sizeof place->record, "%.*s", (int)name_size, name);
    return 0;
}

/* The column whose cells name the records, if there is one. */
static const struct vr_csv_map_where *record_column(const struct vr_csv_map_file *file)
{
    for (size_t i = 0; i < file->where_count; i++)
        if (strcmp(file->where[i].value, "*") == 0)
            return &file->where[i];
    return NULL;
}

/* Add a name unless it is there: they are kept in order, so that looking is quick. */
static int name_add(
    struct vr_names *names, const struct vr_csv_table *table, size_t column, struct vr_err *err)
{
    struct vr_slice cell = vr_csv_table_cell(table, column);
    size_t low = 0, high = names->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(names->items[middle], cell.text);
        if (order == 0)
            return 0;
        *(order < 0 ? &low : &high) = order < 0 ? middle + 1 : middle;
    }
    if (cell.size == 0 || cell.size >= VR_NAME_SIZE || names->count == LISTED_MAX)
        return vr_csv_table_fail(
            table, column, err,
            "a cell that names a record: empty, too long, or more than %d of them", LISTED_MAX);
    int r = vr_names_add(names, cell.text, err);
    if (r < 0)
        return r;
    memmove(
        &names->items[low + 1], &names->items[low],
        (names->count - 1 - low) * sizeof *names->items);
    strcpy(names->items[low], cell.text);
    return 0;
}

static int cells_list(
    const struct vr_csv_place *place, const struct vr_csv_map_file *file,
    struct vr_names *ret_names, struct vr_err *err)
{
    struct vr_csv_map_file all = *file; /* every row, whatever record it is of */
    all.format.missing = file->missing;
    all.where_count = 0;
    _cleanup_(vr_csv_part_finish) struct vr_csv_part part = {0};
    size_t column;
    int r =
        vr_csv_part_open(place->folder_fd, place->folder, &all, place->record, NULL, &part, err);
    if (r == 0)
        r = vr_csv_map_column_find(&record_column(file)->column, part.table, &column, err);
    while (r == 0 && (r = vr_csv_part_next(&part, err)) == 0)
        r = name_add(ret_names, part.table, column, err);
    return r == -VR_ERR_EMPTY ? 0 : r;
}

int vr_csv_place_list(
    const struct vr_csv_place *place, struct vr_names *ret_names, struct vr_err *err)
{
    const struct vr_csv_map *map = &place->map;
    for (size_t i = 0; i < map->file_count; i++)
        if (strchr(map->files[i].name, '*'))
            return vr_csv_names_list(
                place->folder_fd, place->folder, map->files[i].name, ret_names, err);
    for (size_t i = 0; i < map->file_count; i++)
        if (record_column(&map->files[i]))
            return cells_list(place, &map->files[i], ret_names, err);
    return vr_names_add(ret_names, place->record, err);
}
