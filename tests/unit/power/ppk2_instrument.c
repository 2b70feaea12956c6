/* The PPK2's driver over a pty, against this program itself as the instrument (--be WHAT): what it was told comes back in its samples.
 *
 * A plain program: it starts processes, and under sanitizers it shows leaks. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "power/power.h"

/* -- the instrument -- */

static const char metadata[] =
    "Calibrated: 0\nR0: 1003.3506\nR1: 101.5865\nR2: 10.3027\nR3: 0.9636\nR4: 0.0564\n"
    "GS0: 0.0000\nGS1: 112.7890\nGS2: 18.0115\nGS3: 2.4217\nGS4: 0.0729\n"
    "GI0: 1.0000\nGI1: 0.9695\nGI2: 0.9609\nGI3: 0.9519\nGI4: 0.9582\n"
    "O0: 112.9420\nO1: 75.4627\nO2: 64.6020\nO3: 50.4983\nO4: 87.2177\n"
    "VDD: 3741\nHW: 9173\nmode: 2\n"
    "S0: 0.000000048\nS1: 0.000000596\nS2: 0.000005281\nS3: 0.000062577\nS4: 0.002940743\n"
    "I0: -0.000000104\nI1: -0.000001443\nI2: 0.000036439\nI3: -0.000374119\nI4: -0.009388455\n"
    "UG0: 1.00\nUG1: 1.00\nUG2: 1.00\nUG3: 1.00\nUG4: 1.00\nIA: 56\nEND\n";

enum what { GOOD, STALE, GARBLED_ONCE, SILENT, SHELL, ENDLESS, HALF_CALIBRATED, UNPLUGGED };
static const char *const names[] = {"good",  "stale",   "garbled-once",    "silent",
                                    "shell", "endless", "half-calibrated", "unplugged"};

struct unit {
    enum what what;
    bool is_sampling;
    int asked;
    uint32_t number;
    uint8_t mode, power;
    uint16_t supply_mv;
    uint8_t command[8];
    size_t size;
};

static void say(const void *data, size_t size)
{
    const uint8_t *at = data;
    while (size > 0) {
        struct pollfd room = {.fd = 3, .events = POLLOUT};
        ssize_t sent = poll(&room, 1, 1000) > 0 ? write(3, at, size) : -1;
        if (sent < 0)
            exit(0);
        at += sent;
        size -= (size_t)sent;
    }
}

/* Mode and power stand on the lines, the supply in the code. */
static void say_samples(struct unit *unit, size_t count)
{
    uint8_t bytes[4 * 200];
    for (size_t i = 0; i < count; i++, unit->number++) {
        uint32_t word = (unit->supply_mv & 0x3fffu) | 1u << 14 | (unit->number & 63) << 18 |
                        (uint32_t)(unit->mode | unit->power << 4) << 24;
        for (size_t k = 0; k < 4; k++)
            bytes[4 * i + k] = (uint8_t)(word >> 8 * k);
    }
    say(bytes, 4 * count);
}

static void say_metadata(struct unit *unit)
{
    unit->asked++;
    if (unit->what == GARBLED_ONCE && unit->asked == 1)
        say(metadata, 300);
    else if (unit->what == HALF_CALIBRATED) {
        say(metadata, (size_t)(strstr(metadata, "R1") - metadata));
        say("R1: -nan\r\nNews: 7\r\n", 19);
        say(strstr(metadata, "R2"), strlen(strstr(metadata, "R2")));
    } else if (unit->what == SHELL)
        say("shell:~$ \r\n", 11);
    else if (unit->what != SILENT)
        say(metadata, sizeof metadata - 1);
}

/* How many bytes a command has. */
static size_t size_of(uint8_t command)
{
    return command == 0x0d ? 3 : command == 0x0c || command == 0x11 ? 2 : 1;
}

static void obey(struct unit *unit)
{
    const uint8_t *command = unit->command;
    switch (command[0]) {
    case 0x06:
        unit->is_sampling = true;
        unit->number = 7;
        break;
    case 0x07: /* late */
        say_samples(unit, 150);
        unit->is_sampling = unit->what == ENDLESS;
        break;
    case 0x0c:
        unit->power = command[1];
        break;
    case 0x0d:
        unit->supply_mv = (uint16_t)(command[1] << 8 | command[2]);
        break;
    case 0x11:
        unit->mode = command[1];
        break;
    case 0x19:
        say_metadata(unit);
        break;
    default:
        exit(1);
    }
}

static int be(const char *name)
{
    struct unit unit = {.supply_mv = 3741};
    while (strcmp(names[unit.what], name) != 0)
        unit.what++;
    unit.is_sampling = unit.what == STALE || unit.what == ENDLESS;
    for (;;) {
        struct pollfd come = {.fd = 3, .events = POLLIN};
        int r = poll(&come, 1, unit.is_sampling ? 1 : -1);
        if (r > 0 && come.revents & (POLLHUP | POLLERR))
            return 0;
        if (r > 0 && read(3, &unit.command[unit.size], 1) == 1 &&
            ++unit.size == size_of(unit.command[0])) {
            obey(&unit);
            unit.size = 0;
        }
        if (unit.is_sampling && r == 0)
            say_samples(&unit, 100);
        if (unit.what == UNPLUGGED && unit.number > 2000)
            return 0;
    }
}

/* -- checks -- */

static int checks, failures;

static void check(bool holds, const char *what)
{
    printf("%s %d - %s\n", holds ? "ok" : "not ok", ++checks, what);
    failures += !holds;
}

static const char *self;

static int open_as(
    enum what what, bool powers_device, double supply_v, struct vr_power **ret_power,
    struct vr_power_info *info, struct vr_err *err)
{
    const char *argv[] = {self, "--be", names[what], NULL};
    const struct vr_power_config config = {
        .name = "meter",
        .argv = argv,
        .usb_interface = -1,
        .supply_v = supply_v,
        .powers_device = powers_device};
    *err = (struct vr_err){0};
    return vr_power_open(vr_power_find("ppk2", err), &config, ret_power, info, err);
}

struct heard {
    int64_t samples, odd, gaps;
    unsigned code, lines;
};

static void hear_samples(void *context, const struct vr_power_samples *samples)
{
    struct heard *heard = context;
    for (size_t i = 0; i < samples->count; i++) {
        heard->odd += heard->samples > 0 && samples->codes[i] != heard->code;
        heard->code = samples->codes[i];
        heard->lines = samples->lines[i];
        heard->samples++;
    }
}

static void hear_gap(void *context, const struct vr_power_gap *gap)
{
    struct heard *heard = context;
    (void)gap;
    heard->gaps++;
}

static void hear_anchor(void *context, int64_t index, int64_t arrival_ns)
{
    (void)context, (void)index, (void)arrival_ns;
}

/* From start to stop and the silence after it; returns what read said last. */
static int sample(
    struct vr_power *power, const struct vr_power_info *info, size_t wanted, struct heard *heard,
    struct vr_err *err)
{
    const struct vr_power_sink sink = {
        .context = heard, .samples = hear_samples, .gap = hear_gap, .anchor = hear_anchor};
    struct vr_power_decoder *decoder;
    struct pollfd fds[VR_POWER_FDS_MAX];
    uint8_t buffer[4096];
    size_t size, all = 0;
    bool is_stopped = false;
    memset(heard, 0, sizeof *heard);
    if (vr_power_decoder_create(vr_power_find("ppk2", err), info, &sink, &decoder, err) < 0)
        abort();
    int r = vr_power_start(power, err);
    while (r == 0) {
        size_t count = vr_power_poll_fds(power, fds, VR_POWER_FDS_MAX);
        if (poll(fds, (nfds_t)count, is_stopped ? 100 : 5000) == 0)
            break;
        r = vr_power_read(power, buffer, sizeof buffer, &size, err);
        all += size;
        /* It is no clock: its samples come when this machine gets round to them.  They are taken as on time. */
        vr_power_decode(decoder, (int64_t)(all / 4) * 10000, buffer, size);
        if (r == 0 && all >= 4 * wanted && !is_stopped) {
            r = vr_power_stop(power, err);
            is_stopped = true;
        }
    }
    vr_power_decode_end(decoder);
    vr_power_decoder_destroy(decoder);
    return r;
}

static void check_source_and_restart(void)
{
    struct vr_power *power;
    struct vr_power_info info;
    struct vr_err err;
    struct heard heard;
    if (open_as(GOOD, true, 3.3, &power, &info, &err) < 0) {
        check(false, err.text);
        return;
    }
    check(info.rate_num == 100000 && info.rate_den == 1, "100,000 samples a second");
    check(info.is_coded && info.has_lines && info.is_calibrated, "coded, with lines, calibrated");
    check(info.supply_v == 3.3 && info.quantity == VR_POWER_CURRENT, "current at 3.3 V");
    check(strcmp(info.settings, "source at 3.300 V") == 0, info.settings);
    check(strcmp(info.firmware, "hardware 9173") == 0, info.firmware);
    for (int i = 0; i < 3; i++) {
        if (i == 2) /* the samples of this one are nobody's, least of all the next one's */
            check(
                vr_power_start(power, &err) == 0 && vr_power_stop(power, &err) == 0, "a short one");
        check(sample(power, &info, 5000, &heard, &err) == 0, "samples until it is stopped");
        check(heard.samples >= 5000 && heard.odd == 0 && heard.gaps == 0, "without a hole");
        check(heard.code == 3300, "it was told 3.3 V");
        check(heard.lines == (2 | 1 << 4), "it is a source, and on");
    }
    vr_power_close(power);
}

static void check_ampere_meter(enum what what, const char *name)
{
    struct vr_power *power;
    struct vr_power_info info;
    struct vr_err err;
    struct heard heard;
    if (open_as(what, false, 1.8, &power, &info, &err) < 0) {
        printf("# %s\n", err.text);
        check(false, name);
        return;
    }
    check(sample(power, &info, 3000, &heard, &err) == 0, name);
    check(
        heard.samples >= 3000 && heard.code == 1800 && heard.lines == (1 | 1 << 4),
        "an ampere meter, with the device connected");
    vr_power_close(power);
}

static void check_half_calibrated(void)
{
    struct vr_power *power;
    struct vr_power_info info;
    struct vr_err err;
    struct heard heard;
    if (open_as(HALF_CALIBRATED, false, 3, &power, &info, &err) < 0) {
        check(false, err.text);
        return;
    }
    check(!info.is_calibrated && isnan(info.scale.a[1][0]), "no calibration is said to be none");
    check(!isnan(info.scale.a[0][0]) && !isnan(info.scale.a[2][0]), "and only where it is missing");
    check(
        strstr(info.settings, "no calibration of range 1; also says News 7") != NULL,
        info.settings);
    sample(power, &info, 3000, &heard, &err);
    check(heard.gaps == 1 && heard.code == 0, "its samples are missing");
    vr_power_close(power);
}

static void check_refused(enum what what, int code, const char *words)
{
    struct vr_power *power;
    struct vr_power_info info;
    struct vr_err err;
    int r = open_as(what, false, 3, &power, &info, &err);
    printf("# %s\n", err.text);
    check(r == -code && strstr(err.text, words) && strstr(err.text, "meter: "), words);
    if (r == 0)
        vr_power_close(power);
}

static void check_supply(double supply_v, const char *words)
{
    struct vr_power *power;
    struct vr_power_info info;
    struct vr_err err;
    int r = open_as(GOOD, false, supply_v, &power, &info, &err);
    check(r == -VR_ERR_USAGE && strstr(err.text, words) != NULL, words);
}

static void check_unplugged(void)
{
    struct vr_power *power;
    struct vr_power_info info;
    struct vr_err err;
    struct heard heard;
    if (open_as(UNPLUGGED, false, 3, &power, &info, &err) < 0) {
        check(false, err.text);
        return;
    }
    check(sample(power, &info, 100000, &heard, &err) == -VR_ERR_LINK, "it is gone");
    printf("# %s\n", err.text);
    check(strstr(err.text, "was unplugged") != NULL, "and that is said");
    check(heard.samples > 1500 && heard.odd == 0 && heard.gaps == 0, "what came before counts");
    vr_power_close(power);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--be") == 0)
        return be(argv[2]);
    self = argv[0];
    check_source_and_restart();
    check_ampere_meter(GOOD, "an ampere meter");
    check_ampere_meter(STALE, "one that still streams from a session that died");
    check_ampere_meter(GARBLED_ONCE, "one whose first answer is cut off");
    check_half_calibrated();
    check_unplugged();
    check_refused(SILENT, VR_ERR_LINK, "does not answer");
    check_refused(SHELL, VR_ERR_INPUT, "the lower of its two");
    check_refused(ENDLESS, VR_ERR_LINK, "does not stop");
    check_supply(0, "give the voltage of the device's supply as \"supply_mv\"");
    check_supply(0.7, "a PPK2 does 0.8 to 5 V");
    check_supply(5.1, "a PPK2 does 0.8 to 5 V");
    check_supply((double)NAN, "a PPK2 does 0.8 to 5 V");
    printf("1..%d\n", checks);
    return failures > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
