/* The keywords of JSON Schema: the list of them, and the words that they share. */
#include "base/keyword.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* -- words -- */

bool vr_keyword_misfit(
    struct vr_schema_walk *walk, const struct vr_json *value, const char *format, ...)
{
    struct vr_schema_failure *failure = walk->failure;
    *failure = (struct vr_schema_failure){.node = value};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failure->what, sizeof failure->what, format, arguments);
    va_end(arguments);
    return false;
}

void vr_keyword_append(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

bool vr_keyword_at_least(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value,
    size_t count, const char *things)
{
    double limit = vr_json_number(rule);
    return (double)count >= limit ||
           vr_keyword_misfit(walk, value, "%zu %s; at least %.0f needed", count, things, limit);
}

bool vr_keyword_at_most(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value,
    size_t count, const char *things)
{
    double limit = vr_json_number(rule);
    return (double)count <= limit ||
           vr_keyword_misfit(walk, value, "%zu %s; at most %.0f allowed", count, things, limit);
}

/* -- the list -- */

static const struct vr_keyword annotations[] = {
    {"$schema", VR_SHAPE_STRING, 0, NULL},
    {"$id", VR_SHAPE_STRING, 0, NULL},
    {"$comment", VR_SHAPE_STRING, 0, NULL},
    {"$ref", VR_SHAPE_REFERENCE, 0, NULL}, /* base/schema.c follows it */
    {"title", VR_SHAPE_STRING, 0, NULL},
    {"description", VR_SHAPE_STRING, 0, NULL},
    {"default", VR_SHAPE_ANY, 0, NULL},
    {"examples", VR_SHAPE_LIST, 0, NULL},
    {"definitions", VR_SHAPE_SCHEMA_MAP, 0, NULL},
    {.name = NULL},
};

const struct vr_keyword *const vr_keyword_tables[] = {
    annotations, vr_keywords_of_values, vr_keywords_of_containers, vr_keywords_of_schemas, NULL};

const struct vr_keyword *vr_keyword_find(const char *name)
{
    for (size_t i = 0; vr_keyword_tables[i]; i++)
        for (const struct vr_keyword *keyword = vr_keyword_tables[i]; keyword->name; keyword++)
            if (strcmp(keyword->name, name) == 0)
                return keyword;
    return NULL;
}
