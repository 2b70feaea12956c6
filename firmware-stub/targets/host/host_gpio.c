/* Datagrams of as many events as there are. */
#include "targets/host/host_gpio.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

int host_dut_gpio_open(struct host_dut_gpio *gpio, const char *name)
{
    *gpio = (struct host_dut_gpio){.fd = -1};
    if (!name)
        return 0;
    gpio->address_size = host_gpio_address(name, &gpio->address);
    if (!gpio->address_size)
        return -EINVAL;
    gpio->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return gpio->fd < 0 ? -errno : 0;
}

void host_dut_gpio_close(struct host_dut_gpio *gpio)
{
    if (gpio->fd >= 0)
        close(gpio->fd);
    gpio->fd = -1;
}

static void note(struct host_dut_gpio *gpio, uint8_t levels)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    gpio->levels = levels;
    if (gpio->next - gpio->first == HOST_GPIO_PENDING_MAX)
        gpio->first++; /* who is told will see that one number is missing */
    gpio->pending[gpio->next % HOST_GPIO_PENDING_MAX] = (struct host_gpio_event){
        .monotonic_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec,
        .number = gpio->next,
        .levels = levels,
    };
    gpio->next++;
}

void host_dut_gpio_set(struct host_dut_gpio *gpio, unsigned line, bool on)
{
    if (gpio->fd < 0 || line > 7)
        return;
    const uint8_t bit = (uint8_t)(1u << line);
    const uint8_t levels = on ? gpio->levels | bit : gpio->levels & (uint8_t)~bit;
    if (levels != gpio->levels)
        note(gpio, levels);
}

void host_dut_gpio_reset(struct host_dut_gpio *gpio)
{
    if (gpio->fd >= 0 && gpio->levels)
        note(gpio, 0);
}

bool host_dut_gpio_flush(struct host_dut_gpio *gpio)
{
    while (gpio->first != gpio->next) {
        const uint32_t at = gpio->first % HOST_GPIO_PENDING_MAX;
        uint32_t count = gpio->next - gpio->first;
        if (count > HOST_GPIO_EVENTS_MAX)
            count = HOST_GPIO_EVENTS_MAX;
        if (count > HOST_GPIO_PENDING_MAX - at)
            count = HOST_GPIO_PENDING_MAX - at;
        const ssize_t sent = sendto(
            gpio->fd, &gpio->pending[at], count * sizeof gpio->pending[0], 0,
            (const struct sockaddr *)&gpio->address, gpio->address_size);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS))
            return false;
        gpio->first += count; /* told, or nobody is there */
    }
    return true;
}
