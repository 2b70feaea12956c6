/* cli/sse: any bytes, cut anywhere (the first byte says how), tell the same events as in one piece, or are refused alike. */
#include "cli/sse.h"
#include "fuzz.h"

#include <string.h>

struct told {
    size_t events;
    uint64_t hash; /* FNV-1a */
};

static void add(struct told *told, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        told->hash = (told->hash ^ (uint8_t)bytes[i]) * UINT64_C(0x100000001b3);
}

static int tell(void *context, const struct vr_sse_event *event, struct vr_err *err)
{
    struct told *told = context;
    (void)err;
    FUZZ_ASSERT(event->data[event->size] == '\0');
    FUZZ_ASSERT(event->size <= VR_SSE_SIZE_MAX);
    FUZZ_ASSERT(strlen(event->id) < VR_SSE_WORD_SIZE && strlen(event->kind) < VR_SSE_WORD_SIZE);
    FUZZ_ASSERT(event->kind[0] != '\0' && !strchr(event->id, '\n') && !strchr(event->id, '\r'));
    told->events++;
    add(told, event->id, strlen(event->id) + 1);
    add(told, event->kind, strlen(event->kind) + 1);
    add(told, event->data, event->size + 1);
    return 0;
}

static int feed(const uint8_t *data, size_t size, size_t piece, struct told *told)
{
    struct vr_err err = {0};
    struct vr_sse sse;
    int r = 0;
    *told = (struct told){.hash = UINT64_C(0xcbf29ce484222325)};
    vr_sse_init(&sse, tell, told);
    for (size_t at = 0; r == 0 && at < size; at += piece)
        r = vr_sse_feed(&sse, (const char *)data + at, size - at < piece ? size - at : piece, &err);
    FUZZ_ASSERT(r == 0 || (r == -VR_ERR_INPUT && err.text[0]));
    vr_sse_finish(&sse);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct told whole, pieces;
    if (size < 1)
        return 0;
    int a = feed(data + 1, size - 1, size, &whole);
    int b = feed(data + 1, size - 1, (size_t)data[0] + 1, &pieces);
    FUZZ_ASSERT(a == b && whole.events == pieces.events && whole.hash == pieces.hash);
    return 0;
}
