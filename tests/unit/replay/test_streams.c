#include "replay/streams.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "replay/truth.h"

/* --- support --------------------------------------------------------------------------------- */

static struct vr_scenario *scenario_with(const char *dataset_keys, const char *channels)
{
    char text[512];
    struct vr_scenario *scenario;
    struct vr_err err = {0};
    snprintf(
        text, sizeof text,
        "{\"format\": 1, \"name\": \"t\", \"dataset\": {\"path\": \"builtin:smoke\"%s}, %s "
        "\"algorithm\": \"echo\", \"score\": [{\"task\": \"latency\"}]}",
        dataset_keys, channels);
    cr_assert_eq(
        vr_scenario_parse(text, strlen(text), "t.json", ".", &scenario, &err), 0, "%s", err.text);
    return scenario;
}

static struct vr_dataset *open_record(const char *name)
{
    struct vr_dataset *dataset;
    struct vr_err err = {0};
    cr_assert_eq(
        vr_dataset_open("synth", "builtin:smoke", name, &dataset, &err), 0, "%s", err.text);
    return dataset;
}

static int init(
    struct vr_streams *streams, const struct vr_scenario *scenario, struct vr_dataset *dataset,
    struct vr_err *err)
{
    const struct vr_streams_setup setup = {
        .scenario = scenario, .dataset = dataset, .window = vr_streams_window(scenario)};
    return vr_streams_init(streams, &setup, err);
}

/* --- tests ----------------------------------------------------------------------------------- */

Test(streams, takes_the_first_signal_whole_by_default)
{
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario = scenario_with("", "");
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = open_record("sinus");
    _cleanup_(vr_streams_finish) struct vr_streams streams = {0};
    struct vr_err err = {0};
    cr_assert_eq(init(&streams, scenario, dataset, &err), 0, "%s", err.text);
    cr_expect_eq(streams.count, 1);
    cr_expect_eq(streams.items[0].wire.rate_num, 360);
    cr_expect_eq(streams.items[0].wire.lsb_nano, 5000, "200 LSB per mV");
    cr_expect_eq(streams.items[0].sample_count, 60 * 360);
    cr_expect_str_eq(streams.signal_names, "ECG");
}

Test(streams, cuts_the_window_and_counts_truth_from_its_start)
{
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario =
        scenario_with(", \"window\": {\"start_s\": 10, \"length_s\": 20}", "");
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = open_record("sinus");
    _cleanup_(vr_streams_finish) struct vr_streams streams = {0};
    _cleanup_(vr_truth_finish) struct vr_truth truth = {0};
    struct vr_err err = {0};
    cr_assert_eq(init(&streams, scenario, dataset, &err), 0, "%s", err.text);
    cr_expect_eq(streams.items[0].first, 3600);
    cr_expect_eq(streams.items[0].sample_count, 7200);

    cr_assert_eq(vr_truth_load(&truth, dataset, "atr", &streams, &err), 0, "%s", err.text);
    cr_expect(truth.found);
    cr_assert_gt(truth.count, 10);
    for (size_t i = 0; i < truth.count; i++)
        cr_expect(truth.rows[i].sample_index >= 0 && truth.rows[i].sample_index < 7200);
    cr_expect_lt(truth.count, truth.annotations.count);
    /* "(N" stands at the record's start; it holds when the window begins. */
    cr_expect_eq(truth.rows[0].sample_index, 0);
    cr_expect_eq(truth.rows[0].code, VR_CODE_RHYTHM);
}

Test(streams, centres_samples_on_the_physical_zero)
{
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario = scenario_with("", "");
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = open_record("sinus");
    _cleanup_(vr_streams_finish) struct vr_streams streams = {0};
    struct vr_err err = {0};
    int16_t samples[100];
    int32_t values[100];
    cr_assert_eq(init(&streams, scenario, dataset, &err), 0, "%s", err.text);
    struct vr_sample_source source = vr_streams_source(&streams);
    cr_assert_eq(source.read(source.context, 0, 500, 100, samples, &err), 0, "%s", err.text);
    cr_assert_eq(vr_dataset_read(dataset, 0, 500, 100, values, &err), 0, "%s", err.text);
    int32_t baseline = vr_dataset_record(dataset)->signals[0].baseline;
    for (int i = 0; i < 100; i++)
        cr_expect_eq(samples[i], values[i] - baseline, "sample %d", i);
}

Test(streams, names_the_signals_when_a_channel_is_not_there)
{
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario =
        scenario_with("", "\"channels\": [{\"signal\": \"V5\", \"as\": \"ecg\"}],");
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = open_record("sinus");
    _cleanup_(vr_streams_finish) struct vr_streams streams = {0};
    struct vr_err err = {0};
    cr_expect_eq(init(&streams, scenario, dataset, &err), -VR_ERR_INPUT);
    cr_expect(strstr(err.text, "t.json:1:"), "%s", err.text);
    cr_expect(strstr(err.text, "\"ECG\""), "%s", err.text);
}

Test(streams, joins_channels_of_one_meaning_and_rate)
{
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario = scenario_with(
        "", "\"channels\": [{\"index\": 0, \"as\": \"acc\"}, {\"index\": 0, \"as\": \"acc\"}, "
            "{\"index\": 0, \"as\": \"ecg\"}],");
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = open_record("sinus");
    _cleanup_(vr_streams_finish) struct vr_streams streams = {0};
    struct vr_err err = {0};
    int16_t samples[6];
    cr_assert_eq(init(&streams, scenario, dataset, &err), 0, "%s", err.text);
    cr_expect_eq(streams.count, 2);
    cr_expect_eq(streams.items[0].wire.channels, 2);
    struct vr_sample_source source = vr_streams_source(&streams);
    cr_assert_eq(source.read(source.context, 0, 0, 3, samples, &err), 0, "%s", err.text);
    for (int i = 0; i < 6; i += 2)
        cr_expect_eq(samples[i], samples[i + 1], "interleaved");
}

Test(streams, refuses_a_window_behind_the_end)
{
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario =
        scenario_with(", \"window\": {\"start_s\": 61}", "");
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = open_record("sinus");
    _cleanup_(vr_streams_finish) struct vr_streams streams = {0};
    struct vr_err err = {0};
    cr_expect_eq(init(&streams, scenario, dataset, &err), -VR_ERR_INPUT);
    cr_expect(strstr(err.text, "ends at 60.000 s"), "%s", err.text);
}

Test(streams, has_no_samples_where_a_channel_ends_before_its_window)
{
    enum { LENGTH = 60 * 360 };
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = open_record("sinus");
    _cleanup_(vr_stage_destroyp) struct vr_stage *chain = NULL;
    struct vr_err err = {0};
    double values[20];
    cr_assert_eq(vr_stage_record(&chain, dataset, 0, &err), 0, "%s", err.text);
    cr_assert_eq(vr_stage_window(&chain, LENGTH - 10, 20, &err), 0, "%s", err.text);
    cr_assert_eq(vr_stage_read(chain, 0, 20, values, &err), 0, "%s", err.text);
    for (int i = 0; i < 20; i++)
        cr_expect_eq(isnan(values[i]) != 0, i >= 10, "sample %d", i);
}

/* One second of EDF: 100 samples of -10 to 10 mV in 0 to 1000, so that zero is at 500; or at 500.5 of 0 to 1001. */
static void write_edf(const char *path, int digital_max, int value)
{
    FILE *file = fopen(path, "w");
    cr_assert(file);
    fprintf(
        file, "%-8s%-80s%-80s%-8s%-8s%-8d%-44s%-8d%-8d%-4d", "0", "X X X X", "Startdate X X X X",
        "01.01.26", "00.00.00", 512, "", 1, 1, 1);
    fprintf(
        file, "%-16s%-80s%-8s%-8s%-8s%-8d%-8d%-80s%-8d%-32s", "ECG", "", "mV", "-10", "10", 0,
        digital_max, "", 100, "");
    for (int i = 0; i < 100; i++)
        fwrite((const unsigned char[]){value & 0xff, value >> 8}, 1, 2, file);
    fclose(file);
}

Test(streams, counts_from_the_physical_zero_where_no_digital_value_is_it)
{
    static const struct {
        int digital_max, value;
        double expected;
    } rows[] = {{1000, 510, 10}, {1001, 510, 9.5}, {1001, 500, -0.5}};
    char path[] = "/tmp/vitalrig-XXXXXX";
    cr_assert(mkdtemp(path));
    char file[64];
    snprintf(file, sizeof file, "%s/r.edf", path);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
        _cleanup_(vr_stage_destroyp) struct vr_stage *chain = NULL;
        struct vr_err err = {0};
        double value;
        write_edf(file, rows[i].digital_max, rows[i].value);
        cr_assert_eq(vr_dataset_open("edf", path, "r", &dataset, &err), 0, "%s", err.text);
        cr_assert_eq(vr_stage_record(&chain, dataset, 0, &err), 0, "%s", err.text);
        cr_assert_eq(vr_stage_read(chain, 0, 1, &value, &err), 0, "%s", err.text);
        cr_expect_float_eq(value, rows[i].expected, 1e-9, "row %zu: %.12g", i, value);
    }
    unlink(file);
    rmdir(path);
}
