/* Writing of .ppk2 files.  libzip asks for the bytes of each member when it packs them, in the order in which they were added: the
 * overview is known by then, for it comes behind the samples that it is made of. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zip.h>

#include "base/cleanup.h"
#include "power/ppk2_file.h"
#include "power/ppk2_frame.h"
#include "power/ppk2_minimap.h"

#define SAMPLES 1024
#define RATE_MAX 100000 /* the instrument's own */
#define LEVEL 6         /* of deflate */

struct writer {
    const struct vr_ppk2_info *info;
    vr_ppk2_samples_fn *samples;
    void *context;
    struct vr_err *err;
    int failed;   /* what `samples` said, 0 = nothing */
    int64_t done; /* samples */
    uint8_t frames[SAMPLES * VR_PPK2_FRAME_SIZE];
    size_t size, at; /* of frames: B that are there, B that were handed on */
    struct vr_ppk2_minimap minimap;
    char *overview;
    size_t overview_size, overview_at;
    zip_error_t error;
};

/* --- session.raw --- */

static int refill(struct writer *writer)
{
    float amperes[SAMPLES];
    uint8_t lines[SAMPLES] = {0};
    int64_t left = writer->info->count - writer->done;
    size_t count = 0, capacity = left < SAMPLES ? (size_t)left : SAMPLES;
    int r = writer->samples(writer->context, amperes, lines, capacity, &count, writer->err);
    if (r == 0 && (count == 0 || count > capacity))
        r = vr_err_set(
            writer->err, VR_ERR_INTERNAL, "%" PRId64 " samples of the trace did not come", left);
    if (r < 0)
        return writer->failed = r;
    for (size_t i = 0; i < count; i++) {
        double microamperes = (double)amperes[i] * 1e6;
        double time_us = (double)writer->done++ * 1e6 / writer->info->rate_hz;
        vr_ppk2_frame_put(writer->frames + i * VR_PPK2_FRAME_SIZE, (float)microamperes, lines[i]);
        vr_ppk2_minimap_add(&writer->minimap, time_us, microamperes * 1e3);
    }
    writer->size = count * VR_PPK2_FRAME_SIZE;
    writer->at = 0;
    return 0;
}

static zip_int64_t read_frames(struct writer *writer, uint8_t *data, zip_uint64_t size)
{
    zip_uint64_t used = 0;
    while (used < size) {
        if (writer->at == writer->size && writer->done < writer->info->count &&
            refill(writer) < 0) {
            zip_error_set(&writer->error, ZIP_ER_READ, 0);
            return -1;
        }
        size_t here = writer->size - writer->at;
        if (here == 0)
            break;
        if (here > size - used)
            here = (size_t)(size - used);
        memcpy(data + used, writer->frames + writer->at, here);
        writer->at += here;
        used += here;
    }
    return (zip_int64_t)used;
}

/* --- both members: what libzip asks of a source --- */

static zip_int64_t stat_of(void *data, zip_uint64_t size)
{
    zip_stat_t *stat = data;
    zip_stat_init(stat);
    stat->size = size;
    stat->valid = ZIP_STAT_SIZE;
    return sizeof *stat;
}

static zip_int64_t common(
    struct writer *writer, void *data, zip_uint64_t size, zip_source_cmd_t command)
{
    switch (command) {
    case ZIP_SOURCE_OPEN:
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_FREE:
        return 0;
    case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&writer->error, data, size);
    case ZIP_SOURCE_SUPPORTS:
        return ZIP_SOURCE_SUPPORTS_READABLE;
    default:
        zip_error_set(&writer->error, ZIP_ER_OPNOTSUPP, 0);
        return -1;
    }
}

static zip_int64_t session_source(
    void *context, void *data, zip_uint64_t size, zip_source_cmd_t command)
{
    struct writer *writer = context;
    if (command == ZIP_SOURCE_READ)
        return read_frames(writer, data, size);
    if (command == ZIP_SOURCE_STAT)
        return stat_of(data, (zip_uint64_t)writer->info->count * VR_PPK2_FRAME_SIZE);
    return common(writer, data, size, command);
}

/* Made when libzip first asks for its size. */
static int make_overview(struct writer *writer)
{
    if (writer->overview)
        return 0;
    int r = vr_ppk2_minimap_text(
        &writer->minimap, &writer->overview, &writer->overview_size, writer->err);
    if (r < 0)
        zip_error_set(&writer->error, ZIP_ER_MEMORY, 0);
    return writer->failed = r;
}

static zip_int64_t overview_source(
    void *context, void *data, zip_uint64_t size, zip_source_cmd_t command)
{
    struct writer *writer = context;
    if (command == ZIP_SOURCE_STAT)
        return make_overview(writer) < 0 ? -1 : stat_of(data, writer->overview_size);
    if (command != ZIP_SOURCE_READ)
        return common(writer, data, size, command);
    size_t here = writer->overview_size - writer->overview_at;
    if (here > size)
        here = (size_t)size;
    memcpy(data, writer->overview + writer->overview_at, here);
    writer->overview_at += here;
    return (zip_int64_t)here;
}

/* --- the archive --- */

static int failed(const char *path, const char *why, struct writer *writer)
{
    if (writer->failed < 0)
        return writer->failed;
    return vr_err_set(writer->err, VR_ERR_IO, "%s: cannot be written: %s", path, why);
}

static int add_member(zip_t *archive, const char *name, zip_source_t *source, time_t made)
{
    zip_int64_t index = source ? zip_file_add(archive, name, source, 0) : -1;
    if (index < 0) {
        zip_source_free(source);
        return -1;
    }
    if (made > 0)
        zip_file_set_mtime(archive, (zip_uint64_t)index, made, 0);
    return zip_set_file_compression(archive, (zip_uint64_t)index, ZIP_CM_DEFLATE, LEVEL);
}

static int pack(zip_t *archive, struct writer *writer)
{
    const struct vr_ppk2_info *info = writer->info;
    char metadata[160], started[64] = "";
    time_t made = info->started_utc_ms > 0 ? (time_t)(info->started_utc_ms / 1000) : 0;
    if (made > 0)
        snprintf(started, sizeof started, ",\"startSystemTime\":%.0f", info->started_utc_ms);
    int size = snprintf(
        metadata, sizeof metadata,
        "{\"metadata\":{\"samplesPerSecond\":%.0f%s},\"formatVersion\":2}", info->rate_hz, started);
    if (add_member(
            archive, "session.raw", zip_source_function(archive, session_source, writer), made) <
            0 ||
        add_member(
            archive, "metadata.json", zip_source_buffer(archive, metadata, (zip_uint64_t)size, 0),
            made) < 0 ||
        add_member(
            archive, "minimap.raw", zip_source_function(archive, overview_source, writer), made) <
            0)
        return -1;
    return zip_close(archive);
}

int vr_ppk2_file_write(
    const char *path, const struct vr_ppk2_info *info, vr_ppk2_samples_fn *samples, void *context,
    struct vr_err *err)
{
    if (!(info->rate_hz >= 1 && info->rate_hz <= RATE_MAX) || info->rate_hz != floor(info->rate_hz))
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: a .ppk2 file has a whole number of samples a second, up to %d; the trace has %g; "
            "export it as csv",
            path, RATE_MAX, info->rate_hz);
    _cleanup_free_ struct writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory to write %s", path);
    writer->info = info;
    writer->samples = samples;
    writer->context = context;
    writer->err = err;
    vr_ppk2_minimap_start(&writer->minimap);

    int code, r = 0;
    zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    if (!archive) {
        zip_error_init_with_code(&writer->error, code);
        r = failed(path, zip_error_strerror(&writer->error), writer);
    } else if (pack(archive, writer) < 0) {
        r = failed(path, zip_strerror(archive), writer);
        zip_discard(archive);
    }
    zip_error_fini(&writer->error);
    free(writer->overview);
    return r;
}
