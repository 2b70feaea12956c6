/* Samples as lines of text: what self-made meters send over a serial port, and what is exported from elsewhere.  Pure.
 *
 *     # cols=t_us,i_ua,v_mv,gpio fs=1000        says what the columns are, and how many lines a second there are
 *     0,1234.5,3300,1                           or, in a file, a line of names: Timestamp(ms),Current(uA),D0,D1
 *     1000,1240.0,3301,0
 *
 * A name is a quantity and its unit, in small or capital letters, "i_ua" or "Current(uA)":
 *     t time timestamp   s ms us ns           current i      a ma ua na       power p     w mw uw nw
 *     sample index       (no unit)            volts voltage v   v mv uv       energy e    j mj uj nj
 *     gpio lines         (no unit: 0..255, bit n is line n)                   d0 .. d7, line0 .. line7 (0 or 1)
 * Columns of other names are passed over.  A value that is empty or "nan" was not measured.
 *
 * Time, or the number of the sample, is how losses are seen: a step of n periods means that n - 1 samples are missing. */
#ifndef VR_POWER_CSV_ROWS_H
#define VR_POWER_CSV_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/power_samples.h"

#define VR_CSV_COLUMNS_MAX 32
#define VR_CSV_LINE_MAX 512 /* B, with its end */
#define VR_CSV_MISSING_MAX \
    10000000 /* samples, and an hour; a longer step is no loss but another clock */
#define VR_CSV_UNBOUNDED INT32_MAX /* count_max of a loss that nothing bounds */

enum vr_csv_kind {
    VR_CSV_OTHER,
    VR_CSV_TIME,   /* unit: s */
    VR_CSV_NUMBER, /* of the sample */
    VR_CSV_VALUE,
    VR_CSV_VOLTS,
    VR_CSV_GPIO,
    VR_CSV_LINE, /* `line` alone */
};

struct vr_csv_column {
    enum vr_csv_kind kind;
    uint8_t line;
    double unit; /* in SI */
};

struct vr_csv_columns {
    struct vr_csv_column items[VR_CSV_COLUMNS_MAX];
    size_t count;
    enum vr_power_quantity quantity;
    double value_unit; /* of the value's column, in SI */
    bool has_time;     /* a column of time or of the sample's number */
    size_t
        spare_time; /* index of a column of time behind one of the number, which goes before; 0 = none */
    bool has_volts, has_lines;
};

/* `names` are separated by commas, semicolons or tabs; `scale` is amperes of one unit of the column of current, 0 = by its name.
 * VR_ERR_INPUT: no value among them, one thing twice, or too many; the text begins with `name`. */
int vr_csv_columns_parse(
    const char *name, const char *names, double scale, struct vr_csv_columns *ret_columns,
    struct vr_err *err);

/* Where losses are seen by the sample's number, see them by time, which tells the rate as well.  False = there is no column of time. */
bool vr_csv_columns_use_time(struct vr_csv_columns *columns);

#define VR_CSV_NAMES_SIZE 256

struct vr_csv_header {
    char names[VR_CSV_NAMES_SIZE]; /* "" = not said */
    double rate_hz, scale;         /* 0 = not said */
};

/* What a comment says, as "# cols=a,b fs=1000 scale=1e-6" does; what it does not say stays as it is in `header`. */
void vr_csv_comment(const char *line, struct vr_csv_header *header);

/* Whether a line of a file is one of names: it has a letter that is no exponent's. */
bool vr_csv_is_names(const char *line);

struct vr_csv_row {
    double value; /* in value_unit; NaN = missing */
    double time;  /* s, or the sample's number; of no meaning without that column */
    float volts;  /* V; NaN = missing, or no such column */
    uint8_t lines;
};

/* A line without its end, with a NUL behind it.  False = it is no row. */
bool vr_csv_row_parse(
    const struct vr_csv_columns *columns, const char *line, struct vr_csv_row *ret_row);

/* How many samples are missing between two rows. */
struct vr_csv_clock {
    double period; /* in the unit of `time` of the rows: s, or 1 */
    double last;
    bool has_last, is_numbered;
};

/* `rate_hz` is of no meaning where the samples are numbered. */
void vr_csv_clock_start(
    struct vr_csv_clock *clock, const struct vr_csv_columns *columns, double rate_hz);

/* Of a row behind the last one; -1 = time does not go on from there: it went back (but for a wrap of 32 bits of microseconds), stood
 * still, or leapt.  How many samples are missing then is not known. */
int64_t vr_csv_clock_step(struct vr_csv_clock *clock, double time);

#endif
