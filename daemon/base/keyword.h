/* The keywords of JSON Schema, one row each: what shape a keyword's own value must have, and how it
 * judges a document's value.
 *
 * Only base/schema.c and base/keyword*.c know this. */
#ifndef VR_BASE_KEYWORD_H
#define VR_BASE_KEYWORD_H

#include "base/json_error.h"

#include <regex.h>

/* The first thing that does not fit: which value, whether its key is meant, and the words without
 * place and path. */
struct vr_schema_failure {
    const struct vr_json *node;
    bool at_key;
    char what[VR_ERR_TEXT_SIZE / 2];
};

/* One judgement under way. */
struct vr_schema_walk {
    const struct vr_schema *schema;
    int depth; /* schemas inside schemas, references included */
    struct vr_schema_failure *failure;
};

/* What a keyword's own value must be. */
enum vr_keyword_shape {
    VR_SHAPE_ANY,
    VR_SHAPE_NUMBER,
    VR_SHAPE_COUNT, /* a whole number >= 0 */
    VR_SHAPE_POSITIVE,
    VR_SHAPE_BOOL,
    VR_SHAPE_STRING,
    VR_SHAPE_PATTERN, /* a string that compiles */
    VR_SHAPE_REFERENCE,
    VR_SHAPE_TYPES, /* a type's name, or a list of them */
    VR_SHAPE_LIST,  /* at least one item */
    VR_SHAPE_STRINGS,
    VR_SHAPE_SCHEMA,
    VR_SHAPE_SCHEMAS,     /* a list of at least one */
    VR_SHAPE_SCHEMA_MAP,  /* an object of schemas */
    VR_SHAPE_PATTERN_MAP, /* the same, with patterns as keys */
};

struct vr_keyword {
    const char *name;
    enum vr_keyword_shape shape;
    int kinds; /* bits 1 << enum vr_json_kind: values that it judges; any other value passes */

    /* Whether `value` fits; `rule` is the keyword's value in the schema.  If not, walk->failure is
     * filled.  NULL = an annotation. */
    bool (*fits)(
        struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value);
};

/* Every keyword, in the order in which they judge: tables of rows that end with a NULL name, and a
 * NULL behind the last table. */
extern const struct vr_keyword *const vr_keyword_tables[];
extern const struct vr_keyword vr_keywords_of_values[];     /* keyword_value.c */
extern const struct vr_keyword vr_keywords_of_containers[]; /* keyword_container.c */
extern const struct vr_keyword vr_keywords_of_schemas[];    /* keyword_schema.c */

/* By name; NULL when there is none. */
const struct vr_keyword *vr_keyword_find(const char *name);

/* Whether `name` is one of the seven type names. */
bool vr_keyword_is_type(const char *name);

/* -- words that the keywords share -- */

/* Fill the failure; false, so that `return vr_keyword_misfit(...)` reads as one step. */
bool vr_keyword_misfit(
    struct vr_schema_walk *walk, const struct vr_json *value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Append to a text, cut where the buffer ends. */
void vr_keyword_append(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Judge the `count` of some "things" by a rule that is a number. */
bool vr_keyword_at_least(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value,
    size_t count, const char *things);
bool vr_keyword_at_most(
    struct vr_schema_walk *walk, const struct vr_json *rule, const struct vr_json *value,
    size_t count, const char *things);

/* -- what base/schema.c offers to the keywords -- */

/* Judge a value by a schema inside the schema. */
bool vr_schema_fits(
    struct vr_schema_walk *walk, const struct vr_json *schema, const struct vr_json *value);

/* What "#/definitions/NAME" names. */
const struct vr_json *vr_schema_resolve(const struct vr_schema *schema, const char *reference);

/* The compiled pattern of a "pattern" keyword or of a member of "patternProperties". */
const regex_t *vr_schema_pattern(const struct vr_schema *schema, const struct vr_json *node);

#endif
