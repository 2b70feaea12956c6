/* Fractions compared by 128-bit products: index * den * num exceeds 64 bits within a long record. */
#include "replay/schedule.h"

/* Is the next sample of a due before that of b?  Compared as fractions: index * den / num. */
static bool due_before(const struct vr_schedule_stream *a, const struct vr_schedule_stream *b)
{
    __extension__ typedef __int128 wide;
    return (wide)a->next_index * a->rate_den * b->rate_num <
           (wide)b->next_index * b->rate_den * a->rate_num;
}

bool vr_schedule_next(
    struct vr_schedule *schedule, const size_t room[WIRE_STREAMS_MAX], size_t *ret_stream,
    int64_t *ret_first, size_t *ret_count)
{
    struct vr_schedule_stream *first = NULL;
    for (size_t i = 0; i < schedule->stream_count; i++) {
        struct vr_schedule_stream *stream = &schedule->streams[i];
        if (stream->next_index >= stream->sample_count || room[i] == 0)
            continue;
        if (!first || due_before(stream, first))
            first = stream;
    }
    if (!first)
        return false;

    size_t index = (size_t)(first - schedule->streams);
    int64_t left = first->sample_count - first->next_index;
    *ret_stream = index;
    *ret_first = first->next_index;
    *ret_count = left < (int64_t)room[index] ? (size_t)left : room[index];
    first->next_index += (int64_t)*ret_count;
    return true;
}

bool vr_schedule_done(const struct vr_schedule *schedule)
{
    for (size_t i = 0; i < schedule->stream_count; i++)
        if (schedule->streams[i].next_index < schedule->streams[i].sample_count)
            return false;
    return true;
}
