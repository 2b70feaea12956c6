#include "score/event.h"

#include <criterion/criterion.h>

#include "base/rng.h"

/* scoring: N <- N L R B; S <- a J A S j e n; V <- V r E; F <- F; Q <- Q / f ?; other <- ! */
Test(event, codes_have_the_classes_of_ec57)
{
    static const struct {
        enum vr_beat_class class;
        uint8_t codes[8]; /* 0 = the end */
    } rows[] = {
        {VR_BEAT_N, {1, 2, 3, 25}}, {VR_BEAT_S, {4, 7, 8, 9, 11, 34, 35}}, {VR_BEAT_V, {5, 41, 10}},
        {VR_BEAT_F, {6}},           {VR_BEAT_Q, {13, 12, 38, 30}},         {VR_BEAT_O, {31}},
    };
    int beats = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (const uint8_t *code = rows[i].codes; *code; code++, beats++) {
            enum vr_beat_class class = VR_BEAT_X;
            cr_expect(vr_beat_class_of(*code, &class), "code %d is a beat", *code);
            cr_expect_eq(class, rows[i].class, "code %d", *code);
        }
    for (int code = 0; code <= UINT8_MAX; code++) {
        enum vr_beat_class class;
        beats -= vr_beat_class_of((uint8_t)code, &class);
    }
    cr_expect_eq(beats, 0, "and no other code is one");
}

Test(event, sort_is_by_time_and_keeps_the_order_of_equals)
{
    enum { COUNT = 500 };
    struct vr_event events[COUNT];
    struct vr_rng rng;
    vr_rng_init(&rng, 1);
    for (int i = 0; i < COUNT; i++)
        events[i] = (struct vr_event){
            .sample_index = vr_rng_below(&rng, 100),
            .code = (uint8_t)(i / 250),
            .subtype = (int8_t)(i % 250 / 2),
        };
    cr_assert_eq(vr_events_sort(events, COUNT, NULL), 0);
    for (int i = 1; i < COUNT; i++) {
        cr_assert_leq(events[i - 1].sample_index, events[i].sample_index);
        if (events[i - 1].sample_index == events[i].sample_index)
            cr_assert_leq(
                events[i - 1].code * 250 + events[i - 1].subtype,
                events[i].code * 250 + events[i].subtype);
    }
    cr_expect_eq(vr_events_sort(NULL, 0, NULL), 0);
}
