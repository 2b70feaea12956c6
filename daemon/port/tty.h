/* What a terminal line is set to, on any descriptor of a tty or pty: the kernel's own calls (termios2), so that every rate is an
 * integer in bit/s.
 *
 * A pty has no rate and no control lines: its rate is stored without effect, and its ENOTTY for control lines is no error here. */
#ifndef VR_PORT_TTY_H
#define VR_PORT_TTY_H

#include <stdbool.h>
#include <stdint.h>

/* What a control line does from open to close. */
enum vr_tty_level { VR_TTY_LEVEL_KEEP, VR_TTY_LEVEL_ASSERT, VR_TTY_LEVEL_CLEAR };

/* How far off the asked rate a driver may be.  8N1 samples bit 10 after 9.5 bit times, half a bit of play is 5.3 %: half of it is ours. */
#define VR_TTY_BAUD_TOLERANCE_MILLI 25

/* All functions: 0, or -errno. */

/* Every byte as it is, 8N1; control lines stay as they are when the port closes (HUPCL off: DTR would reset a board); modem status
 * lines are not waited for.  Silence reads as EAGAIN (VMIN 1: with 0 it would read as 0 bytes, as a hang-up does). */
int vr_tty_set_raw(int fd, bool rtscts);
int vr_tty_set_baud(int fd, uint32_t baud);

/* What the driver says: the rate in bit/s, and whether it does RTS/CTS. */
int vr_tty_get(int fd, uint32_t *ret_baud, bool *ret_rtscts);

/* Set both lines in one call: boards that watch the pair must not see a state between. */
int vr_tty_set_lines(int fd, enum vr_tty_level dtr, enum vr_tty_level rts);

/* This process alone, among those who ask; the lock ends with the descriptor.  -EBUSY = somebody else has it. */
int vr_tty_lock(int fd);

/* Nobody but root may open it from now on, or all may again.  It outlives the descriptor where another one is open: on a pty that its
 * maker keeps open, a killed process would leave it on for good. */
int vr_tty_exclude(int fd, bool is_on);

/* Forget what waits to be sent and to be read; never waits for the line. */
int vr_tty_flush(int fd);

bool vr_tty_baud_fits(uint32_t asked, uint32_t got);

#endif
