/* dataset/csv_time: every kind of time stamp, to the nanosecond. */
#include "dataset/csv_time.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#define S INT64_C(1000000000)

static bool parse(const char *unit, const char *text, char point, int64_t *ret_ns)
{
    struct vr_csv_clock_unit clock;
    cr_assert(vr_csv_clock_parse(unit, &clock), "%s", unit);
    return vr_csv_time_parse(&clock, (struct vr_slice){text, strlen(text)}, point, ret_ns);
}

static void assert_time(const char *unit, const char *text, int64_t expected)
{
    int64_t ns = -1;
    cr_assert(parse(unit, text, '.', &ns), "%s of %s", text, unit);
    cr_assert_eq(ns, expected, "%s of %s: %" PRId64 ", not %" PRId64, text, unit, ns, expected);
}

Test(csv_time, counts_are_exact)
{
    assert_time("s", "0.008", 8000000);
    assert_time("s", "-1.5", -1500000000);
    assert_time("ms", "1.000001", 1000001);
    assert_time("us", "7", 7000);
    assert_time("ns", "7", 7);
    assert_time("min", "1.5", 90 * S);
    assert_time("h", "0.008333", 29998800000);
    assert_time("unix_s", "1560279825.000000", 1560279825 * S);
    assert_time("unix_s", "1560279825.123456789", 1560279825 * S + 123456789);
    assert_time("unix_ms", "1560279825123", 1560279825 * S + 123000000);
    assert_time("unix_us", "1560279825123456", 1560279825 * S + 123456000);
    assert_time("unix_ns", "1560279825123456789", 1560279825 * S + 123456789);
    int64_t ns;
    cr_assert(parse("s", "0,5", ',', &ns) && ns == S / 2);
}

/* date -u -d 2019-10-16T12:09:01.702+02:00 +%s.%N */
Test(csv_time, dates_know_their_zone)
{
    const int64_t at = 1571220541 * S + 702000000;
    assert_time("iso8601", "2019-10-16T12:09:01.702+02:00", at);
    assert_time("iso8601", "2019-10-16 10:09:01.702Z", at);
    assert_time("iso8601", "2019-10-16T10:09:01,702z", at);
    assert_time("iso8601", "2019-10-16T04:39:01.7020000001-0530", at);
    assert_time("iso8601", "2019-10-16T12:09:01.702+02", at);
    assert_time("iso8601", "1970-01-01T00:00Z", 0);
    assert_time("iso8601", "1969-12-31T23:59:59Z", -S);
    assert_time("iso8601", "2000-02-29T00:00:00Z", 951782400 * S);
    assert_time("iso8601_local", "2019-10-16T10:09:01.702", at);
}

Test(csv_time, dates_come_in_any_pattern)
{
    const int64_t at = 1571220541 * S;
    assert_time("%d.%m.%Y %H:%M:%S", "16.10.2019 10:09:01", at);
    assert_time("%d/%m/%Y %H:%M:%S", "6/1/2019 1:02:03", 1546736523 * S);
    assert_time("%m/%d/%y %I:%M:%S %p", "10/16/19 10:09:01 AM", at);
    assert_time("%m/%d/%y %I:%M:%S %p", "10/16/19 12:00:00 am", 1571184000 * S);
    assert_time("%m/%d/%y %I:%M:%S %p", "10/16/19 12:00:00 PM", 1571227200 * S);
    assert_time("%Y%m%d-%H%M%S.%f", "20191016-100901.702", at + 702000000);
    assert_time("%Y-%m-%d %H:%M %z", "2019-10-16 12:09 +0200", at - S);
}

Test(csv_time, what_a_clock_counts_from_is_known)
{
    struct vr_csv_clock_unit clock;
    cr_assert(vr_csv_clock_parse("ms", &clock) && clock.zero == VR_CSV_ZERO_START);
    cr_assert(vr_csv_clock_parse("unix_ms", &clock) && clock.zero == VR_CSV_ZERO_UTC);
    cr_assert(vr_csv_clock_parse("iso8601", &clock) && clock.zero == VR_CSV_ZERO_UTC);
    cr_assert(vr_csv_clock_parse("%Y-%m-%d %H:%M", &clock) && clock.zero == VR_CSV_ZERO_LOCAL);
    cr_assert(vr_csv_clock_parse("%Y-%m-%d %H:%M %z", &clock) && clock.zero == VR_CSV_ZERO_UTC);
    static const char *const wrong[] = {
        "",
        "sec",
        "%Y",
        "%H:%M",
        "%Y-%m-%d %I:%M",
        "%Y-%m-%d %H:%M %Y",
        "%Y-%m-%d %H:%M %",
        "%Y-%m-%d %H:%M %q"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_assert(!vr_csv_clock_parse(wrong[i], &clock), "%s", wrong[i]);
}

Test(csv_time, what_is_no_time_is_refused)
{
    static const struct {
        const char *unit, *text;
    } rows[] = {
        {"s", ""},
        {"s", "1:30"},
        {"s", "1e30"},
        {"s", "2000000000"},
        {"unix_s", "5000000000"},
        {"iso8601", "2019-10-16T12:09:01.702"},
        {"iso8601_local", "2019-10-16T12:09:01Z"},
        {"iso8601", "2019-02-29T00:00:00Z"},
        {"iso8601", "2019-13-01T00:00:00Z"},
        {"iso8601", "2019-10-16T24:00:00Z"},
        {"iso8601", "2019-10-16T12:60:00Z"},
        {"iso8601", "2019-10-16T12:09:60Z"},
        {"iso8601", "2019-10-16T12:09:01.Z"},
        {"iso8601", "2019-10-16T12:09:01+2:00"},
        {"iso8601", "2019-10-16T12:09:01+02:0"},
        {"iso8601", "19-10-16T12:09:01Z"},
        {"iso8601", "9999-10-16T12:09:01Z"},
        {"%m/%d/%y %I:%M:%S %p", "10/16/19 13:09:01 AM"},
        {"%m/%d/%y %I:%M:%S %p", "10/16/19 1:09:01 XM"},
        {"%d.%m.%Y %H:%M:%S", "16.10.2019 10:09:01 "},
        {"%d.%m.%Y %H:%M:%S", "16/10/2019 10:09:01"},
    };
    int64_t ns;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_assert(
            !parse(rows[i].unit, rows[i].text, '.', &ns), "%s of %s", rows[i].text, rows[i].unit);
}
