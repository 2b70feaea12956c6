/* Reading samples, and sums of them. */
#include "store/power_reader.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "wire/crc32c.h"

/* --- opening --------------------------------------------------------------------------------- */

static bool string_keep(struct vr_power_reader *reader, size_t index, const char **string)
{
    *string = reader->strings[index] = strdup(*string);
    return *string;
}

static int stream_keep(void *context, const struct vr_power_stream_row *stream)
{
    struct vr_power_reader *reader = context;
    struct vr_power_stream_row *kept = &reader->stream;
    *kept = *stream;
    bool good = string_keep(reader, 0, &kept->meter) && string_keep(reader, 1, &kept->instrument) &&
                string_keep(reader, 2, &kept->serial) && string_keep(reader, 3, &kept->firmware) &&
                string_keep(reader, 4, &kept->settings) && string_keep(reader, 5, &kept->mode) &&
                string_keep(reader, 6, &kept->why);
    return good ? 0 : -VR_ERR_NO_MEMORY;
}

static int chunk_refuse(
    const struct vr_power_reader *reader, int64_t number, const char *why, struct vr_err *err)
{
    return vr_err_set(
        err, VR_ERR_INPUT,
        "%s: the power trace of meter '%s' is damaged in chunk %" PRId64 " (samples from %" PRId64
        "): %s; `vitalrig db check` tells all",
        reader->store->path, reader->stream.meter, number, number * VR_POWER_CHUNK, why);
}

/* Numbers that index arithmetic may rest on. */
static bool row_is_possible(const struct vr_power_chunk_row *row)
{
    return row->number >= 0 && row->number < INT64_MAX / VR_POWER_CHUNK && row->count >= 1 &&
           row->count <= VR_POWER_CHUNK && row->lost >= 0 && row->lost <= row->count &&
           row->lost_before >= 0 && row->lost_before <= row->number * VR_POWER_CHUNK;
}

int vr_power_reader_row(
    struct vr_power_reader *reader, int64_t number, struct vr_power_chunk_row *ret_row,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        reader->store, "read the sums of a power trace",
        "SELECT stream_id" VR_POWER_CHUNK_FIELDS(
            VR_SQL_COLUMNS) " FROM power_chunk WHERE stream_id = :stream_id AND number <= :number"
                            " ORDER BY number DESC LIMIT 1");
    vr_sql_bind_int64(&sql, ":stream_id", reader->stream.stream_id);
    vr_sql_bind_int64(&sql, ":number", number);
    int result = vr_sql_row(&sql, err);
    if (result <= 0)
        return result;
    result = vr_fields_read(&sql, 1, &vr_power_chunk_fields, ret_row, err);
    if (result == 0 && !row_is_possible(ret_row))
        result = chunk_refuse(reader, ret_row->number, "its row has impossible numbers", err);
    return result < 0 ? result : 1;
}

static int uid_of(void *context, const char *uid)
{
    *(char **)context = strdup(uid);
    return *(char **)context ? 0 : -VR_ERR_NO_MEMORY;
}

/* Where the samples are that are not here. */
static int absent_refuse(const struct vr_power_reader *reader, struct vr_err *err)
{
    _cleanup_free_ char *uid = NULL;
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        reader->store, "look for the run of a power stream",
        "SELECT uid FROM trial JOIN run USING (run_id) WHERE trial_id = :trial_id");
    vr_sql_bind_int64(&sql, ":trial_id", reader->stream.trial_id);
    int result = vr_sql_row(&sql, err);
    if (result > 0)
        result = uid_of(&uid, vr_sql_text(&sql, 0));
    if (result < 0)
        return result;
    return vr_err_set(
        err, VR_ERR_NOT_FOUND,
        "%s: it holds no samples of meter '%s': they stay in the file of run %s; name that file "
        "with "
        "--run-file",
        reader->store->path, reader->stream.meter, uid ? uid : "that was removed");
}

/* How far the samples go: of a stream that was never ended, to its last chunk. */
static int extent_find(struct vr_power_reader *reader, struct vr_err *err)
{
    struct vr_power_stream_row *stream = &reader->stream;
    struct vr_power_chunk_row last;
    int result = vr_power_reader_row(reader, INT64_MAX, &last, err);
    if (result < 0)
        return result;
    if (stream->sample_count < 0 || stream->lost_count < 0 ||
        stream->lost_count > stream->sample_count)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: the power stream of meter '%s' has impossible counts",
            reader->store->path, stream->meter);
    bool is_empty = stream->ended_ns != 0 && stream->lost_count == stream->sample_count;
    if (result == 0)
        return is_empty ? 0 : absent_refuse(reader, err);
    int64_t end = last.number * VR_POWER_CHUNK + last.count;
    if (stream->ended_ns == 0) {
        stream->sample_count = end;
        stream->lost_count = last.lost_before + last.lost;
    } else if (end > stream->sample_count) {
        return chunk_refuse(reader, last.number, "it lies behind the end of its stream", err);
    }
    return 0;
}

int vr_power_reader_create(
    struct vr_store *store, int64_t stream_id, struct vr_power_reader **ret_reader,
    struct vr_err *err)
{
    _cleanup_(vr_power_reader_destroyp) struct vr_power_reader *reader = calloc(1, sizeof *reader);
    if (reader)
        reader->coder = vr_power_coder_create();
    if (!reader || !reader->coder)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", store->path);
    reader->store = store;
    for (size_t i = 0; i < VR_POWER_READER_CHUNKS; i++)
        reader->slots[i].number = -1;
    for (size_t i = 0; i < VR_POWER_LEVELS; i++)
        reader->levels[i].number = -1;
    int result = vr_power_stream_get(store, stream_id, stream_keep, reader, err);
    if (result < 0)
        return result;
    const struct vr_power_stream_row *stream = &reader->stream;
    reader->shape = (struct vr_power_shape){stream->is_coded, stream->has_volts, stream->has_lines};
    vr_power_measure_init(&reader->measure, stream);
    result = extent_find(reader, err);
    if (result < 0)
        return result;
    *ret_reader = reader;
    reader = NULL;
    return 0;
}

void vr_power_reader_destroy(struct vr_power_reader *reader)
{
    if (!reader)
        return;
    for (size_t i = 0; i < sizeof reader->strings / sizeof *reader->strings; i++)
        free(reader->strings[i]);
    vr_power_coder_destroy(reader->coder);
    free(reader);
}

void vr_power_reader_destroyp(struct vr_power_reader **reader)
{
    vr_power_reader_destroy(*reader);
}

const struct vr_power_stream_row *vr_power_reader_stream(const struct vr_power_reader *reader)
{
    return &reader->stream;
}

int vr_power_reader_bounds(
    const struct vr_power_reader *reader, int64_t first, int64_t end, struct vr_err *err)
{
    if (first >= 0 && first <= end && end <= reader->stream.sample_count)
        return 0;
    return vr_err_set(
        err, VR_ERR_USAGE,
        "%s: samples %" PRId64 " to %" PRId64
        " of meter '%s' are asked for, and there are %" PRId64,
        reader->store->path, first, end, reader->stream.meter, reader->stream.sample_count);
}

/* --- chunks ---------------------------------------------------------------------------------- */

/* Samples of the stream in the chunk's place. */
static uint32_t place_size(const struct vr_power_reader *reader, int64_t number)
{
    int64_t left = reader->stream.sample_count - number * VR_POWER_CHUNK;
    return left < VR_POWER_CHUNK ? (uint32_t)left : VR_POWER_CHUNK;
}

static void missing_fill(struct vr_power_chunk *chunk, uint32_t end, uint8_t lines)
{
    for (uint32_t i = chunk->count; i < end; i++) {
        chunk->ranges[i] = VR_POWER_MISSING;
        chunk->lines[i] = lines;
        chunk->codes[i] = 0;
        chunk->values[i] = NAN;
        chunk->volts[i] = NAN;
    }
    chunk->count = end;
}

static int chunk_unpack(
    struct vr_power_reader *reader, struct vr_sql *sql, int64_t number,
    struct vr_power_chunk *ret_chunk, struct vr_err *err)
{
    size_t size;
    struct vr_err cause;
    int64_t count = vr_sql_int64(sql, 0), lost = vr_sql_int64(sql, 1);
    const uint8_t *data = vr_sql_blob(sql, 3, &size);
    int result = vr_sql_failed(sql, err);
    if (result < 0)
        return result;
    if (count < 1 || count > place_size(reader, number))
        return chunk_refuse(reader, number, "its row has an impossible count", err);
    if (wire_crc32c(0, data, size) != vr_sql_int64(sql, 2))
        return chunk_refuse(reader, number, "its blob does not fit its check sum", err);
    reader->decodes++;
    if (vr_power_chunk_decode(
            reader->coder, data, size, &reader->shape, (uint32_t)count, ret_chunk, &cause) < 0)
        return chunk_refuse(reader, number, cause.text, err);
    if (vr_power_chunk_lost(ret_chunk) != lost)
        return chunk_refuse(reader, number, "its row has another count of lost samples", err);
    return 0;
}

/* 1 = it is in the file, 0 = it is not. */
static int chunk_find(
    struct vr_power_reader *reader, int64_t number, struct vr_power_chunk *ret_chunk,
    struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        reader->store, "read samples of a power trace",
        "SELECT count, lost, crc32c, data FROM power_chunk"
        " WHERE stream_id = :stream_id AND number = :number");
    vr_sql_bind_int64(&sql, ":stream_id", reader->stream.stream_id);
    vr_sql_bind_int64(&sql, ":number", number);
    int result = vr_sql_row(&sql, err);
    if (result <= 0)
        return result;
    result = chunk_unpack(reader, &sql, number, ret_chunk, err);
    return result < 0 ? result : 1;
}

/* Levels of the lines at the last sample of the last chunk before this one; `scratch` is decoded over. */
static int lines_before(
    struct vr_power_reader *reader, int64_t number, struct vr_power_chunk *scratch,
    uint8_t *ret_lines, struct vr_err *err)
{
    struct vr_power_chunk_row row;
    *ret_lines = 0;
    int result = reader->shape.has_lines ? vr_power_reader_row(reader, number, &row, err) : 0;
    if (result > 0)
        result = chunk_find(reader, row.number, scratch, err);
    if (result > 0)
        *ret_lines = scratch->lines[scratch->count - 1];
    return result < 0 ? result : 0;
}

static int chunk_load(
    struct vr_power_reader *reader, int64_t number, struct vr_power_chunk *ret_chunk,
    struct vr_err *err)
{
    uint8_t lines = 0;
    int result = chunk_find(reader, number, ret_chunk, err);
    if (result == 0) { /* every sample of it is missing */
        result = lines_before(reader, number, ret_chunk, &lines, err);
        ret_chunk->count = 0;
    } else if (result > 0) {
        lines = ret_chunk->lines[ret_chunk->count - 1];
    }
    if (result >= 0)
        missing_fill(ret_chunk, place_size(reader, number), lines);
    return result < 0 ? result : 0;
}

int vr_power_reader_chunk(
    struct vr_power_reader *reader, int64_t number, const struct vr_power_chunk **ret_chunk,
    struct vr_err *err)
{
    size_t oldest = 0;
    for (size_t i = 0; i < VR_POWER_READER_CHUNKS; i++) {
        if (reader->slots[i].number == number) {
            reader->slots[i].used = ++reader->uses;
            *ret_chunk = &reader->slots[i].chunk;
            return 0;
        }
        if (reader->slots[i].used < reader->slots[oldest].used)
            oldest = i;
    }
    reader->slots[oldest].number = -1;
    int result = chunk_load(reader, number, &reader->slots[oldest].chunk, err);
    if (result < 0)
        return result;
    reader->slots[oldest].number = number;
    reader->slots[oldest].used = ++reader->uses;
    *ret_chunk = &reader->slots[oldest].chunk;
    return 0;
}

/* --- samples --------------------------------------------------------------------------------- */

/* What a caller wants of samples; NULL = not. */
struct wanted {
    float *values, *volts;
    uint16_t *codes;
    uint8_t *ranges, *lines;
};

static void values_copy(
    const struct vr_power_reader *reader, const struct vr_power_chunk *chunk, uint32_t from,
    uint32_t count, float *ret_values)
{
    if (!reader->shape.is_coded) {
        memcpy(ret_values, chunk->values + from, count * sizeof *ret_values);
        return;
    }
    const struct vr_power_scale *scale = &reader->stream.scale;
    for (uint32_t i = 0; i < count; i++)
        ret_values[i] =
            (float)vr_power_value(scale, chunk->ranges[from + i], chunk->codes[from + i]);
}

static void volts_copy(
    const struct vr_power_reader *reader, const struct vr_power_chunk *chunk, uint32_t from,
    uint32_t count, float *ret_volts)
{
    float supply_v = (float)reader->stream.supply_v;
    for (uint32_t i = 0; i < count; i++) {
        bool missing = chunk->ranges[from + i] == VR_POWER_MISSING;
        ret_volts[i] = reader->shape.has_volts ? chunk->volts[from + i] : missing ? NAN : supply_v;
    }
}

static int samples_read(
    struct vr_power_reader *reader, int64_t first, size_t count, const struct wanted *wanted,
    struct vr_err *err)
{
    if (count > (uint64_t)INT64_MAX || first > INT64_MAX - (int64_t)count)
        return vr_power_reader_bounds(reader, first, -1, err);
    int result = vr_power_reader_bounds(reader, first, first + (int64_t)count, err);
    for (size_t done = 0; result == 0 && done < count;) {
        int64_t at = first + (int64_t)done;
        uint32_t from = (uint32_t)(at % VR_POWER_CHUNK);
        size_t room = VR_POWER_CHUNK - from, left = count - done;
        uint32_t part = (uint32_t)(left < room ? left : room);
        const struct vr_power_chunk *chunk;
        result = vr_power_reader_chunk(reader, at / VR_POWER_CHUNK, &chunk, err);
        if (result < 0)
            break;
        if (wanted->values)
            values_copy(reader, chunk, from, part, wanted->values + done);
        if (wanted->volts)
            volts_copy(reader, chunk, from, part, wanted->volts + done);
        if (wanted->codes)
            memcpy(wanted->codes + done, chunk->codes + from, part * sizeof *wanted->codes);
        if (wanted->ranges)
            memcpy(wanted->ranges + done, chunk->ranges + from, part);
        if (wanted->lines)
            memcpy(wanted->lines + done, chunk->lines + from, part);
        done += part;
    }
    return result;
}

int vr_power_reader_samples(
    struct vr_power_reader *reader, int64_t first, size_t count, float *values, float *volts,
    uint8_t *lines, struct vr_err *err)
{
    const struct wanted wanted = {.values = values, .volts = volts, .lines = lines};
    return samples_read(reader, first, count, &wanted, err);
}

int vr_power_reader_codes(
    struct vr_power_reader *reader, int64_t first, size_t count, uint16_t *codes, uint8_t *ranges,
    uint8_t *lines, struct vr_err *err)
{
    const struct wanted wanted = {.codes = codes, .ranges = ranges, .lines = lines};
    if (!reader->shape.is_coded)
        return vr_err_set(
            err, VR_ERR_USAGE, "%s: the samples of meter '%s' are values, not codes",
            reader->store->path, reader->stream.meter);
    return samples_read(reader, first, count, &wanted, err);
}
