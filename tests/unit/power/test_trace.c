#include "power/trace_file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "power/sample_rate.h"
#include "value_sink.h"

static char path[64];
static struct heard heard;
static struct vr_power_info info;
static struct vr_err err;

static void make_file(void)
{
    const char *base = getenv("TMPDIR");
    snprintf(path, sizeof path, "%.40s/vitalrig-XXXXXX", base ? base : "/tmp");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    close(fd);
}

static void remove_file(void)
{
    unlink(path);
}

TestSuite(trace, .init = make_file, .fini = remove_file);

static void put(const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static void put_text(const char *text)
{
    put(text, strlen(text));
}

/* From open to the end of the file, in small pieces. */
static int replay(struct vr_power_config config)
{
    const struct vr_power_driver *driver = vr_power_find("trace", NULL);
    struct vr_power *power;
    config.name = "old";
    if (!config.path)
        config.path = path;
    int r = vr_power_open(driver, &config, &power, &info, &err);
    if (r < 0)
        return r;
    struct vr_power_sink sink = heard_sink(&heard);
    struct vr_power_decoder *decoder;
    cr_assert_eq(vr_power_decoder_create(driver, &info, &sink, &decoder, NULL), 0);
    r = vr_power_start(power, &err);
    while (r == 0) {
        uint8_t bytes[77];
        size_t size;
        r = vr_power_read(power, bytes, sizeof bytes, &size, &err);
        if (r == 0)
            vr_power_decode(decoder, 0, bytes, size);
    }
    vr_power_decode_end(decoder);
    vr_power_decoder_destroy(decoder);
    vr_power_close(power);
    return r == -VR_ERR_EMPTY ? 0 : r;
}

static void put_mlperf(float rate, const float *microjoules, size_t count)
{
    uint8_t bytes[4096] = {0xF1};
    memcpy(bytes + 1, &rate, 4);
    memcpy(bytes + 5, microjoules, 4 * count);
    put(bytes, 5 + 4 * count);
}

Test(trace, energies_of_mlperf_tiny)
{
    static const float energies[] = {72.5f, 71.25f, 0, 80};
    put_mlperf(1000, energies, 4);
    cr_assert_eq(replay((struct vr_power_config){0}), 0, "%s", err.text);
    cr_expect_eq(info.quantity, VR_POWER_ENERGY);
    cr_expect_eq(info.rate_num, 1000);
    cr_assert_eq(heard.count, 4);
    cr_expect_float_eq(heard.values[1], 71.25e-6f, 1e-11);
    cr_expect(strstr(info.settings, "losses cannot be seen"), "%s", info.settings);
}

Test(trace, mlperf_files_that_lie)
{
    static const float energies[] = {1, INFINITY, 2};
    static const float rates[] = {0, -1, NAN, INFINITY, 1e30f};
    put_mlperf(1000, energies, 3);
    cr_expect_eq(replay((struct vr_power_config){0}), -VR_ERR_INPUT);
    cr_expect(strstr(err.text, "byte 9"), "%s", err.text);
    for (size_t i = 0; i < 5; i++) {
        put_mlperf(rates[i], energies, 1);
        cr_expect_eq(replay((struct vr_power_config){0}), -VR_ERR_INPUT);
    }
    put("\xF1\0\0\x7a\x44\1\2", 7);
    cr_expect_eq(replay((struct vr_power_config){0}), -VR_ERR_INPUT);
    cr_expect(strstr(err.text, "cut"), "%s", err.text);
    put("\xF1\0", 2);
    cr_expect_eq(replay((struct vr_power_config){0}), -VR_ERR_INPUT);
}

Test(trace, a_csv_of_another_program)
{
    put_text("Timestamp(ms),Current(uA),D0,D1\n0,1.5,0,0\n0.01,2.5,1,0\n0.02,3.5,1,1\n");
    cr_assert_eq(replay((struct vr_power_config){.supply_v = 3}), 0, "%s", err.text);
    cr_expect_eq(info.rate_num, 100000, "%u", info.rate_num);
    cr_expect_eq(info.supply_v, 3);
    cr_expect(info.has_lines && !info.has_volts);
    cr_assert_eq(heard.count, 3);
    cr_expect_float_eq(heard.values[1], 2.5e-6f, 1e-12);
    cr_expect_eq(heard.lines[2], 3);
}

Test(trace, a_csv_with_volts_and_losses)
{
    put_text(
        "# fs=100\nsample,current_a,volts_v,lines\n0,1e-3,3.3,1\n1,nan,,1\n2,,,1\n5,2e-3,3.2,0\n");
    cr_assert_eq(replay((struct vr_power_config){0}), 0, "%s", err.text);
    cr_assert_eq(heard.count, 6);
    cr_assert_eq(heard.gap_count, 2);
    cr_expect_eq(heard.gaps[0].kind, VR_POWER_GAP_MARKED);
    cr_expect_eq(heard.gaps[0].count, 2);
    cr_expect_eq(heard.gaps[1].kind, VR_POWER_GAP_COUNTER);
    cr_expect_eq(heard.gaps[1].first, 3);
    cr_expect_eq(heard.gaps[1].count, 2);
    cr_expect_float_eq(heard.volts[5], 3.2f, 1e-6);
}

Test(trace, a_long_csv_keeps_its_order_over_blocks_and_losses)
{
    FILE *file = fopen(path, "w");
    fputs("# cols=t_us,i_ua fs=1000\n", file);
    for (int i = 0, t = 0; i < 3000; i++, t += i % 500 == 0 ? 3 : 1)
        fprintf(file, "%d,%d\n", t * 1000, i);
    fclose(file);
    cr_assert_eq(replay((struct vr_power_config){0}), 0, "%s", err.text);
    cr_expect_eq(heard.count, 3000 + 5 * 2);
    cr_expect_eq(heard.gap_count, 5);
    cr_expect_eq(heard.gaps[4].first, 2500 + 4 * 2);
    cr_expect_float_eq(heard.values[heard.count - 1], 2999e-6f, 1e-9);
}

Test(trace, csv_files_that_lie)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "is empty"},
        {"t_us,i_ua\n", "has no samples"},
        {"# fs=1000\n", "has no samples"},
        {"1,2\n", "names no columns"},
        {"a,b\n1,2\n", "no column of current"},
        {"i_ua\n1\n2\n", "samples a second"},
        {"t_us,i_ua\n5,1\n", "samples a second"},
        {"t_us,i_ua\n5,1\n6,1\n9,1\n", "samples a second"},
        {"# fs=1000\nt_us,i_ua\n0,1\n1000,x\n", ":4: no row"},
        {"# fs=1000\nt_us,i_ua\n0,1\n1000\n", ":4: no row"},
        {"# fs=1000\nt_us,i_ua\n1000,1\n0,2\n", ":4: time does not go on"},
        {"# fs=1000\nt_us,i_ua\n0,1\n9000000000000,2\n", ":4: time does not go on"},
        {"i_ua,i_ua,v_v,v_mv\n1,2,3,4\n", "twice"},
        {"\1\2\3\4", "no trace that is known"},
        {"PK\3\4", "no .ppk2 file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put_text(cases[i].text);
        cr_expect_eq(replay((struct vr_power_config){0}), -VR_ERR_INPUT, "%s", cases[i].text);
        cr_expect(strstr(err.text, cases[i].words), "%s", err.text);
        cr_expect(strstr(err.text, path), "%s", err.text);
    }
    static char line[2000];
    memset(line, '7', sizeof line);
    memcpy(line, "# fs=1\ni_ua\n", 12);
    put(line, sizeof line);
    cr_expect_eq(replay((struct vr_power_config){0}), -VR_ERR_INPUT);
    cr_expect(strstr(err.text, ":3: a line of more than"), "%s", err.text);
}

Test(trace, what_is_no_file)
{
    cr_expect_eq(replay((struct vr_power_config){.path = "/nonexistent/a.csv"}), -VR_ERR_NOT_FOUND);
    cr_expect_eq(replay((struct vr_power_config){.path = "/dev/zero"}), -VR_ERR_INPUT);
    cr_expect_eq(replay((struct vr_power_config){.path = "/"}), -VR_ERR_INPUT);
    cr_expect_eq(replay((struct vr_power_config){.path = ""}), -VR_ERR_USAGE);
}

Test(trace, starts_again_from_its_first_sample)
{
    static const float energies[] = {1, 2, 3};
    struct vr_power *power;
    struct vr_power_config config = {.name = "old", .path = path};
    put_mlperf(10, energies, 3);
    cr_assert_eq(vr_power_open(vr_power_find("trace", NULL), &config, &power, &info, &err), 0);
    for (int i = 0; i < 3; i++) {
        uint8_t bytes[10];
        size_t size = 0;
        float value;
        cr_assert_eq(vr_power_start(power, &err), 0);
        cr_assert_eq(vr_power_read(power, bytes, sizeof bytes, &size, &err), 0);
        memcpy(&value, bytes + 1, 4);
        cr_expect_float_eq(value, 1e-6f, 1e-12);
        cr_assert_eq(vr_power_stop(power, &err), 0);
        cr_expect_eq(vr_power_read(power, bytes, sizeof bytes, &size, &err), -VR_ERR_EMPTY);
    }
    vr_power_close(power);
}

Test(trace, a_rate_is_a_fraction)
{
    static const struct {
        double hz;
        uint32_t num, den;
    } cases[] = {
        {1000, 1000, 1},
        {0.5, 5, 10},
        {1000.1f, 10001, 10},
        {4e9, 4000000000u, 1},
        {1e-6, 1, 1000000}};
    uint32_t num, den;
    for (size_t i = 0; i < 5; i++) {
        cr_assert(vr_sample_rate(cases[i].hz, &num, &den), "%g", cases[i].hz);
        cr_expect(num == cases[i].num && den == cases[i].den, "%g: %u/%u", cases[i].hz, num, den);
    }
    cr_expect_not(vr_sample_rate(0, &num, &den));
    cr_expect_not(vr_sample_rate((double)NAN, &num, &den));
    cr_expect_not(vr_sample_rate(1e10, &num, &den));
    cr_expect_not(vr_sample_rate(1e-9, &num, &den));
}
