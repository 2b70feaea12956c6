/* Closing that ends in time.
 *
 * close() of a serial port waits until its driver has sent what is left: up to 30 s (closing_wait) when the device holds the line, and
 * nobody can open the port meanwhile.  A flush does not help, as it does not reach what the USB controller has already.  But that wait
 * ends at a signal: so the close happens in a thread of its own, which gets one when it takes long. */
#ifndef VR_PORT_CLOSER_H
#define VR_PORT_CLOSER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#define VR_CLOSER_PATIENCE_MS 100 /* what is not sent by then is not sent */
#define VR_CLOSER_SIGNAL \
    SIGRTMAX /* handled here, by doing nothing; no other use of it in this process */

/* Close the descriptor, which is no longer the caller's.  False: it is still closing after deadline_ns, and will be closed whenever the
 * kernel is done with it. */
bool vr_closer_close(int fd, int64_t deadline_ns);

#endif
