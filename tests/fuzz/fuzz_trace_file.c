/* power/trace: any file is refused with its name, or read to its end or to where it is damaged; samples and losses keep their order. */
#include "fuzz.h"
#include "power/power.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SAMPLES_MAX 20000000 /* a few bytes may say that very many are missing */

struct told {
    int64_t next, gap_end;
};

static void take_samples(void *context, const struct vr_power_samples *samples)
{
    struct told *told = context;
    FUZZ_ASSERT(samples->first == told->next && samples->count > 0 && samples->values);
    for (size_t i = 0; i < samples->count; i++, told->next++)
        FUZZ_ASSERT(isnan(samples->values[i]) == (told->next < told->gap_end));
}

static void take_gap(void *context, const struct vr_power_gap *gap)
{
    struct told *told = context;
    FUZZ_ASSERT(gap->first == told->next && gap->count > 0);
    told->gap_end = gap->first + gap->count;
}

static void take_anchor(void *context, int64_t index, int64_t arrival_ns)
{
    (void)context, (void)index, (void)arrival_ns;
}

static void take_log(void *context, int level, const char *text)
{
    (void)context, (void)level, (void)text;
}

static void replay(
    struct vr_power *power, const struct vr_power_driver *driver, const struct vr_power_info *info)
{
    struct told told = {0};
    struct vr_power_sink sink = {&told, take_samples, take_gap, take_anchor, take_log};
    struct vr_power_decoder *decoder;
    struct vr_err err = {0};
    FUZZ_ASSERT(info->rate_num > 0 && info->rate_den > 0);
    FUZZ_ASSERT(vr_power_decoder_create(driver, info, &sink, &decoder, NULL) == 0);
    int r = vr_power_start(power, &err);
    while (r == 0 && told.next < SAMPLES_MAX) {
        uint8_t bytes[1000];
        size_t size;
        r = vr_power_read(power, bytes, sizeof bytes, &size, &err);
        if (r == 0)
            vr_power_decode(decoder, 0, bytes, size);
    }
    FUZZ_ASSERT(r == 0 || r == -VR_ERR_EMPTY || (r == -VR_ERR_INPUT && err.text[0]));
    vr_power_decode_end(decoder);
    vr_power_decoder_destroy(decoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    struct vr_power *power;
    struct vr_power_info info;
    struct vr_err err = {0};
    int fd = memfd_create("trace", MFD_CLOEXEC);
    FUZZ_ASSERT(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const struct vr_power_driver *driver = vr_power_find("trace", NULL);
    struct vr_power_config config = {.name = "fuzz", .path = path};
    int r = vr_power_open(driver, &config, &power, &info, &err);
    if (r == 0) {
        replay(power, driver, &info);
        vr_power_close(power);
    } else {
        FUZZ_ASSERT(r == -VR_ERR_INPUT && strstr(err.text, path));
    }
    close(fd);
    return 0;
}
