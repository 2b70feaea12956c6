#include "score/score.h"

#include <criterion/criterion.h>
#include <string.h>

Test(score, registry_finds_scorers_by_name)
{
    size_t count = 0;
    for (; vr_scorer(count); count++) {
        const struct vr_scorer *scorer = vr_scorer(count);
        cr_expect_eq(vr_scorer_find(scorer->name, NULL), scorer);
        cr_expect_not_null(scorer->summary);
        cr_expect_not_null(scorer->table->names[0]);
    }
    cr_expect_geq(count, 7);

    struct vr_err err;
    cr_expect_null(vr_scorer_find("baets", &err));
    cr_expect_eq(err.code, VR_ERR_INPUT);
    static const char begin[] =
        "no scorer is called \"baets\"; did you mean \"beats\"?; there are beats, ";
    cr_expect_eq(strncmp(err.text, begin, sizeof begin - 1), 0, "%s", err.text);
    for (size_t i = 0; i < count; i++)
        cr_expect(strstr(err.text, vr_scorer(i)->name), "the text names every scorer");
}

Test(score, check_wants_every_task_and_metric_to_exist)
{
    static const struct {
        const char *task, *metric, *text;
    } rows[] = {
        {"beats", "beats.qrs_ppv_pct", NULL},
        {"latency", "latency.compute_us_max", NULL},
        {"beats", "beats.qrs_pvv_pct",
         "x.json:4:11: no task in \"score\" gives the metric \"beats.qrs_pvv_pct\"; did you mean "
         "\"beats.qrs_ppv_pct\"?; schema/metrics.md lists them"},
        {"latency", "beats.qrs_ppv_pct",
         "x.json:4:11: no task in \"score\" gives the metric \"beats.qrs_ppv_pct\"; "
         "schema/metrics.md lists them"},
        {"beat", "beats.qrs_ppv_pct",
         "x.json:3:11: no scorer is called \"beat\"; did you mean \"beats\"?; there are beats, "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vr_scenario_score score = {.task = rows[i].task, .place = {3, 11}};
        struct vr_scenario_gate gate = {.metric = rows[i].metric, .place = {4, 11}};
        const struct vr_scenario scenario = {
            .file = "x.json", .scores = &score, .score_count = 1, .gates = &gate, .gate_count = 1};
        struct vr_err err = {0};
        int r = vr_score_check(&scenario, &err);
        cr_expect_eq(r, rows[i].text ? -VR_ERR_INPUT : 0, "row %zu", i);
        if (rows[i].text)
            cr_expect_eq(strncmp(err.text, rows[i].text, strlen(rows[i].text)), 0, "%s", err.text);
    }
}

Test(score, open_refuses_a_task_without_a_scorer)
{
    const struct vr_scenario_score config = {.task = "rhythm"};
    struct vr_score *score = NULL;
    cr_expect_eq(vr_score_open(&config, &score, NULL), -VR_ERR_INPUT);
    cr_expect_null(score);
    vr_score_close(NULL);
}
