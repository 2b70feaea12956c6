/* Power cuts: work on the store is recorded once (disk.h), and each point of the record, with each seed, is a crash that it must survive.
 *
 *     power_cuts COUNT [WORK]         COUNT crash points, divided among all the work or of one kind; VITALRIG_CRASH_POINTS takes precedence
 *     power_cuts WORK AT SEED         one of them again
 *     --normal                        before these: write with synchronous=NORMAL; then it fails unless losses are seen
 *
 * After every cut: what was acknowledged is there, nothing is there by half, the file is whole and can be written.  At every fourth point
 * the power fails once more, while the first writer after the cut recovers. */
#include "power_cuts.h"

#include <stdarg.h>
#include <sys/stat.h>

#include "base/rng.h"
#include "disk.h"
#include "filled.h"
#include "store/sql.h"

static const struct work *const works[] = {&work_run,    &work_trace,   &work_taken_up, &work_merge,
                                           &work_health, &work_migrate, &work_queue,    &work_care};
#define WORKS (sizeof works / sizeof *works)

static struct scratch scratch;
static bool writes_normal;
static long losses;
static struct {
    const struct work *work;
    size_t at;
    uint64_t seed;
} now;

const char *work_path(const char *name)
{
    return scratch_path(&scratch, name);
}

void complain(const char *format, ...)
{
    char text[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    losses++;
    if (losses <= 10)
        printf(
            "power_cuts %s%s %zu %llu: %s\n", writes_normal ? "--normal " : "", now.work->name,
            now.at, (unsigned long long)now.seed, text);
}

struct vr_store *work_open(const char *path, enum vr_store_mode mode)
{
    struct vr_store *store = filled_open(path, mode);
    store->log_pages_checkpoint = 20; /* so that checkpoints fall between the trials, too */
    if (writes_normal)
        sqlite3_exec(store->db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
    return store;
}

/* --- what every proof asks ------------------------------------------------------------------- */

int64_t number_of(struct vr_store *store, const char *sql)
{
    sqlite3_stmt *statement;
    int64_t number = -1;
    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

static int tell(void *context, const char *finding)
{
    (void)context;
    complain("damaged: %s", finding);
    return 0;
}

void prove_whole(struct vr_store *store, const struct cut *cut)
{
    struct vr_err err = {0};
    size_t findings = 0;
    if (cut->thorough && vr_store_check(store, tell, NULL, &findings, &err) < 0)
        complain("cannot be checked: %s", err.text);
    if (number_of(store, "SELECT integrity_check = 'ok' FROM pragma_integrity_check") != 1)
        complain("damaged: integrity_check");
    if (number_of(store, "SELECT count(*) FROM pragma_foreign_key_check") != 0)
        complain("damaged: a row refers to nothing");
}

struct vr_store *prove_opens(const char *path)
{
    struct vr_store *store = NULL;
    struct vr_err err = {0};
    if (vr_store_open(path, VR_STORE_KEEP, &store, &err) < 0)
        complain("cannot be opened: %s", err.text);
    return store;
}

void prove_closes(struct vr_store *store, const char *path)
{
    struct stat info;
    char *side;
    vr_store_close(store);
    if (asprintf(&side, "%s-wal", path) > 0 && stat(side, &info) == 0)
        complain("%s stayed", side);
    free(side);
}

/* --- the sweep ------------------------------------------------------------------------------- */

static struct disk *record(const struct work *work)
{
    scratch_empty(&scratch);
    if (work->prepare)
        work->prepare();
    sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, 7, NULL); /* the same bytes in each process */
    struct disk *disk = disk_record(scratch.folder);
    work->run();
    disk_stop(disk);
    return disk;
}

/* The power fails again while the first writer recovers. */
static void cut_again(const struct work *work, uint64_t seed)
{
    struct vr_rng rng;
    vr_rng_init(&rng, seed);
    struct disk *disk = disk_record(scratch.folder);
    work->recover();
    disk_stop(disk);
    disk_cut(disk, vr_rng_below(&rng, (uint32_t)disk_length(disk) + 1), seed);
    disk_free(disk);
}

static void prove(const struct work *work, const struct disk *disk, size_t at, uint64_t seed)
{
    struct cut cut = {.thorough = (at + seed) % 32 == 0, .recovered = (at + seed) % 4 == 1};
    now.work = work;
    now.at = at;
    now.seed = seed;
    for (int i = 0; i < 8; i++)
        cut.acknowledged[i] = disk_acknowledged(disk, at, i);
    disk_cut(disk, at, seed);
    if (cut.recovered)
        cut_again(work, seed);
    work->prove(&cut);
}

static void sweep(const struct work *work, long points, uint64_t seed)
{
    long before = losses;
    struct disk *disk = record(work);
    size_t places = disk_length(disk) + 1;
    for (long i = 0; i < points; i++)
        prove(work, disk, (size_t)i * 7919 % places, seed + (uint64_t)i / places);
    printf(
        "%s: %ld crash points at %zu places, seeds from %llu, %ld losses\n", work->name, points,
        places, (unsigned long long)seed, losses - before);
    disk_free(disk);
}

static const struct work *work_find(const char *name)
{
    for (size_t i = 0; i < WORKS; i++) {
        if (strcmp(works[i]->name, name) == 0)
            return works[i];
    }
    fprintf(stderr, "power_cuts: no work is called \"%s\"\n", name);
    exit(2);
}

static void sweep_all(const char *count, const char *name)
{
    const char *nightly = getenv("VITALRIG_CRASH_POINTS");
    long points = strtol(nightly && *nightly ? nightly : count, NULL, 10);
    for (size_t i = 0; i < WORKS; i++) {
        if (!name)
            sweep(works[i], (points + (long)WORKS - 1) / (long)WORKS, 1);
    }
    if (name)
        sweep(work_find(name), points, 1);
}

int main(int argc, char **argv)
{
    writes_normal = argc > 1 && strcmp(argv[1], "--normal") == 0;
    argv += writes_normal;
    argc -= writes_normal;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc < 2) {
        fprintf(stderr, "usage: power_cuts [--normal] COUNT [WORK] | WORK AT SEED\n");
        return 2;
    }
    scratch_make(&scratch);
    if (argc == 4) {
        const struct work *work = work_find(argv[1]);
        struct disk *disk = record(work);
        prove(work, disk, strtoul(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
        disk_free(disk);
    } else {
        sweep_all(argv[1], argc == 3 ? argv[2] : NULL);
    }
    printf("%ld losses\n", losses);
    scratch_remove(&scratch);
    return writes_normal ? losses == 0 : losses > 0;
}
