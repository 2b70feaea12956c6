/* dataset/wfdb_header: any bytes are refused with file and line, or read into numbers that keep their bounds. */
#include "dataset/wfdb_format.h"
#include "dataset/wfdb_header.h"
#include "fuzz.h"

#include <math.h>
#include <string.h>

static void check_signal(const struct vr_wfdb_signal *signal)
{
    FUZZ_ASSERT(signal->line >= 1);
    FUZZ_ASSERT(signal->file[0] && strlen(signal->file) < sizeof signal->file);
    FUZZ_ASSERT(signal->name[0] && strlen(signal->name) < sizeof signal->name);
    FUZZ_ASSERT(signal->unit[0] && strlen(signal->unit) < sizeof signal->unit);
    FUZZ_ASSERT(signal->format == 0 || signal->file[0] != '~');
    FUZZ_ASSERT(signal->file[0] != '/' && strncmp(signal->file, "../", 3) != 0);
    FUZZ_ASSERT(signal->samples_per_frame >= 1 && signal->skew_frames >= 0);
    FUZZ_ASSERT(signal->byte_offset >= 0 && isfinite(signal->gain));
}

/* Segments instead of signals. */
static void check_segments(const struct vr_wfdb_header *header)
{
    int64_t frame_count = 0;
    FUZZ_ASSERT(header->segment_count <= VR_WFDB_SEGMENTS_MAX && !header->signals);
    for (size_t i = 0; i < header->segment_count; i++) {
        const struct vr_wfdb_segment *segment = &header->segments[i];
        FUZZ_ASSERT(segment->line > header->line);
        FUZZ_ASSERT(segment->name[0] && segment->name[0] != '/');
        FUZZ_ASSERT(strcmp(segment->name, "..") != 0 && strncmp(segment->name, "../", 3) != 0);
        FUZZ_ASSERT(segment->frame_count >= 0 && segment->frame_count <= VR_WFDB_FRAMES_MAX);
        frame_count += segment->frame_count; /* fits: 100000 of them below 2^40 */
    }
    FUZZ_ASSERT(frame_count >= 0);
}

/* What the driver does with these numbers must not overflow: that is for the sanitizer to see. */
static void check_sizes(const struct vr_wfdb_header *header)
{
    int64_t frame_samples = 0;
    for (size_t i = 0; i < header->signal_count; i++) {
        struct vr_rate rate;
        const struct vr_wfdb_signal *signal = &header->signals[i];
        check_signal(signal);
        FUZZ_ASSERT(vr_rate_multiply(header->rate, signal->samples_per_frame, &rate));
        FUZZ_ASSERT(header->frame_count < 0 || signal->skew_frames < header->frame_count);
        frame_samples += signal->samples_per_frame;
        const struct vr_wfdb_format *format = vr_wfdb_format_find(signal->format);
        if (format && format->decode && header->frame_count >= 0) {
            int64_t size = vr_wfdb_format_size(format, header->frame_count * frame_samples);
            FUZZ_ASSERT(
                vr_wfdb_format_samples(format, size) >= header->frame_count * frame_samples);
        }
    }
    FUZZ_ASSERT(frame_samples <= VR_WFDB_SAMPLES_PER_FRAME_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vr_wfdb_header header = {0};
    struct vr_err err = {0};
    int r = vr_wfdb_header_parse((const char *)data, size, "fuzz", &header, &err);
    if (r < 0) {
        FUZZ_ASSERT(r == -VR_ERR_INPUT && !header.signals && !header.segments && !header.infos);
        FUZZ_ASSERT(strncmp(err.text, "fuzz:", 5) == 0 && err.text[5] >= '1' && err.text[5] <= '9');
        return 0;
    }
    FUZZ_ASSERT(header.line >= 1 && header.name[0] && !strchr(header.name, '/'));
    FUZZ_ASSERT(header.rate.num > 0 && header.rate.den > 0);
    FUZZ_ASSERT(header.frame_count == -1 || header.frame_count > 0);
    FUZZ_ASSERT(header.frame_count <= VR_WFDB_FRAMES_MAX);
    FUZZ_ASSERT(header.signal_count <= VR_SIGNALS_MAX);
    FUZZ_ASSERT(header.infos && strlen(header.infos) <= size + 1);
    if (header.segment_count)
        check_segments(&header);
    else
        check_sizes(&header);
    vr_wfdb_header_finish(&header);
    return 0;
}
