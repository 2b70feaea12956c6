/* The GPIO lines of a device that is a process: told to whoever measures it, such as a simulated power meter.
 *
 * One datagram for each change, to an AF_UNIX socket in the abstract name space; nobody there, or no room, is nobody's trouble. */
#ifndef HOST_GPIO_H
#define HOST_GPIO_H

#include <stdint.h>

struct host_gpio_event {
    int64_t monotonic_ns; /* CLOCK_MONOTONIC of the change */
    uint8_t levels;       /* of lines 0..7, after it */
    uint8_t reserved[7];
};

#endif
