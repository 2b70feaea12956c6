/* The device's end of gpio.h: changes of lines are noted where they happen and told a little later, so that telling costs the device
 * no time between a change and what it does next. */
#ifndef HOST_GPIO_OUT_H
#define HOST_GPIO_OUT_H

#include <stdbool.h>

#include "targets/host/gpio.h"

enum { HOST_GPIO_PENDING_MAX = 8192 };

struct host_dut_gpio {
    int fd; /* -1 = nobody is told */
    struct sockaddr_un address;
    socklen_t address_size;
    uint8_t levels;
    uint32_t first, next; /* numbers of the oldest that was not told, and of the one to come */
    struct host_gpio_event pending[HOST_GPIO_PENDING_MAX];
};

/* NULL = nobody is told.  Returns 0, or -errno; -EINVAL for a name that is empty or too long. */
int host_dut_gpio_open(struct host_dut_gpio *gpio, const char *name);
void host_dut_gpio_close(struct host_dut_gpio *gpio);

/* Now, by CLOCK_MONOTONIC.  Lines from 8 on are ignored. */
void host_dut_gpio_set(struct host_dut_gpio *gpio, unsigned line, bool on);

/* All lines are low, as after a reset. */
void host_dut_gpio_reset(struct host_dut_gpio *gpio);

/* Tell what was noted; never blocks.  Returns whether all was told, or nobody is there; else to be called again in a millisecond. */
bool host_dut_gpio_flush(struct host_dut_gpio *gpio);

#endif
