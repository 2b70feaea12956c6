/* From reset to main: vectors, memory, FPU, and the pattern that shows how deep the stack went. */
#include "targets/mps/start.h"

#include "targets/mps/alarm.h"
#include "targets/mps/board.h"
#include "targets/mps/core.h"
#include "targets/mps/fault.h"
#include "targets/mps/uart.h"

#define STACK_PATTERN 0xa5a5a5a5u

enum { EXCEPTIONS = 16, INTERRUPTS = 64 };

/* From the linker script. */
extern uint32_t mps_stack_begin[], mps_stack_end[];
extern uint32_t mps_data_begin[], mps_data_end[], mps_bss_begin[], mps_bss_end[];
extern const uint32_t mps_data_image[];

int main(void);
void mps_start(void);

static void interrupt(void)
{
    const uint32_t irq = mps_exception_number() - EXCEPTIONS;
    if (irq == mps_board.uart_receive_irq)
        mps_uart_receive_interrupt();
    else if (irq == mps_board.uart_transmit_irq)
        mps_uart_transmit_interrupt();
    else
        __builtin_trap();
}

typedef void (*vector)(void);

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    vector exceptions[EXCEPTIONS - 1];
    vector interrupts[INTERRUPTS];
} vectors = {
    .stack = mps_stack_end,
    .exceptions =
        {mps_start, [1 ... EXCEPTIONS - 3] = mps_fault_handler, [EXCEPTIONS - 2] = mps_alarm_clear},
    .interrupts = {[0 ... INTERRUPTS - 1] = interrupt},
};

static void enable(uint8_t irq)
{
    MPS_NVIC_ENABLE(irq) = 1u << irq % 32;
}

/* What grows below the stack is a fault: at the next address, or in the 64 kB under it that a large frame may jump to. */
static void guard_stack(void)
{
#if __ARM_ARCH >= 8
    __asm volatile("msr msplim, %0" ::"r"(mps_stack_begin));
#else
    MPS_MPU_NUMBER = 0;
    MPS_MPU_BASE = (uint32_t)mps_stack_begin - 0x10000;
    MPS_MPU_ATTRIBUTES = MPS_MPU_NO_ACCESS_64K;
    MPS_MPU_CONTROL = MPS_MPU_ON;
#endif
}

__attribute__((noreturn)) void mps_start(void)
{
    MPS_CPACR |= MPS_CPACR_FPU; /* before the first instruction of it */
    MPS_CCR |= MPS_CCR_DIVIDE_TRAP;
    MPS_SHCSR |= MPS_SHCSR_FAULTS_ENABLE;
    guard_stack();
    mps_barrier();

    const uint32_t *from = mps_data_image;
    for (uint32_t *to = mps_data_begin; to < mps_data_end;)
        *to++ = *from++;
    for (uint32_t *to = mps_bss_begin; to < mps_bss_end;)
        *to++ = 0;
    const uint32_t *const top = __builtin_frame_address(0);
    for (volatile uint32_t *word = mps_stack_begin; word < top;) /* up to what is in use here */
        *word++ = STACK_PATTERN;

    enable(mps_board.uart_receive_irq);
    enable(mps_board.uart_transmit_irq);
    main();
    __builtin_trap();
}

uint32_t mps_stack_free_min(void)
{
    const uint32_t *word = mps_stack_begin;
    while (word < mps_stack_end && *word == STACK_PATTERN)
        word++;
    return (uint32_t)(word - mps_stack_begin) * (uint32_t)sizeof *word;
}
