/* Driver "wfdb": a folder of WFDB records, the format of PhysioNet.  The parts know headers, sample
 * formats, segments and annotations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "dataset/dataset.h"
#include "dataset/folder.h"
#include "dataset/wfdb_comments.h"
#include "dataset/wfdb_header.h"
#include "dataset/wfdb_names.h"
#include "dataset/wfdb_part.h"
#include "dataset/wfdb_segments.h"
#include "dataset/wfdb_truth.h"

struct wfdb {
    struct vr_record record;
    struct vr_signal *signals;
    char *path;
    struct vr_wfdb_folder folder;
    struct vr_wfdb_part *part;         /* of a record that is whole, */
    struct vr_wfdb_segments *segments; /* and of one in segments */
};

static void wfdb_close(void *state)
{
    struct wfdb *wfdb = state;
    vr_wfdb_part_close(wfdb->part);
    vr_wfdb_segments_close(wfdb->segments);
    free(wfdb->signals);
    free(wfdb->path);
    if (wfdb->folder.fd >= 0)
        close(wfdb->folder.fd);
    *wfdb = (struct wfdb){.folder.fd = -1};
}

static int signals_describe(
    struct wfdb *wfdb, const struct vr_wfdb_signal *signals, size_t count, struct vr_rate rate,
    struct vr_err *err)
{
    wfdb->signals = calloc(count + 1, sizeof *wfdb->signals); /* 0 might be answered with NULL */
    if (!wfdb->signals)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory for its signals", wfdb->path);
    for (size_t i = 0; i < count; i++) {
        const struct vr_wfdb_signal *from = &signals[i];
        struct vr_signal *to = &wfdb->signals[i];
        struct vr_rate own;
        if (!vr_rate_multiply(rate, from->samples_per_frame, &own))
            return vr_err_set(
                err, VR_ERR_INPUT, "%s/%s: signal %zu has more samples a second than can be read",
                wfdb->path, wfdb->record.name, i);
        memcpy(to->name, from->name, sizeof to->name);
        memcpy(to->unit, from->unit, sizeof to->unit);
        to->rate_num = own.num;
        to->rate_den = own.den;
        to->gain = from->gain;
        to->baseline = from->baseline;
        to->sample_count = wfdb->record.frame_count * from->samples_per_frame;
    }
    wfdb->record.rate_num = rate.num;
    wfdb->record.rate_den = rate.den;
    wfdb->record.signal_count = count;
    wfdb->record.signals = wfdb->signals;
    return 0;
}

/* A record that is whole: its header is taken. */
static int part_open(
    struct wfdb *wfdb, struct vr_wfdb_header *header, struct vr_digest *digest, struct vr_err *err)
{
    int r = vr_wfdb_part_create(&wfdb->folder, wfdb->record.name, header, 0, &wfdb->part, err);
    if (r == 0)
        r = vr_wfdb_part_survey(wfdb->part, digest, wfdb->record.warning, err);
    if (r < 0)
        return r;
    const struct vr_wfdb_header *own = &wfdb->part->header;
    wfdb->record.frame_count = wfdb->part->frame_count;
    return signals_describe(wfdb, own->signals, own->signal_count, own->rate, err);
}

static int segments_open(
    struct wfdb *wfdb, struct vr_wfdb_header *header, struct vr_digest *digest, struct vr_err *err)
{
    struct vr_record *record = &wfdb->record;
    struct vr_rate rate = header->rate;
    int r = vr_wfdb_segments_open(
        &wfdb->folder, record->name, header, digest, record->warning, &wfdb->segments, err);
    if (r < 0)
        return r;
    size_t count;
    const struct vr_wfdb_signal *signals = vr_wfdb_segments_signals(wfdb->segments, &count);
    record->frame_count = vr_wfdb_segments_frames(wfdb->segments);
    record->available_frame_count =
        vr_wfdb_segments_available(wfdb->segments, record->missing, sizeof record->missing);
    return signals_describe(wfdb, signals, count, rate, err);
}

static int parts_open(struct wfdb *wfdb, struct vr_err *err)
{
    struct vr_digest digest;
    struct vr_wfdb_header header;
    vr_digest_init(&digest);
    int r = vr_wfdb_part_header(&wfdb->folder, wfdb->record.name, &digest, NULL, &header, err);
    if (r == 0)
        r = header.segment_count ? segments_open(wfdb, &header, &digest, err)
                                 : part_open(wfdb, &header, &digest, err);
    if (r == 0)
        vr_digest_finish(&digest, wfdb->record.sha256);
    return r;
}

static int wfdb_open(void *state, const char *path, const char *record, struct vr_err *err)
{
    struct wfdb *wfdb = state;
    if (strlen(record) >= sizeof wfdb->record.name)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: the record name \"%.40s...\" is longer than %d bytes", path,
            record, VR_NAME_SIZE - 1);
    strcpy(wfdb->record.name, record);
    int r = vr_folder_open(path, &wfdb->folder.fd, err);
    if (r < 0)
        return r;
    wfdb->folder.path = wfdb->path = strdup(path);
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
    return wfdb->segments
               ? vr_wfdb_segments_read(wfdb->segments, signal, first, count, ret_values, err)
               : vr_wfdb_part_read(wfdb->part, signal, first, count, ret_values, err);
}

static int wfdb_truth(
    void *state, const char *annotator, struct vr_annotations *ret_list, struct vr_err *err)
{
    struct wfdb *wfdb = state;
    struct vr_rate rate = {wfdb->record.rate_num, wfdb->record.rate_den};
    return vr_wfdb_truth_load(
        &wfdb->folder, wfdb->record.name, annotator, rate, true, ret_list, err);
}

const struct vr_dataset_driver vr_dataset_wfdb = {
    .name = "wfdb",
    .summary = "folder of WFDB records (PhysioNet): NAME.hea, signals in every format, NAME.atr",
    .state_size = sizeof(struct wfdb),
    .probe = vr_wfdb_names_any,
    .list = vr_wfdb_names_list,
    .open = wfdb_open,
    .record = wfdb_record,
    .read = wfdb_read,
    .truth = wfdb_truth,
    .close = wfdb_close,
    .comments = vr_wfdb_comments,
};
