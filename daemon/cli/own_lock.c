/* What the environment says is checked against the lock's file: a variable that stayed behind means nothing. */
#include "cli/own_lock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "port/dut_lock.h"

#define VARIABLE "VITALRIG_LOCK" /* PID:RIG,DUT */
#define TEXT_SIZE 256

void vr_own_lock_tell(const char *rig, const char *dut)
{
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "%ld:%s,%s", (long)getpid(), rig, dut);
    setenv(VARIABLE, text, 1);
}

bool vr_own_lock_is_held(const char *rig, const char *dut)
{
    const char *told = getenv(VARIABLE);
    struct vr_dut_holder holder = {0};
    char text[TEXT_SIZE];
    if (!told || !vr_dut_lock_holder(rig, dut, &holder))
        return false;
    snprintf(text, sizeof text, "%ld:%s,%s", (long)holder.pid, rig, dut);
    return strcmp(told, text) == 0;
}
