/* dataset/csv_table: any bytes are rows of one width, or are refused with their place; a row reads the same when it is gone to again.
 *
 * The first byte chooses the separator, the second the rest of the format. */
#include "dataset/csv_table.h"
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROWS_KEPT 64

struct kept {
    int64_t offset, line;
    uint64_t hash;
};

static struct vr_csv_format format_of(uint8_t separator, uint8_t rest)
{
    static const char separators[] = {',', ';', '\t', '|', ' '};
    return (struct vr_csv_format){
        .separator = separators[separator % sizeof separators],
        .decimal = rest & 1 ? ',' : '.',
        .quote = rest & 2 ? '\0' : '"',
        .heading = rest & 4,
        .comment = rest & 8 ? "#" : NULL,
        .skip_lines = rest & 16 ? 2 : 0,
        .skip_until = rest & 32 ? "--" : NULL,
    };
}

static struct vr_folder_file file_of(const uint8_t *data, size_t size)
{
    struct stat info;
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_ASSERT(fd >= 0 && write(fd, data, size) == (ssize_t)size && fstat(fd, &info) == 0);
    return (struct vr_folder_file){.fd = fd, .size = info.st_size, .changed = info.st_mtim};
}

static uint64_t row_hash(const struct vr_csv_table *table)
{
    uint64_t hash = 1469598103934665603U;
    for (size_t i = 0; i < vr_csv_table_width(table); i++) {
        struct vr_slice cell = vr_csv_table_cell(table, i);
        FUZZ_ASSERT(cell.size <= VR_CSV_ROW_SIZE_MAX && strlen(cell.text) == cell.size);
        for (size_t j = 0; j <= cell.size; j++)
            hash = (hash ^ (uint8_t)cell.text[j]) * 1099511628211U;
    }
    return hash;
}

static void check_err(int r, const struct vr_err *err)
{
    FUZZ_ASSERT(
        r == -VR_ERR_INPUT && err->code == VR_ERR_INPUT && strncmp(err->text, "fuzz:", 5) == 0);
}

static void check_cells(const struct vr_csv_table *table)
{
    struct vr_err err = {0};
    double value;
    for (size_t i = 0; i < vr_csv_table_width(table); i++) {
        int r = vr_csv_table_number(table, i, &value, &err);
        if (r < 0)
            check_err(r, &err);
        FUZZ_ASSERT(r < 0 || vr_csv_table_missing(table, i) == (value != value));
    }
}

static void check_rows(struct vr_csv_table *table, size_t size)
{
    struct vr_err err = {0};
    struct kept kept[ROWS_KEPT];
    size_t count = 0;
    int64_t before = -1;
    int r;
    while ((r = vr_csv_table_next(table, &err)) == 0) {
        struct kept row = {vr_csv_table_offset(table), vr_csv_table_line(table), row_hash(table)};
        FUZZ_ASSERT(row.offset > before && row.offset < (int64_t)size && row.line >= 1);
        before = row.offset;
        check_cells(table);
        if (count < ROWS_KEPT)
            kept[count++] = row;
    }
    if (r != -VR_ERR_EMPTY)
        check_err(r, &err);
    while (count-- > 0) {
        vr_csv_table_seek(table, kept[count].offset, kept[count].line);
        FUZZ_ASSERT(vr_csv_table_next(table, &err) == 0);
        FUZZ_ASSERT(vr_csv_table_offset(table) == kept[count].offset);
        FUZZ_ASSERT(vr_csv_table_line(table) == kept[count].line);
        FUZZ_ASSERT(row_hash(table) == kept[count].hash);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vr_csv_table *table = NULL;
    struct vr_err err = {0};
    if (size < 2)
        return 0;
    struct vr_csv_format format = format_of(data[0], data[1]);
    struct vr_folder_file file = file_of(data + 2, size - 2);
    int r = vr_csv_table_create(&file, "fuzz", &format, &table, &err);
    if (r < 0) {
        check_err(r, &err);
        return 0;
    }
    size_t column;
    char value[64];
    if (format.heading && vr_csv_table_column(table, "x", &column, &err) == 0)
        FUZZ_ASSERT(strcmp(vr_csv_table_name(table, column).text, "x") == 0);
    if (format.comment && vr_csv_table_comment(table, "k", value, sizeof value, &err) == 0)
        FUZZ_ASSERT(strlen(value) < sizeof value);
    check_rows(table, size - 2);
    vr_csv_table_destroy(table);
    return 0;
}
