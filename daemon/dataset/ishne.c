/* Driver "ishne": a folder of ISHNE Holter recordings, each a file, with annotation files beside them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "dataset/dataset.h"
#include "dataset/folder.h"
#include "dataset/ishne_comments.h"
#include "dataset/ishne_file.h"
#include "dataset/note.h"
#include "dataset/record_files.h"
#include "dataset/wfdb_annotation.h"

#define CHUNK_SIZE ((size_t)1 << 18)
#define FILE_NAME_SIZE (2 * VR_NAME_SIZE + 8) /* a record's name, and an annotator's */

static const char *const suffixes[] = {".ecg", ".ECG", ".hol", ".HOL", NULL};

struct ishne {
    struct vr_record record;
    struct vr_signal signals[VR_ISHNE_LEADS_MAX];
    struct vr_ishne_header header;
    struct vr_folder_file file;
    char display[VR_RECORD_FILES_DISPLAY_SIZE]; /* the file in errors */
    char *path;
    int folder_fd;
    int64_t block_offset; /* of the bytes that are kept: leads lie side by side */
    size_t block_size;
    uint8_t block[CHUNK_SIZE];
};

static void ishne_close(void *state)
{
    struct ishne *ishne = state;
    free(ishne->path);
    if (ishne->file.fd >= 0)
        close(ishne->file.fd);
    if (ishne->folder_fd >= 0)
        close(ishne->folder_fd);
    ishne->path = NULL, ishne->file.fd = -1, ishne->folder_fd = -1;
}

static bool ishne_probe(const char *path)
{
    return vr_record_files_probe(path, suffixes);
}

static int ishne_list(const char *path, struct vr_names *ret_names, struct vr_err *err)
{
    return vr_record_files_list(path, suffixes, ret_names, err);
}

/* One pass over the file: its digest, and the checksum of what lies between the checksum and the data. */
static int file_survey(struct ishne *ishne, struct vr_err *err)
{
    struct vr_digest digest;
    uint16_t crc = VR_ISHNE_CRC_START;
    vr_digest_init(&digest);
    for (int64_t offset = 0; offset < ishne->file.size; offset += (int64_t)CHUNK_SIZE) {
        int64_t left = ishne->file.size - offset;
        size_t size = left < (int64_t)CHUNK_SIZE ? (size_t)left : CHUNK_SIZE;
        int r = vr_folder_file_read(&ishne->file, ishne->display, offset, size, ishne->block, err);
        if (r < 0)
            return r;
        vr_digest_update(&digest, ishne->block, size);
        int64_t first = offset < 10 ? 10 - offset : 0, end = ishne->header.data_offset - offset;
        end = end > (int64_t)size ? (int64_t)size : end;
        if (first < end)
            crc = vr_ishne_crc(crc, ishne->block + first, (size_t)(end - first));
    }
    vr_digest_finish(&digest, ishne->record.sha256);
    if (crc != ishne->header.checksum)
        vr_note(
            ishne->record.warning,
            "the checksum of the header is 0x%04x, not 0x%04x as it says; the header may be "
            "damaged",
            crc, ishne->header.checksum);
    return 0;
}

static void signals_describe(struct ishne *ishne)
{
    const struct vr_ishne_header *header = &ishne->header;
    for (size_t i = 0; i < header->lead_count; i++) {
        struct vr_signal *signal = &ishne->signals[i];
        const char *name = vr_ishne_lead_name(header->leads[i].specification);
        if (name)
            snprintf(signal->name, sizeof signal->name, "%s", name);
        else
            snprintf(signal->name, sizeof signal->name, "lead %zu", i + 1);
        strcpy(signal->unit, "mV");
        signal->rate_num = header->rate_hz;
        signal->rate_den = 1;
        signal->sample_count = header->lead_samples;
        if (header->leads[i].resolution_nv > 0)
            signal->gain = 1e6 / header->leads[i].resolution_nv;
        else
            vr_note(
                ishne->record.warning, "lead %zu: a resolution of %d nV: uncalibrated", i + 1,
                header->leads[i].resolution_nv);
    }
    ishne->record.rate_num = header->rate_hz;
    ishne->record.rate_den = 1;
    ishne->record.frame_count = header->lead_samples;
    ishne->record.signal_count = header->lead_count;
    ishne->record.signals = ishne->signals;
}

static int parts_open(struct ishne *ishne, struct vr_err *err)
{
    uint8_t fixed[VR_ISHNE_FIXED_SIZE];
    int r = vr_record_files_open(
        ishne->folder_fd, ishne->path, ishne->record.name, suffixes, &ishne->file, ishne->display,
        err);
    if (r < 0)
        return r;
    if (ishne->file.size > VR_ISHNE_FILE_SIZE_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: %" PRId64 " bytes; files up to 64 GiB are read", ishne->display,
            ishne->file.size);
    size_t size = ishne->file.size < VR_ISHNE_FIXED_SIZE ? (size_t)ishne->file.size : sizeof fixed;
    r = vr_folder_file_read(&ishne->file, ishne->display, 0, size, fixed, err);
    if (r == 0)
        r = vr_ishne_header_parse(
            fixed, size, ishne->file.size, ishne->display, &ishne->header, err);
    if (r == 0 && ishne->header.is_annotations)
        r = vr_err_set(
            err, VR_ERR_INPUT, "%s: holds annotations, not samples; name it *.ann", ishne->display);
    if (r < 0)
        return r;
    memcpy(ishne->record.warning, ishne->header.notes, sizeof ishne->record.warning);
    signals_describe(ishne);
    return file_survey(ishne, err);
}

static int ishne_open(void *state, const char *path, const char *record, struct vr_err *err)
{
    struct ishne *ishne = state;
    ishne->file.fd = -1;
    if (strlen(record) >= sizeof ishne->record.name)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: the record name \"%.40s...\" is longer than %d bytes", path,
            record, VR_NAME_SIZE - 1);
    strcpy(ishne->record.name, record);
    int r = vr_folder_open(path, &ishne->folder_fd, err);
    if (r < 0)
        return r;
    ishne->path = strdup(path);
    r = ishne->path ? parts_open(ishne, err)
                    : vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to open it", path);
    if (r < 0)
        ishne_close(ishne);
    return r;
}

static const struct vr_record *ishne_record(const void *state)
{
    return &((const struct ishne *)state)->record;
}

/* Frames [first, first + *ret_count), at least one, at most `count`; valid until the next call. */
static int frames_find(
    struct ishne *ishne, int64_t first, size_t count, const uint8_t **ret_bytes, size_t *ret_count,
    struct vr_err *err)
{
    size_t frame_size = 2 * ishne->header.lead_count;
    int64_t offset = ishne->header.data_offset + first * (int64_t)frame_size;
    int64_t after = offset - ishne->block_offset;
    if (after < 0 || after + (int64_t)frame_size > (int64_t)ishne->block_size) {
        int64_t left = (ishne->header.lead_samples - first) * (int64_t)frame_size;
        size_t fill = CHUNK_SIZE / frame_size * frame_size;
        fill = left < (int64_t)fill ? (size_t)left : fill;
        ishne->block_size = 0;
        int r = vr_folder_file_read(&ishne->file, ishne->display, offset, fill, ishne->block, err);
        if (r < 0)
            return r;
        ishne->block_offset = offset;
        ishne->block_size = fill;
        after = 0;
    }
    size_t held = (ishne->block_size - (size_t)after) / frame_size;
    *ret_bytes = ishne->block + after;
    *ret_count = held < count ? held : count;
    return 0;
}

static int ishne_read(
    void *state, size_t signal, int64_t first, size_t count, int32_t *ret_values,
    struct vr_err *err)
{
    struct ishne *ishne = state;
    for (size_t done; count; first += (int64_t)done, ret_values += done, count -= done) {
        const uint8_t *bytes;
        int r = frames_find(ishne, first, count, &bytes, &done, err);
        if (r < 0)
            return r;
        bytes += 2 * signal;
        for (size_t i = 0; i < done; i++, bytes += 2 * ishne->header.lead_count)
            ret_values[i] = (int16_t)(bytes[0] | bytes[1] << 8);
    }
    return 0;
}

static int ishne_truth(
    void *state, const char *annotator, struct vr_annotations *ret_list, struct vr_err *err)
{
    struct ishne *ishne = state;
    char name[FILE_NAME_SIZE], display[VR_RECORD_FILES_DISPLAY_SIZE];
    struct vr_ishne_header header;
    if (!annotator[0] || strchr(annotator, '/') || strlen(annotator) >= VR_NAME_SIZE)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "record %s: \"%.40s\" is no name of an annotator; give the suffix of its file, as in "
            "ann or atr",
            ishne->record.name, annotator);
    snprintf(name, sizeof name, "%s.%s", ishne->record.name, annotator);
    snprintf(display, sizeof display, "%s/%s", ishne->path, name);
    _cleanup_free_ uint8_t *bytes = NULL;
    size_t size;
    int r = vr_folder_load_file(
        ishne->folder_fd, ishne->path, name, VR_WFDB_ANNOTATION_SIZE_MAX, &bytes, &size, err);
    if (r < 0)
        return r;
    if (size < 8 || memcmp(bytes, "ANN  1.0", 8) != 0) {
        struct vr_rate rate = {ishne->record.rate_num, ishne->record.rate_den};
        return vr_wfdb_annotation_parse(bytes, size, display, rate, ret_list, err);
    }
    r = vr_ishne_header_parse(bytes, size, (int64_t)size, display, &header, err);
    if (r == 0 && header.rate_hz != ishne->header.rate_hz)
        r = vr_err_set(
            err, VR_ERR_INPUT,
            "%s: counts in samples of %" PRIu32 " Hz, but the record has %" PRIu32
            "; the two do not belong together",
            display, header.rate_hz, ishne->header.rate_hz);
    return r < 0 ? r
                 : vr_ishne_annotations_parse(
                       bytes + header.data_offset, size - (size_t)header.data_offset, display,
                       ret_list, err);
}

static int ishne_comments(
    const char *path, const char *record, struct vr_comments *ret_list, struct vr_err *err)
{
    char display[VR_RECORD_FILES_DISPLAY_SIZE];
    struct vr_folder_file file = {.fd = -1};
    _cleanup_close_ int folder_fd = -1;
    int r = vr_folder_open(path, &folder_fd, err);
    if (r == 0)
        r = vr_record_files_open(folder_fd, path, record, suffixes, &file, display, err);
    if (r < 0)
        return r;
    r = vr_ishne_comments(&file, display, ret_list, err);
    close(file.fd);
    return r;
}

/* NAME.ann, where it is in the standard's own format. */
static int ishne_annotators(
    const char *path, const char *record, struct vr_names *ret_names, struct vr_err *err)
{
    static const char *const annotators[] = {"ann", "ANN"};
    _cleanup_close_ int folder_fd = -1;
    int r = vr_folder_open(path, &folder_fd, err);
    for (size_t i = 0; r == 0 && i < 2; i++) {
        char name[FILE_NAME_SIZE], magic[8] = "";
        struct vr_folder_file file = {.fd = -1};
        snprintf(name, sizeof name, "%s.%s", record, annotators[i]);
        if (vr_folder_open_file(folder_fd, path, name, &file, NULL) < 0)
            continue;
        bool is_one = pread(file.fd, magic, sizeof magic, 0) == sizeof magic &&
                      memcmp(magic, "ANN  1.0", sizeof magic) == 0;
        close(file.fd);
        r = is_one ? vr_names_add(ret_names, annotators[i], err) : 0;
    }
    return r;
}

const struct vr_dataset_driver vr_dataset_ishne = {
    .name = "ishne",
    .summary = "folder of ISHNE Holter recordings: NAME.ecg or .hol, NAME.ann",
    .state_size = sizeof(struct ishne),
    .probe = ishne_probe,
    .list = ishne_list,
    .open = ishne_open,
    .record = ishne_record,
    .read = ishne_read,
    .truth = ishne_truth,
    .close = ishne_close,
    .annotators = ishne_annotators,
    .comments = ishne_comments,
};
