/* Driver "mat": MATLAB files by a mapping.  A recording is held in memory, since compressed numbers cannot be read by
 * position. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "dataset/dataset.h"
#include "dataset/folder.h"
#include "dataset/mat_file.h"
#include "dataset/mat_map.h"
#include "dataset/record_files.h"
#include "dataset/wfdb_annotation.h"

#define CHUNK_SIZE 65536
#define MAP_SIZE_MAX ((size_t)1 << 20)
#define FILE_NAME_SIZE 400 /* a pattern of 255 bytes and a record */
#define DISPLAY_SIZE (VR_ERR_TEXT_SIZE / 2)
#define DESCRIPTION_SIZE 400
#define STEP_SLACK 1e-6 /* of a step: the rounding of a number that is 9 * 0.0078 */

static const char *const suffixes[] = {".mat", ".MAT", NULL};

struct mat {
    struct vr_record record;
    struct vr_signal *signals;
    int32_t **values; /* of each signal */
    struct vr_mat_map map;
    char *folder;
    int folder_fd;
};

static void mat_close(void *state)
{
    struct mat *mat = state;
    for (size_t i = 0; mat->values && i < mat->map.signal_count; i++)
        free(mat->values[i]);
    free(mat->values);
    free(mat->signals);
    vr_mat_map_finish(&mat->map);
    free(mat->folder);
    if (mat->folder_fd >= 0)
        close(mat->folder_fd);
    mat->values = NULL, mat->signals = NULL, mat->folder = NULL, mat->folder_fd = -1;
}

static bool is_map(const char *path)
{
    size_t size = strlen(path), suffix = sizeof VR_MAT_MAP_SUFFIX - 1;
    return size > suffix && strcmp(path + size - suffix, VR_MAT_MAP_SUFFIX) == 0;
}

static bool mat_probe(const char *path)
{
    return is_map(path) ? access(path, F_OK) == 0 : vr_record_files_probe(path, suffixes);
}

static int map_load(
    const char *path, struct vr_digest *digest, struct vr_mat_map *ret_map, struct vr_err *err)
{
    _cleanup_free_ uint8_t *text = NULL;
    size_t size;
    int r = vr_folder_load_path(path, MAP_SIZE_MAX, &text, &size, err);
    if (r < 0)
        return r;
    if (digest)
        vr_digest_update(digest, text, size);
    return vr_mat_map_parse((const char *)text, size, path, ret_map, err);
}

/* Does a file hold truth, and no record? */
static bool is_truth(const struct vr_mat_map *map, const char *file)
{
    char record[VR_NAME_SIZE];
    for (size_t i = 0; i < map->truth_count; i++)
        for (size_t j = 0; j < map->truths[i].file_count; j++)
            if (vr_mat_map_record(map->truths[i].files[j], file, record))
                return true;
    return false;
}

static int mat_list(const char *path, struct vr_names *ret_names, struct vr_err *err)
{
    if (!is_map(path))
        return vr_record_files_list(path, suffixes, ret_names, err);
    _cleanup_(vr_names_finish) struct vr_names files = {0};
    _cleanup_(vr_mat_map_finish) struct vr_mat_map map = {0};
    _cleanup_free_ char *folder = NULL;
    _cleanup_close_ int folder_fd = -1;
    int r = vr_folder_open_beside(path, &folder, &folder_fd, err);
    if (r == 0)
        r = map_load(path, NULL, &map, err);
    if (r == 0)
        r = vr_record_files_all(folder, suffixes, &files, err);
    for (size_t i = 0; r == 0 && i < files.count; i++) {
        char record[VR_NAME_SIZE];
        if (vr_mat_map_record(map.file, files.items[i], record) && !is_truth(&map, files.items[i]))
            r = vr_names_add(ret_names, record, err);
    }
    return r;
}

/* --- numbers --- */

/* The numbers of a series in a matrix that is held, or is loaded when another variable is. */
struct reader {
    const struct vr_folder_file *file;
    const char *display;
    struct vr_mat_matrix matrix;
};

static int reader_find(
    struct reader *reader, const struct vr_mat_series *series, int64_t *ret_count,
    struct vr_err *err)
{
    struct vr_mat_matrix *matrix = &reader->matrix;
    if (!matrix->numbers || strcmp(matrix->name, series->variable) != 0) {
        vr_mat_matrix_finish(matrix);
        int r = vr_mat_load(reader->file, reader->display, series->variable, matrix, err);
        if (r < 0)
            return r;
    }
    if (series->row > matrix->rows || series->column > matrix->columns)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: variable %s has %" PRId64 " x %" PRId64 " numbers, and no %s %" PRId64,
            reader->display, series->variable, matrix->rows, matrix->columns,
            series->row ? "row" : "column", series->row ? series->row : series->column);
    bool is_vector = matrix->rows == 1 || matrix->columns == 1;
    if (!series->row && !series->column && !is_vector)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: variable %s has %" PRId64 " x %" PRId64 " numbers; say which \"row\" or "
            "\"column\" is meant",
            reader->display, series->variable, matrix->rows, matrix->columns);
    *ret_count = series->row      ? matrix->columns
                 : series->column ? matrix->rows
                                  : matrix->rows * matrix->columns;
    return 0;
}

static double reader_number(
    const struct reader *reader, const struct vr_mat_series *series, int64_t index)
{
    const struct vr_mat_matrix *matrix = &reader->matrix;
    if (series->row)
        return vr_mat_value(matrix, series->row - 1, index);
    if (series->column)
        return vr_mat_value(matrix, index, series->column - 1);
    return matrix->rows == 1 ? vr_mat_value(matrix, 0, index) : vr_mat_value(matrix, index, 0);
}

/* A number as a sample. */
static int sample_of(
    const struct vr_mat_map_signal *signal, double number, int64_t index, const char *display,
    int32_t *ret_value, struct vr_err *err)
{
    double steps = number / signal->resolution, whole = floor(steps + 0.5);
    if (isnan(number)) {
        *ret_value = VR_SAMPLE_INVALID;
        return 0;
    }
    if (!(fabs(steps) <= INT32_MAX))
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: number %" PRId64 " of %s is %g: more than 2^31 steps of %g; give another "
            "\"resolution\"",
            display, index + 1, signal->name, number, signal->resolution);
    if (!signal->round && fabs(steps - whole) > STEP_SLACK)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: number %" PRId64 " of %s is %.10g, no whole number of steps of %g; give the "
            "\"resolution\" that it is, or \"round\": true",
            display, index + 1, signal->name, number, signal->resolution);
    *ret_value = (int32_t)whole;
    return 0;
}

static int signal_load(struct mat *mat, struct reader *reader, size_t index, struct vr_err *err)
{
    const struct vr_mat_map_signal *from = &mat->map.signals[index];
    struct vr_signal *to = &mat->signals[index];
    int r = reader_find(reader, &from->series, &to->sample_count, err);
    if (r < 0)
        return r;
    int32_t *values = malloc((size_t)to->sample_count * sizeof *values + 1);
    if (!values)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory for its samples", reader->display);
    mat->values[index] = values;
    for (int64_t i = 0; r == 0 && i < to->sample_count; i++)
        r = sample_of(
            from, reader_number(reader, &from->series, i), i, reader->display, &values[i], err);
    snprintf(to->name, sizeof to->name, "%s", from->name);
    snprintf(to->unit, sizeof to->unit, "%s", from->unit);
    to->rate_num = mat->map.rate.num;
    to->rate_den = mat->map.rate.den;
    to->gain = from->gain;
    to->baseline = from->baseline;
    if (to->sample_count > mat->record.frame_count)
        mat->record.frame_count = to->sample_count;
    return r;
}

/* --- a record --- */

static int digest_file(
    const struct vr_folder_file *file, const char *display, struct vr_digest *digest,
    struct vr_err *err)
{
    uint8_t bytes[CHUNK_SIZE];
    for (int64_t offset = 0; offset < file->size; offset += CHUNK_SIZE) {
        int64_t left = file->size - offset;
        size_t size = left < CHUNK_SIZE ? (size_t)left : CHUNK_SIZE;
        int r = vr_folder_file_read(file, display, offset, size, bytes, err);
        if (r < 0)
            return r;
        vr_digest_update(digest, bytes, size);
    }
    return 0;
}

static int signals_load(
    struct mat *mat, const struct vr_folder_file *file, const char *display, struct vr_err *err)
{
    struct reader reader = {.file = file, .display = display};
    struct vr_record *record = &mat->record;
    size_t count = mat->map.signal_count;
    int r = 0;
    mat->signals = calloc(count, sizeof *mat->signals);
    mat->values = calloc(count, sizeof(int32_t *));
    if (!mat->signals || !mat->values)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory for its signals", display);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = signal_load(mat, &reader, i, err);
    vr_mat_matrix_finish(&reader.matrix);
    if (r == 0 && record->frame_count == 0)
        r = vr_err_set(err, VR_ERR_INPUT, "%s: holds no samples", display);
    record->rate_num = mat->map.rate.num;
    record->rate_den = mat->map.rate.den;
    record->signal_count = count;
    record->signals = mat->signals;
    return r;
}

static int mapped_open(struct mat *mat, const char *path, struct vr_err *err)
{
    struct vr_digest digest;
    struct vr_folder_file file = {.fd = -1};
    char name[FILE_NAME_SIZE], display[DISPLAY_SIZE];
    vr_digest_init(&digest);
    int r = map_load(path, &digest, &mat->map, err);
    if (r < 0)
        return r;
    const char *record = mat->record.name;
    if (!vr_mat_map_file(mat->map.file, record, name, sizeof name) ||
        (!strchr(mat->map.file, '*') && strncmp(name, record, strlen(record)) != 0))
        return vr_err_set(err, VR_ERR_NOT_FOUND, "%s: leads to no record %s", path, record);
    snprintf(display, sizeof display, "%s/%s", mat->folder, name);
    r = vr_folder_open_file(mat->folder_fd, mat->folder, name, &file, err);
    if (r == 0)
        r = digest_file(&file, display, &digest, err);
    if (r == 0)
        r = signals_load(mat, &file, display, err);
    if (file.fd >= 0)
        close(file.fd);
    if (r == 0)
        vr_digest_finish(&digest, mat->record.sha256);
    return r;
}

/* Without a mapping, nobody knows what the numbers are: say what is there, so that one can be written. */
static int unmapped_refuse(const struct mat *mat, struct vr_err *err)
{
    struct vr_folder_file file = {.fd = -1}, header = {.fd = -1};
    char display[DISPLAY_SIZE], name[FILE_NAME_SIZE], text[DESCRIPTION_SIZE];
    int r = vr_record_files_open(
        mat->folder_fd, mat->folder, mat->record.name, suffixes, &file, display, err);
    if (r < 0)
        return r;
    r = vr_mat_describe(&file, display, text, sizeof text, err);
    close(file.fd);
    if (r < 0)
        return r;
    snprintf(name, sizeof name, "%s.hea", mat->record.name);
    if (vr_folder_open_file(mat->folder_fd, mat->folder, name, &header, NULL) == 0) {
        close(header.fd);
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: %s is beside it, so read it as a WFDB record (kind wfdb)",
            display, name);
    }
    return vr_err_set(
        err, VR_ERR_INPUT,
        "%s: holds %s, but neither names, units nor a rate; write a mapping NAME" VR_MAT_MAP_SUFFIX
        " beside it (docs/datasets.md) and give that as the path",
        display, text);
}

static int mat_open(void *state, const char *path, const char *record, struct vr_err *err)
{
    struct mat *mat = state;
    mat->folder_fd = -1;
    if (strlen(record) >= sizeof mat->record.name)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: the record name \"%.40s...\" is longer than %d bytes", path,
            record, VR_NAME_SIZE - 1);
    strcpy(mat->record.name, record);
    if (is_map(path) && access(path, F_OK) < 0)
        return vr_err_set(err, VR_ERR_NOT_FOUND, "%s: no such file", path);
    int r = vr_folder_open_beside(path, &mat->folder, &mat->folder_fd, err);
    if (r == 0)
        r = is_map(path) ? mapped_open(mat, path, err) : unmapped_refuse(mat, err);
    if (r < 0)
        mat_close(mat);
    return r;
}

static const struct vr_record *mat_record(const void *state)
{
    return &((const struct mat *)state)->record;
}

static int mat_read(
    void *state, size_t signal, int64_t first, size_t count, int32_t *ret_values,
    struct vr_err *err)
{
    (void)err;
    const struct mat *mat = state;
    memcpy(ret_values, mat->values[signal] + first, count * sizeof *ret_values);
    return 0;
}

/* --- truth --- */

/* The shortest decimal that reads back as the same double. */
static void number_print(double number, char text[40])
{
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, 40, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
}

static int measures_read(
    const struct mat *mat, const struct vr_mat_map_truth *truth, struct reader *reader,
    struct vr_annotations *ret_list, struct vr_err *err)
{
    int64_t count;
    double rate_hz = (double)mat->record.rate_num / mat->record.rate_den;
    int r = reader_find(reader, &truth->series, &count, err);
    for (int64_t i = 0; r == 0 && i < count; i++) {
        char text[40];
        double number = reader_number(reader, &truth->series, i);
        double tick = floor((truth->first_s + (double)i * truth->step_s) * rate_hz + 0.5);
        struct vr_annotation item = {
            .sample_index = tick < 0x1p62 ? (int64_t)tick : INT64_MAX,
            .code = VR_CODE_MEASURE,
            .subtype = truth->number};
        if (!isfinite(number))
            continue;
        number_print(number, text);
        r = vr_annotations_add(ret_list, &item, text, strlen(text), err);
    }
    vr_mat_matrix_finish(&reader->matrix);
    return r;
}

/* The first of the files that is there. */
static int truth_open(
    const struct mat *mat, const struct vr_mat_map_truth *truth, struct vr_folder_file *ret_file,
    char ret_display[DISPLAY_SIZE], struct vr_err *err)
{
    const char *const own[] = {mat->map.file};
    const char *const *files = truth->file_count ? truth->files : own;
    size_t count = truth->file_count ? truth->file_count : 1;
    int r = -VR_ERR_NOT_FOUND;
    for (size_t i = 0; r == -VR_ERR_NOT_FOUND && i < count; i++) {
        char name[FILE_NAME_SIZE];
        if (!vr_mat_map_file(files[i], mat->record.name, name, sizeof name))
            continue;
        snprintf(ret_display, DISPLAY_SIZE, "%s/%s", mat->folder, name);
        r = vr_folder_open_file(mat->folder_fd, mat->folder, name, ret_file, err);
    }
    return r;
}

static int mat_truth(
    void *state, const char *annotator, struct vr_annotations *ret_list, struct vr_err *err)
{
    struct mat *mat = state;
    char name[FILE_NAME_SIZE], display[DISPLAY_SIZE];
    for (size_t i = 0; i < mat->map.truth_count; i++) {
        const struct vr_mat_map_truth *truth = &mat->map.truths[i];
        struct vr_folder_file file = {.fd = -1};
        if (strcmp(truth->annotator, annotator) != 0)
            continue;
        int r = truth_open(mat, truth, &file, display, err);
        if (r < 0)
            return r;
        struct reader reader = {.file = &file, .display = display};
        r = measures_read(mat, truth, &reader, ret_list, err);
        close(file.fd);
        return r;
    }
    if (!annotator[0] || strchr(annotator, '/') || strlen(annotator) >= VR_NAME_SIZE)
        return vr_err_set(
            err, VR_ERR_INPUT, "record %s: \"%.40s\" is no name of an annotator of its mapping",
            mat->record.name, annotator);
    snprintf(name, sizeof name, "%s.%s", mat->record.name, annotator);
    snprintf(display, sizeof display, "%s/%s", mat->folder, name);
    _cleanup_free_ uint8_t *bytes = NULL;
    size_t size;
    int r = vr_folder_load_file(
        mat->folder_fd, mat->folder, name, VR_WFDB_ANNOTATION_SIZE_MAX, &bytes, &size, err);
    return r < 0 ? r : vr_wfdb_annotation_parse(bytes, size, display, mat->map.rate, ret_list, err);
}

static int mat_annotators(
    const char *path, const char *record, struct vr_names *ret_names, struct vr_err *err)
{
    (void)record;
    _cleanup_(vr_mat_map_finish) struct vr_mat_map map = {0};
    int r = is_map(path) ? map_load(path, NULL, &map, err) : 0;
    for (size_t i = 0; r == 0 && i < map.truth_count; i++)
        r = vr_names_add(ret_names, map.truths[i].annotator, err);
    return r;
}

const struct vr_dataset_driver vr_dataset_mat = {
    .name = "mat",
    .summary = "MATLAB files (version 4; 5 with libmatio) by a mapping, NAME" VR_MAT_MAP_SUFFIX,
    .state_size = sizeof(struct mat),
    .probe = mat_probe,
    .list = mat_list,
    .open = mat_open,
    .record = mat_record,
    .read = mat_read,
    .truth = mat_truth,
    .close = mat_close,
    .annotators = mat_annotators,
};
