#include "score/attempts.h"

#include <criterion/criterion.h>
#include <string.h>

/* A record of 60 s at 100 Hz, sent as two streams of 100 Hz: 200 samples are a second of signal. */
#define RECORD_SAMPLES 12000

struct attempt_case {
    const char *record;
    int repeat, attempt;
    const char *outcome;
    int64_t consumed;
    bool ledger_open;
};

static struct vr_attempts attempts_make(const struct attempt_case *rows, size_t count)
{
    struct vr_attempts attempts = {0};
    for (size_t i = 0; i < count; i++) {
        const struct vr_record_row record = {
            .name = rows[i].record, .rate_num = 100, .rate_den = 1, .sample_count = 6000};
        const struct vr_trial_row trial = {
            .trial_id = (int64_t)i + 1,
            .record = rows[i].record,
            .repeat = rows[i].repeat,
            .attempt = rows[i].attempt,
            .outcome = rows[i].outcome,
            .samples_planned = RECORD_SAMPLES,
            .samples_consumed = rows[i].consumed,
            .ledger_closed = strcmp(rows[i].outcome, "complete") == 0 && !rows[i].ledger_open,
        };
        cr_assert_eq(vr_attempts_add(&attempts, &trial, &record, NULL), 0);
    }
    vr_attempts_sort(&attempts);
    return attempts;
}

/* Rows that begin with a case's name and end before the next one. */
static const struct {
    const char *name;
    struct attempt_case attempts[5]; /* record NULL = the end */
    size_t complete, firmware_failed, rig_trouble, unfinished;
} cases[] = {
    {"nothing", {{0}}, 0, 0, 0, 0},
    {"complete", {{"a", 0, 0, "complete", 12000, false}}, 1, 0, 0, 0},
    {"an open ledger is no end", {{"a", 0, 0, "complete", 12000, true}}, 0, 0, 0, 1},
    {"running", {{"a", 0, 0, "running", 10, false}}, 0, 0, 0, 1},
    {"a word of tomorrow", {{"a", 0, 0, "fw_sulk", 10, false}}, 0, 0, 0, 1},
    {"firmware",
     {{"a", 0, 0, "fw_crash", 10, false},
      {"b", 0, 0, "fw_protocol", 10, false},
      {"c", 0, 0, "output_lost", 10, false}},
     0,
     3,
     0,
     0},
    {"rig",
     {{"a", 0, 0, "link_lost", 10, false},
      {"b", 0, 0, "refused", 0, false},
      {"c", 0, 0, "dut_absent", 0, false}},
     0,
     0,
     3,
     0},
    {"the last attempt counts",
     {{"a", 0, 0, "link_lost", 10, false}, {"a", 0, 1, "complete", 12000, false}},
     1,
     0,
     0,
     0},
    {"the last attempt counts, though it came first",
     {{"a", 0, 1, "complete", 12000, false}, {"a", 0, 0, "link_lost", 10, false}},
     1,
     0,
     0,
     0},
    {"repeats are trials of their own",
     {{"a", 0, 0, "complete", 12000, false}, {"a", 1, 0, "link_lost", 10, false}},
     1,
     0,
     1,
     0},
    {"one hang", {{"a", 0, 0, "fw_hang", 600, false}}, 0, 0, 1, 0},
    {"a hang that a retry heals",
     {{"a", 0, 0, "fw_hang", 600, false}, {"a", 0, 1, "complete", 12000, false}},
     1,
     0,
     0,
     0},
    {"hangs within a second",
     {{"a", 0, 0, "fw_hang", 600, false}, {"a", 0, 1, "fw_hang", 800, false}},
     0,
     1,
     0,
     0},
    {"hangs beyond a second",
     {{"a", 0, 0, "fw_hang", 600, false}, {"a", 0, 1, "fw_hang", 801, false}},
     0,
     0,
     1,
     0},
    {"a hang and a reboot at one place",
     {{"a", 0, 0, "fw_reboot", 700, false}, {"a", 0, 1, "fw_hang", 600, false}},
     0,
     1,
     0,
     0},
    {"a third attempt heals no repeated hang",
     {{"a", 0, 0, "fw_hang", 600, false},
      {"a", 0, 1, "fw_hang", 600, false},
      {"a", 0, 2, "complete", 12000, false}},
     0,
     1,
     0,
     0},
    {"not one after the other",
     {{"a", 0, 0, "fw_hang", 600, false},
      {"a", 0, 1, "link_lost", 600, false},
      {"a", 0, 2, "fw_hang", 600, false}},
     0,
     0,
     1,
     0},
    {"an attempt in between was cancelled: its worker died",
     {{"a", 0, 0, "fw_hang", 600, false},
      {"a", 0, 1, "cancelled", 300, false},
      {"a", 0, 2, "fw_hang", 600, false}},
     0,
     1,
     0,
     0},
    {"a cancelled attempt before the first hang makes it none that happened again",
     {{"a", 0, 0, "cancelled", 600, false}, {"a", 0, 1, "fw_hang", 600, false}},
     0,
     0,
     1,
     0},
    {"an attempt that was cancelled is followed by a whole one",
     {{"a", 0, 0, "cancelled", 300, false}, {"a", 0, 1, "complete", 12000, false}},
     1,
     0,
     0,
     0},
    {"an attempt in between is not known",
     {{"a", 0, 0, "fw_hang", 600, false}, {"a", 0, 2, "fw_hang", 600, false}},
     0,
     0,
     1,
     0},
    {"a repeated hang is that of its own record",
     {{"a", 0, 0, "fw_hang", 600, false},
      {"a", 0, 1, "fw_hang", 600, false},
      {"a", 1, 0, "complete", 12000, false},
      {"b", 0, 0, "complete", 12000, false}},
     2,
     1,
     0,
     0},
    {"hangs of different records and repeats",
     {{"a", 0, 0, "fw_hang", 600, false},
      {"a", 1, 1, "fw_hang", 600, false},
      {"b", 1, 2, "fw_hang", 600, false}},
     0,
     0,
     3,
     0},
};

static size_t rows_of(const struct attempt_case *attempts)
{
    size_t count = 0;
    while (count < 5 && attempts[count].record)
        count++;
    return count;
}

Test(attempts, count_each_record_and_repeat_once)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vr_attempts attempts = attempts_make(cases[i].attempts, rows_of(cases[i].attempts));
        struct vr_outcome_counts counts = {0};
        vr_attempts_count(&attempts, &counts);
        cr_expect_eq(counts.complete, cases[i].complete, "%s", cases[i].name);
        cr_expect_eq(counts.firmware_failed, cases[i].firmware_failed, "%s", cases[i].name);
        cr_expect_eq(counts.rig_trouble, cases[i].rig_trouble, "%s", cases[i].name);
        cr_expect_eq(counts.unfinished, cases[i].unfinished, "%s", cases[i].name);
        vr_attempts_finish(&attempts);
    }
}

Test(attempts, know_which_is_the_last_and_which_is_sound)
{
    static const struct attempt_case rows[] = {
        {"b", 0, 0, "complete", 12000, false},
        {"a", 1, 0, "complete", 12000, true},
        {"a", 0, 1, "complete", 12000, false},
        {"a", 0, 0, "link_lost", 10, false},
    };
    struct vr_attempts attempts = attempts_make(rows, 4);
    static const struct {
        int64_t trial_id;
        bool last, sound;
    } expected[] = {{4, false, false}, {3, true, true}, {2, true, false}, {1, true, true}};
    for (size_t i = 0; i < 4; i++) {
        cr_expect_eq(attempts.items[i].trial_id, expected[i].trial_id, "place %zu", i);
        cr_expect_eq(vr_attempts_last(&attempts, i), expected[i].last, "place %zu", i);
        cr_expect_eq(vr_attempt_is_sound(&attempts.items[i]), expected[i].sound, "place %zu", i);
    }
    vr_attempts_finish(&attempts);
    vr_attempts_finish(NULL);
}

Test(attempts, every_outcome_is_counted_as_its_list_says)
{
    static const struct {
        const char *word;
        bool rig;
    } outcomes[] = {
#define X(name, word, rig, text) {word, rig},
#include "schema/outcomes.def"
#undef X
    };
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
        const struct attempt_case row = {"a", 0, 0, outcomes[i].word, 10, false};
        struct vr_attempts attempts = attempts_make(&row, 1);
        struct vr_outcome_counts counts = {0};
        vr_attempts_count(&attempts, &counts);
        bool complete = strcmp(outcomes[i].word, "complete") == 0;
        cr_expect_eq(counts.complete, complete, "%s", outcomes[i].word);
        bool stopped =
            strcmp(outcomes[i].word, "cancelled") == 0; /* by the user: nobody's trouble */
        cr_expect_eq(counts.stopped, stopped, "%s", outcomes[i].word);
        cr_expect_eq(counts.rig_trouble, outcomes[i].rig && !stopped, "%s", outcomes[i].word);
        cr_expect_eq(counts.firmware_failed, !outcomes[i].rig && !complete, "%s", outcomes[i].word);
        vr_attempts_finish(&attempts);
    }
}

/* The device should have been restarted before the second attempt, and was not: that it hangs again proves nothing. */
Test(attempts, a_hang_without_its_restart_is_not_the_firmwares)
{
    static const char *const whys[] = {"", "still up", ""};
    static const struct vr_record_row record = {
        .name = "a", .rate_num = 100, .rate_den = 1, .sample_count = 6000};
    for (size_t count = 2; count <= 3; count++) {
        struct vr_outcome_counts counts = {0};
        struct vr_attempts attempts = {0};
        for (size_t i = 0; i < count; i++) {
            const struct vr_trial_row trial = {
                .attempt = (int)i,
                .outcome = "fw_hang",
                .bench_why = whys[i],
                .samples_planned = 6000};
            cr_assert_eq(vr_attempts_add(&attempts, &trial, &record, NULL), 0);
        }
        vr_attempts_sort(&attempts);
        vr_attempts_count(&attempts, &counts);
        cr_expect_eq(counts.rig_trouble, count == 2, "%zu attempts", count);
        cr_expect_eq(
            counts.firmware_failed, count == 3, "a restart that was one, and the same again");
        vr_attempts_finish(&attempts);
    }
}
