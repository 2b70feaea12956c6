/* The bytes of a PPK2 as words, and its words as samples that follow each other.
 *
 * A word is 32 bits, little-endian, 100,000 of them a second: code (bits 0-13), range (14-16), a bit without meaning to us (17), counter
 * (18-23), levels of the digital inputs (24-31).  The counter is all that shows a loss, and all that shows where a word begins:
 *
 * - A counter that jumps and then goes on is a loss of samples, modulo 64.
 * - Bytes lost within a word shift all that follows.  Where the counter breaks off, the four ways of cutting the bytes into words are
 *   compared by how often the counter goes on over 16 words; only a cut with 12 of them, alone among the four, is taken.  What came
 *   until then is thrown away, and so are the two words before the break: a word that lost only its last byte still has its counter.
 *   How many samples that were is told by the counter before and behind, never by one between.
 * - A word that is damaged by itself counts as lost.
 *
 * So a word is given out when two more have followed it.  What cannot be seen: a loss of 64 samples or a multiple of it (power/arrival.h),
 * and that a loss of a multiple of 4 bytes began within a word, which joins the two words around it into one. */
#ifndef VR_POWER_PPK2_WORDS_H
#define VR_POWER_PPK2_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VR_PPK2_COUNTS 64 /* values of the counter */

static inline unsigned vr_ppk2_code(uint32_t word)
{
    return word & 0x3fff;
}
static inline unsigned vr_ppk2_range(uint32_t word)
{
    return word >> 14 & 7;
}
static inline unsigned vr_ppk2_counter(uint32_t word)
{
    return word >> 18 & 63;
}
static inline unsigned vr_ppk2_lines(uint32_t word)
{
    return word >> 24;
}

enum vr_ppk2_event {
    VR_PPK2_NONE,    /* more bytes are needed */
    VR_PPK2_WORD,    /* the next sample */
    VR_PPK2_LOST,    /* samples before the next one are lost, by the counter */
    VR_PPK2_SHIFTED, /* the same, and bytes were thrown away */
};

struct vr_ppk2_words {
    uint8_t bytes[4096]; /* [at, size) are not given out */
    size_t at, size;
    bool is_aligned, has_begun;
    uint8_t counter;   /* of the next word, if nothing is lost */
    uint64_t rejected; /* bytes thrown away since the last word that was given out */
};

/* All zero is the start: what comes before the first sure word is no loss. */
/* Takes what fits; returns how many bytes. */
size_t vr_ppk2_words_push(struct vr_ppk2_words *words, const uint8_t *data, size_t size);

/* What comes next: call until VR_PPK2_NONE after each push.  Of a loss, *ret_count is the least number that it can be: the true one is
 * that, or a multiple of 64 more. */
enum vr_ppk2_event vr_ppk2_words_next(
    struct vr_ppk2_words *words, uint32_t *ret_word, int64_t *ret_count);

/* The same when no bytes will follow: also gives out the words that nothing follows. */
enum vr_ppk2_event vr_ppk2_words_last(
    struct vr_ppk2_words *words, uint32_t *ret_word, int64_t *ret_count);

#endif
