/* JSON Schema, the subset of draft-07 that our files need: is a document of the right shape, and if
 * not, where and why.
 *
 * A schema is itself a JSON document.  Known keywords: the tables of base/keyword*.c.
 * Differences from draft-07: patterns are POSIX extended regular expressions (no \d), "items" takes
 * one schema,
 * "$ref" only "#" and "#/definitions/NAME". */
#ifndef VR_BASE_SCHEMA_H
#define VR_BASE_SCHEMA_H

#include "base/json.h"

struct vr_schema;

/* Read a schema; `root` must outlive it.  A fault in a schema is the program's, not the user's:
 * VR_ERR_INTERNAL with its place, for an unknown keyword, a keyword of the wrong shape, a pattern
 * that does not compile, a reference to nothing. */
int vr_schema_create(const struct vr_json *root, struct vr_schema **ret_schema, struct vr_err *err);

void vr_schema_destroy(struct vr_schema *schema);

/* Whether `value` fits.  VR_ERR_INPUT for the first thing that does not: file:line:column of the
 * value or key, its path, what is wrong. */
int vr_schema_check(
    const struct vr_schema *schema, const struct vr_json *value, struct vr_err *err);

/* Read the schema of a text inside the program and check a document against it. */
int vr_schema_check_text(
    const char *schema_text, const char *schema_name, const struct vr_json *value,
    struct vr_err *err);

#endif
