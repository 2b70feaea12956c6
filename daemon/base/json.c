/* Strict JSON input.  json_scan judges the syntax and finds the places; cJSON, which is lax (it
 * takes duplicate keys, 01, 1e400, trailing text), then only decodes a text that is known to be
 * good. */
#include "base/json.h"
#include "base/cleanup.h"
#include "base/json_error.h"
#include "base/json_scan.h"

#include <assert.h>
#include <cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

struct vr_json_doc {
    char *text, *name;
    size_t size;
    struct vr_json *nodes;
    size_t node_count;
    cJSON *decoded;                 /* owns the strings */
    const struct vr_json **members; /* one slice per object, sorted by key */
    size_t member_count;
};

/* -- decoding -- */

static int compare_members(const void *a, const void *b)
{
    const struct vr_json *const *left = a;
    const struct vr_json *const *right = b;
    int order = strcmp((*left)->key, (*right)->key);
    return order != 0 ? order : (*left > *right) - (*left < *right);
}

/* Sorting finds a duplicate among 100,000 keys in O(n log n), and serves look-ups from then on. */
static int index_members(struct vr_json_doc *doc, struct vr_json *object, struct vr_err *err)
{
    const struct vr_json **members = doc->members + doc->member_count;
    object->members = members;
    doc->member_count += object->count;

    size_t count = 0;
    for (const struct vr_json *m = vr_json_first(object); m; m = m->next)
        members[count++] = m;
    qsort(members, count, sizeof *members, compare_members);

    for (size_t i = 1; i < count; i++) {
        char key[VR_JSON_EXCERPT_SIZE];
        if (strcmp(members[i - 1]->key, members[i]->key) != 0)
            continue;
        return vr_json_key_error(
            err, members[i], "the key %s is there twice, first in line %d; remove one",
            vr_json_key_excerpt(members[i], key), members[i - 1]->key_text.place.line);
    }
    return 0;
}

static bool has_kind(const cJSON *item, enum vr_json_kind kind)
{
    switch (kind) {
    case VR_JSON_NULL:
        return cJSON_IsNull(item);
    case VR_JSON_BOOL:
        return cJSON_IsBool(item);
    case VR_JSON_NUMBER:
        return cJSON_IsNumber(item);
    case VR_JSON_STRING:
        return cJSON_IsString(item);
    case VR_JSON_ARRAY:
        return cJSON_IsArray(item);
    case VR_JSON_OBJECT:
        return cJSON_IsObject(item);
    }
    return false;
}

/* Walk both trees side by side; they can differ only by a fault of ours or of cJSON. */
static int adopt(
    struct vr_json_doc *doc, struct vr_json *node, const cJSON *item, struct vr_err *err)
{
    node->doc = doc;
    node->key = item->string;
    if (!has_kind(item, node->kind) || (node->key != NULL) != (node->key_text.size > 0))
        return vr_err_set(
            err, VR_ERR_INTERNAL, "%s:%d:%d: cJSON reads another value than the scanner", doc->name,
            node->text.place.line, node->text.place.column);

    if (node->kind == VR_JSON_BOOL)
        node->truth = cJSON_IsTrue(item);
    else if (node->kind == VR_JSON_STRING)
        node->string = item->valuestring;
    else if (node->kind == VR_JSON_NUMBER)
        node->number = item->valuedouble;
    if (node->kind == VR_JSON_NUMBER && !isfinite(node->number)) {
        char number[VR_JSON_EXCERPT_SIZE];
        return vr_json_error(
            err, node, "the number %s is beyond the range of a double, about 1.8e308",
            vr_json_excerpt(node, number));
    }

    const cJSON *child = item->child;
    for (const struct vr_json *c = vr_json_first(node); c; c = c->next, child = child->next) {
        int r = child ? adopt(doc, &doc->nodes[c - doc->nodes], child, err)
                      : vr_err_set(err, VR_ERR_INTERNAL, "%s: cJSON misses a value", doc->name);
        if (r < 0)
            return r;
    }
    return node->kind == VR_JSON_OBJECT ? index_members(doc, node, err) : 0;
}

static int decode(struct vr_json_doc *doc, struct vr_err *err)
{
    int r = vr_json_scan(doc->text, doc->size, doc->name, &doc->nodes, &doc->node_count, err);
    if (r < 0)
        return r;
    doc->members = calloc(doc->node_count, sizeof *doc->members);
    doc->decoded = cJSON_ParseWithLength(doc->text, doc->size);
    if (!doc->members || !doc->decoded)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", doc->name);
    return adopt(doc, doc->nodes, doc->decoded, err);
}

/* -- documents -- */

static int refuse_size(const char *name, uint64_t size, struct vr_err *err)
{
    return vr_err_set(
        err, VR_ERR_INPUT, "%s: %" PRIu64 " bytes; a JSON file may have %zu at most, split it",
        name, size, VR_JSON_SIZE_MAX);
}

/* Takes ownership of `text`, which has a terminator behind its `size` bytes; NULL stands for a
 * failed allocation. */
static int create_from(
    char *text, size_t size, const char *name, struct vr_json_doc **ret_doc, struct vr_err *err)
{
    struct vr_json_doc *doc = calloc(1, sizeof *doc);
    char *name_copy = strdup(name);
    if (!doc || !name_copy || !text) {
        free(doc);
        free(name_copy);
        free(text);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", name);
    }
    *doc = (struct vr_json_doc){.text = text, .name = name_copy, .size = size};
    int r = decode(doc, err);
    if (r < 0) {
        vr_json_doc_destroy(doc);
        return r;
    }
    *ret_doc = doc;
    return 0;
}

int vr_json_doc_create(
    const char *text, size_t size, const char *name, struct vr_json_doc **ret_doc,
    struct vr_err *err)
{
    if (size > VR_JSON_SIZE_MAX)
        return refuse_size(name, size, err);
    char *copy = malloc(size + 1);
    if (copy) {
        memcpy(copy, text, size);
        copy[size] = '\0';
    }
    return create_from(copy, size, name, ret_doc, err);
}

/* A regular file of a size that can be JSON; *ret_fd belongs to the caller. */
static int open_file(const char *path, int *ret_fd, size_t *ret_size, struct vr_err *err)
{
    /* Without O_NONBLOCK, opening a FIFO would wait for a writer. */
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat info;
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return vr_err_set(err, VR_ERR_NOT_FOUND, "%s: no such file", path);
    if (fd < 0 || fstat(fd, &info) < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: not a regular file; give the path of a JSON file", path);
    if ((uint64_t)info.st_size > VR_JSON_SIZE_MAX)
        return refuse_size(path, (uint64_t)info.st_size, err);
    *ret_fd = fd;
    *ret_size = (size_t)info.st_size;
    fd = -1;
    return 0;
}

int vr_json_doc_load(const char *path, struct vr_json_doc **ret_doc, struct vr_err *err)
{
    _cleanup_close_ int fd = -1;
    size_t size = 0;
    int r = open_file(path, &fd, &size, err);
    if (r < 0)
        return r;

    _cleanup_free_ char *text = malloc(size + 1);
    if (!text)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", path);
    size_t filled = 0;
    ssize_t got = 0;
    /* Ask for one byte more than the file said, so that a file that grows is noticed. */
    while (filled <= size && (got = read(fd, text + filled, size + 1 - filled)) > 0)
        filled += (size_t)got;
    if (got < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno));
    if (filled != size)
        return vr_err_set(err, VR_ERR_IO, "%s: changed while it was read; try again", path);

    text[size] = '\0';
    char *owned = text;
    text = NULL;
    return create_from(owned, size, path, ret_doc, err);
}

void vr_json_doc_destroy(struct vr_json_doc *doc)
{
    if (!doc)
        return;
    cJSON_Delete(doc->decoded);
    free(doc->members);
    free(doc->nodes);
    free(doc->name);
    free(doc->text);
    free(doc);
}

const struct vr_json *vr_json_doc_root(const struct vr_json_doc *doc)
{
    return doc->nodes;
}

const char *vr_json_doc_text(const struct vr_json_doc *doc, size_t *ret_size)
{
    if (ret_size)
        *ret_size = doc->size;
    return doc->text;
}

const char *vr_json_doc_name(const struct vr_json_doc *doc)
{
    return doc->name;
}

/* -- nodes -- */

enum vr_json_kind vr_json_kind(const struct vr_json *node)
{
    return node->kind;
}

size_t vr_json_count(const struct vr_json *node)
{
    return node->count;
}

const struct vr_json *vr_json_first(const struct vr_json *node)
{
    return node->count > 0 ? node + 1 : NULL;
}

const struct vr_json *vr_json_next(const struct vr_json *node)
{
    return node->next;
}

const struct vr_json *vr_json_parent(const struct vr_json *node)
{
    return node->parent;
}

const struct vr_json *vr_json_get(const struct vr_json *object, const char *key)
{
    assert(object->kind == VR_JSON_OBJECT);
    size_t low = 0, high = object->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(key, object->members[middle]->key);
        if (order == 0)
            return object->members[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const char *vr_json_key(const struct vr_json *node)
{
    return node->key;
}

bool vr_json_bool(const struct vr_json *node)
{
    assert(node->kind == VR_JSON_BOOL);
    return node->truth;
}

double vr_json_number(const struct vr_json *node)
{
    assert(node->kind == VR_JSON_NUMBER);
    return node->number;
}

const char *vr_json_string(const struct vr_json *node)
{
    assert(node->kind == VR_JSON_STRING);
    return node->string;
}

bool vr_json_integer(const struct vr_json *node, int64_t *ret_value)
{
    double number = vr_json_number(node);
    if (fabs(number) >= 0x1p53 || number != trunc(number))
        return false;
    *ret_value = (int64_t)number;
    return true;
}

static int compare_children(const struct vr_json *a, const struct vr_json *b)
{
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    if (a->kind == VR_JSON_ARRAY) {
        int order = 0;
        const struct vr_json *y = vr_json_first(b);
        for (const struct vr_json *x = vr_json_first(a); x && order == 0; x = x->next, y = y->next)
            order = vr_json_compare(x, y);
        return order;
    }
    for (size_t i = 0; i < a->count; i++) {
        int order = strcmp(a->members[i]->key, b->members[i]->key);
        if (order == 0)
            order = vr_json_compare(a->members[i], b->members[i]);
        if (order != 0)
            return order;
    }
    return 0;
}

int vr_json_compare(const struct vr_json *a, const struct vr_json *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    switch (a->kind) {
    case VR_JSON_NULL:
        return 0;
    case VR_JSON_BOOL:
        return a->truth - b->truth;
    case VR_JSON_NUMBER:
        return (a->number > b->number) - (a->number < b->number);
    case VR_JSON_STRING:
        return strcmp(a->string, b->string);
    default:
        return compare_children(a, b);
    }
}
