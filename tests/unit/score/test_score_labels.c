#include <criterion/criterion.h>
#include <math.h>

#include "scored.h"

enum { NOTE = 22, RHYTHM = 28, SCORES = 3, LABEL = 5 };

static const char *af_truths[] = {"AFIB", "(AFL"};
static struct vr_scenario_class rhythms[] = {{.name = "N"}, {"AF", af_truths, 2}};
static const char *ignored[] = {"PAUSE"};

/* Epochs of 10 s at 1000 Hz. */
static const struct vr_scenario_score config = {
    .task = "labels",
    .classes = rhythms,
    .class_count = 2,
    .positive = "AF",
    .epoch_s = 10,
    .ignored = ignored,
    .ignored_count = 1};

static void label(struct scored_trial *trial, int64_t at, int32_t class)
{
    scored_output(trial, LABEL, at, 0, 2, class, -1, 0);
}

Test(score_labels, an_epoch_has_what_holds_for_most_of_it)
{
    struct scored_trial trial;
    struct vr_score *score = scored_open(&config);
    scored_make(&trial, "a");
    scored_text(&trial, 500, NOTE, 0, "a remark");
    scored_text(&trial, 1000, RHYTHM, 0, "(N");      /* epochs begin here: 1 11 21 31 41 s */
    scored_text(&trial, 12000, RHYTHM, 0, "(AFIB");  /* most of 11..21 */
    scored_text(&trial, 26000, RHYTHM, 0, "(N");     /* half of 21..31: the later */
    scored_text(&trial, 31000, RHYTHM, 0, "(PAUSE"); /* not scored */
    scored_text(&trial, 41000, RHYTHM, 0, "(AFL");
    label(&trial, 0, 0);
    label(&trial, 15000, 1); /* most of 11..21: right */
    label(&trial, 28000, 0); /* 21..31 is AF for 7 s: wrong */
    label(&trial, 42000, 1);
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "labels.accuracy_pct", "a", 75, 4);
    scored_expect(&metrics, "labels.sensitivity_pct", "a", 100, 2);
    scored_expect(&metrics, "labels.specificity_pct", "a", 50, 2);
    scored_expect(&metrics, "labels.ppv_pct", "a", 100 * 2 / 3.0, 3);
    scored_expect(&metrics, "labels.npv_pct", "a", 100, 1);
    scored_expect(&metrics, "labels.availability_pct", "a", 100, 4);
    scored_expect(&metrics, "labels.kappa", "a", 0.5, 4);
    scored_expect(&metrics, "labels.f1", "a", 0.8, 4);
    scored_expect(&metrics, "labels.pabak", "a", 0.5, 4);
    scored_expect(&metrics, "labels.prevalence_index", "a", 0.25, 4);
    scored_expect(&metrics, "labels.alarm_score", "a", 75, 4);
    scored_expect(&metrics, "labels.macro_f1_nao", "a", NAN, 4);
    scored_expect(&metrics, "labels.auroc", "a", NAN, 0);
    vr_metrics_finish(&metrics);
}

/* Five epochs: right, silent, of no class, silent again, too late to be most. */
Test(score_labels, silence_costs_availability_and_noise_both)
{
    struct scored_trial trial;
    struct vr_score *score = scored_open(&config);
    scored_make(&trial, "a");
    trial.record.sample_count = 50000;
    scored_text(&trial, 0, NOTE, 0, "N");
    label(&trial, 0, 0);
    label(&trial, 10000, -1);
    label(&trial, 20000, 7);
    label(&trial, 30000, -1);
    label(&trial, 46000, 0);
    scored_put(score, &trial);
    scored_make(&trial, "silent");
    scored_text(&trial, 0, NOTE, 0, "N");
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "labels.accuracy_pct", "a", 50, 2);
    scored_expect(&metrics, "labels.availability_pct", "a", 20, 5);
    scored_expect(&metrics, "labels.specificity_pct", "a", 50, 2);
    scored_expect(&metrics, "labels.accuracy_pct", "silent", NAN, 0);
    scored_expect(&metrics, "labels.availability_pct", "silent", 0, 6);
    vr_metrics_finish(&metrics);
}

Test(score_labels, an_unknown_label_is_refused_by_name)
{
    struct scored_trial trial;
    struct vr_score *score = scored_open(&config);
    scored_make(&trial, "a");
    scored_text(&trial, 0, RHYTHM, 0, "(N");
    scored_text(&trial, 30000, RHYTHM, 0, "(VT");
    label(&trial, 0, 0);
    struct vr_err err = scored_refuse(score, &trial);
    cr_expect(strstr(err.text, "\"(VT\" at sample 30000"), "%s", err.text);
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "labels.accuracy_pct", "a", NAN, 0);
    vr_metrics_finish(&metrics);
}

/* Scores of N and AF by inference, each for 5 s; of the epoch the mean, and the majority of the argmax. */
Test(score_labels, scores_are_labels_and_rank)
{
    static const struct {
        const char *truth;
        int32_t first, second; /* scores of AF x 100 */
    } epochs[] = {{"AFIB", 90, 70}, {"N", 20, 40}, {"AFIB", 60, 40}, {"N", 60, 50}};
    struct scored_trial trial;
    struct vr_score *score = scored_open(&config);
    scored_make(&trial, "a");
    trial.record.sample_count = 40000;
    for (int i = 0; i < 4; i++) {
        scored_text(&trial, 10000 * i, NOTE, 0, epochs[i].truth);
        for (int k = 0; k < 2; k++) {
            int32_t af = 10000 * (k == 0 ? epochs[i].first : epochs[i].second);
            scored_output(&trial, SCORES, 10000 * i + 5000 * k, 0, 2, 1000000 - af, af, 0);
        }
    }
    scored_put(score, &trial);
    struct vr_metrics metrics = scored_end(score);
    /* AF 0.8 0.5, N 0.3 0.55: 3 of 4 pairs.  Labels: AF, N, N (later of equals), N (0.5: the first class). */
    scored_expect(&metrics, "labels.auroc", "a", 0.75, 4);
    scored_expect(&metrics, "labels.auprc", "a", 0.5 + 0.5 * 2 / 3.0, 4);
    scored_expect(&metrics, "labels.brier", "a", (0.04 + 0.25 + 0.09 + 0.3025) / 4, 4);
    scored_expect(&metrics, "labels.accuracy_pct", "a", 75, 4);
    /* Confidences 0.8 right, 0.7 right, 0.6 wrong, 0.5 right. */
    scored_expect(&metrics, "labels.ece", "a", (0.2 + 0.3 + 0.6 + 0.5) / 4, 4);
    vr_metrics_finish(&metrics);
}

Test(score_labels, an_inference_has_a_score_for_each_class)
{
    struct scored_trial trial;
    struct vr_score *score = scored_open(&config);
    scored_make(&trial, "a");
    scored_text(&trial, 0, NOTE, 0, "N");
    scored_output(&trial, SCORES, 0, 0, 3, 1, 2, 3);
    struct vr_err err = scored_refuse(score, &trial);
    cr_expect(strstr(err.text, "3 scores, and the task has 2 classes"), "%s", err.text);
    trial.outputs[0].value_count = 1;
    err = scored_refuse(score, &trial);
    cr_expect(strstr(err.text, "of 1 scores"), "%s", err.text);
    vr_score_close(score);
}

/* --- one label a record ----------------------------------------------------------------------- */

static struct vr_scenario_class challenge[] = {
    {.name = "N"}, {.name = "A"}, {.name = "O"}, {.name = "~"}};
static const struct vr_scenario_score by_record = {
    .task = "labels", .classes = challenge, .class_count = 4};

Test(score_labels, a_record_has_the_label_of_its_end)
{
    struct scored_trial trial;
    struct vr_score *score = scored_open(&by_record);
    static const struct {
        const char *record, *truth;
        int32_t last;
    } rows[] = {{"1", "N", 0}, {"2", "A", 1}, {"3", "O", 0}, {"4", "~", 2}};
    for (size_t i = 0; i < 4; i++) {
        scored_make(&trial, rows[i].record);
        scored_text(&trial, 0, NOTE, 0, rows[i].truth);
        label(&trial, 100, 3);
        label(&trial, 59000, rows[i].last);
        scored_put(score, &trial);
    }
    struct vr_metrics metrics = scored_end(score);
    scored_expect(&metrics, "labels.accuracy_pct", "gross", 50, 4);
    scored_expect(&metrics, "labels.macro_f1_nao", "gross", (2 / 3.0 + 1 + 0) / 3, 4);
    scored_expect(&metrics, "labels.macro_f1", "gross", (2 / 3.0 + 1 + 0 + 0) / 4, 4);
    scored_expect(&metrics, "labels.kappa", "1", NAN, 1);
    scored_expect(&metrics, "labels.sensitivity_pct", "gross", NAN, 0);
    vr_metrics_finish(&metrics);
}

Test(score_labels, several_labels_in_a_record_need_epochs)
{
    struct scored_trial trial;
    struct vr_score *score = scored_open(&by_record);
    scored_make(&trial, "a");
    scored_text(&trial, 0, NOTE, 0, "N");
    scored_text(&trial, 9000, NOTE, 0, "A");
    struct vr_err err = scored_refuse(score, &trial);
    cr_expect(strstr(err.text, "epoch_s"), "%s", err.text);
    vr_score_close(score);
}

Test(score_labels, check_wants_classes_and_a_positive_among_them)
{
    const struct vr_scorer *scorer = vr_scorer_find("labels", NULL);
    struct vr_err err;
    cr_expect_eq(scorer->check(&config, &err), 0);
    const struct vr_scenario_score none = {.task = "labels"};
    cr_expect_eq(scorer->check(&none, &err), -VR_ERR_INPUT);
    struct vr_scenario_score wrong = config;
    wrong.positive = "VT";
    cr_expect_eq(scorer->check(&wrong, &err), -VR_ERR_INPUT);
    cr_expect(strstr(err.text, "VT"), "%s", err.text);
}
