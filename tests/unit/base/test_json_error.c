#include "base/json_error.h"

#include <criterion/criterion.h>
#include <string.h>

static struct vr_json_doc *doc;

static const struct vr_json *parse(const char *text)
{
    cr_assert_eq(vr_json_doc_create(text, strlen(text), "dir/t.json", &doc, NULL), 0);
    return vr_json_doc_root(doc);
}

static void destroy(void)
{
    vr_json_doc_destroy(doc);
}

TestSuite(json_error, .fini = destroy);

static void assert_place(struct vr_place place, int line, int column, const char *what)
{
    cr_assert_eq(place.line, line, "%s: line %d", what, place.line);
    cr_assert_eq(place.column, column, "%s: column %d", what, place.column);
}

Test(json_error, every_value_and_key_knows_its_place)
{
    const struct vr_json *root = parse("\n"
                                       "  {\"a\" : 1,\r\n"
                                       "\t\"b\":[true,\n"
                                       "null], \"\xc2\xb5\xc2\xb5\": {}, \"c\": \"\"}");
    assert_place(vr_json_place(root), 2, 3, "root");
    assert_place(vr_json_key_place(vr_json_get(root, "a")), 2, 4, "key a");
    assert_place(vr_json_place(vr_json_get(root, "a")), 2, 10, "a");
    const struct vr_json *b = vr_json_get(root, "b");
    assert_place(vr_json_key_place(b), 3, 2, "key b");
    assert_place(vr_json_place(b), 3, 6, "b");
    assert_place(vr_json_place(vr_json_first(b)), 3, 7, "b[0]");
    assert_place(vr_json_place(vr_json_next(vr_json_first(b))), 4, 1, "b[1]");
    assert_place(
        vr_json_place(vr_json_get(root, "\xc2\xb5\xc2\xb5")), 4, 14, "columns are characters");
    assert_place(vr_json_key_place(vr_json_get(root, "c")), 4, 18, "key c");
}

Test(json_error, path_reads_as_people_write_it)
{
    const struct vr_json *root = parse("{\"gates\": [1, {\"metric\": 2}], \"a\\nb\": 3}");
    char path[64];
    const struct vr_json *gate = vr_json_next(vr_json_first(vr_json_get(root, "gates")));
    cr_assert_str_eq(vr_json_path(root, path, sizeof path), "");
    cr_assert_str_eq(vr_json_path(gate, path, sizeof path), "gates[1]");
    cr_assert_str_eq(
        vr_json_path(vr_json_get(gate, "metric"), path, sizeof path), "gates[1].metric");
    cr_assert_str_eq(
        vr_json_path(vr_json_get(root, "a\nb"), path, sizeof path), "a\\nb",
        "escapes stay escapes");
    cr_assert_str_eq(vr_json_path(vr_json_get(gate, "metric"), path, 10), "gates[1].");
    cr_assert_str_eq(vr_json_path(vr_json_get(gate, "metric"), path, 1), "");
}

Test(json_error, excerpts_are_the_text_of_the_file)
{
    static const struct {
        const char *text, *excerpt;
    } rows[] = {
        {"1.50e+1", "1.50e+1"},
        {"true", "true"},
        {"\"a\\u001b[2J\"", "\"a\\u001b[2J\""},
        {"[1]", "an array"},
        {"{}", "an object"},
        {"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
         "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..."},
        {"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xe2\x82\xac-\"",
         "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char excerpt[VR_JSON_EXCERPT_SIZE];
        cr_assert_str_eq(
            vr_json_excerpt(parse(rows[i].text), excerpt), rows[i].excerpt, "%s", rows[i].text);
        vr_json_doc_destroy(doc);
    }
    doc = NULL;
}

Test(json_error, errors_say_file_line_and_column)
{
    const struct vr_json *root = parse("{\n \"a\": 5}"), *a = vr_json_get(root, "a");
    struct vr_err err;
    char excerpt[VR_JSON_EXCERPT_SIZE];
    cr_assert_eq(vr_json_error(&err, a, "%d is odd", 5), -VR_ERR_INPUT);
    cr_assert_str_eq(err.text, "dir/t.json:2:7: 5 is odd");
    cr_assert_eq(
        vr_json_key_error(&err, a, "what is %s?", vr_json_key_excerpt(a, excerpt)), -VR_ERR_INPUT);
    cr_assert_str_eq(err.text, "dir/t.json:2:2: what is \"a\"?");
    cr_assert_eq(vr_json_error(NULL, a, "nobody listens"), -VR_ERR_INPUT);
}
