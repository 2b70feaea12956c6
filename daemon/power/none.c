/* No meter: a stream without samples.  The line runs as it does with one, and every figure of energy says why there is none. */
#include <math.h>

#include "power/power.h"

static int none_open(
    void *state, const struct vr_power_config *config, struct vr_power_info *ret_info,
    struct vr_err *err)
{
    (void)state, (void)config, (void)err;
    *ret_info = (struct vr_power_info){
        .instrument = "none", .rate_num = 1, .rate_den = 1, .supply_v = (double)NAN};
    return 0;
}

static int none_start(void *state, struct vr_err *err)
{
    (void)state, (void)err;
    return 0;
}

static int none_read(
    void *state, uint8_t *buffer, size_t capacity, size_t *ret_size, struct vr_err *err)
{
    (void)state, (void)buffer, (void)capacity;
    *ret_size = 0;
    return vr_err_set(err, VR_ERR_EMPTY, "there is no meter");
}

static size_t none_poll_fds(void *state, struct pollfd *fds, size_t capacity)
{
    (void)state, (void)fds, (void)capacity;
    return 0;
}

static void none_close(void *state)
{
    (void)state;
}

static void none_decode_start(
    void *decoder, const struct vr_power_info *info, const struct vr_power_sink *sink)
{
    (void)decoder, (void)info, (void)sink;
}

static void none_decode(void *decoder, int64_t arrival_ns, const uint8_t *data, size_t size)
{
    (void)decoder, (void)arrival_ns, (void)data, (void)size;
}

static void none_decode_end(void *decoder)
{
    (void)decoder;
}

const struct vr_power_driver vr_power_none = {
    .name = "none",
    .summary = "no meter",
    .is_file = true,
    .open = none_open,
    .start = none_start,
    .read = none_read,
    .poll_fds = none_poll_fds,
    .stop = none_start,
    .close = none_close,
    .decode_start = none_decode_start,
    .decode = none_decode,
    .decode_end = none_decode_end,
};
