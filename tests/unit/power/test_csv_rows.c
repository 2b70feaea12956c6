#include "power/csv_rows.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static struct vr_csv_columns columns_of(const char *names)
{
    struct vr_csv_columns columns;
    struct vr_err err = {0};
    cr_assert_eq(vr_csv_columns_parse("m", names, 0, &columns, &err), 0, "%s", err.text);
    return columns;
}

Test(csv_rows, a_name_is_a_quantity_and_its_unit)
{
    static const struct {
        const char *names;
        enum vr_power_quantity quantity;
        double unit;
    } cases[] = {
        {"i_ua", VR_POWER_CURRENT, 1e-6},
        {"Current(uA)", VR_POWER_CURRENT, 1e-6},
        {"\"Current [mA]\"", VR_POWER_CURRENT, 1e-3},
        {"current_a", VR_POWER_CURRENT, 1},
        {"x;p_mw", VR_POWER_POWER, 1e-3},
        {"time_s\tenergy_nj", VR_POWER_ENERGY, 1e-9},
        {"power_uw,i_na", VR_POWER_POWER, 1e-6},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vr_csv_columns columns = columns_of(cases[i].names);
        cr_expect_eq(columns.quantity, cases[i].quantity, "%s", cases[i].names);
        cr_expect_eq(columns.value_unit, cases[i].unit, "%s", cases[i].names);
    }
}

Test(csv_rows, what_has_no_value_is_refused)
{
    static const char *const names[] = {"", "t_us", "i", "i_v", "i_ma_", "t_us,v_mv,gpio", ",,,"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct vr_csv_columns columns;
        struct vr_err err = {0};
        cr_expect_eq(
            vr_csv_columns_parse("m", names[i], 0, &columns, &err), -VR_ERR_INPUT, "%s", names[i]);
        cr_expect(strncmp(err.text, "m: ", 3) == 0, "%s", err.text);
    }
}

Test(csv_rows, a_scale_outranks_the_name)
{
    struct vr_csv_columns columns;
    cr_assert_eq(vr_csv_columns_parse("m", "i_ua", 2e-9, &columns, NULL), 0);
    cr_expect_eq(columns.value_unit, 2e-9);
}

Test(csv_rows, a_row_is_numbers_in_the_order_of_the_columns)
{
    struct vr_csv_columns columns = columns_of("t_us,what,i_ua,v_mv,d1,d7");
    struct vr_csv_row row;
    cr_assert(vr_csv_row_parse(&columns, "2500, a b ,-1.5e2,3300,1,1", &row));
    cr_expect_float_eq(row.time, 2.5e-3, 1e-12);
    cr_expect_eq(row.value, -150);
    cr_expect_float_eq(row.volts, 3.3f, 1e-6);
    cr_expect_eq(row.lines, 0x82);
}

Test(csv_rows, a_value_that_is_empty_or_nan_is_missing)
{
    struct vr_csv_columns columns = columns_of("t_us,i_ua");
    struct vr_csv_row row;
    cr_assert(vr_csv_row_parse(&columns, "1,", &row));
    cr_expect(isnan(row.value));
    cr_assert(vr_csv_row_parse(&columns, "1,NaN", &row));
    cr_expect(isnan(row.value));
}

Test(csv_rows, what_is_no_row_is_none)
{
    static const char *const lines[] = {"",      "1",  "1,2,3",   "x,2",   "1,x",   "1,0x10",
                                        "1,inf", ",2", "1,1e999", "1,2 3", "1;2,3", "1,--2"};
    struct vr_csv_columns columns = columns_of("t_us,i_ua"), lines_too = columns_of("i_ua,gpio");
    struct vr_csv_row row;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        cr_expect_not(vr_csv_row_parse(&columns, lines[i], &row), "%s", lines[i]);
    cr_expect_not(vr_csv_row_parse(&lines_too, "1,256", &row));
    cr_expect_not(vr_csv_row_parse(&lines_too, "1,1.5", &row));
    cr_expect_not(vr_csv_row_parse(&lines_too, "1,", &row));
}

Test(csv_rows, a_comment_says_columns_rate_and_scale)
{
    struct vr_csv_header header = {.scale = 7};
    vr_csv_comment("#cols=t_us,i_ua  fs=32768/33 scala=2", &header);
    cr_expect_str_eq(header.names, "t_us,i_ua");
    cr_expect_float_eq(header.rate_hz, 992.9696969, 1e-6);
    cr_expect_eq(header.scale, 7);
    vr_csv_comment("# fs=-1 scale=0 fs=nan fs=1/0", &header);
    cr_expect_float_eq(header.rate_hz, 992.9696969, 1e-6, "what cannot be is not taken");
}

static int64_t step(double rate_hz, double first, double second)
{
    struct vr_csv_columns columns = columns_of("t_us,i_ua");
    struct vr_csv_clock clock;
    vr_csv_clock_start(&clock, &columns, rate_hz);
    cr_assert_eq(vr_csv_clock_step(&clock, first), 0);
    return vr_csv_clock_step(&clock, second);
}

Test(csv_rows, a_step_of_n_periods_lacks_n_less_one)
{
    cr_expect_eq(step(1000, 5, 5.001), 0);
    cr_expect_eq(step(1000, 5, 5.0013), 0, "jitter");
    cr_expect_eq(step(1000, 5, 5.0004), 0);
    cr_expect_eq(step(1000, 5, 5.002), 1);
    cr_expect_eq(step(1000, 5, 5.2), 199);
    cr_expect_eq(step(1, 5, 8), 2);
}

Test(csv_rows, microseconds_of_32_bits_wrap)
{
    cr_expect_eq(step(1000, 4294.967, 0.0007), 0);
    cr_expect_eq(step(1000, 4294.967, 0.9997), 999);
    cr_expect_eq(step(1, 4294.5, 2.5), 2, "also where a period is a second");
}

Test(csv_rows, a_clock_that_begins_anew_is_no_loss_of_known_size)
{
    cr_expect_eq(step(1000, 2000, 0), -1, "not a wrap of 2294 s");
    cr_expect_eq(step(1000, 5, 5), -1);
    cr_expect_eq(step(1000, 5, 4.9), -1);
    cr_expect_eq(step(1000, 5, 50000), -1);
}

Test(csv_rows, numbers_of_samples_need_no_rate)
{
    struct vr_csv_columns columns = columns_of("sample,i_ua");
    struct vr_csv_clock clock;
    vr_csv_clock_start(&clock, &columns, 100000);
    cr_expect_eq(vr_csv_clock_step(&clock, 100), 0);
    cr_expect_eq(vr_csv_clock_step(&clock, 104), 3);
    cr_expect_eq(vr_csv_clock_step(&clock, 103), -1);
}

/* A table of ours: the number of the sample is exact, but tells no rate. */
Test(csv_rows, time_behind_the_number_is_used_when_asked)
{
    struct vr_csv_columns columns;
    struct vr_csv_row row;
    struct vr_err err;
    cr_assert_eq(
        vr_csv_columns_parse("t", "sample,time_s,current_a,volts,line0,line7", 0, &columns, &err),
        0);
    cr_assert(vr_csv_row_parse(&columns, "5,0.25,1,3,1,1", &row));
    cr_assert_eq(row.time, 5);
    cr_assert_eq(row.lines, 0x81);
    cr_assert(vr_csv_columns_use_time(&columns));
    cr_assert(vr_csv_row_parse(&columns, "5,0.25,1,3,0,1", &row));
    cr_assert_eq(row.time, 0.25);
    cr_assert_eq(row.lines, 0x80);
    cr_assert_not(vr_csv_columns_use_time(&columns));
}
