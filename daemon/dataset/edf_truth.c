/* One pass over the events in order of time; of the labels, only the end of the last one is kept in mind. */
#include "dataset/edf_truth.h"

#include <string.h>
#include <strings.h>

#define TICK_MAX (INT64_C(1) << 40) /* as VR_WFDB_TICK_MAX: 34 years at 1 kHz */
#define OPEN_END INT64_MAX

/* In pedantic C the 128-bit integer needs the word. */
__extension__ typedef __int128 wide;

/* The nearest tick: floor(t * rate + 1/2). */
static int64_t tick_of(wide ns, struct vr_rate rate)
{
    wide unit = 2 * (wide)rate.den * VR_EDF_NS_PER_S;
    wide doubled = 2 * ns * rate.num + unit / 2;
    wide tick = doubled / unit - (doubled % unit < 0);
    return tick < -TICK_MAX ? -TICK_MAX : tick > TICK_MAX ? TICK_MAX : (int64_t)tick;
}

static bool is_stage(const struct vr_edf_event *event)
{
    return strncasecmp(event->text, "Sleep stage", 11) == 0 ||
           strncasecmp(event->text, "Movement time", 13) == 0;
}

static bool has_stages(const struct vr_edf_file *edf)
{
    for (size_t i = 0; i < edf->event_count; i++)
        if (is_stage(&edf->events[i]))
            return true;
    return false;
}

struct builder {
    struct vr_annotations *list;
    int64_t label_end; /* of the label that holds, OPEN_END when it has none */
    struct vr_err *err;
};

static int add(const struct builder *builder, int64_t tick, uint8_t code, const char *text)
{
    struct vr_annotation item = {.sample_index = tick, .code = code};
    const char *channel = code == VR_CODE_NOTE && text ? strstr(text, "@@") : NULL;
    size_t size = !text ? 0 : channel ? (size_t)(channel - text) : strlen(text);
    return vr_annotations_add(builder->list, &item, text, size, builder->err);
}

/* End the label that holds, if it ends before `tick`. */
static int label_end(struct builder *builder, int64_t tick)
{
    if (builder->label_end >= tick)
        return 0;
    int r = add(builder, builder->label_end, VR_CODE_NOTE, NULL);
    builder->label_end = OPEN_END;
    return r;
}

int vr_edf_truth(
    const struct vr_edf_file *edf, int64_t shift_ns, struct vr_rate rate, int64_t frame_count,
    struct vr_annotations *ret_list, size_t *ret_outside, struct vr_err *err)
{
    struct builder builder = {.list = ret_list, .label_end = OPEN_END, .err = err};
    int64_t limit = frame_count > 0 ? frame_count : TICK_MAX;
    bool stages = has_stages(edf);
    *ret_outside = 0;
    for (size_t i = 0; i < edf->event_count; i++) {
        const struct vr_edf_event *event = &edf->events[i];
        bool lasts = event->duration_ns > 0;
        bool is_label = stages ? is_stage(event) : lasts;
        wide onset_ns = (wide)event->onset_ns + shift_ns;
        int64_t start = tick_of(onset_ns, rate);
        int64_t end = lasts ? tick_of(onset_ns + event->duration_ns, rate) : start;
        if (start > limit || (start == limit && is_label) || (start < 0 && end <= 0)) {
            (*ret_outside)++;
            continue;
        }
        start = start < 0 ? 0 : start;
        int r = label_end(&builder, start);
        if (r == 0)
            r = add(&builder, start, is_label ? VR_CODE_NOTE : VR_CODE_EVENT, event->text);
        if (r < 0)
            return r;
        if (is_label)
            builder.label_end = lasts ? end : OPEN_END;
    }
    return label_end(&builder, limit);
}

int64_t vr_edf_truth_end(const struct vr_edf_file *edf, struct vr_rate rate)
{
    int64_t last = 0;
    for (size_t i = 0; i < edf->event_count; i++) {
        const struct vr_edf_event *event = &edf->events[i];
        int64_t lasts_ns = event->duration_ns > 0 ? event->duration_ns : 0;
        int64_t end = tick_of((wide)event->onset_ns + lasts_ns, rate);
        last = end > last ? end : last;
    }
    return last;
}
