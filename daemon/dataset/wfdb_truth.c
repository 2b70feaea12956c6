/* The name of an annotator is the suffix of its file. */
#include "dataset/wfdb_truth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dataset/folder.h"
#include "dataset/wfdb_annotation.h"

#define FILE_NAME_SIZE (2 * VR_NAME_SIZE)

int vr_wfdb_truth_load(
    const struct vr_wfdb_folder *folder, const char *record, const char *annotator,
    struct vr_rate rate, bool fine, struct vr_annotations *ret_list, struct vr_err *err)
{
    char name[FILE_NAME_SIZE], display[VR_ERR_TEXT_SIZE / 2];
    if (!annotator[0] || strchr(annotator, '/') || strlen(annotator) >= VR_NAME_SIZE)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "record %s: \"%.40s\" is no name of an annotator; give the suffix of its file, as in "
            "atr",
            record, annotator);
    snprintf(name, sizeof name, "%s.%s", record, annotator);
    snprintf(display, sizeof display, "%s/%s", folder->path, name);
    _cleanup_free_ uint8_t *bytes = NULL;
    size_t size;
    int r = vr_folder_load_file(
        folder->fd, folder->path, name, VR_WFDB_ANNOTATION_SIZE_MAX, &bytes, &size, err);
    if (r < 0)
        return r;
    return fine ? vr_wfdb_annotation_parse_fine(bytes, size, display, rate, ret_list, err)
                : vr_wfdb_annotation_parse(bytes, size, display, rate, ret_list, err);
}

int vr_wfdb_truth_read(
    const char *path, const char *record, const char *annotator, struct vr_wfdb_header *ret_header,
    struct vr_annotations *ret_list, struct vr_err *err)
{
    _cleanup_close_ int fd = -1;
    struct vr_wfdb_header header = {.rate = {250, 1}, .frame_count = -1};
    if (strlen(record) >= VR_NAME_SIZE)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: the record name \"%.40s...\" is longer than %d bytes", path,
            record, VR_NAME_SIZE - 1);
    int r = vr_folder_open(path, &fd, err);
    if (r < 0)
        return r;
    struct vr_wfdb_folder folder = {fd, path};
    r = vr_wfdb_part_header(&folder, record, NULL, NULL, &header, err);
    if (r < 0 && r != -VR_ERR_NOT_FOUND)
        return r;
    r = vr_wfdb_truth_load(&folder, record, annotator, header.rate, false, ret_list, err);
    if (r < 0) {
        vr_wfdb_header_finish(&header);
        return r;
    }
    *ret_header = header;
    return 0;
}
