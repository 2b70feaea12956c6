/* scenario/campaign: what a file says, what it cannot say, and what a variant makes of a scenario. */
#include "base/cleanup.h"
#include "scenario/campaign.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static int parse(const char *text, struct vr_campaign **ret_campaign, struct vr_err *err)
{
    *ret_campaign = NULL;
    return vr_campaign_parse(text, strlen(text), "c.json", VR_SCENARIOS, ret_campaign, err);
}

static struct vr_campaign *read_good(const char *text)
{
    struct vr_campaign *campaign;
    struct vr_err err = {0};
    cr_assert_eq(parse(text, &campaign, &err), 0, "%s", err.text);
    return campaign;
}

#define HEAD "{\"format\": 1, \"name\": \"nightly\", \"scenarios\": [\"smoke.json\"]"

Test(campaign, says_little_and_leaves_the_rest_to_scenarios_and_rig)
{
    _cleanup_(vr_campaign_destroyp) struct vr_campaign *campaign = read_good(HEAD "}");
    cr_expect_str_eq(campaign->name, "nightly");
    cr_expect_eq(campaign->scenario_count, 1);
    cr_expect_str_eq(campaign->scenarios[0].path, VR_SCENARIOS "/smoke.json");
    cr_expect_null(campaign->records);
    cr_expect_eq(campaign->dut_count, 0);
    cr_expect_eq(campaign->firmware_count, 0);
    cr_expect_eq(campaign->variant_count, 1);
    cr_expect_null(campaign->variants[0].patch);
    cr_expect_eq(campaign->repeat, 0);
    cr_expect_not(campaign->has_seed);
    cr_expect_eq(campaign->batch_s, 900);
}

Test(campaign, says_everything)
{
    setenv("VR_TEST_BUILDS", "/builds", 1);
    _cleanup_(vr_campaign_destroyp) struct vr_campaign *campaign = read_good(
        HEAD ", \"records\": [\"1*\", \"203\"], \"duts\": [\"band\", \"patch-b\"], "
             "\"firmware\": [{\"name\": \"main\", \"path\": \"fw.elf\"}, {\"name\": \"next\", "
             "\"path\": \"${VR_TEST_BUILDS}/fw.elf\"}], "
             "\"variants\": [{\"name\": \"as-is\", \"patch\": {}}, {\"name\": \"fast\", \"patch\": "
             "{\"replay\": {\"speed\": 8}}}], \"repeat\": 3, \"seed\": 0, \"priority\": -5, "
             "\"tags\": [\"n\"], \"batch_s\": 60, \"x-note\": []}");
    cr_expect_str_eq(campaign->records, "1*,203");
    cr_expect_eq(campaign->dut_count, 2);
    cr_expect_str_eq(campaign->duts[1], "patch-b");
    cr_expect_str_eq(campaign->firmware[0].path, VR_SCENARIOS "/fw.elf");
    cr_expect_str_eq(campaign->firmware[1].path, "/builds/fw.elf");
    cr_expect_null(campaign->variants[0].patch, "an empty patch is none");
    cr_expect_str_eq(campaign->variants[1].name, "fast");
    cr_expect_not_null(campaign->variants[1].patch);
    cr_expect_eq(campaign->repeat, 3);
    cr_expect(campaign->has_seed && campaign->seed == 0);
    cr_expect_eq(campaign->priority, -5);
    cr_expect_eq(campaign->tag_count, 1);
    cr_expect_eq(campaign->batch_s, 60);
}

Test(campaign, refuses_with_the_place_and_the_reason)
{
    static const struct {
        const char *text, *place, *reason;
    } cases[] = {
        {"{\"format\": 1, \"name\": \"n\"}", "c.json:1:1", "scenarios"},
        {"{\"format\": 1, \"name\": \"n\", \"scenarios\": []}", "c.json:1:41", "scenarios"},
        {HEAD ", \"sceanrios\": []}", "c.json:1:63", "sceanrios"},
        {HEAD ", \"records\": [\"a,b\"]}", "c.json:1:75", "records[0]"},
        {HEAD ", \"duts\": [\"-x\"]}", "c.json:1:72", "duts[0]"},
        {HEAD ", \"repeat\": 0}", "c.json:1:73", "repeat"},
        {HEAD ", \"repeat\": 1.5}", "c.json:1:73", "repeat"},
        {HEAD ", \"batch_s\": 0}", "c.json:1:74", "batch_s"},
        {HEAD ", \"variants\": [{\"name\": \"v\", \"patch\": null}]}", "c.json:1:99", "patch"},
        {HEAD
         ", \"variants\": [{\"name\": \"v\", \"patch\": {}}, {\"name\": \"v\", \"patch\": {}}]}",
         "c.json:1:113", "another \"v\""},
        {HEAD ", \"firmware\": [{\"name\": \"v\", \"path\": \"a\"}, {\"name\": \"v\", \"path\": "
              "\"b\"}]}",
         "c.json:1:113", "another \"v\""},
        {HEAD ", \"firmware\": [{\"name\": \"v\", \"path\": \"~/a\"}]}", "c.json:1:98",
         "${HOME}/a"},
        {HEAD ", \"firmware\": [{\"name\": \"v\", \"path\": \"${VR_TEST_NO_SUCH}/a\"}]}",
         "c.json:1:98", "VR_TEST_NO_SUCH is not set"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vr_campaign *campaign;
        struct vr_err err = {0};
        cr_expect_eq(parse(cases[i].text, &campaign, &err), -VR_ERR_INPUT, "%s", cases[i].text);
        cr_expect_null(campaign);
        cr_expect(
            strstr(err.text, cases[i].place) && strstr(err.text, cases[i].reason), "%s: %s",
            cases[i].text, err.text);
    }
}

/* --- scenarios in variants --- */

#define VARIANTS \
    HEAD ", \"variants\": [{\"name\": \"as-is\", \"patch\": {}},\n" \
         "{\"name\": \"fast\", \"patch\": {\"replay\": {\"speed\": 8, \"seed\": null}}},\n" \
         "{\"name\": \"wrong\", \"patch\": {\"replay\": {\"speed\": \"fast\"}}}]}"

Test(campaign, leaves_the_bytes_of_a_scenario_that_it_does_not_change)
{
    _cleanup_(vr_campaign_destroyp) struct vr_campaign *campaign = read_good(VARIANTS);
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *as_is = NULL, *file = NULL;
    struct vr_err err = {0};
    cr_assert_eq(vr_scenario_load(VR_SCENARIOS "/smoke.json", &file, &err), 0);
    cr_assert_eq(vr_campaign_scenario(campaign, 0, 0, &as_is, &err), 0, "%s", err.text);
    cr_expect_str_eq(as_is->sha256, file->sha256);
}

Test(campaign, changes_what_the_patch_says_and_nothing_else)
{
    _cleanup_(vr_campaign_destroyp) struct vr_campaign *campaign = read_good(VARIANTS);
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *fast = NULL, *file = NULL;
    struct vr_err err = {0};
    cr_assert_eq(vr_scenario_load(VR_SCENARIOS "/smoke.json", &file, &err), 0);
    cr_assert_eq(vr_campaign_scenario(campaign, 0, 1, &fast, &err), 0, "%s", err.text);
    cr_expect_str_neq(fast->sha256, file->sha256);
    cr_expect_eq(fast->replay.mode, WIRE_MODE_PACED);
    cr_expect_eq(fast->replay.speed, 8);
    cr_expect_eq(file->replay.seed, 1);
    cr_expect_eq(fast->replay.seed, 0, "null takes it away");
    cr_expect_eq(fast->gate_count, file->gate_count);
    cr_expect_str_eq(fast->name, file->name);
}

Test(campaign, says_which_variant_makes_a_scenario_invalid)
{
    _cleanup_(vr_campaign_destroyp) struct vr_campaign *campaign = read_good(VARIANTS);
    struct vr_scenario *scenario = NULL;
    struct vr_err err = {0};
    cr_expect_eq(vr_campaign_scenario(campaign, 0, 2, &scenario, &err), -VR_ERR_INPUT);
    cr_expect_null(scenario);
    cr_expect_eq(strncmp(err.text, "c.json:3:", 9), 0, "%s", err.text);
    cr_expect(
        strstr(err.text, "variant \"wrong\"") && strstr(err.text, "replay.speed"), "%s", err.text);
}

Test(campaign, says_which_scenario_is_not_there)
{
    _cleanup_(vr_campaign_destroyp) struct vr_campaign *campaign =
        read_good("{\"format\": 1, \"name\": \"n\", \"scenarios\": [\"none.json\"]}");
    struct vr_scenario *scenario = NULL;
    struct vr_err err = {0};
    cr_expect_eq(vr_campaign_scenario(campaign, 0, 0, &scenario, &err), -VR_ERR_NOT_FOUND);
    cr_expect(strstr(err.text, "c.json:1:42") && strstr(err.text, "none.json"), "%s", err.text);
}
