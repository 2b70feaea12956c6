/* ISHNE Holter files: bytes in, numbers out.  Knows nothing of folders.
 *
 *     "ISHNE1.0" (or "ANN  1.0" for annotations), CRC, 512 bytes of header, a block of any length, the data
 *
 * All numbers are little-endian.  An annotation file has the header of its recording; its data are the sample of the
 * recording from which it counts (u32), then four bytes an annotation: label, a second label for the maker's own use, and
 * the samples since the one before (u16); the label '!' only moves the time on.
 *
 * Whom the recording is of is not read at all.
 * Sources: reference/signal-formats.md, section 4; thew-project.org, "ISHNE Holter Standard" and its annotation format. */
#ifndef VR_DATASET_ISHNE_FILE_H
#define VR_DATASET_ISHNE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dataset/dataset.h"

#define VR_ISHNE_FIXED_SIZE 522
#define VR_ISHNE_LEADS_MAX 12
#define VR_ISHNE_VARIABLE_SIZE_MAX (1 << 20)
#define VR_ISHNE_FILE_SIZE_MAX \
    (INT64_C(1) << 36) /* 64 GiB, since opening reads the whole file once */

struct vr_ishne_header {
    bool is_annotations; /* "ANN  1.0": no samples, and lead_samples may be anything */
    uint16_t
        checksum; /* CRC-16/CCITT of all that lies between it and the data, as the file tells it */
    int64_t data_offset; /* bytes before the data */
    int64_t lead_samples;
    size_t lead_count;
    struct {
        int16_t specification; /* see vr_ishne_lead_name */
        int16_t resolution_nv; /* of an LSB; not above 0 = not known */
    } leads[VR_ISHNE_LEADS_MAX];
    uint32_t rate_hz;
    char notes[VR_WARNING_SIZE]; /* what was read although it is not as it should be; "" */
};

/* Read the fixed part, of a file of file_size bytes; `display` stands for the file in errors, which read
 * "FILE: byte N: ...".  VR_ERR_INPUT for whatever is wrong, also a file that is shorter than its header says. */
int vr_ishne_header_parse(
    const uint8_t *bytes, size_t size, int64_t file_size, const char *display,
    struct vr_ishne_header *ret_header, struct vr_err *err);

/* CRC-16/CCITT (polynomial 0x1021) of more bytes, begun with VR_ISHNE_CRC_START. */
#define VR_ISHNE_CRC_START 0xffff
uint16_t vr_ishne_crc(uint16_t crc, const uint8_t *bytes, size_t size);

/* "II", "V1"; NULL for what has no name. */
const char *vr_ishne_lead_name(int16_t specification);

/* The annotations in the data of an annotation file, in samples of the recording; labels that name no beat become
 * events (VR_CODE_EVENT). *ret_list must be empty; on error it stays so.  VR_ERR_INPUT when the bytes are no whole number of
 * annotations. */
int vr_ishne_annotations_parse(
    const uint8_t *bytes, size_t size, const char *display, struct vr_annotations *ret_list,
    struct vr_err *err);

#endif
