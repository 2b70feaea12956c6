/* scenario/scenario: defaults, places, what is refused and with which words, and the files that are shipped. */
#include "base/cleanup.h"
#include "scenario/scenario.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct vr_scenario *scenario;

static void destroy(void)
{
    vr_scenario_destroy(scenario);
    scenario = NULL;
}

TestSuite(scenario, .fini = destroy);

static int parse(const char *text, struct vr_err *err)
{
    destroy();
    *err = (struct vr_err){0};
    return vr_scenario_parse(text, strlen(text), "s.json", "dir", &scenario, err);
}

static void must_parse(const char *text)
{
    struct vr_err err;
    cr_assert_eq(parse(text, &err), 0, "%s", err.text);
}

static const char minimal[] = "{\"format\": 1, \"name\": \"n\", \"dataset\": {\"path\": \"d\"},\n"
                              " \"algorithm\": \"echo\", \"score\": [{\"task\": \"beats\"}]}";

Test(scenario, what_is_absent_has_its_default)
{
    must_parse(minimal);
    cr_assert_str_eq(scenario->file, "s.json");
    cr_assert_str_eq(scenario->name, "n");
    cr_assert_str_eq(scenario->description, "");
    cr_assert_eq(scenario->tag_count, 0);
    cr_assert_str_eq(scenario->dataset.path, "d");
    cr_assert_str_eq(scenario->dataset.kind, "auto");
    cr_assert_str_eq(scenario->dataset.annotator, "atr");
    cr_assert_eq(scenario->dataset.record_count, 0);
    cr_assert_eq(scenario->dataset.exclude_count, 0);
    cr_assert_eq(scenario->dataset.window_start_s, 0);
    cr_assert_eq(scenario->dataset.window_length_s, 0);
    cr_assert_eq(scenario->channel_count, 1);
    cr_assert_null(scenario->channels[0].signal);
    cr_assert_eq(scenario->channels[0].index, 0);
    cr_assert_eq(scenario->channels[0].kind, WIRE_STREAM_ECG);
    cr_assert_str_eq(scenario->algorithm, "echo");
    cr_assert_str_eq(scenario->dut, "sim");
    cr_assert_eq(scenario->replay.mode, WIRE_MODE_MAX);
    cr_assert_eq(scenario->replay.speed, 0);
    cr_assert_eq(scenario->replay.repeat, 1);
    cr_assert_eq(scenario->replay.seed, 0);
    cr_assert_eq(scenario->replay.frame_size, 1028);
    cr_assert_eq(scenario->replay.retries, 0);
    cr_assert_eq(scenario->score_count, 1);
    cr_assert_eq(scenario->scores[0].from_s, 300);
    cr_assert_eq(scenario->scores[0].window_ms, 150);
    cr_assert_eq(scenario->gate_count, 0);
    cr_assert_eq(scenario->timeout_s, 0);
}

Test(scenario, what_is_written_is_read)
{
    must_parse(
        "{\"$schema\": \"x\", \"format\": 1, \"name\": \"full-1.0_a\", \"description\": \"why\",\n"
        " \"tags\": [\"a\", \"b\"], \"x-note\": {\"free\": [1]},\n"
        " \"dataset\": {\"path\": \"../d\", \"kind\": \"wfdb\", \"records\": [\"1*\", \"200\"],\n"
        "   \"exclude\": [\"102\"], \"annotator\": \"qrs\",\n"
        "   \"window\": {\"start_s\": 1.5, \"length_s\": 60}, \"x-source\": 1},\n"
        " \"channels\": [{\"signal\": \"MLII\", \"as\": \"ecg\"}, {\"index\": 3, \"as\": "
        "\"other\"}],\n"
        " \"algorithm\": \"ecg_qrs\", \"dut\": \"band-a\",\n"
        " \"replay\": {\"speed\": 0.5, \"repeat\": 3, \"seed\": 9007199254740991,\n"
        "   \"frame_size\": 64, \"retries\": 5},\n"
        " \"score\": [{\"task\": \"latency\"}, {\"task\": \"beats\", \"from_s\": 0, \"window_ms\": "
        "75.5}],\n"
        " \"gates\": [{\"metric\": \"beats.qrs_ppv_pct\", \"min\": 99, \"max\": 99},\n"
        "   {\"metric\": \"beats.qrs_ppv_pct\", \"max\": -1e-3, \"scope\": \"100\"}],\n"
        " \"timeout_s\": 0.25}\n");
    cr_assert_str_eq(scenario->name, "full-1.0_a");
    cr_assert_str_eq(scenario->description, "why");
    cr_assert_eq(scenario->tag_count, 2);
    cr_assert_str_eq(scenario->tags[1], "b");
    cr_assert_str_eq(scenario->dataset.kind, "wfdb");
    cr_assert_eq(scenario->dataset.record_count, 2);
    cr_assert_str_eq(scenario->dataset.records[0], "1*");
    cr_assert_eq(scenario->dataset.exclude_count, 1);
    cr_assert_str_eq(scenario->dataset.exclude[0], "102");
    cr_assert_str_eq(scenario->dataset.annotator, "qrs");
    cr_assert_eq(scenario->dataset.window_start_s, 1.5);
    cr_assert_eq(scenario->dataset.window_length_s, 60);
    cr_assert_eq(scenario->channel_count, 2);
    cr_assert_str_eq(scenario->channels[0].signal, "MLII");
    cr_assert_null(scenario->channels[1].signal);
    cr_assert_eq(scenario->channels[1].index, 3);
    cr_assert_eq(scenario->channels[1].kind, WIRE_STREAM_OTHER);
    cr_assert_str_eq(scenario->dut, "band-a");
    cr_assert_eq(scenario->replay.mode, WIRE_MODE_PACED);
    cr_assert_eq(scenario->replay.speed, 0.5);
    cr_assert_eq(scenario->replay.repeat, 3);
    cr_assert_eq(scenario->replay.seed, UINT64_C(9007199254740991));
    cr_assert_eq(scenario->replay.frame_size, 64);
    cr_assert_eq(scenario->replay.retries, 5);
    cr_assert_str_eq(scenario->scores[0].task, "latency");
    cr_assert_eq(scenario->scores[0].from_s, 0);
    cr_assert_eq(scenario->scores[1].from_s, 0);
    cr_assert_eq(scenario->scores[1].window_ms, 75.5);
    cr_assert_eq(scenario->gate_count, 2);
    cr_assert_str_eq(scenario->gates[0].scope, "gross");
    cr_assert(scenario->gates[0].has_min && scenario->gates[0].has_max);
    cr_assert_eq(scenario->gates[0].min, 99);
    cr_assert(!scenario->gates[1].has_min && scenario->gates[1].has_max);
    cr_assert_eq(scenario->gates[1].max, -1e-3);
    cr_assert_str_eq(scenario->gates[1].scope, "100");
    cr_assert_eq(scenario->timeout_s, 0.25);

    cr_assert_eq(scenario->dataset.path_place.line, 3);
    cr_assert_eq(scenario->dataset.path_place.column, 22);
    cr_assert_eq(scenario->gates[1].place.line, 12);
    cr_assert_eq(scenario->gates[1].place.column, 4);
    cr_assert_eq(scenario->channels[0].place.line, 6);
    cr_assert_eq(scenario->scores[1].place.column, 33);
}

Test(scenario, every_word_of_as_is_a_kind_of_stream)
{
    static const struct {
        const char *word;
        enum wire_stream_kind kind;
    } rows[] = {
        {"ecg", WIRE_STREAM_ECG},     {"ppg", WIRE_STREAM_PPG}, {"acc", WIRE_STREAM_ACC},
        {"resp", WIRE_STREAM_RESP},   {"eda", WIRE_STREAM_EDA}, {"temp", WIRE_STREAM_TEMP},
        {"other", WIRE_STREAM_OTHER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[512];
        snprintf(
            text, sizeof text, "%.*s, \"channels\": [{\"index\": 0, \"as\": \"%s\"}]}",
            (int)sizeof minimal - 2, minimal, rows[i].word);
        must_parse(text);
        cr_assert_eq(scenario->channels[0].kind, rows[i].kind, "%s", rows[i].word);
    }
}

/* The minimal scenario with `members` more (or instead, where a key comes again) in a second line. */
#define WITH(members) \
    "{\"format\": 1, \"name\": \"n\", \"dataset\": {\"path\": \"d\"}, \"algorithm\": " \
    "\"a\",\n" members "}"
#define BEATS "\"score\": [{\"task\": \"beats\"}]"

static const struct {
    const char *text, *message;
} faults[] = {
    {"", "s.json:1:1: the file is empty"},
    {"[]", "s.json:1:1: an array is not an object {...}"},
    {"{}", "s.json:1:1: the key \"format\" is missing"},
    {"{\"format\": 2}", "s.json:1:1: the key \"name\" is missing"},
    {WITH(""), "s.json:1:70: ',' before '}'; remove the comma"},
    {WITH(BEATS ", \"format\": 1"),
     "s.json:2:31: the key \"format\" is there twice, first in line 1"},
    {WITH("\"scores\": []"), "s.json:2:1: unknown key \"scores\"; did you mean \"score\"?"},
    {WITH(BEATS ", \"gate\": []"), "s.json:2:31: unknown key \"gate\"; did you mean \"gates\"?"},
    {WITH(BEATS ", \"power\": 1"),
     "s.json:2:31: unknown key \"power\"; known here: $schema, format"},
    {"{\"format\": 2, \"name\": \"n\", \"dataset\": {\"path\": \"d\"}, \"algorithm\": "
     "\"a\", " BEATS "}",
     "s.json:1:12: format: 2 is not 1"},
    {"{\"format\": 1, \"name\": \"N n\", \"dataset\": {\"path\": \"d\"}, \"algorithm\": "
     "\"a\", " BEATS "}",
     "s.json:1:23: name: \"N n\" does not match ^[a-z0-9][a-z0-9._-]{0,63}$: lower-case "
     "letters"},
    {"{\"format\": 1, \"name\": \"n\", \"dataset\": {\"path\": \"\"}, \"algorithm\": "
     "\"a\", " BEATS "}",
     "s.json:1:48: dataset.path: 0 characters; at least 1 needed"},
    {"{\"format\": 1, \"name\": \"n\", \"dataset\": {}, \"algorithm\": \"a\", " BEATS "}",
     "s.json:1:39: dataset: the key \"path\" is missing"},
    {"{\"format\": 1, \"name\": \"n\", \"dataset\": {\"path\": \"d\", \"kind\": \"wfbd\"}, "
     "\"algorithm\": \"a\", " BEATS "}",
     "s.json:1:61: dataset.kind: \"wfbd\" is not one of \"auto\", \"wfdb\", \"edf\", \"ishne\", "
     "\"mat\", \"csv\", \"synth\"; did you "
     "mean \"wfdb\"?"},
    {"{\"format\": 1, \"name\": \"n\", \"dataset\": {\"path\": \"builtin:x\", \"kind\": "
     "\"wfdb\"}, \"algorithm\": \"a\", " BEATS "}",
     "s.json:1:69: dataset.kind: built-in datasets are synth"},
    {"{\"format\": 1, \"name\": \"n\", \"dataset\": {\"path\": \"~/d\"}, \"algorithm\": "
     "\"a\", " BEATS "}",
     "s.json:1:48: dataset.path: ~ is left to shells; write ${HOME}/d"},
    {WITH(BEATS ", \"replay\": {\"speed\": 0}"),
     "s.json:2:51: replay.speed: 0 is not above 0, or 0 is not one of \"max\", \"silent\""},
    {WITH(BEATS ", \"replay\": {\"speed\": \"fast\"}"),
     "s.json:2:51: replay.speed: \"fast\" is not a number, or \"fast\" is not one of \"max\", "
     "\"silent\""},
    {WITH(BEATS ", \"replay\": {\"speed\": 1001}"),
     "s.json:2:51: replay.speed: 1001 is above the maximum 1000"},
    {WITH(BEATS ", \"replay\": {\"repeat\": 0}"),
     "s.json:2:52: replay.repeat: 0 is below the minimum 1"},
    {WITH(BEATS ", \"replay\": {\"repeat\": 1.5}"),
     "s.json:2:52: replay.repeat: 1.5 is not a whole number"},
    {WITH(BEATS ", \"replay\": {\"seed\": -1}"),
     "s.json:2:50: replay.seed: -1 is below the minimum 0"},
    {WITH(BEATS ", \"replay\": {\"seed\": 9007199254740993}"),
     "s.json:2:50: replay.seed: 9007199254740993 is above the maximum 9007199254740991"},
    {WITH(BEATS ", \"replay\": {\"frame_size\": 63}"),
     "s.json:2:56: replay.frame_size: 63 is below the minimum 64"},
    {WITH(BEATS ", \"replay\": {\"frame_size\": 4097}"),
     "s.json:2:56: replay.frame_size: 4097 is above the maximum 4096"},
    {WITH(BEATS ", \"replay\": {\"retries\": 6}"),
     "s.json:2:53: replay.retries: 6 is above the maximum 5"},
    {WITH(BEATS ", \"channels\": []"), "s.json:2:43: channels: 0 items; at least 1 needed"},
    {WITH(BEATS ", \"channels\": [{\"as\": \"ecg\"}]"),
     "s.json:2:44: channels[0]: give either \"signal\" (a name) or \"index\" (a number)"},
    {WITH(BEATS ", \"channels\": [{\"as\": \"ecg\", \"index\": 0, \"signal\": \"II\"}]"),
     "s.json:2:44: channels[0]: give either \"signal\""},
    {WITH(BEATS ", \"channels\": [{\"as\": \"ekg\", \"index\": 0}]"),
     "s.json:2:51: channels[0].as: \"ekg\" is not one of \"ecg\", \"ppg\", \"acc\", \"resp\", "
     "\"eda\", \"temp\", \"other\"; did you mean \"ecg\"?"},
    {WITH(BEATS ", \"channels\": [1,2,3,4,5]"),
     "s.json:2:43: channels: 5 items; at most 4 allowed"},
    {WITH("\"score\": []"), "s.json:2:10: score: 0 items; at least 1 needed"},
    {WITH("\"score\": [{\"task\": \"beat\"}]"),
     "s.json:2:20: score[0].task: \"beat\" is not one of \"beats\", \"runs\", \"episodes\", "
     "\"measures\", \"rate\", \"labels\", \"stages\", \"delay\", \"latency\", \"energy\"; did "
     "you mean "
     "\"beats\"?"},
    {WITH("\"score\": [{\"task\": \"beats\", \"window_ms\": 0}]"),
     "s.json:2:42: score[0].window_ms: 0 is not above 0"},
    {WITH("\"score\": [{\"task\": \"beats\", \"from_s\": -1}]"),
     "s.json:2:39: score[0].from_s: -1 is below the minimum 0"},
    {WITH("\"score\": [{\"task\": \"beats\"}, {\"task\": \"beats\", \"from_s\": 1}]"),
     "s.json:2:30: score[1]: the task beats is already score[0]"},
    {WITH(BEATS ", \"gates\": [{\"metric\": \"beats.x\"}]"),
     "s.json:2:41: gates[0]: the key \"min\" is missing, or the key \"max\" is missing"},
    {WITH(BEATS ", \"gates\": [{\"metric\": \"x\", \"min\": 1}]"),
     "s.json:2:52: gates[0].metric: \"x\" does not match ^[a-z0-9_]+\\.[a-z0-9_]+$: task.name, "
     "such as"},
    {WITH(BEATS ", \"gates\": [{\"metric\": \"a.b\", \"min\": \"1\"}]"),
     "s.json:2:66: gates[0].min: \"1\" is not a number"},
    {WITH(BEATS ", \"gates\": [{\"metric\": \"a.b\", \"min\": 2, \"max\": 1.5}]"),
     "s.json:2:41: gates[0]: min 2 is above max 1.5; nothing can pass"},
    {WITH(BEATS ", \"gates\": [{\"metric\": \"a.b\", \"min\": 1},\n{\"metric\": \"a.b\", "
                "\"max\": 2}]"),
     "s.json:3:1: gates[1]: a.b is already gates[0] in the same scope; keep one"},
    {WITH(BEATS ", \"gates\": [{\"metric\": \"a.b\", \"max\": 1e400}]"),
     "s.json:2:66: the number 1e400 is beyond the range of a double"},
    {WITH(BEATS ", \"gates\": [{\"metric\": \"a.b\", \"min\": 2, \"max_increase\": 1}]"),
     "s.json:2:41: gates[0]: min is a limit of the value, and the others are of a change; make two "
     "gates"},
    {WITH(BEATS ", \"gates\": [{\"metric\": \"a.b\", \"max_increase\": -1}]"),
     "s.json:2:75: gates[0].max_increase: -1 is below the minimum 0"},
    {WITH(BEATS ", \"gates\": [{\"metric\": \"a.b\", \"min\": 2, \"against\": \"previous\"}]"),
     "s.json:2:80: gates[0]: \"against\" without max_increase, max_decrease"},
    {WITH(BEATS ", \"gates\": [{\"metric\": \"a.b\", \"max_decrease\": 2, \"against\": \"main\"}]"),
     "s.json:2:89: gates[0].against: \"main\" does not match"},
    {WITH(BEATS ", \"gates\": [{\"metric\": \"a.b\", \"max_decrease\": 2, \"scope\": \"each\", "
                "\"confidence\": 0.9}]"),
     "s.json:2:109: gates[0]: \"confidence\" has no meaning in the scope \"each\""},
    {WITH(BEATS ", \"gates\": [{\"metric\": \"a.b\", \"max_decrease\": 2, \"method\": \"point\", "
                "\"resamples\": 2000}]"),
     "s.json:2:110: gates[0]: \"resamples\" is of an interval, and with the method \"point\" there "
     "is none"},
    {WITH(BEATS ", \"gates\": [{\"metric\": \"a.b\", \"min\": 2, \"by\": \"subject\"}]"),
     "s.json:2:75: gates[0]: \"by\" is of an interval: give \"confidence\" too"},
    {WITH(BEATS ", \"gates\": [{\"metric\": \"a.b\", \"max_decrease\": 2, \"scope\": "
                "\"subject_average\", \"by\": \"record\"}]"),
     "s.json:2:112: gates[0]: subject_average is by subject"},
    {WITH(BEATS ", \"timeout_s\": 0"), "s.json:2:44: timeout_s: 0 is not above 0"},
    {WITH(BEATS ", \"tags\": [\"a\", \"b\", \"a\"]"), "s.json:2:50: tags[2]: \"a\" is there twice"},
};

Test(scenario, faults_are_refused_with_place_and_reason)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct vr_err err;
        int r = parse(faults[i].text, &err);
        cr_assert_eq(r, -VR_ERR_INPUT, "row %zu: %d %s", i, r, faults[i].text);
        cr_assert_null(scenario);
        cr_expect_eq(
            strncmp(err.text, faults[i].message, strlen(faults[i].message)), 0,
            "row %zu\n  said: %s\n  want: %s", i, err.text, faults[i].message);
    }
}

Test(scenario, the_same_metric_may_be_gated_in_two_scopes)
{
    must_parse(WITH(BEATS ", \"gates\": [{\"metric\": \"a.b\", \"min\": 1},"
                          " {\"metric\": \"a.b\", \"min\": 1, \"scope\": \"each\"}]"));
    cr_assert_eq(scenario->gate_count, 2);
}

Test(scenario, gates_against_a_baseline_have_their_defaults)
{
    must_parse(WITH(BEATS
                    ", \"gates\": [{\"metric\": \"a.b\", \"max_decrease\": 0.2, \"against\": "
                    "\"baseline:main\"}, {\"metric\": \"a.b\", \"max_increase_pct\": 3, \"scope\": "
                    "\"each_subject\", \"level\": \"warn\"}, {\"metric\": \"a.b\", \"min\": 1, "
                    "\"confidence\": 0.9, \"by\": \"record\", \"method\": \"percentile\", "
                    "\"resamples\": 5000}]"));
    const struct vr_scenario_gate *gate = scenario->gates;
    cr_assert_eq(scenario->gate_count, 3);
    cr_expect(vr_gate_is_relative(&gate[0]) && gate[0].has_change[VR_GATE_MAX_DECREASE]);
    cr_expect_eq(gate[0].changes[VR_GATE_MAX_DECREASE], 0.2);
    cr_expect_str_eq(gate[0].against, "baseline:main");
    cr_expect_eq(gate[0].confidence, 0.95);
    cr_expect_eq(gate[0].resamples, 2000);
    cr_expect(
        gate[0].method == VR_GATE_BCA && gate[0].by == VR_GATE_BY_KNOWN && !gate[0].is_warning);
    cr_expect(gate[1].is_warning && gate[1].confidence == 0 && gate[1].against == NULL);
    cr_expect(!vr_gate_is_relative(&gate[2]) && gate[2].confidence == 0.9);
    cr_expect(gate[2].method == VR_GATE_PERCENTILE && gate[2].by == VR_GATE_BY_RECORD);
    cr_expect_eq(gate[2].resamples, 5000);
}

Test(scenario, text_and_digest_are_those_of_the_file)
{
    char hex[VR_DIGEST_HEX_SIZE];
    must_parse(minimal);
    vr_digest_bytes(minimal, strlen(minimal), hex);
    cr_assert_str_eq(scenario->text, minimal);
    cr_assert_eq(scenario->text_size, strlen(minimal));
    cr_assert_str_eq(scenario->sha256, hex);
}

/* -- where the dataset lies -- */

static void assert_path(const char *written, const char *expected)
{
    char text[512];
    snprintf(
        text, sizeof text,
        "{\"format\": 1, \"name\": \"n\", \"algorithm\": \"a\", " BEATS
        ", \"dataset\": {\"path\": \"%s\"}}",
        written);
    must_parse(text);
    _cleanup_free_ char *path = NULL;
    struct vr_err err = {0};
    cr_assert_eq(vr_scenario_dataset_path(scenario, &path, &err), 0, "%s", err.text);
    cr_assert_str_eq(path, expected);
}

Test(scenario, the_datasets_path_is_expanded_and_relative_to_the_file)
{
    setenv("VITALRIG_DATA", "/data", 1);
    setenv("BENCH", "bench-2", 1);
    assert_path("${VITALRIG_DATA}/mitdb", "/data/mitdb");
    assert_path("../${BENCH}/mitdb", "dir/../bench-2/mitdb");
    assert_path("/abs", "/abs");
    assert_path("builtin:smoke", "builtin:smoke");
}

Test(scenario, an_unset_variable_is_told_with_its_place_and_only_when_it_is_needed)
{
    unsetenv("NOT_SET");
    must_parse("{\"format\": 1, \"name\": \"n\", \"algorithm\": \"a\", " BEATS ",\n"
               " \"dataset\": {\"path\": \"${NOT_SET}/x\"}}");
    char *path = NULL;
    struct vr_err err;
    cr_assert_eq(vr_scenario_dataset_path(scenario, &path, &err), -VR_ERR_INPUT);
    cr_assert_str_eq(
        err.text, "s.json:2:22: dataset.path: the environment variable NOT_SET is not set; "
                  "set it, or write the path");
    cr_assert_null(path);
}

/* -- files -- */

Test(scenario, load_reads_a_file_and_its_folder)
{
    char folder[] = "/tmp/vitalrig-scenario-XXXXXX", file[64], expected[64];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/a.json", folder);
    snprintf(expected, sizeof expected, "%s/d", folder);
    FILE *out = fopen(file, "w");
    fputs(minimal, out);
    fclose(out);

    struct vr_err err = {0};
    cr_assert_eq(vr_scenario_load(file, &scenario, &err), 0, "%s", err.text);
    cr_assert_str_eq(scenario->file, file);
    _cleanup_free_ char *path = NULL;
    cr_assert_eq(vr_scenario_dataset_path(scenario, &path, &err), 0);
    cr_assert_str_eq(path, expected);
    unlink(file);
    cr_assert_eq(vr_scenario_load(file, &scenario, &err), -VR_ERR_NOT_FOUND);
    rmdir(folder);
}

Test(scenario, the_built_in_one_is_the_file_that_is_shipped)
{
    struct vr_err err = {0};
    cr_assert_eq(
        vr_scenario_parse(
            vr_scenario_smoke, strlen(vr_scenario_smoke), VR_SCENARIO_SMOKE_NAME, ".", &scenario,
            &err),
        0, "%s", err.text);
    struct vr_scenario *file = NULL;
    cr_assert_eq(vr_scenario_load(VR_SCENARIOS "/smoke.json", &file, &err), 0, "%s", err.text);
    cr_assert_str_eq(scenario->sha256, file->sha256);
    cr_assert_str_eq(scenario->dataset.path, "builtin:smoke");
    cr_assert_eq(scenario->scores[0].from_s, 5);
    vr_scenario_destroy(file);
}

Test(scenario, every_shipped_file_is_valid_and_named_like_its_file)
{
    DIR *folder = opendir(VR_SCENARIOS);
    cr_assert_not_null(folder);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        const char *dot = strrchr(entry->d_name, '.');
        if (!dot || strcmp(dot, ".json") != 0)
            continue;
        char path[1024];
        struct vr_err err = {0};
        snprintf(path, sizeof path, VR_SCENARIOS "/%s", entry->d_name);
        destroy();
        cr_assert_eq(vr_scenario_load(path, &scenario, &err), 0, "%s", err.text);
        cr_assert_eq(strlen(scenario->name), (size_t)(dot - entry->d_name), "%s", path);
        cr_assert_eq(strncmp(scenario->name, entry->d_name, strlen(scenario->name)), 0, "%s", path);
        count++;
    }
    closedir(folder);
    cr_assert_geq(count, 3);
}
