/* What a PPK2 would send, and when a host would have it, in virtual time: words whose code tells which sample they are, losses at known
 * places, arrivals of a quiet or a busy host.  Shares no code with the decoder. */
#ifndef VR_TESTS_PPK2_STREAM_H
#define VR_TESTS_PPK2_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "power/power.h"

/* Jitter of about 150 us and rare stalls of 8 ms; of about 1 ms, and stalls of 30 ms in one of fifty reads (nearly half of all reads wait
 * behind one); the same, in one of ten (more than nine of ten wait). */
enum ppk2_host { PPK2_QUIET, PPK2_BUSY, PPK2_STARVED, PPK2_HOSTS };

#define PPK2_LOSSES_MAX 64

/* Bytes of the stream that vanish: before sample `at`, or `offset` bytes into it. */
struct ppk2_loss {
    int64_t at;
    unsigned offset;
    int64_t bytes;
};

struct ppk2_stream {
    uint64_t seed;
    double seconds;
    double ppm; /* the instrument's clock is faster by so much */
    enum ppk2_host host;
    double stall_s, stall_until_s;            /* nothing arrives in between */
    double slow_from_s, slower_s;             /* from a time on, everything takes longer */
    struct ppk2_loss losses[PPK2_LOSSES_MAX]; /* in the order of `at` */
    size_t loss_count;
    int64_t cut_bytes; /* the stream ends after so many; 0 = it does not */
};

#define PPK2_GAPS_MAX 4096

/* What came of it. */
struct ppk2_result {
    int64_t samples, missing;
    int64_t wrong; /* samples at another index than their own, where no gap says that this may be */
    int64_t misplaced;              /* the same, where one does */
    int64_t anchors, early_anchors; /* early: before its sample was taken */
    int64_t held_max;               /* samples that were held back */
    int64_t worst_anchor_ns;        /* of a quiet host: the least delay among the anchors */
    struct vr_power_gap gaps[PPK2_GAPS_MAX];
    size_t gap_count;
    bool is_after_right[PPK2_GAPS_MAX]; /* the samples behind the gap have their own index */
};

/* The word of a sample. */
uint32_t ppk2_stream_word(int64_t sample);

void ppk2_stream_run(const struct ppk2_stream *stream, struct ppk2_result *ret_result);

/* The number of the gap that is this loss, or gap_count.  `found` has the samples of losses that each gap stands for already (NULL = none):
 * where several may be it, one that has room. */
size_t ppk2_stream_find(
    const struct ppk2_result *result, const struct ppk2_loss *loss, const int64_t *found);

/* An instrument whose five ranges are all calibrated. */
const struct vr_power_info *ppk2_stream_info(void);

#endif
