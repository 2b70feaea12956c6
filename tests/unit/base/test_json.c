/* base/json: what is refused and where, what is read, and that hostile sizes stay cheap. */
#include "base/cleanup.h"
#include "base/json.h"
#include "base/json_error.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct vr_json_doc *parse(const char *text)
{
    struct vr_json_doc *doc = NULL;
    struct vr_err err = {0};
    int r = vr_json_doc_create(text, strlen(text), "t.json", &doc, &err);
    cr_assert_eq(r, 0, "%s", err.text);
    return doc;
}

static void assert_refused(const char *text, size_t size, const char *message)
{
    struct vr_json_doc *doc = NULL;
    struct vr_err err = {0};
    int r = vr_json_doc_create(text, size, "t.json", &doc, &err);
    cr_assert_eq(r, -VR_ERR_INPUT, "%.60s -> %d %s", text, r, err.text);
    cr_assert_null(doc);
    cr_assert_eq(
        strncmp(err.text, message, strlen(message)), 0, "%.60s\n  said: %s\n  want: %s", text,
        err.text, message);
}

Test(json, refuses_what_is_not_strict_and_says_where)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "t.json:1:1: the file is empty"},
        {" \n ", "t.json:2:2: the file is empty"},
        {"\xef\xbb\xbf{}", "t.json:1:1: the file begins with a byte order mark"},
        {"{\"a\": 1, \"b\": 2,\n  \"a\": 3}",
         "t.json:2:3: the key \"a\" is there twice, first in line 1"},
        {"{\"a\": 1, \"\\u0061\": 2}", "t.json:1:10: the key \"\\u0061\" is there twice"},
        {"[{}, {\"x\": {\"k\": 1, \"k\": 1}}]", "t.json:1:21: the key \"k\" is there twice"},
        {"1e400", "t.json:1:1: the number 1e400 is beyond the range of a double"},
        {"[0, -1e400]", "t.json:1:5: the number -1e400 is beyond"},
        {"01", "t.json:1:1: a number cannot begin with 0"},
        {"[1, -00.5]", "t.json:1:5: a number cannot begin with 0"},
        {"[1.]", "t.json:1:4: a digit must follow the decimal point, found ']'"},
        {"1.", "t.json:1:3: a digit must follow the decimal point, found the end"},
        {".5", "t.json:1:1: a value is needed here, found '.'"},
        {"+1", "t.json:1:1: a value is needed here, found '+'"},
        {"-", "t.json:1:2: a digit must follow the minus sign"},
        {"-a", "t.json:1:2: a digit must follow the minus sign, found 'a'"},
        {"1e", "t.json:1:3: a digit must follow the exponent's e"},
        {"1e+", "t.json:1:4: a digit must follow the exponent's sign"},
        {"1234567890123456789012345678901234567890123456789012345678901234",
         "t.json:1:1: a number of more than 63 characters"},
        {"NaN", "t.json:1:1: a value is needed here, found 'N'"},
        {"nul", "t.json:1:1: a value is needed here, found 'n'"},
        {"nullx", "t.json:1:5: 'x' after the end of the JSON value"},
        {"{} x", "t.json:1:4: 'x' after the end of the JSON value"},
        {"{}\n{}", "t.json:2:1: '{' after the end of the JSON value"},
        {"1 2", "t.json:1:3: '2' after the end of the JSON value"},
        {"[1,]", "t.json:1:3: ',' before ']'; remove the comma"},
        {"{\"a\":1\n,\n}", "t.json:2:1: ',' before '}'; remove the comma"},
        {"[1 2]", "t.json:1:4: ',' or ']' is needed here, found '2'"},
        {"[1}", "t.json:1:3: ',' or ']' is needed here, found '}'"},
        {"{\"a\":1]", "t.json:1:7: ',' or '}' is needed here, found ']'"},
        {"\n[1, [2", "t.json:2:7: the text ends inside the array of line 2; close it with ']'"},
        {"{\"a\": 1", "t.json:1:8: the text ends inside the object of line 1"},
        {"[", "t.json:1:2: a value is needed here, found the end of the text"},
        {"{", "t.json:1:2: a key in double quotes is needed here, found the end"},
        {"{a: 1}", "t.json:1:2: a key in double quotes is needed here, found 'a'"},
        {"{'a': 1}", "t.json:1:2: a key in double quotes is needed here, found '''"},
        {"{\"a\" 1}", "t.json:1:6: ':' must follow the key, found '1'"},
        {"{\"a\":}", "t.json:1:6: a value is needed here, found '}'"},
        {"['a']", "t.json:1:2: a value is needed here, found '''; text stands in double quotes"},
        {"// hi\n{}", "t.json:1:1: a value is needed here, found '/'; JSON has no comments"},
        {"\v1", "t.json:1:1: a value is needed here, found byte 0x0b"},
        {"\xc2\xa0{}", "t.json:1:1: a value is needed here, found byte 0xc2"},
        {"[\"a\n\"]", "t.json:1:2: this text is not closed on its line"},
        {"\"abc", "t.json:1:1: this text is not closed on its line"},
        {"\"abc\\\"", "t.json:1:1: this text is not closed on its line"},
        {"\"a\tb\"", "t.json:1:3: raw control character 0x09; write it as \\u0009"},
        {"\"\x1b[2J\"", "t.json:1:2: raw control character 0x1b"},
        {"\"\xff\"", "t.json:1:2: byte 0xff is not valid UTF-8"},
        {"\"\xc2\xb5\xc2\"", "t.json:1:3: byte 0xc2 is not valid UTF-8"},
        {"\"\xed\xa0\x80\"", "t.json:1:2: byte 0xed is not valid UTF-8"},
        {"{\"\xc0\x80\": 1}", "t.json:1:3: byte 0xc0 is not valid UTF-8"},
        {"\"\\u0000\"", "t.json:1:2: \\u0000 cannot be part of a text"},
        {"{\"a\\u0000b\": 1}", "t.json:1:4: \\u0000 cannot be part of a text"},
        {"\"\\ud800\"", "t.json:1:2: \\ud800 is half of a surrogate pair"},
        {"\"\\udc00\"", "t.json:1:2: \\udc00 is half of a surrogate pair"},
        {"\"\\ud83d\\ud83d\"", "t.json:1:2: \\ud83d is half of a surrogate pair"},
        {"\"\\ud83dx\"", "t.json:1:2: \\ud83d is half of a surrogate pair"},
        {"\"\\ud83d\\u12", "t.json:1:2: \\u needs four hexadecimal digits"},
        {"\"\\u12g4\"", "t.json:1:2: \\u needs four hexadecimal digits"},
        {"\"\\x41\"", "t.json:1:2: unknown escape"},
        {"\"\\", "t.json:1:2: unknown escape"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_refused(rows[i].text, strlen(rows[i].text), rows[i].message);
}

Test(json, refuses_nul_bytes)
{
    assert_refused("\0", 1, "t.json:1:1: a value is needed here, found byte 0x00");
    assert_refused("{}\0", 3, "t.json:1:3: byte 0x00 after the end");
    assert_refused("\"a\0b\"", 5, "t.json:1:3: raw control character 0x00");
    assert_refused("\"\\\0\"", 4, "t.json:1:2: unknown escape");
}

/* `depth` opening and closing brackets. */
static char *nested(int depth)
{
    char *text = calloc(1, 2 * (size_t)depth + 1);
    memset(text, '[', (size_t)depth);
    memset(text + depth, ']', (size_t)depth);
    return text;
}

Test(json, nests_64_deep_and_no_deeper)
{
    _cleanup_free_ char *allowed = nested(64), *refused = nested(65), *hostile = nested(500000);
    vr_json_doc_destroy(parse(allowed));
    assert_refused(refused, strlen(refused), "t.json:1:65: nested deeper than 64 levels");
    assert_refused(hostile, strlen(hostile), "t.json:1:65: nested deeper than 64 levels");
}

Test(json, refuses_more_than_1_mib_of_text)
{
    _cleanup_free_ char *text = malloc(VR_JSON_SIZE_MAX + 1);
    memset(text, ' ', VR_JSON_SIZE_MAX + 1);
    text[0] = '1';
    assert_refused(text, VR_JSON_SIZE_MAX + 1, "t.json: 1048577 bytes; a JSON file may have");
    struct vr_json_doc *doc;
    cr_assert_eq(vr_json_doc_create(text, VR_JSON_SIZE_MAX, "t.json", &doc, NULL), 0);
    vr_json_doc_destroy(doc);
}

/* 100,000 keys: n^2 comparisons of them would take minutes, not the milliseconds of a unit test. */
Test(json, finds_one_duplicate_among_100000_keys)
{
    _cleanup_free_ char *text = malloc(VR_JSON_SIZE_MAX);
    size_t size = (size_t)sprintf(text, "{");
    for (int i = 0; i < 100000; i++)
        size += (size_t)sprintf(text + size, "\"%x\":0,", (unsigned)i * 7919u % 100000u);
    struct vr_json_doc *doc;
    size_t twice = size + (size_t)sprintf(text + size, "\"1f\":0}");
    assert_refused(text, twice, "t.json:1:");
    size += (size_t)sprintf(text + size, "\"new\":0}");
    cr_assert_eq(vr_json_doc_create(text, size, "t.json", &doc, NULL), 0);
    const struct vr_json *root = vr_json_doc_root(doc);
    char key[16];
    for (unsigned i = 0; i < 100000; i++) {
        sprintf(key, "%x", i);
        cr_assert_str_eq(vr_json_key(vr_json_get(root, key)), key);
    }
    cr_assert_null(vr_json_get(root, "zz"));
    vr_json_doc_destroy(doc);
}

Test(json, reads_values_of_every_kind)
{
    struct vr_json_doc *doc =
        parse("{\"null\": null, \"yes\": true, \"no\": false, \"number\": -12.5e-1,\n"
              " \"text\": \"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00b5\\ud83d\\ude00\xc2\xb5\","
              " \"list\": [1, [], {}], \"empty\": \"\"}");
    const struct vr_json *root = vr_json_doc_root(doc);
    cr_assert_eq(vr_json_kind(root), VR_JSON_OBJECT);
    cr_assert_eq(vr_json_count(root), 7);
    cr_assert_eq(vr_json_kind(vr_json_get(root, "null")), VR_JSON_NULL);
    cr_assert(vr_json_bool(vr_json_get(root, "yes")));
    cr_assert_not(vr_json_bool(vr_json_get(root, "no")));
    cr_assert_eq(vr_json_number(vr_json_get(root, "number")), -1.25);
    cr_assert_str_eq(
        vr_json_string(vr_json_get(root, "text")),
        "a\"\\/\b\f\n\r\t\xc2\xb5\xf0\x9f\x98\x80\xc2\xb5");
    cr_assert_str_eq(vr_json_string(vr_json_get(root, "empty")), "");
    cr_assert_null(vr_json_get(root, "Yes"), "keys are case-sensitive");

    const struct vr_json *list = vr_json_get(root, "list");
    cr_assert_eq(vr_json_count(list), 3);
    const struct vr_json *item = vr_json_first(list);
    cr_assert_eq(vr_json_number(item), 1);
    cr_assert_null(vr_json_key(item));
    cr_assert_eq(vr_json_parent(item), list);
    item = vr_json_next(item);
    cr_assert_eq(vr_json_kind(item), VR_JSON_ARRAY);
    cr_assert_null(vr_json_first(item));
    item = vr_json_next(item);
    cr_assert_eq(vr_json_kind(item), VR_JSON_OBJECT);
    cr_assert_null(vr_json_get(item, "x"));
    cr_assert_null(vr_json_next(item));
    cr_assert_null(vr_json_parent(root));
    vr_json_doc_destroy(doc);
}

Test(json, members_come_in_the_order_of_the_file)
{
    struct vr_json_doc *doc = parse("{\"z\": 1, \"a\": 2, \"m\": 3}");
    char keys[4] = {0};
    size_t count = 0;
    const struct vr_json *root = vr_json_doc_root(doc);
    for (const struct vr_json *m = vr_json_first(root); m; m = vr_json_next(m))
        keys[count++] = vr_json_key(m)[0];
    cr_assert_str_eq(keys, "zam");
    vr_json_doc_destroy(doc);
}

Test(json, integers_are_exact_or_none)
{
    static const struct {
        const char *text;
        bool is_integer;
        int64_t value;
    } rows[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"1.0", true, 1},
        {"1e3", true, 1000},
        {"-17", true, -17},
        {"9007199254740991", true, INT64_C(9007199254740991)},
        {"-9007199254740991", true, -INT64_C(9007199254740991)},
        {"9007199254740992", false, 0},
        {"9007199254740993", false, 0},
        {"1e300", false, 0},
        {"0.5", false, 0},
        {"1e-300", false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vr_json_doc *doc = parse(rows[i].text);
        int64_t value = 0;
        cr_assert_eq(
            vr_json_integer(vr_json_doc_root(doc), &value), rows[i].is_integer, "%s", rows[i].text);
        cr_assert_eq(value, rows[i].value, "%s", rows[i].text);
        vr_json_doc_destroy(doc);
    }
}

Test(json, compare_knows_equal_values_and_orders_the_others)
{
    static const struct {
        const char *text;
        int order;
    } rows[] = {
        {"[1, 1.0]", 0},
        {"[0, -0.0]", 0},
        {"[1, 2]", -1},
        {"[\"a\", \"b\"]", -1},
        {"[\"1\", 1]", 1},
        {"[false, 0]", -1},
        {"[false, true]", -1},
        {"[null, null]", 0},
        {"[[1, 2], [1, 3]]", -1},
        {"[[1, 2], [1]]", 1},
        {"[[], {}]", -1},
        {"[{\"a\": 1, \"b\": [2]}, {\"b\": [2.0], \"a\": 1}]", 0},
        {"[{\"a\": 1}, {\"b\": 1}]", -1},
        {"[{\"a\": 2}, {\"a\": 1}]", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vr_json_doc *doc = parse(rows[i].text);
        const struct vr_json *a = vr_json_first(vr_json_doc_root(doc)), *b = vr_json_next(a);
        int order = vr_json_compare(a, b), back = vr_json_compare(b, a);
        cr_assert_eq((order > 0) - (order < 0), rows[i].order, "%s", rows[i].text);
        cr_assert_eq((back > 0) - (back < 0), -rows[i].order, "%s", rows[i].text);
        vr_json_doc_destroy(doc);
    }
}

Test(json, keeps_the_text_as_it_came)
{
    struct vr_json_doc *doc = parse("  {\"a\" : 1}\r\n");
    size_t size;
    cr_assert_str_eq(vr_json_doc_text(doc, &size), "  {\"a\" : 1}\r\n");
    cr_assert_eq(size, 13);
    cr_assert_str_eq(vr_json_doc_name(doc), "t.json");
    vr_json_doc_destroy(doc);
    vr_json_doc_destroy(NULL);
}

/* -- files -- */

Test(json, loads_a_file)
{
    char path[] = "/tmp/vitalrig-json-XXXXXX";
    _cleanup_close_ int fd = mkstemp(path);
    cr_assert_eq(write(fd, "{\"a\": 1}\n", 9), 9);
    struct vr_json_doc *doc = NULL;
    cr_assert_eq(vr_json_doc_load(path, &doc, NULL), 0);
    cr_assert_eq(vr_json_number(vr_json_get(vr_json_doc_root(doc), "a")), 1);
    vr_json_doc_destroy(doc);
    unlink(path);
}

Test(json, refuses_a_100_mb_file_without_reading_it)
{
    char path[] = "/tmp/vitalrig-json-XXXXXX";
    _cleanup_close_ int fd = mkstemp(path);
    struct vr_json_doc *doc = NULL;
    struct vr_err err;
    cr_assert_eq(ftruncate(fd, 100 << 20), 0);
    cr_assert_eq(vr_json_doc_load(path, &doc, &err), -VR_ERR_INPUT);
    cr_assert_not_null(strstr(err.text, "104857600 bytes; a JSON file may have 1048576 at most"));
    cr_assert_eq(ftruncate(fd, VR_JSON_SIZE_MAX), 0);
    cr_assert_eq(vr_json_doc_load(path, &doc, &err), -VR_ERR_INPUT);
    cr_assert_not_null(strstr(err.text, ":1:1: a value is needed here, found byte 0x00"));
    unlink(path);
}

Test(json, loads_only_regular_files)
{
    struct vr_json_doc *doc = NULL;
    struct vr_err err;
    cr_assert_eq(vr_json_doc_load("/no/such.json", &doc, &err), -VR_ERR_NOT_FOUND);
    cr_assert_str_eq(err.text, "/no/such.json: no such file");
    cr_assert_eq(vr_json_doc_load("/tmp", &doc, &err), -VR_ERR_INPUT);
    cr_assert_eq(vr_json_doc_load("/dev/zero", &doc, &err), -VR_ERR_INPUT);

    char folder[] = "/tmp/vitalrig-json-XXXXXX", fifo[64];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(fifo, sizeof fifo, "%s/fifo", folder);
    cr_assert_eq(mkfifo(fifo, 0600), 0);
    cr_assert_eq(vr_json_doc_load(fifo, &doc, &err), -VR_ERR_INPUT);
    cr_assert_not_null(strstr(err.text, "not a regular file"));
    unlink(fifo);
    rmdir(folder);
}
