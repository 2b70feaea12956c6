/* WFDB annotation files in AHA format: 16 bytes an annotation.
 *
 *     0  AHA code  time (4)  serial number (2)  subtype  MIT code  text (6)
 *
 * Times are ticks of the record, as the field's tools write them; the tapes of the AHA database
 * itself, whose last 8 bytes are unused, have milliseconds of the annotated half hour there, which
 * nothing in the file tells apart.
 * Source: WFDB Applications Guide, annot(5). */
#ifndef VR_DATASET_WFDB_AHA_H
#define VR_DATASET_WFDB_AHA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dataset/dataset.h"

#define VR_WFDB_AHA_SIZE 16 /* bytes of an annotation */

/* Do these first two bytes begin such a file? */
bool vr_wfdb_aha_begins(unsigned first, unsigned second);

/* Read a file's bytes into an empty list.  VR_ERR_INPUT with the byte offset for whatever is wrong;
 * then the list may hold a part. */
int vr_wfdb_aha_parse(
    const uint8_t *bytes, size_t size, const char *display, struct vr_annotations *list,
    struct vr_err *err);

#endif
