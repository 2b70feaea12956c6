/* It counts down; the first time it is at 0 is the only one that raises the exception. */
#include "targets/mps/alarm.h"

#include "targets/mps/core.h"

#define CONTROL MPS_REG(0xe000e010)
#define RELOAD MPS_REG(0xe000e014)
#define VALUE MPS_REG(0xe000e018)

enum { ENABLE = 1 << 0, INTERRUPT = 1 << 1, CORE_CLOCK = 1 << 2, TICKS_MAX = 0xffffff };

static void count_from(uint32_t ticks, uint32_t control)
{
    RELOAD = ticks;
    VALUE = 0; /* any value: it starts from RELOAD */
    CONTROL = control;
}

void mps_alarm_set(uint32_t ticks)
{
    count_from(ticks < TICKS_MAX ? ticks : TICKS_MAX, ENABLE | INTERRUPT | CORE_CLOCK);
}

/* It runs on: without a running timer QEMU's clock stands still while the core sleeps. */
void mps_alarm_clear(void)
{
    count_from(TICKS_MAX, ENABLE | CORE_CLOCK);
}
