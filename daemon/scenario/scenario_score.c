/* "score": what is measured. */
#include "scenario/field.h"
#include "scenario/scenario_parts.h"

#include <stdlib.h>
#include <string.h>

#define LEARNING_S 300 /* the learning period of ANSI/AAMI EC57 */
#define MATCH_MS 150   /* EC57's match window */
#define RATE_WINDOW_S \
    8 /* of TROIKA and all heart rate work since (Z. Zhang et al., IEEE Trans. Biomed. Eng. 62 (2015) 522-531) */
#define RATE_STEP_S 2
#define EPOCH_S 30 /* of sleep, by the rules of Rechtschaffen and Kales and of the AASM */

/* Is it one of the comparisons of EC57, which leave out the time in which a device may learn? */
static bool is_of_ec57(const char *task)
{
    static const char *const tasks[] = {"beats", "runs", "episodes", "measures"};
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++)
        if (strcmp(tasks[i], task) == 0)
            return true;
    return false;
}

/* A class is a name, or an object with a name and the labels of the truth that mean it. */
static int read_class(
    struct vr_scenario_class *class, const struct vr_json *node, struct vr_err *err)
{
    if (vr_json_kind(node) == VR_JSON_STRING) {
        class->name = vr_json_string(node);
        return 0;
    }
    class->name = vr_field_text(node, "name", "");
    return vr_field_strings(node, "truth", &class->truths, &class->truth_count, err);
}

static int read_classes(
    struct vr_scenario_score *score, const struct vr_json *list, struct vr_err *err)
{
    if (!list)
        return 0;
    score->classes = calloc(vr_json_count(list) + 1, sizeof *score->classes);
    if (!score->classes)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
    int r = 0;
    for (const struct vr_json *n = vr_json_first(list); n && r == 0; n = vr_json_next(n))
        r = read_class(&score->classes[score->class_count++], n, err);
    return r;
}

static void read_battery(struct vr_scenario_score *score, const struct vr_json *node)
{
    score->battery_mah = vr_field_number(node, "capacity_mah", 0);
    score->battery_v = vr_field_number(node, "voltage_v", 0);
    score->battery_usable_pct = vr_field_number(node, "usable_pct", 100);
}

static void read_windows(struct vr_scenario_score *score, const struct vr_json *node)
{
    score->measurement = (int)vr_field_number(node, "measurement", 1);
    score->window_s = vr_field_number(node, "window_s", RATE_WINDOW_S);
    score->step_s = vr_field_number(node, "step_s", RATE_STEP_S);
    score->max_age_s = vr_field_number(node, "max_age_s", score->window_s);
    score->max_lag_s = vr_field_number(node, "max_lag_s", 0);
    score->coverage_pct = vr_field_number(node, "coverage_pct", 90);
}

static int read_labels(
    struct vr_scenario_score *score, const struct vr_json *node, struct vr_err *err)
{
    bool is_stages = strcmp(score->task, "stages") == 0;
    score->epoch_s = vr_field_number(node, "epoch_s", is_stages ? EPOCH_S : 0);
    score->stages = (int)vr_field_number(node, "stages", 4);
    score->positive = vr_field_text(node, "positive", NULL);
    score->min_length_s = vr_field_number(node, "min_length_s", 0);
    score->is_flutter_excluded = vr_field_bool(node, "exclude_flutter", false);
    int r = read_classes(score, vr_json_get(node, "classes"), err);
    if (r == 0)
        r = vr_field_strings(node, "ignore", &score->ignored, &score->ignored_count, err);
    return r;
}

static int read_score(
    struct vr_scenario_score *score, const struct vr_json *node, struct vr_err *err)
{
    score->task = vr_json_string(vr_json_get(node, "task"));
    score->from_s = vr_field_number(node, "from_s", is_of_ec57(score->task) ? LEARNING_S : 0);
    score->window_ms = vr_field_number(node, "window_ms", MATCH_MS);
    score->place = vr_json_place(node);
    read_battery(score, vr_json_get(node, "battery"));
    read_windows(score, node);
    return read_labels(score, node, err);
}

int vr_scenario_scores_read(
    struct vr_scenario *scenario, const struct vr_json *list, struct vr_err *err)
{
    scenario->scores = calloc(vr_json_count(list) + 1, sizeof *scenario->scores);
    if (!scenario->scores)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
    for (const struct vr_json *n = vr_json_first(list); n; n = vr_json_next(n)) {
        struct vr_scenario_score *score = &scenario->scores[scenario->score_count++];
        int r = read_score(score, n, err);
        if (r < 0)
            return r;
        size_t place = scenario->score_count - 1;
        for (size_t i = 0; i < place; i++)
            if (strcmp(scenario->scores[i].task, score->task) == 0)
                return vr_json_error(
                    err, n, "score[%zu]: the task %s is already score[%zu]; remove one", place,
                    score->task, i);
    }
    return 0;
}

void vr_scenario_scores_finish(struct vr_scenario *scenario)
{
    for (size_t i = 0; i < scenario->score_count; i++) {
        struct vr_scenario_score *score = &scenario->scores[i];
        for (size_t k = 0; k < score->class_count; k++)
            free(score->classes[k].truths);
        free(score->classes);
        free(score->ignored);
    }
    free(scenario->scores);
}
