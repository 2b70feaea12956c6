/* The driver's instrument half against the simulated PowerShield on a pty, in real time. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "power/shield_loop.h"

/* --- the instrument, in a thread ------------------------------------------------------------------------------------------------ */

struct instrument {
    int fd;
    char path[64];
    atomic_bool is_over;
    pthread_t thread;
    struct vr_sim_config config;
    const char *instead_of,
        *says;           /* words of its replies, of the same length; NULL = as they are */
    const char *refuses; /* the last word of a command that it does not know; NULL = none */
};

static void replace(uint8_t *bytes, size_t size, const char *from, const char *to)
{
    uint8_t *at = from ? memmem(bytes, size, from, strlen(from)) : NULL;
    if (at)
        memcpy(at, to, strlen(to));
}

/* Bytes that found no room on the line. */
struct waiting {
    uint8_t bytes[4096];
    size_t size;
};

static void carry(
    struct instrument *instrument, const struct vr_sim_driver *driver, void *state,
    struct waiting *waiting)
{
    uint8_t bytes[512];
    ssize_t got = read(instrument->fd, bytes, sizeof bytes);
    if (got > 0) {
        replace(bytes, (size_t)got, instrument->refuses, "?");
        driver->receive(state, vr_clock_monotonic_ns(), bytes, (size_t)got);
    }
    if (waiting->size == 0) {
        waiting->size =
            driver->transmit(state, vr_clock_monotonic_ns(), waiting->bytes, sizeof waiting->bytes);
        replace(waiting->bytes, waiting->size, instrument->instead_of, instrument->says);
    }
    ssize_t sent = write(instrument->fd, waiting->bytes, waiting->size);
    if (sent > 0) {
        waiting->size -= (size_t)sent;
        memmove(waiting->bytes, waiting->bytes + sent, waiting->size);
    }
}

static void *run(void *context)
{
    struct instrument *instrument = context;
    const struct vr_sim_driver *driver = vr_sim_find("powershield");
    struct vr_sim_meter *meter;
    struct waiting waiting = {.size = 0};
    if (vr_sim_create(driver, &instrument->config, &meter, NULL) < 0)
        abort();
    void *state = vr_sim_state(meter);
    while (!instrument->is_over && !driver->is_unplugged(state)) {
        int64_t wait_ns = driver->next_ns(state) - vr_clock_monotonic_ns();
        struct pollfd come = {.fd = instrument->fd, .events = POLLIN};
        bool is_late = wait_ns <= 0, is_soon = wait_ns < 20 * VR_NS_PER_MS;
        poll(&come, 1, is_late ? 0 : is_soon ? (int)(wait_ns / VR_NS_PER_MS) + 1 : 20);
        carry(instrument, driver, state, &waiting);
    }
    vr_sim_destroy(meter);
    return NULL;
}

static void begin(struct instrument *instrument)
{
    instrument->config.world = &shield_world;
    instrument->fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    cr_assert(instrument->fd >= 0 && grantpt(instrument->fd) == 0 && unlockpt(instrument->fd) == 0);
    ptsname_r(instrument->fd, instrument->path, sizeof instrument->path);
    struct termios raw;
    cr_assert(tcgetattr(instrument->fd, &raw) == 0);
    cfmakeraw(&raw);
    cr_assert(tcsetattr(instrument->fd, TCSANOW, &raw) == 0);
    cr_assert(pthread_create(&instrument->thread, NULL, run, instrument) == 0);
}

static void end(struct instrument *instrument)
{
    instrument->is_over = true;
    pthread_join(instrument->thread, NULL);
    close(instrument->fd);
}

/* --- the host -------------------------------------------------------------------------------------------------------------------- */

struct heard {
    size_t count, missing, gaps;
    double sum;
    const struct vr_power_info *info;
    char note[256];
};

static void hear_samples(void *context, const struct vr_power_samples *samples)
{
    struct heard *heard = context;
    for (size_t i = 0; i < samples->count; i++) {
        double value = vr_power_value(&heard->info->scale, samples->ranges[i], samples->codes[i]);
        heard->missing += samples->ranges[i] == VR_POWER_MISSING;
        heard->sum += samples->ranges[i] == VR_POWER_MISSING ? 0 : value;
    }
    heard->count += samples->count;
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

static void hear_note(void *context, int level, const char *text)
{
    struct heard *heard = context;
    (void)level;
    snprintf(heard->note, sizeof heard->note, "%s", text);
}

/* What comes until `seconds` are over, then until the instrument says that it has ended. */
static void listen_to(struct vr_power *power, struct vr_power_decoder *decoder, double seconds)
{
    int64_t end_ns = vr_clock_monotonic_ns() + (int64_t)(seconds * 1e9);
    struct vr_err err = {0};
    bool is_stopped = false;
    int r = 0;
    while (r == 0) {
        uint8_t bytes[4096];
        size_t size;
        struct pollfd fds[VR_POWER_FDS_MAX];
        poll(fds, (nfds_t)vr_power_poll_fds(power, fds, VR_POWER_FDS_MAX), 100);
        r = vr_power_read(power, bytes, sizeof bytes, &size, &err);
        vr_power_decode(decoder, vr_clock_monotonic_ns(), bytes, size);
        if (!is_stopped && vr_clock_monotonic_ns() >= end_ns) {
            cr_assert(vr_power_stop(power, NULL) == 0);
            is_stopped = true;
        }
    }
    cr_assert(r == -VR_ERR_EMPTY, "%s", err.text);
    vr_power_decode_end(decoder);
}

static struct heard measure(
    struct vr_power *power, const struct vr_power_info *info, double seconds)
{
    struct heard heard = {.info = info};
    struct vr_power_decoder *decoder;
    const struct vr_power_sink sink = {&heard, hear_samples, hear_gap, hear_anchor, hear_note};
    const struct vr_power_driver *driver = vr_power_find("powershield", NULL);
    cr_assert(vr_power_decoder_create(driver, info, &sink, &decoder, NULL) == 0);
    cr_assert(vr_power_start(power, NULL) == 0);
    listen_to(power, decoder, seconds);
    vr_power_decoder_destroy(decoder);
    return heard;
}

static int open_at(
    const struct instrument *instrument, struct vr_power_config config, struct vr_power **ret_power,
    struct vr_power_info *ret_info, struct vr_err *err)
{
    config.name = "bench";
    config.path = instrument->path;
    config.usb_interface = -1;
    return vr_power_open(vr_power_find("powershield", NULL), &config, ret_power, ret_info, err);
}

/* The mean of the world is 20 uA + 7.98 mA * 5.4 / 37.3 = 1.1753 mA; a window of a second holds 26 or 27 pulses of 26.8. */
static void check_mean(const struct heard *heard, double volts)
{
    bool is_energy = heard->info->quantity == VR_POWER_ENERGY;
    double mean_a =
        heard->sum / (double)heard->count * (is_energy ? heard->info->rate_num / volts : 1);
    cr_assert(mean_a > 1.12e-3 && mean_a < 1.23e-3, "%g A", mean_a);
}

Test(powershield_line, lpm01a_with_leftovers, .timeout = 30)
{
    struct instrument instrument = {.config = {.stale_start = true}};
    begin(&instrument);
    struct vr_power *power;
    struct vr_power_info info;
    struct vr_err err = {0};
    const struct vr_power_config config = {.supply_v = 3.0, .powers_device = true};
    int r = open_at(&instrument, config, &power, &info, &err);
    cr_assert(r == 0, "%s", err.text);
    cr_assert_str_eq(info.instrument, "X-NUCLEO-LPM01A");
    cr_assert_str_eq(info.serial, "540554545-1430736921-1900587");
    cr_assert_str_eq(info.firmware, "1.0.7");
    cr_assert_str_eq(
        info.settings,
        "energy of each sample, text, 5000 Hz, supply 3 V, switched on, marks at falling "
        "edges of D7");
    cr_assert(info.has_lines && info.quantity == VR_POWER_ENERGY && info.rate_num == 5000);
    for (int i = 0; i < 2; i++) {
        struct heard heard = measure(power, &info, 0.5);
        cr_assert(heard.gaps == 0 && heard.count >= 5000, "%zu: %s", heard.count, heard.note);
        check_mean(&heard, 3.0);
    }
    vr_power_close(power);
    end(&instrument);
}

Test(powershield_line, v3pwr_in_binary, .timeout = 30)
{
    struct instrument instrument = {.config = {.stale_start = true, .new_style = true}};
    begin(&instrument);
    struct vr_power *power;
    struct vr_power_info info;
    struct vr_err err = {0};
    const struct vr_power_config config = {.supply_v = 3.6, .rate_hz = 20000};
    int r = open_at(&instrument, config, &power, &info, &err);
    cr_assert(r == 0, "%s", err.text);
    cr_assert_str_eq(info.instrument, "STLINK-V3PWR");
    cr_assert_str_eq(info.serial, "004F003A3132510F39363634");
    cr_assert_str_eq(info.firmware, "1.2.0");
    cr_assert_str_eq(
        info.settings, "current of each sample, binary, 20000 Hz, supply 3.6 V, no marks");
    struct heard heard = measure(power, &info, 0.5);
    cr_assert(heard.gaps == 0 && heard.count >= 20000, "%zu: %s", heard.count, heard.note);
    check_mean(&heard, 3.6);
    vr_power_close(power);
    end(&instrument);
}

Test(powershield_line, what_the_instrument_will_not_do_is_done_without, .timeout = 30)
{
    struct instrument instrument = {.refuses = "energy"};
    begin(&instrument);
    struct vr_power *power;
    struct vr_power_info info;
    struct vr_err err = {0};
    int r = open_at(&instrument, (struct vr_power_config){.rate_hz = 1000}, &power, &info, &err);
    cr_assert(r == 0, "%s", err.text);
    cr_assert(info.quantity == VR_POWER_CURRENT && info.has_lines && info.supply_v == 3.3);
    vr_power_close(power);
    end(&instrument);
}

static void refused(
    const struct instrument *as, const struct vr_power_config *config, int code, const char *words)
{
    struct instrument instrument = *as;
    begin(&instrument);
    struct vr_power *power;
    struct vr_power_info info;
    struct vr_err err = {0};
    cr_assert(open_at(&instrument, *config, &power, &info, &err) == -code, "%s", err.text);
    cr_assert(strstr(err.text, words), "%s", err.text);
    end(&instrument);
}

Test(powershield_line, refusals_say_why, .timeout = 30)
{
    const struct vr_power_config plain = {.supply_v = 3.0}, low = {.supply_v = 1.7};
    const struct vr_power_config odd = {.rate_hz = 3000}, high = {.supply_v = 4},
                                 unsaid = {.powers_device = true};
    refused(
        &(struct instrument){.instead_of = "1.0.7", .says = "1.0.5"}, &plain, VR_ERR_INPUT,
        "firmware is 1.0.5");
    refused(
        &(struct instrument){
            .instead_of = "PowerShield present",
            .says = "0123456789012345678",
            .refuses = "powershield"},
        &plain, VR_ERR_LINK, "does not answer \"powershield\"");
    refused(
        &(struct instrument){.refuses = "inf"}, &plain, VR_ERR_LINK,
        "refuses \"acqtime inf\": argument out of range");
    refused(&(struct instrument){.fd = -1}, &low, VR_ERR_INPUT, "supplies 1.8 to 3.3 V, not 1.7");
    refused(&(struct instrument){.fd = -1}, &odd, VR_ERR_USAGE, "cannot sample at 3000 Hz");
    refused(&(struct instrument){.fd = -1}, &high, VR_ERR_USAGE, "cannot supply 4 V");
    refused(&(struct instrument){.fd = -1}, &unsaid, VR_ERR_USAGE, "at how many mV");
}

Test(powershield_line, an_unplugged_meter_is_told, .timeout = 30)
{
    const struct vr_sim_fault unplug = {VR_SIM_FAULT_UNPLUG, 500, 0};
    struct instrument instrument = {.config = {.faults = &unplug, .fault_count = 1}};
    begin(&instrument);
    struct vr_power *power;
    struct vr_power_info info;
    struct vr_err err = {0};
    cr_assert(open_at(&instrument, (struct vr_power_config){0}, &power, &info, &err) == 0);
    cr_assert(vr_power_start(power, &err) == 0);
    pthread_join(instrument.thread, NULL);
    close(instrument.fd);
    uint8_t bytes[4096];
    size_t size;
    int r;
    do
        r = vr_power_read(power, bytes, sizeof bytes, &size, &err);
    while (r == 0 && size > 0);
    cr_assert(r == -VR_ERR_LINK && strstr(err.text, "bench: the device is gone"), "%s", err.text);
    vr_power_close(power);
}
