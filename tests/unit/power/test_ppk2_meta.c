#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "power/ppk2_meta.h"

/* Texts of real devices: reference on power instruments, 2.3. */

static const char first_device[] =
    "Calibrated: 0\nR0: 1003.3506\nR1: 101.5865\nR2: 10.3027\nR3: 0.9636\nR4: 0.0564\n"
    "GS0: 0.0000\nGS1: 112.7890\nGS2: 18.0115\nGS3: 2.4217\nGS4: 0.0729\n"
    "GI0: 1.0000\nGI1: 0.9695\nGI2: 0.9609\nGI3: 0.9519\nGI4: 0.9582\n"
    "O0: 112.9420\nO1: 75.4627\nO2: 64.6020\nO3: 50.4983\nO4: 87.2177\n"
    "VDD: 3741\nHW: 9173\nmode: 2\n"
    "S0: 0.000000048\nS1: 0.000000596\nS2: 0.000005281\nS3: 0.000062577\nS4: 0.002940743\n"
    "I0: -0.000000104\nI1: -0.000001443\nI2: 0.000036439\nI3: -0.000374119\nI4: -0.009388455\n"
    "UG0: 1.00\nUG1: 1.00\nUG2: 1.00\nUG3: 1.00\nUG4: 1.00\nIA: 56\nEND\n";

/* Newer firmware: VDD, HW and mode first, more decimals, another order, carriage returns. */
static const char second_device[] =
    "VDD: 3000\r\nHW: 9173\r\nmode: 1\r\nIA: 56\r\n"
    "O4: 118.278\r\nO3: 66.805\r\nO2: 87.856\r\nO1: 103.388\r\nO0: 151.841\r\n"
    "R0: 1004.56990000000000000000\r\nR1: 102.1842\r\nR2: 10.3829\r\nR3: 0.9723\r\nR4: 0.0567\r\n"
    "GS0: 0\r\nGS1: 154.061\r\nGS2: 23.392\r\nGS3: 3.371\r\nGS4: 0.109369\r\n"
    "GI0: 1\r\nGI1: 0.9572\r\nGI2: 0.9503\r\nGI3: 0.9362\r\nGI4: 0.944026\r\n"
    "S0: -2.8e-8\r\nS1: -2.74e-7\r\nS2: -1.803e-6\r\nS3: -2.1984e-5\r\nS4: 1.92322e-3\r\n"
    "I0: 1.18e-7\r\nI1: 1.097e-6\r\nI2: 7.1752e-5\r\nI3: -2.1477e-4\r\nI4: -7.002169e-3\r\n"
    "UG0: 1.0\r\nUG1: 1.0\r\nUG2: 1.1\r\nUG3: 1.0\r\nUG4: 1.0\r\nCalibrated: 0\r\nEND\r\n";

static struct vr_ppk2_meta parsed(const char *text)
{
    struct vr_ppk2_meta meta;
    struct vr_err err = {0};
    cr_assert_eq(vr_ppk2_meta_parse("meter", text, strlen(text), &meta, &err), 0, "%s", err.text);
    return meta;
}

static const char *refused(const char *text, size_t size)
{
    static struct vr_err err;
    struct vr_ppk2_meta meta;
    cr_expect_eq(vr_ppk2_meta_parse("meter", text, size, &meta, &err), -VR_ERR_INPUT);
    return err.text;
}

/* With the line of a key left out, or another one in its place. */
static const char *changed(const char *text, const char *key, const char *line)
{
    static char changed_text[2048];
    const char *at = strstr(text, key);
    snprintf(
        changed_text, sizeof changed_text, "%.*s%s%s", (int)(at - text), text, line,
        strchr(at, '\n') + 1);
    return changed_text;
}

/* The formula as the reference writes it. */
static double amperes(const struct vr_ppk2_meta *meta, size_t r, unsigned code, double volts)
{
    double x = (4.0 * code - meta->o[r]) * (1.8 / 163840) / meta->r[r];
    return meta->ug[r] * (x * (meta->gs[r] * x + meta->gi[r]) + meta->s[r] * volts + meta->i[r]);
}

Test(ppk2_meta, of_the_published_sample_give_the_published_current)
{
    struct vr_ppk2_meta meta = parsed(first_device);
    struct vr_power_scale scale;
    cr_expect(vr_ppk2_scale(&meta, 3.741, &scale));
    double ua = vr_power_value(&scale, 0, 108 / 4) * 1e6;
    cr_expect_float_eq(ua, 0.021454880762, 1.2e-7, "%.12f", ua);
    cr_expect_float_eq(ua, 0.0214548778, 5e-11, "%.12f", ua);
    cr_expect_eq(scale.ceiling, 0x3fff);
}

Test(ppk2_meta, scale_every_code_as_the_formula_does)
{
    const char *texts[] = {first_device, second_device};
    for (size_t device = 0; device < 2; device++) {
        struct vr_ppk2_meta meta = parsed(texts[device]);
        struct vr_power_scale scale;
        cr_assert(vr_ppk2_scale(&meta, 3.3, &scale));
        for (unsigned range = 0; range < VR_PPK2_RANGES; range++)
            for (unsigned code = 0; code <= VR_PPK2_CODE_MAX; code += 13) {
                double truth = amperes(&meta, range, code, 3.3);
                cr_assert_float_eq(
                    vr_power_value(&scale, range, code), truth, 1e-12 + 1e-12 * fabs(truth));
            }
    }
}

Test(ppk2_meta, of_the_second_device_are_read_in_their_order)
{
    struct vr_ppk2_meta meta = parsed(second_device);
    struct vr_power_scale scale;
    cr_expect_eq(meta.r[0], 1004.5699);
    cr_expect_eq(meta.i[4], -7.002169e-3);
    cr_expect_eq(meta.ug[2], 1.1);
    cr_expect_eq(meta.vdd_mv, 3000);
    cr_expect_eq(meta.mode, 1);
    /* By hand: x = (400 - 118.278) * 1.8 / 163840 / 0.0567 = 0.0545869; 0.109369 x^2 + 0.944026 x + 0.00192322 * 3 - 0.007002169 */
    vr_ppk2_scale(&meta, 3.0, &scale);
    cr_expect_float_eq(vr_power_value(&scale, 4, 100), 0.0506250548, 1e-10);
}

Test(ppk2_meta, know_how_far_off_a_range_may_be)
{
    struct vr_ppk2_meta meta = parsed(first_device);
    struct vr_power_scale scale;
    vr_ppk2_scale(&meta, 3, &scale);
    cr_expect_eq(scale.gain_err[0], 0.10);
    cr_expect_eq(scale.gain_err[3], 0.10);
    cr_expect_eq(scale.gain_err[4], 0.15);
    for (unsigned range = 5; range < VR_POWER_RANGES; range++)
        cr_expect(isnan(vr_power_value(&scale, range, 1)) && isnan(scale.gain_err[range]));
}

Test(ppk2_meta, scale_range_4_with_the_supply)
{
    struct vr_ppk2_meta meta = parsed(first_device);
    struct vr_power_scale low, high;
    vr_ppk2_scale(&meta, 2, &low);
    vr_ppk2_scale(&meta, 3, &high);
    cr_expect_float_eq(
        vr_power_value(&high, 4, 500) - vr_power_value(&low, 4, 500), 0.002940743, 1e-12);
}

Test(ppk2_meta, without_a_number_leave_that_range_without_calibration)
{
    static const char *lines[] = {"",           "GS2: -nan\n", "GS2: nan\n",
                                  "GS2: abc\n", "GS2:\n",      "GS2: inf\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct vr_ppk2_meta meta = parsed(changed(first_device, "GS2", lines[i]));
        struct vr_power_scale scale;
        cr_expect_not(vr_ppk2_scale(&meta, 3, &scale), "%s", lines[i]);
        for (unsigned range = 0; range < VR_PPK2_RANGES; range++)
            cr_expect_eq(isnan(vr_power_value(&scale, range, 100)), range == 2, "%s", lines[i]);
    }
    const char *impossible[] = {"R1: 0\n", "R1: -5\n"};
    for (size_t i = 0; i < 2; i++) {
        struct vr_ppk2_meta meta = parsed(changed(first_device, "R1", impossible[i]));
        struct vr_power_scale scale;
        cr_expect_not(vr_ppk2_scale(&meta, 3, &scale));
        cr_expect(isnan(vr_power_value(&scale, 1, 100)));
    }
}

Test(ppk2_meta, keep_what_they_do_not_know)
{
    struct vr_ppk2_meta meta =
        parsed(changed(first_device, "IA", "IA: 56\nTemp: 21.5\nR5: 3\nR: 4\nGS10: 5\nno colon\n"));
    cr_expect_str_eq(meta.others, "Temp 21.5, R5 3, R 4, GS10 5");
    cr_expect_eq(meta.r[0], 1003.3506);
}

Test(ppk2_meta, that_are_cut_off_are_refused)
{
    for (size_t size = 0; size < sizeof first_device - 1; size++) {
        cr_expect_not(vr_ppk2_meta_is_whole(first_device, size));
        refused(first_device, size);
    }
    cr_expect(vr_ppk2_meta_is_whole(first_device, sizeof first_device - 1));
    cr_expect(strstr(refused("END\n", 4), "then nothing"));
    cr_expect(strstr(refused("shell:~$ \n", 10), "lower of its two"));
}

Test(ppk2_meta, behind_stale_samples_are_refused)
{
    char text[sizeof first_device + 4] = "\x01\x80\xc0";
    memcpy(text + 4, first_device, sizeof first_device);
    cr_expect(strstr(refused(text, sizeof first_device + 3), "earlier session"));
}
