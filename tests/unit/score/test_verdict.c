#include "score/verdict.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct {
    const char *gates; /* p f i: a gate each */
    struct vr_outcome_counts outcomes;
    const char *word;
    int exit_code;
    const char *why;
} verdicts[] = {
    {"pp",
     {.complete = 7, .records = 7, .records_scored = 7},
     "pass",
     0,
     "2 of 2 gates passed, 7 of 7 records scored"},
    {"", {.complete = 3}, "pass", 0, "no gates"},
    {"",
     {.complete = 3, .records = 3, .records_scored = 3},
     "pass",
     0,
     "no gates, 3 of 3 records scored"},
    {"pf",
     {.complete = 7, .records = 7, .records_scored = 7},
     "fail",
     1,
     "1 of 2 gates failed, 7 of 7 records scored"},
    {"pi",
     {.complete = 7, .records = 7, .records_scored = 6, .unscored = "118e06"},
     "inconclusive",
     5,
     "1 of 2 gates inconclusive, 6 of 7 records scored, the first that is not: 118e06"},
    {"p",
     {.complete = 7, .records = 7, .records_scored = 6, .unscored = "104"},
     "inconclusive",
     5,
     "1 of 1 gates passed, 6 of 7 records scored, the first that is not: 104"},
    {"",
     {.complete = 2, .records = 2, .records_scored = 1, .unscored = "104", .refusal = "no"},
     "inconclusive",
     5,
     "no gates, 1 of 2 records scored, the first that is not: 104, no"},
    {"f", {.complete = 2, .records = 2}, "fail", 1, "1 of 1 gates failed, 0 of 2 records scored"},
    /* Against a golden run. */
    {"p",
     {.complete = 4, .agreement = {.is_asked = true, .equal = 4}},
     "pass",
     0,
     "4 of 4 trials equal to the golden run, 1 of 1 gates passed"},
    {"p",
     {.complete = 4,
      .agreement = {.is_asked = true, .equal = 2, .different = 1, .inconclusive = 1, .first = "x"}},
     "fail",
     1,
     "1 of 4 trials differ from the golden run, the first: x, 1 of 4 trials not compared with the "
     "golden run, 1 of 1 gates passed"},
    {"p",
     {.complete = 4, .agreement = {.is_asked = true, .equal = 3, .inconclusive = 1, .first = "x"}},
     "inconclusive",
     5,
     "1 of 4 trials not compared with the golden run, the first: x, 1 of 1 gates passed"},
    {"",
     {.complete = 3,
      .rig_trouble = 1,
      .agreement = {.is_asked = true, .equal = 2, .inconclusive = 1, .first = "x"}},
     "rig",
     3,
     "rig trouble in 1 of 4 trials, 1 of 3 trials not compared with the golden run, the first: x, "
     "no "
     "gates"},
    {"f",
     {.complete = 3,
      .rig_trouble = 1,
      .agreement = {.is_asked = true, .equal = 2, .different = 1, .first = "x"}},
     "fail",
     1,
     "1 of 1 gates failed, 1 of 3 trials differ from the golden run, the first: x, rig trouble in "
     "1 of "
     "4 trials"},
    {"", {.agreement = {.is_asked = true}}, "inconclusive", 5, "no trials, no gates"},
    /* Fail outranks rig, rig outranks inconclusive. */
    {"p",
     {.complete = 6, .firmware_failed = 1},
     "fail",
     1,
     "the firmware failed in 1 of 7 trials, 1 of 1 gates passed"},
    {"p",
     {.complete = 5, .firmware_failed = 1, .rig_trouble = 1},
     "fail",
     1,
     "the firmware failed in 1 of 7 trials, rig trouble in 1 of 7 trials, 1 of 1 gates passed"},
    {"fi",
     {.complete = 6, .rig_trouble = 1},
     "fail",
     1,
     "1 of 2 gates failed, rig trouble in 1 of 7 trials, 1 of 2 gates inconclusive"},
    {"i",
     {.complete = 6, .rig_trouble = 1},
     "rig",
     3,
     "rig trouble in 1 of 7 trials, 1 of 1 gates inconclusive"},
    {"p",
     {.complete = 6, .unfinished = 1},
     "rig",
     3,
     "1 of 7 trials without an end, 1 of 1 gates passed"},
    {"p",
     {.complete = 7, .interrupted = true},
     "rig",
     3,
     "the run was interrupted, 1 of 1 gates passed"},
    {"f",
     {.complete = 7, .interrupted = true},
     "fail",
     1,
     "1 of 1 gates failed, the run was interrupted"},
    {"", {.interrupted = true}, "rig", 3, "the run was interrupted, no trials, no gates"},
    /* Who stops a run is not the bench's trouble, and what was stopped never passes. */
    {"p",
     {.complete = 3, .stopped = 1, .interrupted = true},
     "rig",
     3,
     "the user stopped 1 of 4 trials that began, the run was interrupted, 1 of 1 gates passed"},
    {"p",
     {.complete = 3, .stopped = 1},
     "rig",
     3,
     "the user stopped 1 of 4 trials that began, 1 of 1 gates passed"},
    {"", {.complete = 0}, "inconclusive", 5, "no trials, no gates"},
    {"i", {.rig_trouble = 7}, "rig", 3, "rig trouble in 7 of 7 trials, 1 of 1 gates inconclusive"},
};

Test(verdict, verdict_follows_the_order_of_what_decides)
{
    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++) {
        struct vr_gate_row rows[4];
        size_t count = strlen(verdicts[i].gates);
        for (size_t k = 0; k < count; k++) {
            char gate = verdicts[i].gates[k];
            rows[k].verdict = gate == 'p' ? "pass" : gate == 'f' ? "fail" : "inconclusive";
        }
        struct vr_verdict verdict;
        vr_verdict_reach(rows, count, &verdicts[i].outcomes, &verdict);
        cr_expect_str_eq(verdict.word, verdicts[i].word, "row %zu: %s", i, verdict.word);
        cr_expect_eq(verdict.exit_code, verdicts[i].exit_code, "row %zu", i);
        cr_expect_str_eq(verdict.why, verdicts[i].why, "row %zu: %s", i, verdict.why);
    }
}

Test(verdict, a_clause_that_does_not_fit_is_left_out)
{
    char name[300];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    const struct vr_outcome_counts outcomes = {
        .complete = 2, .records = 2, .records_scored = 1, .unscored = name};
    struct vr_verdict verdict;
    vr_verdict_reach(NULL, 0, &outcomes, &verdict);
    cr_expect_str_eq(verdict.why, "no gates, 1 of 2 records scored");
}
