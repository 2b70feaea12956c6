/* Every trap of serial ports that was seen without hardware, each with what the serial link does instead.
 *
 * The tables at the ends of trap_*.c name them.  This runs twice: on ptys, and under umockdev on ports that the unmodified
 * libserialport opens.  Processes are forked here, so this is no Criterion. */
#include <signal.h>
#include <stdio.h>

#include "serial/trap.h"

extern const struct trap trap_library[], trap_kernel[], trap_name[];

int main(void)
{
    const struct trap *const tables[] = {trap_library, trap_kernel, trap_name};
    size_t count = 0;
    bool passed = true;
    setvbuf(stdout, NULL, _IONBF, 0);
    signal(SIGPIPE, SIG_IGN);
    printf("TAP version 13\n");
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        for (const struct trap *trap = tables[i]; trap->run; trap++)
            passed &= trap_run(trap, ++count);
    printf("1..%zu\n", count);
    return passed ? 0 : 1;
}
