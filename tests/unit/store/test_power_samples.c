/* Samples of a power trace come back as they were, and their sums are those of the samples. */
#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "store/power_reader.h"
#include "traces.h"

#define CHUNK VR_POWER_CHUNK

static struct vr_store *store;
static struct vr_power_reader *reader;
static struct trace trace;
static struct vr_err err;

static void setup(void)
{
    store = filled_open(":memory:", VR_STORE_CREATE);
    fill_run(store, "run-a", 1);
}

static void teardown(void)
{
    vr_power_reader_destroy(reader);
    trace_free(&trace);
    vr_store_close(store);
}

TestSuite(power_samples, .init = setup, .fini = teardown);

static void store_and_open(void)
{
    trace_store(&trace, store, 1, false);
    cr_assert_eq(
        vr_power_reader_create(store, trace.stream.stream_id, &reader, &err), 0, "%s", err.text);
    cr_assert_eq(vr_power_reader_stream(reader)->sample_count, (int64_t)trace.count);
}

static void forget(void)
{
    teardown();
    reader = NULL;
    trace = (struct trace){0};
    setup();
}

static bool same(float a, float b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* All of [first, first + count) is what was put in. */
static void expect_samples(size_t first, size_t count)
{
    _cleanup_free_ float *values = calloc(count + 1, sizeof *values);
    _cleanup_free_ float *volts = calloc(count + 1, sizeof *volts);
    _cleanup_free_ uint8_t *lines = calloc(count + 1, 1);
    cr_assert_eq(
        vr_power_reader_samples(reader, (int64_t)first, count, values, volts, lines, &err), 0, "%s",
        err.text);
    for (size_t i = 0; i < count; i++) {
        size_t at = first + i;
        bool missing = trace_is_missing(&trace, at);
        float supply = missing ? NAN : trace.stream.has_volts ? trace.volts[at] : 3;
        cr_assert(same(values[i], (float)trace_value(&trace, at)), "value of %zu", at);
        cr_assert(same(volts[i], supply), "volts of %zu", at);
        cr_assert_eq(lines[i], trace.stream.has_lines ? trace.lines[at] : 0, "lines of %zu", at);
    }
}

static void expect_codes(void)
{
    _cleanup_free_ uint16_t *codes = calloc(trace.count, sizeof *codes);
    _cleanup_free_ uint8_t *ranges = calloc(trace.count, 1);
    cr_assert_eq(
        vr_power_reader_codes(reader, 0, trace.count, codes, ranges, NULL, &err), 0, "%s",
        err.text);
    cr_expect_arr_eq(codes, trace.codes, trace.count * sizeof *codes);
    cr_expect_arr_eq(ranges, trace.ranges, trace.count);
}

static void expect_near(double found, long double wanted, const char *what)
{
    cr_assert(
        fabsl((long double)found - wanted) <= 1e-14L * fabsl(wanted) + 1e-24L,
        "%s: %.17g, not %.17Lg", what, found, wanted);
}

static void expect_sum(size_t first, size_t end)
{
    struct vr_power_sum sum;
    long double charge = 0, energy = 0, gain = 0;
    int64_t lost = 0;
    uint64_t decodes = reader->decodes;
    cr_assert_eq(
        vr_power_reader_sum(reader, (int64_t)first, (int64_t)end, &sum, &err), 0, "%s", err.text);
    cr_expect_leq(reader->decodes - decodes, 2);
    for (size_t i = first; i < end; i++) {
        if (trace_is_missing(&trace, i)) {
            lost++;
            continue;
        }
        long double volts = trace.stream.has_volts ? (long double)trace.volts[i] : 3.0L;
        charge += trace_value(&trace, i);
        energy += trace_value(&trace, i) * volts;
        gain += fabsl(trace_value(&trace, i) * volts) *
                (long double)trace.stream.scale.gain_err[trace.ranges[i]];
    }
    cr_assert_eq(sum.lost, lost, "lost in [%zu, %zu): %ld", first, end, (long)sum.lost);
    cr_assert_eq(sum.count, (int64_t)(end - first) - lost);
    expect_near(sum.charge_c, charge / 100000, "charge");
    expect_near(sum.energy_j, energy / 100000, "energy");
    /* The error of what is before is one double, and costs the error of a piece its last digits. */
    double before = 0;
    for (size_t i = 0; i < first; i++)
        if (!trace_is_missing(&trace, i))
            before += fabs((double)trace_value(&trace, i)) * 3 / 100000;
    cr_assert(
        fabs(sum.gain_err_j - (double)(gain / 100000)) <=
        1e-12 * sum.gain_err_j + 1e-18 + 1e-15 * before);
}

Test(power_samples, come_back_in_every_kind)
{
    for (unsigned kind = 0; kind < 8; kind++) {
        trace_make(&trace, kind, 2 * CHUNK + 777, kind + 1);
        trace_lose(&trace, 100, 130);
        trace_lose(&trace, CHUNK - 5, CHUNK + 9);
        store_and_open();
        expect_samples(0, trace.count);
        if (kind & TRACE_CODED)
            expect_codes();
        expect_sum(0, trace.count);
        forget();
    }
}

Test(power_samples, come_back_at_every_border_and_with_every_alignment_of_what_is_missing)
{
    static const size_t offsets[] = {0, 1, 2, 255, 256, 257, CHUNK - 257, CHUNK - 1};
    static const size_t lengths[] = {1, 2, 256, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK};
    for (size_t o = 0; o < sizeof offsets / sizeof *offsets; o++) {
        for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
            trace_make(&trace, l % 8, 4 * CHUNK + (o % 3) * 100, o * 8 + l);
            trace_lose(&trace, offsets[o] + (l % 2) * CHUNK, offsets[o] + lengths[l]);
            store_and_open();
            expect_samples(0, trace.count);
            for (size_t border = 0; border < trace.count; border += CHUNK) {
                expect_samples(border ? border - 1 : 0, 2);
                expect_sum(border ? border - 1 : 0, border + 1);
                expect_sum(border, trace.count);
                expect_sum(0, border);
            }
            forget();
        }
    }
}

Test(power_samples, sum_like_brute_force_in_any_window)
{
    struct vr_rng rng;
    vr_rng_init(&rng, 11);
    for (unsigned kind = 0; kind < 8; kind++) {
        trace_make(&trace, kind, 6 * CHUNK + 4321, kind + 20);
        trace_lose(&trace, 2 * CHUNK - 100, 4 * CHUNK + 100);
        store_and_open();
        for (int i = 0; i < 40; i++) {
            size_t a = vr_rng_below(&rng, (uint32_t)trace.count + 1);
            size_t b = vr_rng_below(&rng, (uint32_t)trace.count + 1);
            expect_sum(a < b ? a : b, a < b ? b : a);
        }
        forget();
    }
}

Test(power_samples, that_are_small_behind_large_ones_keep_their_digits)
{
    trace_make(&trace, 0, 4 * CHUNK + 5, 1);
    for (size_t i = 0; i < trace.count; i++)
        trace.values[i] = i < CHUNK ? 1e6F : 1e-9F;
    store_and_open();
    expect_sum(CHUNK, 3 * CHUNK); /* the charge before is 5e14 times as large */
    expect_sum(CHUNK + 1, 4 * CHUNK + 3);
    expect_sum(3 * CHUNK, 4 * CHUNK);
    expect_sum(0, trace.count);
}
