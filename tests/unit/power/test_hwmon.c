#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "value_sink.h"

static char root[64];
static struct heard heard;
static struct vr_power_info info;
static struct vr_err err;

static void make_root(void)
{
    const char *base = getenv("TMPDIR");
    snprintf(root, sizeof root, "%.40s/vitalrig-XXXXXX", base ? base : "/tmp");
    cr_assert(mkdtemp(root));
}

static void remove_root(void)
{
    char command[96];
    snprintf(command, sizeof command, "rm -r '%s'", root);
    cr_assert_eq(system(command), 0);
}

TestSuite(hwmon, .init = make_root, .fini = remove_root);

/* A file of a sensor's folder below root; "" = the folder alone. */
static const char *put(const char *sensor, const char *file, const char *text)
{
    static char path[160];
    snprintf(path, sizeof path, "%s/%s", root, sensor);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/%s/%s", root, sensor, file);
    FILE *out = fopen(path, "w");
    cr_assert(out);
    fputs(text, out);
    fclose(out);
    path[strlen(path) - strlen(file) - 1] = '\0';
    return path;
}

static int open_meter(struct vr_power_config config, struct vr_power **ret_power)
{
    config.name = "shunt";
    return vr_power_open(vr_power_find("hwmon", NULL), &config, ret_power, &info, &err);
}

/* Until so many samples were heard. */
static void sample(struct vr_power *power, int64_t count)
{
    struct vr_power_sink sink = heard_sink(&heard);
    struct vr_power_decoder *decoder;
    cr_assert_eq(
        vr_power_decoder_create(vr_power_find("hwmon", NULL), &info, &sink, &decoder, NULL), 0);
    cr_assert_eq(vr_power_start(power, &err), 0);
    while (heard.count < count) {
        struct pollfd fds[VR_POWER_FDS_MAX];
        uint8_t bytes[64];
        size_t size;
        poll(fds, (nfds_t)vr_power_poll_fds(power, fds, VR_POWER_FDS_MAX), -1);
        cr_assert_eq(vr_power_read(power, bytes, sizeof bytes, &size, &err), 0, "%s", err.text);
        vr_power_decode(decoder, 0, bytes, size);
    }
    cr_expect_eq(vr_power_stop(power, &err), 0);
    vr_power_decode_end(decoder);
    vr_power_decoder_destroy(decoder);
}

/* The value of the last sample that was there. */
static float last_value(void)
{
    int64_t i = heard.count - 1;
    while (i > 0 && isnan(heard.values[i]))
        i--;
    return heard.values[i];
}

Test(hwmon, current_and_voltage_of_the_only_sensor_below_a_root)
{
    struct vr_power *power;
    put("hwmon0", "name", "coretemp\n");
    put("hwmon0", "temp1_input", "41000\n");
    put("hwmon3", "name", "ina226\n");
    put("hwmon3", "curr1_input", "12\n");
    put("hwmon3", "in1_input", "3312\n");
    put("hwmon3", "power1_input", "39744\n");
    put("hwmon3", "update_interval", "2\n");
    cr_assert_eq(open_meter((struct vr_power_config){.path = root}, &power), 0, "%s", err.text);
    cr_expect_str_eq(info.instrument, "hwmon ina226");
    cr_expect_eq(info.rate_num, 500);
    cr_expect_eq(info.quantity, VR_POWER_CURRENT);
    cr_expect(info.has_volts);
    cr_expect(strstr(info.settings, "steps of 1 mA"), "%s", info.settings);
    sample(power, 5);
    cr_expect_float_eq(last_value(), 0.012f, 1e-9);
    cr_expect_float_eq(heard.volts[heard.count - 1], 3.312f, 1e-6);
    vr_power_close(power);
}

Test(hwmon, power_where_there_is_no_voltage_beside_the_current)
{
    struct vr_power *power;
    put("hwmon0", "curr1_input", "12\n");
    const char *path = put("hwmon0", "power1_input", "250\n");
    cr_assert_eq(
        open_meter((struct vr_power_config){.path = path, .rate_hz = 1000}, &power), 0, "%s",
        err.text);
    cr_expect_eq(info.quantity, VR_POWER_POWER);
    sample(power, 3);
    cr_expect_float_eq(last_value(), 250e-6f, 1e-12);
    vr_power_close(power);
}

Test(hwmon, a_tick_that_nobody_served_is_a_missing_sample)
{
    struct vr_power *power;
    const char *path = put("hwmon0", "power1_input", "250\n");
    cr_assert_eq(open_meter((struct vr_power_config){.path = path, .rate_hz = 1000}, &power), 0);
    /* Late by what a record says: the decoder alone. */
    struct vr_power_sink sink = heard_sink(&heard);
    struct vr_power_decoder *decoder;
    uint8_t record[12] = {0};
    uint32_t missed = 3;
    float value = 2.5f;
    memcpy(record, &missed, sizeof missed);
    memcpy(record + 4, &value, sizeof value);
    cr_assert_eq(
        vr_power_decoder_create(vr_power_find("hwmon", NULL), &info, &sink, &decoder, NULL), 0);
    for (size_t i = 0; i < sizeof record; i++)
        vr_power_decode(decoder, 0, record + i, 1);
    vr_power_decoder_destroy(decoder);
    cr_assert_eq(heard.count, 4);
    cr_expect_eq(heard.gaps[0].count, 3);
    cr_expect_eq(heard.gaps[0].kind, VR_POWER_GAP_COUNTER);
    cr_expect(isnan(heard.values[2]));
    cr_expect_eq(heard.values[3], 2.5f);
    vr_power_close(power);
}

Test(hwmon, the_timer_counts_what_was_missed)
{
    struct vr_power *power;
    const char *path = put("hwmon0", "power1_input", "250\n");
    cr_assert_eq(open_meter((struct vr_power_config){.path = path, .rate_hz = 1000}, &power), 0);
    cr_assert_eq(vr_power_start(power, &err), 0);
    uint8_t record[64];
    uint32_t missed = 0;
    /* Nobody looks until another timer has gone off: whoever is slow, ticks are counted. */
    poll(NULL, 0, 20);
    size_t size = 0;
    cr_assert_eq(vr_power_read(power, record, sizeof record, &size, &err), 0);
    cr_assert_eq(size, 12);
    memcpy(&missed, record, sizeof missed);
    cr_expect_geq(missed, 10);
    vr_power_close(power);
}

Test(hwmon, what_cannot_be_read_now_is_missing)
{
    struct vr_power *power;
    const char *path = put("hwmon0", "power1_input", "busy\n");
    cr_assert_eq(open_meter((struct vr_power_config){.path = path, .rate_hz = 1000}, &power), 0);
    sample(power, 2);
    cr_expect_geq(heard.gap_count, 1);
    cr_expect(isnan(heard.values[1]));
    vr_power_close(power);
}

Test(hwmon, says_what_is_not_there_and_what_is_ambiguous)
{
    struct vr_power *power;
    struct vr_power_config config = {.path = root};
    cr_expect_eq(open_meter(config, &power), -VR_ERR_LINK);
    cr_expect(strstr(err.text, "no folder below"), "%s", err.text);
    put("hwmon1", "curr1_input", "1\n");
    put("hwmon2", "power1_input", "1\n");
    cr_expect_eq(open_meter(config, &power), -VR_ERR_LINK);
    cr_expect(strstr(err.text, "hwmon1") && strstr(err.text, "hwmon2"), "%s", err.text);
    config.rate_hz = 5000;
    cr_expect_eq(open_meter(config, &power), -VR_ERR_USAGE);
}
