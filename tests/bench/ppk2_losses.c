/* How many lost samples of a PPK2 are found, how exactly, and what is found that was never lost.
 *
 * A row is so many runs of so many seconds in virtual time with losses of one kind at random places; each run has its own clock, up to
 * 100 ppm off.  "quiet" and "busy" are the hosts of the reference on power instruments, 6.4; of "starved" see ppk2_stream.h.
 *
 * there: losses; found: a gap covers it; exact: the samples behind the gap have their own index, and it counts as many as it covers;
 * bounds: they hold; false: gaps where nothing was lost; median, 95 %: distance of the gap from the loss; claimed: the largest that a
 * gap says itself; wrong: samples at another index than their own where no gap says that this may be; early: anchors before their
 * sample was taken; held: the longest that samples were held back. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ppk2_stream.h"

#define LOSSES 10

static int by_size(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;
    return (first > second) - (first < second);
}

static int by_place(const void *a, const void *b)
{
    const struct ppk2_loss *first = a, *second = b;
    return (first->at > second->at) - (first->at < second->at);
}

struct row {
    int64_t injected, found, exact, bounded, false_ones, wrong, early, held_max;
    int64_t errors[1 << 14]; /* |place| of those found */
    int64_t claimed_max;     /* largest place_err */
    size_t error_count;
};

static void plant(
    struct ppk2_stream *stream, struct vr_rng *rng, int64_t bytes, size_t count, double seconds)
{
    for (size_t i = 0; i < count; i++)
        stream->losses[i] = (struct ppk2_loss){
            .at = 50000 + vr_rng_below(rng, (uint32_t)(seconds * 1e5 - 1e5)),
            .offset = bytes % 4 ? vr_rng_below(rng, 4) : 0,
            .bytes = bytes};
    qsort(stream->losses, count, sizeof stream->losses[0], by_place);
    stream->loss_count = 0;
    for (size_t i = 0; i < count; i++) { /* two in one place would be one */
        struct ppk2_loss *last = &stream->losses[stream->loss_count];
        if (stream->loss_count == 0 || stream->losses[i].at > last[-1].at + bytes / 4 + 4)
            stream->losses[stream->loss_count++] = stream->losses[i];
    }
}

/* A gap stands for all losses that it covers: together they must be as many as it says. */
static void count_run(
    const struct ppk2_stream *stream, const struct ppk2_result *result, struct row *row)
{
    static int64_t lost[PPK2_GAPS_MAX];
    static size_t losses[PPK2_GAPS_MAX];
    memset(lost, 0, sizeof lost);
    memset(losses, 0, sizeof losses);
    for (size_t i = 0; i < stream->loss_count; i++) {
        const struct ppk2_loss *loss = &stream->losses[i];
        size_t at = ppk2_stream_find(result, loss, lost);
        row->injected++;
        if (at == result->gap_count)
            continue;
        lost[at] += loss->bytes / 4;
        losses[at]++;
        row->found++;
        row->errors[row->error_count++] = llabs(result->gaps[at].first - loss->at);
        if (result->gaps[at].place_err > row->claimed_max)
            row->claimed_max = result->gaps[at].place_err;
    }
    for (size_t i = 0; i < result->gap_count; i++) {
        const struct vr_power_gap *gap = &result->gaps[i];
        bool is_bytes = stream->loss_count > 0 && stream->losses[0].bytes % 4;
        row->false_ones += losses[i] == 0 && gap->count > 0;
        if (result->is_after_right[i] && (is_bytes || gap->count == lost[i]))
            row->exact += (int64_t)losses[i];
        if (is_bytes ? result->is_after_right[i]
                     : gap->count_min <= lost[i] && lost[i] <= gap->count_max)
            row->bounded += (int64_t)losses[i];
    }
    if (stream->cut_bytes > 0) { /* every whole word came out */
        bool is_whole = result->samples == stream->cut_bytes / 4 && result->missing == 0;
        row->injected++;
        row->found += is_whole;
        row->exact += is_whole && result->wrong == 0;
        row->bounded += is_whole;
    }
    row->wrong += result->wrong;
    row->early += result->early_anchors;
    if (result->held_max > row->held_max)
        row->held_max = result->held_max;
}

static const char *const hosts[PPK2_HOSTS] = {"quiet", "busy", "starved"};

static void tell(const char *what, enum ppk2_host host, struct row *row)
{
    int64_t median = 0, most = 0;
    if (row->error_count > 0) {
        qsort(row->errors, row->error_count, sizeof row->errors[0], by_size);
        median = row->errors[row->error_count / 2];
        most = row->errors[row->error_count * 95 / 100];
    }
    printf(
        "%-14s %-7s %6" PRId64 " %6" PRId64 " %6" PRId64 " %6" PRId64 " %5" PRId64 " %7" PRId64
        " %7" PRId64 " %7" PRId64 " %7" PRId64 " %6" PRId64 " %6.2f\n",
        what, hosts[host], row->injected, row->found, row->exact, row->bounded, row->false_ones,
        median, most, row->claimed_max, row->wrong, row->early, (double)row->held_max / 1e5);
    fflush(stdout);
}

static void run_row(
    const char *what, int64_t bytes, enum ppk2_host host, int runs, double seconds, uint64_t seed)
{
    static struct row row;
    static struct ppk2_result result;
    struct vr_rng rng;
    row = (struct row){0};
    vr_rng_init(&rng, seed);
    for (int i = 0; i < runs; i++) {
        struct ppk2_stream stream = {
            .seed = vr_rng_next(&rng),
            .seconds = seconds,
            .ppm = 200 * vr_rng_unit(&rng) - 100,
            .host = host};
        if (bytes > 0)
            plant(&stream, &rng, bytes, LOSSES, seconds);
        if (bytes < 0)
            stream.cut_bytes = 400000 + vr_rng_below(&rng, (uint32_t)(seconds * 4e5 - 8e5));
        ppk2_stream_run(&stream, &result);
        count_run(&stream, &result, &row);
    }
    tell(what, host, &row);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *what;
        int64_t bytes;
    } rows[] = {
        {"nothing", 0},       {"1 sample", 4},       {"63 samples", 63 * 4}, {"64 samples", 64 * 4},
        {"128 samples", 512}, {"512 samples", 2048}, {"1000 samples", 4000}, {"1 byte", 1},
        {"2 bytes", 2},       {"3 bytes", 3},        {"513 bytes", 513},     {"unplug", -1},
    };
    int runs = argc > 1 ? atoi(argv[1]) : 30;
    double seconds = argc > 2 ? atof(argv[2]) : 120;
    uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 0) : 1;
    const char *only = argc > 4 ? argv[4] : "";
    printf("seed %" PRIu64 ", %d runs of %g s a row, places in samples\n", seed, runs, seconds);
    printf(
        "%-14s %-7s %6s %6s %6s %6s %5s %7s %7s %7s %7s %6s %6s\n", "lost", "host", "there",
        "found", "exact", "bounds", "false", "median", "95 %", "claimed", "wrong", "early",
        "held s");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int host = 0; host < PPK2_HOSTS; host++)
            if (strstr(rows[i].what, only))
                run_row(rows[i].what, rows[i].bytes, (enum ppk2_host)host, runs, seconds, seed + i);
    return EXIT_SUCCESS;
}
