/* What every trap does: open a port, talk over it, look at it, and end with words when something is wrong. */
#ifndef TESTS_SERIAL_TRAP_H
#define TESTS_SERIAL_TRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <termios.h>

#include "link/link.h"
#include "serial/bench.h"

struct trap {
    const char *seen; /* what was seen to happen */
    const char *rule; /* what we do instead */
    void (*run)(void);
};

/* What a loaded machine may add to a promised deadline. */
#define TRAP_MARGIN_MS 250

/* Whether it passed or was skipped; says so in TAP. */
bool trap_run(const struct trap *trap, size_t number);

/* What this bench has no way to show is not passed over in silence. */
void trap_skip(const char *reason) __attribute__((noreturn));

/* In a forked child: a failure ends the child, with status 1. */
void trap_leave_on_failure(void);

#define CHECK(condition, ...) \
    do { \
        if (!(condition)) { \
            printf("# %s: ", #condition); \
            bench_fail(__VA_ARGS__); \
        } \
    } while (0)

struct vr_link *trap_open(const char *path);
void trap_refuse(const char *path, enum vr_err_code code, const char *words);

int trap_fd(struct vr_link *link);
struct termios trap_settings(struct vr_link *link);

/* Until something happens; meson's time-out is the only clock. */
void trap_wait(struct vr_link *link);

/* Into 64 bytes. */
int trap_receive(struct vr_link *link, char *text, size_t *ret_size);

/* Two bytes each way, of those that a terminal would change. */
void trap_exchange(struct vr_link *link, int device_fd);

/* Send until the queue is full; returns how many bytes that took. */
size_t trap_fill(struct vr_link *link);

int64_t trap_now_ms(void);

#endif
