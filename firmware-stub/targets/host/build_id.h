/* This program's GNU build-id: what a device that is a process tells as the hash of its firmware. */
#ifndef HOST_BUILD_ID_H
#define HOST_BUILD_ID_H

#include "wire/msg.h"

/* As the linker left it in memory; size 0 = it was linked without one. */
struct wire_span host_build_id(void);

#endif
