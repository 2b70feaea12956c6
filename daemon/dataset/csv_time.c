/* Dates by the proleptic Gregorian calendar, without leap seconds, as unix time is. */
#include "dataset/csv_time.h"

#include <string.h>
#include <strings.h>

#include "dataset/csv_decimal.h"

#define NS_PER_S INT64_C(1000000000)
#define NS_MAX (INT64_C(1) << 62) /* 146 years, which the years of dates keep to */
#define START_NS_MAX (INT64_C(1) << 60)

static const struct {
    const char *name;
    struct vr_csv_clock_unit clock;
} clocks[] = {
    {"s", {VR_CSV_ZERO_START, NS_PER_S, NULL}},
    {"ms", {VR_CSV_ZERO_START, 1000000, NULL}},
    {"us", {VR_CSV_ZERO_START, 1000, NULL}},
    {"ns", {VR_CSV_ZERO_START, 1, NULL}},
    {"min", {VR_CSV_ZERO_START, 60 * NS_PER_S, NULL}},
    {"h", {VR_CSV_ZERO_START, 3600 * NS_PER_S, NULL}},
    {"unix_s", {VR_CSV_ZERO_UTC, NS_PER_S, NULL}},
    {"unix_ms", {VR_CSV_ZERO_UTC, 1000000, NULL}},
    {"unix_us", {VR_CSV_ZERO_UTC, 1000, NULL}},
    {"unix_ns", {VR_CSV_ZERO_UTC, 1, NULL}},
    {"iso8601", {VR_CSV_ZERO_UTC, 0, NULL}},
    {"iso8601_local", {VR_CSV_ZERO_LOCAL, 0, NULL}},
};

static bool pattern_check(const char *text, struct vr_csv_clock_unit *ret_clock)
{
    char seen[32] = "";
    size_t count = 0;
    for (const char *c = text; *c; c++) {
        if (*c != '%')
            continue;
        c++;
        if (!*c || !strchr("YymdHIMSfpz", *c) || strchr(seen, *c) || count + 1 == sizeof seen)
            return false;
        seen[count++] = *c;
        seen[count] = '\0';
    }
    bool date = (strchr(seen, 'Y') || strchr(seen, 'y')) && strchr(seen, 'm') && strchr(seen, 'd');
    bool hour = strchr(seen, 'H') || (strchr(seen, 'I') && strchr(seen, 'p'));
    if (!date || !hour || !strchr(seen, 'M'))
        return false;
    *ret_clock = (struct vr_csv_clock_unit){
        strchr(seen, 'z') ? VR_CSV_ZERO_UTC : VR_CSV_ZERO_LOCAL, 0, text};
    return true;
}

bool vr_csv_clock_parse(const char *text, struct vr_csv_clock_unit *ret_clock)
{
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++)
        if (strcmp(clocks[i].name, text) == 0) {
            *ret_clock = clocks[i].clock;
            return true;
        }
    return pattern_check(text, ret_clock);
}

struct date {
    int64_t year, month, day, hour, minute, second, nanosecond;
    int64_t zone_s; /* of local time, ahead of UTC */
    bool afternoon, twelve;
};

static int64_t days_since_1970(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;
    int64_t days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
    return days - 719468;
}

static int64_t month_days(int64_t year, int64_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

static bool date_ns(const struct date *date, int64_t *ret_ns)
{
    int64_t hour = date->hour;
    if (date->twelve && (hour < 1 || hour > 12))
        return false;
    if (date->twelve)
        hour = hour % 12 + (date->afternoon ? 12 : 0);
    if (date->year < 1824 || date->year > 2115 || date->month < 1 || date->month > 12 ||
        date->day < 1 || date->day > month_days(date->year, date->month) || hour > 23 ||
        date->minute > 59 || date->second > 59)
        return false;
    int64_t seconds = days_since_1970(date->year, date->month, date->day) * 86400 + hour * 3600 +
                      date->minute * 60 + date->second - date->zone_s;
    *ret_ns = seconds * NS_PER_S + date->nanosecond;
    return true;
}

/* 1 to size_max digits. */
static bool digits_take(struct vr_slice *text, size_t size_min, size_t size_max, int64_t *ret_value)
{
    struct vr_slice part = {text->text, 0};
    while (part.size < size_max && part.size < text->size && part.text[part.size] >= '0' &&
           part.text[part.size] <= '9')
        part.size++;
    text->text += part.size;
    text->size -= part.size;
    return part.size >= size_min && vr_slice_integer(part, 0, INT64_MAX, ret_value);
}

/* The digits behind a point, as nanoseconds; what is smaller is cut off. */
static bool fraction_take(struct vr_slice *text, int64_t *ret_ns)
{
    const char *start = text->text;
    int64_t value = 0, rest;
    if (!digits_take(text, 1, 9, &value))
        return false;
    for (size_t size = (size_t)(text->text - start); size < 9; size++)
        value *= 10;
    while (text->size && text->text[0] >= '0' && text->text[0] <= '9')
        digits_take(text, 1, 1, &rest);
    *ret_ns = value;
    return true;
}

/* Z, +02, +0200 or +02:00 */
static bool zone_take(struct vr_slice *text, int64_t *ret_zone_s)
{
    int64_t hours, minutes = 0;
    *ret_zone_s = 0;
    if (vr_slice_skip(text, 'Z') || vr_slice_skip(text, 'z'))
        return true;
    bool west = vr_slice_skip(text, '-');
    if (!west && !vr_slice_skip(text, '+'))
        return false;
    if (!digits_take(text, 2, 2, &hours))
        return false;
    bool colon = vr_slice_skip(text, ':');
    if ((colon || text->size) && !digits_take(text, 2, 2, &minutes))
        return false;
    if (hours > 23 || minutes > 59)
        return false;
    *ret_zone_s = (west ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
}

/* 2019-10-16T12:09:01.702+02:00; a blank will do for the T, the seconds may be missing. */
static bool iso_parse(struct vr_slice text, bool zoned, int64_t *ret_ns)
{
    struct date date = {0};
    if (!digits_take(&text, 4, 4, &date.year) || !vr_slice_skip(&text, '-') ||
        !digits_take(&text, 2, 2, &date.month) || !vr_slice_skip(&text, '-') ||
        !digits_take(&text, 2, 2, &date.day))
        return false;
    if (!vr_slice_skip(&text, 'T') && !vr_slice_skip(&text, 't') && !vr_slice_skip(&text, ' '))
        return false;
    if (!digits_take(&text, 2, 2, &date.hour) || !vr_slice_skip(&text, ':') ||
        !digits_take(&text, 2, 2, &date.minute))
        return false;
    if (vr_slice_skip(&text, ':')) {
        if (!digits_take(&text, 2, 2, &date.second))
            return false;
        if ((vr_slice_skip(&text, '.') || vr_slice_skip(&text, ',')) &&
            !fraction_take(&text, &date.nanosecond))
            return false;
    }
    if (zoned && !zone_take(&text, &date.zone_s))
        return false;
    return text.size == 0 && date_ns(&date, ret_ns);
}

static bool half_day_take(struct vr_slice *text, struct date *date)
{
    if (text->size < 2 || (strncasecmp(text->text, "am", 2) && strncasecmp(text->text, "pm", 2)))
        return false;
    date->afternoon = text->text[0] == 'p' || text->text[0] == 'P';
    text->text += 2;
    text->size -= 2;
    return true;
}

static bool field_take(struct vr_slice *text, char letter, struct date *date)
{
    int64_t *const fields[] = {&date->month, &date->day,    &date->hour,
                               &date->hour,  &date->minute, &date->second};
    switch (letter) {
    case 'Y':
        return digits_take(text, 4, 4, &date->year);
    case 'y':
        if (!digits_take(text, 2, 2, &date->year))
            return false;
        date->year += 2000;
        return true;
    case 'f':
        return fraction_take(text, &date->nanosecond);
    case 'p':
        return half_day_take(text, date);
    case 'z':
        return zone_take(text, &date->zone_s);
    default:
        date->twelve |= letter == 'I';
        return digits_take(text, 1, 2, fields[strchr("mdHIMS", letter) - "mdHIMS"]);
    }
}

static bool pattern_parse(const char *pattern, struct vr_slice text, int64_t *ret_ns)
{
    struct date date = {0};
    for (const char *c = pattern; *c; c++) {
        bool fits = *c == '%' ? field_take(&text, *++c, &date) : vr_slice_skip(&text, *c);
        if (!fits)
            return false;
    }
    return text.size == 0 && date_ns(&date, ret_ns);
}

bool vr_csv_time_parse(
    const struct vr_csv_clock_unit *clock, struct vr_slice text, char point, int64_t *ret_ns)
{
    if (clock->pattern)
        return pattern_parse(clock->pattern, text, ret_ns);
    if (clock->unit_ns == 0)
        return iso_parse(text, clock->zero == VR_CSV_ZERO_UTC, ret_ns);
    struct vr_decimal value;
    if (!vr_decimal_parse(text, point, &value))
        return false;
    /* A nanosecond in units of the clock: 1/unit_ns, so the count comes in whole units first. */
    struct vr_decimal nanosecond = {1, 0, false};
    for (int64_t unit = clock->unit_ns; unit % 10 == 0; unit /= 10)
        nanosecond.exponent--;
    int64_t rest = clock->unit_ns;
    while (rest % 10 == 0)
        rest /= 10;
    int64_t ns, max = clock->zero == VR_CSV_ZERO_START ? START_NS_MAX : NS_MAX;
    if (vr_decimal_steps(value, nanosecond, max / rest, &ns) == VR_DECIMAL_OUTSIDE)
        return false;
    *ret_ns = ns * rest;
    return true;
}
