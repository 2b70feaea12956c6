#include "replay/schedule.h"

#include <criterion/criterion.h>

Test(schedule, hands_out_the_stream_that_is_due_first)
{
    struct vr_schedule schedule = {
        .stream_count = 2,
        .streams =
            {{.rate_num = 100, .rate_den = 1, .sample_count = 30},
             {.rate_num = 50, .rate_den = 1, .sample_count = 15}},
    };
    const size_t room[WIRE_STREAMS_MAX] = {10, 10};
    static const struct {
        size_t stream;
        int64_t first;
        size_t count;
    } expected[] = {{0, 0, 10}, {1, 0, 10}, {0, 10, 10}, {0, 20, 10}, {1, 10, 5}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        size_t stream, count;
        int64_t first;
        cr_assert(vr_schedule_next(&schedule, room, &stream, &first, &count));
        cr_expect_eq(stream, expected[i].stream, "piece %zu: stream %zu", i, stream);
        cr_expect_eq(first, expected[i].first, "piece %zu: first %ld", i, (long)first);
        cr_expect_eq(count, expected[i].count, "piece %zu: count %zu", i, count);
    }
    cr_expect(vr_schedule_done(&schedule));
}

Test(schedule, goes_on_with_another_stream_when_one_has_no_room)
{
    struct vr_schedule schedule = {
        .stream_count = 2,
        .streams =
            {{.rate_num = 100, .rate_den = 1, .sample_count = 8},
             {.rate_num = 100, .rate_den = 1, .sample_count = 8}},
    };
    const size_t room[WIRE_STREAMS_MAX] = {0, 8};
    size_t stream, count;
    int64_t first;
    cr_assert(vr_schedule_next(&schedule, room, &stream, &first, &count));
    cr_expect_eq(stream, 1);
    cr_expect_not(vr_schedule_next(&schedule, room, &stream, &first, &count));
    cr_expect_not(vr_schedule_done(&schedule));
}
