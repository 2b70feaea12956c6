/* A record as far as annotations need it. */
#include "cli/annotated.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "dataset/folder.h"
#include "dataset/wfdb_annotation.h"
#include "dataset/wfdb_header.h"

#define BUILTIN "builtin:"

static int open_builtin(const char *path, struct vr_annotated *ret_record, struct vr_err *err)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return vr_err_set(
            err, VR_ERR_USAGE, "%s: which record of it? Give " BUILTIN "NAME/RECORD", path);
    _cleanup_free_ char *dataset = strndup(path, (size_t)(slash - path));
    if (!dataset)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to open it", path);
    struct vr_annotated record = {.path = path, .name = slash + 1};
    int r = vr_dataset_open("auto", dataset, record.name, &record.dataset, err);
    if (r < 0)
        return r;
    const struct vr_record *info = vr_dataset_record(record.dataset);
    record.rate_num = info->rate_num;
    record.rate_den = info->rate_den;
    record.frame_count = info->frame_count;
    *ret_record = record;
    return 0;
}

static int load_header(const char *path, struct vr_wfdb_header *ret_header, struct vr_err *err)
{
    _cleanup_free_ char *file_path = NULL;
    _cleanup_free_ uint8_t *text = NULL;
    size_t size;

    if (asprintf(&file_path, "%s.hea", path) < 0) {
        file_path = NULL;
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to open it", path);
    }
    int r = vr_folder_load_path(file_path, VR_WFDB_HEADER_SIZE_MAX, &text, &size, err);
    if (r < 0)
        return r;
    return vr_wfdb_header_parse((const char *)text, size, file_path, ret_header, err);
}

int vr_annotated_open(const char *path, struct vr_annotated *ret_record, struct vr_err *err)
{
    if (strncmp(path, BUILTIN, sizeof BUILTIN - 1) == 0)
        return open_builtin(path, ret_record, err);

    _cleanup_(vr_wfdb_header_finish) struct vr_wfdb_header header = {0};
    int r = load_header(path, &header, err);
    if (r < 0)
        return r;
    const char *slash = strrchr(path, '/');
    *ret_record = (struct vr_annotated){
        .path = path,
        .name = slash ? slash + 1 : path,
        .rate_num = header.rate.num,
        .rate_den = header.rate.den,
        .frame_count = header.frame_count > 0 ? header.frame_count : 0,
    };
    return 0;
}

void vr_annotated_finish(struct vr_annotated *record)
{
    vr_dataset_close(record->dataset);
    *record = (struct vr_annotated){0};
}

int vr_annotated_read(
    const struct vr_annotated *record, const char *annotator, struct vr_annotations *ret_list,
    struct vr_err *err)
{
    struct vr_rate rate = {record->rate_num, record->rate_den};
    if (strchr(annotator, '/'))
        return vr_wfdb_annotation_read_file(annotator, rate, ret_list, err);
    if (record->dataset)
        return vr_dataset_truth(record->dataset, annotator, ret_list, err);

    _cleanup_free_ char *beside = NULL;
    if (asprintf(&beside, "%s.%s", record->path, annotator) < 0) {
        beside = NULL;
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to open it", record->path);
    }
    bool is_beside = access(beside, F_OK) == 0 || access(annotator, F_OK) != 0;
    return vr_wfdb_annotation_read_file(is_beside ? beside : annotator, rate, ret_list, err);
}
