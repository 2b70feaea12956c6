/* Keywords that judge arrays and objects: sizes, items, keys. */
#include "base/cleanup.h"
#include "base/keyword.h"
#include "base/nearest.h"

#include <string.h>

#define ARRAYS (1 << VR_JSON_ARRAY)
#define OBJECTS (1 << VR_JSON_OBJECT)

/* -- arrays -- */

static bool fits_min_items(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    return vr_keyword_at_least(walk, rule, value, vr_json_count(value), "items");
}

static bool fits_max_items(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    return vr_keyword_at_most(walk, rule, value, vr_json_count(value), "items");
}

static int compare_items(const void *a, const void *b)
{
    const struct vr_json *const *left = a;
    const struct vr_json *const *right = b;
    int order = vr_json_compare(*left, *right);
    return order != 0 ? order : (*left > *right) - (*left < *right);
}

static bool fits_unique_items(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    if (!vr_json_bool(rule))
        return true;
    _cleanup_free_ const struct vr_json **items = calloc(vr_json_count(value) + 1, sizeof *items);
    if (!items)
        return vr_keyword_misfit(walk, value, "out of memory");
    size_t count = 0;
    for (const struct vr_json *n = vr_json_first(value); n; n = vr_json_next(n))
        items[count++] = n;
    qsort(items, count, sizeof *items, compare_items);
    char text[VR_JSON_EXCERPT_SIZE];
    for (size_t i = 1; i < count; i++)
        if (vr_json_compare(items[i - 1], items[i]) == 0)
            return vr_keyword_misfit(
                walk, items[i], "%s is there twice; remove one", vr_json_excerpt(items[i], text));
    return true;
}

static bool fits_items(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    for (const struct vr_json *n = vr_json_first(value); n; n = vr_json_next(n))
        if (!vr_schema_fits(walk, rule, n))
            return false;
    return true;
}

/* -- objects -- */

static bool fits_min_properties(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    return vr_keyword_at_least(walk, rule, value, vr_json_count(value), "keys");
}

static bool fits_max_properties(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    return vr_keyword_at_most(walk, rule, value, vr_json_count(value), "keys");
}

static bool fits_required(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    for (const struct vr_json *key = vr_json_first(rule); key; key = vr_json_next(key))
        if (!vr_json_get(value, vr_json_string(key)))
            return vr_keyword_misfit(walk, value, "the key \"%s\" is missing", vr_json_string(key));
    return true;
}

static bool fits_properties(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    for (const struct vr_json *n = vr_json_first(value); n; n = vr_json_next(n)) {
        const struct vr_json *schema = vr_json_get(rule, vr_json_key(n));
        if (schema && !vr_schema_fits(walk, schema, n))
            return false;
    }
    return true;
}

static bool matches(
    const struct vr_schema_walk *walk, const struct vr_json *pattern, const struct vr_json *member)
{
    return regexec(vr_schema_pattern(walk->schema, pattern), vr_json_key(member), 0, NULL, 0) == 0;
}

static bool fits_pattern_properties(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    for (const struct vr_json *n = vr_json_first(value); n; n = vr_json_next(n))
        for (const struct vr_json *p = vr_json_first(rule); p; p = vr_json_next(p))
            if (matches(walk, p, n) && !vr_schema_fits(walk, p, n))
                return false;
    return true;
}

static bool is_known_key(
    const struct vr_schema_walk *walk, const struct vr_json *schema, const struct vr_json *member)
{
    const struct vr_json *properties = vr_json_get(schema, "properties");
    const struct vr_json *patterns = vr_json_get(schema, "patternProperties");
    if (properties && vr_json_get(properties, vr_json_key(member)))
        return true;
    for (const struct vr_json *p = patterns ? vr_json_first(patterns) : NULL; p;
         p = vr_json_next(p))
        if (matches(walk, p, member))
            return true;
    return false;
}

/* Append the keys of a map (NULL = none) to a list of words. */
static void append_keys(char *words, size_t size, const struct vr_json *map)
{
    for (const struct vr_json *n = map ? vr_json_first(map) : NULL; n; n = vr_json_next(n))
        vr_keyword_append(words, size, "%s%s", words[0] ? ", " : "", vr_json_key(n));
}

static const char *nearest_key(const struct vr_json *map, const char *key)
{
    _cleanup_free_ const char **keys = calloc(vr_json_count(map) + 1, sizeof *keys);
    size_t count = 0;
    for (const struct vr_json *n = vr_json_first(map); keys && n; n = vr_json_next(n))
        keys[count++] = vr_json_key(n);
    return vr_nearest(key, keys, count);
}

static bool refuse_key(
    struct vr_schema_walk *walk, const struct vr_json *schema, const struct vr_json *member)
{
    const struct vr_json *properties = vr_json_get(schema, "properties");
    char key[VR_JSON_EXCERPT_SIZE], known[256] = "";
    vr_json_key_excerpt(member, key);
    const char *nearest = properties ? nearest_key(properties, vr_json_key(member)) : NULL;
    append_keys(known, sizeof known, properties);
    append_keys(known, sizeof known, vr_json_get(schema, "patternProperties"));
    if (nearest)
        vr_keyword_misfit(walk, member, "unknown key %s; did you mean \"%s\"?", key, nearest);
    else if (known[0])
        vr_keyword_misfit(walk, member, "unknown key %s; known here: %s", key, known);
    else
        vr_keyword_misfit(walk, member, "unknown key %s; remove it", key);
    walk->failure->at_key = true;
    return false;
}

static bool fits_additional_properties(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    const struct vr_json *schema = vr_json_parent(rule);
    bool closed = vr_json_kind(rule) == VR_JSON_BOOL && !vr_json_bool(rule);
    for (const struct vr_json *n = vr_json_first(value); n; n = vr_json_next(n)) {
        if (is_known_key(walk, schema, n))
            continue;
        if (closed)
            return refuse_key(walk, schema, n);
        if (!vr_schema_fits(walk, rule, n))
            return false;
    }
    return true;
}

/* A misspelt key is told before the key that is missing for it, a size before the items. */
const struct vr_keyword vr_keywords_of_containers[] = {
    {"minItems", VR_SHAPE_COUNT, ARRAYS, fits_min_items},
    {"maxItems", VR_SHAPE_COUNT, ARRAYS, fits_max_items},
    {"items", VR_SHAPE_SCHEMA, ARRAYS, fits_items},
    {"uniqueItems", VR_SHAPE_BOOL, ARRAYS, fits_unique_items},
    {"minProperties", VR_SHAPE_COUNT, OBJECTS, fits_min_properties},
    {"maxProperties", VR_SHAPE_COUNT, OBJECTS, fits_max_properties},
    {"additionalProperties", VR_SHAPE_SCHEMA, OBJECTS, fits_additional_properties},
    {"required", VR_SHAPE_STRINGS, OBJECTS, fits_required},
    {"properties", VR_SHAPE_SCHEMA_MAP, OBJECTS, fits_properties},
    {"patternProperties", VR_SHAPE_PATTERN_MAP, OBJECTS, fits_pattern_properties},
    {.name = NULL},
};
