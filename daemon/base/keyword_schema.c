/* Keywords that combine schemas: all, any, one, none of them. */
#include "base/keyword.h"

#include <string.h>

#define ANY (-1)

static bool fits_all_of(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    for (const struct vr_json *n = vr_json_first(rule); n; n = vr_json_next(n))
        if (!vr_schema_fits(walk, n, value))
            return false;
    return true;
}

/* How many of the alternatives fit.  `why` collects what each of the others said. */
static size_t count_fits(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value, char *why,
    size_t why_size)
{
    size_t count = 0;
    why[0] = '\0';
    for (const struct vr_json *n = vr_json_first(rule); n; n = vr_json_next(n)) {
        char path[128] = "";
        if (vr_schema_fits(walk, n, value)) {
            count++;
            continue;
        }
        if (walk->failure->node != value)
            vr_json_path(walk->failure->node, path, sizeof path);
        vr_keyword_append(
            why, why_size, "%s%s%s%s", why[0] ? ", or " : "", path, path[0] ? ": " : "",
            walk->failure->what);
    }
    return count;
}

static bool fits_any_of(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    char why[sizeof walk->failure->what];
    return count_fits(walk, rule, value, why, sizeof why) > 0 ||
           vr_keyword_misfit(walk, value, "%s", why);
}

static bool fits_one_of(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    char why[sizeof walk->failure->what], text[VR_JSON_EXCERPT_SIZE];
    size_t count = count_fits(walk, rule, value, why, sizeof why);
    if (count == 0)
        return vr_keyword_misfit(walk, value, "%s", why);
    return count == 1 || vr_keyword_misfit(
                             walk, value, "%s fits %zu forms of which only one may fit",
                             vr_json_excerpt(value, text), count);
}

static bool fits_not(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value)
{
    char text[VR_JSON_EXCERPT_SIZE];
    return !vr_schema_fits(walk, rule, value) ||
           vr_keyword_misfit(walk, value, "%s is not allowed here", vr_json_excerpt(value, text));
}

const struct vr_keyword vr_keywords_of_schemas[] = {
    {"allOf", VR_SHAPE_SCHEMAS, ANY, fits_all_of},
    {"anyOf", VR_SHAPE_SCHEMAS, ANY, fits_any_of},
    {"oneOf", VR_SHAPE_SCHEMAS, ANY, fits_one_of},
    {"not", VR_SHAPE_SCHEMA, ANY, fits_not},
    {.name = NULL},
};
