/* One reader for all kinds of recorded traces. */
#include "power/trace_file.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "power/csv_file.h"
#include "power/mlperf_trace.h"
#include "power/ppk2_file.h"

struct vr_trace_file {
    char *name;
    FILE *file; /* NULL for a .ppk2 */
    struct vr_ppk2_file *ppk2;
    int (*read)(struct vr_trace_file *file, struct vr_trace_block *block, struct vr_err *err);
    struct vr_csv_file csv;
    struct vr_csv_row row; /* of the csv, read ahead */
    int64_t row_missing;   /* before it */
    bool has_row;
};

/* --- .ppk2 --- */

static int ppk2_read(struct vr_trace_file *file, struct vr_trace_block *block, struct vr_err *err)
{
    for (size_t i = 0; i < VR_TRACE_BLOCK; i++)
        block->volts[i] = NAN;
    return vr_ppk2_file_read(
        file->ppk2, block->values, block->lines, VR_TRACE_BLOCK, &block->count, err);
}

static int ppk2_open(struct vr_trace_file *file, struct vr_trace_info *info, struct vr_err *err)
{
    struct vr_ppk2_info ppk2;
    int r = vr_ppk2_file_open(file->name, &file->ppk2, &ppk2, err);
    if (r < 0)
        return r;
    file->read = ppk2_read;
    *info = (struct vr_trace_info){
        .format = "ppk2",
        .rate_hz = ppk2.rate_hz,
        .quantity = VR_POWER_CURRENT,
        .unit = 1e-6,
        .has_lines = true,
        .losses = "losses are seen when VitalRig wrote it; nRF Connect writes 0.2 uA for each",
    };
    return 0;
}

/* --- MLPerf Tiny --- */

static int mlperf_read(struct vr_trace_file *file, struct vr_trace_block *block, struct vr_err *err)
{
    for (size_t i = 0; i < VR_TRACE_BLOCK; i++) {
        block->volts[i] = NAN;
        block->lines[i] = 0;
    }
    return vr_mlperf_trace_read(
        file->file, file->name, block->values, VR_TRACE_BLOCK, &block->count, err);
}

static int mlperf_open(struct vr_trace_file *file, struct vr_trace_info *info, struct vr_err *err)
{
    *info = (struct vr_trace_info){
        .format = "mlperf",
        .quantity = VR_POWER_ENERGY,
        .unit = 1e-6,
        .losses = "losses cannot be seen",
    };
    file->read = mlperf_read;
    return vr_mlperf_trace_begin(file->file, file->name, &info->rate_hz, err);
}

/* --- csv --- */

static void put_row(struct vr_trace_file *file, struct vr_trace_block *block)
{
    block->values[block->count] = file->row.value;
    block->volts[block->count] = file->row.volts;
    block->lines[block->count++] = file->row.lines;
    file->has_row = false;
}

/* A block ends in front of a loss. */
static int csv_read(struct vr_trace_file *file, struct vr_trace_block *block, struct vr_err *err)
{
    if (file->has_row) {
        block->missing = file->row_missing;
        put_row(file, block);
    }
    while (block->count < VR_TRACE_BLOCK) {
        int64_t missing;
        int r = vr_csv_file_next(&file->csv, &file->row, &missing, err);
        if (r == -VR_ERR_EMPTY)
            return 0;
        if (r < 0)
            return r;
        if (missing > 0 && block->count > 0) {
            file->has_row = true;
            file->row_missing = missing;
            return 0;
        }
        block->missing += missing;
        put_row(file, block);
    }
    return 0;
}

static int csv_open(
    struct vr_trace_file *file, const struct vr_trace_options *options, struct vr_trace_info *info,
    struct vr_err *err)
{
    struct vr_csv_header header = {.rate_hz = options->rate_hz, .scale = options->scale};
    if (options->columns)
        snprintf(header.names, sizeof header.names, "%s", options->columns);
    int r = vr_csv_file_begin(&file->csv, file->file, file->name, &header, err);
    if (r < 0)
        return r;
    const struct vr_csv_columns *columns = &file->csv.columns;
    file->read = csv_read;
    *info = (struct vr_trace_info){
        .format = "csv",
        .rate_hz = file->csv.rate_hz,
        .quantity = columns->quantity,
        .unit = columns->value_unit,
        .has_volts = columns->has_volts,
        .has_lines = columns->has_lines,
        .losses = columns->has_time ? "losses are seen by the steps of time"
                                    : "without a column of time losses cannot be seen",
    };
    return 0;
}

/* --- all of them --- */

static bool is_text(const uint8_t *head, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (head[i] < ' ' && head[i] != '\t' && head[i] != '\n' && head[i] != '\r')
            return false;
    return size > 0;
}

static int open_format(
    struct vr_trace_file *file, const struct vr_trace_options *options, struct vr_trace_info *info,
    struct vr_err *err)
{
    uint8_t head[64];
    size_t size = fread(head, 1, sizeof head, file->file);
    rewind(file->file);
    if (vr_ppk2_file_is(head, size))
        return ppk2_open(file, info, err);
    if (size > 0 && head[0] == VR_MLPERF_TRACE_MARK)
        return mlperf_open(file, info, err);
    if (is_text(head, size))
        return csv_open(file, options, info, err);
    return vr_err_set(
        err, VR_ERR_INPUT,
        "%s: %s; a trace is a .ppk2, a trace1-energy.bin of MLPerf Tiny, or a csv", file->name,
        size == 0 ? "is empty" : "is no trace that is known here");
}

int vr_trace_file_open(
    const char *path, const struct vr_trace_options *options, struct vr_trace_file **ret_file,
    struct vr_trace_info *ret_info, struct vr_err *err)
{
    static const struct vr_trace_options none;
    struct stat stat;
    _cleanup_(vr_trace_file_closep) struct vr_trace_file *file = calloc(1, sizeof *file);
    if (!file || !(file->name = strdup(path)))
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %s", path);
    file->file = fopen(path, "rbe");
    if (!file->file)
        return vr_err_set(
            err, errno == ENOENT ? VR_ERR_NOT_FOUND : VR_ERR_IO, "%s: %s", path, strerror(errno));
    if (fstat(fileno(file->file), &stat) < 0 || !S_ISREG(stat.st_mode))
        return vr_err_set(err, VR_ERR_INPUT, "%s: is no file", path);
    int r = open_format(file, options ? options : &none, ret_info, err);
    if (r < 0)
        return r;
    *ret_file = file;
    file = NULL;
    return 0;
}

int vr_trace_file_read(
    struct vr_trace_file *file, struct vr_trace_block *ret_block, struct vr_err *err)
{
    ret_block->missing = 0;
    ret_block->count = 0;
    return file->read(file, ret_block, err);
}

void vr_trace_file_close(struct vr_trace_file *file)
{
    if (!file)
        return;
    vr_ppk2_file_close(file->ppk2);
    vr_fclosep(&file->file);
    free(file->name);
    free(file);
}

void vr_trace_file_closep(struct vr_trace_file **file)
{
    vr_trace_file_close(*file);
}
