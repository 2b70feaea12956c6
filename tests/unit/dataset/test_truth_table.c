/* dataset/truth_table: one label for each record, found where the record has no such annotator. */
#include "dataset/truth_table.h"

#include <criterion/criterion.h>
#include <string.h>

#include "scratch.h"

TestSuite(truth_table, .init = scratch_make, .fini = scratch_remove);

static void write_record(const char *name)
{
    char file[64], header[128];
    snprintf(file, sizeof file, "%s.dat", name);
    scratch_write(file, "\1\0\2\0", 4);
    snprintf(file, sizeof file, "%s.hea", name);
    snprintf(header, sizeof header, "%s 1 10 2\n%s.dat 16\n", name, name);
    scratch_text(file, header);
}

/* The label of a record by the dispatcher; the text of the error when there is none. */
static const char *label_of(const char *record, const char *annotator, int *ret_code)
{
    static char text[VR_ERR_TEXT_SIZE];
    struct vr_dataset *dataset;
    struct vr_annotations list;
    struct vr_err err = {0};
    cr_assert_eq(vr_dataset_open("wfdb", scratch, record, &dataset, &err), 0, "%s", err.text);
    *ret_code = vr_dataset_truth(dataset, annotator, &list, &err);
    vr_dataset_close(dataset);
    if (*ret_code < 0) {
        cr_assert_eq(err.code, -*ret_code);
        return strcpy(text, err.text);
    }
    cr_assert_eq(list.count, 1);
    cr_assert(list.items[0].sample_index == 0 && list.items[0].code == VR_CODE_NOTE);
    strcpy(text, list.items[0].text ? list.items[0].text : "");
    vr_annotations_finish(&list);
    return text;
}

Test(truth_table, a_record_has_its_label_with_and_without_heading)
{
    int code;
    write_record("a");
    write_record("b");
    scratch_text("REFERENCE.csv", "a,N\r\nb,~\r\n");
    cr_assert_str_eq(label_of("a", "REFERENCE", &code), "N");
    cr_assert_str_eq(label_of("b", "REFERENCE", &code), "~");
    scratch_text("REFERENCE.csv", "record,label\nb,\na, A \n");
    cr_assert_str_eq(label_of("a", "REFERENCE", &code), "A");
    cr_assert_str_eq(label_of("b", "REFERENCE", &code), "");
}

Test(truth_table, what_the_record_itself_has_goes_before)
{
    int code;
    write_record("a");
    scratch_write("a.x", "\1\x58\0\0", 4); /* NOTE at 1 */
    scratch_text("x.csv", "a,N\n");
    struct vr_dataset *dataset;
    struct vr_annotations list;
    struct vr_err err = {0};
    cr_assert_eq(vr_dataset_open("wfdb", scratch, "a", &dataset, &err), 0, "%s", err.text);
    cr_assert_eq(vr_dataset_truth(dataset, "x", &list, &err), 0, "%s", err.text);
    cr_assert(list.count == 1 && list.items[0].sample_index == 1);
    vr_annotations_finish(&list);
    vr_dataset_close(dataset);
    cr_assert(strstr(label_of("a", "y", &code), "a.y: no such file"));
    cr_assert_eq(code, -VR_ERR_NOT_FOUND);
}

Test(truth_table, what_is_not_clear_is_refused)
{
    int code;
    write_record("a");
    scratch_text("x.csv", "b,N\n");
    cr_assert(strstr(label_of("a", "x", &code), "x.csv: record a is not in this table"));
    cr_assert_eq(code, -VR_ERR_NOT_FOUND);
    scratch_text("x.csv", "a,N\nb,A\na,N\n");
    cr_assert(strstr(label_of("a", "x", &code), "x.csv:3:1: record a was given a label in line 1"));
    cr_assert_eq(code, -VR_ERR_INPUT);
    scratch_text("x.csv", "a,N,1\n");
    cr_assert(strstr(label_of("a", "x", &code), "x.csv:1:1: 3 cells"));
    scratch_text("x.csv", "a\n");
    cr_assert(strstr(label_of("a", "x", &code), "x.csv:1:1: 1 cells"));
}

/* Needs VITALRIG_DATA. */
Test(truth_table, every_record_of_the_challenge_of_2017_has_its_class)
{
    char path[1024];
    const char *folder = getenv("VITALRIG_DATA");
    snprintf(path, sizeof path, "%s/cinc2017", folder ? folder : "");
    if (!folder || access(path, R_OK) < 0)
        cr_skip_test("set VITALRIG_DATA to the folder of recordings that holds cinc2017");
    snprintf(path, sizeof path, "%s/cinc2017/REFERENCE.csv", folder);
    FILE *file = fopen(path, "r");
    cr_assert(file);
    char line[64];
    int count = 0;
    path[strlen(path) - sizeof "REFERENCE.csv"] = '\0';
    cr_assert(fgets(line, sizeof line, file) && strcmp(line, "record,label\n") == 0);
    while (fgets(line, sizeof line, file)) {
        struct vr_annotations list = {0};
        struct vr_err err = {0};
        cr_assert(line[6] == ',' && line[8] == '\n', "%s", line);
        line[6] = line[8] = '\0';
        if (count++ % 20 == 0) {
            cr_assert_eq(
                vr_truth_table_find(path, "REFERENCE", line, &list, &err), 0, "%s", err.text);
            cr_assert_str_eq(list.items[0].text, line + 7, "record %s", line);
            vr_annotations_finish(&list);
        }
    }
    fclose(file);
    cr_assert_eq(count, 2010);
}
