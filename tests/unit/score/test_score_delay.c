#include <criterion/criterion.h>
#include <math.h>

#include "scored.h"

enum { RHYTHM = 28, LABEL = 5, ECHO = 2 };

static struct vr_scenario_class classes[] = {{.name = "N"}, {.name = "AFIB"}, {.name = "AFL"}};
static const struct vr_scenario_score config = {
    .task = "delay", .classes = classes, .class_count = 3, .positive = "AFIB"};

/* Said `delay` samples after the one that it refers to. */
static void label(struct scored_trial *trial, int64_t at, int64_t delay, int32_t class)
{
    scored_output(trial, LABEL, at, delay, 2, class, -1, 0);
}

/* Episodes from 10 to 20 s and 30 to 40 s of a minute. */
static void truth(struct scored_trial *trial)
{
    scored_make(trial, "a");
    scored_text(trial, 0, RHYTHM, 0, "(N");
    scored_text(trial, 10000, RHYTHM, 0, "(AFIB");
    scored_text(trial, 20000, RHYTHM, 0, "(AFL");
    scored_text(trial, 30000, RHYTHM, 0, "(AFIB");
    scored_text(trial, 40000, RHYTHM, 0, "(N");
}

static struct vr_metrics score_of(
    const struct vr_scenario_score *with, const struct scored_trial *trial)
{
    struct vr_score *score = scored_open(with);
    scored_put(score, trial);
    return scored_end(score);
}

Test(score_delay, counts_from_when_it_was_said)
{
    struct scored_trial trial;
    truth(&trial);
    label(&trial, 1000, 0, 0);
    label(&trial, 10000, 3000, 1); /* dated back to the onset, said 3 s later */
    label(&trial, 21000, 0, 0);
    label(&trial, 30000, 5000, 1);
    label(&trial, 41000, 0, 0);
    label(&trial, 50000, 0, 1); /* false, for 2 s */
    label(&trial, 52000, 0, 2);
    struct vr_metrics metrics = score_of(&config, &trial);
    scored_expect(&metrics, "delay.detected_pct", "a", 100, 2);
    scored_expect(&metrics, "delay.early_pct", "a", 0, 2);
    scored_expect(&metrics, "delay.median_s", "a", 4, 2);
    scored_expect(&metrics, "delay.p95_s", "a", 4.9, 2);
    scored_expect(&metrics, "delay.scored_h", "a", 60 / 3600.0, 2);
    scored_expect(&metrics, "delay.false_per_24h", "a", 86400 / 40.0, 1);
    /* 1 s behind either episode, and the false one. */
    scored_expect(&metrics, "delay.false_time_pct", "a", 10, 40);
    scored_expect(&metrics, "delay.first_output_s", "a", 1, 1);
    vr_metrics_finish(&metrics);
}

Test(score_delay, a_missed_episode_is_later_than_any)
{
    struct scored_trial trial;
    truth(&trial);
    label(&trial, 12000, 0, 1);
    label(&trial, 15000, 0, 0);
    struct vr_metrics metrics = score_of(&config, &trial);
    scored_expect(&metrics, "delay.detected_pct", "a", 50, 2);
    scored_expect(&metrics, "delay.median_s", "a", NAN, 2);
    scored_expect(&metrics, "delay.p95_s", "a", NAN, 2);
    scored_expect(&metrics, "delay.false_per_24h", "a", 0, 0);
    vr_metrics_finish(&metrics);
}

Test(score_delay, an_alarm_that_never_ends_tells_nothing)
{
    struct scored_trial trial;
    truth(&trial);
    label(&trial, 0, 0, 1);
    struct vr_metrics metrics = score_of(&config, &trial);
    scored_expect(&metrics, "delay.detected_pct", "a", 100, 2);
    scored_expect(&metrics, "delay.early_pct", "a", 100, 2);
    scored_expect(&metrics, "delay.median_s", "a", NAN, 2);
    scored_expect(&metrics, "delay.false_time_pct", "a", 100, 40);
    scored_expect(&metrics, "delay.false_per_24h", "a", 86400 / 40.0, 1);
    vr_metrics_finish(&metrics);
}

/* 23 s is 3 s behind the first episode. */
Test(score_delay, within_the_grace_it_is_late_and_not_false)
{
    struct scored_trial trial;
    struct vr_scenario_score patient = config;
    truth(&trial);
    label(&trial, 23000, 0, 1);
    label(&trial, 25000, 0, 0);
    struct vr_metrics metrics = score_of(&config, &trial);
    scored_expect(&metrics, "delay.detected_pct", "a", 0, 2);
    scored_expect(&metrics, "delay.false_per_24h", "a", 86400 / 40.0, 1);
    vr_metrics_finish(&metrics);

    patient.max_lag_s = 5;
    metrics = score_of(&patient, &trial);
    scored_expect(&metrics, "delay.detected_pct", "a", 50, 2);
    scored_expect(&metrics, "delay.false_per_24h", "a", 0, 0);
    scored_expect(&metrics, "delay.false_time_pct", "a", 0, 30);
    vr_metrics_finish(&metrics);
}

Test(score_delay, short_and_early_episodes_are_neither)
{
    struct scored_trial trial;
    struct vr_scenario_score strict = config;
    strict.from_s = 15;
    strict.min_length_s = 11;
    truth(&trial);
    label(&trial, 12000, 0, 1);
    label(&trial, 35000, 0, 0);
    struct vr_metrics metrics = score_of(&strict, &trial);
    scored_expect(&metrics, "delay.detected_pct", "a", NAN, 0);
    scored_expect(&metrics, "delay.scored_h", "a", 45 / 3600.0, 0);
    scored_expect(&metrics, "delay.false_per_24h", "a", 0, 0);
    scored_expect(&metrics, "delay.false_time_pct", "a", 100 / 3.0, 30);
    vr_metrics_finish(&metrics);
}

Test(score_delay, a_silent_device_is_scored_and_detects_nothing)
{
    struct scored_trial trial;
    truth(&trial);
    struct vr_metrics metrics = score_of(&config, &trial);
    scored_expect(&metrics, "delay.scored_h", "a", 60 / 3600.0, 2);
    scored_expect(&metrics, "delay.detected_pct", "a", 0, 2);
    scored_expect(&metrics, "delay.first_output_s", "a", NAN, 0);
    vr_metrics_finish(&metrics);
}

Test(score_delay, check_wants_a_positive_class)
{
    const struct vr_scorer *scorer = vr_scorer_find("delay", NULL);
    struct vr_scenario_score none = config;
    none.positive = NULL;
    cr_expect_eq(scorer->check(&config, NULL), 0);
    cr_expect_eq(scorer->check(&none, NULL), -VR_ERR_INPUT);
}
