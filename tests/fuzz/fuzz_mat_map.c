/* dataset/mat_map: any text is refused with its place, or read into a mapping that leads to files beside it. */
#include "dataset/folder.h"
#include "dataset/mat_map.h"
#include "fuzz.h"

#include <string.h>

static void check_pattern(const char *pattern)
{
    char file[400], record[VR_NAME_SIZE];
    FUZZ_ASSERT(!vr_folder_name_fault(pattern) && !strchr(pattern, '/'));
    FUZZ_ASSERT(vr_mat_map_file(pattern, "r", file, sizeof file));
    if (strchr(pattern, '*') && vr_mat_map_record(pattern, file, record))
        FUZZ_ASSERT(strcmp(record, "r") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vr_mat_map map = {0};
    struct vr_err err = {0};
    int r = vr_mat_map_parse((const char *)data, size, "fuzz", &map, &err);
    if (r < 0) {
        FUZZ_ASSERT(r == -VR_ERR_INPUT && strncmp(err.text, "fuzz:", 5) == 0);
        return 0;
    }
    check_pattern(map.file);
    FUZZ_ASSERT(map.rate.num > 0 && map.rate.den > 0);
    FUZZ_ASSERT(map.signal_count >= 1 && map.signal_count <= VR_SIGNALS_MAX);
    for (size_t i = 0; i < map.signal_count; i++) {
        const struct vr_mat_map_signal *signal = &map.signals[i];
        FUZZ_ASSERT(signal->resolution > 0 && strlen(signal->name) < VR_NAME_SIZE);
        FUZZ_ASSERT(strlen(signal->unit) < VR_UNIT_SIZE && !(signal->gain && !signal->unit[0]));
        FUZZ_ASSERT(!signal->series.row || !signal->series.column);
    }
    for (size_t i = 0; i < map.truth_count; i++) {
        FUZZ_ASSERT(map.truths[i].step_s > 0 && map.truths[i].number >= 0);
        for (size_t j = 0; j < map.truths[i].file_count; j++)
            check_pattern(map.truths[i].files[j]);
    }
    vr_mat_map_finish(&map);
    return 0;
}
