/* dataset/edf_file, edf_truth: any bytes as a whole file are refused, or give segments and truth in order of time. */
#include "dataset/edf_file.h"
#include "dataset/edf_truth.h"
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void check_segments(const struct vr_edf_file *file)
{
    for (size_t i = 0; i < file->header.signal_count; i++) {
        const struct vr_edf_signal *signal = &file->header.signals[i];
        int64_t end, before = 0;
        if (signal->is_annotations || signal->record_samples == 0 ||
            !vr_edf_file_position(file, file->segment_count, signal, &end))
            continue;
        for (size_t s = 0; s < file->segment_count; s++) {
            int64_t position;
            FUZZ_ASSERT(vr_edf_file_position(file, s, signal, &position));
            FUZZ_ASSERT(position >= before);
            before = position + vr_edf_file_records(file, s) * signal->record_samples;
        }
        FUZZ_ASSERT(before == end);
    }
}

static void check_truth(const struct vr_edf_file *file, int64_t shift_ns, int64_t frame_count)
{
    static const struct vr_rate rate = {1000, 1};
    struct vr_annotations list = {0};
    struct vr_err err = {0};
    size_t outside;
    int64_t before = 0;
    FUZZ_ASSERT(vr_edf_truth(file, shift_ns, rate, frame_count, &list, &outside, &err) == 0);
    FUZZ_ASSERT(outside <= file->event_count);
    for (size_t i = 0; i < list.count; i++) {
        int64_t now = list.items[i].sample_index;
        FUZZ_ASSERT(now >= before && (frame_count == 0 || now <= frame_count));
        before = now;
    }
    vr_annotations_finish(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vr_edf_file edf;
    struct vr_err err = {0};
    struct stat info;
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_ASSERT(fd >= 0 && write(fd, data, size) == (ssize_t)size && fstat(fd, &info) == 0);
    struct vr_folder_file file = {.fd = fd, .size = (int64_t)size, .changed = info.st_mtim};
    int r = vr_edf_file_open(&file, "fuzz", &edf, &err);
    if (r < 0) {
        FUZZ_ASSERT(r == -VR_ERR_INPUT && strncmp(err.text, "fuzz: ", 6) == 0);
        return 0;
    }
    if (edf.header.record_rate.num)
        check_segments(&edf);
    check_truth(&edf, 0, 0);
    check_truth(&edf, -1500000000, 60000);
    FUZZ_ASSERT(vr_edf_truth_end(&edf, (struct vr_rate){1000, 1}) >= 0);
    vr_edf_file_close(&edf);
    return 0;
}
