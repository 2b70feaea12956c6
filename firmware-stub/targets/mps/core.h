/* The registers of an Armv7-M or Armv8-M core that start-up, faults and sleep need. */
#ifndef MPS_CORE_H
#define MPS_CORE_H

#include <stdint.h>

#define MPS_REG(address) (*(volatile uint32_t *)(uintptr_t)(address))

#define MPS_NVIC_ENABLE(irq) MPS_REG(0xe000e100 + 4 * ((irq) / 32)) /* write 1 << irq % 32 */
#define MPS_AIRCR MPS_REG(0xe000ed0c)
#define MPS_CCR MPS_REG(0xe000ed14)
#define MPS_SHCSR MPS_REG(0xe000ed24)
#define MPS_CFSR MPS_REG(0xe000ed28)
#define MPS_CPACR MPS_REG(0xe000ed88)
#define MPS_MPU_CONTROL MPS_REG(0xe000ed94)
#define MPS_MPU_NUMBER MPS_REG(0xe000ed98)
#define MPS_MPU_BASE MPS_REG(0xe000ed9c)
#define MPS_MPU_ATTRIBUTES MPS_REG(0xe000eda0)

#define MPS_AIRCR_RESET 0x05fa0004u          /* the key, and SYSRESETREQ */
#define MPS_CCR_DIVIDE_TRAP (1u << 4)        /* by zero: a fault, as on a host, and not 0 */
#define MPS_SHCSR_FAULTS_ENABLE (0xfu << 16) /* memory, bus, usage, secure: each by its name */
#define MPS_CFSR_NO_FRAME \
    (1u << 20 | 1u << 12 | 1u << 4)    /* the stack had no room for the registers */
#define MPS_MPU_ON (1u << 2 | 1u << 0) /* for privileged code only where a region says so */
#define MPS_MPU_NO_ACCESS_64K (1u << 28 | 15u << 1 | 1u << 0)
#define MPS_CPACR_FPU (0xfu << 20) /* coprocessors 10 and 11: FPU and MVE */

static inline void mps_interrupts_mask(void)
{
    __asm volatile("cpsid i" ::: "memory");
}

static inline void mps_interrupts_unmask(void)
{
    __asm volatile("cpsie i\n\tisb" ::: "memory");
}

static inline void mps_barrier(void)
{
    __asm volatile("dsb\n\tisb" ::: "memory");
}

/* Until an interrupt is pending, also while interrupts are masked. */
static inline void mps_wait_for_interrupt(void)
{
    __asm volatile("dsb\n\twfi" ::: "memory");
}

/* Number of the exception being handled, 16 + the number of an interrupt; 0 = none. */
static inline uint32_t mps_exception_number(void)
{
    uint32_t number;
    __asm volatile("mrs %0, ipsr" : "=r"(number));
    return number;
}

/* Restart the whole system.  Memory stays as it is. */
__attribute__((noreturn)) static inline void mps_reset(void)
{
    __asm volatile("dsb" ::: "memory");
    MPS_AIRCR = MPS_AIRCR_RESET;
    for (;;)
        mps_barrier();
}

#endif
