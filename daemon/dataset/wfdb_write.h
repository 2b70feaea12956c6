/* Any record as a WFDB record, for fixtures, exports and imports. */
#ifndef VR_DATASET_WFDB_WRITE_H
#define VR_DATASET_WFDB_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dataset/dataset.h"

/* What to write of a record, and where.  Texts are borrowed. */
struct vr_wfdb_copy {
    const char *folder; /* is there */
    const char *name;   /* of the record, and of its files up to the suffix: no blank, no '/' */
    int format;         /* of every signal; 0 = the first of 16, 24, 32 that holds each value */
    int64_t tick_count; /* from the start, in ticks of the source; 0 = all */
    /* Annotators of the source, written as NAME.ANNOTATOR; all of the record must have them. */
    const char *const *annotators;
    size_t annotator_count;
    const char *start; /* time and date of the first sample, "17:27:45.5 15/08/1994"; or NULL */
    /* Lines of text behind the signals, without their '#'. */
    const char *const *infos;
    size_t info_count;
};

/* Write the open record as FOLDER/NAME.hea and NAME.dat, and its annotations before the end.  The
 * header comes last, so that no half record is ever seen.
 *
 * Every signal keeps its rate, gain, baseline, unit and description: a frame is as long as the
 * greatest common divisor of their rates allows (that of the record, where it divides them all).  A
 * signal that ends before the others has invalid samples there.  In units, blanks become '_'.
 * Where the physical zero lies between two digital values (an offset), the baseline is the nearer
 * one, and an info string says by how much it differs.
 * Where a tick of the source is no frame of the copy, its annotation files name the ticks as their
 * time resolution.
 *
 * VR_ERR_INPUT when a value does not fit the format, or the rates have no frame that a header can
 * hold. */
int vr_wfdb_record_write(
    struct vr_dataset *source, const struct vr_wfdb_copy *copy, struct vr_err *err);

#endif
