/* A store that was damaged, or made by a stranger: it is refused in words, or what it gives is sound.
 *
 * Input is a whole SQLite file, or patches to a good run file, each of four bytes: offset (three, little-endian, modulo the file's size)
 * and value. */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "store/power.h"

static char folder[PATH_MAX], path[PATH_MAX + 16];
static uint8_t *good; /* a closed run file */
static size_t good_size;

static void clean_up(void)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char side[PATH_MAX + 32];
        snprintf(side, sizeof side, "%s%s", path, suffixes[i]);
        unlink(side);
    }
}

static void remove_folder(void)
{
    clean_up();
    rmdir(folder);
    free(good);
}

/* A power trace with a row of each kind. */
static void power_fill(struct vr_store *store, int64_t trial_id)
{
    enum { COUNT = VR_POWER_CHUNK + 600 };
    static uint16_t codes[COUNT];
    static uint8_t ranges[COUNT], lines[COUNT];
    struct vr_power_packer *packer = NULL;
    const struct vr_power_gap gap = {100, 10, VR_POWER_GAP_COUNTER, 10, 10, 0};
    const struct vr_power_clock_row clock = {"host", "arrivals", 0, 1, 0, 1, 0, 1, 2};
    const struct vr_mark_row mark = {2, true, 3, 4, 5};
    struct vr_power_stream_row stream = {
        .trial_id = trial_id,
        .meter = "ppk",
        .rate_num = 100000,
        .rate_den = 1,
        .is_coded = true,
        .has_lines = true,
        .scale = {.a = {{0, 1e-6, 0}}},
        .supply_v = 3,
        .mode = "max",
        .ended_ns = 1,
        .sample_count = COUNT,
        .lost_count = 10,
    };
    for (int i = 0; i < COUNT; i++) {
        codes[i] = (uint16_t)(400 + i % 5);
        ranges[i] = i >= 100 && i < 110 ? VR_POWER_MISSING : 0;
        lines[i] = i / 5000 % 2;
    }
    const struct vr_power_samples samples = {
        .count = COUNT, .codes = codes, .ranges = ranges, .lines = lines};
    FUZZ_ASSERT(vr_store_power_stream_add(store, &stream, NULL) == 0);
    FUZZ_ASSERT(vr_power_packer_create(&stream, &packer, NULL) == 0);
    FUZZ_ASSERT(vr_power_packer_add_gap(packer, &gap, NULL) == 0);
    FUZZ_ASSERT(vr_power_packer_add(packer, &samples, NULL) == 0);
    FUZZ_ASSERT(vr_power_packer_finish(packer, NULL) == 0);
    struct vr_power_batch *batch = vr_power_packer_take(packer);
    FUZZ_ASSERT(vr_store_power_batch_add(store, stream.stream_id, batch, NULL) == 0);
    vr_power_batch_destroy(batch);
    vr_power_packer_destroy(packer);
    FUZZ_ASSERT(vr_store_power_clocks_replace(store, stream.stream_id, &clock, 1, NULL) == 0);
    FUZZ_ASSERT(vr_store_marks_add(store, trial_id, &mark, 1, NULL) == 0);
}

static void good_fill(struct vr_store *store)
{
    struct vr_run_row run = {.uid = "fuzz", .scenario = "s", .started_utc_ns = 1};
    struct vr_record_row record = {
        .name = "100", .annotator = "atr", .rate_num = 360, .rate_den = 1};
    struct vr_truth_row truth[] = {{.sample_index = 1, .code = 1, .text = "t"}};
    struct vr_output_row outputs[] = {{.number = 0, .value_count = 2, .values = {1, 2}}};
    struct vr_pacing_row pacing = {2, 1, 2, 3, 4, 5, 6, 7};
    struct vr_metric_row metric = {"m", "gross", 1, "%", 0, 2, 3};
    FUZZ_ASSERT(vr_store_run_add(store, &run, NULL) == 0);
    FUZZ_ASSERT(vr_store_record_add(store, &record, truth, 1, NULL) == 0);
    struct vr_trial_row trial = {
        .run_id = run.run_id, .record_id = record.record_id, .outcome = "running"};
    FUZZ_ASSERT(vr_store_trial_add(store, &trial, NULL) == 0);
    FUZZ_ASSERT(vr_store_outputs_add(store, trial.trial_id, outputs, 1, NULL) == 0);
    FUZZ_ASSERT(vr_store_log_add(store, trial.trial_id, 1, 2, "device", "ready", NULL) == 0);
    FUZZ_ASSERT(vr_store_pacing_add(store, trial.trial_id, &pacing, NULL) == 0);
    power_fill(store, trial.trial_id);
    FUZZ_ASSERT(vr_store_metrics_replace(store, run.run_id, &metric, 1, NULL) == 0);
}

static void good_make(void)
{
    const char *parent = getenv("TMPDIR");
    struct vr_store *store = NULL;
    struct stat info;
    snprintf(folder, sizeof folder, "%s/vr-fuzz-XXXXXX", parent ? parent : "/tmp");
    FUZZ_ASSERT(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/run.db", folder);
    atexit(remove_folder);
    FUZZ_ASSERT(vr_store_open(path, VR_STORE_CREATE, &store, NULL) == 0);
    good_fill(store);
    vr_store_close(store);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    FUZZ_ASSERT(fd >= 0 && fstat(fd, &info) == 0);
    good_size = (size_t)info.st_size;
    good = malloc(good_size);
    FUZZ_ASSERT(read(fd, good, good_size) == (ssize_t)good_size);
    close(fd);
}

static void file_write(const uint8_t *data, size_t size)
{
    bool whole = size >= 16 && memcmp(data, "SQLite format 3", 16) == 0;
    size_t file_size = whole ? size : good_size;
    uint8_t *bytes = malloc(file_size);
    memcpy(bytes, whole ? data : good, file_size);
    for (size_t i = 0; !whole && i + 4 <= size; i += 4)
        bytes[(data[i] | data[i + 1] << 8 | (size_t)data[i + 2] << 16) % file_size] = data[i + 3];
    FILE *file = fopen(path, "wb");
    FUZZ_ASSERT(file && fwrite(bytes, 1, file_size, file) == file_size);
    fclose(file);
    free(bytes);
}

/* What is read of a damaged trace is read in words or within its bounds. */
static int use_stream(void *context, const struct vr_power_stream_row *stream)
{
    static float values[5000];
    struct vr_power_node nodes[50];
    struct vr_power_sum sum;
    struct vr_power_reader *reader = NULL;
    struct vr_err err = {0};
    FUZZ_ASSERT(stream->meter && stream->why && stream->rate_den > 0);
    if (vr_power_reader_create(context, stream->stream_id, &reader, &err) < 0) {
        FUZZ_ASSERT(err.code != VR_OK && strlen(err.text) > 0);
        return 0;
    }
    int64_t count = vr_power_reader_stream(reader)->sample_count;
    FUZZ_ASSERT(count >= 0);
    vr_power_reader_zoom(reader, 0, count, 50, nodes, NULL);
    if (count > 20000) {
        if (vr_power_reader_sum(reader, 77, count - 1, &sum, NULL) == 0)
            FUZZ_ASSERT(sum.count + sum.lost == count - 78);
        vr_power_reader_samples(reader, count - 5000, 5000, values, values, NULL, NULL);
    }
    FUZZ_ASSERT(vr_power_reader_sum(reader, 0, count - 1 < 0 ? 1 : -1, &sum, NULL) < 0);
    vr_power_reader_destroy(reader);
    return 0;
}

static int use_trial(void *context, const struct vr_trial_row *trial)
{
    struct vr_store *store = context;
    struct vr_output_row *outputs = NULL;
    struct vr_truth_row *truth = NULL;
    size_t count;
    FUZZ_ASSERT(trial->record && trial->outcome && trial->why && trial->result_key);
    vr_store_power_streams(store, trial->trial_id, use_stream, store, NULL);
    if (vr_store_outputs(store, trial->trial_id, &outputs, &count, NULL) == 0)
        free(outputs);
    if (vr_store_truth(store, trial->record_id, &truth, &count, NULL) == 0)
        vr_store_truth_free(truth, count);
    return 0;
}

static int use_parity(void *context, const struct vr_parity_row *parity)
{
    (void)context;
    FUZZ_ASSERT(parity->record && parity->verdict && parity->why && parity->difference);
    return 0;
}

/* A damaged file may say any number; it only must be readable. */
static int use_pacing(void *context, int64_t trial_id, const struct vr_pacing_row *pacing)
{
    (void)trial_id;
    FUZZ_ASSERT(context && pacing);
    return 0;
}

static int use_run(void *context, const struct vr_run_row *run)
{
    FUZZ_ASSERT(run->uid && run->scenario && run->verdict && run->why);
    vr_store_trials(context, run->run_id, use_trial, context, NULL);
    vr_store_pacings(context, run->run_id, use_pacing, context, NULL);
    vr_store_parities(context, run->run_id, use_parity, NULL, NULL);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vr_err err = {0};
    struct vr_store *store = NULL, *catalogue = NULL;
    size_t added = 0, known = 0, findings = 0;
    if (!good)
        good_make();
    clean_up();
    file_write(data, size);

    if (vr_store_open(path, VR_STORE_READ, &store, &err) == 0)
        vr_store_runs(store, 0, use_run, store, NULL);
    else
        FUZZ_ASSERT(err.code != VR_OK && strlen(err.text) > 0);
    vr_store_close(store);

    FUZZ_ASSERT(vr_store_open(":memory:", VR_STORE_CREATE, &catalogue, NULL) == 0);
    if (vr_store_merge(catalogue, path, &added, &known, &err) < 0)
        FUZZ_ASSERT(err.code != VR_OK && strstr(err.text, path));
    else
        FUZZ_ASSERT(vr_store_check(catalogue, NULL, NULL, &findings, NULL) == 0 && findings == 0);
    vr_store_close(catalogue);

    store = NULL;
    if (vr_store_open(path, VR_STORE_WRITE, &store, &err) == 0) /* and it can be tried to write */
        vr_store_run_env_set(store, 1, "fuzz", "x", NULL);
    vr_store_close(store);
    return 0;
}
