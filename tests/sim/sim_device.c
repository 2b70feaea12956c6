/* The port: lines for a UART, virtual nanoseconds for a timer. */
#include "sim_device.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define NS_PER_MICRO_HZ (VR_NS_PER_S * 1000000)

__extension__ typedef __int128 wide;

static size_t port_receive(void *context, uint8_t *buffer, size_t capacity)
{
    struct sim_device *device = context;
    return line_take(device->from_host, device->now_ns, buffer, capacity);
}

static size_t port_transmit(void *context, const uint8_t *data, size_t size)
{
    struct sim_device *device = context;
    return line_tap_put(device->to_host, device->now_ns, data, size);
}

static uint32_t port_ticks(void *context)
{
    const struct sim_device *device = context;
    return device->first_ticks + (uint32_t)device->ticks_step +
           (uint32_t)((wide)device->now_ns * device->micro_hz / NS_PER_MICRO_HZ);
}

static size_t port_unique_id(void *context, uint8_t *id, size_t capacity)
{
    const struct sim_device *device = context;
    if (capacity < 4 || device->options.unit == 0)
        return 0;
    memcpy(id, &device->options.unit, 4);
    return 4;
}

static void port_sleep(void *context)
{
    (void)context; /* the simulator moves the time */
}

static void port_mark(void *context, unsigned line, bool on)
{
    (void)context;
    (void)line;
    (void)on;
}

static void port_reset(void *context)
{
    (void)context;
}

void sim_device_boot(
    struct sim_device *device, const struct sim_device_options *options, uint32_t boot_nonce,
    struct faulty_line *from_host, struct line_tap *to_host)
{
    device->options = *options;
    device->hangs = false;
    device->from_host = from_host;
    device->to_host = to_host;
    uint32_t ticks_hz = options->ticks_hz ? options->ticks_hz : SIM_TICKS_HZ;
    device->micro_hz = llrint((1e6 + options->clock_ppm) * ticks_hz);
    device->first_ticks = options->first_ticks;
    device->wake_late_ns = options->wake_late_ns;
    vr_rng_init(&device->rng, boot_nonce);
    device->port = (struct dut_port){
        .context = device,
        .receive = port_receive,
        .transmit = port_transmit,
        .ticks = port_ticks,
        .sleep = port_sleep,
        .mark = port_mark,
        .reset = port_reset,
        .unique_id = port_unique_id,
        .ticks_hz = ticks_hz,
        .clock = WIRE_CLOCK_TIMER,
    };
    struct dut_config config = {
        .port = &device->port,
        .algorithms = algo_all,
        .algorithm_count = algo_all_count,
        .payload_max = options->payload_max,
        .receive = device->receive,
        .transmit = device->transmit,
        .transmit_size = options->transmit_size,
        .ring = device->ring,
        .ring_size = options->ring_size,
        .outputs = device->outputs,
        .outputs_size = options->outputs_size,
        .state = device->state,
        .state_size = sizeof device->state,
        .boot_nonce = boot_nonce,
        .fault = device->options.fault.code ? &device->options.fault : NULL,
        .name = "sim",
        .version = "1",
    };
    enum dut_error error = dut_init(&device->dut, &config);
    if (error != DUT_OK) {
        fprintf(stderr, "sim: the device refuses its config: error %d\n", error);
        abort();
    }
}

int64_t sim_device_run(struct sim_device *device, int64_t now_ns)
{
    device->now_ns = now_ns;
    if (device->hangs)
        return VR_NEVER_NS;
    while (dut_run(&device->dut))
        ;
    uint32_t ticks;
    if (!dut_next_ticks(&device->dut, &ticks))
        return VR_NEVER_NS;
    /* One tick more than asked: a wake-up within the same tick would find nothing due. */
    wide wait = (wide)(ticks + INT64_C(1)) * NS_PER_MICRO_HZ;
    int64_t late_ns =
        device->wake_late_ns > 0 ? vr_rng_below(&device->rng, (uint32_t)device->wake_late_ns) : 0;
    return now_ns + (int64_t)((wait + device->micro_hz - 1) / device->micro_hz) + late_ns;
}
