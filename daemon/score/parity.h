/* Parity: are two lists of outputs the same to the last bit, and if not, where do they part?
 *
 * Compared is what the algorithm says: number, stream, kind, sample_index, at_index, how many
 * values, and the values.  Ticks and host times never count: they are the machine's, not the
 * algorithm's. */
#ifndef VR_SCORE_PARITY_H
#define VR_SCORE_PARITY_H

#include "store/store.h"

#define VR_PARITY_MISSING "missing_output" /* golden has it, the device did not say it */
#define VR_PARITY_EXTRA "extra_output"     /* the device said it, golden has it not */
#define VR_PARITY_TEXT_SIZE 160

struct vr_parity {
    size_t agreeing; /* outputs before the first difference */
    /* NULL = equal; MISSING, EXTRA, or the first field that differs, in the order above: a column
     * of the table output, or value_count. */
    const char *difference;
    int64_t number, stream, sample_index; /* of the output at the difference: golden's, or of an
                                             extra one its own */
    int64_t value, golden_value; /* of the field; VR_STORE_NONE when a whole output is missing or
                                    extra */
};

/* Both lists in the order of their numbers.  An output is missing when the device goes on with the
 * one that golden has after it, extra when golden's follows it; everything else is a field that
 * differs. */
void vr_parity_compare(
    const struct vr_output_row *outputs, size_t count, const struct vr_output_row *golden,
    size_t golden_count, struct vr_parity *ret_parity);

/* "output 371, sample 106530 of stream 0: value1 is 812, golden 811"; "" when equal. */
void vr_parity_say(const struct vr_parity *parity, char ret_text[VR_PARITY_TEXT_SIZE]);

#endif
