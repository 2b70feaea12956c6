/* dataset/comments: what a WFDB header says besides numbers, under keys that hold no more than they say. */
#include "dataset/annotators.h"
#include "dataset/comments.h"
#include "dataset/import.h"
#include "scratch.h"

TestSuite(comments, .init = scratch_make, .fini = scratch_remove);

static void write_file(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(scratch_path(name), "w");
    fwrite(bytes, 1, size, file);
    fclose(file);
}

static void header(const char *comments)
{
    char text[1000];
    snprintf(text, sizeof text, "r 0 360 100 10:11:12.5 02/03/2004\n%s", comments);
    write_file("r.hea", text, strlen(text));
}

/* "key=text;" for each. */
static void assert_comments(const char *expected)
{
    struct vr_comments list = {0};
    struct vr_err err = {0};
    char text[1000] = "";
    cr_assert_eq(vr_dataset_comments("wfdb", scratch, "r", &list, &err), 0, "%s", err.text);
    for (size_t i = 0; i < list.count; i++)
        sprintf(text + strlen(text), "%s=%s;", list.items[i].key, list.items[i].text);
    cr_assert_str_eq(text, expected);
    vr_comments_finish(&list);
}

#define START "start=10:11:12.500000 02/03/2004;"

Test(comments, keys_of_every_style_are_told_apart)
{
    header("# <age>: 69  <sex>: M  <diagnoses>: (none)\n#Recorded: 1999\n# 69 M 1085\n");
    assert_comments(START "age=69;sex=M;diagnoses=(none);recorded=1999;comment=69 M 1085;");
    header("# Date of birth: 1951\n#\n# :\n# only:\n");
    assert_comments(START "date_of_birth=1951;");
}

Test(comments, a_text_that_may_hold_more_than_its_key_says_has_none)
{
    header("# Age: 23 Sex: F\n# <age>: 69 <sex> M\n# <age> 69\n# <\n# at 10:11:12\n");
    assert_comments(
        START "comment=Age: 23 Sex: F;age=69;comment=<sex> M;comment=<age> 69;comment=<;comment=at "
              "10:11:12;");
}

Test(comments, a_synthetic_record_says_nothing)
{
    struct vr_comments list = {0};
    struct vr_err err = {0};
    cr_assert_eq(vr_dataset_comments("auto", "builtin:smoke", "af", &list, &err), 0);
    cr_assert_eq(list.count, 0);
}

Test(comments, names_become_fit_for_a_record)
{
    static const char *const names[][2] = {
        {"100", "100"},
        {"sub/100", "100"},
        {"a b.c", "a_b_c"},
        {"SC4001E0-PSG", "SC4001E0-PSG"},
        {"n\xc3\xa4me", "n__me"},
        {"../x", "x"},
        {"..", "__"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[VR_NAME_SIZE];
        vr_import_name(names[i][0], name);
        cr_assert_str_eq(name, names[i][1]);
    }
}

Test(comments, annotators_are_files_that_end_as_annotations_do)
{
    struct vr_names names = {0};
    struct vr_err err = {0};
    char text[200] = "";
    header("");
    write_file("r.atr", "\1\4\0\0", 4);
    write_file("r.qrs", "\0\0", 2);
    write_file("r.aha", "\0N\0\0\1\0\0\0\0\0\0\1\0\0\0\1", 16);
    write_file("r.txt", "a note\n", 7);
    write_file("r.dat", "\0\0\0\0", 4);
    write_file("r.none", "", 0);
    write_file("r1.atr", "\1\4\0\0", 4);
    write_file("LABELS.csv", "r,N\ns,A\n", 8);
    write_file("wide.csv", "1,2,3\n", 6);
    write_file("subjects.csv", "record,subject\n", 15);
    cr_assert_eq(vr_dataset_annotators("wfdb", scratch, "r", &names, &err), 0, "%s", err.text);
    for (size_t i = 0; i < names.count; i++)
        sprintf(text + strlen(text), "%s ", names.items[i]);
    cr_assert_str_eq(text, "LABELS aha atr qrs ");
    vr_names_finish(&names);
}
