/* base/json_write: the exact text, and that the strict loader reads it back as the same values. */
#include "base/cleanup.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/rng.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <signal.h>
#include <string.h>

static char *text;
static size_t text_size;
static FILE *file;
static struct vr_json_writer writer;

static void begin(void)
{
    file = open_memstream(&text, &text_size);
    vr_json_write_init(&writer, file);
}

static const char *finish(void)
{
    cr_assert_eq(vr_json_write_finish(&writer, NULL), 0);
    return text;
}

static void end(void)
{
    fclose(file);
    free(text);
}

TestSuite(json_write, .init = begin, .fini = end);

Test(json_write, indents_by_two_and_keeps_empty_ones_short)
{
    vr_json_write_object(&writer, NULL);
    vr_json_write_int(&writer, "format", 1);
    vr_json_write_array(&writer, "list");
    vr_json_write_bool(&writer, NULL, true);
    vr_json_write_null(&writer, NULL);
    vr_json_write_object(&writer, NULL);
    vr_json_write_end(&writer);
    vr_json_write_end(&writer);
    vr_json_write_array(&writer, "none");
    vr_json_write_end(&writer);
    vr_json_write_end(&writer);
    cr_assert_str_eq(
        finish(), "{\n"
                  "  \"format\": 1,\n"
                  "  \"list\": [\n"
                  "    true,\n"
                  "    null,\n"
                  "    {}\n"
                  "  ],\n"
                  "  \"none\": []\n"
                  "}\n");
}

Test(json_write, escapes_texts)
{
    static const struct {
        const char *text, *json;
    } rows[] = {
        {"plain", "\"plain\""},
        {"\"\\/", "\"\\\"\\\\/\""},
        {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
        {"\x01\x1b\x7f", "\"\\u0001\\u001b\\u007f\""},
        {"\xc2\xb5V", "\"\xc2\xb5V\""},
        {"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
        {"a\xff\xc2z", "\"a\\ufffd\\ufffdz\""},
        {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},
        {"", "\"\""},
        {NULL, "null"},
    };
    vr_json_write_array(&writer, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fflush(file);
        size_t before = text_size;
        vr_json_write_string(&writer, NULL, rows[i].text);
        fflush(file);
        const char *json = strpbrk(text + before, "\"n");
        cr_assert_str_eq(json, rows[i].json, "row %zu", i);
    }
    vr_json_write_end(&writer);
    finish();
}

Test(json_write, writes_whole_numbers_to_the_last_bit)
{
    vr_json_write_array(&writer, NULL);
    vr_json_write_int(&writer, NULL, INT64_MIN);
    vr_json_write_int(&writer, NULL, INT64_MAX);
    vr_json_write_uint(&writer, NULL, UINT64_MAX);
    vr_json_write_end(&writer);
    cr_assert_str_eq(
        finish(),
        "[\n  -9223372036854775808,\n  9223372036854775807,\n  18446744073709551615\n]\n");
}

Test(json_write, writes_the_shortest_double)
{
    static const struct {
        double value;
        const char *json;
    } rows[] = {
        {0, "0\n"},
        {-0.0, "-0\n"},
        {1, "1\n"},
        {0.1, "0.1\n"},
        {99.8, "99.8\n"},
        {1e100, "1e+100\n"},
        {1.0 / 3, "0.3333333333333333\n"},
        {0.1 + 0.2, "0.30000000000000004\n"},
        {DBL_MAX, "1.7976931348623157e+308\n"},
        {5e-324, "4.94065645841247e-324\n"},
        {NAN, "null\n"},
        {INFINITY, "null\n"},
        {-INFINITY, "null\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        end();
        begin();
        vr_json_write_double(&writer, NULL, rows[i].value);
        cr_assert_str_eq(finish(), rows[i].json, "row %zu", i);
    }
}

Test(json_write, what_is_written_reads_back_the_same)
{
    enum { COUNT = 2000 };
    struct vr_rng rng;
    double values[COUNT];
    char key[] = "k\x01\xc2\xb5\"\\";
    vr_rng_init(&rng, 1);
    vr_json_write_object(&writer, NULL);
    vr_json_write_string(&writer, key, "v\x1f\xe2\x82\xac");
    vr_json_write_array(&writer, "values");
    for (int i = 0; i < COUNT; i++) {
        uint64_t bits = vr_rng_next(&rng);
        memcpy(&values[i], &bits, sizeof bits);
        vr_json_write_double(&writer, NULL, values[i]);
    }
    vr_json_write_end(&writer);
    vr_json_write_end(&writer);
    finish();

    struct vr_json_doc *doc = NULL;
    struct vr_err err = {0};
    cr_assert_eq(vr_json_doc_create(text, text_size, "written", &doc, &err), 0, "%s", err.text);
    const struct vr_json *root = vr_json_doc_root(doc);
    cr_assert_str_eq(vr_json_string(vr_json_get(root, key)), "v\x1f\xe2\x82\xac");
    const struct vr_json *item = vr_json_first(vr_json_get(root, "values"));
    for (int i = 0; i < COUNT; i++, item = vr_json_next(item)) {
        if (!isfinite(values[i]))
            cr_assert_eq(vr_json_kind(item), VR_JSON_NULL);
        else
            cr_assert_eq(vr_json_number(item), values[i], "%a", values[i]);
    }
    vr_json_doc_destroy(doc);
}

Test(json_write, reports_a_write_that_failed_long_before)
{
    _cleanup_fclose_ FILE *full = fopen("/dev/full", "w");
    if (!full)
        cr_skip_test("no /dev/full");
    struct vr_err err;
    vr_json_write_init(&writer, full);
    vr_json_write_array(&writer, NULL);
    for (int i = 0; i < 100000; i++)
        vr_json_write_int(&writer, NULL, i);
    vr_json_write_end(&writer);
    cr_assert_eq(vr_json_write_finish(&writer, &err), -VR_ERR_IO);
    cr_assert_not_null(strstr(err.text, "could not be written"));
}

Test(json_write, a_key_inside_an_array_is_a_bug, .signal = SIGABRT)
{
    vr_json_write_array(&writer, NULL);
    vr_json_write_int(&writer, "key", 1);
}

Test(json_write, no_key_inside_an_object_is_a_bug, .signal = SIGABRT)
{
    vr_json_write_object(&writer, NULL);
    vr_json_write_int(&writer, NULL, 1);
}

Test(json_write, a_second_root_is_a_bug, .signal = SIGABRT)
{
    vr_json_write_null(&writer, NULL);
    vr_json_write_null(&writer, NULL);
}
