/* mlperf-dut: the double as a process, on descriptor 3 until the host hangs up.
 *
 *     mlperf-dut ELEMENT_SIZE WINDOW_SAMPLES [FAULT WINDOW] */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "mlperf/mlperf_dut.h"

#define LINE 3

static void say(void *context, const char *text, size_t size)
{
    (void)context;
    while (size > 0) {
        ssize_t sent = write(LINE, text, size);
        if (sent < 0)
            exit(EXIT_SUCCESS); /* hung up */
        text += sent;
        size -= (size_t)sent;
    }
}

static uint32_t now_us(void *context)
{
    struct timespec now;
    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
}

int main(int argc, char **argv)
{
    static struct mlperf_dut dut;
    if (argc != 3 && argc != 5) {
        fprintf(stderr, "usage: mlperf-dut ELEMENT_SIZE WINDOW_SAMPLES [FAULT WINDOW]\n");
        return 2;
    }
    struct mlperf_dut_options options = {
        .element_size = atoi(argv[1]),
        .window_size = strtoul(argv[1], NULL, 10) * strtoul(argv[2], NULL, 10),
        .say = say,
        .now_us = now_us,
    };
    if (argc == 5) {
        int fault = mlperf_dut_fault_of(argv[3]);
        if (fault < 0) {
            fprintf(stderr, "mlperf-dut: no fault is called \"%s\"\n", argv[3]);
            return 2;
        }
        options.fault = (enum mlperf_dut_fault)fault;
        options.fault_window = strtoll(argv[4], NULL, 10);
    }
    mlperf_dut_boot(&dut, &options);
    uint8_t buffer[4096];
    for (;;) {
        ssize_t size = read(LINE, buffer, sizeof buffer);
        if (size <= 0)
            return EXIT_SUCCESS;
        mlperf_dut_push(&dut, buffer, (size_t)size);
    }
}
