/* Ctrl-C and SIGTERM: once asks to stop in good order, twice quits at once. */
#ifndef VR_CLI_STOP_H
#define VR_CLI_STOP_H

#include <stdatomic.h>

/* From now on.  The number of the first signal, 0 = none yet. */
const atomic_int *vr_stop_catch(void);
/* Readable from then on, so that no wait can miss it; -1 when there is none. */
int vr_stop_fd(void);

/* 128 + the signal's number when one came, else `exit_code`. */
int vr_stop_exit(int exit_code);

#endif
