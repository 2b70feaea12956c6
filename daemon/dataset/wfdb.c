/* Driver "wfdb": a folder of WFDB records, the format of PhysioNet.  The parts know headers, sample
 * formats and annotations; this file knows which files make a record and what a reader should be
 * told about them. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "dataset/dataset.h"
#include "dataset/folder.h"
#include "dataset/wfdb_annotation.h"
#include "dataset/wfdb_format.h"
#include "dataset/wfdb_header.h"
#include "dataset/wfdb_signal.h"

#define HEADER_SUFFIX ".hea"
#define FILE_NAME_SIZE (2 * VR_NAME_SIZE + 8) /* "sub/record" and a file or a suffix */

struct source {
    size_t stream; /* index */
    struct vr_wfdb_track track;
};

struct wfdb {
    struct vr_record record;
    struct vr_signal *signals;
    struct source *sources; /* of each signal */
    struct vr_wfdb_stream **streams;
    size_t stream_count;
    char *path;
    int folder_fd;
};

static void wfdb_close(void *state)
{
    struct wfdb *wfdb = state;
    for (size_t i = 0; i < wfdb->stream_count; i++)
        vr_wfdb_stream_destroy(wfdb->streams[i]);
    free(wfdb->streams);
    free(wfdb->sources);
    free(wfdb->signals);
    free(wfdb->path);
    if (wfdb->folder_fd >= 0)
        close(wfdb->folder_fd);
    *wfdb = (struct wfdb){.folder_fd = -1};
}

/* Add to what a reader should know; what finds no room is cut. */
static void warn(struct wfdb *wfdb, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void warn(struct wfdb *wfdb, const char *format, ...)
{
    char *text = wfdb->record.warning;
    size_t used = strlen(text), size = sizeof wfdb->record.warning;
    if (used && used + 2 < size) {
        strcpy(text + used, "; ");
        used += 2;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

static bool is_header_name(const char *name)
{
    size_t size = strlen(name), suffix = sizeof HEADER_SUFFIX - 1;
    return name[0] != '.' && size > suffix && strcmp(name + size - suffix, HEADER_SUFFIX) == 0;
}

static bool wfdb_probe(const char *path)
{
    _cleanup_closedir_ DIR *dir = opendir(path);
    struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (is_header_name(entry->d_name))
            return true;
    return false;
}

static int wfdb_list(const char *path, struct vr_names *ret_names, struct vr_err *err)
{
    int fd;
    int r = vr_folder_open(path, &fd, err);
    if (r < 0)
        return r;
    _cleanup_closedir_ DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno));
    }
    struct dirent *entry;
    for (errno = 0; (entry = readdir(dir)); errno = 0) {
        if (!is_header_name(entry->d_name))
            continue;
        entry->d_name[strlen(entry->d_name) - (sizeof HEADER_SUFFIX - 1)] = '\0';
        r = vr_names_add(ret_names, entry->d_name, err);
        if (r < 0)
            return r;
    }
    if (errno)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno));
    return 0;
}

/* Size of "sub/" in "sub/record". */
static size_t folder_part_size(const char *record)
{
    const char *slash = strrchr(record, '/');
    return slash ? (size_t)(slash - record) + 1 : 0;
}

static int header_load(
    struct wfdb *wfdb, struct vr_digest *digest, struct vr_wfdb_header *ret_header,
    struct vr_err *err)
{
    const char *record = wfdb->record.name;
    char name[FILE_NAME_SIZE], display[VR_ERR_TEXT_SIZE / 2];
    snprintf(name, sizeof name, "%s" HEADER_SUFFIX, record);
    snprintf(display, sizeof display, "%s/%s", wfdb->path, name);
    _cleanup_free_ uint8_t *text = NULL;
    size_t size;
    int r = vr_folder_load_file(
        wfdb->folder_fd, wfdb->path, name, VR_WFDB_HEADER_SIZE_MAX, &text, &size, err);
    if (r < 0)
        return r;
    vr_digest_update(digest, text, size);
    struct vr_wfdb_header header;
    r = vr_wfdb_header_parse((const char *)text, size, display, &header, err);
    if (r < 0)
        return r;
    const char *wanted = record + folder_part_size(record);
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

/* Open the file of the group of signals that begins at `signals`. */
static int group_open(
    struct wfdb *wfdb, const struct vr_wfdb_header *header, const struct vr_wfdb_signal *signals,
    uint32_t frame_samples, struct vr_err *err)
{
    const char *record = wfdb->record.name;
    char name[FILE_NAME_SIZE], display[VR_ERR_TEXT_SIZE / 2];
    snprintf(name, sizeof name, "%.*s%s", (int)folder_part_size(record), record, signals->file);
    snprintf(display, sizeof display, "%s/%s", wfdb->path, name);

    const struct vr_wfdb_format *format = vr_wfdb_format_find(signals->format);
    if (!format || format->coding != VR_WFDB_CODING_PACKED) {
        char supported[64];
        vr_wfdb_format_list(false, supported, sizeof supported);
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s/%s" HEADER_SUFFIX ":%d: signal format %d is not supported (these are: %s); convert "
            "the record to one of them",
            wfdb->path, record, signals->line, signals->format, supported);
    }
    struct vr_folder_file file = {.fd = -1};
    int r = vr_folder_open_file(wfdb->folder_fd, wfdb->path, name, &file, err);
    if (r == -VR_ERR_NOT_FOUND)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND,
            "%s/%s" HEADER_SUFFIX ":%d: the signal file %s is not there; fetch it too", wfdb->path,
            record, signals->line, name);
    if (r < 0)
        return r;
    int64_t sample_count = header->frame_count < 0 ? -1 : header->frame_count * frame_samples;
    r = vr_wfdb_stream_create(
        &file, display, format, signals->byte_offset, sample_count,
        &wfdb->streams[wfdb->stream_count], err);
    if (r == 0)
        wfdb->stream_count++;
    return r;
}

/* Signals of the same file, which stand together, make one stream. */
static int groups_open(struct wfdb *wfdb, const struct vr_wfdb_header *header, struct vr_err *err)
{
    for (size_t i = 0, next; i < header->signal_count; i = next) {
        uint32_t frame_samples = 0;
        for (next = i; next < header->signal_count &&
                       strcmp(header->signals[next].file, header->signals[i].file) == 0;
             next++) {
            wfdb->sources[next] = (struct source){
                .stream = wfdb->stream_count,
                .track = {
                    .frame_first = header->signals[next].skew_frames,
                    .slot = frame_samples,
                    .samples_per_frame = header->signals[next].samples_per_frame,
                }};
            frame_samples += header->signals[next].samples_per_frame;
        }
        for (size_t j = i; j < next; j++)
            wfdb->sources[j].track.frame_samples = frame_samples;
        int r = group_open(wfdb, header, &header->signals[i], frame_samples, err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Frames for which every signal has a sample: the shortest file decides where the header gives no
 * length, and a signal with skew begins late. */
static int frames_count(struct wfdb *wfdb, const struct vr_wfdb_header *header, struct vr_err *err)
{
    int64_t frame_count = header->frame_count, skew_max = 0;
    for (size_t i = 0; i < header->signal_count; i++) {
        const struct source *source = &wfdb->sources[i];
        int64_t held = wfdb->streams[source->stream]->sample_count / source->track.frame_samples;
        if (header->frame_count < 0 && (frame_count < 0 || held < frame_count))
            frame_count = held;
        if (source->track.frame_first > skew_max)
            skew_max = source->track.frame_first;
    }
    if (header->signal_count > 0 && frame_count <= skew_max)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s/%s" HEADER_SUFFIX ":%d: the signal files hold no whole frame of samples",
            wfdb->path, wfdb->record.name, header->line);
    wfdb->record.frame_count = frame_count < 0 ? 0 : frame_count - skew_max;
    return 0;
}

static void signals_describe(struct wfdb *wfdb, const struct vr_wfdb_header *header)
{
    for (size_t i = 0; i < header->signal_count; i++) {
        const struct vr_wfdb_signal *from = &header->signals[i];
        struct vr_signal *to = &wfdb->signals[i];
        struct vr_rate rate;
        bool fits = vr_rate_multiply(header->rate, from->samples_per_frame, &rate);
        assert(fits);
        (void)fits;
        memcpy(to->name, from->name, sizeof to->name);
        memcpy(to->unit, from->unit, sizeof to->unit);
        to->rate_num = rate.num;
        to->rate_den = rate.den;
        to->gain = from->gain;
        to->baseline = from->baseline;
        to->sample_count = wfdb->record.frame_count * from->samples_per_frame;
    }
    wfdb->record.rate_num = header->rate.num;
    wfdb->record.rate_den = header->rate.den;
    wfdb->record.signal_count = header->signal_count;
    wfdb->record.signals = wfdb->signals;
}

static uint16_t track_sum(const struct vr_wfdb_track *track, const uint16_t *sums)
{
    uint16_t sum = 0;
    for (uint32_t i = 0; i < track->samples_per_frame; i++)
        sum = (uint16_t)(sum + sums[track->slot + i]);
    return sum;
}

/* A checksum of 0 is what writers put when they did not count; without a length, nobody knows what
 * was counted. */
static void checksum_check(
    struct wfdb *wfdb, const struct vr_wfdb_header *header, size_t signal, const uint16_t *sums)
{
    const struct vr_wfdb_signal *info = &header->signals[signal];
    uint16_t sum = track_sum(&wfdb->sources[signal].track, sums);
    if (header->frame_count > 0 && info->checksum_given && info->checksum && info->checksum != sum)
        warn(
            wfdb,
            "signal %zu (%.40s): its checksum is %d, not %d as in the header; its samples may be "
            "damaged",
            signal, info->name, (int16_t)sum, (int16_t)info->checksum);
}

/* Read every signal file once: digest and checksums. */
static int files_survey(
    struct wfdb *wfdb, const struct vr_wfdb_header *header, struct vr_digest *digest,
    struct vr_err *err)
{
    _cleanup_free_ uint16_t *sums = malloc(VR_WFDB_SAMPLES_PER_FRAME_MAX * sizeof *sums);
    if (!sums)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory for checksums", wfdb->path);
    for (size_t i = 0; i < header->signal_count; i++) {
        const struct source *source = &wfdb->sources[i];
        struct vr_wfdb_stream *stream = wfdb->streams[source->stream];
        if (source->track.slot == 0) {
            int r = vr_wfdb_stream_survey(stream, source->track.frame_samples, digest, sums, err);
            if (r < 0)
                return r;
            if (header->frame_count > 0 && vr_wfdb_stream_surplus(stream) > 0)
                warn(
                    wfdb, "%.60s has %" PRId64 " bytes more than the header tells of",
                    header->signals[i].file, vr_wfdb_stream_surplus(stream));
        }
        checksum_check(wfdb, header, i, sums);
    }
    return 0;
}

static int parts_open(struct wfdb *wfdb, struct vr_err *err)
{
    struct vr_digest digest;
    vr_digest_init(&digest);
    _cleanup_(vr_wfdb_header_finish) struct vr_wfdb_header header = {0};
    int r = header_load(wfdb, &digest, &header, err);
    if (r < 0)
        return r;
    size_t count = header.signal_count + 1; /* never 0, which calloc may answer with NULL */
    wfdb->signals = calloc(count, sizeof *wfdb->signals);
    wfdb->sources = calloc(count, sizeof *wfdb->sources);
    wfdb->streams = calloc(count, sizeof(struct vr_wfdb_stream *));
    if (!wfdb->signals || !wfdb->sources || !wfdb->streams)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory for its signals", wfdb->path);
    r = groups_open(wfdb, &header, err);
    if (r == 0)
        r = frames_count(wfdb, &header, err);
    if (r == 0)
        r = files_survey(wfdb, &header, &digest, err);
    if (r < 0)
        return r;
    signals_describe(wfdb, &header);
    vr_digest_finish(&digest, wfdb->record.sha256);
    return 0;
}

static int wfdb_open(void *state, const char *path, const char *record, struct vr_err *err)
{
    struct wfdb *wfdb = state;
    if (strlen(record) >= sizeof wfdb->record.name)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: the record name \"%.40s...\" is longer than %d bytes", path,
            record, VR_NAME_SIZE - 1);
    strcpy(wfdb->record.name, record);
    int r = vr_folder_open(path, &wfdb->folder_fd, err);
    if (r < 0)
        return r;
    wfdb->path = strdup(path);
    r = wfdb->path ? parts_open(wfdb, err)
                   : vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to open it", path);
    if (r < 0)
        wfdb_close(wfdb);
    return r;
}

static const struct vr_record *wfdb_record(const void *state)
{
    return &((const struct wfdb *)state)->record;
}

static int wfdb_read(
    void *state, size_t signal, int64_t first, size_t count, int32_t *ret_values,
    struct vr_err *err)
{
    struct wfdb *wfdb = state;
    const struct source *source = &wfdb->sources[signal];
    return vr_wfdb_stream_read(
        wfdb->streams[source->stream], &source->track, first, count, ret_values, err);
}

static int wfdb_truth(
    void *state, const char *annotator, struct vr_annotations *ret_list, struct vr_err *err)
{
    struct wfdb *wfdb = state;
    char name[FILE_NAME_SIZE], display[VR_ERR_TEXT_SIZE / 2];
    if (!annotator[0] || strchr(annotator, '/') || strlen(annotator) >= VR_NAME_SIZE)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "record %s: \"%.40s\" is no name of an annotator; give the suffix of its file, as in "
            "atr",
            wfdb->record.name, annotator);
    snprintf(name, sizeof name, "%s.%s", wfdb->record.name, annotator);
    snprintf(display, sizeof display, "%s/%s", wfdb->path, name);
    _cleanup_free_ uint8_t *bytes = NULL;
    size_t size;
    int r = vr_folder_load_file(
        wfdb->folder_fd, wfdb->path, name, VR_WFDB_ANNOTATION_SIZE_MAX, &bytes, &size, err);
    if (r < 0)
        return r;
    struct vr_rate rate = {wfdb->record.rate_num, wfdb->record.rate_den};
    return vr_wfdb_annotation_parse(bytes, size, display, rate, ret_list, err);
}

const struct vr_dataset_driver vr_dataset_wfdb = {
    .name = "wfdb",
    .summary = "folder of WFDB records (PhysioNet): NAME.hea, signals in every format, NAME.atr",
    .state_size = sizeof(struct wfdb),
    .probe = wfdb_probe,
    .list = wfdb_list,
    .open = wfdb_open,
    .record = wfdb_record,
    .read = wfdb_read,
    .truth = wfdb_truth,
    .close = wfdb_close,
};
