/* scenario: signal faults, sweeps, and what a channel says of the device's sensor. */
#include "base/cleanup.h"
#include "scenario/scenario.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* The members come in the second line. */
static int parse(const char *members, struct vr_scenario **ret_scenario, struct vr_err *err)
{
    char text[2048];
    snprintf(
        text, sizeof text,
        "{\"format\": 1, \"name\": \"n\", \"dataset\": {\"path\": \"d\", \"window\": "
        "{\"warmup_s\": "
        "30}}, \"algorithm\": \"a\", \"score\": [{\"task\": \"beats\"}],\n%s}",
        members);
    return vr_scenario_parse(text, strlen(text), "s.json", ".", ret_scenario, err);
}

static struct vr_scenario *must_parse(const char *members)
{
    struct vr_scenario *scenario;
    struct vr_err err = {0};
    cr_assert_eq(parse(members, &scenario, &err), 0, "%s", err.text);
    return scenario;
}

Test(scenario_fault, what_is_written_is_read)
{
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario = must_parse(
        "\"channels\": [{\"index\": 0, \"as\": \"ecg\", \"name\": \"chest\", \"rate_hz\": 62.5, "
        "\"gain\": 400, \"unit\": \"mV\", \"offset\": 2048, \"bits\": 12, \"saturate\": true}],"
        "\"sweep\": {\"snr_db\": [6, 0, -6.5]}, \"signal_faults\": ["
        "{\"kind\": \"noise\", \"snr_db\": \"sweep\", \"at_s\": 300, \"length_s\": 120, "
        "\"every_s\": 240,"
        " \"channels\": [0], \"source\": {\"path\": \"nstdb\", \"record\": \"em\", \"start_s\": "
        "0}},"
        "{\"kind\": \"lead_off\", \"length_s\": 2, \"to\": \"invalid\"},"
        "{\"kind\": \"clock_drift\", \"ppm\": -40},"
        "{\"kind\": \"duplicate\", \"samples\": 32, \"at_s\": 10, \"x-why\": 1}]");
    const struct vr_scenario_channel *channel = &scenario->channels[0];
    cr_expect_eq(scenario->dataset.warmup_s, 30);
    cr_expect_str_eq(channel->name, "chest");
    cr_expect_eq(channel->rate_hz, 62.5);
    cr_expect_eq(channel->gain, 400);
    cr_expect_str_eq(channel->unit, "mV");
    cr_expect_eq(channel->offset, 2048);
    cr_expect_eq(channel->bits, 12);
    cr_expect(channel->is_saturating);

    cr_expect_str_eq(scenario->sweep.parameter, "snr_db");
    cr_assert_eq(scenario->sweep.count, 3);
    cr_expect_eq(scenario->sweep.values[2], -6.5);

    cr_assert_eq(scenario->fault_count, 4);
    const struct vr_scenario_fault *noise = &scenario->faults[0];
    cr_expect_eq(noise->kind, VR_FAULT_NOISE);
    cr_expect(noise->is_swept);
    cr_expect_str_eq(noise->parameter, "snr_db");
    cr_expect_eq(noise->channels, 1);
    cr_expect_eq(noise->at_s, 300);
    cr_expect_eq(noise->length_s, 120);
    cr_expect_eq(noise->every_s, 240);
    cr_expect_str_eq(noise->source.record, "em");
    cr_expect_eq(noise->source.signal, -1);
    cr_expect_eq(noise->source.start_s, 0);
    cr_expect_eq(scenario->faults[1].to, VR_FAULT_TO_INVALID);
    cr_expect_null(scenario->faults[1].parameter);
    cr_expect_eq(scenario->faults[2].value, -40);
    cr_expect_eq(scenario->faults[3].samples, 32);
}

Test(scenario_fault, nothing_is_done_by_default)
{
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario = must_parse("\"x-a\": 1");
    cr_expect_eq(scenario->fault_count, 0);
    cr_expect_null(scenario->sweep.parameter);
    cr_expect_eq(scenario->channels[0].bits, 16);
    cr_expect_eq(scenario->channels[0].rate_hz, 0);
}

#define FAULT(keys) "\"signal_faults\": [{" keys "}]"

Test(scenario_fault, what_does_not_belong_together_is_refused_with_its_place)
{
    static const struct {
        const char *members, *message;
    } rows[] = {
        {FAULT("\"kind\": \"noise\", \"snr_db\": 6"),
         "s.json:2:19: signal_faults[0]: give either \"noise\" (a generator) or "
         "\"source\""},
        {FAULT("\"kind\": \"noise\", \"noise\": \"pink\""),
         "s.json:2:19: signal_faults[0]: the kind \"noise\" needs one of: snr_db rms"},
        {FAULT("\"kind\": \"noise\", \"noise\": \"pink\", \"snr_db\": 6, \"rms\": 1, "
               "\"unit\": \"mV\""),
         "s.json:2:19: signal_faults[0]: give either \"snr_db\" or \"rms\""},
        {FAULT("\"kind\": \"noise\", \"noise\": \"pink\", \"rms\": 1"),
         "s.json:2:19: signal_faults[0]: \"rms\" needs its \"unit\""},
        {FAULT("\"kind\": \"noise\", \"noise\": \"pink\", \"snr_db\": 1, \"unit\": \"mV\""),
         "s.json:2:19: signal_faults[0]: \"snr_db\" has no \"unit\""},
        {FAULT("\"kind\": \"gap\", \"length_s\": 1, \"ppm\": 3"),
         "s.json:2:50: signal_faults[0]: \"ppm\" means nothing to the kind \"gap\"; it "
         "takes: "
         "at_s length_s every_s"},
        {FAULT("\"kind\": \"clock_drift\", \"ppm\": 3, \"at_s\": 5"),
         "s.json:2:53: signal_faults[0]: \"at_s\""},
        {FAULT("\"kind\": \"gap\""), "s.json:2:19: signal_faults[0]: a \"gap\" needs \"length_s\""},
        {FAULT("\"kind\": \"nan\", \"probability\": 0.1, \"every_s\": 2"),
         "s.json:2:19: signal_faults[0]: what comes again needs \"length_s\""},
        {FAULT("\"kind\": \"gap\", \"length_s\": 3, \"every_s\": 2"),
         "s.json:2:61: signal_faults[0]: it comes again before it has ended"},
        {FAULT("\"kind\": \"gap\", \"length_s\": 3, \"channels\": [1]"),
         "s.json:2:63: signal_faults[0].channels[0]: there are 1 channels, counted from 0"},
        {FAULT("\"kind\": \"duplicate\""),
         "s.json:2:19: signal_faults[0]: the kind \"duplicate\" needs one of: samples"},
        {FAULT("\"kind\": \"clock_drift\", \"ppm\": \"sweep\""),
         "s.json:2:50: signal_faults[0].ppm: there is no \"sweep\" of ppm"},
        {FAULT("\"kind\": \"clock_drift\", \"ppm\": 5") ", \"sweep\": {\"ppm\": [1]}",
         "s.json:2:64: sweep: no signal fault says \"ppm\": \"sweep\""},
        {FAULT("\"kind\": \"nan\", \"probability\": \"sweep\"") ", \"sweep\": "
                                                                "{\"probability\": [0.5, "
                                                                "1.5]}",
         "s.json:2:92: sweep.probability[1]: not at least 0 and at most 1"},
        {FAULT("\"kind\": \"noise\", \"noise\": \"pink\", \"unit\": \"mV\", \"rms\": "
               "\"sweep\"") ", \"sweep\": {\"rms\": [0]}",
         "s.json:2:104: sweep.rms[0]: not above 0 and at most 1e+09"},
        {FAULT("\"kind\": \"clock_drift\", \"ppm\": \"sweep\"") ", \"sweep\": {\"ppm\": [6, "
                                                                "6.00000000001]}",
         "s.json:2:82: sweep.ppm[1]: to ten digits this is value 0 again; remove one"},
        {"\"sweep\": {\"ppm\": [1], \"level\": [2]}",
         "s.json:2:10: sweep: one parameter is swept, not several"},
        {"\"channels\": [{\"index\": 0, \"as\": \"ecg\", \"gain\": 200}]",
         "s.json:2:14: channels[0]: \"gain\" and \"unit\" belong together"},
        {"\"channels\": [{\"index\": 0, \"as\": \"ecg\", \"bits\": 17}]",
         "s.json:2:48: channels[0].bits: 17 is above the maximum 16"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vr_scenario *scenario = NULL;
        struct vr_err err = {0};
        cr_expect_eq(parse(rows[i].members, &scenario, &err), -VR_ERR_INPUT, "row %zu", i);
        cr_expect_eq(
            strncmp(err.text, rows[i].message, strlen(rows[i].message)), 0,
            "row %zu\n  said: %s\n  want: %s", i, err.text, rows[i].message);
        cr_expect_null(scenario);
    }
}
