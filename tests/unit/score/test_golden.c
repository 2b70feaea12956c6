/* Runs in stores against golden runs in others: what counts, and what cannot be told. */
#include "score/golden.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "score/agreement.h"
#include "store/outputs.h"

#define SAMPLES 2000
#define OUTPUTS 4

static struct vr_err err;

#define MUST(call) cr_assert_eq(call, 0, "%s", err.text)

struct trial_case {
    const char *record; /* NULL = no more */
    int repeat, attempt;
    bool is_broken;
    const char *sha256, *signal; /* NULL = as ever */
    int64_t window_start, shorter;
    int64_t more;      /* samples, of a second stream */
    uint32_t rate_num; /* 0 = as ever */
    int amplitude;     /* of output 2, above that of the others */
    bool is_altered;   /* the digest is that of other outputs */
};

static int64_t record_add(struct vr_store *store, const struct trial_case *row)
{
    struct vr_record_row record = {
        .dataset = "builtin:smoke",
        .name = row->record,
        .sha256 = row->sha256 ? row->sha256 : row->record,
        .annotator = "",
        .signal = row->signal ? row->signal : "II",
        .rate_num = row->rate_num ? row->rate_num : 100,
        .rate_den = 1,
        .sample_count = SAMPLES - row->shorter,
        .window_start = row->window_start,
    };
    MUST(vr_store_record_add(store, &record, NULL, 0, &err));
    return record.record_id;
}

static void trial_add(struct vr_store *store, int64_t run_id, const struct trial_case *row)
{
    int64_t samples = SAMPLES - row->shorter + row->more;
    char digest[VR_OUTPUTS_DIGEST_SIZE];
    struct vr_output_row outputs[OUTPUTS];
    struct vr_trial_row trial = {
        .run_id = run_id,
        .record_id = record_add(store, row),
        .repeat = row->repeat,
        .attempt = row->attempt,
        .outcome = "running",
        .started_ns = 10,
    };
    MUST(vr_store_trial_add(store, &trial, &err));
    for (int i = 0; i < OUTPUTS; i++)
        outputs[i] = (struct vr_output_row){
            .number = i,
            .kind = 1,
            .sample_index = 100 * i,
            .at_index = 100 * i + 25,
            .value_count = 2,
            .values = {1, 500 + (i == 2 ? row->amplitude : 0)},
        };
    vr_outputs_digest(outputs, row->is_altered ? OUTPUTS - 1 : OUTPUTS, digest);
    MUST(vr_store_outputs_add(store, trial.trial_id, outputs, OUTPUTS, &err));
    trial.outcome = row->is_broken ? "link_lost" : "complete";
    trial.ended_ns = 20;
    trial.samples_planned = trial.samples_sent = trial.samples_consumed = samples;
    trial.outputs_emitted = trial.outputs_stored = OUTPUTS;
    trial.output_digest = digest;
    trial.ledger_closed = !row->is_broken;
    MUST(vr_store_trial_end(store, &trial, &err));
}

static struct vr_store *store_make(
    const char *uid, const struct trial_case *rows, size_t most, int64_t *ret_run_id)
{
    struct vr_store *store = NULL;
    struct vr_run_row run = {
        .uid = uid,
        .scenario = "x",
        .scenario_sha256 = "00",
        .scenario_json = "{}",
        .dut = "sim",
        .algorithm = "ecg_qrs",
        .vitalrig_version = "0.1.0",
        .host = "bench",
        .started_utc_ns = 1,
        .started_ns = 1,
        .verdict = "",
        .why = "",
    };
    MUST(vr_store_open(":memory:", VR_STORE_CREATE, &store, &err));
    MUST(vr_store_run_add(store, &run, &err));
    for (size_t i = 0; i < most && rows[i].record; i++)
        trial_add(store, run.run_id, &rows[i]);
    MUST(vr_store_run_end(store, run.run_id, 2, "ended", &err));
    *ret_run_id = run.run_id;
    return store;
}

/* --- what was stored --- */

static int print_row(void *context, const struct vr_parity_row *row)
{
    char *text = context;
    sprintf(
        text + strlen(text), "%s %d %s%s%s (%d of %d, %d; %d samples)\n", row->record, row->repeat,
        row->verdict, *row->why ? ": " : "", row->why, (int)row->outputs_agreeing,
        (int)row->outputs, (int)row->golden_outputs, (int)row->samples);
    cr_expect_eq(row->golden_digest[0] != '\0', row->samples > 0);
    cr_expect_eq(row->difference[0] != '\0', row->number != VR_STORE_NONE);
    return 0;
}

static void expect_rows(struct vr_store *store, int64_t run_id, const char *rows)
{
    char text[2048] = "";
    MUST(vr_store_parities(store, run_id, print_row, text, &err));
    cr_expect_str_eq(text, rows, "%s", text);
}

static void expect_agreement(
    struct vr_store *store, int64_t run_id, size_t equal, size_t different, size_t inconclusive,
    const char *first)
{
    struct vr_agreement agreement;
    MUST(vr_agreement_read(store, run_id, &agreement, &err));
    cr_expect_eq(agreement.equal, equal, "%zu", agreement.equal);
    cr_expect_eq(agreement.different, different, "%zu", agreement.different);
    cr_expect_eq(agreement.inconclusive, inconclusive, "%zu", agreement.inconclusive);
    cr_expect_str_eq(agreement.first, first, "%s", agreement.first);
}

/* --- one trial against golden ones --- */

#define UNKNOWN " (0 of 4, 0; 0 samples)\n"

static const struct {
    const char *name;
    struct trial_case trial, golden[4];
    const char *rows;
} cases[] = {
    {"equal", {.record = "a"}, {{.record = "a"}}, "a 0 equal (4 of 4, 4; 2000 samples)\n"},
    {"equal content under another name",
     {.record = "a", .sha256 = "s"},
     {{.record = "b", .sha256 = "s"}, {.record = "a", .sha256 = "t"}},
     "a 0 equal (4 of 4, 4; 2000 samples)\n"},
    {"several golden trials that agree",
     {.record = "a"},
     {{.record = "a"},
      {.record = "a", .repeat = 1},
      {.record = "a", .repeat = 2, .is_broken = true},
      {.record = "a", .repeat = 2, .attempt = 1}},
     "a 0 equal (4 of 4, 4; 2000 samples)\n"},
    {"different",
     {.record = "a", .amplitude = 9},
     {{.record = "a"}},
     "a 0 different: output 2, sample 200 of stream 0: value1 is 509, golden 500 (2 of 4, 4; 2000 "
     "samples)\n"},
    {"lacking",
     {.record = "a"},
     {{.record = "b"}},
     "a 0 inconclusive: the golden run lacks this record" UNKNOWN},
    {"not completed",
     {.record = "a"},
     {{.record = "a", .is_broken = true}, {.record = "b"}},
     "a 0 inconclusive: the golden run did not complete this record (link_lost)" UNKNOWN},
    {"other files",
     {.record = "a"},
     {{.record = "a", .sha256 = "x"}},
     "a 0 inconclusive: the golden run replayed other content under this name: its files are "
     "another" UNKNOWN},
    {"other signals",
     {.record = "a"},
     {{.record = "a", .signal = "V5"}},
     "a 0 inconclusive: the golden run replayed other content under this name: its signals are "
     "another" UNKNOWN},
    {"a later window",
     {.record = "a"},
     {{.record = "a", .window_start = 1}},
     "a 0 inconclusive: the golden run replayed other content under this name: its window is "
     "another" UNKNOWN},
    {"a shorter window",
     {.record = "a"},
     {{.record = "a", .shorter = 1}},
     "a 0 inconclusive: the golden run replayed other content under this name: its window is "
     "another" UNKNOWN},
    {"another rate",
     {.record = "a"},
     {{.record = "a", .rate_num = 200}},
     "a 0 inconclusive: the golden run replayed other content under this name: its rate is "
     "another" UNKNOWN},
    {"another number of streams",
     {.record = "a"},
     {{.record = "a", .more = 500}},
     "a 0 inconclusive: the golden run consumed 2500 samples of it, this one 2000" UNKNOWN},
    {"two golden answers, of which one is ours",
     {.record = "a"},
     {{.record = "a"}, {.record = "a", .repeat = 1, .amplitude = 1}},
     "a 0 inconclusive: the golden run is not deterministic: its complete trials of this record "
     "differ" UNKNOWN},
    {"altered golden outputs",
     {.record = "a"},
     {{.record = "a", .is_altered = true}},
     "a 0 inconclusive: of the golden run, its stored outputs of record a were damaged or altered: "
     "their digest is df144287ba1575e1, but the device said 972ea3714edce9ba" UNKNOWN},
    {"altered outputs of our own",
     {.record = "a", .is_altered = true},
     {{.record = "a"}},
     "a 0 inconclusive: of this run, its stored outputs of record a were damaged or altered: their "
     "digest is df144287ba1575e1, but the device said 972ea3714edce9ba (0 of 0, 0; 0 samples)\n"},
};

Test(golden, tells_equal_from_different_and_both_from_what_cannot_be_told)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t run_id, golden_id;
        struct vr_store *store = store_make("run", &cases[i].trial, 1, &run_id);
        struct vr_store *golden = store_make("golden", cases[i].golden, 4, &golden_id);
        char text[2048] = "";
        MUST(vr_golden_compare(store, run_id, golden, golden_id, &err));
        MUST(vr_store_parities(store, run_id, print_row, text, &err));
        cr_expect_str_eq(text, cases[i].rows, "%s:\n%s", cases[i].name, text);
        vr_store_close(golden);
        vr_store_close(store);
    }
}

/* --- a run --- */

Test(golden, compares_every_repeat_and_of_attempts_the_last)
{
    static const struct trial_case own[] = {
        {.record = "a", .is_broken = true, .amplitude = 3},
        {.record = "a", .attempt = 1},
        {.record = "a", .repeat = 1},
        {.record = "a", .repeat = 2, .amplitude = 7},
        {.record = "b", .is_broken = true},
        {.record = "c"},
        {.record = "d", .amplitude = 2},
        {.record = "d", .attempt = 1},
        {.record = "e"},
        {.record = "e", .attempt = 1, .is_broken = true},
    };
    static const struct trial_case theirs[] = {{.record = "a"}, {.record = "b"}, {.record = "d"}};
    int64_t run_id, golden_id;
    struct vr_store *store = store_make("run", own, 10, &run_id);
    struct vr_store *golden = store_make("golden", theirs, 3, &golden_id);
    MUST(vr_golden_compare(store, run_id, golden, golden_id, &err));
    expect_rows(
        store, run_id,
        "a 0 equal (4 of 4, 4; 2000 samples)\n"
        "a 1 equal (4 of 4, 4; 2000 samples)\n"
        "a 2 different: output 2, sample 200 of stream 0: value1 is 507, golden 500 (2 of 4, 4; "
        "2000 samples)\n"
        "c 0 inconclusive: the golden run lacks this record (0 of 4, 0; 0 samples)\n"
        "d 0 equal (4 of 4, 4; 2000 samples)\n");
    expect_agreement(
        store, run_id, 3, 1, 1,
        "record a, output 2, sample 200 of stream 0: value1 is 507, golden 500");
    vr_store_close(golden);
    vr_store_close(store);
}

static int expect_unjudged(void *context, const struct vr_run_row *run)
{
    (void)context;
    cr_expect_str_eq(run->verdict, "", "%s", run->verdict);
    return 0;
}

/* A process that dies before it judges must not leave a pass beside a difference. */
Test(golden, comparing_takes_the_verdict_back)
{
    static const struct trial_case own = {.record = "a", .amplitude = 1}, theirs = {.record = "a"};
    int64_t run_id, golden_id;
    struct vr_store *store = store_make("run", &own, 1, &run_id);
    struct vr_store *golden = store_make("golden", &theirs, 1, &golden_id);
    MUST(vr_store_run_judge(store, run_id, "pass", "no gates", 0, &err));
    MUST(vr_golden_compare(store, run_id, golden, golden_id, &err));
    MUST(vr_store_run_get(store, run_id, expect_unjudged, NULL, &err));
    vr_store_close(golden);
    vr_store_close(store);
}

Test(golden, comparing_again_replaces_what_was_found)
{
    static const struct trial_case own[] = {{.record = "a", .amplitude = 1}, {.record = "b"}};
    static const struct trial_case first[] = {{.record = "a"}, {.record = "b"}},
                                   second[] = {{.record = "a", .amplitude = 1}};
    int64_t run_id, first_id, second_id;
    struct vr_store *store = store_make("run", own, 2, &run_id);
    struct vr_store *one = store_make("one", first, 2, &first_id);
    struct vr_store *two = store_make("two", second, 1, &second_id);
    MUST(vr_golden_compare(store, run_id, one, first_id, &err));
    expect_agreement(
        store, run_id, 1, 1, 0,
        "record a, output 2, sample 200 of stream 0: value1 is 501, golden 500");
    MUST(vr_golden_compare(store, run_id, two, second_id, &err));
    expect_agreement(store, run_id, 1, 0, 1, "record b: the golden run lacks this record");
    cr_expect_eq(vr_golden_compare(store, run_id, store, run_id, &err), -VR_ERR_USAGE);
    expect_agreement(store, run_id, 1, 0, 1, "record b: the golden run lacks this record");
    vr_store_close(two);
    vr_store_close(one);
    vr_store_close(store);
}

Test(golden, a_run_that_was_to_be_compared_and_was_not_is_not_equal)
{
    static const struct trial_case own[] = {
        {.record = "a"}, {.record = "a", .repeat = 1}, {.record = "b", .is_broken = true}};
    int64_t run_id;
    struct vr_store *store = store_make("run", own, 3, &run_id);
    expect_agreement(store, run_id, 0, 0, 0, "");
    MUST(vr_store_run_env_set(store, run_id, VR_ENV_GOLDEN, "golden", &err));
    expect_agreement(store, run_id, 0, 0, 2, "record a: it was not compared");
    vr_store_close(store);
}

/* Rows of a stranger's hand: of trials that are not there, and of outputs that are not these. */
Test(golden, rows_that_speak_of_something_else_do_not_count)
{
    static const struct trial_case own[] = {{.record = "b"}, {.record = "d"}};
    static const char *const records[] = {"a", "b", "c", "d", "e"};
    int64_t run_id;
    struct vr_store *store = store_make("run", own, 2, &run_id);
    for (size_t i = 0; i < 5; i++) {
        const struct vr_parity_row row = {
            .record = records[i],
            .verdict = "equal",
            .why = "",
            .output_digest = i == 1 ? "df144287ba1575e1" : "00",
            .golden_digest = i == 1 ? "df144287ba1575e1" : "00",
            .difference = "",
            .number = VR_STORE_NONE,
            .stream = VR_STORE_NONE,
            .sample_index = VR_STORE_NONE,
            .value = VR_STORE_NONE,
            .golden_value = VR_STORE_NONE,
        };
        MUST(vr_store_parity_add(store, run_id, &row, &err));
    }
    expect_agreement(store, run_id, 1, 0, 1, "record d: what was compared were other outputs");
    vr_store_close(store);
}

Test(golden, what_cannot_be_a_golden_run_is_refused)
{
    static const struct {
        struct trial_case golden[2];
        const char *algorithm, *words; /* NULL = it can be one */
    } rows[] = {
        {{{.record = "a"}}, "ecg_qrs", NULL},
        {{{.record = "a", .is_broken = true}, {.record = "b"}}, "ecg_qrs", NULL},
        {{{.record = "a"}}, "echo", "ran the algorithm \"ecg_qrs\", not \"echo\""},
        {{{.record = "a", .is_broken = true}}, "ecg_qrs", "no complete trial"},
        {{{0}}, "ecg_qrs", "no complete trial"},
        {{{.record = "a"}, {.record = "b", .is_altered = true}},
         "ecg_qrs",
         "record b were damaged or altered"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t run_id;
        struct vr_store *store = store_make("golden", rows[i].golden, 2, &run_id);
        int r = vr_golden_check(store, run_id, rows[i].algorithm, &err);
        cr_expect_eq(r, rows[i].words ? -VR_ERR_INPUT : 0, "row %zu: %s", i, err.text);
        cr_expect(!rows[i].words || strstr(err.text, rows[i].words), "%s", err.text);
        vr_store_close(store);
    }
}
