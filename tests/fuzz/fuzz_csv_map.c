/* dataset/csv_map: any bytes are refused with file, line and column, or are a mapping that keeps its bounds. */
#include "dataset/csv_map.h"
#include "dataset/folder.h"
#include "fuzz.h"

#include <math.h>
#include <string.h>

static void check_column(const struct vr_csv_map_file *file, const struct vr_csv_map_column *column)
{
    FUZZ_ASSERT(column->name ? file->format.heading : column->number < VR_CSV_ROW_CELLS_MAX);
}

static void check_file(const struct vr_csv_map_file *file)
{
    const char *star = strchr(file->name, '*');
    FUZZ_ASSERT(!vr_folder_name_fault(file->name) && (!star || !strchr(star + 1, '*')));
    FUZZ_ASSERT(file->format.separator && file->format.separator != file->format.decimal);
    FUZZ_ASSERT(file->head_count <= VR_CSV_HEAD_MAX && file->where_count <= VR_CSV_WHERE_MAX);
    FUZZ_ASSERT(file->signal_count || file->truth_count);
    FUZZ_ASSERT(
        file->has_rate || (file->signal_count == 0 && file->time.kind == VR_CSV_TIME_CLOCK));
    FUZZ_ASSERT((file->rate.num == 0) == (file->rate.den == 0));
    FUZZ_ASSERT(file->time.tolerance >= 0.5 && file->time.gap_max_s > 0);
    for (size_t i = 0; i < file->time.column_count; i++)
        check_column(file, &file->time.columns[i]);
    for (size_t i = 0; i < file->where_count; i++)
        check_column(file, &file->where[i].column);
    for (size_t i = 0; i < file->signal_count; i++) {
        check_column(file, &file->signals[i].column);
        FUZZ_ASSERT(file->signals[i].resolution.mantissa > 0 && isfinite(file->signals[i].gain));
        FUZZ_ASSERT((file->signals[i].gain != 0) == (file->signals[i].unit[0] != '\0'));
        FUZZ_ASSERT(strlen(file->signals[i].unit) < VR_UNIT_SIZE);
    }
    for (size_t i = 0; i < file->truth_count; i++)
        if (file->truths[i].has_column)
            check_column(file, &file->truths[i].column);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vr_csv_map map;
    struct vr_err err = {0};
    int r = vr_csv_map_parse((const char *)data, size, "fuzz", &map, &err);
    if (r < 0) {
        FUZZ_ASSERT(r == -VR_ERR_INPUT && strncmp(err.text, "fuzz:", 5) == 0);
        return 0;
    }
    FUZZ_ASSERT(map.file_count > 0 && map.signal_count <= VR_SIGNALS_MAX);
    for (size_t i = 0; i < map.file_count; i++)
        check_file(&map.files[i]);
    vr_csv_map_finish(&map);
    return 0;
}
