/* PowerShield in a closed loop, without losses: every sample, every mark and every joule is that of the world. */
#include "power/shield_loop.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Half a digit of the fewest that a code can have: 1000, and 256. */
#define TEXT_PART 0.00051
#define BINARY_PART 0.002

static const struct vr_powershield_mode modes[] = {
    {.rate_hz = 1000, .is_energy = true, .has_marks = true},
    {.rate_hz = 5000, .is_energy = true, .has_marks = true},
    {.rate_hz = 5000, .has_marks = true},
    {.rate_hz = 10000, .is_binary = true, .is_energy = true},
    {.rate_hz = 100000, .is_binary = true},
    {.is_v3pwr = true, .rate_hz = 5000, .is_energy = true, .has_marks = true},
    {.is_v3pwr = true, .rate_hz = 10000, .has_marks = true},
    {.is_v3pwr = true, .rate_hz = 10000, .is_binary = true, .is_energy = true},
    {.is_v3pwr = true, .rate_hz = 100000, .is_binary = true},
};
#define MODE_COUNT (sizeof modes / sizeof modes[0])

static struct shield_case plain(const struct vr_powershield_mode *mode)
{
    struct shield_case test = {.mode = *mode, .clock_ppm = 40};
    test.mode.supply_v = 3.0;
    return test;
}

Test(powershield, every_sample_is_the_one_that_it_says)
{
    for (size_t i = 0; i < MODE_COUNT; i++) {
        struct shield_case test = plain(&modes[i]);
        struct shield_loop *loop = shield_loop_create(&test);
        shield_loop_run(loop, 3.3);
        shield_loop_end(loop);
        cr_assert(!loop->broken, "mode %zu: %s", i, loop->broken);
        size_t due = (size_t)(3.299 * modes[i].rate_hz);
        cr_assert(loop->count >= due && loop->count <= due + modes[i].rate_hz / 500 + 1);
        cr_assert(loop->gap_count == 0 && loop->note_count == 0, "mode %zu: %s", i, loop->notes[0]);
        size_t wrong = shield_loop_wrong(loop, modes[i].is_binary ? BINARY_PART : TEXT_PART);
        cr_assert(wrong == 0, "mode %zu: %zu samples are not true", i, wrong);
        shield_loop_destroy(loop);
    }
}

Test(powershield, energy_of_windows_is_within_a_thousandth)
{
    for (size_t i = 0; i < MODE_COUNT; i++) {
        struct shield_case test = plain(&modes[i]);
        test.noise = 1;
        struct shield_loop *loop = shield_loop_create(&test);
        shield_loop_run(loop, 2.2);
        shield_loop_end(loop);
        size_t rate = modes[i].rate_hz;
        for (size_t first = 0; first + rate / 2 <= loop->count; first += rate / 10) {
            double joules = shield_loop_joules(loop, first, first + rate / 2);
            double truth = shield_loop_true_joules(loop, first, first + rate / 2);
            cr_assert(
                fabs(joules / truth - 1) < 0.001, "mode %zu from %zu: %g J, truly %g", i, first,
                joules, truth);
        }
        shield_loop_destroy(loop);
    }
}

Test(powershield, marks_are_falling_edges_at_their_sample)
{
    for (size_t i = 0; i < MODE_COUNT; i++) {
        if (!modes[i].has_marks)
            continue;
        struct shield_case test = plain(&modes[i]);
        struct shield_loop *loop = shield_loop_create(&test);
        shield_loop_run(loop, 3.1);
        shield_loop_end(loop);
        const void *state = vr_sim_state(loop->meter);
        size_t mark = 0;
        for (size_t sample = 1; sample < loop->count; sample++) {
            cr_assert((loop->lines[sample] & 0x7F) == 0);
            if (!(loop->lines[sample - 1] & 0x80) || loop->lines[sample] & 0x80)
                continue;
            double fall_ns = SHIELD_FALL_NS((double)mark, 5e9);
            cr_assert(
                loop->driver->sample_ns(state, (int64_t)sample) <= fall_ns + 10000 &&
                    fall_ns < loop->driver->sample_ns(state, (int64_t)sample + 1) + 10000,
                "mode %zu, mark %zu is at sample %zu", i, mark, sample);
            mark++;
        }
        cr_assert(mark == 13, "mode %zu: %zu marks", i, mark);
        shield_loop_destroy(loop);
    }
}

Test(powershield, anchors_are_after_their_sample_and_soon)
{
    for (size_t i = 0; i < MODE_COUNT; i++) {
        struct shield_case test = plain(&modes[i]);
        struct shield_loop *loop = shield_loop_create(&test);
        shield_loop_run(loop, 3.3);
        shield_loop_end(loop);
        cr_assert(loop->anchor_count > 300 && loop->anchor_count < 1000);
        for (size_t k = 0; k < loop->anchor_count; k++) {
            double taken_ns =
                loop->driver->sample_ns(vr_sim_state(loop->meter), loop->anchors[k][0] + 1);
            double late_ns = (double)loop->anchors[k][1] - taken_ns;
            cr_assert(late_ns > -1 && late_ns < 2.1e6, "mode %zu: %g ns", i, late_ns);
        }
        shield_loop_destroy(loop);
    }
}

Test(powershield, seconds_start_again_after_999)
{
    struct shield_case test = plain(&(struct vr_powershield_mode){.rate_hz = 20});
    struct shield_loop *loop = shield_loop_create(&test);
    shield_loop_run(loop, 1003.5);
    shield_loop_end(loop);
    cr_assert(!loop->broken && loop->gap_count == 0 && loop->note_count == 0);
    cr_assert(loop->count == 20070 || loop->count == 20069);
    shield_loop_destroy(loop);
}

/* --- text ---------------------------------------------------------------------------------------------------------------------- */

static struct shield_loop *fed(const char *text, uint32_t rate_hz)
{
    struct shield_case test = plain(&(struct vr_powershield_mode){
        .rate_hz = rate_hz, .has_marks = true, .is_energy = rate_hz == 1000});
    struct shield_loop *loop = shield_loop_create(&test);
    shield_loop_feed(loop, text, strlen(text));
    vr_power_decode_end(loop->decoder);
    cr_assert(!loop->broken, "%s", loop->broken);
    return loop;
}

Test(powershield, numbers_of_every_size)
{
    struct shield_loop *loop =
        fed("6409-07\r\n0000+00\r\n0012+00\r\n9999-16\r\n5000-17\r\n9999-25\r\n0001+04\r\n", 2);
    const double want[] = {6409e-7, 0, 12, 9999e-16, 500e-16, 0, NAN};
    cr_assert(loop->count == 7, "%zu", loop->count);
    for (size_t i = 0; i < 6; i++)
        cr_assert(
            fabs(loop->values[i] - want[i]) <= 1e-15 * want[i], "%zu: %g", i, loop->values[i]);
    cr_assert(loop->ranges[6] == VR_POWER_MISSING && loop->gaps[0].kind == VR_POWER_GAP_MARKED);
    cr_assert(shield_loop_has_note(loop, "a value that cannot be"));
    shield_loop_destroy(loop);
}

Test(powershield, what_stands_between_samples)
{
    struct shield_loop *loop =
        fed("1000-07\r\n1001-07\r\nTimeStamp:>001s 000ms, buff 97%\r\n"
            "summary beg\r\nevent 41 ris\r\n1002-07\r\nevent 44 ris\r\n"
            "1003-07\r\nTimeStamp:<002s 000ms, buff 03%\r\nend\r\n1004-07\r\n",
            2);
    cr_assert(loop->count == 4 && loop->gap_count == 0);
    cr_assert(loop->lines[0] == 0x80 && loop->lines[2] == 0 && loop->lines[3] == 0);
    cr_assert(shield_loop_has_note(loop, "97 % full"));
    cr_assert(shield_loop_has_note(loop, "2 marks lost before sample 3"));
    cr_assert(shield_loop_has_note(loop, "two marks in neighbouring samples"));
    shield_loop_destroy(loop);
}

Test(powershield, leftovers_before_time_0_are_not_used)
{
    struct shield_loop *loop =
        fed("8888-07\r\nTimeStamp: 000s 000ms, buff 00%\r\n1000-07\r\n1001-07\r\n"
            "TimeStamp: 001s 000ms, buff 00%\r\n",
            2);
    cr_assert(loop->count == 2 && loop->gap_count == 0);
    cr_assert(fabs(loop->values[0] - 1e-4) < 1e-15);
    cr_assert(shield_loop_has_note(loop, "1 samples of an earlier acquisition"));
    shield_loop_destroy(loop);
}

/* --- a real instrument ----------------------------------------------------------------------------------------------------------- */

/* A trace that was published with MLPerf Tiny, as the LPM01A sent it: energy at 1 kHz, a mark at each time stamp of the device.  Its
 * values are floats of uJ. */
static size_t as_sent(FILE *trace, const int *marks, size_t mark_count, char *text, float *values)
{
    char *at = text + sprintf(text, "TimeStamp: 000s 000ms, buff 00%%\r\n");
    size_t count = 0, mark = 0;
    fseek(trace, 5, SEEK_SET);
    for (; fread(&values[count], sizeof *values, 1, trace) == 1; count++) {
        char number[16];
        snprintf(number, sizeof number, "%.3e", (double)values[count] * 1e-6);
        if (count > 0 && count % 1000 == 0)
            at += sprintf(at, "TimeStamp: %03zus 000ms, buff 00%%\r\n", count / 1000);
        if (mark < mark_count && (int)count == marks[mark])
            at += sprintf(at, "event %02zu ris\r\n", mark++);
        at += sprintf(
            at, "%c%.3s-%02d\r\n", number[0], number + 2, atoi(strchr(number, '-') + 1) + 3);
    }
    return count;
}

/* Every published value is four digits and a power of ten, and comes out as the float that it was; the energy between marks 1 and 2
 * is that of the exact rule, 546533.18 uJ of 12.951 s. */
Test(powershield, a_published_trace_of_mlperf_tiny)
{
    static const int marks[] = {19,    2770,  15721, 17562, 30507, 32353,
                                45288, 47133, 60084, 61912, 74838};
    const char *name = "v1.2_STMicroelectronics_NUCLEO_L4R5ZI_kws__trace1-energy.bin";
    const char *data = getenv("VITALRIG_DATA");
    char path[512];
    snprintf(path, sizeof path, "%s/energy_mlperf/%s", data ? data : "", name);
    FILE *file = fopen(path, "rb");
    if (!file)
        cr_skip_test("no recordings: set VITALRIG_DATA");
    char *text = malloc(1 << 20);
    float *values = calloc(100000, sizeof *values);
    size_t count = as_sent(file, marks, 11, text, values), mark = 0;
    fclose(file);
    struct shield_loop *loop = fed(text, 1000);
    cr_assert(count == 76800 && loop->count == count && loop->gap_count == 0);
    for (size_t i = 0; i < count; i++) {
        cr_assert((float)(loop->values[i] * 1e6) == values[i], "%zu", i);
        if (!(loop->lines[i] & 0x80))
            cr_assert(mark < 11 && (int)i == marks[mark++], "%zu", i);
    }
    double joules = 0;
    for (int i = marks[1]; i < marks[2]; i++)
        joules += loop->values[i];
    cr_assert(mark == 11 && fabs(joules * 1e6 - 546533.18) < 0.005, "%.3f uJ", joules * 1e6);
    shield_loop_destroy(loop);
    free(text);
    free(values);
}
