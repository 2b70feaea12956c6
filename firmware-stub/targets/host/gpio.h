/* The GPIO lines of a device that is a process: told to whoever measures it, such as a simulated power meter.
 *
 * Each change is one event; a datagram holds one event or more, in order, to an AF_UNIX socket in the abstract name space.  Nobody
 * there is nobody's trouble; one there that does not keep up sees by the numbers that it missed some. */
#ifndef HOST_GPIO_H
#define HOST_GPIO_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { HOST_GPIO_EVENTS_MAX = 64 }; /* of one datagram */

struct host_gpio_event {
    int64_t monotonic_ns; /* CLOCK_MONOTONIC of the change */
    uint32_t number;      /* of the change, from 0 */
    uint8_t levels;       /* of lines 0..7, after it */
    uint8_t reserved[3];
};

/* The address of a name.  Returns its size, or 0 when the name is empty or longer than 107 bytes. */
static inline socklen_t host_gpio_address(const char *name, struct sockaddr_un *ret_address)
{
    const size_t size = strlen(name);
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (size == 0 || size >= sizeof ret_address->sun_path)
        return 0;
    memcpy(ret_address->sun_path + 1, name, size);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + size);
}

#endif
