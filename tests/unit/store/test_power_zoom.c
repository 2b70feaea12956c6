/* A piece of a trace in points: against the samples, with what is missing, from every level. */
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

TestSuite(power_zoom, .init = setup, .fini = teardown);

static void store_and_open(bool dies)
{
    trace_store(&trace, store, 1, dies);
    cr_assert_eq(
        vr_power_reader_create(store, trace.stream.stream_id, &reader, &err), 0, "%s", err.text);
}

struct plain_node {
    long double min, max, sum, weight;
};

static void plain_add(
    struct plain_node *node, long double min, long double max, long double mean, long double weight)
{
    if (isnan(mean) || weight <= 0)
        return;
    node->min = node->weight == 0 || min < node->min ? min : node->min;
    node->max = node->weight == 0 || max > node->max ? max : node->max;
    node->sum += mean * weight;
    node->weight += weight;
}

/* The node of `size` samples from `first` on, from the samples. */
static struct plain_node plain_measure(size_t first, size_t size)
{
    struct plain_node node = {0};
    for (size_t i = first; i < first + size && i < trace.count; i++) {
        long double value = trace_value(&trace, i);
        plain_add(&node, value, value, value, 1);
    }
    return node;
}

static bool near(float found, long double wanted)
{
    return fabsl((long double)found - wanted) <= 3e-7L * fabsl(wanted);
}

/* Every part by its definition, from nodes of `size` samples. */
static void expect_zoom(size_t first, size_t end, size_t count, size_t size)
{
    _cleanup_free_ struct vr_power_node *nodes = calloc(count, sizeof *nodes);
    _cleanup_free_ struct plain_node *wanted = calloc(count, sizeof *wanted);
    cr_assert_eq(
        vr_power_reader_zoom(reader, (int64_t)first, (int64_t)end, count, nodes, &err), 0, "%s",
        err.text);
    long double part = (long double)(end - first) / (long double)count;
    for (size_t at = first - first % size; at < end; at += size) {
        struct plain_node node = plain_measure(at, size);
        if (node.weight == 0)
            continue;
        size_t after = at + size < trace.count ? at + size : trace.count;
        for (size_t p = 0; p < count; p++) {
            long double from = (long double)first + part * (long double)p, to = from + part;
            long double overlap = fminl(to, (long double)after) - fmaxl(from, (long double)at);
            if (overlap > 1e-9L) /* what is less is rounding of the test's own borders */
                plain_add(
                    &wanted[p], node.min, node.max, node.sum / node.weight,
                    overlap * node.weight / (long double)(after - at));
        }
    }
    for (size_t p = 0; p < count; p++) {
        if (wanted[p].weight == 0) {
            cr_assert(isnan(nodes[p].min) && isnan(nodes[p].max) && isnan(nodes[p].mean));
            continue;
        }
        cr_assert(near(nodes[p].min, wanted[p].min), "min of part %zu of %zu", p, count);
        cr_assert(near(nodes[p].max, wanted[p].max), "max of part %zu of %zu", p, count);
        cr_assert(
            near(nodes[p].mean, wanted[p].sum / wanted[p].weight), "mean of part %zu of %zu: %g", p,
            count, (double)nodes[p].mean);
    }
}

Test(power_zoom, shows_single_samples)
{
    trace_make(&trace, TRACE_CODED, 2 * CHUNK, 3);
    trace_lose(&trace, CHUNK - 3, CHUNK + 4);
    store_and_open(false);
    expect_zoom(0, 10, 10, 1);
    expect_zoom(CHUNK - 10, CHUNK + 10, 20, 1);
    expect_zoom(5, 8, 10, 1); /* a sample is more than a part */
    expect_zoom(CHUNK - 3, CHUNK + 4, 3, 1);
    expect_zoom(CHUNK - 1000, CHUNK + 777, 7, 1);
    expect_zoom(2 * CHUNK - 1, 2 * CHUNK, 1, 1);
}

Test(power_zoom, is_empty_where_nothing_is)
{
    struct vr_power_node nodes[3];
    trace_make(&trace, 0, 1000, 4);
    store_and_open(false);
    cr_assert_eq(vr_power_reader_zoom(reader, 7, 7, 3, nodes, &err), 0);
    for (size_t i = 0; i < 3; i++)
        cr_expect(isnan(nodes[i].min) && isnan(nodes[i].mean));
    cr_expect_eq(vr_power_reader_zoom(reader, 0, 1001, 3, nodes, &err), -VR_ERR_USAGE);
    cr_expect_eq(vr_power_reader_zoom(reader, -1, 10, 3, nodes, &err), -VR_ERR_USAGE);
    cr_expect_eq(vr_power_reader_zoom(reader, 9, 8, 3, nodes, &err), -VR_ERR_USAGE);
    cr_expect_eq(vr_power_reader_zoom(reader, 0, 1000, 0, nodes, &err), 0);
}

Test(power_zoom, is_made_of_the_first_level)
{
    trace_make(&trace, TRACE_CODED, 20 * CHUNK + 999, 5);
    trace_lose(&trace, 300, 1100);
    trace_lose(&trace, 3 * CHUNK - 100, 6 * CHUNK + 100);
    store_and_open(false);
    expect_zoom(0, 256 * 4 * 20, 20, 256);           /* on the borders of nodes */
    expect_zoom(77, 77 + 1024 * 100 + 13, 100, 256); /* anywhere */
    expect_zoom(0, trace.count, 100, 256);
    expect_zoom(0, trace.count, 6, 256);
    expect_zoom(trace.count - 5000, trace.count, 4, 256);
}

Test(power_zoom, is_made_of_the_second_level)
{
    trace_make(&trace, TRACE_CODED, 90 * CHUNK + 12345, 6);
    trace_lose(&trace, 10 * CHUNK - 1, 30 * CHUNK + 1);
    store_and_open(false);
    expect_zoom(0, trace.count, 1, CHUNK);
    expect_zoom(1, trace.count - 1, 22, CHUNK);
    expect_zoom(CHUNK / 2, 88 * CHUNK, 7, CHUNK);
}

Test(power_zoom, of_a_process_that_died_comes_from_what_is_there)
{
    trace_make(&trace, TRACE_CODED, 70 * CHUNK + 500, 7);
    trace_lose(&trace, 5 * CHUNK, 7 * CHUNK);
    store_and_open(true);
    cr_expect_eq(vr_power_reader_stream(reader)->ended_ns, 0);
    cr_expect_eq(vr_power_reader_stream(reader)->sample_count, 70 * CHUNK);
    cr_expect_eq(vr_power_reader_stream(reader)->lost_count, 2 * CHUNK);
    trace.count = 70 * CHUNK; /* the last 500 were in no whole chunk */
    expect_zoom(0, trace.count, 50, 256);
    expect_zoom(0, trace.count, 3, CHUNK);
    expect_zoom(60 * CHUNK, trace.count, 10, 1024 / 4);
}

/* --- a day ----------------------------------------------------------------------------------- */

#define RATE 10000
#define DAY (INT64_C(24) * 3600 * RATE)

/* A day of which four times ten seconds are there, six hours apart: a real pyramid and real sums for little work.  The rest takes no
 * chunks. */
static void day_store(void)
{
    struct vr_power_packer *packer = NULL;
    const size_t missing = 256 * CHUNK;
    _cleanup_free_ uint8_t *ranges = malloc(missing);
    _cleanup_free_ uint16_t *codes = calloc(missing, sizeof *codes);
    memset(ranges, VR_POWER_MISSING, missing);
    trace_make(&trace, TRACE_CODED, 10 * RATE, 8);
    trace.stream.rate_num = RATE;
    trace.stream.trial_id = 1;
    FILL(vr_store_power_stream_add(store, &trace.stream, &err));
    FILL(vr_power_packer_create(&trace.stream, &packer, &err));
    for (int64_t at = 0; at < DAY;) {
        bool there = at % (DAY / 4) == 0;
        int64_t border = (at / (DAY / 4) + 1) * (DAY / 4);
        int64_t count = there ? (int64_t)trace.count : border - at;
        count = !there && count > (int64_t)missing ? (int64_t)missing : count;
        const struct vr_power_samples samples = {
            .first = at,
            .count = (size_t)count,
            .codes = there ? trace.codes : codes,
            .ranges = there ? trace.ranges : ranges,
        };
        FILL(vr_power_packer_add(packer, &samples, &err));
        at += count;
    }
    FILL(vr_power_packer_finish(packer, &err));
    trace_batch_store(store, trace.stream.stream_id, packer);
    trace.stream.sample_count = vr_power_packer_count(packer);
    trace.stream.lost_count = vr_power_packer_lost(packer);
    trace.stream.ended_ns = 9;
    FILL(vr_store_power_stream_end(store, &trace.stream, &err));
    vr_power_packer_destroy(packer);
    cr_assert_eq(
        vr_power_reader_create(store, trace.stream.stream_id, &reader, &err), 0, "%s", err.text);
}

Test(power_zoom, of_a_day_finds_what_is_there_and_sums_it)
{
    struct vr_power_node nodes[24];
    struct vr_power_sum sum;
    long double charge = 0;
    day_store();
    cr_expect_eq(vr_power_reader_stream(reader)->sample_count, DAY);
    cr_assert_eq(vr_power_reader_zoom(reader, 0, DAY, 24, nodes, &err), 0, "%s", err.text);
    struct plain_node second = plain_measure(0, trace.count);
    for (size_t hour = 0; hour < 24; hour++) {
        /* A node on the border of two hours counts in both. */
        if (hour % 6 != 5)
            cr_expect_eq(isnan(nodes[hour].mean) == 0, hour % 6 == 0, "hour %zu", hour);
        if (hour % 6 != 0)
            continue;
        cr_expect(near(nodes[hour].min, second.min) && near(nodes[hour].max, second.max));
        long double mean = second.sum / second.weight;
        if (hour == 0)
            cr_expect(near(nodes[hour].mean, mean));
        else /* the node on the border gives only its share */
            cr_expect(fabsl((long double)nodes[hour].mean - mean) < 0.2L * mean);
    }
    for (size_t i = 0; i < trace.count; i++)
        charge += trace_value(&trace, i) / RATE;
    cr_assert_eq(vr_power_reader_sum(reader, 0, DAY, &sum, &err), 0, "%s", err.text);
    cr_expect_eq(sum.count, 4 * (int64_t)trace.count);
    cr_expect_eq(sum.lost, DAY - sum.count);
    cr_expect(fabsl((long double)sum.charge_c - 4 * charge) <= 1e-15L * 4 * charge);
    /* one sample at the end of the day, with all its digits */
    int64_t last = DAY / 4 * 3 + 50000;
    cr_assert_eq(vr_power_reader_sum(reader, last, last + 1, &sum, &err), 0);
    cr_expect(
        fabsl((long double)sum.charge_c - trace_value(&trace, 50000) / RATE) <=
        1e-15L * (long double)sum.charge_c);
}
