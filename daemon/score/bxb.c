/* What bxb does otherwise. */
#include "score/bxb.h"

#include <string.h>

void vr_bxb_distort(struct vr_annotator *annotator)
{
    struct vr_spans *vf = &annotator->vf;
    if (vf->count > 1 && vf->items[vf->count - 1].end == VR_SPAN_FOREVER)
        vf->count--;
    for (size_t i = 1; i < annotator->beat_count; i++)
        if (annotator->beats[i - 1].sample_index == 0)
            annotator->beats[i].rr = 0;
}

void vr_bxb_lose_first(const struct vr_annotator *reference, struct vr_annotator *test)
{
    if (test->beat_count == 0 || test->beats[0].sample_index != 0)
        return;
    if (reference->beat_count > 0 && reference->beats[0].sample_index == 0)
        return;
    test->beat_count--;
    memmove(test->beats, test->beats + 1, test->beat_count * sizeof *test->beats);
}

int64_t vr_bxb_end(const struct vr_annotator *reference)
{
    return reference->beat_count > 0 ? reference->beats[reference->beat_count - 1].sample_index : 0;
}
