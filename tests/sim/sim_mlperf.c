/* Computes in no time, as the native device does. */
#include "sim_mlperf.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static void say(void *context, const char *text, size_t size)
{
    struct sim_mlperf *device = context;
    if (device->said_at == device->said_size)
        device->said_at = device->said_size = 0;
    if (size > sizeof device->said - device->said_size)
        abort(); /* no command has so long an answer */
    memcpy(device->said + device->said_size, text, size);
    device->said_size += size;
}

static uint32_t now_us(void *context)
{
    const struct sim_mlperf *device = context;
    return (uint32_t)(device->now_ns / VR_NS_PER_US);
}

void sim_mlperf_boot(
    struct sim_mlperf *device, size_t window_size, struct faulty_line *from_host,
    struct faulty_line *to_host)
{
    device->from_host = from_host;
    device->to_host = to_host;
    device->said_at = device->said_size = 0;
    mlperf_dut_boot(
        &device->dut, &(struct mlperf_dut_options){
                          .element_size = 2,
                          .window_size = window_size,
                          .say = say,
                          .now_us = now_us,
                          .context = device,
                      });
}

bool sim_mlperf_run(struct sim_mlperf *device, int64_t now_ns)
{
    uint8_t received[4096];
    device->now_ns = now_ns;
    size_t got = 0;
    /* One command at a time: the next one is read once the answer is out. */
    if (device->said_at == device->said_size) {
        got = line_take(device->from_host, now_ns, received, sizeof received);
        mlperf_dut_push(&device->dut, received, got);
    }
    size_t put = line_put(
        device->to_host, now_ns, (const uint8_t *)device->said + device->said_at,
        device->said_size - device->said_at);
    device->said_at += put;
    return got > 0 || put > 0;
}
