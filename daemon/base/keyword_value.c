/* Keywords that judge a value by itself: its type, its number, its text. */
#include "base/cleanup.h"
#include "base/keyword.h"
#include "base/nearest.h"
#include "base/utf8.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define ANY (-1)
#define NUMBERS (1 << VR_JSON_NUMBER)
#define STRINGS (1 << VR_JSON_STRING)

/* -- any value -- */

static const struct {
    const char *name, *words;
    enum vr_json_kind kind;
} types[] = {
    {"null", "null", VR_JSON_NULL},
    {"boolean", "true or false", VR_JSON_BOOL},
    {"number", "a number", VR_JSON_NUMBER},
    {"integer", "a whole number", VR_JSON_NUMBER},
    {"string", "a text in quotes", VR_JSON_STRING},
    {"array", "a list [...]", VR_JSON_ARRAY},
    {"object", "an object {...}", VR_JSON_OBJECT},
};

#define TYPE_COUNT (sizeof types / sizeof *types)

static size_t find_type(const char *name)
{
    size_t i = 0;
    while (i < TYPE_COUNT && strcmp(types[i].name, name) != 0)
        i++;
    return i;
}

bool vr_keyword_is_type(const char *name)
{
    return find_type(name) < TYPE_COUNT;
}

static bool has_type(const struct vr_json *value, size_t type)
{
    if (vr_json_kind(value) != types[type].kind)
        return false;
    return strcmp(types[type].name, "integer") != 0 ||
           vr_json_number(value) == trunc(vr_json_number(value));
}

static bool fits_type(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    char wanted[256] = "", found[VR_JSON_EXCERPT_SIZE];
    const struct vr_json *name = vr_json_kind(rule) == VR_JSON_ARRAY ? vr_json_first(rule) : rule;
    for (; name; name = name == rule ? NULL : vr_json_next(name)) {
        size_t type = find_type(vr_json_string(name));
        if (has_type(value, type))
            return true;
        vr_keyword_append(
            wanted, sizeof wanted, "%s%s", wanted[0] ? " or " : "", types[type].words);
    }
    return vr_keyword_misfit(walk, value, "%s is not %s", vr_json_excerpt(value, found), wanted);
}

/* The string of a list that a misspelt one is nearest to, or NULL. */
static const char *nearest_of(const struct vr_json *word, const struct vr_json *list)
{
    _cleanup_free_ const char **words = calloc(vr_json_count(list) + 1, sizeof *words);
    size_t count = 0;
    for (const struct vr_json *n = vr_json_first(list); words && n; n = vr_json_next(n))
        if (vr_json_kind(n) == VR_JSON_STRING)
            words[count++] = vr_json_string(n);
    return vr_json_kind(word) == VR_JSON_STRING ? vr_nearest(vr_json_string(word), words, count)
                                                : NULL;
}

static bool fits_enum(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    char wanted[256] = "", text[VR_JSON_EXCERPT_SIZE];
    for (const struct vr_json *n = vr_json_first(rule); n; n = vr_json_next(n)) {
        if (vr_json_compare(n, value) == 0)
            return true;
        vr_keyword_append(
            wanted, sizeof wanted, "%s%s", wanted[0] ? ", " : "", vr_json_excerpt(n, text));
    }
    const char *nearest = nearest_of(value, rule);
    vr_keyword_misfit(walk, value, "%s is not one of %s", vr_json_excerpt(value, text), wanted);
    if (nearest)
        vr_keyword_append(
            walk->failure->what, sizeof walk->failure->what, "; did you mean \"%s\"?", nearest);
    return false;
}

static bool fits_const(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    char wanted[VR_JSON_EXCERPT_SIZE], found[VR_JSON_EXCERPT_SIZE];
    if (vr_json_compare(rule, value) == 0)
        return true;
    return vr_keyword_misfit(
        walk, value, "%s is not %s", vr_json_excerpt(value, found), vr_json_excerpt(rule, wanted));
}

/* -- numbers -- */

static bool bound(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value, bool fits,
    const char *relation)
{
    char limit[VR_JSON_EXCERPT_SIZE], found[VR_JSON_EXCERPT_SIZE];
    return fits || vr_keyword_misfit(
                       walk, value, "%s is %s %s", vr_json_excerpt(value, found), relation,
                       vr_json_excerpt(rule, limit));
}

static bool fits_minimum(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    bool fits = vr_json_number(value) >= vr_json_number(rule);
    return bound(walk, rule, value, fits, "below the minimum");
}

static bool fits_maximum(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    bool fits = vr_json_number(value) <= vr_json_number(rule);
    return bound(walk, rule, value, fits, "above the maximum");
}

static bool fits_exclusive_minimum(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    return bound(walk, rule, value, vr_json_number(value) > vr_json_number(rule), "not above");
}

static bool fits_exclusive_maximum(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    return bound(walk, rule, value, vr_json_number(value) < vr_json_number(rule), "not below");
}

static bool fits_multiple_of(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    /* 0.3 / 0.1 is 2.9999999999999996: allow for the rounding of two decimals and a division. */
    double quotient = vr_json_number(value) / vr_json_number(rule);
    bool fits = isfinite(quotient) &&
                fabs(quotient - nearbyint(quotient)) <= 4 * DBL_EPSILON * fabs(quotient);
    return bound(walk, rule, value, fits, "not a multiple of");
}

/* -- strings -- */

static size_t character_count(const char *text)
{
    size_t count = 0;
    for (size_t left = strlen(text), size; left > 0; left -= size, text += size, count++)
        size = vr_utf8_size(text, left);
    return count;
}

static bool fits_min_length(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    return vr_keyword_at_least(
        walk, rule, value, character_count(vr_json_string(value)), "characters");
}

static bool fits_max_length(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    return vr_keyword_at_most(
        walk, rule, value, character_count(vr_json_string(value)), "characters");
}

static bool fits_pattern(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    const regex_t *regex = vr_schema_pattern(walk->schema, rule);
    if (regexec(regex, vr_json_string(value), 0, NULL, 0) == 0)
        return true;
    /* An expression is for programs; people read the description beside it. */
    char found[VR_JSON_EXCERPT_SIZE];
    const struct vr_json *description = vr_json_get(vr_json_parent(rule), "description");
    return vr_keyword_misfit(
        walk, value, "%s does not match %s%s%s", vr_json_excerpt(value, found),
        vr_json_string(rule), description ? ": " : "",
        description ? vr_json_string(description) : "");
}

const struct vr_keyword vr_keywords_of_values[] = {
    {"type", VR_SHAPE_TYPES, ANY, fits_type},
    {"enum", VR_SHAPE_LIST, ANY, fits_enum},
    {"const", VR_SHAPE_ANY, ANY, fits_const},
    {"minimum", VR_SHAPE_NUMBER, NUMBERS, fits_minimum},
    {"maximum", VR_SHAPE_NUMBER, NUMBERS, fits_maximum},
    {"exclusiveMinimum", VR_SHAPE_NUMBER, NUMBERS, fits_exclusive_minimum},
    {"exclusiveMaximum", VR_SHAPE_NUMBER, NUMBERS, fits_exclusive_maximum},
    {"multipleOf", VR_SHAPE_POSITIVE, NUMBERS, fits_multiple_of},
    {"minLength", VR_SHAPE_COUNT, STRINGS, fits_min_length},
    {"maxLength", VR_SHAPE_COUNT, STRINGS, fits_max_length},
    {"pattern", VR_SHAPE_PATTERN, STRINGS, fits_pattern},
    {.name = NULL},
};
