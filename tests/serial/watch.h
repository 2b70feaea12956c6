/* Calls that must not happen below a link, seen by standing in their way: the program's own functions of these names come first. */
#ifndef TESTS_SERIAL_WATCH_H
#define TESTS_SERIAL_WATCH_H

struct watch_counts {
    int selects;     /* select(): aborts at descriptor 1024 */
    int drains;      /* tcdrain(): no time-out */
    int wall_clocks; /* gettimeofday(), CLOCK_REALTIME: step */
};

/* Count what this thread calls from now on. */
void watch_begin(void);
struct watch_counts watch_end(void);

/* The next close() of that descriptor takes 30 s, as the kernel's closing_wait does, and as there a signal ends the wait. */
void watch_hold_close(int fd);

/* It takes until watch_let_go(), whatever comes: a driver that hangs. */
void watch_hang_close(int fd);
void watch_let_go(void);

#endif
