#include "base/cleanup.h"
#include "scenario/expand.h"

#include <criterion/criterion.h>
#include <string.h>

static char text[VR_EXPAND_SIZE_MAX];

static void assert_expands(const char *from, const char *to)
{
    struct vr_err err = {0};
    cr_assert_eq(vr_expand_variables(from, text, &err), 0, "%s: %s", from, err.text);
    cr_assert_str_eq(text, to);
}

static void assert_refused(const char *from, const char *message)
{
    struct vr_err err = {0};
    strcpy(text, "untouched");
    cr_assert_eq(vr_expand_variables(from, text, &err), -VR_ERR_INPUT, "%s", from);
    cr_assert_not_null(
        strstr(err.text, message), "%s\n  said: %s\n  want: %s", from, err.text, message);
    cr_assert_str_eq(text, "untouched");
}

static void set_environment(void)
{
    setenv("A", "one", 1);
    setenv("B_2", "${A}", 1);
    setenv("EMPTY", "", 1);
    unsetenv("UNSET");
}

TestSuite(expand, .init = set_environment);

Test(expand, variables_are_replaced_once)
{
    assert_expands("", "");
    assert_expands("plain/path", "plain/path");
    assert_expands("${A}", "one");
    assert_expands("/x/${A}y${A}/", "/x/oneyone/");
    assert_expands("${B_2}", "${A}"); /* a value is not looked at again */
}

Test(expand, a_lone_dollar_stays)
{
    assert_expands("$A $ $$ a$", "$A $ $$ a$");
    assert_expands("{A}", "{A}");
}

Test(expand, unset_and_empty_variables_are_errors)
{
    assert_refused("x/${UNSET}", "the environment variable UNSET is not set");
    assert_refused("${EMPTY}/mitdb", "the environment variable EMPTY is not set");
}

Test(expand, names_are_strict)
{
    static const char *const rows[] = {"${", "${}", "${A", "${A-B}", "${1A}", "${A }", "x${A.B}"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_refused(rows[i], "NAME is letters, digits and _, closed by }");
    char long_name[100] = "${";
    memset(long_name + 2, 'A', 64);
    strcpy(long_name + 66, "}");
    assert_refused(long_name, "NAME is letters");
}

Test(expand, lengths_are_bounded)
{
    _cleanup_free_ char *path = calloc(1, VR_EXPAND_SIZE_MAX + 8);
    memset(path, 'a', VR_EXPAND_SIZE_MAX - 1);
    assert_expands(path, path);
    path[VR_EXPAND_SIZE_MAX - 1] = 'a';
    assert_refused(path, "4095 bytes at most");
    strcpy(path + VR_EXPAND_SIZE_MAX - 4, "${A}"); /* 4092 + "one" = 4095: fits */
    cr_assert_eq(vr_expand_variables(path, text, NULL), 0);
    cr_assert_eq(strlen(text), VR_EXPAND_SIZE_MAX - 1);
    strcpy(path + VR_EXPAND_SIZE_MAX - 3, "${A}");
    assert_refused(path, "too long with the value of A");
}

Test(expand, the_data_folder_has_a_default)
{
    setenv("VITALRIG_DATA", "/data", 1);
    assert_expands("${VITALRIG_DATA}/mitdb", "/data/mitdb");

    setenv("VITALRIG_DATA", "", 1);
    setenv("XDG_DATA_HOME", "/xdg", 1);
    setenv("HOME", "/me", 1);
    assert_expands("${VITALRIG_DATA}/mitdb", "/xdg/vitalrig/datasets/mitdb");

    unsetenv("VITALRIG_DATA");
    setenv("XDG_DATA_HOME", "relative/is/ignored", 1);
    assert_expands("${VITALRIG_DATA}/mitdb", "/me/.local/share/vitalrig/datasets/mitdb");

    unsetenv("XDG_DATA_HOME");
    assert_expands("${VITALRIG_DATA}", "/me/.local/share/vitalrig/datasets");

    unsetenv("HOME");
    assert_refused("${VITALRIG_DATA}", "set VITALRIG_DATA to the folder of the datasets");
}

Test(expand, paths_are_relative_to_a_folder)
{
    static const struct {
        const char *path, *directory, *joined;
    } rows[] = {
        {"/abs", "dir", "/abs"}, {"a", "dir", "dir/a"}, {"../a", "dir/b", "dir/b/../a"},
        {"a", ".", "a"},         {"a", "/", "//a"},     {"a/b", "/x", "/x/a/b"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        _cleanup_free_ char *joined = vr_expand_relative(rows[i].path, rows[i].directory);
        cr_assert_str_eq(joined, rows[i].joined);
    }
}

Test(expand, the_folder_of_a_file)
{
    static const struct {
        const char *file, *directory;
    } rows[] = {
        {"a.json", "."},
        {"d/a.json", "d"},
        {"/d/e/a.json", "/d/e"},
        {"/a.json", "/"},
        {"../a", ".."}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        _cleanup_free_ char *directory = vr_expand_directory(rows[i].file);
        cr_assert_str_eq(directory, rows[i].directory);
    }
}
