/* base/json_merge: the table of RFC 7386, appendix A, and what patches of a scenario look like. */
#include "base/cleanup.h"
#include "base/json_merge.h"

#include <criterion/criterion.h>
#include <string.h>

static struct vr_json_doc *parse(const char *text)
{
    struct vr_json_doc *doc = NULL;
    struct vr_err err;
    cr_assert_eq(vr_json_doc_create(text, strlen(text), "t", &doc, &err), 0, "%s", err.text);
    return doc;
}

static void expect_merged(const char *target, const char *patch, const char *expected)
{
    struct vr_json_doc *docs[] = {parse(target), parse(patch), parse(expected), NULL};
    _cleanup_free_ char *text = NULL;
    size_t size;
    struct vr_err err;
    cr_assert_eq(
        vr_json_merge(vr_json_doc_root(docs[0]), vr_json_doc_root(docs[1]), &text, &size, &err), 0);
    docs[3] = parse(text);
    cr_expect_eq(size, strlen(text));
    cr_expect_eq(
        vr_json_compare(vr_json_doc_root(docs[2]), vr_json_doc_root(docs[3])), 0,
        "%s with %s is %s", target, patch, text);
    for (int i = 0; i < 4; i++)
        vr_json_doc_destroy(docs[i]);
}

Test(json_merge, does_what_the_table_of_the_rfc_says)
{
    static const char *const rows[][3] = {
        {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
        {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
        {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
        {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}"},
        {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
        {"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
        {"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
        {"{\"a\":\"foo\"}", "null", "null"},
        {"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
        {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
        {"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
        {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_merged(rows[i][0], rows[i][1], rows[i][2]);
}

Test(json_merge, keeps_every_value_that_the_patch_does_not_name)
{
    expect_merged(
        "{\"replay\":{\"speed\":\"max\",\"seed\":9007199254740991},\"gates\":[{\"min\":99.5}],"
        "\"t\":\"\\u00fc\\n\",\"b\":[true,false,null,[],{}]}",
        "{\"replay\":{\"speed\":1.5}}",
        "{\"replay\":{\"speed\":1.5,\"seed\":9007199254740991},\"gates\":[{\"min\":99.5}],"
        "\"t\":\"\\u00fc\\n\",\"b\":[true,false,null,[],{}]}");
}

Test(json_merge, keeps_the_order_and_puts_what_is_new_behind_it)
{
    struct vr_json_doc *target = parse("{\"b\":1,\"a\":{\"x\":1},\"c\":3}"),
                       *patch = parse("{\"z\":0,\"a\":{\"y\":2},\"b\":null}");
    _cleanup_free_ char *text = NULL;
    size_t size;
    struct vr_err err;
    cr_assert_eq(
        vr_json_merge(vr_json_doc_root(target), vr_json_doc_root(patch), &text, &size, &err), 0);
    cr_expect(strstr(text, "\"a\"") < strstr(text, "\"c\""));
    cr_expect(strstr(text, "\"x\"") < strstr(text, "\"y\""));
    cr_expect(strstr(text, "\"c\"") < strstr(text, "\"z\""));
    cr_expect_null(strstr(text, "\"b\""));
    vr_json_doc_destroy(target);
    vr_json_doc_destroy(patch);
}
