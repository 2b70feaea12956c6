/* dataset/checksums: what is a list, which names it may have, and which part of it is chosen. */
#include "dataset/checksums.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct vr_checksums parse(const char *text)
{
    struct vr_checksums list = {0};
    struct vr_err err = {0};
    int r = vr_checksums_parse(text, strlen(text), "LIST", &list, &err);
    cr_assert_eq(r, 0, "%s: %s", text, err.text);
    return list;
}

static void assert_refused(const char *text, size_t size, const char *words)
{
    struct vr_checksums list = {0};
    struct vr_err err = {0};
    int r = vr_checksums_parse(text, size, "LIST", &list, &err);
    cr_assert_eq(r, -VR_ERR_INPUT, "%s", text);
    cr_assert(strstr(err.text, words), "%s: %s", text, err.text);
    cr_assert_null(list.items);
}

Test(checksums, lines_of_every_writer_are_read)
{
    /* PhysioNet's, sha256sum's, its binary mode's, those of `find .`, and DOS line ends. */
    struct vr_checksums list = parse(A " b\n" B "  a b\n" A " *c\r\n\n" A "  ./d/e");
    static const char *const names[] = {"a b", "b", "c", "d/e"};
    cr_assert_eq(list.count, 4);
    for (size_t i = 0; i < 4; i++)
        cr_assert_str_eq(list.items[i].name, names[i]);
    cr_assert_str_eq(list.items[0].sha256, B);
    cr_assert_str_eq(list.items[3].sha256, A);
    vr_checksums_finish(&list);
}

Test(checksums, digits_become_lower_case)
{
    struct vr_checksums list =
        parse("ABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEF0123 a\n");
    cr_assert_str_eq(
        list.items[0].sha256, "abcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdef0123");
    vr_checksums_finish(&list);
}

Test(checksums, a_name_counts_once_and_the_list_itself_does_not)
{
    struct vr_checksums list = parse(A " b\n" B " a\n" A " b\n" B " SHA256SUMS.txt\n");
    cr_assert_eq(list.count, 2);
    vr_checksums_finish(&list);
    assert_refused(A " b\n" B " b\n", strlen(A " b\n" B " b\n"), "twice, with two checksums");
}

Test(checksums, what_is_no_list_is_refused_with_its_line)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "names no file"},
        {"\n\n", "names no file"},
        {A " ok\n<html>\n", "LIST:2: no checksum"},
        {A "\n", "LIST:1: no checksum"},
        {A " \n", "has an empty part"},
        {A "0 x\n", "no checksum"},
        {"\\" A "  a\\nb\n", "backslash"},
        {A "\tx\n", "no checksum"},
        {"g" A " x\n", "no checksum"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(cases[i].text, strlen(cases[i].text), cases[i].words);
    assert_refused(A " a\0b\n", 64 + 5, "byte 0");
}

Test(checksums, a_name_may_not_leave_the_folder_nor_be_ours)
{
    static const char *const names[] = {
        "../a",
        "/a",
        "a/../../b",
        "~/a",
        "-",
        "a//b",
        "a/",
        "./../a",
        "a\x1b[2Jb",
        "dataset.json",
        ".vitalrig-get",
        ".vitalrig-get/a",
        "././a",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, A " ok\n" B " %s\n", names[i]);
        assert_refused(text, strlen(text), "LIST:2: the name");
    }
    struct vr_checksums list = parse(A " .vitalrig-gets\n" A " sub/dataset.json\n" A " ..a\n");
    cr_assert_eq(list.count, 3);
    vr_checksums_finish(&list);
}

Test(checksums, too_long_names_are_refused)
{
    char text[2000];
    int used = sprintf(text, A " ");
    memset(text + used, 'n', 256);
    text[used + 256] = '\0';
    assert_refused(text, strlen(text), "too long in one of its parts");
    for (int i = 0; i <= VR_CHECKSUMS_NAME_MAX; i++)
        text[used + i] = i % 2 ? '/' : 'd';
    text[used + VR_CHECKSUMS_NAME_MAX + 1] = '\0';
    assert_refused(text, strlen(text), "is too long");
}

Test(checksums, more_than_the_largest_list_is_not_even_read)
{
    assert_refused("", VR_CHECKSUMS_SIZE_MAX + 1, "may have at most");
}

/* --- choosing ---------------------------------------------------------------------------------- */

static void assert_chosen(const char *pattern, bool has_records, const char *names)
{
    struct vr_checksums list =
        parse(A " RECORDS\n" A " LICENSE.txt\n" A " 100.dat\n" A " 100.hea\n" A " 101.dat\n" A
                " sub/100.dat\n" A " sub/README\n" A " subjects.csv\n" A " x.100/200.dat\n");
    char text[200] = "";
    cr_assert_eq(vr_checksums_select(&list, pattern), has_records, "%s", pattern);
    for (size_t i = 0; i < list.count; i++)
        sprintf(text + strlen(text), "%s ", list.items[i].name);
    cr_assert_str_eq(text, names, "%s: %s", pattern, text);
    vr_checksums_finish(&list);
}

Test(checksums, records_are_chosen_by_a_pattern)
{
    assert_chosen("100", true, "100.dat 100.hea LICENSE.txt RECORDS sub/100.dat subjects.csv ");
    assert_chosen("sub/*", true, "LICENSE.txt RECORDS sub/100.dat sub/README subjects.csv ");
    assert_chosen("10[1-9]", true, "101.dat LICENSE.txt RECORDS subjects.csv ");
    assert_chosen("200", true, "LICENSE.txt RECORDS subjects.csv x.100/200.dat ");
    assert_chosen("300", false, "LICENSE.txt RECORDS subjects.csv ");
}
