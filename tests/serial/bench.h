/* Serial ports without hardware: one table of traps runs on both. */
#ifndef TESTS_SERIAL_BENCH_H
#define TESTS_SERIAL_BENCH_H

#include <stdbool.h>
#include <stdint.h>

struct bench_port {
    char path[64];
    int device_fd; /* the device's end */
    int socket;    /* of the bus */
};

/* A new port.  What it was told is read with the functions below, of the newest port. */
struct bench_port bench_plug_in(void);

/* The same as a port of a USB device 1915:520f, product "Band": `socket` is where it is plugged in, its devices' ports differ by interface.
 * With a latency timer of 16 ms.  Only with the library. */
struct bench_port bench_plug_in_usb(int socket, const char *serial, int interface);

/* Make the link that udev makes, "/dev/serial/by-id/..", to a port.  Only with the library. */
void bench_link(const char *link, const struct bench_port *port);

/* The latency timer of a port now, in ms.  Only with the library. */
int bench_latency_ms(const struct bench_port *port);

/* Whoever has it open sees the hang-up. */
void bench_unplug(struct bench_port *port);

/* Whether libserialport opens the ports of this bench: else they are plain ptys. */
bool bench_has_library(void);

/* Modem lines as the driver has them (TIOCM_*), and how often they were set; only with the library. */
int bench_lines(void);

/* The driver has no control lines: ENOTTY; only with the library. */
void bench_take_lines_away(void);

/* The driver can do no more than this rate, 0 = any; only with the library. */
void bench_limit_baud(uint32_t baud);

/* Ends the trap that runs, and says why. */
void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
