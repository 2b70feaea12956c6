/* WFDB annotation files: what happened at which sample, in a few bytes each.
 *
 * Words of 16 bits, little-endian: code << 10 | interval.  Codes from 59 on are no annotations, but
 * say more about the one before, or (59) move the time of the next.  That is the MIT format; files
 * in the older AHA format (wfdb_aha.h) are told by their first bytes and read too. */
#ifndef VR_DATASET_WFDB_ANNOTATION_H
#define VR_DATASET_WFDB_ANNOTATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dataset/dataset.h"
#include "dataset/rate.h"

enum vr_wfdb_code {
    VR_WFDB_NULL = 0,      /* no event; a word of 0 ends the file */
    VR_WFDB_CODE_MAX = 49, /* of annotations */
    VR_WFDB_SKIP = 59,     /* interval of 32 bits, signed, in the next 4 bytes: high half first */
    VR_WFDB_NUM = 60,      /* number, kept by those that follow */
    VR_WFDB_SUB = 61,      /* subtype */
    VR_WFDB_CHN = 62,      /* channel, kept by those that follow */
    VR_WFDB_AUX = 63,      /* so many bytes of text follow, and a fill byte after an odd number */
};

#define VR_WFDB_INTERVAL_MAX 0x3ff
#define VR_WFDB_TEXT_SIZE_MAX 255
#define VR_WFDB_RESOLUTION_KEY "## time resolution: "
#define VR_WFDB_TICK_MAX (INT64_C(1) << 40) /* as VR_WFDB_FRAMES_MAX, on both sides of 0 */
#define VR_WFDB_ANNOTATION_SIZE_MAX ((size_t)1 << 29) /* bytes of a file */

/* Read a file's bytes; `display` stands for it in errors.  Times come out in ticks of `rate`: when
 * the file names a time resolution of its own, each is moved to the nearest tick.  The order is
 * that of the file.  Texts end at their first NUL.  *ret_list must be empty; on error it stays so.  VR_ERR_INPUT with the byte
 * offset for whatever is wrong, also a file without its end mark, or with data behind it. */
int vr_wfdb_annotation_parse(
    const uint8_t *bytes, size_t size, const char *display, struct vr_rate rate,
    struct vr_annotations *ret_list, struct vr_err *err);

/* The same, but times stay in the ticks of the file where those are finer than `rate`; then the list
 * says so (its rate). */
int vr_wfdb_annotation_parse_fine(
    const uint8_t *bytes, size_t size, const char *display, struct vr_rate rate,
    struct vr_annotations *ret_list, struct vr_err *err);

/* The same as vr_wfdb_annotation_parse for a file at any path. */
int vr_wfdb_annotation_read_file(
    const char *path, struct vr_rate rate, struct vr_annotations *ret_list, struct vr_err *err);

/* The bytes that read back as this list, in its order; the caller frees *ret_bytes.  With a
 * resolution (else NULL) the file names it as that of its ticks; without, they are those of its
 * record.  VR_ERR_INPUT for what the format cannot hold: a code outside 1..49, a text above 255
 * bytes, a time out of range, a resolution that is no decimal. */
int vr_wfdb_annotation_encode(
    const struct vr_annotations *list, const struct vr_rate *resolution, uint8_t **ret_bytes,
    size_t *ret_size, struct vr_err *err);

/* Write them to a new file, or over the old one. */
int vr_wfdb_annotation_write(
    const char *path, const struct vr_annotations *list, const struct vr_rate *resolution,
    struct vr_err *err);

#endif
