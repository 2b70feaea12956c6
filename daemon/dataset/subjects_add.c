/* The table grows at its end; what people wrote into it stays as they wrote it. */
#include "dataset/subjects_add.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dataset/draft.h"
#include "dataset/folder.h"
#include "dataset/subjects.h"

#define TABLE_SIZE_MAX ((size_t)256 << 20)
#define HEADING "record,subject\n"

/* 1 = the table has the record with this subject, 0 = it has it not. */
static int look(
    const struct vr_subjects *subjects, const char *folder, const char *record, const char *name,
    struct vr_err *err)
{
    const struct vr_subject *subject = vr_subjects_find(subjects, record);
    if (!subject)
        return 0;
    if (strcmp(subject->name, name) == 0)
        return 1;
    return vr_err_set(
        err, VR_ERR_INPUT,
        "%s/" VR_SUBJECTS_FILE ":%" PRId64
        ": record %s is of another subject there; correct the one or the other",
        folder, subject->line, record);
}

/* Commas of the heading beyond the first: cells that the line leaves empty. */
static size_t more_columns(const uint8_t *text, size_t size)
{
    size_t commas = 0;
    for (size_t i = 0; i < size && text[i] != '\n'; i++)
        commas += text[i] == ',';
    return commas > 1 ? commas - 1 : 0;
}

int vr_subjects_add(const char *folder, const char *record, const char *subject, struct vr_err *err)
{
    _cleanup_(vr_subjects_destroyp) struct vr_subjects *subjects = NULL;
    _cleanup_(vr_draft_close) struct vr_draft draft = {0};
    _cleanup_free_ char *path = NULL;
    _cleanup_free_ uint8_t *text = NULL;
    size_t size = 0;
    int r = vr_subjects_load(folder, &subjects, err);
    bool is_new = r == -VR_ERR_NOT_FOUND;
    if (r == 0)
        r = look(subjects, folder, record, subject, err);
    if (r == 1 || (r < 0 && !is_new))
        return r < 0 ? r : 0;
    if (asprintf(&path, "%s/" VR_SUBJECTS_FILE, folder) < 0) {
        path = NULL;
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory for a path", folder);
    }
    r = is_new ? 0 : vr_folder_load_path(path, TABLE_SIZE_MAX, &text, &size, err);
    if (r == 0)
        r = vr_draft_open(&draft, path, err);
    if (r < 0)
        return r;
    if (is_new)
        fputs(HEADING, draft.file);
    if (size > 0)
        fwrite(text, 1, size, draft.file);
    if (size && text[size - 1] != '\n')
        fputc('\n', draft.file);
    fprintf(draft.file, "%s,%s", record, subject);
    for (size_t i = more_columns(text, size); i > 0; i--)
        fputc(',', draft.file);
    fputc('\n', draft.file);
    return vr_draft_commit(&draft, err);
}
