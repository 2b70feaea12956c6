/* dataset/subjects: who a record is of, once for each record. */
#include "dataset/subjects.h"

#include <criterion/criterion.h>
#include <string.h>

#include "scratch.h"

TestSuite(subjects, .init = scratch_make, .fini = scratch_remove);

Test(subjects, a_record_is_found_with_its_subject_and_strata)
{
    scratch_text(
        VR_SUBJECTS_FILE,
        "record,subject,age,activity\nb/2,p1,,\na,p1,69,\" at rest\"\nc,p2,75,run\n");
    struct vr_subjects *subjects;
    struct vr_err err = {0};
    cr_assert_eq(vr_subjects_load(scratch, &subjects, &err), 0, "%s", err.text);
    cr_assert_eq(vr_subjects_count(subjects), 3);
    const struct vr_subject *row = vr_subjects_find(subjects, "a");
    cr_assert(row == vr_subjects_at(subjects, 0));
    cr_assert_str_eq(row->name, "p1");
    cr_assert_eq(row->stratum_count, 2);
    cr_assert_str_eq(row->strata[0], "age=69");
    cr_assert_str_eq(row->strata[1], "activity= at rest");
    row = vr_subjects_find(subjects, "b/2");
    cr_assert_str_eq(row->name, "p1");
    cr_assert_eq(row->stratum_count, 0);
    cr_assert_null(vr_subjects_find(subjects, "b"));
    cr_assert_null(vr_subjects_at(subjects, 3));
    vr_subjects_destroy(subjects);
}

Test(subjects, the_table_lies_beside_a_dataset_that_is_a_file)
{
    scratch_text(VR_SUBJECTS_FILE, "record,subject\n");
    scratch_text("x.map.json", "{}");
    struct vr_subjects *subjects;
    struct vr_err err = {0};
    cr_assert_eq(vr_subjects_load(scratch_path("x.map.json"), &subjects, &err), 0, "%s", err.text);
    cr_assert_eq(vr_subjects_count(subjects), 0);
    cr_assert_null(vr_subjects_find(subjects, "a"));
    vr_subjects_destroy(subjects);
}

static void assert_refused(const char *text, const char *why)
{
    scratch_text(VR_SUBJECTS_FILE, text);
    struct vr_subjects *subjects;
    struct vr_err err = {0};
    cr_assert_eq(vr_subjects_load(scratch, &subjects, &err), -VR_ERR_INPUT, "%s", text);
    cr_expect(strstr(err.text, why), "\"%s\" does not say \"%s\"", err.text, why);
}

Test(subjects, what_is_not_clear_is_refused)
{
    assert_refused(
        "record,subject\nb,p\na,p\nb,p\n",
        "subjects.csv:4:1: record b was given a subject in line 2");
    assert_refused("record,subject\na,\n", "subjects.csv:2:3: a row without its subject");
    assert_refused("record,subject\n ,p\n", "subjects.csv:2:2: a row without its record");
    assert_refused("a,p\nb,q\n", "the heading must be record,subject");
    assert_refused("record\n", "the heading must be record,subject");
    assert_refused("", "ends before the heading");
    assert_refused("record,subject,x,x\n", "subjects.csv:1:18: the stratum \"x\" twice");
    assert_refused("record,subject,\n", "a stratum must have a name");
    assert_refused("record,subject,a=b\n", "a stratum must have a name, without \"=\"");
    assert_refused("record,subject\n\"a\nb\",p\n", "a line break");
    assert_refused(
        "record,subject,age\na,p,1234567890123456789012345678901234567890123456789012345678901\n",
        "has 61 bytes, at most 59");
    assert_refused(
        "record,subject,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17\n", "more than 16 strata");
}

Test(subjects, no_table_is_said_so)
{
    struct vr_subjects *subjects;
    struct vr_err err = {0};
    cr_assert_eq(vr_subjects_load(scratch, &subjects, &err), -VR_ERR_NOT_FOUND);
    cr_assert_eq(vr_subjects_load("builtin:smoke", &subjects, &err), -VR_ERR_NOT_FOUND);
}
