/* make_run FILE SCENARIO [uid=UID] [TRIALS]: a run file as a run would leave it, for tests of everything that reads one.
 *
 * TRIALS are words RECORD=OUTCOME (default: 100=complete).  A record with complete trials has a beat every second for ten minutes at 360 Hz;
 * the device finds all of them but the last, each 10 ms late.  The same record again is a retry.
 *
 * RECORD=OUTCOME,EDIT@NUMBER plants a difference: `value` makes the amplitude of that output one more, `missing` leaves it out, `extra` says
 * another one before it; `drop` leaves out every so many-th.  RECORD=OUTCOME,files is the record with other signals. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "scenario/scenario.h"
#include "store/outputs.h"
#include "store/store.h"

#define RATE_HZ 360
#define BEAT_COUNT 600
#define CODE_NORMAL 1 /* schema/annotations.def */
#define KIND_BEAT 1   /* schema/outputs.def */
#define UTC_NS (INT64_C(1795384804) * VR_NS_PER_S)

static struct vr_err err;

static void check(int result)
{
    if (result == 0)
        return;
    fprintf(stderr, "make_run: %s\n", err.text);
    exit(EXIT_FAILURE);
}

static int64_t add_run(struct vr_store *store, const char *scenario_path, const char *uid)
{
    struct vr_scenario *scenario = NULL;
    check(vr_scenario_load(scenario_path, &scenario, &err));
    struct vr_run_row run = {
        .uid = uid,
        .scenario = scenario->name,
        .scenario_sha256 = scenario->sha256,
        .scenario_json = scenario->text,
        .dut = "sim",
        .algorithm = scenario->algorithm,
        .vitalrig_version = VR_VERSION,
        .host = "bench",
        .started_utc_ns = UTC_NS,
        .started_ns = VR_NS_PER_S,
        .status = "running",
        .verdict = "",
        .why = "",
        .seed = 1,
    };
    check(vr_store_run_add(store, &run, &err));
    vr_scenario_destroy(scenario);
    return run.run_id;
}

/* What is planted in a trial. */
struct edit {
    char word[16]; /* "" = nothing */
    int number;
};

static bool is_edit(const struct edit *edit, const char *word, int number)
{
    return edit->number == number && strcmp(edit->word, word) == 0;
}

static bool is_left_out(const struct edit *edit, int number)
{
    bool drops = strcmp(edit->word, "drop") == 0 && edit->number > 0;
    return is_edit(edit, "missing", number) || (drops && number % edit->number == 0);
}

static int64_t add_record(struct vr_store *store, const char *name, const struct edit *edit)
{
    char sha256[VR_DIGEST_HEX_SIZE];
    vr_digest_bytes(name, strlen(name) - (strcmp(edit->word, "files") == 0), sha256);
    struct vr_record_row record = {
        .dataset = "made",
        .name = name,
        .sha256 = sha256,
        .annotator = "atr",
        .signal = "ECG",
        .rate_num = RATE_HZ,
        .rate_den = 1,
        .sample_count = RATE_HZ * BEAT_COUNT,
    };
    struct vr_truth_row truth[BEAT_COUNT] = {0};
    for (int i = 0; i < BEAT_COUNT; i++)
        truth[i] = (struct vr_truth_row){.sample_index = RATE_HZ * i + 100, .code = CODE_NORMAL};
    check(vr_store_record_add(store, &record, truth, BEAT_COUNT, &err));
    return record.record_id;
}

/* The beat of this second, if the device says it. */
static struct vr_output_row beat_at(int second, int number, int amplitude, int64_t started_ns)
{
    return (struct vr_output_row){
        .number = number,
        .kind = KIND_BEAT,
        .sample_index = RATE_HZ * second + 104,
        .at_index = RATE_HZ * second + 200,
        .ticks_arrival = (uint32_t)second * 1000,
        .ticks_emitted = (uint32_t)second * 1000 + 20,
        .host_ns = started_ns + second * VR_NS_PER_MS,
        .value_count = 2,
        .values = {CODE_NORMAL, amplitude},
    };
}

/* Stores them; ret_digest gets what the device would have said of them.  Returns how many. */
static int add_outputs(
    struct vr_store *store, int64_t trial_id, int64_t started_ns, const struct edit *edit,
    char ret_digest[VR_OUTPUTS_DIGEST_SIZE])
{
    struct vr_output_row outputs[BEAT_COUNT];
    int count = 0;
    for (int i = 0; i < BEAT_COUNT - 1; i++) {
        if (is_edit(edit, "extra", i)) {
            outputs[count] = beat_at(i, count, 300, started_ns);
            outputs[count++].sample_index -= 50;
        }
        if (!is_left_out(edit, i)) {
            outputs[count] = beat_at(i, count, 500 + is_edit(edit, "value", i), started_ns);
            count++;
        }
    }
    vr_outputs_digest(outputs, (size_t)count, ret_digest);
    check(vr_store_outputs_add(store, trial_id, outputs, (size_t)count, &err));
    return count;
}

static void fill_complete(struct vr_trial_row *trial, int outputs)
{
    trial->why = "";
    trial->samples_sent = trial->samples_consumed = trial->samples_planned;
    trial->outputs_emitted = trial->outputs_stored = outputs;
    trial->ledger_closed = true;
}

static void fill_broken(struct vr_trial_row *trial)
{
    trial->why = "it was made to fail";
    trial->samples_sent = trial->samples_consumed = 1000;
    trial->samples_unsent = trial->samples_planned - 1000;
    trial->outputs_emitted = trial->outputs_lost = -1;
    trial->output_digest = "";
}

static void add_trial(
    struct vr_store *store, int64_t run_id, int64_t record_id, const char *outcome, int attempt,
    const struct edit *edit)
{
    char digest[VR_OUTPUTS_DIGEST_SIZE];
    struct vr_trial_row trial = {
        .run_id = run_id,
        .record_id = record_id,
        .attempt = attempt,
        .outcome = "running",
        .why = "",
        .result_key = "",
        .started_ns = 2 * VR_NS_PER_S,
    };
    check(vr_store_trial_add(store, &trial, &err));
    check(vr_store_log_add(
        store, trial.trial_id, 2 * VR_NS_PER_S + VR_NS_PER_MS, 5, "device",
        "a \x1b[31mlog\x1b[0m line", &err));
    trial.ended_ns = 4 * VR_NS_PER_S;
    trial.outcome = outcome;
    trial.firmware_name = "made-firmware";
    trial.firmware_version = "1.2.3";
    trial.firmware_git = "9c1e7d2";
    trial.device_id = "00a1f3";
    trial.device_clock = "host_ns";
    trial.device_clock_hz = VR_NS_PER_S;
    trial.samples_planned = RATE_HZ * BEAT_COUNT;
    trial.bytes_sent = 440000;
    trial.payload_bytes = 434000;
    trial.sample_bytes = 432000;
    trial.bytes_received = 30000;
    trial.frames_sent = 220;
    if (strcmp(outcome, "complete") == 0) {
        fill_complete(&trial, add_outputs(store, trial.trial_id, trial.started_ns, edit, digest));
        trial.output_digest = digest;
    } else {
        fill_broken(&trial);
    }
    check(vr_store_trial_end(store, &trial, &err));
}

/* "RECORD=OUTCOME[,EDIT[@NUMBER]]" */
static void add_word(struct vr_store *store, int64_t run_id, const char *word, int attempt)
{
    char *record = strdup(word), *outcome = record ? strchr(record, '=') : NULL;
    if (!outcome) {
        fprintf(stderr, "make_run: \"%s\" is not RECORD=OUTCOME\n", word);
        exit(EXIT_FAILURE);
    }
    *outcome++ = '\0';
    struct edit edit = {"", -1};
    char *comma = strchr(outcome, ',');
    if (comma && sscanf(comma, ",%15[a-z]@%d", edit.word, &edit.number) >= 1)
        *comma = '\0';
    add_trial(store, run_id, add_record(store, record, &edit), outcome, attempt, &edit);
    free(record);
}

/* How often the record of words[index] stands before it. */
static int attempt_of(char **words, int index)
{
    int attempt = 0;
    size_t size = strcspn(words[index], "=") + 1;
    for (int i = 0; i < index; i++)
        attempt += strncmp(words[i], words[index], size) == 0;
    return attempt;
}

int main(int argc, char **argv)
{
    static char default_word[] = "100=complete";
    char *default_words[] = {default_word};
    struct vr_store *store = NULL;
    const char *uid = "20261122T220004Z-made-5f3a09c2";
    if (argc > 3 && strncmp(argv[3], "uid=", 4) == 0) {
        uid = argv[3] + 4;
        argv[3] = argv[2]; /* the words begin one later */
        argv[2] = argv[1];
        argv++;
        argc--;
    }
    if (argc < 3) {
        fprintf(stderr, "usage: make_run FILE SCENARIO [uid=UID] [RECORD=OUTCOME]...\n");
        return EXIT_FAILURE;
    }
    char **words = argc > 3 ? argv + 3 : default_words;
    int word_count = argc > 3 ? argc - 3 : 1;

    check(vr_store_open(argv[1], VR_STORE_CREATE, &store, &err));
    int64_t run_id = add_run(store, argv[2], uid);
    for (int i = 0; i < word_count; i++)
        add_word(store, run_id, words[i], attempt_of(words, i));
    check(vr_store_run_end(store, run_id, UTC_NS + 5 * VR_NS_PER_S, "ended", &err));
    vr_store_close(store);
    return EXIT_SUCCESS;
}
