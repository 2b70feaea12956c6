/* scenario/schema against the draft-07 files of the JSON Schema Test Suite (Debian: json-schema-test-suite), as far as our subset goes.
 *
 * A group whose schema uses a keyword, reference or pattern outside the subset is refused by vr_schema_create and counted as such. */
#include "base/cleanup.h"
#include "base/schema.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SUITE "/usr/share/json-schema-test-suite/tests/draft7"

static const char *const files[] = {
    "additionalProperties",
    "allOf",
    "anyOf",
    "boolean_schema",
    "const",
    "default",
    "definitions",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "items",
    "maximum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "minimum",
    "minItems",
    "minLength",
    "minProperties",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "patternProperties",
    "properties",
    "ref",
    "required",
    "type",
    "uniqueItems",
};

struct tally {
    int passed, failed, outside;
};

/* The strict loader refuses \u0000, which two groups use as just another character: \u0001 serves as well. */
static struct vr_json_doc *load(const char *path)
{
    _cleanup_fclose_ FILE *file = fopen(path, "r");
    _cleanup_free_ char *text = calloc(1, VR_JSON_SIZE_MAX);
    cr_assert(file && text, "%s", path);
    size_t size = fread(text, 1, VR_JSON_SIZE_MAX - 1, file);
    for (char *nul = text; (nul = strstr(nul, "\\u0000")); nul++)
        nul[5] = '1';
    struct vr_json_doc *doc = NULL;
    struct vr_err err = {0};
    cr_assert_eq(vr_json_doc_create(text, size, path, &doc, &err), 0, "%s", err.text);
    return doc;
}

static void judge_group(const struct vr_json *group, struct tally *tally)
{
    const struct vr_json *tests = vr_json_get(group, "tests");
    struct vr_schema *schema = NULL;
    if (vr_schema_create(vr_json_get(group, "schema"), &schema, NULL) < 0) {
        tally->outside += (int)vr_json_count(tests);
        return;
    }
    for (const struct vr_json *t = vr_json_first(tests); t; t = vr_json_next(t)) {
        struct vr_err err = {0};
        bool fits = vr_schema_check(schema, vr_json_get(t, "data"), &err) == 0;
        if (fits == vr_json_bool(vr_json_get(t, "valid"))) {
            tally->passed++;
            continue;
        }
        tally->failed++;
        fprintf(
            stderr, "# %s: %s: %s\n", vr_json_string(vr_json_get(group, "description")),
            vr_json_string(vr_json_get(t, "description")), err.text);
    }
    vr_schema_destroy(schema);
}

Test(schema_suite, draft_07_agrees_in_our_subset)
{
    if (access(SUITE, R_OK) != 0)
        cr_skip_test("no " SUITE ": apt-get install json-schema-test-suite");
    struct tally tally = {0};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s.json", SUITE, files[i]);
        struct vr_json_doc *doc = load(path);
        const struct vr_json *groups = vr_json_doc_root(doc);
        for (const struct vr_json *g = vr_json_first(groups); g; g = vr_json_next(g))
            judge_group(g, &tally);
        vr_json_doc_destroy(doc);
    }
    fprintf(
        stderr, "# draft-07: %d passed, %d failed, %d outside the subset\n", tally.passed,
        tally.failed, tally.outside);
    cr_assert_eq(tally.failed, 0);
    cr_assert_geq(tally.passed, 300, "the subset has shrunk: %d", tally.passed);
}
