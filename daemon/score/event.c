/* Order and classes of events. */
#include "score/event.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* qsort may swap equals, so the place before sorting decides between them. */
struct placed_event {
    struct vr_event event;
    size_t place;
};

static int placed_event_compare(const void *a, const void *b)
{
    const struct placed_event *x = a, *y = b;
    if (x->event.sample_index != y->event.sample_index)
        return x->event.sample_index < y->event.sample_index ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static bool events_sorted(const struct vr_event *events, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (events[i].sample_index < events[i - 1].sample_index)
            return false;
    return true;
}

int vr_events_sort(struct vr_event *events, size_t count, struct vr_err *err)
{
    if (events_sorted(events, count))
        return 0;
    _cleanup_free_ struct placed_event *placed = calloc(count, sizeof *placed);
    if (!placed)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory to sort %zu events", count);
    for (size_t i = 0; i < count; i++)
        placed[i] = (struct placed_event){events[i], i};
    qsort(placed, count, sizeof *placed, placed_event_compare);
    for (size_t i = 0; i < count; i++)
        events[i] = placed[i].event;
    return 0;
}

bool vr_beat_class_of(uint8_t code, enum vr_beat_class *ret_class)
{
    static const char letters[UINT8_MAX + 1] = {
#define X(number, name, mnemonic, class, text) [number] = class,
#include "schema/annotations.def"
#undef X
    };
    static const char order[] = "NSVFQo";
    const char *found = letters[code] ? strchr(order, letters[code]) : NULL;
    if (!found)
        return false;
    *ret_class = (enum vr_beat_class)(found - order);
    return true;
}

bool vr_code_is_beat(uint8_t code)
{
    enum vr_beat_class class;
    return vr_beat_class_of(code, &class) && class != VR_BEAT_O;
}
