/* What a reader should know of a record, sentence after sentence in the text that it carries (vr_record.warning). */
#ifndef VR_DATASET_NOTE_H
#define VR_DATASET_NOTE_H

#include "dataset/dataset.h"

/* Add to the notes behind a "; ".  What finds no room is cut. */
void vr_note(char notes[VR_WARNING_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
