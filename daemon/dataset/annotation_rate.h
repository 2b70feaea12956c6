/* The ticks that a list of annotations counts in. */
#ifndef VR_DATASET_ANNOTATION_RATE_H
#define VR_DATASET_ANNOTATION_RATE_H

#include "dataset/dataset.h"
#include "dataset/rate.h"

/* Per second: those of its file where they are finer than the record's, else the record's. */
static inline struct vr_rate vr_annotations_rate(
    const struct vr_annotations *list, const struct vr_record *record)
{
    return list->rate_num ? (struct vr_rate){list->rate_num, list->rate_den}
                          : (struct vr_rate){record->rate_num, record->rate_den};
}

#endif
