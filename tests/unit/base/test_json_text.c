/* base/json_text and base/json_copy: what is written into memory, and what was read and is written again. */
#include "base/cleanup.h"
#include "base/json_copy.h"
#include "base/json_text.h"

#include <criterion/criterion.h>
#include <string.h>

/* The document's root written again below `levels` arrays; the caller frees it. */
static char *copied(const char *from, int levels)
{
    struct vr_json_doc *doc = NULL;
    struct vr_json_text text;
    struct vr_err err = {0};
    char *to;
    cr_assert_eq(vr_json_doc_create(from, strlen(from), "test", &doc, &err), 0, "%s", err.text);
    cr_assert_eq(vr_json_text_begin(&text, &err), 0);
    for (int i = 0; i < levels; i++)
        vr_json_write_array(&text.writer, NULL);
    vr_json_copy(&text.writer, NULL, vr_json_doc_root(doc));
    for (int i = 0; i < levels; i++)
        vr_json_write_end(&text.writer);
    cr_assert_eq(vr_json_text_end(&text, &to, &err), 0, "%s", err.text);
    cr_expect_eq(vr_json_text_join(to), strlen(to));
    vr_json_doc_destroy(doc);
    return to;
}

Test(json_text, holds_the_text_when_it_has_ended)
{
    struct vr_json_text text;
    _cleanup_free_ char *got = NULL;
    cr_assert_eq(vr_json_text_begin(&text, NULL), 0);
    vr_json_write_object(&text.writer, NULL);
    vr_json_write_int(&text.writer, "n", 1);
    vr_json_write_end(&text.writer);
    cr_assert_eq(vr_json_text_end(&text, &got, NULL), 0);
    cr_expect_str_eq(got, "{\n  \"n\": 1\n}\n");
    cr_expect_eq(text.size, strlen(got));
}

Test(json_text, joins_lines_and_leaves_strings_alone)
{
    char text[] = "{\n  \"a\": [\n    1,\n    \"x\\n  y  z\"\n  ]\n}\n";
    cr_expect_eq(vr_json_text_join(text), strlen("{\"a\": [1, \"x\\n  y  z\"]}"));
    cr_expect_str_eq(text, "{\"a\": [1, \"x\\n  y  z\"]}");
    char nothing[] = "";
    cr_expect_eq(vr_json_text_join(nothing), 0);
}

Test(json_copy, writes_every_kind_as_it_was)
{
    const char *all = "{\"a\": [1, -2.5, 9007199254740991, true, false, null, \"\\u0001\\\"\"], "
                      "\"b\": {}, \"c\": []}";
    _cleanup_free_ char *got = copied(all, 0);
    cr_expect_str_eq(got, all);
}

/* Not a crash, and not another shape that looks whole. */
Test(json_copy, writes_null_for_what_lies_below_the_writers_last_level)
{
    _cleanup_free_ char *fits = copied("[[1]]", VR_JSON_WRITE_DEPTH_MAX - 2);
    cr_expect(strstr(fits, "[[1]]"));
    _cleanup_free_ char *deep = copied("[[1]]", VR_JSON_WRITE_DEPTH_MAX - 1);
    cr_expect(strstr(deep, "[null]") && !strstr(deep, "1"));
}
