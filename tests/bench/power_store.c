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
#include "store/power.h"

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
    unlink(path);
    rmdir(folder);
    free(codes);
    free(ranges);
    free(lines);
    return EXIT_SUCCESS;
}
