/* The name of a run: unique for ever, and in the order of time. */
#ifndef VR_REPLAY_RUN_UID_H
#define VR_REPLAY_RUN_UID_H

#include <stdint.h>

#define VR_RUN_UID_SIZE 128 /* a scenario's name has 64 characters at most */

/* "20261122T220004Z-smoke-5f3a09c2": when it began, its scenario, a random number. */
void vr_run_uid(int64_t started_utc_ns, const char *scenario, char uid[VR_RUN_UID_SIZE]);

/* From the kernel, for names and nonces that must not meet those of another process. */
uint32_t vr_random_number(void);

#endif
