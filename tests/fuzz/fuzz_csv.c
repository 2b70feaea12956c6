/* The driver "csv" as a whole: any mapping with any file is refused in words, or is a record whose samples and truth keep their promises.
 *
 * Input: the mapping, a NUL, and the file x.csv, which lies in the folder r and in the folder of the mapping; or, when it begins as an
 * archive does, the file r.zip. */
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataset/dataset.h"
#include "fuzz.h"

#define READ_MAX 20000

static char folder[PATH_MAX];
static const char *const names[] = {"m.map.json", "x.csv", "r/x.csv", "r.zip"};
enum { MAP, FLAT, INNER, ARCHIVE, NAMES };

static const char *path_of(const char *name)
{
    static char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void remove_folder(void)
{
    for (size_t i = 0; i < NAMES; i++)
        unlink(path_of(names[i]));
    rmdir(path_of("r"));
    rmdir(folder);
}

static void make_folder(void)
{
    const char *temporary = getenv("TMPDIR");
    snprintf(
        folder, sizeof folder, "%s/vitalrig-fuzz-XXXXXX",
        temporary && temporary[0] ? temporary : "/tmp");
    FUZZ_ASSERT(mkdtemp(folder));
    atexit(remove_folder);
}

static void put(const char *name, const uint8_t *data, size_t size)
{
    FILE *file = fopen(path_of(name), "wb");
    FUZZ_ASSERT(file && fwrite(data, 1, size, file) == size && fclose(file) == 0);
}

/* Reading in pieces and backwards is reading as a whole. */
static void check_signal(struct vr_dataset *dataset, size_t signal)
{
    static int32_t whole[READ_MAX], part[READ_MAX];
    struct vr_err err = {0};
    const struct vr_signal *info = &vr_dataset_record(dataset)->signals[signal];
    FUZZ_ASSERT(info->rate_num && info->rate_den && info->sample_count >= 0);
    size_t count = info->sample_count < READ_MAX ? (size_t)info->sample_count : READ_MAX;
    int64_t first = info->sample_count - (int64_t)count;
    FUZZ_ASSERT(vr_dataset_read(dataset, signal, first, count, whole, &err) == 0);
    for (size_t at = count; at > 0;) {
        size_t size = at < 1733 ? at : 1733;
        at -= size;
        FUZZ_ASSERT(vr_dataset_read(dataset, signal, first + (int64_t)at, size, part, &err) == 0);
        FUZZ_ASSERT(memcmp(part, whole + at, size * sizeof *part) == 0);
    }
}

static void check_truth(struct vr_dataset *dataset)
{
    struct vr_annotations list;
    struct vr_err err = {0};
    const struct vr_record *record = vr_dataset_record(dataset);
    int r = vr_dataset_truth(dataset, "t", &list, &err);
    if (r < 0) {
        FUZZ_ASSERT(err.code == -r && err.text[0]);
        return;
    }
    for (size_t i = 0; i < list.count; i++) {
        FUZZ_ASSERT(
            list.items[i].sample_index >= 0 && list.items[i].sample_index <= record->frame_count);
        FUZZ_ASSERT(i == 0 || list.items[i].sample_index >= list.items[i - 1].sample_index);
    }
    vr_annotations_finish(&list);
}

static void check_record(const char *name)
{
    struct vr_dataset *dataset;
    struct vr_err err = {0};
    int r = vr_dataset_open("csv", path_of(names[MAP]), name, &dataset, &err);
    if (r < 0) {
        FUZZ_ASSERT(err.code == -r && err.text[0] && r != -VR_ERR_INTERNAL);
        return;
    }
    const struct vr_record *record = vr_dataset_record(dataset);
    FUZZ_ASSERT(record->rate_num && record->rate_den && record->frame_count > 0);
    for (size_t i = 0; i < record->signal_count; i++)
        check_signal(dataset, i);
    check_truth(dataset);
    vr_dataset_close(dataset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vr_names list;
    struct vr_err err = {0};
    const uint8_t *end = size ? memchr(data, '\0', size) : NULL;
    if (!end)
        return 0;
    if (!folder[0])
        make_folder();
    const uint8_t *file = end + 1;
    size_t file_size = size - (size_t)(file - data);
    bool archive = file_size >= 2 && memcmp(file, "PK", 2) == 0;
    put(names[MAP], data, (size_t)(end - data));
    if (archive) {
        unlink(path_of(names[FLAT]));
        unlink(path_of(names[INNER]));
        rmdir(path_of("r"));
        put(names[ARCHIVE], file, file_size);
    } else {
        unlink(path_of(names[ARCHIVE]));
        mkdir(path_of("r"), 0700);
        put(names[FLAT], file, file_size);
        put(names[INNER], file, file_size);
    }
    if (vr_dataset_list("csv", path_of(names[MAP]), &list, &err) == 0) {
        for (size_t i = 0; i < list.count && i < 3; i++)
            check_record(list.items[i]);
        vr_names_finish(&list);
    }
    check_record("r");
    return 0;
}
