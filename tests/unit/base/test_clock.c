#include "base/clock.h"

#include <criterion/criterion.h>

Test(clock, iso_writes_utc_to_the_second)
{
    static const struct {
        int64_t utc_ns;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00Z"},
        {999999999, "1970-01-01T00:00:00Z"},
        {951782400 * VR_NS_PER_S, "2000-02-29T00:00:00Z"},
        {1000000000 * VR_NS_PER_S, "2001-09-09T01:46:40Z"},
        {4102444799 * VR_NS_PER_S, "2099-12-31T23:59:59Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char buffer[VR_CLOCK_ISO_SIZE];
        cr_assert_str_eq(vr_clock_iso(rows[i].utc_ns, buffer), rows[i].text);
    }
}

Test(clock, monotonic_never_goes_back)
{
    int64_t earlier = vr_clock_monotonic_ns();
    cr_assert_geq(vr_clock_monotonic_ns(), earlier);
}
