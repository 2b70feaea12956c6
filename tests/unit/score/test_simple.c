/* The plain pairing, case by case. */
#include "score/simple.h"

#include "events.h"

Test(simple, takes_the_nearest)
{
    static const struct {
        const char *name, *reference, *test;
        int tp, fn, fp;
    } cases[] = {
        {"all", "100:N 200:V", "101:N 199:N", 2, 0, 0},
        {"missed and extra", "100:N 200:N", "101:N 300:N", 1, 1, 1},
        {"as far as w is too far", "100:N", "115:N", 0, 1, 1},
        {"contested", "100:N 110:N", "90:N 106:N", 2, 0, 0},
        {"contested, and none before", "100:N 110:N", "108:N", 1, 1, 0},
        {"no beats", "100:+ 200:~48", "100:[ 200:]", 0, 0, 0},
        {"nothing", "", "", 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vr_event reference[EVENTS_MAX], test[EVENTS_MAX];
        const struct vr_ec57_options options = {
            .rate_num = 100, .rate_den = 1, .sample_count = 1000, .window_ms = 150};
        struct vr_simple_counts counts;
        size_t reference_count = events_read(cases[i].reference, reference);
        size_t test_count = events_read(cases[i].test, test);
        cr_assert_eq(
            vr_simple_compare(
                reference, reference_count, test, test_count, &options, &counts, NULL),
            0);
        cr_expect(
            counts.tp == cases[i].tp && counts.fn == cases[i].fn && counts.fp == cases[i].fp,
            "%s: %ld %ld %ld", cases[i].name, (long)counts.tp, (long)counts.fn, (long)counts.fp);
    }
}

Test(simple, rates_of_errors)
{
    const struct vr_simple_counts counts = {.tp = 8, .fn = 2, .fp = 4};
    cr_expect_float_eq(vr_simple_der_pct(&counts), 60, 1e-9);
    cr_expect_float_eq(vr_simple_f1_pct(&counts), 1600 / 22.0, 1e-9);
}
