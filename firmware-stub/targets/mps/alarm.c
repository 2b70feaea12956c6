/* It counts down; the first time it is at 0 is the only one. */
#include "targets/mps/alarm.h"

#include "targets/mps/core.h"

#define CONTROL MPS_REG(0xe000e010)
#define RELOAD MPS_REG(0xe000e014)
#define VALUE MPS_REG(0xe000e018)

enum { ENABLE = 1 << 0, INTERRUPT = 1 << 1, CORE_CLOCK = 1 << 2, TICKS_MAX = 0xffffff };

void mps_alarm_set(uint32_t ticks)
{
    RELOAD = ticks < TICKS_MAX ? ticks : TICKS_MAX;
    VALUE = 0; /* any value: it starts from RELOAD */
    CONTROL = ENABLE | INTERRUPT | CORE_CLOCK;
}

void mps_alarm_clear(void)
{
    CONTROL = 0;
}
