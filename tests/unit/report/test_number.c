#include "report/number.h"

#include <criterion/criterion.h>
#include <math.h>

Test(number, is_short_never_whole_by_rounding_and_never_on_the_wrong_side_of_a_limit)
{
    static const struct {
        double value, limit;
        const char *text;
    } rows[] = {
        {0, NAN, "0"},
        {-0.0, NAN, "0"},
        {2000, NAN, "2000"},
        {-7, NAN, "-7"},
        {123456789, NAN, "123456789"},
        {99.9012, NAN, "99.9"},
        {12345.6, NAN, "12345.6"},
        {99.998, NAN, "99.998"}, /* four digits would say 100 */
        {99.9999999, NAN, "99.9999999"},
        {-99.998, NAN, "-99.998"},
        {0.0004, NAN, "0.0004"},
        {1e-300, NAN, "1e-300"},
        {1e300, NAN, "1e+300"},
        {0.00012345, NAN, "0.0001234"},
        {NAN, 5, "-"},
        {INFINITY, NAN, "inf"},
        {99.996, 100, "99.996"}, /* four digits would say 100 */
        {100.0004, 100, "100.0004"},
        {98.99999999, 99, "98.99999999"},
        {99, 99, "99"},
        {5.413, 5, "5.413"},
        {1.0 / 3, 1.0 / 3, "0.3333333333333333"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char buffer[VR_NUMBER_SIZE];
        vr_number_format(rows[i].value, rows[i].limit, buffer);
        cr_expect_str_eq(buffer, rows[i].text, "row %zu: %s", i, buffer);
    }
}

Test(number, gives_bytes_a_decimal_prefix)
{
    static const struct {
        int64_t size;
        const char *text;
    } rows[] = {
        {0, "0 B"},         {999, "999 B"},   {1000, "1 kB"},       {1234, "1.23 kB"},
        {999499, "999 kB"}, {999500, "1 MB"}, {1320000, "1.32 MB"}, {INT64_MAX, "9.22e+06 TB"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char buffer[VR_NUMBER_SIZE];
        cr_expect_str_eq(vr_number_bytes(rows[i].size, buffer), rows[i].text, "row %zu", i);
    }
}
