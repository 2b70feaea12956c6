/* dataset/csv_table: rows of delimited text come as they are, or are refused with their place. */
#include "dataset/csv_table.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "scratch.h"

TestSuite(csv_table, .init = scratch_make, .fini = scratch_remove);

static const struct vr_csv_format plain = VR_CSV_FORMAT_DEFAULT;

static struct vr_csv_table *table_of(const char *text, size_t size, struct vr_csv_format format)
{
    struct vr_csv_table *table = NULL;
    struct vr_err err = {0};
    scratch_write("t.csv", text, size);
    int r = vr_csv_table_open(scratch_path("t.csv"), &format, &table, &err);
    cr_assert(r == 0, "%s", err.text);
    return table;
}

/* All rows as "cell|cell/cell|cell/", and how it ended. */
static char rows[8192];
static int rows_read(struct vr_csv_table *table, struct vr_err *err)
{
    int r;
    rows[0] = '\0';
    while ((r = vr_csv_table_next(table, err)) == 0) {
        for (size_t i = 0; i < vr_csv_table_width(table); i++) {
            strcat(rows, i ? "|" : "");
            strcat(rows, vr_csv_table_cell(table, i).text);
        }
        strcat(rows, "/");
    }
    return r;
}

static void assert_rows(const char *text, struct vr_csv_format format, const char *expected)
{
    struct vr_err err = {0};
    struct vr_csv_table *table = table_of(text, strlen(text), format);
    int r = rows_read(table, &err);
    cr_assert(r == -VR_ERR_EMPTY, "%s", err.text);
    cr_expect_str_eq(rows, expected);
    vr_csv_table_destroy(table);
}

static void assert_refused(
    const char *text, size_t size, struct vr_csv_format format, const char *place, const char *why)
{
    struct vr_csv_table *table = NULL;
    struct vr_err err = {0};
    scratch_write("t.csv", text, size);
    int r = vr_csv_table_open(scratch_path("t.csv"), &format, &table, &err);
    if (r == 0) {
        r = rows_read(table, &err);
        vr_csv_table_destroy(table);
    }
    cr_assert(r == -VR_ERR_INPUT, "%s: not refused", text);
    char found[512];
    snprintf(found, sizeof found, "%s:%s: ", scratch_path("t.csv"), place);
    cr_expect(strncmp(err.text, found, strlen(found)) == 0, "\"%s\" is not at %s", err.text, place);
    cr_expect(strstr(err.text, why), "\"%s\" does not say \"%s\"", err.text, why);
}

#define REFUSED(text, format, place, why) assert_refused(text, sizeof text - 1, format, place, why)

Test(csv_table, cells_are_split_trimmed_and_unquoted)
{
    assert_rows("a,b\nc,d\n", plain, "a|b/c|d/");
    assert_rows("a,b\r\nc,d", plain, "a|b/c|d/");
    assert_rows(" a ,\tb b \n,\n", plain, "a|b b/|/");
    assert_rows("\"a,\"\"x\"\"\",\" b \"\n \"c\nd\" ,\"\"\n", plain, "a,\"x\"| b /c\nd|/");
    assert_rows(
        "\xef\xbb\xbf"
        "a\nb\n",
        plain, "a/b/");
    assert_rows("", plain, "");
    assert_rows("\r\n\n", plain, "");
}

Test(csv_table, any_character_may_separate)
{
    struct vr_csv_format format = plain;
    format.separator = ';';
    assert_rows("1,5;2\n;\n", format, "1,5|2/|/");
    format.separator = '\t';
    assert_rows("a b\tc\n\td\n\t\n", format, "a b|c/|d/|/");
    format.separator = ' ';
    assert_rows("  1 \t 2\n\"a b\" 3   \n", format, "1|2/a b|3/");
    format.quote = '\0';
    format.separator = ',';
    assert_rows("5\" a,\"b\n", format, "5\" a|\"b/");
}

Test(csv_table, preambles_and_comments_are_passed_over)
{
    struct vr_csv_format format = plain;
    format.comment = "#";
    assert_rows("# x, y, \"\n1,2\n#3\n4,5\n# end", format, "1|2/4|5/");
    format.skip_lines = 2;
    assert_rows("\"junk\n,,,,\n#\n1,2\n", format, "1|2/");
    format.skip_lines = 1;
    format.skip_until = "\"-- Epochs";
    assert_rows("\"-- Epochs\n\n\"x\"\n\"-- Epochs --\"\n\n1,2\n\n", format, "1|2/");
    REFUSED("a\nb\n", format, "3:1", "no line begins with \"\"-- Epochs\"");
    format.skip_lines = 100;
    format.skip_until = NULL;
    assert_rows("a\nb\n", format, "");
}

Test(csv_table, an_empty_line_is_a_missing_value_only_where_it_can_be_one)
{
    struct vr_csv_format heading = plain;
    heading.heading = true;
    assert_rows("1\n\n\r\n4\n\n\n", plain, "1///4/");
    assert_rows("\n1\n", plain, "/1/");
    assert_rows("h\n \n1\n", heading, "/1/");
    assert_rows("\nh,i\n\n1,2\n\n", heading, "1|2/");
    REFUSED("1,2\n\n3,4\n", plain, "2:1", "an empty line between the rows");
}

Test(csv_table, columns_are_found_by_their_names)
{
    struct vr_csv_format format = plain;
    format.heading = true;
    const char *text = "Time [s], RESP,\"a, b\",x,x\n0,1,2,3,4\n";
    struct vr_csv_table *table = table_of(text, strlen(text), format);
    struct vr_err err = {0};
    size_t column;
    cr_assert_eq(vr_csv_table_column(table, "RESP", &column, &err), 0);
    cr_assert_eq(column, 1);
    cr_assert_eq(vr_csv_table_column(table, "a, b", &column, &err), 0);
    cr_assert_eq(column, 2);
    cr_assert_eq(vr_csv_table_column(table, "x", &column, &err), -VR_ERR_INPUT);
    cr_assert(strstr(err.text, "2 columns are called \"x\""), "%s", err.text);
    cr_assert_eq(vr_csv_table_column(table, "RSEP", &column, &err), -VR_ERR_INPUT);
    cr_assert(strstr(err.text, "did you mean \"RESP\"?"), "%s", err.text);
    vr_csv_table_destroy(table);
    REFUSED(
        "# only\n", ((struct vr_csv_format){',', '.', '"', true, "#", 0, NULL, NULL}), "2:1",
        "ends before the heading");
}

Test(csv_table, numbers_are_whole_cells_or_missing)
{
    static const char *const words[] = {"-9999", "NA", NULL};
    struct vr_csv_format format = plain;
    format.separator = ';';
    format.decimal = ',';
    format.missing = words;
    const char *text = "-1,5e2;;NaN;NA;-9999;\"7\"\n1.5;1,2,3;0x1;1 2;inf;a\n";
    struct vr_csv_table *table = table_of(text, strlen(text), format);
    struct vr_err err = {0};
    double value;
    cr_assert_eq(vr_csv_table_next(table, &err), 0);
    cr_assert(vr_csv_table_number(table, 0, &value, &err) == 0 && value == -150);
    for (size_t i = 1; i < 5; i++)
        cr_assert(vr_csv_table_number(table, i, &value, &err) == 0 && isnan(value));
    cr_assert(vr_csv_table_number(table, 5, &value, &err) == 0 && value == 7);
    cr_assert_eq(vr_csv_table_next(table, &err), 0);
    for (size_t i = 0; i < 6; i++)
        cr_assert_eq(vr_csv_table_number(table, i, &value, &err), -VR_ERR_INPUT, "cell %zu", i);
    cr_assert(
        strstr(err.text, "t.csv:2:23: \"a\" is no number with a decimal comma"), "%s", err.text);
    vr_csv_table_destroy(table);
}

Test(csv_table, values_stand_in_comments)
{
    struct vr_csv_format format = plain;
    format.comment = "#";
    const char *text =
        "\xef\xbb\xbf# Simple\n# Rate (Hz):= 1000.00 \r\n#Res = 12\n# Note: a=b\n1\n# Late: 3\n";
    struct vr_csv_table *table = table_of(text, strlen(text), format);
    struct vr_err err = {0};
    char value[16];
    cr_assert_eq(
        vr_csv_table_comment(table, "Rate (Hz)", value, sizeof value, &err), 0, "%s", err.text);
    cr_assert_str_eq(value, "1000.00");
    cr_assert_eq(vr_csv_table_comment(table, "Res", value, sizeof value, &err), 0);
    cr_assert_str_eq(value, "12");
    cr_assert_eq(vr_csv_table_comment(table, "Note", value, sizeof value, &err), 0);
    cr_assert_str_eq(value, "a=b");
    cr_assert_eq(vr_csv_table_comment(table, "Late", value, sizeof value, &err), -VR_ERR_INPUT);
    cr_assert_eq(vr_csv_table_comment(table, "Rate (Hz)", value, 7, &err), -VR_ERR_INPUT);
    cr_assert_eq(rows_read(table, &err), -VR_ERR_EMPTY);
    cr_assert_str_eq(rows, "1/");
    vr_csv_table_destroy(table);
}

Test(csv_table, what_does_not_fit_is_refused_with_its_place)
{
    REFUSED("a,b\nc\n", plain, "2:1", "1 cells, where the first row has 2");
    REFUSED("a,b\nc,d,e\n", plain, "2:1", "3 cells");
    REFUSED("a,b\nc,d\"e\n", plain, "2:4", "a quote inside a cell");
    REFUSED("a,b\nc, \"d\n\n", plain, "2:4", "never closed");
    REFUSED("a,\"b\"c\n", plain, "1:6", "behind the closing quote");
    REFUSED("a\rb\n", plain, "1:2", "CR alone");
    REFUSED("a\nb\0c\n", plain, "2:2", "control character 0x00");
    REFUSED(
        "\xff\xfe"
        "a\0",
        plain, "1:1", "UTF-16");
    struct vr_csv_format blanks = plain;
    blanks.separator = ' ';
    REFUSED("\"a\"b\n", blanks, "1:4", "behind the closing quote");
}

Test(csv_table, rows_and_cells_are_bounded)
{
    static char text[2 * VR_CSV_ROW_SIZE_MAX];
    memset(text, 'x', VR_CSV_ROW_SIZE_MAX + 1);
    assert_refused(text, VR_CSV_ROW_SIZE_MAX + 1, plain, "1:1", "a row of more than 65536 bytes");
    struct vr_csv_table *table = table_of(text, VR_CSV_ROW_SIZE_MAX, plain);
    struct vr_err err = {0};
    cr_assert_eq(vr_csv_table_next(table, &err), 0);
    cr_assert_eq(vr_csv_table_cell(table, 0).size, VR_CSV_ROW_SIZE_MAX);
    vr_csv_table_destroy(table);
    memset(text, ',', VR_CSV_ROW_CELLS_MAX);
    assert_refused(text, VR_CSV_ROW_CELLS_MAX, plain, "1:1025", "a row of more than 1024 cells");
    table = table_of(text, VR_CSV_ROW_CELLS_MAX - 1, plain);
    cr_assert_eq(vr_csv_table_width(table), VR_CSV_ROW_CELLS_MAX);
    vr_csv_table_destroy(table);
}

/* Rows of many lengths, so that every kind of byte once lies on the border of two blocks. */
Test(csv_table, borders_of_blocks_are_not_seen)
{
    static char text[400000];
    size_t size = 0;
    for (int i = 0; i < 20000; i++)
        size += (size_t)snprintf(
            text + size, sizeof text - size, "%d,\"%.*s\"\"\"\r\n", i, i % 7, "abcdefg");
    struct vr_csv_table *table = table_of(text, size, plain);
    struct vr_err err = {0};
    int64_t offset = 0, line = 0;
    for (int i = 0; i < 20000; i++) {
        char expected[16];
        cr_assert_eq(vr_csv_table_next(table, &err), 0, "%s", err.text);
        double value;
        cr_assert(vr_csv_table_number(table, 0, &value, &err) == 0 && value == i);
        snprintf(expected, sizeof expected, "%.*s\"", i % 7, "abcdefg");
        cr_assert_str_eq(vr_csv_table_cell(table, 1).text, expected);
        cr_assert_eq(vr_csv_table_line(table), i + 1);
        if (i == 12345) {
            offset = vr_csv_table_offset(table);
            line = vr_csv_table_line(table);
        }
    }
    cr_assert_eq(vr_csv_table_next(table, &err), -VR_ERR_EMPTY);
    vr_csv_table_seek(table, offset, line);
    cr_assert_eq(vr_csv_table_next(table, &err), 0);
    cr_assert_str_eq(vr_csv_table_cell(table, 0).text, "12345");
    cr_assert_eq(vr_csv_table_line(table), 12346);
    vr_csv_table_destroy(table);
}

Test(csv_table, rows_can_be_read_again_from_before_empty_lines)
{
    struct vr_csv_format format = plain;
    format.heading = true;
    struct vr_csv_table *table = table_of("h,i\n\n1,2\n3,4\n", 13, format);
    struct vr_err err = {0};
    int64_t offset, line;
    vr_csv_table_tell(table, &offset, &line);
    for (int i = 0; i < 2; i++) {
        vr_csv_table_seek(table, offset, line);
        cr_assert_eq(rows_read(table, &err), -VR_ERR_EMPTY, "%s", err.text);
        cr_assert_str_eq(rows, "1|2/3|4/");
    }
    vr_csv_table_destroy(table);
}

Test(csv_table, a_file_that_is_not_there_is_said_so)
{
    struct vr_csv_table *table;
    struct vr_err err = {0};
    cr_assert_eq(vr_csv_table_open(scratch_path("no"), &plain, &table, &err), -VR_ERR_NOT_FOUND);
    cr_assert_eq(vr_csv_table_open(scratch, &plain, &table, &err), -VR_ERR_INPUT);
}
