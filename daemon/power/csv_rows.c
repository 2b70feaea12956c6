/* Names of columns, and rows of numbers. */
#include "power/csv_rows.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WRAP_S 4294.967296 /* 2^32 us */
#define WRAP_STEP_MAX_S 10 /* a longer step across it is rather a restart */
#define STEP_MAX_S 3600
#define VOLTS_MAX 1e9 /* in any unit; more is no reading */
#define SEPARATORS ",;\t"

/* --- names --- */

static const struct {
    const char *word;
    enum vr_csv_kind kind;
    enum vr_power_quantity quantity;
    char unit; /* what its unit ends in; 0 = it has none */
} words[] = {
    {"t", VR_CSV_TIME, 0, 's'},
    {"time", VR_CSV_TIME, 0, 's'},
    {"timestamp", VR_CSV_TIME, 0, 's'},
    {"sample", VR_CSV_NUMBER, 0, 0},
    {"index", VR_CSV_NUMBER, 0, 0},
    {"i", VR_CSV_VALUE, VR_POWER_CURRENT, 'a'},
    {"current", VR_CSV_VALUE, VR_POWER_CURRENT, 'a'},
    {"p", VR_CSV_VALUE, VR_POWER_POWER, 'w'},
    {"power", VR_CSV_VALUE, VR_POWER_POWER, 'w'},
    {"e", VR_CSV_VALUE, VR_POWER_ENERGY, 'j'},
    {"energy", VR_CSV_VALUE, VR_POWER_ENERGY, 'j'},
    {"v", VR_CSV_VOLTS, 0, 'v'},
    {"volts", VR_CSV_VOLTS, 0, 'v'},
    {"voltage", VR_CSV_VOLTS, 0, 'v'},
    {"gpio", VR_CSV_GPIO, 0, 0},
    {"lines", VR_CSV_GPIO, 0, 0},
};

/* "ua" against 'a': 1e-6; 0 = it is none. */
static double unit_of(const char *text, char base)
{
    static const struct {
        char prefix;
        double unit;
    } prefixes[] = {{'m', 1e-3}, {'u', 1e-6}, {'n', 1e-9}};
    if (text[0] == base && !text[1])
        return 1;
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (text[0] == prefixes[i].prefix && text[1] == base && !text[2])
            return prefixes[i].unit;
    return 0;
}

/* "Current(uA)" and " i_ua" as "current_ua" and "i_ua". */
static void plain_name(const char *name, size_t size, char *plain, size_t capacity)
{
    size_t count = 0;
    for (size_t i = 0; i < size && count + 1 < capacity; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c == '(' || c == '[')
            c = '_';
        if (isspace(c) || c == ')' || c == ']' || c == '"')
            continue;
        plain[count++] = (char)tolower(c);
    }
    plain[count] = '\0';
}

static struct vr_csv_column column_of(const char *plain, enum vr_power_quantity *ret_quantity)
{
    char word[32];
    snprintf(word, sizeof word, "%s", plain);
    const char *number = strncmp(word, "line", 4) == 0 ? word + 4 : word + (word[0] == 'd');
    if (number != word && number[0] >= '0' && number[0] <= '7' && !number[1])
        return (struct vr_csv_column){VR_CSV_LINE, (uint8_t)(number[0] - '0'), 1};
    char *unit = strrchr(word, '_');
    if (unit)
        *unit++ = '\0';
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].word, word) != 0 || (words[i].unit != 0) != (unit != NULL))
            continue;
        double factor = unit ? unit_of(unit, words[i].unit) : 1;
        if (factor == 0)
            break;
        *ret_quantity = words[i].quantity;
        return (struct vr_csv_column){words[i].kind, 0, factor};
    }
    return (struct vr_csv_column){VR_CSV_OTHER, 0, 1};
}

/* A second column of one kind.  Of several values the first counts, and lines may be many: a meter may tell current and power. */
static bool take(struct vr_csv_columns *columns, struct vr_csv_column *column, bool *has_value)
{
    switch (column->kind) {
    case VR_CSV_TIME:
    case VR_CSV_NUMBER:
        if (columns->has_time && column->kind == VR_CSV_TIME)
            columns->spare_time = (size_t)(column - columns->items);
        if (columns->has_time)
            column->kind = VR_CSV_OTHER;
        columns->has_time = true;
        return true;
    case VR_CSV_VALUE:
        if (*has_value)
            column->kind = VR_CSV_OTHER;
        *has_value = true;
        return true;
    case VR_CSV_VOLTS:
        if (columns->has_volts)
            return false;
        columns->has_volts = true;
        return true;
    case VR_CSV_GPIO:
    case VR_CSV_LINE:
        columns->has_lines = true;
        return true;
    case VR_CSV_OTHER:
        break;
    }
    return true;
}

int vr_csv_columns_parse(
    const char *name, const char *names, double scale, struct vr_csv_columns *ret_columns,
    struct vr_err *err)
{
    struct vr_csv_columns columns = {0};
    bool has_value = false;
    for (const char *at = names; at; at += *at != '\0') {
        char plain[32];
        size_t size = strcspn(at, SEPARATORS);
        enum vr_power_quantity quantity = VR_POWER_CURRENT;
        if (columns.count == VR_CSV_COLUMNS_MAX)
            return vr_err_set(
                err, VR_ERR_INPUT, "%s: more than %d columns", name, VR_CSV_COLUMNS_MAX);
        plain_name(at, size, plain, sizeof plain);
        struct vr_csv_column *column = &columns.items[columns.count++];
        *column = column_of(plain, &quantity);
        bool is_first_value = column->kind == VR_CSV_VALUE && !has_value;
        if (!take(&columns, column, &has_value))
            return vr_err_set(err, VR_ERR_INPUT, "%s: the columns have \"%s\" twice", name, plain);
        if (is_first_value) {
            columns.quantity = quantity;
            columns.value_unit = scale > 0 && quantity == VR_POWER_CURRENT ? scale : column->unit;
        }
        at += size;
        if (*at == '\0')
            break;
    }
    if (!has_value)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: no column of current, power or energy among \"%.80s\"; a name is a quantity and "
            "its unit, as in \"t_us,i_ua,v_mv,gpio\"",
            name, names);
    *ret_columns = columns;
    return 0;
}

bool vr_csv_columns_use_time(struct vr_csv_columns *columns)
{
    if (columns->spare_time == 0)
        return false;
    for (size_t i = 0; i < columns->count; i++)
        if (columns->items[i].kind == VR_CSV_NUMBER)
            columns->items[i].kind = VR_CSV_OTHER;
    columns->items[columns->spare_time].kind = VR_CSV_TIME;
    columns->spare_time = 0;
    return true;
}

/* "fs=1000", "fs=32768/33": false = no positive number. */
static bool positive(const char *text, const char *end, double *ret_value)
{
    char *stop;
    double num = strtod(text, &stop), den = 1;
    if (*stop == '/')
        den = strtod(stop + 1, &stop);
    if (stop != end || !(num > 0) || !(den > 0) || !isfinite(num / den))
        return false;
    *ret_value = num / den;
    return true;
}

void vr_csv_comment(const char *line, struct vr_csv_header *header)
{
    for (const char *word = line; *word;) {
        word += strspn(word, "# \t\r");
        size_t size = strcspn(word, " \t\r");
        if (strncmp(word, "cols=", 5) == 0 && size - 5 < sizeof header->names)
            snprintf(header->names, size - 5 + 1, "%s", word + 5);
        else if (strncmp(word, "fs=", 3) == 0)
            positive(word + 3, word + size, &header->rate_hz);
        else if (strncmp(word, "scale=", 6) == 0)
            positive(word + 6, word + size, &header->scale);
        word += size;
    }
}

bool vr_csv_is_names(const char *line)
{
    for (; *line; line++)
        if (isalpha((unsigned char)*line) && *line != 'e' && *line != 'E')
            return strncasecmp(line, "nan", 3) != 0;
    return false;
}

/* --- rows --- */

/* A number from `text`, which may have white space around it; empty and "nan" give NaN. */
static bool number(const char *text, size_t size, double *ret_value)
{
    char copy[64], *end;
    while (size > 0 && isspace((unsigned char)text[0]))
        text++, size--;
    while (size > 0 && isspace((unsigned char)text[size - 1]))
        size--;
    *ret_value = (double)NAN;
    if (size == 0 || (size == 3 && strncasecmp(text, "nan", 3) == 0))
        return true;
    if (size >= sizeof copy || strspn(text, "0123456789+-.eE") < size)
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    *ret_value = strtod(copy, &end);
    return *end == '\0' && isfinite(*ret_value);
}

static bool put(struct vr_csv_row *row, const struct vr_csv_column *column, double value)
{
    switch (column->kind) {
    case VR_CSV_OTHER:
        return true;
    case VR_CSV_TIME:
    case VR_CSV_NUMBER:
        row->time = value * column->unit;
        return !isnan(value);
    case VR_CSV_VALUE:
        row->value = value;
        return true;
    case VR_CSV_VOLTS:
        row->volts = (float)(value * column->unit);
        return !(fabs(value) > VOLTS_MAX);
    case VR_CSV_GPIO:
        if (!(value >= 0 && value <= 255) || value != floor(value))
            return false;
        row->lines = (uint8_t)value;
        return true;
    case VR_CSV_LINE:
        row->lines |= (uint8_t)((value == 1) << column->line);
        return value == 0 || value == 1;
    }
    return false;
}

bool vr_csv_row_parse(
    const struct vr_csv_columns *columns, const char *line, struct vr_csv_row *ret_row)
{
    struct vr_csv_row row = {.value = (double)NAN, .volts = NAN};
    const char *at = line;
    for (size_t i = 0; i < columns->count; i++) {
        const struct vr_csv_column *column = &columns->items[i];
        double value;
        size_t size = strcspn(at, SEPARATORS);
        bool is_number = number(at, size, &value);
        if (column->kind != VR_CSV_OTHER && (!is_number || !put(&row, column, value)))
            return false;
        at += size;
        if (i + 1 < columns->count && *at++ == '\0')
            return false;
    }
    if (*at != '\0' && at[strspn(at, SEPARATORS " \r")] != '\0')
        return false;
    *ret_row = row;
    return true;
}

/* --- losses --- */

void vr_csv_clock_start(
    struct vr_csv_clock *clock, const struct vr_csv_columns *columns, double rate_hz)
{
    *clock = (struct vr_csv_clock){.period = 1 / rate_hz};
    for (size_t i = 0; i < columns->count; i++)
        clock->is_numbered |= columns->items[i].kind == VR_CSV_NUMBER;
    if (clock->is_numbered)
        clock->period = 1;
}

int64_t vr_csv_clock_step(struct vr_csv_clock *clock, double time)
{
    double step = clock->has_last ? time - clock->last : clock->period;
    if (step < 0 && !clock->is_numbered && step + WRAP_S < WRAP_STEP_MAX_S)
        step += WRAP_S;
    clock->last = time;
    clock->has_last = true;
    double periods = step / clock->period;
    if (!(step > 0) || periods > VR_CSV_MISSING_MAX || (!clock->is_numbered && step > STEP_MAX_S))
        return -1;
    return periods > 1.5 ? llrint(periods) - 1 : 0;
}
