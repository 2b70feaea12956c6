/* Ports that are plain ptys: what libserialport refuses, and our own way of opening takes. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "serial/bench.h"

struct bench_port bench_plug_in(void)
{
    struct bench_port port = {.device_fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    if (port.device_fd < 0 || grantpt(port.device_fd) < 0 || unlockpt(port.device_fd) < 0 ||
        ptsname_r(port.device_fd, port.path, sizeof port.path) != 0)
        bench_fail("no pty");
    return port;
}

struct bench_port bench_plug_in_usb(int socket, const char *serial, int interface)
{
    (void)socket, (void)serial, (void)interface;
    return (struct bench_port){0};
}

void bench_link(const char *link, const struct bench_port *port)
{
    (void)link, (void)port;
}

int bench_latency_ms(const struct bench_port *port)
{
    (void)port;
    return 0;
}

void bench_unplug(struct bench_port *port)
{
    close(port->device_fd);
}

bool bench_has_library(void)
{
    return false;
}

int bench_lines(void)
{
    return 0;
}

void bench_take_lines_away(void)
{
}

void bench_limit_baud(uint32_t baud)
{
    (void)baud;
}
