#include "replay/ledger.h"

#include <criterion/criterion.h>

static const struct vr_schedule schedule = {.stream_count = 1, .streams = {{.sample_count = 1000}}};

Test(ledger, closes_when_everything_is_accounted_for)
{
    struct vr_session_ledger ledger = {
        .samples_sent = {1000}, .samples_consumed = {1000}, .outputs_emitted = 7};
    struct vr_trial_row row = {0};
    vr_ledger_close(&ledger, &schedule, 7, &row);
    cr_expect(row.ledger_closed);
    cr_expect_eq(row.samples_planned, 1000);
    cr_expect_eq(row.outputs_lost, 0);
}

Test(ledger, places_every_sample_of_a_cut_trial)
{
    struct vr_session_ledger ledger = {
        .samples_sent = {600}, .samples_consumed = {450}, .outputs_emitted = -1};
    struct vr_trial_row row = {0};
    vr_ledger_close(&ledger, &schedule, 3, &row);
    cr_expect_not(row.ledger_closed);
    cr_expect_eq(row.samples_consumed, 450);
    cr_expect_eq(row.samples_lost, 150);
    cr_expect_eq(row.samples_unsent, 400);
    cr_expect_eq(row.outputs_emitted, -1);
}

Test(ledger, stays_open_when_outputs_were_dropped_or_digests_differ)
{
    struct vr_session_ledger dropped = {
        .samples_sent = {1000},
        .samples_consumed = {1000},
        .outputs_emitted = 5,
        .outputs_dropped = 2,
    };
    struct vr_session_ledger differs = {
        .samples_sent = {1000}, .samples_consumed = {1000}, .outputs_emitted = 5, .digest = 1};
    struct vr_trial_row row = {0};
    vr_ledger_close(&dropped, &schedule, 5, &row);
    cr_expect_not(row.ledger_closed);
    cr_expect_eq(row.outputs_emitted, 7);
    cr_expect_eq(row.outputs_lost, 2);
    vr_ledger_close(&differs, &schedule, 5, &row);
    cr_expect_not(row.ledger_closed);
}
