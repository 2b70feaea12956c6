/* What comes with the samples of a power trace: rows that come back, what stays in the run file, and the check that finds what is wrong. */
#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "store/power_reader.h"
#include "traces.h"

#define CHUNK VR_POWER_CHUNK

static struct vr_store *store;
static struct vr_power_reader *reader;
static struct vr_err err;
static char findings_text[8192];
static int64_t stream_id;

static void setup(void)
{
    store = filled_open(":memory:", VR_STORE_CREATE);
    fill_run(store, "run-a", 1);
    stream_id = fill_power(store, 1);
    *findings_text = '\0';
}

static void teardown(void)
{
    vr_power_reader_destroy(reader);
    reader = NULL;
    vr_store_close(store);
}

TestSuite(power_rows, .init = setup, .fini = teardown);

static int64_t number(const char *sql)
{
    sqlite3_stmt *statement;
    cr_assert_eq(
        sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL), SQLITE_OK, "%s: %s", sql,
        sqlite3_errmsg(store->db));
    int64_t value = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
    sqlite3_finalize(statement);
    return value;
}

static void execute(const char *sql)
{
    cr_assert_eq(
        sqlite3_exec(store->db, sql, NULL, NULL, NULL), SQLITE_OK, "%s: %s", sql,
        sqlite3_errmsg(store->db));
}

/* --- rows ------------------------------------------------------------------------------------ */

static int count_stream(void *context, const struct vr_power_stream_row *stream)
{
    ++*(int *)context;
    cr_expect_str_eq(stream->meter, "ppk");
    cr_expect_str_eq(stream->settings, "source meter at 3.0 V");
    cr_expect_eq(stream->rate_num, 100000);
    cr_expect_eq(stream->quantity, VR_POWER_CURRENT);
    cr_expect(stream->is_coded && stream->has_lines && !stream->has_volts);
    cr_expect_eq(stream->supply_v, 3);
    cr_expect_eq(stream->busy_line, 0);
    cr_expect_eq(stream->inference_line, -1);
    cr_expect_eq(stream->scale.a[1][1], 1.1e-8 * 100);
    cr_expect_eq(stream->scale.gain_err[2], 0.03);
    cr_expect_eq(stream->ended_ns, 9);
    cr_expect_eq(stream->sample_count, FILLED_TRACE);
    cr_expect_eq(stream->lost_count, 20);
    return 0;
}

Test(power_rows, have_a_stream_as_it_was)
{
    int count = 0;
    cr_assert_eq(vr_store_power_streams(store, 1, count_stream, &count, &err), 0, "%s", err.text);
    cr_expect_eq(count, 1);
    cr_assert_eq(vr_store_power_streams(store, 2, count_stream, &count, &err), 0);
    cr_expect_eq(count, 1);
}

static int sum_mark(void *context, const struct vr_mark_row *mark)
{
    *(int64_t *)context +=
        mark->line + (int64_t)mark->ticks + mark->host_sent_ns + mark->host_received_ns;
    return 0;
}

static int keep_clock(void *context, const struct vr_power_clock_row *clock)
{
    double *sum = context;
    *sum += clock->slope + (double)clock->x1 + clock->y0;
    cr_expect(isnan(clock->bound) == (clock->n != 4));
    return 0;
}

static int keep_span(void *context, const struct vr_power_span_row *span)
{
    ++*(int *)context;
    cr_expect_eq(span->gross_uj, 900);
    cr_expect(isnan(span->idle_uw));
    cr_expect_str_eq(span->validity, "incomplete");
    return 0;
}

static int keep_inference(void *context, const struct vr_power_inference_row *inference)
{
    ++*(int *)context;
    cr_expect_eq(isnan(inference->gross_uj) != 0, inference->output > 0);
    cr_expect_str_eq(inference->method, inference->output > 0 ? "clock" : "edges");
    cr_expect_eq(inference->shares, inference->output == 2);
    return 0;
}

static int keep_window(void *context, const struct vr_power_window_row *window)
{
    cr_expect_eq(window->number, ++*(int *)context);
    cr_expect_eq(window->inferences, window->number == 1 ? 12 : 3);
    cr_expect_eq(isnan(window->gross_uj) != 0, window->number == 2);
    cr_expect_str_eq(window->why, window->number == 1 ? "" : "short");
    return 0;
}

static int keep_segment(void *context, const struct vr_power_segment_row *segment)
{
    bool is_first = segment->number == 0;
    cr_expect_eq(segment->number, (*(int *)context)++);
    cr_expect_eq(segment->to_s, is_first ? 60 : 90.5);
    cr_expect_eq(segment->end, is_first ? 6000010 : VR_STORE_NONE);
    cr_expect_eq(segment->beats, is_first ? 70 : 30);
    cr_expect_eq(isnan(segment->coverage) != 0, !is_first);
    cr_expect_str_eq(segment->why, is_first ? "" : "no outputs");
    return 0;
}

Test(power_rows, come_back)
{
    int64_t marks = 0;
    double clocks = 0;
    int spans = 0, inferences = 0, windows = 0, segments = 0;
    cr_assert_eq(vr_store_marks(store, 1, sum_mark, &marks, &err), 0, "%s", err.text);
    cr_expect_eq(marks, 4 + INT64_C(4294967295) + 5 + 100);
    cr_assert_eq(vr_store_power_clocks(store, stream_id, keep_clock, &clocks, &err), 0);
    cr_expect_float_eq(clocks, 2.5 + 1000 + 3 + 2.25 + 2000 + 2503 + 1e-4 + 9, 1e-9);
    cr_assert_eq(vr_store_power_span(store, stream_id, keep_span, &spans, &err), 0);
    cr_expect_eq(spans, 1);
    cr_assert_eq(vr_store_power_inferences(store, stream_id, keep_inference, &inferences, &err), 0);
    cr_expect_eq(inferences, 3);
    cr_assert_eq(vr_store_power_windows(store, stream_id, keep_window, &windows, &err), 0);
    cr_expect_eq(windows, 2);
    cr_assert_eq(vr_store_power_segments(store, stream_id, keep_segment, &segments, &err), 0);
    cr_expect_eq(segments, 2);
    cr_expect_eq(number("SELECT max(part) FROM power_clock WHERE clock = 'device'"), 1);
    cr_expect_eq(number("SELECT max(part) FROM power_clock WHERE clock = 'host'"), 0);
    /* and are replaced as a whole */
    cr_assert_eq(vr_store_power_clocks_replace(store, stream_id, NULL, 0, &err), 0);
    const struct vr_power_energy none = {0};
    cr_assert_eq(vr_store_power_energy_replace(store, stream_id, &none, &err), 0);
    cr_expect_eq(number("SELECT count(*) FROM power_clock"), 0);
    cr_expect_eq(number("SELECT count(*) FROM power_span"), 0);
    cr_expect_eq(number("SELECT count(*) FROM power_inference"), 0);
    cr_expect_eq(number("SELECT count(*) FROM power_window"), 0);
    cr_expect_eq(number("SELECT count(*) FROM power_segment"), 0);
    cr_expect_eq(vr_store_power_span(store, stream_id, keep_span, &spans, &err), 0);
    cr_expect_eq(spans, 1);
}

static void expect_refused(const struct vr_power_energy *energy, const char *constraint)
{
    cr_expect_eq(
        vr_store_power_energy_replace(store, stream_id, energy, &err), -VR_ERR_INTERNAL, "%s",
        constraint);
    cr_expect_not_null(strstr(err.text, constraint), "%s", err.text);
}

Test(power_rows, refuse_an_energy_that_cannot_be)
{
    struct vr_power_inference_row inference = {
        .method = "edges", .gross_uj = 1, .lost = 1, .why = ""};
    struct vr_power_energy energy = {.inferences = &inference, .inference_count = 1};
    expect_refused(&energy, "lost_has_no_energy");
    inference = (struct vr_power_inference_row){
        .output = 1, .method = "edges", .gross_uj = 1, .why = "", .shares = 1};
    expect_refused(&energy, "an_energy_counts_once");
    struct vr_power_span_row span = {
        .gross_uj = 1, .coverage = 0.99, .validity = "valid", .why = ""};
    energy = (struct vr_power_energy){.span = &span};
    expect_refused(&energy, "valid_is_covered");
    const struct vr_power_window_row windows[] = {
        {1, 0, 1000, 9.99, 10, 5, 0, 0, 0, ""},
        {1, 0, 1000, 10, 9, 5, 0, 0, 0, ""},
        {1, 0, 1000, 10, 10, 5, 0, 0, 2, ""},
        {1, 0, 1000, 10, 10, NAN, 0, 0, 1, ""},
    };
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        energy = (struct vr_power_energy){.windows = &windows[i], .window_count = 1};
        expect_refused(&energy, "a_window_keeps_the_rules");
    }
    struct vr_power_segment_row segment = {
        .to_s = 60, .end = 1000, .gross_uj = 1, .lost = 2, .coverage = 0.998, .why = ""};
    energy = (struct vr_power_energy){.segments = &segment, .segment_count = 1};
    expect_refused(&energy, "a_segment_is_covered");
    cr_expect_eq(number("SELECT gross_uj FROM power_span"), 900, "the old one stays");
}

Test(power_rows, end_a_stream_once)
{
    struct vr_power_stream_row stream = {.stream_id = stream_id, .ended_ns = 99};
    cr_expect_eq(vr_store_power_stream_end(store, &stream, &err), -VR_ERR_NOT_FOUND);
    cr_expect_eq(number("SELECT ended_ns FROM power_stream"), 9);
}

Test(power_rows, go_with_their_trial)
{
    execute("DELETE FROM trial WHERE trial_id = 1");
    static const char *const tables[] = {
        "power_stream", "power_chunk", "power_zoom",      "power_gap",    "power_edge",   "mark",
        "power_clock",  "power_span",  "power_inference", "power_window", "power_segment"};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", tables[i]);
        cr_expect_eq(number(sql), 0, "%s", tables[i]);
    }
}

/* --- edges ----------------------------------------------------------------------------------- */

struct edges {
    uint8_t lines;
    int64_t at;
    const uint8_t *wanted;
    size_t count;
};

static int follow_edge(void *context, const struct vr_power_edge *edge)
{
    struct edges *edges = context;
    cr_assert_gt(edge->sample, 0, "the first sample has nothing before it");
    for (; edges->at < edge->sample; edges->at++)
        cr_assert_eq(edges->wanted[edges->at], edges->lines, "%ld", (long)edges->at);
    edges->lines = (uint8_t)((edges->lines & ~(1 << edge->line)) | edge->level << edge->line);
    edges->count++;
    return 0;
}

Test(power_rows, have_every_edge_of_every_line)
{
    struct trace trace;
    trace_make(&trace, TRACE_LINES, 3 * CHUNK + 10, 9);
    for (size_t i = 0; i < trace.count; i++) /* the first level is no edge, one at a border is */
        trace.lines[i] ^= i >= CHUNK ? 0x81 : 0x01;
    trace_lose(&trace, CHUNK + 5, 2 * CHUNK + 5);
    trace_store(&trace, store, 2, false);
    struct edges edges = {.lines = trace.lines[0], .wanted = trace.lines};
    cr_assert_eq(
        vr_store_power_edges(
            store, trace.stream.stream_id, 0, INT64_MAX, follow_edge, &edges, &err),
        0, "%s", err.text);
    for (; edges.at < (int64_t)trace.count; edges.at++)
        cr_assert_eq(trace.lines[edges.at], edges.lines);
    cr_expect_gt(edges.count, 50);
    size_t all = edges.count;
    edges = (struct edges){.at = INT64_MAX};
    vr_store_power_edges(store, trace.stream.stream_id, 0, CHUNK, follow_edge, &edges, &err);
    size_t before = edges.count;
    vr_store_power_edges(
        store, trace.stream.stream_id, CHUNK, INT64_MAX, follow_edge, &edges, &err);
    cr_expect_eq(edges.count, all);
    cr_expect(before > 0 && before < all);
    trace_free(&trace);
}

/* --- merging --------------------------------------------------------------------------------- */

Test(power_rows, are_merged_but_samples_stay)
{
    static const struct {
        const char *table;
        bool comes;
    } tables[] = {
        {"power_stream", true}, {"power_gap", true},     {"power_clock", true},
        {"power_span", true},   {"mark", true},          {"power_inference", true},
        {"power_window", true}, {"power_segment", true}, {"power_chunk", false},
        {"power_zoom", false},  {"power_edge", false},
    };
    struct scratch scratch;
    size_t added, known;
    scratch_make(&scratch);
    const char *path = scratch_path(&scratch, "run.db");
    struct vr_store *source = filled_open(path, VR_STORE_CREATE);
    fill_run(source, "run-b", 2);
    fill_power(source, 2);
    vr_store_close(source);
    int64_t before[sizeof tables / sizeof *tables];
    char sql[128];
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", tables[i].table);
        before[i] = number(sql);
    }
    cr_assert_eq(vr_store_merge(store, path, &added, &known, &err), 0, "%s", err.text);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", tables[i].table);
        cr_expect_eq(number(sql), before[i] * (1 + tables[i].comes), "%s", tables[i].table);
    }
    cr_expect_eq(number("SELECT count(*) FROM v_inference_energy WHERE uid = 'run-b'"), 3);
    cr_expect_eq(number("SELECT beat_uj * 70 FROM v_power_segment WHERE uid = 'run-b'"), 500);
    int64_t merged = number("SELECT stream_id FROM v_power WHERE uid = 'run-b'");
    cr_expect_eq(vr_power_reader_create(store, merged, &reader, &err), -VR_ERR_NOT_FOUND);
    cr_expect_not_null(strstr(err.text, "they stay in the file of run run-b"), "%s", err.text);
    cr_expect_eq(vr_store_check(store, NULL, NULL, &known, &err), 0);
    cr_expect_eq(known, 0, "a catalogue without samples is whole");
    scratch_remove(&scratch);
}

/* --- the check ------------------------------------------------------------------------------- */

static int keep_finding(void *context, const char *finding)
{
    (void)context;
    strncat(findings_text, finding, sizeof findings_text - strlen(findings_text) - 2);
    strcat(findings_text, "\n");
    return 0;
}

static size_t findings(void)
{
    size_t count = 99;
    cr_assert_eq(vr_store_check(store, keep_finding, NULL, &count, &err), 0, "%s", err.text);
    return count;
}

Test(power_rows, of_every_kind_are_found_good)
{
    for (unsigned kind = 0; kind < 8; kind++) {
        struct trace trace;
        trace_make(&trace, kind, 3 * CHUNK + 100 * kind, kind + 1);
        trace.stream.meter = (const char *[]){"a", "b", "c", "d", "e", "f", "g", "h"}[kind];
        trace_lose(&trace, CHUNK - 7, 2 * CHUNK + kind);
        trace_store(&trace, store, 2, kind == 3);
        trace_free(&trace);
    }
    cr_expect_eq(findings(), 0, "%s", findings_text);
}

Test(power_rows, that_are_wrong_are_found)
{
    static const struct {
        const char *sql, *words;
    } rows[] = {
        {"UPDATE power_chunk SET data = zeroblob(length(data)) WHERE number = 1",
         "is damaged in chunk 1 (samples from 16384): its blob does not fit its check sum"},
        {"UPDATE power_chunk SET crc32c = crc32c - 1 WHERE number = 2", "in chunk 2"},
        {"UPDATE power_chunk SET data = (SELECT data FROM power_chunk WHERE number = 0),"
         " crc32c = (SELECT crc32c FROM power_chunk WHERE number = 0) WHERE number = 1",
         "has another count of lost samples"},
        {"UPDATE power_chunk SET energy_j = energy_j * 1.0001 WHERE number = 1",
         "has in chunk 1 other sums"},
        {"UPDATE power_chunk SET charge_before_c = charge_before_c + 1e-6 WHERE number = 2",
         "has in chunk 2 other sums"},
        {"UPDATE power_chunk SET lost_before = lost_before + 1 WHERE number = 2",
         "has in chunk 2 other sums"},
        {"UPDATE power_chunk SET count = 16383 WHERE number = 0", "more samples than its row says"},
        {"DELETE FROM power_chunk WHERE number = 1", "has no gap that tells of a lost sample"},
        {"UPDATE power_gap SET first = first + 1",
         "has no gap that tells of a lost sample at sample 1000"},
        {"UPDATE power_gap SET count = 21, count_max = 21",
         "has a gap, but a sample at sample 1020"},
        {"DELETE FROM power_gap", "has no gap that tells of a lost sample at sample 1000"},
        {"DELETE FROM power_edge WHERE sample = (SELECT max(sample) FROM power_edge)",
         "has in chunk 2 other edges"},
        {"UPDATE power_edge SET level = 1 - level WHERE sample < 16384",
         "has in chunk 0 other edges"},
        {"DELETE FROM power_zoom", "has in blob 0 of level 1 of its pyramid other nodes"},
        {"UPDATE power_zoom SET data = substr(data, 1, 40)", "has a damaged blob 0 in level 1"},
        {"UPDATE power_stream SET lost_count = 21", "has lost 20 samples, and its row says 21"},
        {"UPDATE power_stream SET sample_count = sample_count - 1", "behind the end of its stream"},
        {"UPDATE power_stream SET sample_count = 9000000000000000000", "lacks"},
        {"UPDATE power_stream SET scale = '{}'", "scale of a power stream is damaged"},
        {"UPDATE power_stream SET supply_v = 3.3", "has in chunk 0 other sums"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        teardown();
        setup();
        execute(rows[i].sql);
        cr_expect_gt(findings(), 0, "%s", rows[i].sql);
        cr_expect_not_null(
            strstr(findings_text, rows[i].words), "%s: %s", rows[i].sql, findings_text);
    }
}

Test(power_rows, that_are_damaged_leave_the_rest_readable)
{
    float value;
    struct vr_power_sum sum;
    execute("UPDATE power_chunk SET data = zeroblob(9) WHERE number = 1");
    cr_assert_eq(vr_power_reader_create(store, stream_id, &reader, &err), 0, "%s", err.text);
    cr_expect_eq(vr_power_reader_samples(reader, 5, 1, &value, NULL, NULL, &err), 0);
    cr_expect_eq(
        vr_power_reader_samples(reader, CHUNK, 1, &value, NULL, NULL, &err), -VR_ERR_INPUT);
    cr_expect_not_null(strstr(err.text, "chunk 1 (samples from 16384)"), "%s", err.text);
    cr_expect_eq(vr_power_reader_samples(reader, 2 * CHUNK, 1, &value, NULL, NULL, &err), 0);
    cr_expect_eq(vr_power_reader_sum(reader, 5, 2 * CHUNK + 5, &sum, &err), 0, "its sum is a row");
    cr_expect_eq(vr_power_reader_sum(reader, 5, CHUNK + 5, &sum, &err), -VR_ERR_INPUT);
}

/* --- the packer ------------------------------------------------------------------------------ */

Test(power_rows, come_of_samples_that_follow_each_other)
{
    struct trace trace;
    struct vr_power_packer *packer = NULL;
    trace_make(&trace, TRACE_CODED, 100, 1);
    cr_assert_eq(vr_power_packer_create(&trace.stream, &packer, &err), 0);
    struct vr_power_samples samples = trace_piece(&trace, 0, 10);
    cr_expect_eq(vr_power_packer_add(packer, &samples, &err), 0);
    cr_expect_eq(vr_power_packer_add(packer, &samples, &err), -VR_ERR_INTERNAL);
    cr_expect_not_null(strstr(err.text, "sample 0 came where 10 was due"), "%s", err.text);
    samples.first = 10;
    samples.ranges = NULL;
    cr_expect_eq(vr_power_packer_add(packer, &samples, &err), -VR_ERR_INTERNAL);
    cr_expect_eq(vr_power_packer_count(packer), 10);
    cr_expect_eq(vr_power_packer_finish(packer, &err), 0);
    struct vr_power_batch *batch = vr_power_packer_take(packer);
    cr_expect_not_null(batch);
    cr_expect_gt(vr_power_batch_size(batch), 20);
    cr_expect_null(vr_power_packer_take(packer));
    vr_power_batch_destroy(batch);
    vr_power_packer_destroy(packer);
    trace_free(&trace);
}
