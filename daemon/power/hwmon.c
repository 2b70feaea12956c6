/* Current sensors that the kernel drives: INA219, INA226, INA238 and their like, as files in sysfs.
 * https://docs.kernel.org/hwmon/sysfs-interface.html: curr1_input in mA, in1_input in mV, power1_input in uW, update_interval in ms.
 *
 * A timer says when to look.  Each look is one sample; a tick for which nobody came in time is a missing one.  What the sensor itself
 * averages over is its own affair: a look sees its latest conversion, and looks that come faster see the same one again. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "power/power.h"
#include "power/value_batch.h"

#define ROOT "/sys/class/hwmon"
#define PATH_SIZE 512
#define RATE_DEFAULT_HZ 10 /* where the sensor does not say how often it converts */
#define RATE_MAX_HZ 1000
#define RECORD_SIZE \
    12 /* u32 ticks that were missed, f32 value, f32 V; of this machine's own order */

struct hwmon {
    char name[64];           /* the meter's */
    int timer, value, volts; /* volts -1 = not measured with it */
    double unit;             /* of the value, in SI */
    uint32_t rate_hz;
    bool is_stopped;
};

/* --- sysfs ------------------------------------------------------------------------------------ */

/* What a file of the folder says; false = it is not there. */
static bool read_text(const char *folder, const char *file, char *text, size_t size)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%.470s/%.32s", folder, file);
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, size - 1);
    if (got < 0)
        return false;
    text[got] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return true;
}

static bool is_sensor(const char *folder)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%.480s/curr1_input", folder);
    bool has_current = access(path, F_OK) == 0;
    snprintf(path, sizeof path, "%.480s/power1_input", folder);
    return has_current || access(path, F_OK) == 0;
}

/* The only sensor among the folders below `root`. */
static int find_sensor(const char *name, const char *root, char *folder, struct vr_err *err)
{
    char found[256] = "";
    size_t count = 0;
    _cleanup_closedir_ DIR *dir = opendir(root);
    if (!dir)
        return vr_err_set(err, VR_ERR_LINK, "%s: %s: %s", name, root, strerror(errno));
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[PATH_SIZE], chip[32] = "";
        snprintf(path, sizeof path, "%.200s/%.200s", root, entry->d_name);
        if (entry->d_name[0] == '.' || !is_sensor(path))
            continue;
        read_text(path, "name", chip, sizeof chip);
        size_t length = strlen(found);
        snprintf(found + length, sizeof found - length, " %.100s (%s)", path, chip);
        if (count++ == 0)
            snprintf(folder, PATH_SIZE, "%s", path);
    }
    if (count == 0)
        return vr_err_set(
            err, VR_ERR_LINK,
            "%s: no folder below %s has curr1_input or power1_input: is the sensor's kernel driver "
            "(ina2xx, ina238) bound?",
            name, root);
    if (count > 1)
        return vr_err_set(
            err, VR_ERR_LINK, "%s: several sensors; give \"path\", one of:%s", name, found);
    return 0;
}

static int open_value(const char *folder, const char *file)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%.470s/%.32s", folder, file);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* NaN = it could not be measured now.  -errno = it will not be again. */
static int read_number(int fd, double unit, float *ret_value)
{
    char text[32], *end;
    ssize_t size = pread(fd, text, sizeof text - 1, 0);
    *ret_value = NAN;
    if (size < 0)
        return errno == ENODEV || errno == ENOENT ? -errno : 0;
    text[size] = '\0';
    long long number = strtoll(text, &end, 10);
    if (end != text && (*end == '\n' || *end == '\0'))
        *ret_value = (float)((double)number * unit);
    return 0;
}

/* --- the instrument --------------------------------------------------------------------------- */

static int hwmon_check(const struct vr_power_config *config, struct vr_err *err)
{
    if (config->powers_device)
        return vr_err_set(
            err, VR_ERR_USAGE, "%s: a hwmon switches no supply; leave \"powers_device\" out",
            config->name);
    if (config->rate_hz > RATE_MAX_HZ)
        return vr_err_set(
            err, VR_ERR_USAGE,
            "%s: %u samples a second are too many for files in sysfs; at most %d", config->name,
            config->rate_hz, RATE_MAX_HZ);
    return 0;
}

static uint32_t rate_of(const char *folder, const struct vr_power_config *config)
{
    char text[32];
    if (config->rate_hz > 0)
        return config->rate_hz;
    long ms = read_text(folder, "update_interval", text, sizeof text) ? strtol(text, NULL, 10) : 0;
    if (ms <= 0)
        return RATE_DEFAULT_HZ;
    return ms >= 1000 ? 1 : (uint32_t)(1000 / ms);
}

/* Current and voltage where there are both, else power, else current alone. */
static void choose(struct hwmon *hwmon, const char *folder, struct vr_power_info *ret_info)
{
    hwmon->value = open_value(folder, "curr1_input");
    hwmon->volts = hwmon->value < 0 ? -1 : open_value(folder, "in1_input");
    int power = hwmon->volts < 0 ? open_value(folder, "power1_input") : -1;
    hwmon->unit = 1e-3;
    ret_info->is_integrating = true;
    ret_info->quantity = VR_POWER_CURRENT;
    if (power >= 0) {
        if (hwmon->value >= 0)
            close(hwmon->value);
        hwmon->value = power;
        hwmon->unit = 1e-6;
        ret_info->quantity = VR_POWER_POWER;
    }
    ret_info->has_volts = hwmon->volts >= 0;
}

static void hwmon_close(void *state)
{
    struct hwmon *hwmon = state;
    vr_closep(&hwmon->timer);
    vr_closep(&hwmon->value);
    vr_closep(&hwmon->volts);
}

static int hwmon_open(
    void *state, const struct vr_power_config *config, struct vr_power_info *ret_info,
    struct vr_err *err)
{
    struct hwmon *hwmon = state;
    char folder[PATH_SIZE], chip[32] = "sensor";
    const char *path = config->path && config->path[0] ? config->path : ROOT;
    snprintf(hwmon->name, sizeof hwmon->name, "%s", config->name);
    snprintf(folder, sizeof folder, "%s", path);
    int r = is_sensor(path) ? 0 : find_sensor(config->name, path, folder, err);
    if (r < 0)
        return r;
    choose(hwmon, folder, ret_info);
    hwmon->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (hwmon->value < 0 || hwmon->timer < 0) {
        hwmon_close(hwmon);
        return vr_err_set(
            err, VR_ERR_LINK, "%s: %s: its values cannot be read: %s", config->name, folder,
            strerror(errno));
    }
    read_text(folder, "name", chip, sizeof chip);
    hwmon->rate_hz = rate_of(folder, config);
    snprintf(ret_info->instrument, sizeof ret_info->instrument, "hwmon %s", chip);
    ret_info->rate_num = hwmon->rate_hz;
    ret_info->rate_den = 1;
    ret_info->supply_v = config->supply_v > 0 ? config->supply_v : (double)NAN;
    ret_info->scale.gain_err[0] = (double)NAN;
    snprintf(
        ret_info->settings, sizeof ret_info->settings, "%.120s, %s", folder,
        ret_info->quantity == VR_POWER_POWER
            ? "power in steps of 1 uW or more"
            : "current in steps of 1 mA: of no use below some 10 mA");
    return 0;
}

static int set_timer(struct hwmon *hwmon, int64_t period_ns, struct vr_err *err)
{
    struct timespec period = {period_ns / 1000000000, period_ns % 1000000000};
    struct itimerspec spec = {.it_interval = period, .it_value = period};
    if (timerfd_settime(hwmon->timer, 0, &spec, NULL) < 0)
        return vr_err_set(err, VR_ERR_LINK, "%s: no timer: %s", hwmon->name, strerror(errno));
    return 0;
}

static int hwmon_start(void *state, struct vr_err *err)
{
    struct hwmon *hwmon = state;
    hwmon->is_stopped = false;
    return set_timer(hwmon, 1000000000 / hwmon->rate_hz, err);
}

static int hwmon_read(
    void *state, uint8_t *buffer, size_t capacity, size_t *ret_size, struct vr_err *err)
{
    struct hwmon *hwmon = state;
    uint64_t ticks = 0;
    float values[2] = {NAN, NAN};
    *ret_size = 0;
    if (hwmon->is_stopped)
        return vr_err_set(err, VR_ERR_EMPTY, "%s: no more samples", hwmon->name);
    if (capacity < RECORD_SIZE || read(hwmon->timer, &ticks, sizeof ticks) < 0 || ticks == 0)
        return 0;
    int r = read_number(hwmon->value, hwmon->unit, &values[0]);
    if (r == 0 && hwmon->volts >= 0)
        r = read_number(hwmon->volts, 1e-3, &values[1]);
    if (r < 0)
        return vr_err_set(
            err, VR_ERR_LINK, "%s: the sensor is gone (%s)", hwmon->name, strerror(-r));
    uint32_t missed = ticks - 1 < UINT32_MAX ? (uint32_t)(ticks - 1) : UINT32_MAX;
    memcpy(buffer, &missed, sizeof missed);
    memcpy(buffer + sizeof missed, values, sizeof values);
    *ret_size = RECORD_SIZE;
    return 0;
}

static size_t hwmon_poll_fds(void *state, struct pollfd *fds, size_t capacity)
{
    struct hwmon *hwmon = state;
    (void)capacity;
    fds[0] = (struct pollfd){.fd = hwmon->timer, .events = POLLIN};
    return 1;
}

static int hwmon_stop(void *state, struct vr_err *err)
{
    struct hwmon *hwmon = state;
    hwmon->is_stopped = true;
    return set_timer(hwmon, 0, err);
}

/* --- the decoder ------------------------------------------------------------------------------ */

struct hwmon_decoder {
    struct vr_value_batch batch;
    uint8_t record[RECORD_SIZE];
    size_t size;
};

static void hwmon_decode_start(
    void *decoder, const struct vr_power_info *info, const struct vr_power_sink *sink)
{
    struct hwmon_decoder *hwmon = decoder;
    vr_value_batch_start(&hwmon->batch, info, sink);
}

static void take(struct hwmon_decoder *hwmon)
{
    uint32_t missed;
    float values[2];
    memcpy(&missed, hwmon->record, sizeof missed);
    memcpy(values, hwmon->record + sizeof missed, sizeof values);
    if (missed > 0)
        vr_value_batch_gap(&hwmon->batch, VR_POWER_GAP_COUNTER, missed, missed, missed);
    if (isfinite(values[0]))
        vr_value_batch_add(&hwmon->batch, values[0], values[1], 0);
    else
        vr_value_batch_gap(&hwmon->batch, VR_POWER_GAP_MARKED, 1, 1, 1);
}

static void hwmon_decode(void *decoder, int64_t arrival_ns, const uint8_t *data, size_t size)
{
    struct hwmon_decoder *hwmon = decoder;
    int64_t before = hwmon->batch.next;
    for (size_t i = 0; i < size; i++) {
        hwmon->record[hwmon->size++] = data[i];
        if (hwmon->size == RECORD_SIZE) {
            hwmon->size = 0;
            take(hwmon);
        }
    }
    vr_value_batch_flush(&hwmon->batch);
    if (hwmon->batch.next > before)
        hwmon->batch.sink->anchor(hwmon->batch.sink->context, hwmon->batch.next - 1, arrival_ns);
}

static void hwmon_decode_end(void *decoder)
{
    (void)decoder; /* nothing is held back */
}

const struct vr_power_driver vr_power_hwmon = {
    .name = "hwmon",
    .summary = "a current sensor that the kernel drives (INA219, INA226, INA238)",
    .state_size = sizeof(struct hwmon),
    .decoder_size = sizeof(struct hwmon_decoder),
    .bytes_per_s = (size_t)RATE_MAX_HZ * RECORD_SIZE,
    .check = hwmon_check,
    .open = hwmon_open,
    .start = hwmon_start,
    .read = hwmon_read,
    .poll_fds = hwmon_poll_fds,
    .stop = hwmon_stop,
    .close = hwmon_close,
    .decode_start = hwmon_decode_start,
    .decode = hwmon_decode,
    .decode_end = hwmon_decode_end,
};
