/* Algorithms that bring the firmware down at the first sample without a value: for the image that tests how a crash is told, and in
 * no other one. */
#include "algo/algo.h"

static const char *open_any(void *state, const struct wire_open *open)
{
    (void)state;
    (void)open;
    return NULL;
}

static bool finish_nothing(void *state, const struct algo_sink *sink)
{
    (void)state;
    (void)sink;
    return false;
}

/* To where no memory is. */
static void write_astray(
    void *state, unsigned stream, const int16_t *sample, const struct algo_sink *sink)
{
    (void)state;
    (void)stream;
    (void)sink;
    if (*sample == WIRE_SAMPLE_INVALID)
        *(volatile uint32_t *)(uintptr_t)0x5ff00000 = 1;
}

static void divide_by_zero(
    void *state, unsigned stream, const int16_t *sample, const struct algo_sink *sink)
{
    volatile int zero = 0;
    (void)state;
    (void)stream;
    (void)sink;
    if (*sample == WIRE_SAMPLE_INVALID)
        zero = 100 / zero;
}

/* `bottom` is below the address of every variable: it never comes to an end. */
__attribute__((noipa)) static unsigned sink_deep(const volatile uint8_t *bottom)
{
    volatile uint8_t room[64] = {0};
    return room > bottom ? sink_deep(bottom) + room[0] : 0;
}

static void fill_the_stack(
    void *state, unsigned stream, const int16_t *sample, const struct algo_sink *sink)
{
    (void)state;
    (void)stream;
    (void)sink;
    if (*sample == WIRE_SAMPLE_INVALID)
        sink_deep(NULL);
}

#define CRASH(number, word, function) \
    static const struct algo word = { \
        .name = #word, \
        .id = number, \
        .stream_count = 1, \
        .outputs_max = 1, \
        .values_max = 1, \
        .version = 1, \
        .state_size = 8, \
        .open = open_any, \
        .step = function, \
        .finish = finish_nothing, \
    }

CRASH(201, crash_write, write_astray);
CRASH(202, crash_divide, divide_by_zero);
CRASH(203, crash_stack, fill_the_stack);

const struct algo *const algo_all[] = {&algo_ecg_qrs, &crash_write, &crash_divide, &crash_stack};
const size_t algo_all_count = sizeof algo_all / sizeof *algo_all;
