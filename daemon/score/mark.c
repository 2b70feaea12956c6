/* Order and meaning of marks. */
#include "score/mark.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "score/event.h"

enum code {
#define X(number, name, mnemonic, class, text) CODE_##name = number,
#include "schema/annotations.def"
#undef X
};

/* By time, then by where they stand: qsort may swap equals. */
static int mark_compare(const void *a, const void *b)
{
    const struct vr_mark *x = *(const struct vr_mark *const *)a;
    const struct vr_mark *y = *(const struct vr_mark *const *)b;
    if (x->sample_index != y->sample_index)
        return x->sample_index < y->sample_index ? -1 : 1;
    return x < y ? -1 : x > y;
}

static int check_times(
    const struct vr_mark *marks, size_t count, bool *ret_is_sorted, struct vr_err *err)
{
    *ret_is_sorted = true;
    for (size_t i = 0; i < count; i++) {
        int64_t time = marks[i].sample_index;
        if (time > VR_EVENT_TICK_MAX || time < -VR_EVENT_TICK_MAX)
            return vr_err_set(
                err, VR_ERR_INPUT, "event %zu lies at sample %" PRId64 ", beyond any record", i,
                time);
        if (i > 0 && time < marks[i - 1].sample_index)
            *ret_is_sorted = false;
    }
    return 0;
}

int vr_marks_sort(struct vr_mark *marks, size_t count, struct vr_err *err)
{
    bool is_sorted;
    int r = check_times(marks, count, &is_sorted, err);
    if (r < 0 || is_sorted)
        return r;
    _cleanup_free_ struct vr_mark *sorted = calloc(count, sizeof *sorted);
    _cleanup_free_ const struct vr_mark **order = calloc(count, sizeof *order);
    if (!sorted || !order)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory to sort %zu events", count);
    for (size_t i = 0; i < count; i++)
        order[i] = &marks[i];
    qsort(order, count, sizeof *order, mark_compare);
    for (size_t i = 0; i < count; i++)
        sorted[i] = *order[i];
    memcpy(marks, sorted, count * sizeof *marks);
    return 0;
}

int64_t vr_marks_last(const struct vr_mark *marks, size_t count)
{
    return count > 0 ? marks[count - 1].sample_index : 0;
}

bool vr_mark_is_rhythm(const struct vr_mark *mark, const char *name)
{
    if (mark->code != CODE_RHYTHM || !mark->text)
        return false;
    const char *text = mark->text[0] == '(' ? mark->text + 1 : mark->text;
    return strncmp(text, name, strlen(name)) == 0;
}
