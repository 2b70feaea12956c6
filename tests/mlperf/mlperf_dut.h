/* A double of firmware made for MLPerf Tiny: the text protocol around a model that a test can compute for itself.
 *
 * The model "stats01" takes a window of little-endian elements and gives four numbers with three decimals: the mean (cut towards
 * zero), the least, the greatest, and the mean of the steps' sizes.  It knows no descriptor and no clock: bytes are pushed in, text
 * and time come through callbacks. */
#ifndef MLPERF_DUT_H
#define MLPERF_DUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mlperf_dut_fault {
    MLPERF_DUT_SOUND,
    MLPERF_DUT_HANG_LOAD, /* says nothing any more once it was told of a window */
    MLPERF_DUT_HANG_INFER,
    MLPERF_DUT_GARBAGE,     /* bytes that are no text, in an answer */
    MLPERF_DUT_DAMAGED,     /* a letter of m-ready is another one */
    MLPERF_DUT_REBOOT,      /* restarts instead of inferring */
    MLPERF_DUT_COUNT,       /* gives one result less */
    MLPERF_DUT_NAN,         /* gives a result that is no number */
    MLPERF_DUT_HUGE,        /* gives one that no millionth of 32 bits holds */
    MLPERF_DUT_WRONG_INPUT, /* takes a byte for another one */
    MLPERF_DUT_UNSTEADY,    /* gives other results when asked again */
    MLPERF_DUT_NO_PRINT,    /* knows no db print */
    MLPERF_DUT_ENERGY,      /* prints no m-lap-us */
};

struct mlperf_dut_options {
    int element_size;   /* 1 = int8, 2 = int16 */
    size_t window_size; /* bytes of the model's input */
    enum mlperf_dut_fault fault;
    int64_t fault_window; /* struck is this one, from 0 */
    void (*say)(void *context, const char *text, size_t size);
    uint32_t (*now_us)(void *context);
    void *context;
};

#define MLPERF_DUT_COMMAND 80
#define MLPERF_DUT_INPUT 4096

struct mlperf_dut {
    struct mlperf_dut_options options;
    char command[MLPERF_DUT_COMMAND + 1];
    size_t command_size;
    uint8_t input[MLPERF_DUT_INPUT];
    size_t input_size, input_at;
    int64_t window; /* told of so far, less one */
    bool is_silent;
    int64_t results[4]; /* thousandths */
};

/* Power on: the banner, then m-ready. */
void mlperf_dut_boot(struct mlperf_dut *dut, const struct mlperf_dut_options *options);

void mlperf_dut_push(struct mlperf_dut *dut, const uint8_t *data, size_t size);

/* "hang-load", "reboot" ..; -1 = no such fault. */
int mlperf_dut_fault_of(const char *word);

#endif
