/* dataset/wfdb_signal: a header's signals over any bytes, in any format: refused, or every stretch reads as the whole does.
 * Input: header text, a NUL, the bytes of the first signal's file. */
#include "dataset/wfdb_format.h"
#include "dataset/wfdb_signal.h"
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define WHOLE_MAX 20000 /* samples: over a block of packs, and over some of FLAC */

static struct vr_folder_file file_of(const uint8_t *bytes, size_t size)
{
    struct stat info;
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_ASSERT(fd >= 0);
    FUZZ_ASSERT(write(fd, bytes, size) == (ssize_t)size);
    FUZZ_ASSERT(fstat(fd, &info) == 0);
    return (struct vr_folder_file){.fd = fd, .size = (int64_t)size, .changed = info.st_mtim};
}

static void check_stretches(
    struct vr_wfdb_stream *stream, size_t signal, const int32_t *whole, int64_t count)
{
    static int32_t part[WHOLE_MAX];
    struct vr_err err = {0};
    for (int64_t first = count - 1; first >= 0; first -= 1 + first / 3) {
        int64_t left = count - first < 100 ? count - first : 100;
        int r = vr_wfdb_stream_read(stream, signal, first, (size_t)left, part, &err);
        FUZZ_ASSERT(r == 0 || r == -VR_ERR_INPUT);
        FUZZ_ASSERT(r < 0 || memcmp(part, whole + first, (size_t)left * sizeof part[0]) == 0);
    }
}

static void check_signal(
    struct vr_wfdb_stream *stream, const struct vr_wfdb_signal *info, size_t signal)
{
    static int32_t whole[WHOLE_MAX], last;
    struct vr_err err = {0};
    int64_t frames = vr_wfdb_stream_frames(stream);
    int64_t held = frames < 0 ? WHOLE_MAX : frames * info->samples_per_frame;
    int64_t count = held < WHOLE_MAX ? held : WHOLE_MAX;
    int r = vr_wfdb_stream_read(stream, signal, 0, (size_t)count, whole, &err);
    FUZZ_ASSERT(r == 0 || r == -VR_ERR_INPUT); /* a FLAC stream may be damaged anywhere */
    if (r == 0)
        check_stretches(stream, signal, whole, count);
    if (held > 0)
        vr_wfdb_stream_read(stream, signal, held - 1, 1, &last, &err);
    const struct vr_wfdb_format *format = vr_wfdb_format_find(info->format);
    for (int64_t i = 0; r == 0 && format->coding == VR_WFDB_CODING_PACKED && i < count; i++)
        FUZZ_ASSERT(
            whole[i] == VR_SAMPLE_INVALID || (whole[i] >= format->min && whole[i] <= format->max));
}

static void check_file(const struct vr_wfdb_header *header, const uint8_t *bytes, size_t size)
{
    size_t count = 1;
    struct vr_err err = {0};
    struct vr_wfdb_stream *stream;
    const struct vr_wfdb_signal *signals = header->signals;
    while (count < header->signal_count && strcmp(signals[count].file, signals[0].file) == 0)
        count++;
    struct vr_folder_file file = file_of(bytes, size);
    int r =
        vr_wfdb_stream_create(&file, "fuzz", signals, count, header->frame_count, &stream, &err);
    FUZZ_ASSERT(r == 0 || r == -VR_ERR_INPUT);
    if (r < 0)
        return;
    uint16_t sums[VR_SIGNALS_MAX];
    char surplus[32];
    struct vr_digest digest;
    vr_digest_init(&digest);
    check_signal(stream, &signals[0], 0);
    r = vr_wfdb_stream_survey(stream, &digest, sums, &err);
    FUZZ_ASSERT(r == 0 || r == -VR_ERR_INPUT);
    for (size_t i = 0; r == 0 && i < count; i++)
        check_signal(stream, &signals[i], i);
    vr_wfdb_stream_surplus(stream, surplus, sizeof surplus);
    vr_wfdb_stream_destroy(stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vr_wfdb_header header = {0};
    struct vr_err err = {0};
    const uint8_t *end = memchr(data, 0, size);
    size_t text_size = end ? (size_t)(end - data) : size;
    if (vr_wfdb_header_parse((const char *)data, text_size, "fuzz", &header, &err) < 0)
        return 0;
    if (header.signal_count > 0 && header.signals && vr_wfdb_format_find(header.signals[0].format))
        check_file(&header, end ? end + 1 : data, end ? size - text_size - 1 : 0);
    vr_wfdb_header_finish(&header);
    return 0;
}
