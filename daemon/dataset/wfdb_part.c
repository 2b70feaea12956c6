/* Which files make a record, and what a reader should be told about them. */
#include "dataset/wfdb_part.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dataset/folder.h"
#include "dataset/wfdb_format.h"

#define FILE_NAME_SIZE (VR_WFDB_PART_NAME_SIZE + VR_NAME_SIZE) /* and a file, or a suffix */
#define DISPLAY_SIZE (VR_ERR_TEXT_SIZE / 2)

void vr_wfdb_warn(char warning[VR_WARNING_SIZE], const char *format, ...)
{
    size_t used = strlen(warning);
    if (used && used + 2 < VR_WARNING_SIZE) {
        strcpy(warning + used, "; ");
        used += 2;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(warning + used, VR_WARNING_SIZE - used, format, arguments);
    va_end(arguments);
}

/* FNV-1a. */
static uint64_t stamp_add(uint64_t stamp, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++)
        stamp = (stamp ^ at[i]) * UINT64_C(0x100000001b3);
    return stamp;
}

size_t vr_wfdb_folder_part_size(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? (size_t)(slash - name) + 1 : 0;
}

int vr_wfdb_part_header(
    const struct vr_wfdb_folder *folder, const char *name, struct vr_digest *digest,
    uint64_t *stamp, struct vr_wfdb_header *ret_header, struct vr_err *err)
{
    char file[FILE_NAME_SIZE], display[DISPLAY_SIZE];
    snprintf(file, sizeof file, "%s.hea", name);
    snprintf(display, sizeof display, "%s/%s", folder->path, file);
    _cleanup_free_ uint8_t *text = NULL;
    size_t size;
    int r = vr_folder_load_file(
        folder->fd, folder->path, file, VR_WFDB_HEADER_SIZE_MAX, &text, &size, err);
    if (r < 0)
        return r;
    if (digest)
        vr_digest_update(digest, text, size);
    if (stamp)
        *stamp = stamp_add(*stamp, text, size);
    struct vr_wfdb_header header;
    r = vr_wfdb_header_parse((const char *)text, size, display, &header, err);
    if (r < 0)
        return r;
    const char *wanted = name + vr_wfdb_folder_part_size(name);
    if (strcmp(header.name, wanted) != 0) {
        r = vr_err_set(
            err, VR_ERR_INPUT,
            "%s:%d: the header says that it is of record %s, not %s; rename one of the two",
            display, header.line, header.name, wanted);
        vr_wfdb_header_finish(&header);
        return r;
    }
    *ret_header = header;
    return 0;
}

/* Open the file of the group of signals that begins at `first`. */
static int group_open(
    struct vr_wfdb_part *part, const struct vr_wfdb_folder *folder, size_t first, size_t count,
    struct vr_err *err)
{
    const struct vr_wfdb_signal *signals = &part->header.signals[first];
    char name[FILE_NAME_SIZE], display[DISPLAY_SIZE];
    snprintf(
        name, sizeof name, "%.*s%s", (int)vr_wfdb_folder_part_size(part->name), part->name,
        signals->file);
    snprintf(display, sizeof display, "%s/%s", folder->path, name);
    struct vr_folder_file file = {.fd = -1};
    if (!vr_wfdb_format_find(signals->format)) {
        char formats[96];
        vr_wfdb_format_list(false, formats, sizeof formats);
        return vr_err_set(
            err, VR_ERR_INPUT, "%s/%s.hea:%d: there is no signal format %d; these are: %s",
            folder->path, part->name, signals->line, signals->format, formats);
    }
    int r =
        signals->format == 0 ? 0 : vr_folder_open_file(folder->fd, folder->path, name, &file, err);
    if (r == -VR_ERR_NOT_FOUND)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND, "%s/%s.hea:%d: the signal file %s is not there; fetch it too",
            folder->path, part->name, signals->line, name);
    if (r < 0)
        return r;
    part->stamp = stamp_add(part->stamp, &file.size, sizeof file.size);
    part->stamp = stamp_add(part->stamp, &file.changed.tv_sec, sizeof file.changed.tv_sec);
    part->stamp = stamp_add(part->stamp, &file.changed.tv_nsec, sizeof file.changed.tv_nsec);
    r = vr_wfdb_stream_create(
        &file, display, signals, count, part->header.frame_count,
        &part->streams[part->stream_count], err);
    if (r == 0)
        part->stream_count++;
    return r;
}

/* Signals of the same file, which stand together, make one stream. */
static int groups_open(
    struct vr_wfdb_part *part, const struct vr_wfdb_folder *folder, struct vr_err *err)
{
    const struct vr_wfdb_header *header = &part->header;
    for (size_t i = 0, next; i < header->signal_count; i = next) {
        const char *file = header->signals[i].file;
        for (next = i; next < header->signal_count; next++) {
            if (strcmp(header->signals[next].file, file) != 0)
                break;
            part->sources[next] = (struct vr_wfdb_source){part->stream_count, next - i};
        }
        int r = group_open(part, folder, i, next - i, err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The shortest file decides where the header gives no length, and a signal with skew begins late.
 * Signals without a file go on for ever; where there are no others, for no time. */
static int frames_count(
    struct vr_wfdb_part *part, const struct vr_wfdb_folder *folder, struct vr_err *err)
{
    int64_t frame_count = part->header.frame_count, skew_max = 0;
    bool files = false;
    for (size_t i = 0; i < part->header.signal_count; i++) {
        int64_t held = vr_wfdb_stream_frames(part->streams[part->sources[i].stream]);
        int64_t skew = part->header.signals[i].skew_frames;
        files = files || held >= 0;
        if (part->header.frame_count < 0 && held >= 0 && (frame_count < 0 || held < frame_count))
            frame_count = held;
        skew_max = skew > skew_max ? skew : skew_max;
    }
    if (files && frame_count <= skew_max)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s/%s.hea:%d: the signal files hold no whole frame of samples",
            folder->path, part->name, part->header.line);
    part->held_frame_count = frame_count < 0 ? 0 : frame_count;
    part->frame_count = part->held_frame_count > skew_max ? part->held_frame_count - skew_max : 0;
    return 0;
}

static int files_open(
    struct vr_wfdb_part *part, const struct vr_wfdb_folder *folder, struct vr_err *err)
{
    size_t count = part->header.signal_count + 1; /* never 0, which calloc may answer with NULL */
    if (part->header.segment_count)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s/%s.hea:%d: a segment that has segments itself; name those in the record",
            folder->path, part->name, part->header.line);
    part->sources = calloc(count, sizeof *part->sources);
    part->streams = calloc(count, sizeof(struct vr_wfdb_stream *));
    if (!part->sources || !part->streams)
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "%s/%s: no memory for its signals", folder->path, part->name);
    int r = groups_open(part, folder, err);
    return r < 0 ? r : frames_count(part, folder, err);
}

int vr_wfdb_part_create(
    const struct vr_wfdb_folder *folder, const char *name, struct vr_wfdb_header *header,
    uint64_t stamp, struct vr_wfdb_part **ret_part, struct vr_err *err)
{
    struct vr_wfdb_part *part = calloc(1, sizeof *part);
    if (!part) {
        vr_wfdb_header_finish(header);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s/%s: no memory", folder->path, name);
    }
    snprintf(part->name, sizeof part->name, "%s", name);
    part->header = *header;
    part->stamp = stamp;
    *header = (struct vr_wfdb_header){0};
    int r = files_open(part, folder, err);
    if (r < 0) {
        vr_wfdb_part_close(part);
        return r;
    }
    *ret_part = part;
    return 0;
}

int vr_wfdb_part_open(
    const struct vr_wfdb_folder *folder, const char *name, struct vr_digest *digest,
    struct vr_wfdb_part **ret_part, struct vr_err *err)
{
    struct vr_wfdb_header header;
    uint64_t stamp = 0;
    int r = vr_wfdb_part_header(folder, name, digest, &stamp, &header, err);
    return r < 0 ? r : vr_wfdb_part_create(folder, name, &header, stamp, ret_part, err);
}

void vr_wfdb_part_close(struct vr_wfdb_part *part)
{
    if (!part)
        return;
    for (size_t i = 0; i < part->stream_count; i++)
        vr_wfdb_stream_destroy(part->streams[i]);
    free(part->streams);
    free(part->sources);
    vr_wfdb_header_finish(&part->header);
    free(part);
}

int64_t vr_wfdb_part_samples(const struct vr_wfdb_part *part, size_t signal)
{
    const struct vr_wfdb_signal *info = &part->header.signals[signal];
    int64_t frames = part->held_frame_count - info->skew_frames;
    return frames > 0 ? frames * info->samples_per_frame : 0;
}

int vr_wfdb_part_read(
    struct vr_wfdb_part *part, size_t signal, int64_t first, size_t count, int32_t *ret_values,
    struct vr_err *err)
{
    const struct vr_wfdb_signal *info = &part->header.signals[signal];
    const struct vr_wfdb_source *source = &part->sources[signal];
    return vr_wfdb_stream_read(
        part->streams[source->stream], source->signal,
        first + info->skew_frames * info->samples_per_frame, count, ret_values, err);
}

/* A checksum of 0 is what writers put when they did not count; without a length, nobody knows what
 * was counted. */
static void checksum_check(
    const struct vr_wfdb_part *part, size_t signal, uint16_t sum, char warning[VR_WARNING_SIZE])
{
    const struct vr_wfdb_signal *info = &part->header.signals[signal];
    if (part->header.frame_count > 0 && info->format != 0 && info->checksum_given &&
        info->checksum && info->checksum != sum)
        vr_wfdb_warn(
            warning,
            "signal %zu (%.40s): its checksum is %d, not %d as in the header; its samples may be "
            "damaged",
            signal, info->name, (int16_t)sum, (int16_t)info->checksum);
}

int vr_wfdb_part_survey(
    struct vr_wfdb_part *part, struct vr_digest *digest, char warning[VR_WARNING_SIZE],
    struct vr_err *err)
{
    uint16_t sums[VR_SIGNALS_MAX];
    char surplus[64];
    for (size_t i = 0; i < part->header.signal_count; i++) {
        const struct vr_wfdb_source *source = &part->sources[i];
        struct vr_wfdb_stream *stream = part->streams[source->stream];
        if (source->signal == 0) {
            int r = vr_wfdb_stream_survey(stream, digest, sums, err);
            if (r < 0)
                return r;
            vr_wfdb_stream_surplus(stream, surplus, sizeof surplus);
            if (part->header.frame_count > 0 && surplus[0])
                vr_wfdb_warn(
                    warning, "%.60s has %s more than the header tells of",
                    part->header.signals[i].file, surplus);
        }
        checksum_check(part, i, sums[source->signal], warning);
    }
    return 0;
}
