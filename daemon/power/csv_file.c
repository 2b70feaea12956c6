/* Lines of a csv. */
#include "power/csv_file.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define LOOK_AHEAD 200 /* rows, to see how fast the samples come */
#define UNEVEN 0.25    /* of a period: a larger difference between steps is no jitter of rounding */
#define ROUND_WITHIN 1e-3 /* a rate that is so near to a whole number is meant to be it */

/* A whole line without its end, into csv->line; false = the end of the file. */
static int next_line(struct vr_csv_file *csv, struct vr_err *err)
{
    if (!fgets(csv->line, sizeof csv->line, csv->file)) {
        if (ferror(csv->file))
            return vr_err_set(err, VR_ERR_IO, "%s: %s", csv->name, strerror(errno));
        return vr_err_set(err, VR_ERR_EMPTY, "%s: ends", csv->name);
    }
    csv->line_number++;
    size_t size = strcspn(csv->line, "\r\n");
    if (csv->line[size] == '\0' && size + 1 == sizeof csv->line)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s:%ld: a line of more than %d bytes is no sample", csv->name,
            csv->line_number, VR_CSV_LINE_MAX - 2);
    csv->line[size] = '\0';
    return 0;
}

static bool is_blank(const char *line)
{
    return line[0] == '\0' || line[0] == '#';
}

/* Comments and the line of names; ends in front of the first row. */
static int read_head(struct vr_csv_file *csv, struct vr_csv_header *header, struct vr_err *err)
{
    bool has_names = header->names[0] != '\0';
    for (;;) {
        long place = ftell(csv->file);
        int r = next_line(csv, err);
        if (r < 0)
            return r == -VR_ERR_EMPTY
                       ? vr_err_set(err, VR_ERR_INPUT, "%s: has no samples", csv->name)
                       : r;
        if (csv->line[0] == '#') {
            struct vr_csv_header said = {0};
            vr_csv_comment(csv->line, &said);
            if (!header->names[0])
                memcpy(header->names, said.names, sizeof header->names);
            if (!(header->rate_hz > 0))
                header->rate_hz = said.rate_hz;
            if (!(header->scale > 0))
                header->scale = said.scale;
        } else if (vr_csv_is_names(csv->line)) {
            if (!has_names)
                snprintf(header->names, sizeof header->names, "%.255s", csv->line);
            has_names = true;
        } else if (csv->line[0] != '\0') {
            csv->line_number--;
            return fseek(csv->file, place, SEEK_SET) == 0
                       ? 0
                       : vr_err_set(err, VR_ERR_IO, "%s: %s", csv->name, strerror(errno));
        }
    }
}

/* Mean of the first steps of time, when they are even. */
static double rate_of_steps(const double *times, size_t count)
{
    if (count < 2)
        return 0;
    double period = (times[count - 1] - times[0]) / (double)(count - 1);
    for (size_t i = 1; i < count; i++)
        if (!(fabs(times[i] - times[i - 1] - period) <= UNEVEN * period))
            return 0;
    double rate = 1 / period, whole = nearbyint(rate);
    return whole >= 1 && fabs(rate - whole) <= ROUND_WITHIN * whole ? whole : rate;
}

static int look_ahead(struct vr_csv_file *csv, struct vr_err *err)
{
    double times[LOOK_AHEAD];
    size_t count = 0;
    long place = ftell(csv->file), line_number = csv->line_number;
    while (csv->columns.has_time && count < LOOK_AHEAD && next_line(csv, NULL) == 0) {
        struct vr_csv_row row;
        if (!is_blank(csv->line) && vr_csv_row_parse(&csv->columns, csv->line, &row))
            times[count++] = row.time;
    }
    csv->rate_hz = rate_of_steps(times, count);
    csv->line_number = line_number;
    if (fseek(csv->file, place, SEEK_SET) != 0)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", csv->name, strerror(errno));
    if (!(csv->rate_hz > 0 && csv->rate_hz <= 1e9))
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: does not tell how many samples a second it has; say so in its first line, as in "
            "\"# fs=1000\"",
            csv->name);
    return 0;
}

int vr_csv_file_begin(
    struct vr_csv_file *csv, FILE *file, const char *name, const struct vr_csv_header *header,
    struct vr_err *err)
{
    *csv = (struct vr_csv_file){.file = file, .name = name};
    struct vr_csv_header known = *header;
    int r = read_head(csv, &known, err);
    if (r < 0)
        return r;
    if (!known.names[0])
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: names no columns; let it begin with a line such as \"# cols=t_us,i_ua fs=1000\"",
            name);
    r = vr_csv_columns_parse(name, known.names, known.scale, &csv->columns, err);
    if (r < 0)
        return r;
    bool is_numbered = false;
    for (size_t i = 0; i < csv->columns.count; i++)
        is_numbered |= csv->columns.items[i].kind == VR_CSV_NUMBER;
    csv->rate_hz = known.rate_hz;
    if (!(csv->rate_hz > 0) && is_numbered && !vr_csv_columns_use_time(&csv->columns))
        csv->columns.has_time = false; /* numbers tell no rate */
    r = csv->rate_hz > 0 ? 0 : look_ahead(csv, err);
    vr_csv_clock_start(&csv->clock, &csv->columns, csv->rate_hz);
    return r;
}

int vr_csv_file_next(
    struct vr_csv_file *csv, struct vr_csv_row *ret_row, int64_t *ret_missing, struct vr_err *err)
{
    do {
        int r = next_line(csv, err);
        if (r < 0)
            return r;
    } while (is_blank(csv->line));
    if (!vr_csv_row_parse(&csv->columns, csv->line, ret_row))
        return vr_err_set(
            err, VR_ERR_INPUT, "%s:%ld: no row of %zu numbers: \"%.60s\"", csv->name,
            csv->line_number, csv->columns.count, csv->line);
    *ret_missing = csv->columns.has_time ? vr_csv_clock_step(&csv->clock, ret_row->time) : 0;
    if (*ret_missing < 0)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s:%ld: time does not go on from the line before: \"%.60s\"",
            csv->name, csv->line_number, csv->line);
    return 0;
}
