#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "value_sink.h"

static struct heard heard;

static const struct vr_power_driver *driver(void)
{
    return vr_power_find("csv-serial", NULL);
}

static struct vr_power_info info_of(uint32_t rate)
{
    return (struct vr_power_info){
        .rate_num = rate, .rate_den = 1, .has_lines = true, .has_volts = true, .supply_v = NAN};
}

/* Bytes in pieces of `piece`. */
static void decode(const char *text, size_t piece, uint32_t rate)
{
    struct vr_power_info info = info_of(rate);
    struct vr_power_sink sink = heard_sink(&heard);
    struct vr_power_decoder *decoder;
    cr_assert_eq(vr_power_decoder_create(driver(), &info, &sink, &decoder, NULL), 0);
    size_t size = strlen(text);
    for (size_t at = 0; at < size; at += piece)
        vr_power_decode(
            decoder, 0, (const uint8_t *)text + at, piece < size - at ? piece : size - at);
    vr_power_decode_end(decoder);
    vr_power_decoder_destroy(decoder);
}

static void expect_gap(int64_t at, int64_t first, int64_t count, enum vr_power_gap_kind kind)
{
    cr_assert_lt(at, heard.gap_count);
    cr_expect_eq(heard.gaps[at].first, first);
    cr_expect_eq(heard.gaps[at].count, count);
    cr_expect_eq(heard.gaps[at].kind, kind);
}

Test(csv_serial, rows_are_samples_however_the_bytes_come)
{
    static const char text[] = "# cols=t_us,i_ua,v_mv,gpio fs=1000\r\n"
                               "0,10,3300,1\r\n1000,20.5,3301,3\r\n2000,30,3302,0\r\n";
    for (size_t piece = 1; piece < sizeof text; piece++) {
        decode(text, piece, 1000);
        cr_assert_eq(heard.count, 3);
        cr_expect_eq(heard.gap_count, 0);
        cr_expect_float_eq(heard.values[1], 20.5e-6f, 1e-12);
        cr_expect_float_eq(heard.volts[2], 3.302f, 1e-6);
        cr_expect_eq(heard.lines[1], 3);
        cr_expect_eq(heard.anchor_index, 2);
    }
}

Test(csv_serial, a_step_of_time_is_missing_samples)
{
    decode("# cols=t_us,i_ua,gpio\n0,1,2\n1000,2,3\n5000,3,0\n", 7, 1000);
    cr_assert_eq(heard.count, 6);
    expect_gap(0, 2, 3, VR_POWER_GAP_COUNTER);
    cr_expect(isnan(heard.values[2]) && isnan(heard.values[4]));
    cr_expect_eq(heard.lines[4], 3, "levels stay as they were");
    cr_expect_float_eq(heard.values[5], 3e-6f, 1e-12);
}

Test(csv_serial, a_broken_line_is_found_missing_by_the_next_time)
{
    decode("# cols=t_us,i_ua\n0,1\n10x0,2\n2000,3\n", 100, 1000);
    cr_assert_eq(heard.count, 3);
    expect_gap(0, 1, 1, VR_POWER_GAP_COUNTER);
    cr_expect(strstr(heard.log, "10x0"), "%s", heard.log);
}

Test(csv_serial, without_time_a_broken_line_keeps_its_place_and_bounds_nothing)
{
    decode("# cols=i_ua\n1\n?\n3\n", 100, 1000);
    cr_assert_eq(heard.count, 3);
    expect_gap(0, 1, 1, VR_POWER_GAP_DESYNC);
    cr_expect_eq(heard.gaps[0].count_min, 0);
    cr_expect_gt(heard.gaps[0].count_max, 1000000);
}

Test(csv_serial, a_restart_in_the_middle_is_a_loss_of_unknown_size)
{
    decode("# cols=t_us,i_ua\n9000,1\n10000,2\n# cols=t_us,i_ua fs=1000\n0,3\n1000,4\n", 100, 1000);
    cr_assert_eq(heard.count, 4);
    expect_gap(0, 2, 1, VR_POWER_GAP_DESYNC);
    cr_expect(isnan(heard.values[2]));
    cr_expect_float_eq(heard.values[3], 4e-6f, 1e-12);
}

Test(csv_serial, a_value_that_was_not_measured_is_missing)
{
    decode("# cols=t_us,i_ua\n0,1\n1000,nan\n2000,\n3000,4\n", 100, 1000);
    cr_assert_eq(heard.count, 4);
    expect_gap(0, 1, 1, VR_POWER_GAP_MARKED);
    expect_gap(1, 2, 1, VR_POWER_GAP_MARKED);
}

Test(csv_serial, a_line_without_its_end_is_no_sample)
{
    decode("# cols=t_us,i_ua\n0,1\n1000,2", 100, 1000);
    cr_expect_eq(heard.count, 1);
}

Test(csv_serial, other_columns_than_it_was_opened_with_give_nothing)
{
    decode("# cols=t_us,p_uw\n0,1\n1000,2\n", 100, 1000);
    cr_expect_eq(heard.count, 0);
    cr_expect_gt(heard.log_count, 0);
}

Test(csv_serial, a_line_that_never_ends_is_none)
{
    static char text[5000];
    memset(text, '1', sizeof text - 1);
    memcpy(text, "# cols=i_ua\n5\n", 14);
    text[4000] = '\n';
    memcpy(text + 4001, "7\n", 3);
    decode(text, 100, 1000);
    cr_assert_eq(heard.count, 3);
    expect_gap(0, 1, 1, VR_POWER_GAP_DESYNC);
}

/* --- over a real pty, with a process that is the meter --- */

static struct vr_power_info opened;
static char folder[64], gate[80]; /* a FIFO: the meter goes on when sampling has begun */

static void make_gate(void)
{
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.40s/vitalrig-XXXXXX", base ? base : "/tmp");
    cr_assert(mkdtemp(folder));
    snprintf(gate, sizeof gate, "%s/gate", folder);
    cr_assert_eq(mkfifo(gate, 0600), 0);
    setenv("GATE", gate, 1);
}

static void remove_gate(void)
{
    unlink(gate);
    rmdir(folder);
}

static int run_meter(const char *script, struct vr_power_config config, struct vr_err *err)
{
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    struct vr_power *power;
    config.name = "shunt";
    config.argv = argv;
    int r = vr_power_open(driver(), &config, &power, &opened, err);
    if (r < 0)
        return r;
    struct vr_power_sink sink = heard_sink(&heard);
    struct vr_power_decoder *decoder;
    cr_assert_eq(vr_power_decoder_create(driver(), &opened, &sink, &decoder, NULL), 0);
    cr_assert_eq(vr_power_start(power, err), 0, "%s", err->text);
    if (gate[0])
        close(open(gate, O_WRONLY));
    while (r == 0) {
        struct pollfd fds[VR_POWER_FDS_MAX];
        uint8_t bytes[300];
        size_t size;
        r = vr_power_read(power, bytes, sizeof bytes, &size, err);
        if (r < 0)
            break;
        vr_power_decode(decoder, 0, bytes, size);
        if (size == 0)
            poll(fds, (nfds_t)vr_power_poll_fds(power, fds, VR_POWER_FDS_MAX), -1);
    }
    vr_power_decode_end(decoder);
    vr_power_decoder_destroy(decoder);
    vr_power_close(power);
    return r;
}

Test(csv_serial, a_meter_that_says_what_it_is, .init = make_gate, .fini = remove_gate)
{
    static const char script[] =
        "printf '# cols=t_us,i_ua,v_mv fs=1000\\n' >&3; read x <$GATE; i=0; "
        "while [ $i -lt 50 ]; do printf '%d,%d,3300\\n' $((i * 1000)) $((i + 100)) >&3; i=$((i + "
        "1)); done";
    struct vr_err err = {0};
    cr_expect_eq(
        run_meter(script, (struct vr_power_config){.supply_v = 3}, &err), -VR_ERR_LINK,
        "the process has ended: %s", err.text);
    cr_expect_eq(opened.rate_num, 1000);
    cr_expect(opened.has_volts && !opened.has_lines);
    cr_expect(strstr(opened.settings, "losses are seen"), "%s", opened.settings);
    cr_assert_eq(heard.count, 50);
    for (int64_t i = 0; i < heard.count; i++)
        cr_expect_float_eq(heard.values[i], (float)(i + 100) * 1e-6f, 1e-10);
    cr_expect_eq(heard.gap_count, 0);
}

Test(
    csv_serial, columns_and_rate_of_the_rig_file_need_no_header, .init = make_gate,
    .fini = remove_gate)
{
    struct vr_err err = {0};
    struct vr_power_config config = {.columns = "i_ma", .rate_hz = 50, .scale = 1e-4};
    cr_expect_eq(
        run_meter("read x <$GATE; printf '1\\n2\\n3\\n4\\n' >&3", config, &err), -VR_ERR_LINK);
    cr_expect_eq(opened.rate_num, 50);
    cr_expect(strstr(opened.settings, "losses cannot be seen"), "%s", opened.settings);
    cr_assert_eq(heard.count, 3, "the first line may have been cut");
    cr_expect_float_eq(heard.values[0], 2e-4f, 1e-9);
}

Test(csv_serial, what_has_no_supply_cannot_power_a_device)
{
    static const char *const kinds[] = {"csv-serial", "hwmon", "trace"};
    struct vr_power_config config = {.name = "shunt", .path = "x", .powers_device = true};
    struct vr_power *power;
    for (size_t i = 0; i < 3; i++) {
        struct vr_err err = {0};
        const struct vr_power_driver *kind = vr_power_find(kinds[i], NULL);
        cr_expect_eq(vr_power_open(kind, &config, &power, &opened, &err), -VR_ERR_USAGE);
        cr_expect(strstr(err.text, "powers_device"), "%s", err.text);
    }
}

Test(csv_serial, what_the_rig_file_lacks_is_said)
{
    struct vr_err err = {0};
    struct vr_power_config nothing = {.name = "shunt"},
                           wrong = {.name = "shunt", .path = "x", .columns = "t_us"};
    struct vr_power *power;
    cr_expect_eq(vr_power_open(driver(), &nothing, &power, &opened, &err), -VR_ERR_USAGE);
    cr_expect(strstr(err.text, "shunt: nothing says which port"), "%s", err.text);
    cr_expect_eq(vr_power_open(driver(), &wrong, &power, &opened, &err), -VR_ERR_USAGE);
    cr_expect(strstr(err.text, "no column of current"), "%s", err.text);
    cr_expect_eq(
        run_meter(
            "printf '# cols=i_ua\\n' >&3; exec cat <&3",
            (struct vr_power_config){.columns = "i_ua"}, &err),
        -VR_ERR_INPUT);
    cr_expect(strstr(err.text, "rate_hz"), "%s", err.text);
}
