/* base/json and base/json_write: any bytes are refused with a place, or read, found by key, and written back as the same values. */
#include "base/json_copy.h"
#include "base/json_error.h"
#include "base/json_write.h"
#include "fuzz.h"

#include <string.h>

static void check_node(const struct vr_json *node)
{
    char path[80], text[VR_JSON_EXCERPT_SIZE];
    const struct vr_json *parent = vr_json_parent(node);
    struct vr_place place = vr_json_place(node);
    FUZZ_ASSERT(place.line >= 1 && place.column >= 1);
    FUZZ_ASSERT(strlen(vr_json_path(node, path, sizeof path)) < sizeof path);
    FUZZ_ASSERT(strlen(vr_json_excerpt(node, text)) < sizeof text);
    if (vr_json_key(node)) {
        FUZZ_ASSERT(vr_json_get(parent, vr_json_key(node)) == node);
        FUZZ_ASSERT(strlen(vr_json_key_excerpt(node, text)) < sizeof text);
    }
    FUZZ_ASSERT(vr_json_compare(node, node) == 0);

    size_t count = 0;
    for (const struct vr_json *n = vr_json_first(node); n; n = vr_json_next(n), count++) {
        FUZZ_ASSERT(vr_json_parent(n) == node);
        check_node(n);
    }
    FUZZ_ASSERT(count == vr_json_count(node));
}

static void check_round_trip(const struct vr_json *root)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    struct vr_json_writer writer;
    vr_json_write_init(&writer, file);
    vr_json_copy(&writer, NULL, root);
    FUZZ_ASSERT(vr_json_write_finish(&writer, NULL) == 0);
    fclose(file);

    struct vr_json_doc *again = NULL;
    struct vr_err err = {0};
    if (size <= VR_JSON_SIZE_MAX) {
        FUZZ_ASSERT(vr_json_doc_create(text, size, "written", &again, &err) == 0);
        FUZZ_ASSERT(vr_json_compare(root, vr_json_doc_root(again)) == 0);
    }
    vr_json_doc_destroy(again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vr_json_doc *doc = NULL;
    struct vr_err err = {0};
    int r = vr_json_doc_create((const char *)data, size, "fuzz", &doc, &err);
    if (r < 0) {
        FUZZ_ASSERT(r == -VR_ERR_INPUT && !doc);
        FUZZ_ASSERT(strncmp(err.text, "fuzz:", 5) == 0);
        return 0;
    }
    check_node(vr_json_doc_root(doc));
    check_round_trip(vr_json_doc_root(doc));
    vr_json_doc_destroy(doc);
    return 0;
}
