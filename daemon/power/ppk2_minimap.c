/* Columns of an overview, and their JSON. */
#include "power/ppk2_minimap.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/json_write.h"

#define FLOOR_NA 200 /* the application draws on a logarithmic axis */

void vr_ppk2_minimap_start(struct vr_ppk2_minimap *minimap)
{
    minimap->per_column = 1;
    minimap->in_last = 0;
    minimap->count = 0;
}

static void join_neighbours(struct vr_ppk2_minimap *minimap)
{
    for (uint32_t i = 0; i < minimap->count / 2; i++) {
        struct vr_ppk2_column a = minimap->columns[2 * i], b = minimap->columns[2 * i + 1];
        minimap->columns[i].time_us = (a.time_us + b.time_us) / 2;
        minimap->columns[i].min_na = fmin(a.min_na, b.min_na);
        minimap->columns[i].max_na = fmax(a.max_na, b.max_na);
    }
    minimap->count /= 2;
    minimap->per_column *= 2;
}

void vr_ppk2_minimap_add(struct vr_ppk2_minimap *minimap, double time_us, double current_na)
{
    if (minimap->in_last == 0) {
        if (minimap->count == VR_PPK2_MINIMAP_MAX)
            join_neighbours(minimap);
        struct vr_ppk2_column *fresh = &minimap->columns[minimap->count++];
        fresh->time_us = 0;
        fresh->min_na = DBL_MAX; /* so the application marks a column without a current */
        fresh->max_na = -DBL_MAX;
    }
    struct vr_ppk2_column *last = &minimap->columns[minimap->count - 1];
    minimap->in_last++;
    last->time_us += (time_us - last->time_us) / (double)minimap->in_last;
    if (!isnan(current_na)) {
        last->min_na = fmin(last->min_na, fmax(current_na, FLOOR_NA));
        last->max_na = fmax(last->max_na, fmax(current_na, FLOOR_NA));
    }
    if (minimap->in_last == minimap->per_column)
        minimap->in_last = 0;
}

static void write_points(
    struct vr_json_writer *writer, const struct vr_ppk2_minimap *minimap, const char *key,
    bool is_max)
{
    vr_json_write_array(writer, key);
    for (uint32_t i = 0; i < minimap->count; i++) {
        vr_json_write_object(writer, NULL);
        vr_json_write_double(writer, "x", minimap->columns[i].time_us);
        vr_json_write_double(
            writer, "y", is_max ? minimap->columns[i].max_na : minimap->columns[i].min_na);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
}

int vr_ppk2_minimap_text(
    const struct vr_ppk2_minimap *minimap, char **ret_text, size_t *ret_size, struct vr_err *err)
{
    struct vr_json_writer writer;
    FILE *file = open_memstream(ret_text, ret_size);
    if (!file)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the overview of a .ppk2 file");
    vr_json_write_init(&writer, file);
    vr_json_write_object(&writer, NULL);
    vr_json_write_uint(&writer, "lastElementFoldCount", minimap->in_last);
    vr_json_write_object(&writer, "data");
    vr_json_write_uint(&writer, "length", minimap->count);
    write_points(&writer, minimap, "min", false);
    write_points(&writer, minimap, "max", true);
    vr_json_write_end(&writer);
    vr_json_write_uint(&writer, "maxNumberOfElements", VR_PPK2_MINIMAP_MAX);
    vr_json_write_uint(&writer, "numberOfTimesToFold", minimap->per_column);
    vr_json_write_end(&writer);
    int r = vr_json_write_finish(&writer, err);
    if (fclose(file) != 0 && r == 0)
        r = vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the overview of a .ppk2 file");
    if (r < 0) {
        free(*ret_text);
        *ret_text = NULL;
    }
    return r;
}
