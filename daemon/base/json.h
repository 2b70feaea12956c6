/* Strict JSON input: every value knows its place in the file, so that every complaint can say
 * file:line:column (base/json_error.h).
 *
 * Refused, each with its place: more than 1 MiB or 64 levels, duplicate keys, a byte order mark,
 * invalid UTF-8, raw control characters, \u0000, lone surrogates, leading zeros, numbers beyond a
 * double, and text after the end.  Nodes live as long as their document. Asking a node for
 * something that its kind does not have is a caller's bug (assert); every `const struct vr_json *`
 * argument is non-NULL. */
#ifndef VR_BASE_JSON_H
#define VR_BASE_JSON_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VR_JSON_SIZE_MAX ((size_t)1 << 20) /* bytes of text */
#define VR_JSON_DEPTH_MAX 64               /* nested arrays and objects */

struct vr_json_doc; /* a parsed text and all its nodes */
struct vr_json;     /* one value in it: a node */

enum vr_json_kind {
    VR_JSON_NULL,
    VR_JSON_BOOL,
    VR_JSON_NUMBER,
    VR_JSON_STRING,
    VR_JSON_ARRAY,
    VR_JSON_OBJECT,
};

/* Parse `size` bytes (they need no terminator and are copied); `name` is the file name that
 * messages show (copied too). VR_ERR_INPUT when it is not strict JSON.  The caller destroys the
 * document. */
int vr_json_doc_create(
    const char *text, size_t size, const char *name, struct vr_json_doc **ret_doc,
    struct vr_err *err);

/* The same from a regular file; messages show `path`.  VR_ERR_NOT_FOUND, VR_ERR_IO, or VR_ERR_INPUT
 * (no regular file, larger than VR_JSON_SIZE_MAX: refused before a byte is read). */
int vr_json_doc_load(const char *path, struct vr_json_doc **ret_doc, struct vr_err *err);

void vr_json_doc_destroy(struct vr_json_doc *doc);

const struct vr_json *vr_json_doc_root(const struct vr_json_doc *doc);

/* The very bytes that were parsed, with a terminator behind them; ret_size may be NULL. */
const char *vr_json_doc_text(const struct vr_json_doc *doc, size_t *ret_size);

const char *vr_json_doc_name(const struct vr_json_doc *doc);

enum vr_json_kind vr_json_kind(const struct vr_json *node);

/* Members of an object or items of an array, in the order of the file; NULL at the end (and for a
 * scalar's first). */
size_t vr_json_count(const struct vr_json *node);
const struct vr_json *vr_json_first(const struct vr_json *node);
const struct vr_json *vr_json_next(const struct vr_json *node);

/* The array or object that holds the node; NULL for the root. */
const struct vr_json *vr_json_parent(const struct vr_json *node);

/* The member of an object, case-sensitive, in O(log n); NULL when there is none. */
const struct vr_json *vr_json_get(const struct vr_json *object, const char *key);

/* Key of an object's member; NULL for any other node. */
const char *vr_json_key(const struct vr_json *node);

bool vr_json_bool(const struct vr_json *node);
double vr_json_number(const struct vr_json *node);
const char *vr_json_string(const struct vr_json *node);

/* Whether a number is a whole one that a double holds exactly: |x| < 2^53.  2^53 itself is out: the
 * text 9007199254740993 reads as it. */
bool vr_json_integer(const struct vr_json *node, int64_t *ret_value);

/* A total order over values, <0, 0, >0: 0 means equal as JSON Schema has it (1 equals 1.0; members
 * in any order). */
int vr_json_compare(const struct vr_json *a, const struct vr_json *b);

#endif
