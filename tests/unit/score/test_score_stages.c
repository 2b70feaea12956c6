#include <criterion/criterion.h>
#include <math.h>

#include "score/stages.h"
#include "scored.h"

enum { NOTE = 22, LABEL = 5 };

static const struct vr_scenario_score config = {.task = "stages", .stages = 4, .epoch_s = 5};

Test(score_stages, labels_of_the_field_mean_stages)
{
    static const struct {
        int stages;
        const char *label;
        int number;
    } rows[] = {
        {5, "Sleep stage W", 0},
        {5, "Sleep stage 1", 1},
        {5, "Sleep stage N2", 2},
        {5, "Sleep stage 4", 3},
        {5, "Sleep stage R", 4},
        {5, "S3", 3},
        {4, "N1", 1},
        {4, "Sleep stage 2", 1},
        {4, "light", 1},
        {4, "Deep", 2},
        {4, "REM", 3},
        {3, "N3", 1},
        {3, "R", 2},
        {2, "N2", 1},
        {2, "wake", 0},
        {5, "Sleep stage ?", -1},
        {4, "Movement time", -1},
        {4, "MT", -1},
        {5, "light", -3},
        {4, "NREM", -3},
        {3, "sleep", -3},
        {4, "1", -3},
        {4, "lights off", -3},
        {5, "Sleep stage", -3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct vr_scenario_score of = {.stages = rows[i].stages};
        cr_expect_eq(
            vr_stage_label(&of, rows[i].label), rows[i].number, "%s of %d", rows[i].label,
            rows[i].stages);
    }
}

Test(score_stages, classes_name_the_labels_of_a_file)
{
    static const char *ones[] = {"1"}, *zeros[] = {"0"}, *ignored[] = {"9"};
    struct vr_scenario_class classes[] = {{"light", ones, 1}, {"W", zeros, 1}};
    struct vr_scenario_score with = config;
    with.classes = classes;
    with.class_count = 2;
    with.ignored = ignored;
    with.ignored_count = 1;
    cr_expect_eq(vr_stage_check(&with, NULL), 0);
    cr_expect_eq(vr_stage_label(&with, "1"), 1);
    cr_expect_eq(vr_stage_label(&with, "0"), 0);
    cr_expect_eq(vr_stage_label(&with, "9"), VR_LABEL_NONE);
    cr_expect_eq(vr_stage_label(&with, "2"), VR_LABEL_UNKNOWN);
    with.stages = 5;
    struct vr_err err;
    cr_expect_eq(vr_stage_check(&with, &err), -VR_ERR_INPUT);
    cr_expect(strstr(err.text, "light"), "%s", err.text);
}

/* W W L W L D R W of half a minute each. */
Test(score_stages, a_night_has_its_measures)
{
    static const int8_t stages[] = {0, 0, 1, 0, 1, 2, 3, 0};
    struct vr_night night = vr_night_of(stages, 8, 4, 30);
    cr_expect_eq(night.tib_min, 4);
    cr_expect_eq(night.tst_min, 2);
    cr_expect_eq(night.se_pct, 50);
    cr_expect_eq(night.sol_min, 1);
    cr_expect_eq(night.waso_min, 1);
    cr_expect_eq(night.stage_min[1], 1);
    cr_expect_eq(night.stage_pct[3], 25);
    cr_expect(isnan(night.stage_min[4]));
    static const int8_t awake[] = {0, 0};
    night = vr_night_of(awake, 2, 4, 30);
    cr_expect_eq(night.tst_min, 0);
    cr_expect(isnan(night.sol_min) && isnan(night.waso_min) && isnan(night.stage_pct[1]));
}

/* Epochs of 5 s, numbers of the stages; '-' says nothing, '?' is not scored. */
static void night(struct scored_trial *trial, const char *name, const char *truth, const char *said)
{
    static const char *const labels[] = {
        ['W'] = "Sleep stage W", ['L'] = "N2", ['D'] = "N3", ['R'] = "R", ['?'] = "Sleep stage ?"};
    static const char order[] = "WLDR";
    scored_make(trial, name);
    trial->record.sample_count = 5000 * (int64_t)strlen(truth);
    for (int i = 0; truth[i]; i++) {
        scored_text(trial, 5000 * i, NOTE, 0, labels[(int)truth[i]]);
        const char *place = strchr(order, said[i]);
        int32_t number = said[i] == '-' ? -1 : place ? (int32_t)(place - order) : 9;
        scored_output(trial, LABEL, 5000 * i, 2000, 2, number, -1, 0);
    }
}

Test(score_stages, of_epochs_and_nights)
{
    struct scored_trial trial;
    struct vr_score *score = scored_open(&config);
    night(&trial, "a", "?WWLLLDDRRLW", "WWLLLLDLRRLW");
    scored_put(score, &trial);
    night(&trial, "b", "WWLL", "WLLL");
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "stages.accuracy_pct", "a", 100 * 9 / 11.0, 11);
    scored_expect(&metrics, "stages.availability_pct", "a", 100, 11);
    scored_expect(&metrics, "stages.wake_sensitivity_pct", "a", 100 * 2 / 3.0, 3);
    scored_expect(&metrics, "stages.sleep_sensitivity_pct", "a", 100, 8);
    scored_expect(&metrics, "stages.sleep_ppv_pct", "a", 100 * 8 / 9.0, 9);
    scored_expect(&metrics, "stages.deep_f1", "a", 2 / 3.0, 3);
    scored_expect(&metrics, "stages.n2_sensitivity_pct", "a", NAN, 0);
    /* 5 s are 1/12 min. */
    scored_expect(&metrics, "stages.tst_bias_min", "a", 1 / 12.0, 1);
    scored_expect(&metrics, "stages.sol_bias_min", "a", -1 / 12.0, 1);
    scored_expect(&metrics, "stages.waso_bias_min", "a", 0, 1);
    scored_expect(&metrics, "stages.light_bias_min", "a", 2 / 12.0, 1);
    scored_expect(&metrics, "stages.n1_bias_min", "a", NAN, 0);
    scored_expect(&metrics, "stages.se_bias_pct", "a", 100 / 11.0, 1);
    scored_expect(&metrics, "stages.se_bias_pct", "gross", (100 / 11.0 + 25) / 2, 2);
    double sd = (25 - 100 / 11.0) / sqrt(2);
    scored_expect(
        &metrics, "stages.se_loa_high_pct", "gross", (100 / 11.0 + 25) / 2 + 1.96 * sd, 2);
    scored_expect(&metrics, "stages.se_loa_high_pct", "a", NAN, 1);
    vr_metrics_finish(&metrics);
}

/* 19 of 20 epochs are enough for a night, 18 are not; an answer of no stage is none of the night. */
Test(score_stages, a_night_with_gaps_has_no_measures)
{
    struct scored_trial trial;
    struct vr_score *score = scored_open(&config);
    night(&trial, "whole", "WWWWWWWWWWLLLLLLLLLL", "WWWWWWWWW-LLLLLLLLLL");
    scored_put(score, &trial);
    night(&trial, "gaps", "WWWWWWWWWWLLLLLLLLLL", "WWWWWWWW--LLLLLLLLLL");
    scored_put(score, &trial);
    night(&trial, "noise", "WWWWWWWWWWLLLLLLLLLL", "WWWWWWWWWxLLLLLLLLLx");
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "stages.tst_bias_min", "whole", 0, 1);
    scored_expect(&metrics, "stages.availability_pct", "whole", 95, 20);
    scored_expect(&metrics, "stages.tst_bias_min", "gaps", NAN, 0);
    scored_expect(&metrics, "stages.accuracy_pct", "gaps", 100, 18);
    scored_expect(&metrics, "stages.tst_bias_min", "noise", NAN, 0);
    scored_expect(&metrics, "stages.accuracy_pct", "noise", 90, 20);
    scored_expect(&metrics, "stages.availability_pct", "noise", 90, 20);
    scored_expect(&metrics, "stages.sleep_sensitivity_pct", "noise", 90, 10);
    vr_metrics_finish(&metrics);
}

Test(score_stages, refuses_a_label_that_is_no_stage)
{
    struct scored_trial trial;
    struct vr_score *score = scored_open(&config);
    scored_make(&trial, "a");
    scored_text(&trial, 0, NOTE, 0, "N1");
    scored_text(&trial, 5000, NOTE, 0, "NREM");
    struct vr_err err = scored_refuse(score, &trial);
    cr_expect(strstr(err.text, "\"NREM\""), "%s", err.text);
    vr_score_close(score);
}
