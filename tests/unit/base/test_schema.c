/* scenario/schema: each keyword on a value that fits and one that does not, what the message says, and faults in schemas themselves. */
#include "base/schema.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

extern const char vr_schema_scenario[], vr_schema_rig[];

static struct vr_json_doc *schema_doc, *value_doc;
static struct vr_schema *schema;

static void destroy(void)
{
    vr_schema_destroy(schema);
    vr_json_doc_destroy(schema_doc);
    vr_json_doc_destroy(value_doc);
    schema = NULL;
    schema_doc = value_doc = NULL;
}

TestSuite(schema, .fini = destroy);

static struct vr_json_doc *parse(const char *text, const char *name)
{
    struct vr_json_doc *doc = NULL;
    struct vr_err err = {0};
    cr_assert_eq(
        vr_json_doc_create(text, strlen(text), name, &doc, &err), 0, "%s: %s", text, err.text);
    return doc;
}

static int check(const char *schema_text, const char *value_text, struct vr_err *err)
{
    destroy();
    schema_doc = parse(schema_text, "s.json");
    value_doc = parse(value_text, "v.json");
    *err = (struct vr_err){0};
    int r = vr_schema_create(vr_json_doc_root(schema_doc), &schema, err);
    cr_assert_eq(r, 0, "%s: %s", schema_text, err->text);
    return vr_schema_check(schema, vr_json_doc_root(value_doc), err);
}

/* A NULL message: the value fits. */
static const struct {
    const char *schema, *value, *message;
} judgements[] = {
    {"true", "1", NULL},
    {"{}", "1", NULL},
    {"false", "1", "v.json:1:1: nothing is allowed here; remove it"},

    {"{\"type\": \"string\"}", "\"a\"", NULL},
    {"{\"type\": \"string\"}", "5", "v.json:1:1: 5 is not a text in quotes"},
    {"{\"type\": \"integer\"}", "5.0", NULL},
    {"{\"type\": \"integer\"}", "1e300", NULL},
    {"{\"type\": \"integer\"}", "5.5", "v.json:1:1: 5.5 is not a whole number"},
    {"{\"type\": \"integer\"}", "\"5\"", "v.json:1:1: \"5\" is not a whole number"},
    {"{\"type\": \"number\"}", "5.5", NULL},
    {"{\"type\": \"number\"}", "[]", "v.json:1:1: an array is not a number"},
    {"{\"type\": \"array\"}", "{}", "v.json:1:1: an object is not a list [...]"},
    {"{\"type\": \"object\"}", "null", "v.json:1:1: null is not an object {...}"},
    {"{\"type\": \"boolean\"}", "0", "v.json:1:1: 0 is not true or false"},
    {"{\"type\": \"null\"}", "false", "v.json:1:1: false is not null"},
    {"{\"type\": [\"string\", \"null\"]}", "null", NULL},
    {"{\"type\": [\"string\", \"null\"]}", "1", "v.json:1:1: 1 is not a text in quotes or null"},

    {"{\"enum\": [\"beats\", \"latency\"]}", "\"beats\"", NULL},
    {"{\"enum\": [\"beats\", \"latency\"]}", "\"beat\"",
     "v.json:1:1: \"beat\" is not one of \"beats\", \"latency\"; did you mean \"beats\"?"},
    {"{\"enum\": [1, \"a\", [2]]}", "[2.0]", NULL},
    {"{\"enum\": [1, \"a\", [2]]}", "7", "v.json:1:1: 7 is not one of 1, \"a\", an array"},
    {"{\"const\": 1}", "1.0", NULL},
    {"{\"const\": 1}", "2", "v.json:1:1: 2 is not 1"},
    {"{\"const\": {\"a\": [1]}}", "{\"a\": [1]}", NULL},
    {"{\"const\": false}", "0", "v.json:1:1: 0 is not false"},

    {"{\"minimum\": 64}", "64", NULL},
    {"{\"minimum\": 64}", "63.5", "v.json:1:1: 63.5 is below the minimum 64"},
    {"{\"minimum\": 64}", "\"text\"", NULL},
    {"{\"maximum\": 5}", "5", NULL},
    {"{\"maximum\": 5}", "6", "v.json:1:1: 6 is above the maximum 5"},
    {"{\"exclusiveMinimum\": 0}", "1e-300", NULL},
    {"{\"exclusiveMinimum\": 0}", "0", "v.json:1:1: 0 is not above 0"},
    {"{\"exclusiveMaximum\": 1}", "0.9", NULL},
    {"{\"exclusiveMaximum\": 1}", "1", "v.json:1:1: 1 is not below 1"},
    {"{\"multipleOf\": 0.1}", "0.3", NULL},
    {"{\"multipleOf\": 0.0001}", "0.00751", "v.json:1:1: 0.00751 is not a multiple of 0.0001"},

    {"{\"minLength\": 2}", "\"\xc2\xb5s\"", NULL},
    {"{\"minLength\": 2}", "\"\xc2\xb5\"", "v.json:1:1: 1 characters; at least 2 needed"},
    {"{\"maxLength\": 1}", "\"\xf0\x9f\x98\x80\"", NULL},
    {"{\"maxLength\": 1}", "\"ab\"", "v.json:1:1: 2 characters; at most 1 allowed"},
    {"{\"pattern\": \"^a+$\"}", "\"aaa\"", NULL},
    {"{\"pattern\": \"a\"}", "\"bab\"", NULL},
    {"{\"pattern\": \"^a+$\"}", "\"ab\"", "v.json:1:1: \"ab\" does not match ^a+$"},
    {"{\"pattern\": \"^a+$\", \"description\": \"only the letter a\"}", "\"b\"",
     "v.json:1:1: \"b\" does not match ^a+$: only the letter a"},

    {"{\"minItems\": 1}", "[0]", NULL},
    {"{\"minItems\": 1}", "[]", "v.json:1:1: 0 items; at least 1 needed"},
    {"{\"maxItems\": 1}", "[1, 2]", "v.json:1:1: 2 items; at most 1 allowed"},
    {"{\"uniqueItems\": true}", "[1, \"1\", [1], true]", NULL},
    {"{\"uniqueItems\": true}", "[2, 1, 2.0]", "v.json:1:8: [2]: 2.0 is there twice"},
    {"{\"uniqueItems\": false}", "[1, 1]", NULL},
    {"{\"items\": {\"type\": \"number\"}}", "[1, 2]", NULL},
    {"{\"items\": {\"type\": \"number\"}}", "[1, null]", "v.json:1:5: [1]: null is not a number"},

    {"{\"minProperties\": 1}", "{\"a\": 1}", NULL},
    {"{\"minProperties\": 1}", "{}", "v.json:1:1: 0 keys; at least 1 needed"},
    {"{\"maxProperties\": 0}", "{\"a\": 1}", "v.json:1:1: 1 keys; at most 0 allowed"},
    {"{\"required\": [\"a\"]}", "{\"a\": null}", NULL},
    {"{\"required\": [\"a\"]}", "{\"A\": 1}", "v.json:1:1: the key \"a\" is missing"},
    {"{\"required\": []}", "{}", NULL},
    {"{\"properties\": {\"a\": {\"type\": \"null\"}}}", "{\"b\": 1, \"a\": null}", NULL},
    {"{\"properties\": {\"a\": {\"type\": \"null\"}}}", "{\"a\": 1}",
     "v.json:1:7: a: 1 is not null"},
    {"{\"patternProperties\": {\"^x-\": {\"type\": \"null\"}}}", "{\"y\": 1, \"x-a\": null}", NULL},
    {"{\"patternProperties\": {\"^x-\": {\"type\": \"null\"}}}", "{\"x-a\": 1}",
     "v.json:1:9: x-a: 1 is not null"},
    {"{\"properties\": {\"gates\": true}, \"patternProperties\": {\"^x-\": true},"
     " \"additionalProperties\": false}",
     "{\"gates\": 1, \"x-gate\": 2}", NULL},
    {"{\"properties\": {\"gates\": true}, \"additionalProperties\": false}", "{\n  \"gate\": 1}",
     "v.json:2:3: unknown key \"gate\"; did you mean \"gates\"?"},
    {"{\"properties\": {\"a\": true, \"b\": true}, \"additionalProperties\": false}",
     "{\"zzz\": 1}", "v.json:1:2: unknown key \"zzz\"; known here: a, b"},
    {"{\"additionalProperties\": false}", "{\"a\": 1}", "v.json:1:2: unknown key \"a\"; remove it"},
    {"{\"additionalProperties\": {\"type\": \"null\"}, \"properties\": {\"a\": true}}",
     "{\"a\": 1, \"b\": 2}", "v.json:1:15: b: 2 is not null"},

    {"{\"allOf\": [{\"minimum\": 1}, {\"maximum\": 3}]}", "2", NULL},
    {"{\"allOf\": [{\"minimum\": 1}, {\"maximum\": 3}]}", "4",
     "v.json:1:1: 4 is above the maximum 3"},
    {"{\"anyOf\": [{\"maximum\": 1}, {\"minimum\": 3}]}", "3", NULL},
    {"{\"anyOf\": [{\"maximum\": 1}, {\"minimum\": 3}]}", "2",
     "v.json:1:1: 2 is above the maximum 1, or 2 is below the minimum 3"},
    {"{\"anyOf\": [{\"required\": [\"min\"]}, {\"required\": [\"max\"]}]}", "{}",
     "v.json:1:1: the key \"min\" is missing, or the key \"max\" is missing"},
    {"{\"anyOf\": [{\"properties\": {\"a\": {\"const\": 1}}}]}", "{\"a\": 2}",
     "v.json:1:1: a: 2 is not 1"},
    {"{\"oneOf\": [{\"exclusiveMinimum\": 0}, {\"const\": \"max\"}]}", "5", NULL},
    {"{\"oneOf\": [{\"exclusiveMinimum\": 0, \"type\": \"number\"}, {\"const\": \"max\"}]}", "0",
     "v.json:1:1: 0 is not above 0, or 0 is not \"max\""},
    {"{\"oneOf\": [{\"minimum\": 0}, {\"maximum\": 9}]}", "5",
     "v.json:1:1: 5 fits 2 forms of which only one may fit"},
    {"{\"not\": {\"type\": \"null\"}}", "1", NULL},
    {"{\"not\": {\"type\": \"null\"}}", "null", "v.json:1:1: null is not allowed here"},

    {"{\"$ref\": \"#/definitions/n\", \"definitions\": {\"n\": {\"type\": \"number\"}}}", "1",
     NULL},
    {"{\"items\": {\"$ref\": \"#/definitions/n\"},"
     " \"definitions\": {\"n\": {\"type\": \"number\"}}}",
     "[\"a\"]", "v.json:1:2: [0]: \"a\" is not a number"},
    {"{\"properties\": {\"next\": {\"$ref\": \"#\"}}, \"additionalProperties\": false}",
     "{\"next\": {\"next\": {}}}", NULL},
    {"{\"properties\": {\"next\": {\"$ref\": \"#\"}}, \"additionalProperties\": false}",
     "{\"next\": {\"next\": {\"last\": 1}}}", "v.json:1:20: next.next: unknown key \"last\""},
    {"{\"$ref\": \"#\"}", "1", "v.json:1:1: the schema refers to itself without end"},

    /* Of several faults the misspelt key is told, not the key that is missing for it. */
    {"{\"required\": [\"score\"], \"properties\": {\"score\": true},"
     " \"additionalProperties\": false}",
     "{\"scores\": []}", "v.json:1:2: unknown key \"scores\"; did you mean \"score\"?"},
};

Test(schema, every_keyword_judges)
{
    for (size_t i = 0; i < sizeof judgements / sizeof *judgements; i++) {
        struct vr_err err;
        int r = check(judgements[i].schema, judgements[i].value, &err);
        if (!judgements[i].message) {
            cr_assert_eq(r, 0, "%s of %s: %s", judgements[i].value, judgements[i].schema, err.text);
            continue;
        }
        cr_assert_eq(r, -VR_ERR_INPUT, "%s of %s", judgements[i].value, judgements[i].schema);
        cr_expect_eq(
            strncmp(err.text, judgements[i].message, strlen(judgements[i].message)), 0,
            "\n  said: %s\n  want: %s", err.text, judgements[i].message);
    }
}

Test(schema, faults_of_a_schema_are_internal_errors)
{
    static const struct {
        const char *schema, *message;
    } rows[] = {
        {"[]", "s.json:1:1: a schema must be an object, true or false"},
        {"{\"typ\": \"string\"}", "s.json:1:2: unknown schema keyword \"typ\""},
        {"{\"properties\": {\"a\": {\"if\": true}}}", "s.json:1:23: unknown schema keyword \"if\""},
        {"{\"type\": \"text\"}", "s.json:1:10: \"type\" cannot have this value"},
        {"{\"type\": []}", "s.json:1:10: \"type\" cannot have this value"},
        {"{\"type\": [\"null\", 1]}", "s.json:1:10: \"type\" cannot have this value"},
        {"{\"enum\": []}", "s.json:1:10: \"enum\" cannot have this value"},
        {"{\"minimum\": \"1\"}", "s.json:1:13: \"minimum\" cannot have this value"},
        {"{\"minItems\": -1}", "s.json:1:14: \"minItems\" cannot have this value"},
        {"{\"minItems\": 1.5}", "s.json:1:14: \"minItems\" cannot have this value"},
        {"{\"multipleOf\": 0}", "s.json:1:16: \"multipleOf\" cannot have this value"},
        {"{\"uniqueItems\": 1}", "s.json:1:17: \"uniqueItems\" cannot have this value"},
        {"{\"required\": \"a\"}", "s.json:1:14: \"required\" cannot have this value"},
        {"{\"required\": [1]}", "s.json:1:14: \"required\" cannot have this value"},
        {"{\"properties\": []}", "s.json:1:16: \"properties\" cannot have this value"},
        {"{\"items\": [{}]}", "s.json:1:11: a schema must be an object, true or false"},
        {"{\"allOf\": []}", "s.json:1:11: \"allOf\" cannot have this value"},
        {"{\"anyOf\": [1]}", "s.json:1:12: a schema must be an object, true or false"},
        {"{\"pattern\": \"(\"}", "s.json:1:13: the pattern ( does not compile"},
        {"{\"pattern\": \"\\\\d\"}", "s.json:1:13: the pattern \\d: \\d is no POSIX escape"},
        {"{\"patternProperties\": {\"[\": true}}", "s.json:1:29: the pattern [ does not compile"},
        {"{\"$ref\": \"#/definitions/none\"}", "s.json:1:10: \"$ref\" cannot have this value"},
        {"{\"$ref\": \"other.json\"}", "s.json:1:10: \"$ref\" cannot have this value"},
        {"{\"title\": 1}", "s.json:1:11: \"title\" cannot have this value"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vr_err err = {0};
        destroy();
        schema_doc = parse(rows[i].schema, "s.json");
        int r = vr_schema_create(vr_json_doc_root(schema_doc), &schema, &err);
        cr_assert_eq(r, -VR_ERR_INTERNAL, "%s: %s", rows[i].schema, err.text);
        cr_expect_eq(
            strncmp(err.text, rows[i].message, strlen(rows[i].message)), 0,
            "\n  said: %s\n  want: %s", err.text, rows[i].message);
    }
}

Test(schema, the_schemas_inside_the_program_are_sound)
{
    static const char *const texts[] = {vr_schema_scenario, vr_schema_rig};
    for (int i = 0; i < 2; i++) {
        struct vr_err err;
        check(texts[i], "{}", &err);
        cr_assert_eq(err.code, VR_ERR_INPUT, "%s", err.text);
    }
}

Test(schema, one_duplicate_among_100000_items_is_found)
{
    char *text = malloc(VR_JSON_SIZE_MAX);
    size_t size = (size_t)sprintf(text, "[");
    for (int i = 0; i < 100000; i++)
        size += (size_t)sprintf(text + size, "%d,", i);
    sprintf(text + size, "77]");
    struct vr_err err;
    cr_assert_eq(check("{\"uniqueItems\": true}", text, &err), -VR_ERR_INPUT);
    cr_assert_not_null(strstr(err.text, "[100000]: 77 is there twice"));
    free(text);
}
