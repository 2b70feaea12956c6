/* Registry and dispatch of power meters.  Adding a driver is one file and one word here. */
#include "power/power.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"

#define POWER_DRIVERS(X) \
    X(none) X(ppk2) X(powershield) X(js220) X(js110) X(csv_serial) X(hwmon) X(trace)

#define X(word) extern const struct vr_power_driver vr_power_##word;
POWER_DRIVERS(X)
#undef X

static const struct vr_power_driver *const drivers[] = {
#define X(word) &vr_power_##word,
    POWER_DRIVERS(X)
#undef X
};

#define DRIVER_COUNT (sizeof drivers / sizeof drivers[0])

struct vr_power {
    const struct vr_power_driver *driver;
    alignas(max_align_t) unsigned char state[];
};

struct vr_power_decoder {
    const struct vr_power_driver *driver;
    struct vr_power_info info;
    struct vr_power_sink sink;
    alignas(max_align_t) unsigned char state[];
};

const struct vr_power_driver *vr_power_driver(size_t index)
{
    return index < DRIVER_COUNT ? drivers[index] : NULL;
}

const struct vr_power_driver *vr_power_find(const char *kind, struct vr_err *err)
{
    const char *names[DRIVER_COUNT];
    for (size_t i = 0; i < DRIVER_COUNT; i++) {
        names[i] = drivers[i]->name;
        if (strcmp(names[i], kind) == 0)
            return drivers[i];
    }
    const char *nearest = vr_nearest(kind, names, DRIVER_COUNT);
    vr_err_set(
        err, VR_ERR_USAGE,
        "no kind of meter is called \"%s\"; %s%s%s`vitalrig power list` lists them", kind,
        nearest ? "did you mean \"" : "", nearest ? nearest : "", nearest ? "\"? " : "");
    return NULL;
}

int vr_power_open(
    const struct vr_power_driver *driver, const struct vr_power_config *config,
    struct vr_power **ret_power, struct vr_power_info *ret_info, struct vr_err *err)
{
    int r = driver->check ? driver->check(config, err) : 0;
    if (r < 0)
        return r;
    struct vr_power *power = calloc(1, sizeof *power + driver->state_size);
    if (!power)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the meter %s", config->name);
    power->driver = driver;
    *ret_info = (struct vr_power_info){0};
    r = driver->open(power->state, config, ret_info, err);
    if (r < 0) {
        free(power);
        return r;
    }
    *ret_power = power;
    return 0;
}

int vr_power_start(struct vr_power *power, struct vr_err *err)
{
    return power->driver->start(power->state, err);
}

int vr_power_read(
    struct vr_power *power, uint8_t *buffer, size_t capacity, size_t *ret_size, struct vr_err *err)
{
    return power->driver->read(power->state, buffer, capacity, ret_size, err);
}

size_t vr_power_poll_fds(struct vr_power *power, struct pollfd *fds, size_t capacity)
{
    assert(capacity >= VR_POWER_FDS_MAX);
    return power->driver->poll_fds(power->state, fds, capacity);
}

int vr_power_stop(struct vr_power *power, struct vr_err *err)
{
    return power->driver->stop(power->state, err);
}

void vr_power_close(struct vr_power *power)
{
    if (!power)
        return;
    power->driver->close(power->state);
    free(power);
}

void vr_power_closep(struct vr_power **power)
{
    vr_power_close(*power);
}

int vr_power_decoder_create(
    const struct vr_power_driver *driver, const struct vr_power_info *info,
    const struct vr_power_sink *sink, struct vr_power_decoder **ret_decoder, struct vr_err *err)
{
    struct vr_power_decoder *decoder = calloc(1, sizeof *decoder + driver->decoder_size);
    if (!decoder)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for what a %s sends", driver->name);
    decoder->driver = driver;
    decoder->info = *info;
    decoder->sink = *sink;
    driver->decode_start(decoder->state, &decoder->info, &decoder->sink);
    *ret_decoder = decoder;
    return 0;
}

void vr_power_decode(
    struct vr_power_decoder *decoder, int64_t arrival_ns, const uint8_t *data, size_t size)
{
    decoder->driver->decode(decoder->state, arrival_ns, data, size);
}

void vr_power_decode_end(struct vr_power_decoder *decoder)
{
    decoder->driver->decode_end(decoder->state);
}

void vr_power_decoder_destroy(struct vr_power_decoder *decoder)
{
    free(decoder);
}

void vr_power_decoder_destroyp(struct vr_power_decoder **decoder)
{
    vr_power_decoder_destroy(*decoder);
}
