/* The syntax of strict JSON: one pass that judges a text and lists its values with their places.
 *
 * It knows grammar, not meaning: texts stay undecoded and numbers unread (base/json.c does that).
 * Only base/json*.c include this. */
#ifndef VR_BASE_JSON_SCAN_H
#define VR_BASE_JSON_SCAN_H

#include "base/json_error.h"

/* A stretch of the text, quotes included; size 0 means that there is none. */
struct vr_json_span {
    uint32_t offset, size;
    struct vr_place place;
};

/* A value.  A container's first child is the node right behind it; children are linked in the order
 * of the text. */
struct vr_json {
    enum vr_json_kind kind;
    uint32_t index; /* among its siblings, from 0 */
    uint32_t count; /* children */
    struct vr_json_span text, key_text;
    const struct vr_json *parent, *next;

    /* Left zero by the scanner. */
    const struct vr_json_doc *doc;
    const char *key;
    union {
        bool truth;
        double number;
        const char *string;
        const struct vr_json **members; /* of an object, sorted by key */
    };
};

/* The longest number that cJSON reads whole. */
#define VR_JSON_NUMBER_SIZE_MAX 63

/* Judge at most VR_JSON_SIZE_MAX bytes.  Gives an array of nodes in the order of the text; the
 * first is the root; the caller frees it. VR_ERR_INPUT with the place of the first thing that is
 * wrong. */
int vr_json_scan(
    const char *text, size_t size, const char *name, struct vr_json **ret_nodes, size_t *ret_count,
    struct vr_err *err);

#endif
