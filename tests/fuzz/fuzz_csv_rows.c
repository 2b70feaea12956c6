/* The rows of a mapped file, without the cost of reading a mapping: any bytes are refused in words, or become samples that read the same
 * in pieces, and truth in order.
 *
 * The first byte chooses the mapping; the rest is the file, or the archive that it lies in. */
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataset/csv_grid.h"
#include "dataset/csv_truth.h"
#include "fuzz.h"

#define READ_MAX 20000

#define TRUTH(kind, more) ", \"truth\": [{\"annotator\": \"t\", \"kind\": \"" kind "\"" more "}]"
#define SIGNAL(column) \
    ", \"signals\": [{\"column\": " column \
    ", \"name\": \"a\", \"resolution\": 0.01, \"round\": true}]"
#define MAP(members) "{\"format\": 1, \"files\": [{\"file\": \"r/x.csv\", " members "}]}"

static const char *const texts[] = {
    MAP("\"head\": [\"unix_s\", \"rate\"]" SIGNAL("1") TRUTH("measure", ", \"column\": 1")),
    MAP("\"separator\": \";\", \"rate\": 25, \"time\": {\"column\": 1, \"unit\": \"iso8601\", "
        "\"tolerance\": 2}" SIGNAL("2") TRUTH("label", ", \"column\": 2")),
    MAP("\"heading\": true, \"rate\": 10, \"time\": {\"column\": \"t\", \"unit\": \"s\", "
        "\"gap_max_s\": 1e4}" SIGNAL("\"v\"") TRUTH(
            "beat", ", \"column\": \"v\", \"map\": {\"1\": \"N\", \"2\": \"V\", \"0\": null}")),
    MAP("\"heading\": true, \"where\": {\"who\": \"*\"}, \"rate\": \"1/30\", \"time\": "
        "{\"column\": \"n\", \"unit\": \"row\"}" SIGNAL("\"s\"")
            TRUTH("rhythm", ", \"column\": \"s\"")),
    MAP("\"comment\": \"#\", \"separator\": \" \", \"rate\": {\"comment\": \"Hz\"}, \"shift_s\": "
        "-0.5" SIGNAL("1") TRUTH("event", "")),
    MAP("\"separator\": \";\", \"decimal\": \",\", \"missing\": [\"-\"], \"skip_until\": \"--\", "
        "\"heading\": true, \"rate\": 1, \"time\": "
        "{\"column\": [\"D\", \"T\"], \"unit\": \"%d/%m/%Y %H:%M:%S.%f\"}" SIGNAL("\"A\"")
            TRUTH("measure", ", \"column\": \"A\"")),
};

#define COUNT (sizeof texts / sizeof *texts)

static struct vr_csv_map maps[COUNT];
static char folder[PATH_MAX];
static int folder_fd = -1;

static const char *path_of(const char *name)
{
    static char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void end(void)
{
    for (size_t i = 0; i < COUNT; i++)
        vr_csv_map_finish(&maps[i]);
    unlink(path_of("r/x.csv"));
    unlink(path_of("r.zip"));
    rmdir(path_of("r"));
    rmdir(folder);
    close(folder_fd);
}

static void begin(void)
{
    const char *temporary = getenv("TMPDIR");
    struct vr_err err = {0};
    for (size_t i = 0; i < COUNT; i++)
        if (vr_csv_map_parse(texts[i], strlen(texts[i]), "map", &maps[i], &err) < 0) {
            fprintf(stderr, "%s\n", err.text);
            abort();
        }
    snprintf(
        folder, sizeof folder, "%s/vitalrig-fuzz-XXXXXX",
        temporary && temporary[0] ? temporary : "/tmp");
    FUZZ_ASSERT(mkdtemp(folder) && mkdir(path_of("r"), 0700) == 0);
    FUZZ_ASSERT((folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0);
    atexit(end);
}

static void put(const uint8_t *data, size_t size)
{
    bool archive = size >= 2 && memcmp(data, "PK", 2) == 0;
    unlink(path_of(archive ? "r/x.csv" : "r.zip"));
    FILE *file = fopen(path_of(archive ? "r.zip" : "r/x.csv"), "wb");
    FUZZ_ASSERT(file && fwrite(data, 1, size, file) == size && fclose(file) == 0);
}

static bool refused(int r, const struct vr_err *err)
{
    FUZZ_ASSERT(
        r == 0 || (err->code == -r && err->text[0] && r != -VR_ERR_INTERNAL && r != -VR_ERR_EMPTY));
    return r < 0;
}

static void check_samples(struct vr_csv_part *part, int64_t stamp)
{
    static int32_t whole[READ_MAX], piece[READ_MAX];
    struct vr_csv_grid grid;
    struct vr_err err = {0};
    if (refused(vr_csv_grid_survey(part, stamp, 5, &grid, &err), &err))
        return;
    FUZZ_ASSERT(grid.slot_count >= 5 && grid.slot_count <= VR_CSV_ROWS_MAX && grid.row_count >= 0);
    FUZZ_ASSERT(grid.slot_count == 5 + grid.row_count + grid.gap_slots);
    size_t count = grid.slot_count < READ_MAX ? (size_t)grid.slot_count : READ_MAX;
    int64_t first = grid.slot_count - (int64_t)count;
    FUZZ_ASSERT(vr_csv_grid_read(&grid, 0, first, count, whole, &err) == 0);
    for (size_t at = count; at > 0;) {
        size_t size = at < 1733 ? at : 1733;
        at -= size;
        FUZZ_ASSERT(vr_csv_grid_read(&grid, 0, first + (int64_t)at, size, piece, &err) == 0);
        FUZZ_ASSERT(memcmp(piece, whole + at, size * sizeof *piece) == 0);
    }
    vr_csv_grid_finish(&grid);
}

static void check_truth(struct vr_csv_part *part, int64_t origin_ns, int64_t tick_count)
{
    const struct vr_csv_truth_frame frame = {origin_ns, {100, 1}, tick_count};
    struct vr_annotations list = {0};
    struct vr_err err = {0};
    refused(vr_csv_truth_read(part, &part->map->truths[0], &frame, &list, &err), &err);
    for (size_t i = 0; i < list.count && err.code == 0; i++) {
        int64_t at = list.items[i].sample_index;
        FUZZ_ASSERT(at >= 0 && (tick_count == 0 || at <= tick_count));
        FUZZ_ASSERT(i == 0 || at >= list.items[i - 1].sample_index);
    }
    vr_annotations_finish(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vr_csv_part part;
    struct vr_err err = {0};
    int64_t stamp = 0, origin_ns = 0;
    if (size == 0)
        return 0;
    if (!folder[0])
        begin();
    put(data + 1, size - 1);
    const struct vr_csv_map *map = &maps[data[0] % COUNT];
    if (refused(vr_csv_part_open(folder_fd, "fuzz", &map->files[0], "r", NULL, &part, &err), &err))
        return 0;
    int r = vr_csv_part_next(&part, &err);
    if (r == 0)
        r = vr_csv_part_stamp(&part, &stamp, &err);
    if (r == 0)
        r = vr_csv_part_time(&part, stamp, &origin_ns, &err);
    if (r == 0) {
        check_truth(&part, vr_csv_part_has_clock(&part) ? origin_ns : 0, 0);
        check_truth(&part, vr_csv_part_has_clock(&part) ? origin_ns : 0, 500);
        check_samples(&part, stamp);
    }
    vr_csv_part_finish(&part);
    return 0;
}
