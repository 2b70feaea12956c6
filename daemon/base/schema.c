/* JSON Schema: reading and walking schemas.  What a keyword means is base/keyword.c's business.
 */
#include "base/schema.h"
#include "base/cleanup.h"
#include "base/keyword.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Far more than our schemas nest; what it stops is a reference that leads back to itself. */
#define DEPTH_MAX 256

struct pattern {
    const struct vr_json *node;
    regex_t regex;
};

struct vr_schema {
    const struct vr_json *root;
    struct pattern
        *patterns; /* in the order of the text, which is the order of the nodes' addresses */
    size_t pattern_count, pattern_capacity;
};

static int read_schema(struct vr_schema *schema, const struct vr_json *node, struct vr_err *err);

/* -- reading -- */

static int add_pattern(
    struct vr_schema *schema, const struct vr_json *node, const char *text, struct vr_err *err)
{
    /* POSIX leaves a backslash before a letter or digit undefined: \d would silently mean d. */
    const char *escape = strchr(text, '\\');
    if (escape && ((escape[1] >= '0' && escape[1] <= '9') || (escape[1] | 0x20) >= 'a'))
        return vr_json_error(err, node, "the pattern %s: \\%c is no POSIX escape", text, escape[1]);

    if (schema->pattern_count == schema->pattern_capacity) {
        size_t capacity = schema->pattern_capacity ? 2 * schema->pattern_capacity : 8;
        struct pattern *grown = realloc(schema->patterns, capacity * sizeof *grown);
        if (!grown)
            return vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
        schema->patterns = grown;
        schema->pattern_capacity = capacity;
    }
    struct pattern *pattern = &schema->patterns[schema->pattern_count];
    pattern->node = node;
    if (regcomp(&pattern->regex, text, REG_EXTENDED | REG_NOSUB) != 0)
        return vr_json_error(err, node, "the pattern %s does not compile", text);
    schema->pattern_count++;
    return 0;
}

static bool is_count(const struct vr_json *node)
{
    int64_t count;
    return vr_json_integer(node, &count) && count >= 0;
}

static bool are_types(const struct vr_json *node)
{
    if (vr_json_kind(node) == VR_JSON_STRING)
        return vr_keyword_is_type(vr_json_string(node));
    if (vr_json_kind(node) != VR_JSON_ARRAY || vr_json_count(node) == 0)
        return false;
    for (const struct vr_json *n = vr_json_first(node); n; n = vr_json_next(n))
        if (vr_json_kind(n) != VR_JSON_STRING || !vr_keyword_is_type(vr_json_string(n)))
            return false;
    return true;
}

static bool are_strings(const struct vr_json *node)
{
    if (vr_json_kind(node) != VR_JSON_ARRAY)
        return false;
    for (const struct vr_json *n = vr_json_first(node); n; n = vr_json_next(n))
        if (vr_json_kind(n) != VR_JSON_STRING)
            return false;
    return true;
}

static bool has_shape(
    const struct vr_schema *schema, const struct vr_json *rule, enum vr_keyword_shape shape)
{
    enum vr_json_kind kind = vr_json_kind(rule);
    switch (shape) {
    case VR_SHAPE_ANY:
    case VR_SHAPE_SCHEMA:
        return true; /* a schema says itself what is wrong with it */
    case VR_SHAPE_NUMBER:
        return kind == VR_JSON_NUMBER;
    case VR_SHAPE_COUNT:
        return kind == VR_JSON_NUMBER && is_count(rule);
    case VR_SHAPE_POSITIVE:
        return kind == VR_JSON_NUMBER && vr_json_number(rule) > 0;
    case VR_SHAPE_BOOL:
        return kind == VR_JSON_BOOL;
    case VR_SHAPE_STRING:
    case VR_SHAPE_PATTERN:
        return kind == VR_JSON_STRING;
    case VR_SHAPE_REFERENCE:
        return kind == VR_JSON_STRING && vr_schema_resolve(schema, vr_json_string(rule));
    case VR_SHAPE_TYPES:
        return are_types(rule);
    case VR_SHAPE_LIST:
    case VR_SHAPE_SCHEMAS:
        return kind == VR_JSON_ARRAY && vr_json_count(rule) > 0;
    case VR_SHAPE_STRINGS:
        return are_strings(rule);
    case VR_SHAPE_SCHEMA_MAP:
    case VR_SHAPE_PATTERN_MAP:
        return kind == VR_JSON_OBJECT;
    }
    return false;
}

static int read_keyword(struct vr_schema *schema, const struct vr_json *rule, struct vr_err *err)
{
    char key[VR_JSON_EXCERPT_SIZE];
    const struct vr_keyword *keyword = vr_keyword_find(vr_json_key(rule));
    if (!keyword)
        return vr_json_key_error(
            err, rule, "unknown schema keyword %s", vr_json_key_excerpt(rule, key));
    if (!has_shape(schema, rule, keyword->shape))
        return vr_json_error(
            err, rule, "%s cannot have this value", vr_json_key_excerpt(rule, key));

    if (keyword->shape == VR_SHAPE_PATTERN)
        return add_pattern(schema, rule, vr_json_string(rule), err);
    if (keyword->shape == VR_SHAPE_SCHEMA)
        return read_schema(schema, rule, err);
    if (keyword->shape != VR_SHAPE_SCHEMAS && keyword->shape != VR_SHAPE_SCHEMA_MAP &&
        keyword->shape != VR_SHAPE_PATTERN_MAP)
        return 0;
    for (const struct vr_json *n = vr_json_first(rule); n; n = vr_json_next(n)) {
        int r = keyword->shape == VR_SHAPE_PATTERN_MAP ? add_pattern(schema, n, vr_json_key(n), err)
                                                       : 0;
        if (r == 0)
            r = read_schema(schema, n, err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Recursion ends with the document, which nests VR_JSON_DEPTH_MAX deep at most. */
static int read_schema(struct vr_schema *schema, const struct vr_json *node, struct vr_err *err)
{
    if (vr_json_kind(node) == VR_JSON_BOOL)
        return 0;
    if (vr_json_kind(node) != VR_JSON_OBJECT)
        return vr_json_error(err, node, "a schema must be an object, true or false");
    for (const struct vr_json *rule = vr_json_first(node); rule; rule = vr_json_next(rule)) {
        int r = read_keyword(schema, rule, err);
        if (r < 0)
            return r;
    }
    return 0;
}

int vr_schema_create(const struct vr_json *root, struct vr_schema **ret_schema, struct vr_err *err)
{
    struct vr_schema *schema = calloc(1, sizeof *schema);
    if (!schema)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
    schema->root = root;

    struct vr_err fault = {0};
    if (read_schema(schema, root, &fault) < 0) {
        vr_schema_destroy(schema);
        return vr_err_set(
            err, fault.code == VR_ERR_INPUT ? VR_ERR_INTERNAL : (enum vr_err_code)fault.code, "%s",
            fault.text);
    }
    *ret_schema = schema;
    return 0;
}

void vr_schema_destroy(struct vr_schema *schema)
{
    if (!schema)
        return;
    for (size_t i = 0; i < schema->pattern_count; i++)
        regfree(&schema->patterns[i].regex);
    free(schema->patterns);
    free(schema);
}

/* -- what the keywords ask for -- */

const struct vr_json *vr_schema_resolve(const struct vr_schema *schema, const char *reference)
{
    static const char prefix[] = "#/definitions/";
    if (strcmp(reference, "#") == 0)
        return schema->root;
    if (vr_json_kind(schema->root) != VR_JSON_OBJECT ||
        strncmp(reference, prefix, sizeof prefix - 1) != 0)
        return NULL;
    const struct vr_json *definitions = vr_json_get(schema->root, "definitions");
    return definitions && vr_json_kind(definitions) == VR_JSON_OBJECT
               ? vr_json_get(definitions, reference + sizeof prefix - 1)
               : NULL;
}

static int compare_pattern(const void *key, const void *item)
{
    const struct vr_json *node = key;
    const struct pattern *pattern = item;
    return (node > pattern->node) - (node < pattern->node);
}

const regex_t *vr_schema_pattern(const struct vr_schema *schema, const struct vr_json *node)
{
    const struct pattern *pattern = bsearch(
        node, schema->patterns, schema->pattern_count, sizeof *schema->patterns, compare_pattern);
    assert(pattern);
    return &pattern->regex;
}

/* -- judging -- */

static bool fits_keywords(
    struct vr_schema_walk *walk, const struct vr_json *schema, const struct vr_json *value)
{
    const struct vr_json *reference = vr_json_get(schema, "$ref");
    if (reference) /* draft-07: what stands beside $ref is ignored */
        return vr_schema_fits(
            walk, vr_schema_resolve(walk->schema, vr_json_string(reference)), value);

    for (size_t i = 0; vr_keyword_tables[i]; i++) {
        for (const struct vr_keyword *k = vr_keyword_tables[i]; k->name; k++) {
            bool judges = k->fits && (k->kinds & 1 << vr_json_kind(value));
            const struct vr_json *rule = judges ? vr_json_get(schema, k->name) : NULL;
            if (rule && !k->fits(walk, rule, value))
                return false;
        }
    }
    return true;
}

bool vr_schema_fits(
    struct vr_schema_walk *walk, const struct vr_json *schema, const struct vr_json *value)
{
    *walk->failure = (struct vr_schema_failure){.node = value};
    if (vr_json_kind(schema) == VR_JSON_BOOL) {
        strcpy(walk->failure->what, "nothing is allowed here; remove it");
        return vr_json_bool(schema);
    }
    if (walk->depth == DEPTH_MAX) {
        strcpy(walk->failure->what, "the schema refers to itself without end");
        return false;
    }
    walk->depth++;
    bool fits = fits_keywords(walk, schema, value);
    walk->depth--;
    return fits;
}

int vr_schema_check(const struct vr_schema *schema, const struct vr_json *value, struct vr_err *err)
{
    struct vr_schema_failure failure;
    struct vr_schema_walk walk = {.schema = schema, .failure = &failure};
    if (vr_schema_fits(&walk, schema->root, value))
        return 0;

    char path[VR_ERR_TEXT_SIZE / 4];
    vr_json_path(failure.at_key ? vr_json_parent(failure.node) : failure.node, path, sizeof path);
    return (failure.at_key ? vr_json_key_error : vr_json_error)(
        err, failure.node, "%s%s%s", path, path[0] ? ": " : "", failure.what);
}

static void destroy_doc(struct vr_json_doc **doc)
{
    vr_json_doc_destroy(*doc);
}

int vr_schema_check_text(
    const char *schema_text, const char *schema_name, const struct vr_json *value,
    struct vr_err *err)
{
    _cleanup_(destroy_doc) struct vr_json_doc *doc = NULL;
    struct vr_schema *schema = NULL;
    int r = vr_json_doc_create(schema_text, strlen(schema_text), schema_name, &doc, err);
    if (r == 0)
        r = vr_schema_create(vr_json_doc_root(doc), &schema, err);
    if (r == 0)
        r = vr_schema_check(schema, value, err);
    vr_schema_destroy(schema);
    return r;
}
