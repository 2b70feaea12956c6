/* Power traces in the run file, as ratios in one run: against a row for each sample and against raw blobs, and a day of it on the screen.
 *
 *     power_store [SECONDS]    of signal for each coding; default 60
 *
 * The signal is that of a PPK2 at 100 ksps: 3 uA of sleep; an inference of 30 ms at 5 mA five times a second; a radio once a second; a
 * sensor that is read 100 times a second; noise of 1 to 30 steps of the converter. */
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/rng.h"
#include "store/power_chunk.h"

#define RATE 100000
#define RANGES 5
#define RANDOM_ZOOMS 20
#define POINTS 1000
#define DAY_S (24 * 3600)

static struct vr_err err;
static char folder[300], path[340];
static size_t count;
static uint16_t *codes;
static uint8_t *ranges, *lines;
static struct vr_power_stream_row stream = {
    .meter = "ppk",
    .instrument = "PPK2",
    .serial = "",
    .firmware = "",
    .settings = "",
    .rate_num = RATE,
    .rate_den = 1,
    .quantity = VR_POWER_CURRENT,
    .is_coded = true,
    .has_lines = true,
    .supply_v = 3,
    .busy_line = 0,
    .inference_line = 1,
    .mode = "silent",
    .started_ns = 1,
};

static void check(int result)
{
    if (result >= 0)
        return;
    fprintf(stderr, "power_store: %s\n", err.text);
    exit(EXIT_FAILURE);
}

static void check_sql(sqlite3 *db, int code)
{
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
        return;
    fprintf(stderr, "power_store: %s\n", sqlite3_errmsg(db));
    exit(EXIT_FAILURE);
}

static double clock_s(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double file_size(void)
{
    struct stat info;
    return stat(path, &info) == 0 ? (double)info.st_size : 0;
}

/* --- signal ---------------------------------------------------------------------------------- */

/* Nominal shunts and offsets of a PPK2; a code is four times finer than the converter's step. */
static const double shunt_ohm[RANGES] = {1000, 100, 10, 1, 0.05};
static const double offset[RANGES] = {110, 75, 65, 50, 85};
static const double range_max_a[RANGES] = {50e-6, 500e-6, 5e-3, 60e-3, 1};
#define STEP_V (1.8 / 163840)

static double current_a(size_t i, uint8_t *ret_lines)
{
    double t = (double)i / RATE;
    double inference = fmod(t, 0.2), radio = fmod(t + 0.1, 1), sensor = fmod(t, 0.01);
    double current = 3e-6;
    *ret_lines = 0;
    if (sensor < 0.00012)
        current = 1.1e-3;
    if (inference < 0.03) {
        current = 5e-3 + 0.4e-3 * sin(2 * M_PI * 3000 * t) + 0.2e-3 * (double)(i / 37 & 1);
        *ret_lines |= 1;
    }
    if (radio < 0.003) {
        current = radio < 0.0008 ? 4e-3 : radio < 0.0022 ? 9.5e-3 : 3e-3;
        *ret_lines |= 2;
    }
    return current;
}

static void signal_make(double sigma)
{
    struct vr_rng rng;
    vr_rng_init(&rng, 1);
    for (size_t i = 0; i < count; i++) {
        double current = current_a(i, &lines[i]);
        uint8_t range = 0;
        while (range < RANGES - 1 && current > range_max_a[range])
            range++;
        double code = (current / (STEP_V / shunt_ohm[range]) + offset[range]) / 4 +
                      sigma * vr_rng_normal(&rng);
        codes[i] = (uint16_t)fmin(fmax(code + 0.5, 0), 16383);
        ranges[i] = range;
    }
}

static void scale_make(void)
{
    for (unsigned range = 0; range < RANGES; range++) {
        stream.scale.a[range][0] = -offset[range] * STEP_V / shunt_ohm[range];
        stream.scale.a[range][1] = 4 * STEP_V / shunt_ohm[range];
        stream.scale.gain_err[range] = 0.1;
    }
}

/* --- codings --------------------------------------------------------------------------------- */

struct figures {
    double wall_s, cpu_s, bytes; /* of the file, for `count` samples */
};

static int64_t trial_make(struct vr_store *store)
{
    struct vr_run_row run = {.uid = "bench", .scenario = "s", .started_utc_ns = 1};
    struct vr_record_row record = {.name = "100", .rate_num = 360, .rate_den = 1};
    check(vr_store_run_add(store, &run, &err));
    check(vr_store_record_add(store, &record, NULL, 0, &err));
    struct vr_trial_row trial = {
        .run_id = run.run_id, .record_id = record.record_id, .outcome = "running"};
    check(vr_store_trial_add(store, &trial, &err));
    return trial.trial_id;
}

static void batch_store(struct vr_store *store, struct vr_power_packer *packer)
{
    struct vr_power_batch *batch = vr_power_packer_take(packer);
    if (batch)
        check(vr_store_power_batch_add(store, stream.stream_id, batch, &err));
    vr_power_batch_destroy(batch);
}

static void samples_store(struct vr_store *store)
{
    struct vr_power_packer *packer = NULL;
    check(vr_store_power_stream_add(store, &stream, &err));
    check(vr_power_packer_create(&stream, &packer, &err));
    for (size_t at = 0; at < count; at += RATE / 100) { /* as they come, and a commit a second */
        const struct vr_power_samples samples = {
            .first = (int64_t)at,
            .count = count - at < RATE / 100 ? count - at : RATE / 100,
            .codes = codes + at,
            .ranges = ranges + at,
            .lines = lines + at,
        };
        check(vr_power_packer_add(packer, &samples, &err));
        if (at % RATE == 0)
            batch_store(store, packer);
    }
    check(vr_power_packer_finish(packer, &err));
    batch_store(store, packer);
    stream.sample_count = vr_power_packer_count(packer);
    stream.lost_count = vr_power_packer_lost(packer);
    stream.ended_ns = 2;
    check(vr_store_power_stream_end(store, &stream, &err));
    vr_power_packer_destroy(packer);
}

static struct figures measure_packed(bool empty)
{
    struct vr_store *store = NULL;
    unlink(path);
    check(vr_store_open(path, VR_STORE_CREATE, &store, &err));
    stream = (struct vr_power_stream_row){
        .trial_id = trial_make(store),
        .meter = stream.meter,
        .instrument = "PPK2",
        .serial = "",
        .firmware = "",
        .settings = "",
        .rate_num = RATE,
        .rate_den = 1,
        .is_coded = true,
        .has_lines = true,
        .supply_v = 3,
        .busy_line = 0,
        .inference_line = 1,
        .mode = "silent",
        .started_ns = 1,
        .scale = stream.scale};
    double wall = clock_s(CLOCK_MONOTONIC), cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    if (!empty)
        samples_store(store);
    vr_store_close(store);
    return (struct figures){
        clock_s(CLOCK_MONOTONIC) - wall, clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu, file_size()};
}

static sqlite3 *plain_open(const char *schema)
{
    sqlite3 *db;
    unlink(path);
    check_sql(NULL, sqlite3_open(path, &db));
    check_sql(db, sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL));
    check_sql(db, sqlite3_exec(db, schema, NULL, NULL, NULL));
    return db;
}

static void plain_close(sqlite3 *db)
{
    sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
    sqlite3_close(db);
}

static struct figures measure_rows(void)
{
    sqlite3_stmt *insert;
    sqlite3 *db =
        plain_open("CREATE TABLE s (i INTEGER PRIMARY KEY, current_a REAL, lines INTEGER)");
    double wall = clock_s(CLOCK_MONOTONIC), cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    check_sql(db, sqlite3_prepare_v2(db, "INSERT INTO s VALUES (?, ?, ?)", -1, &insert, NULL));
    for (size_t i = 0; i < count; i++) {
        if (i % RATE == 0)
            check_sql(db, sqlite3_exec(db, "BEGIN", NULL, NULL, NULL));
        sqlite3_bind_int64(insert, 1, (int64_t)i);
        sqlite3_bind_double(insert, 2, vr_power_value(&stream.scale, ranges[i], codes[i]));
        sqlite3_bind_int(insert, 3, lines[i]);
        check_sql(db, sqlite3_step(insert));
        sqlite3_reset(insert);
        if (i % RATE == RATE - 1 || i == count - 1)
            check_sql(db, sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
    }
    sqlite3_finalize(insert);
    plain_close(db);
    return (struct figures){
        clock_s(CLOCK_MONOTONIC) - wall, clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu, file_size()};
}

static struct figures measure_raw(void)
{
    uint32_t words[VR_POWER_CHUNK];
    sqlite3_stmt *insert;
    sqlite3 *db = plain_open("CREATE TABLE c (number INTEGER PRIMARY KEY, data BLOB)");
    double wall = clock_s(CLOCK_MONOTONIC), cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    check_sql(db, sqlite3_prepare_v2(db, "INSERT INTO c VALUES (?, ?)", -1, &insert, NULL));
    for (size_t at = 0; at < count; at += VR_POWER_CHUNK) {
        size_t part = count - at < VR_POWER_CHUNK ? count - at : VR_POWER_CHUNK;
        for (size_t i = 0; i < part; i++)
            words[i] =
                codes[at + i] | (uint32_t)ranges[at + i] << 14 | (uint32_t)lines[at + i] << 24;
        sqlite3_bind_int64(insert, 1, (int64_t)(at / VR_POWER_CHUNK));
        sqlite3_bind_blob(insert, 2, words, (int)(part * sizeof *words), SQLITE_STATIC);
        check_sql(db, sqlite3_step(insert));
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    plain_close(db);
    return (struct figures){
        clock_s(CLOCK_MONOTONIC) - wall, clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu, file_size()};
}

static void print_figures(const char *name, struct figures figures, double seconds)
{
    printf(
        "  %-22s %8.3f B/sample  x %6.0f real time  (x %6.0f by CPU time)\n", name,
        figures.bytes / (double)count, seconds / figures.wall_s, seconds / figures.cpu_s);
}

static void compare(double sigma)
{
    double seconds = (double)count / RATE;
    signal_make(sigma);
    struct figures empty = measure_packed(true), packed = measure_packed(false);
    packed.bytes -= empty.bytes; /* the schema and its descriptions */
    printf("%g s of a PPK2 at 100 ksps, noise of %g steps\n", seconds, sigma);
    print_figures("chunks and pyramid", packed, seconds);
    struct figures raw = measure_raw(), rows = measure_rows();
    print_figures("raw words in blobs", raw, seconds);
    print_figures("a row for each sample", rows, seconds);
    printf(
        "  1/%.1f of the raw size, 1/%.0f of the rows'; %.0f times as fast as rows\n",
        raw.bytes / packed.bytes, rows.bytes / packed.bytes, rows.wall_s / packed.wall_s);
    fflush(stdout);
}

/* --- a day ----------------------------------------------------------------------------------- */

/* The day is the same minute again and again, so its chunks and the lowest levels of its pyramid are packed once and their rows repeated:
 * as many rows and bytes as packing 8.6e9 samples would give.  256 chunks are the period, so that four blobs of level 1 and whole nodes of
 * level 3 repeat. */
#define PERIOD_CHUNKS 256
#define PERIOD_S ((double)PERIOD_CHUNKS * VR_POWER_CHUNK / RATE)

static void day_rows(sqlite3 *db, int64_t periods)
{
    char sql[1200];
    snprintf(
        sql, sizeof sql,
        "CREATE TEMP TABLE period (k INTEGER PRIMARY KEY);"
        "WITH RECURSIVE p(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM p WHERE k < %lld)"
        " INSERT INTO period SELECT k FROM p;"
        "INSERT INTO power_chunk SELECT NULL, stream_id, number + k * %d, count, lost, lost_before,"
        " charge_c, charge_before_c, charge_before_low_c, energy_j, energy_before_j,"
        " energy_before_low_j, gain_err_j, gain_err_before_j, crc32c, data"
        " FROM period CROSS JOIN power_chunk WHERE number < %d ORDER BY k, number;"
        "INSERT INTO power_zoom SELECT NULL, stream_id, 1, number + k * %d, data"
        " FROM period CROSS JOIN power_zoom WHERE level = 1 AND number < %d ORDER BY k, number;"
        "UPDATE power_stream SET sample_count = sample_count * %lld, lost_count = 0;",
        (long long)periods - 1, PERIOD_CHUNKS, PERIOD_CHUNKS,
        PERIOD_CHUNKS * VR_POWER_CHUNK / VR_POWER_NODE / 1024,
        PERIOD_CHUNKS * VR_POWER_CHUNK / VR_POWER_NODE / 1024, (long long)periods);
    check_sql(db, sqlite3_exec(db, sql, NULL, NULL, NULL));
}

static void zoom_insert(sqlite3 *db, int level, int64_t number, const void *data, int size)
{
    sqlite3_stmt *insert;
    check_sql(
        db, sqlite3_prepare_v2(
                db, "INSERT INTO power_zoom (stream_id, level, number, data) VALUES (1, ?, ?, ?)",
                -1, &insert, NULL));
    sqlite3_bind_int(insert, 1, level);
    sqlite3_bind_int64(insert, 2, number);
    sqlite3_bind_blob(insert, 3, data, size, SQLITE_STATIC);
    check_sql(db, sqlite3_step(insert));
    sqlite3_finalize(insert);
}

/* `node_count` nodes of a level, each that of `period` in turn. */
static void level_fill(
    sqlite3 *db, int level, const struct vr_power_zoom_node *period, size_t period_count,
    int64_t node_count)
{
    static struct vr_power_zoom_node nodes[VR_POWER_ZOOM_NODES];
    struct vr_power_coder *coder = vr_power_coder_create();
    for (int64_t first = 0; first < node_count; first += VR_POWER_ZOOM_NODES) {
        const uint8_t *data;
        size_t size, part = 0;
        for (; part < VR_POWER_ZOOM_NODES && first + (int64_t)part < node_count; part++)
            nodes[part] = period[(size_t)(first + (int64_t)part) % period_count];
        check(vr_power_nodes_encode(coder, nodes, part, &data, &size, &err));
        zoom_insert(db, level, first / VR_POWER_ZOOM_NODES, data, (int)size);
    }
    vr_power_coder_destroy(coder);
}

/* The levels above the first one. */
static void day_levels(sqlite3 *db, int64_t periods)
{
    struct vr_store *store = NULL;
    struct vr_power_reader *reader = NULL;
    static struct vr_power_node plotted[PERIOD_CHUNKS];
    static struct vr_power_zoom_node level2[PERIOD_CHUNKS], level3[PERIOD_CHUNKS / 64];
    check(vr_store_open(path, VR_STORE_READ, &store, &err));
    check(vr_power_reader_create(store, 1, &reader, &err));
    check(vr_power_reader_zoom(
        reader, 0, (int64_t)PERIOD_CHUNKS * VR_POWER_CHUNK, PERIOD_CHUNKS, plotted, &err));
    for (size_t i = 0; i < PERIOD_CHUNKS; i++)
        level2[i] = (struct vr_power_zoom_node){plotted[i].min, plotted[i].max, plotted[i].mean, 1};
    check(vr_power_reader_zoom(
        reader, 0, (int64_t)PERIOD_CHUNKS * VR_POWER_CHUNK, PERIOD_CHUNKS / 64, plotted, &err));
    for (size_t i = 0; i < PERIOD_CHUNKS / 64; i++)
        level3[i] = (struct vr_power_zoom_node){plotted[i].min, plotted[i].max, plotted[i].mean, 1};
    vr_power_reader_destroy(reader);
    vr_store_close(store);
    check_sql(db, sqlite3_exec(db, "DELETE FROM power_zoom WHERE level > 1", NULL, NULL, NULL));
    level_fill(db, 2, level2, PERIOD_CHUNKS, periods * PERIOD_CHUNKS);
    level_fill(db, 3, level3, PERIOD_CHUNKS / 64, periods * PERIOD_CHUNKS / 64);
    level_fill(db, 4, level3, 1, periods * PERIOD_CHUNKS / 64 / 64);
}

static void day_make(void)
{
    sqlite3 *db;
    int64_t periods = (int64_t)ceil(DAY_S / PERIOD_S);
    count = (size_t)PERIOD_CHUNKS * VR_POWER_CHUNK;
    signal_make(3);
    measure_packed(false);
    check_sql(NULL, sqlite3_open(path, &db));
    check_sql(db, sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL));
    day_levels(db, periods);
    check_sql(db, sqlite3_exec(db, "BEGIN", NULL, NULL, NULL));
    day_rows(db, periods);
    check_sql(db, sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
    sqlite3_close(db);
}

/* From opening the file to nodes, in ms. */
static double zoom_once(int64_t first, int64_t end)
{
    static struct vr_power_node nodes[POINTS];
    struct vr_store *store = NULL;
    struct vr_power_reader *reader = NULL;
    double start = clock_s(CLOCK_MONOTONIC);
    check(vr_store_open(path, VR_STORE_READ, &store, &err));
    check(vr_power_reader_create(store, 1, &reader, &err));
    check(vr_power_reader_zoom(reader, first, end, POINTS, nodes, &err));
    double ms = 1e3 * (clock_s(CLOCK_MONOTONIC) - start);
    for (size_t i = 0; i < POINTS; i++) {
        if (!isnan(nodes[i].mean))
            continue;
        fprintf(stderr, "power_store: a point of the day is empty\n");
        exit(EXIT_FAILURE);
    }
    vr_power_reader_destroy(reader);
    vr_store_close(store);
    return ms;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void day_zoom(void)
{
    struct vr_rng rng;
    double ms[RANDOM_ZOOMS], spans_s[RANDOM_ZOOMS];
    vr_rng_init(&rng, 7);
    day_make();
    printf(
        "a day at 100 ksps, 8.64e9 samples, file of %.2f GB; %d points of\n", file_size() / 1e9,
        POINTS);
    for (size_t i = 0; i < RANDOM_ZOOMS; i++) {
        /* spread evenly over the decades from 10 ms to the whole day */
        spans_s[i] = 0.01 * pow(DAY_S / 0.01, (double)i / (RANDOM_ZOOMS - 1));
        double from_s = vr_rng_unit(&rng) * (DAY_S - spans_s[i]);
        int64_t first = (int64_t)(from_s * RATE), end = first + (int64_t)(spans_s[i] * RATE);
        ms[i] = zoom_once(first, end);
        printf("  %12.3f s in %7.2f ms\n", spans_s[i], ms[i]);
    }
    qsort(ms, RANDOM_ZOOMS, sizeof *ms, compare_doubles);
    printf("  median %.2f ms, worst %.2f ms\n", ms[RANDOM_ZOOMS / 2], ms[RANDOM_ZOOMS - 1]);
}

int main(int argc, char **argv)
{
    static const double sigmas[] = {1, 3, 10, 30};
    const char *parent = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/vr-bench-XXXXXX", parent ? parent : "/tmp");
    if (!mkdtemp(folder))
        return EXIT_FAILURE;
    snprintf(path, sizeof path, "%s/trace.db", folder);
    count = (size_t)RATE * (argc > 1 ? strtoul(argv[1], NULL, 10) : 60);
    codes = calloc(count, sizeof *codes);
    ranges = calloc(count, 1);
    lines = calloc(count, 1);
    scale_make();
    for (size_t i = 0; i < sizeof sigmas / sizeof *sigmas; i++)
        compare(sigmas[i]);
    free(codes);
    free(ranges);
    free(lines);
    count = (size_t)PERIOD_CHUNKS * VR_POWER_CHUNK;
    codes = calloc(count, sizeof *codes);
    ranges = calloc(count, 1);
    lines = calloc(count, 1);
    day_zoom();
    unlink(path);
    rmdir(folder);
    free(codes);
    free(ranges);
    free(lines);
    return EXIT_SUCCESS;
}
