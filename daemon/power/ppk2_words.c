/* A window over the bytes: as long as three words in a row count on, the first of them is a sample. */
#include "power/ppk2_words.h"

#include <string.h>

#define WORD 4
#define SURE 2                               /* words that must follow one */
#define PAIRS 16                             /* of neighbours, by which a cut is judged */
#define HITS 12                              /* of them that must count on */
#define LOOK (WORD * (PAIRS + 1) + WORD - 1) /* bytes that are looked at */

static uint32_t word_at(const struct vr_ppk2_words *words, size_t at)
{
    const uint8_t *b = &words->bytes[at];
    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static unsigned counter_at(const struct vr_ppk2_words *words, size_t at)
{
    return words->bytes[at + 2] >> 2;
}

/* Whether the word behind the one at `at` counts on. */
static bool counts_on(const struct vr_ppk2_words *words, size_t at)
{
    return counter_at(words, at + WORD) == (counter_at(words, at) + 1) % VR_PPK2_COUNTS;
}

size_t vr_ppk2_words_push(struct vr_ppk2_words *words, const uint8_t *data, size_t size)
{
    if (words->at > 0) {
        memmove(words->bytes, words->bytes + words->at, words->size - words->at);
        words->size -= words->at;
        words->at = 0;
    }
    size_t room = sizeof words->bytes - words->size;
    size_t used = size < room ? size : room;
    if (used > 0)
        memcpy(words->bytes + words->size, data, used);
    words->size += used;
    return used;
}

static size_t left(const struct vr_ppk2_words *words)
{
    return words->size - words->at;
}

static void reject(struct vr_ppk2_words *words, size_t size)
{
    words->at += size;
    words->rejected += size;
}

/* How many bytes behind `at` a sure cut begins, 0..3; -1 = there is none, or more than one. */
static int find_cut(const struct vr_ppk2_words *words, size_t at)
{
    int cut = -1, count = 0;
    for (size_t offset = 0; offset < WORD; offset++) {
        unsigned hits = 0;
        for (size_t i = 0; i < PAIRS; i++)
            hits += counts_on(words, at + offset + i * WORD);
        if (hits < HITS)
            continue;
        cut = (int)offset;
        count++;
        if (offset == 0 && words->is_aligned) /* nothing speaks against the cut that held so far */
            return 0;
    }
    return count == 1 ? cut : -1;
}

/* From a break on, whose cut is sure: to the first word that counts on twice. */
static void skip_damaged(struct vr_ppk2_words *words)
{
    while (!counts_on(words, words->at) || !counts_on(words, words->at + WORD))
        reject(words, WORD);
}

/* The loss before the word at `at`, if it can be told, and there was anything before. */
static enum vr_ppk2_event tell_loss(struct vr_ppk2_words *words, int64_t *ret_count)
{
    unsigned counter = counter_at(words, words->at);
    unsigned missing = (counter - words->counter) % VR_PPK2_COUNTS;
    int64_t least = (int64_t)((words->rejected + WORD - 1) / WORD);
    int64_t count = missing;
    if (count < least)
        count += (least - count + VR_PPK2_COUNTS - 1) / VR_PPK2_COUNTS * VR_PPK2_COUNTS;
    enum vr_ppk2_event event = words->rejected > 0 ? VR_PPK2_SHIFTED : VR_PPK2_LOST;
    bool is_loss = words->has_begun && count > 0;
    words->counter = (uint8_t)counter;
    words->rejected = 0;
    words->is_aligned = words->has_begun = true;
    *ret_count = count;
    return is_loss ? event : VR_PPK2_NONE;
}

/* A break at the word `unsure` bytes behind `at`.  False = more bytes are needed. */
static bool mend(struct vr_ppk2_words *words, size_t unsure)
{
    while (left(words) >= unsure + LOOK) {
        int cut = find_cut(words, words->at + unsure);
        if (cut == 0 && words->is_aligned && unsure > 0)
            return true; /* the words before the break are good: give them out first */
        reject(words, cut < 0 ? unsure + WORD : unsure + (size_t)cut);
        unsure = 0;
        if (cut >= 0) {
            skip_damaged(words);
            if (words->has_begun && (cut > 0 || !words->is_aligned))
                reject(words, WORD); /* its first bytes may be those of a word that was cut off */
            return true;
        }
        words->is_aligned = false;
    }
    return false;
}

static enum vr_ppk2_event give_out(struct vr_ppk2_words *words, uint32_t *ret_word)
{
    *ret_word = word_at(words, words->at);
    words->counter = (words->counter + 1) % VR_PPK2_COUNTS;
    words->at += WORD;
    return VR_PPK2_WORD;
}

enum vr_ppk2_event vr_ppk2_words_next(
    struct vr_ppk2_words *words, uint32_t *ret_word, int64_t *ret_count)
{
    if (words->is_aligned) {
        if (left(words) < WORD * (SURE + 1))
            return VR_PPK2_NONE;
        size_t sure = 0; /* words that count on from the one before */
        while (sure <= SURE && counter_at(words, words->at + sure * WORD) ==
                                   (words->counter + sure) % VR_PPK2_COUNTS)
            sure++;
        if (sure > SURE)
            return give_out(words, ret_word);
        if (!mend(words, sure * WORD))
            return VR_PPK2_NONE;
        if (words->is_aligned && sure > 0 && words->rejected == 0)
            return give_out(words, ret_word);
    } else if (!mend(words, 0)) {
        return VR_PPK2_NONE;
    }
    enum vr_ppk2_event event = tell_loss(words, ret_count);
    return event == VR_PPK2_NONE ? vr_ppk2_words_next(words, ret_word, ret_count) : event;
}

enum vr_ppk2_event vr_ppk2_words_last(
    struct vr_ppk2_words *words, uint32_t *ret_word, int64_t *ret_count)
{
    enum vr_ppk2_event event = vr_ppk2_words_next(words, ret_word, ret_count);
    if (event != VR_PPK2_NONE || !words->is_aligned || left(words) < WORD ||
        counter_at(words, words->at) != words->counter)
        return event;
    return give_out(words, ret_word);
}
