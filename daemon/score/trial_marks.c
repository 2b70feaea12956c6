/* From rows to marks. */
#include "score/trial_marks.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "score/event.h"

enum output_kind {
#define X(number, name, word, values) OUTPUT_##name = number,
#include "schema/outputs.def"
#undef X
};

enum code {
#define X(number, name, mnemonic, class, text) CODE_##name = number,
#include "schema/annotations.def"
#undef X
};

void vr_trial_marks_finish(struct vr_trial_marks *marks)
{
    free(marks->items);
    *marks = (struct vr_trial_marks){0};
}

static int marks_alloc(
    struct vr_trial_marks *marks, size_t capacity, const struct vr_score_trial *trial,
    struct vr_err *err)
{
    *marks = (struct vr_trial_marks){.items = calloc(capacity + 1, sizeof *marks->items)};
    if (!marks->items)
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "no memory for the events of %s", trial->record->name);
    return 0;
}

int vr_trial_marks_truth(
    const struct vr_score_trial *trial, struct vr_trial_marks *ret_marks, struct vr_err *err)
{
    int r = marks_alloc(ret_marks, trial->truth_count, trial, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < trial->truth_count; i++) {
        const struct vr_truth_row *row = &trial->truth[i];
        ret_marks->items[ret_marks->count++] =
            (struct vr_mark){row->sample_index, row->code, row->subtype, row->text};
    }
    return 0;
}

uint8_t vr_trial_beat_code(const struct vr_output_row *output)
{
    int32_t code = output->value_count > 0 ? output->values[0] : 0;
    return code >= 0 && code <= UINT8_MAX && vr_code_is_beat((uint8_t)code) ? (uint8_t)code
                                                                            : CODE_UNKNOWN;
}

/* "" = no rhythm that has a name. */
static const char *rhythm_of(
    const struct vr_scenario_score *config, const struct vr_output_row *output)
{
    int32_t class = output->value_count > 0 ? output->values[0] : -1;
    return class >= 0 && (size_t) class < config->class_count ? config->classes[class].name : "";
}

/* Two marks at most; returns how many. */
static size_t mark_rhythm(
    const char *rhythm, int64_t sample_index, bool *is_vf, struct vr_mark marks[2])
{
    bool was_vf = *is_vf;
    *is_vf = strncmp(rhythm, "VF", 2) == 0;
    marks[0] = (struct vr_mark){sample_index, CODE_RHYTHM, 0, rhythm};
    if (*is_vf == was_vf)
        return 1;
    marks[1] = (struct vr_mark){sample_index, *is_vf ? CODE_VFON : CODE_VFOFF, 0, NULL};
    return 2;
}

int vr_trial_marks_outputs(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial,
    struct vr_trial_marks *ret_marks, struct vr_err *err)
{
    bool is_vf = false;
    int r = marks_alloc(ret_marks, 2 * trial->output_count, trial, err);
    for (size_t i = 0; r == 0 && i < trial->output_count; i++) {
        const struct vr_output_row *output = &trial->outputs[i];
        struct vr_mark *next = &ret_marks->items[ret_marks->count];
        if (output->kind != OUTPUT_BEAT && output->kind != OUTPUT_LABEL)
            continue;
        r = vr_score_check_stream(trial, output, err);
        if (output->kind == OUTPUT_LABEL) {
            ret_marks->count +=
                mark_rhythm(rhythm_of(config, output), output->sample_index, &is_vf, next);
        } else {
            *next = (struct vr_mark){output->sample_index, vr_trial_beat_code(output), 0, NULL};
            ret_marks->count++;
        }
    }
    return r;
}

bool vr_trial_marks_have_beats(const struct vr_trial_marks *marks)
{
    for (size_t i = 0; i < marks->count; i++)
        if (vr_code_is_beat(marks->items[i].code))
            return true;
    return false;
}

bool vr_trial_marks_have_rhythms(const struct vr_trial_marks *marks)
{
    for (size_t i = 0; i < marks->count; i++) {
        uint8_t code = marks->items[i].code;
        if (code == CODE_RHYTHM || code == CODE_VFON || code == CODE_VFOFF)
            return true;
    }
    return false;
}

struct vr_ec57_options vr_trial_ec57(
    const struct vr_scenario_score *config, const struct vr_score_trial *trial)
{
    return (struct vr_ec57_options){
        .rate_num = trial->record->rate_num,
        .rate_den = trial->record->rate_den,
        .sample_count = trial->record->sample_count,
        .from_s = vr_score_from_s(config, trial),
        .window_ms = config->window_ms,
    };
}
