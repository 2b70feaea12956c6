#include "cli/errand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json_error.h"

/* --- the text --- */

/* Where the object ends, as far as that can be said without parsing it. */
struct scan {
    int depth;
    bool in_string, is_escaped, is_over;
};

static void scan_byte(struct scan *scan, char c)
{
    if (scan->in_string) {
        if (!scan->is_escaped && c == '"')
            scan->in_string = false;
        scan->is_escaped = !scan->is_escaped && c == '\\';
        return;
    }
    if (c == '"')
        scan->in_string = true;
    else if (c == '{' || c == '[')
        scan->depth++;
    else if ((c == '}' || c == ']') && --scan->depth <= 0)
        scan->is_over = true;
}

static int read_text(int fd, char *text, size_t *ret_size, struct vr_err *err)
{
    struct scan scan = {0};
    size_t size = 0;
    while (!scan.is_over) {
        ssize_t got = read(fd, text + size, VR_JSON_SIZE_MAX - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return vr_err_set(err, VR_ERR_IO, "errand: cannot read: %s", strerror(errno));
        if (got == 0)
            return vr_err_set(
                err, VR_ERR_INPUT,
                "errand: %zu bytes, and not a whole JSON object; `vitalrig worker` is started by "
                "vitalrigd",
                size);
        for (ssize_t i = 0; i < got; i++)
            scan_byte(&scan, text[size + (size_t)i]);
        size += (size_t)got;
    }
    *ret_size = size;
    return 0;
}

/* --- its members --- */

static const struct vr_json *member(
    const struct vr_json *object, const char *key, enum vr_json_kind kind, struct vr_err *err)
{
    const struct vr_json *node = vr_json_get(object, key);
    if (node && vr_json_kind(node) == kind)
        return node;
    vr_json_error(err, node ? node : object, "errand: %s is missing, or of another kind", key);
    return NULL;
}

static const char *text_of(const struct vr_json *object, const char *key, struct vr_err *err)
{
    const struct vr_json *node = member(object, key, VR_JSON_STRING, err);
    return node ? vr_json_string(node) : NULL;
}

static int read_members(struct vr_errand *errand, const struct vr_json *root, struct vr_err *err)
{
    const struct vr_json *order, *format, *failures, *hand_back;
    int64_t version = 0;
    if (vr_json_kind(root) != VR_JSON_OBJECT)
        return vr_json_error(err, root, "errand: not an object");
    bool is_whole = (format = member(root, "format", VR_JSON_NUMBER, err)) &&
                    (order = member(root, "order", VR_JSON_OBJECT, err)) &&
                    (errand->rig = text_of(root, "rig", err)) &&
                    (errand->dut = text_of(root, "dut", err)) &&
                    (errand->uid = text_of(root, "uid", err)) &&
                    (errand->run_file = text_of(root, "run_file", err)) &&
                    (failures = member(root, "failures", VR_JSON_NUMBER, err)) &&
                    (hand_back = member(root, "hand_back", VR_JSON_BOOL, err));
    if (!is_whole)
        return -VR_ERR_INPUT;
    if (!vr_json_integer(format, &version) || version != 1)
        return vr_json_error(err, format, "errand: of another format than 1");
    if (!vr_json_integer(failures, &errand->failures))
        return vr_json_error(err, failures, "errand: failures are no whole number");
    errand->hand_back = vr_json_bool(hand_back);
    const struct vr_json *catalogue = vr_json_get(root, "catalogue");
    if (catalogue && vr_json_kind(catalogue) == VR_JSON_STRING)
        errand->catalogue = vr_json_string(catalogue);
    return vr_order_read(order, &errand->order, err);
}

int vr_errand_read(int fd, struct vr_errand *ret_errand, struct vr_err *err)
{
    size_t size = 0;
    *ret_errand = (struct vr_errand){0};
    vr_order_init(&ret_errand->order);
    _cleanup_free_ char *text = malloc(VR_JSON_SIZE_MAX);
    if (!text)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for an errand");
    int r = read_text(fd, text, &size, err);
    if (r == 0)
        r = vr_json_doc_create(text, size, "errand", &ret_errand->doc, err);
    return r < 0 ? r : read_members(ret_errand, vr_json_doc_root(ret_errand->doc), err);
}

void vr_errand_finish(struct vr_errand *errand)
{
    vr_order_finish(&errand->order);
    vr_json_doc_destroy(errand->doc);
    *errand = (struct vr_errand){0};
}
