/* The truth file: pulses, edges and totals of a little story. */
#include "simulate/truth.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct vr_world *world;
static struct vr_truth truth;

static void change(int64_t at_ns, uint8_t levels)
{
    cr_assert_eq(vr_world_change(world, at_ns, levels), 0);
    vr_truth_change(&truth, world, at_ns, levels);
}

Test(truth, tells_the_story_in_lines)
{
    struct vr_world_model model;
    struct vr_err err;
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    vr_world_model_init(&model);
    model.tau_s = 0;
    cr_assert_eq(vr_world_create(&model, 0, &world, &err), 0);
    vr_truth_init(&truth, file, 0, 5000, 3);

    change(1000000, 1);
    change(2000000, 3);     /* 1 ms of inference: 6 uC */
    change(2500000, 3 | 4); /* a mark within */
    change(3000000, 5);
    change(3500000, 4);
    change(4000000, 0);
    change(5000000, 2); /* too short to be written */
    change(5001000, 0);
    const struct vr_truth_end end = {
        .to_ns = 1000000000,
        .has_stream = true,
        .first_sample_ns = 12.5,
        .sample_period_ns = 10000.25};
    cr_assert_eq(vr_truth_finish(&truth, world, &end, &err), 0);
    fclose(file);
    cr_assert_str_eq(
        text, "{\"type\":\"sync\",\"at_ns\":2500000,\"on\":true}\n"
              "{\"type\":\"pulse\",\"rise_ns\":2000000,\"fall_ns\":3000000,\"charge_uc\":6,"
              "\"energy_uj\":18}\n"
              "{\"type\":\"sync\",\"at_ns\":4000000,\"on\":false}\n"
              "{\"type\":\"total\",\"from_ns\":0,\"to_ns\":1000000000,\"charge_uc\":11.998497,"
              "\"energy_uj\":35.995491,\"pulses\":1,\"short_pulses\":1,\"syncs\":2,\"late\":0,"
              "\"lost\":0,\"is_true\":true,\"first_sample_ns\":12.500,\"sample_period_ns\":"
              "10000.250000000}\n");
    free(text);
    vr_world_destroy(world);
}

Test(truth, is_none_when_the_meter_was_told_too_late)
{
    struct vr_world_model model;
    struct vr_err err;
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    vr_world_model_init(&model);
    cr_assert_eq(vr_world_create(&model, 0, &world, &err), 0);
    vr_truth_init(&truth, file, 0, 0, 3);
    const struct vr_truth_end end = {.to_ns = 1, .late = 1};
    cr_assert_eq(vr_truth_finish(&truth, world, &end, &err), 0);
    fclose(file);
    cr_assert_not_null(strstr(text, "\"late\":1,\"lost\":0,\"is_true\":false}"), "%s", text);
    free(text);
    vr_world_destroy(world);
}
