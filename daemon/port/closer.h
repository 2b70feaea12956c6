/* Closing that ends in time.
 *
 * close() of a serial port waits until its driver has sent what is left, up to 30 s (closing_wait) when the device holds the line.
 * So it happens in a thread of its own, and the caller waits for that thread no longer than it wants to. */
#ifndef VR_PORT_CLOSER_H
#define VR_PORT_CLOSER_H

#include <stdbool.h>
#include <stdint.h>

/* Close the descriptor, which is no longer the caller's.  False: it is still closing after deadline_ns, and will be closed whenever the
 * kernel is done with it. */
bool vr_closer_close(int fd, int64_t deadline_ns);

#endif
