/* dataset/wfdb_annotation: any bytes are refused with the place, or read; and what was read is written to bytes that read back equal. */
#include "dataset/wfdb_annotation.h"
#include "fuzz.h"

#include <string.h>

static const struct vr_rate rate = {360, 1};

static void check_equal(const struct vr_annotations *a, const struct vr_annotations *b)
{
    FUZZ_ASSERT(a->count == b->count);
    for (size_t i = 0; i < a->count; i++) {
        const struct vr_annotation *x = &a->items[i], *y = &b->items[i];
        FUZZ_ASSERT(x->sample_index == y->sample_index && x->code == y->code);
        FUZZ_ASSERT(x->subtype == y->subtype && x->channel == y->channel);
        FUZZ_ASSERT(x->number == y->number && !x->text == !y->text);
        FUZZ_ASSERT(!x->text || strcmp(x->text, y->text) == 0);
    }
    for (size_t i = 0; i < VR_CODES_MAX; i++) {
        FUZZ_ASSERT(!a->definitions[i] == !b->definitions[i]);
        FUZZ_ASSERT(!a->definitions[i] || strcmp(a->definitions[i], b->definitions[i]) == 0);
    }
}

static void check_round_trip(const struct vr_annotations *list)
{
    struct vr_annotations again = {0};
    struct vr_err err = {0};
    uint8_t *bytes = NULL;
    size_t size = 0;
    FUZZ_ASSERT(vr_wfdb_annotation_encode(list, NULL, &bytes, &size, &err) == 0);
    FUZZ_ASSERT(vr_wfdb_annotation_parse(bytes, size, "written", rate, &again, &err) == 0);
    check_equal(list, &again);
    vr_annotations_finish(&again);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vr_annotations list = {0};
    struct vr_err err = {0};
    int r = vr_wfdb_annotation_parse(data, size, "fuzz", rate, &list, &err);
    if (r < 0) {
        FUZZ_ASSERT(r == -VR_ERR_INPUT && list.count == 0 && !list.items);
        FUZZ_ASSERT(strncmp(err.text, "fuzz: byte ", 11) == 0);
        return 0;
    }
    for (size_t i = 0; i < list.count; i++) {
        const struct vr_annotation *item = &list.items[i];
        FUZZ_ASSERT(item->code >= 1 && item->code <= VR_WFDB_CODE_MAX);
        FUZZ_ASSERT(!item->text || strlen(item->text) <= VR_WFDB_TEXT_SIZE_MAX);
    }
    check_round_trip(&list);
    vr_annotations_finish(&list);
    return 0;
}
