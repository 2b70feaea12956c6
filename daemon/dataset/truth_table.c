/* Read anew for each record: a table of thousands of records is read in a millisecond. */
#include "dataset/truth_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "dataset/csv_table.h"

static bool is_heading(const struct vr_csv_table *table)
{
    return strcmp(vr_csv_table_cell(table, 0).text, "record") == 0 &&
           strcmp(vr_csv_table_cell(table, 1).text, "label") == 0;
}

static int row_take(
    const struct vr_csv_table *table, int64_t *line, struct vr_annotations *ret_list,
    struct vr_err *err)
{
    const struct vr_annotation item = {.code = VR_CODE_NOTE};
    struct vr_slice label = vr_csv_table_cell(table, 1);
    if (*line)
        return vr_csv_table_fail(
            table, 0, err,
            "record %.60s was given a label in line %" PRId64 "; keep one of the two",
            vr_csv_table_cell(table, 0).text, *line);
    *line = vr_csv_table_line(table);
    return vr_annotations_add(ret_list, &item, label.size ? label.text : NULL, label.size, err);
}

static int rows_search(
    struct vr_csv_table *table, const char *record, struct vr_annotations *ret_list,
    struct vr_err *err)
{
    int64_t line = 0;
    bool first = true;
    int r;
    while ((r = vr_csv_table_next(table, err)) == 0) {
        if (vr_csv_table_width(table) != 2)
            return vr_csv_table_fail(
                table, 0, err, "%zu cells; a table of labels has lines record,label",
                vr_csv_table_width(table));
        bool wanted = strcmp(vr_csv_table_cell(table, 0).text, record) == 0;
        if (wanted && !(first && is_heading(table)))
            r = row_take(table, &line, ret_list, err);
        if (r < 0)
            return r;
        first = false;
    }
    if (r == -VR_ERR_EMPTY && line == 0)
        return vr_err_set(
            err, VR_ERR_EMPTY, "%s: record %.60s is not in this table of labels",
            vr_csv_table_display(table), record);
    return r == -VR_ERR_EMPTY ? 0 : r;
}

int vr_truth_table_find(
    const char *path, const char *annotator, const char *record, struct vr_annotations *ret_list,
    struct vr_err *err)
{
    const struct vr_csv_format format = VR_CSV_FORMAT_DEFAULT;
    _cleanup_(vr_csv_table_destroyp) struct vr_csv_table *table = NULL;
    char name[VR_NAME_SIZE + sizeof ".csv"];
    if (!annotator[0] || strchr(annotator, '/') || strlen(annotator) >= VR_NAME_SIZE)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND, "%s: \"%.40s\" cannot be the name of a table", path, annotator);
    snprintf(name, sizeof name, "%s.csv", annotator);
    int r = vr_csv_table_open_beside(path, name, &format, &table, err);
    return r < 0 ? r : rows_search(table, record, ret_list, err);
}
