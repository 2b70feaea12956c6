/* The object "mlperf" of a device. */
#include "scenario/rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static int parse(const char *members, struct vr_rig **ret_rig, struct vr_err *err)
{
    char text[1024];
    int size = snprintf(
        text, sizeof text,
        "{\"format\": 1, \"name\": \"r\", \"duts\": {\"a\": {\"kind\": \"pty\", \"path\": "
        "\"p\"%s}}}",
        members);
    *err = (struct vr_err){0};
    return vr_rig_parse(text, (size_t)size, "rig.json", ".", ret_rig, err);
}

Test(rig_mlperf, what_is_absent_has_a_default)
{
    struct vr_rig *rig = NULL;
    struct vr_err err;
    int r = parse(
        ", \"dialect\": \"mlperf\", \"mlperf\": {\"window_samples\": 490, \"format\": \"int8\", "
        "\"results\": 12}",
        &rig, &err);
    cr_assert_eq(r, 0, "%s", err.text);
    const struct vr_rig_mlperf *mlperf = &rig->duts[0].mlperf;
    cr_expect_str_eq(rig->duts[0].dialect, "mlperf");
    cr_expect_eq(mlperf->window_samples, 490);
    cr_expect_eq(mlperf->hop_samples, 490);
    cr_expect_eq(mlperf->format, VR_RIG_FORMAT_INT8);
    cr_expect_eq(mlperf->scale, 1);
    cr_expect_eq(mlperf->offset, 0);
    cr_expect_eq(mlperf->result_count, 12);
    cr_expect_eq(mlperf->chunk_size, 31);
    cr_expect(mlperf->verify);
    cr_expect_eq(mlperf->infer_timeout_s, 30);
    vr_rig_destroy(rig);
}

Test(rig_mlperf, what_is_given_is_kept)
{
    struct vr_rig *rig = NULL;
    struct vr_err err;
    int r = parse(
        ", \"dialect\": \"mlperf\", \"mlperf\": {\"window_samples\": 100, \"hop_samples\": 10, "
        "\"format\": "
        "\"float32\", \"scale\": 0.5, \"offset\": -1, \"results\": 1, \"chunk_bytes\": 26, "
        "\"verify\": "
        "false, \"infer_timeout_s\": 0.5, \"x-note\": 1}",
        &rig, &err);
    cr_assert_eq(r, 0, "%s", err.text);
    const struct vr_rig_mlperf *mlperf = &rig->duts[0].mlperf;
    cr_expect_eq(mlperf->hop_samples, 10);
    cr_expect_eq(mlperf->format, VR_RIG_FORMAT_FLOAT32);
    cr_expect_eq(mlperf->scale, 0.5);
    cr_expect_eq(mlperf->offset, -1);
    cr_expect_eq(mlperf->chunk_size, 26);
    cr_expect_not(mlperf->verify);
    cr_expect_eq(mlperf->infer_timeout_s, 0.5);
    vr_rig_destroy(rig);
}

Test(rig_mlperf, every_format_has_its_word)
{
    static const char *const words[] = {"int8", "uint8", "int16", "float32"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char members[256];
        struct vr_rig *rig = NULL;
        struct vr_err err;
        snprintf(
            members, sizeof members,
            ", \"dialect\": \"mlperf\", \"mlperf\": {\"window_samples\": 1, \"format\": \"%s\", "
            "\"results\": 1}",
            words[i]);
        cr_assert_eq(parse(members, &rig, &err), 0, "%s", err.text);
        cr_expect_eq(rig->duts[0].mlperf.format, i, "%s", words[i]);
        vr_rig_destroy(rig);
    }
}

Test(rig_mlperf, what_contradicts_itself_is_refused_with_its_place)
{
    static const struct {
        const char *members, *words;
    } rows[] = {
        {", \"dialect\": \"mlperf\"", "duts.a: the dialect mlperf needs an object \"mlperf\""},
        {", \"mlperf\": {\"window_samples\": 1, \"format\": \"int8\", \"results\": 1}",
         "duts.a: \"mlperf\" goes with \"dialect\": \"mlperf\""},
        {", \"dialect\": \"mlperf\", \"mlperf\": {\"window_samples\": 10, \"hop_samples\": 11, "
         "\"format\": "
         "\"int8\", \"results\": 1}",
         "duts.a.mlperf.hop_samples: 11 is more than the window of 10"},
        {", \"dialect\": \"mlperf\", \"mlperf\": {\"window_samples\": 10, \"format\": \"int4\", "
         "\"results\": 1}",
         "duts.a.mlperf.format"},
        {", \"dialect\": \"mlperf\", \"mlperf\": {\"window_samples\": 0, \"format\": \"int8\", "
         "\"results\": 1}",
         "duts.a.mlperf.window_samples"},
        {", \"dialect\": \"mlperf\", \"mlperf\": {\"format\": \"int8\", \"results\": 1}",
         "\"window_samples\" is missing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vr_rig *rig = NULL;
        struct vr_err err;
        cr_assert_eq(parse(rows[i].members, &rig, &err), -VR_ERR_INPUT, "row %zu", i);
        cr_expect_eq(strncmp(err.text, "rig.json:1:", 11), 0, "%s", err.text);
        cr_expect(strstr(err.text, rows[i].words), "%s", err.text);
    }
}
