/* dataset/wfdb: a folder of any files is refused in words, or a record whose every stretch reads as the whole does.
 * Input, each part ended by a NUL: the headers r, s and t, the files d and e. */
#include "base/cleanup.h"
#include "dataset/dataset.h"
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WHOLE_MAX 4096

static const char *const names[] = {"r.hea", "s.hea", "t.hea", "d", "e"};
#define NAME_COUNT (sizeof names / sizeof names[0])

static char folder[64];

static void folder_remove(void)
{
    char path[128];
    for (size_t i = 0; i < NAME_COUNT; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

static void folder_make(void)
{
    if (folder[0])
        return;
    strcpy(folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/fuzz-XXXXXX" : "/tmp/fuzz-XXXXXX");
    FUZZ_ASSERT(mkdtemp(folder));
    atexit(folder_remove);
}

/* A part that is empty is a file that is not there. */
static void file_make(const char *name, const uint8_t *bytes, size_t size)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (size == 0) {
        unlink(path);
        return;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FUZZ_ASSERT(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    close(fd);
}

static void check_signal(struct vr_dataset *dataset, size_t signal)
{
    static int32_t whole[WHOLE_MAX], part[WHOLE_MAX];
    struct vr_err err = {0};
    const struct vr_record *record = vr_dataset_record(dataset);
    int64_t count = record->signals[signal].sample_count;
    FUZZ_ASSERT(count >= 0);
    if (count > WHOLE_MAX)
        count = WHOLE_MAX;
    int r = vr_dataset_read(dataset, signal, 0, (size_t)count, whole, &err);
    FUZZ_ASSERT(r == 0 || (r == -VR_ERR_NOT_FOUND && record->missing[0]));
    for (int64_t first = count - 1; r == 0 && first >= 0; first -= 1 + first / 3) {
        size_t left = count - first < 50 ? (size_t)(count - first) : 50;
        FUZZ_ASSERT(vr_dataset_read(dataset, signal, first, left, part, &err) == 0);
        FUZZ_ASSERT(memcmp(part, whole + first, left * sizeof part[0]) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vr_err err = {0};
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
    folder_make();
    for (size_t i = 0; i < NAME_COUNT; i++) {
        const uint8_t *end = i + 1 < NAME_COUNT ? memchr(data, 0, size) : NULL;
        size_t part = end ? (size_t)(end - data) : size;
        file_make(names[i], data, part);
        data += part + (end != NULL);
        size -= part + (end != NULL);
    }
    int r = vr_dataset_open("wfdb", folder, "r", &dataset, &err);
    if (r < 0) {
        FUZZ_ASSERT(r == -VR_ERR_INPUT || r == -VR_ERR_NOT_FOUND);
        FUZZ_ASSERT(strncmp(err.text, folder, strlen(folder)) == 0);
        return 0;
    }
    const struct vr_record *record = vr_dataset_record(dataset);
    FUZZ_ASSERT(record->frame_count >= 0 && record->signal_count <= VR_SIGNALS_MAX);
    FUZZ_ASSERT(
        !record->missing[0] || (record->available_frame_count >= 0 &&
                                record->available_frame_count < record->frame_count));
    for (size_t i = 0; i < record->signal_count; i++)
        check_signal(dataset, i);
    return 0;
}
