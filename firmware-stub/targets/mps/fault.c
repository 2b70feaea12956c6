/* Runs on a stack of its own, since the one that was in use may be what broke, and reads nothing from it but RAM that is there: a
 * fault inside a fault would lock the core up, and nobody would hear of either. */
#include "targets/mps/fault.h"

#include <stdbool.h>
#include <stdint.h>

#include "targets/mps/core.h"
#include "targets/mps/retained.h"

enum {
    FRAME_LR = 5, /* of the words that the core pushes: r0-r3, r12, lr, pc, xpsr */
    FRAME_PC = 6,
    FRAME_WORDS = 8,
    FRAME_WORDS_FPU = 26,
    EXC_RETURN_NO_FPU = 1 << 4,
};

extern const uint32_t mps_ram_begin[], mps_ram_end[]; /* from the linker script */

__attribute__((used)) static uint64_t fault_stack[64];

static bool is_ram(const uint32_t *word)
{
    return word >= mps_ram_begin && word < mps_ram_end && (uintptr_t)word % sizeof *word == 0;
}

__attribute__((used, noreturn)) static void keep(const uint32_t *frame, uint32_t exc_return)
{
    struct wire_fault fault = {
        .code = (uint8_t)mps_exception_number(),
        .cfsr = MPS_CFSR,
    };
    if (!(fault.cfsr & MPS_CFSR_NO_FRAME) && is_ram(frame) && is_ram(frame + FRAME_WORDS - 1)) {
        fault.lr = frame[FRAME_LR];
        fault.pc = frame[FRAME_PC];
        frame += exc_return & EXC_RETURN_NO_FPU ? FRAME_WORDS : FRAME_WORDS_FPU;
        while (fault.stack_count < WIRE_FAULT_STACK_MAX && is_ram(frame))
            fault.stack[fault.stack_count++] = *frame++;
    }
    mps_retained_keep_fault(&fault);
    mps_reset();
}

__attribute__((naked)) void mps_fault_handler(void)
{
    __asm volatile("cpsid i\n\t"
                   "mrs r0, msp\n\t"
                   "mov r1, lr\n\t"
                   "ldr r2, =fault_stack\n\t"
                   "add r2, %0\n\t"
                   "mov sp, r2\n\t"
                   "b keep"
                   :
                   : "i"(sizeof fault_stack));
}
