/* Fields of the fixed part: patient and recording, 80 bytes each.  EDF+ divides them by blanks; "X" stands for what is not known. */
#include "dataset/edf_comments.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "dataset/edf_folder.h"
#include "dataset/edf_header.h"
#include "dataset/edf_text.h"

enum { AT_PATIENT = 8, AT_RECORDING = 88, FIELD_SIZE = 80 };

static int add(
    struct vr_comments *list, const char *key, const char *text, size_t size, struct vr_err *err)
{
    return vr_comments_add(list, key, strlen(key), text, size, err);
}

/* "MCH-0234567 F 02-MAY-1951 Haagse_Harry more of it" */
static int patient_add(struct vr_comments *list, const char *text, struct vr_err *err)
{
    static const char *const keys[] = {
        "patient_code", "patient_sex", "patient_birthdate", "patient_name", "patient_more",
    };
    int r = 0;
    for (size_t i = 0; r == 0 && i < sizeof keys / sizeof *keys && *text; i++) {
        bool is_last = i + 1 == sizeof keys / sizeof *keys;
        size_t size = is_last ? strlen(text) : strcspn(text, " ");
        if (size != 1 || *text != 'X')
            r = add(list, keys[i], text, size, err);
        text += size + strspn(text + size, " ");
    }
    return r;
}

static int start_add(
    struct vr_comments *list, const struct vr_edf_header *header, struct vr_err *err)
{
    char text[64];
    struct tm start;
    time_t seconds = (time_t)header->start_s;
    if (!header->has_start || !gmtime_r(&seconds, &start))
        return 0;
    strftime(text, sizeof text, "%H:%M:%S %d/%m/%Y", &start);
    return add(list, VR_COMMENT_START, text, strlen(text), err);
}

static int fields_add(struct vr_comments *list, const struct vr_edf_file *file, struct vr_err *err)
{
    uint8_t fixed[VR_EDF_FIXED_SIZE];
    char patient[VR_EDF_TEXT_COPY_SIZE(FIELD_SIZE)], recording[VR_EDF_TEXT_COPY_SIZE(FIELD_SIZE)];
    int r = vr_folder_file_read(&file->file, file->display, 0, sizeof fixed, fixed, err);
    if (r < 0)
        return r;
    const char *text = (const char *)fixed;
    vr_edf_text_copy(
        vr_edf_text_trim((struct vr_slice){text + AT_PATIENT, FIELD_SIZE}), patient,
        sizeof patient);
    vr_edf_text_copy(
        vr_edf_text_trim((struct vr_slice){text + AT_RECORDING, FIELD_SIZE}), recording,
        sizeof recording);
    r = file->header.order == VR_EDF_PLAIN ? add(list, "patient", patient, strlen(patient), err)
                                           : patient_add(list, patient, err);
    if (r == 0)
        r = add(list, "recording", recording, strlen(recording), err);
    return r < 0 ? r : start_add(list, &file->header, err);
}

int vr_edf_comments(
    const char *path, const char *record, struct vr_comments *ret_list, struct vr_err *err)
{
    _cleanup_(vr_edf_folder_finish) struct vr_edf_folder folder = {.fd = -1};
    struct vr_edf_file file;
    int r = vr_edf_folder_init(&folder, path, err);
    if (r == 0)
        r = vr_edf_folder_open(&folder, record, &file, err);
    if (r < 0)
        return r;
    r = fields_add(ret_list, &file, err);
    vr_edf_file_close(&file);
    return r;
}
