/* A serial port, taken for this process alone: found by what it is or where it is, opened, set, and closed in time.
 *
 * libserialport lists, opens and sets the rate; everything else is ours, on its descriptor, because its reads, writes and waits lose
 * hang-ups, spin, or abort (tests/serial/traps.c).  A tty that the kernel does not list in /sys/class/tty, such as a pty, is
 * opened without it: same checks, same struct. */
#ifndef VR_PORT_SERIAL_H
#define VR_PORT_SERIAL_H

#include "port/ports.h"
#include "port/tty.h"

#define VR_SERIAL_BAUD_DEFAULT 115200
#define VR_SERIAL_CLOSE_MS 1000 /* longest wait for the kernel to let a port go */

struct vr_serial_config {
    const char *name; /* the device's, for messages */
    /* By path, or by identity; with both, what is at the path must be the device. */
    struct vr_port_wanted port;
    uint32_t baud; /* bit/s, 8N1; 0 = VR_SERIAL_BAUD_DEFAULT */
    bool rtscts;
    /* From open to close.  The kernel itself asserts both while it opens: CLEAR follows within a millisecond. */
    enum vr_tty_level dtr, rts;
};

struct vr_serial {
    int fd; /* O_NONBLOCK, close-on-exec; for vr_byte_fd_* */
    char name[64];
    char path[VR_PORT_PATH_SIZE]; /* without links */
    uint32_t baud;                /* what the driver really set */
};

/* VR_ERR_LINK: it is not there, busy (by whom), not permitted (whose group has it), no terminal, or cannot do the rate.  VR_ERR_USAGE:
 * the configuration does not say which port.  On error nothing stays open, and a port that was seen to be somebody else's was not
 * touched. */
int vr_serial_open(
    const struct vr_serial_config *config, struct vr_serial *ret_serial, struct vr_err *err);

/* Another rate on the open port; VR_ERR_LINK when the driver is more than 2.5 % off. */
int vr_serial_set_baud(struct vr_serial *serial, uint32_t baud, struct vr_err *err);

/* What waits is thrown away.  Returns within VR_SERIAL_CLOSE_MS; control lines stay as they are. */
void vr_serial_close(struct vr_serial *serial);

#endif
