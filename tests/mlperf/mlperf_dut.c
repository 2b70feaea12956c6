/* The protocol as firmware speaks it, and each way to break it. */
#include "mlperf/mlperf_dut.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say(struct mlperf_dut *dut, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct mlperf_dut *dut, const char *format, ...)
{
    char text[256];
    va_list arguments;
    if (dut->is_silent)
        return;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    dut->options.say(dut->options.context, text, (size_t)size);
}

/* Is it this window's turn to go wrong so? */
static bool strikes(const struct mlperf_dut *dut, enum mlperf_dut_fault fault)
{
    return dut->options.fault == fault && dut->window == dut->options.fault_window;
}

static void say_time(struct mlperf_dut *dut)
{
    if (dut->options.fault != MLPERF_DUT_ENERGY)
        say(dut, "m-lap-us-%lu\r\n", (unsigned long)dut->options.now_us(dut->options.context));
}

static void say_banner(struct mlperf_dut *dut)
{
    say(dut, "m-timestamp-mode-%s\r\n",
        dut->options.fault == MLPERF_DUT_ENERGY ? "energy" : "performance");
    say_time(dut);
    say(dut, "m-init-done\r\nm-ready\r\n");
}

void mlperf_dut_boot(struct mlperf_dut *dut, const struct mlperf_dut_options *options)
{
    *dut = (struct mlperf_dut){.options = *options, .window = -1};
    say_banner(dut);
}

/* --- the model --- */

static int64_t element(const struct mlperf_dut *dut, size_t index)
{
    if (dut->options.element_size == 1)
        return (int8_t)dut->input[index];
    return (int16_t)(dut->input[2 * index] | dut->input[2 * index + 1] << 8);
}

static void compute(struct mlperf_dut *dut)
{
    size_t count = dut->options.window_size / (size_t)dut->options.element_size;
    int64_t sum = 0, steps = 0, low = element(dut, 0), high = low;
    for (size_t i = 0; i < count; i++) {
        int64_t value = element(dut, i);
        sum += value;
        steps += i > 0 ? llabs(value - element(dut, i - 1)) : 0;
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    dut->results[0] = sum * 1000 / (int64_t)count;
    dut->results[1] = low * 1000;
    dut->results[2] = high * 1000;
    dut->results[3] = count > 1 ? steps * 1000 / (int64_t)(count - 1) : 0;
}

static void say_results(struct mlperf_dut *dut)
{
    int count = strikes(dut, MLPERF_DUT_COUNT) ? 3 : 4;
    say(dut, "m-results-[");
    for (int i = 0; i < count; i++) {
        int64_t value = dut->results[i];
        /* As printf without floating point is written on small targets. */
        if (strikes(dut, MLPERF_DUT_NAN) && i == 2)
            say(dut, "nan");
        else if (strikes(dut, MLPERF_DUT_HUGE) && i == 2)
            say(dut, "1000000.0");
        else
            say(dut, "%s%lld.%03lld", value < 0 ? "-" : "", llabs(value / 1000),
                llabs(value % 1000));
        say(dut, i + 1 < count ? "," : "");
    }
    say(dut, "]\r\n");
    if (strikes(dut, MLPERF_DUT_UNSTEADY))
        dut->results[0]++;
}

/* --- commands --- */

static void infer(struct mlperf_dut *dut, const char *runs, const char *warmups)
{
    if (strikes(dut, MLPERF_DUT_HANG_INFER)) {
        dut->is_silent = true;
        return;
    }
    if (dut->input_at != dut->options.window_size)
        say(dut, "Input db has %zu bytes, expected %zu\n", dut->input_at, dut->options.window_size);
    say(dut, "m-warmup-start-%d\r\nm-warmup-done\r\n", warmups ? atoi(warmups) : 10);
    say(dut, "m-infer-start-%d\r\n", runs ? atoi(runs) : 1);
    say_time(dut);
    compute(dut);
    say_time(dut);
    say(dut, "m-infer-done\r\n");
    say_results(dut);
}

static void print_input(struct mlperf_dut *dut)
{
    for (size_t i = 0; i < dut->input_size; i++) {
        say(dut, "%s%02x", i % 8 == 0 ? "m-buffer-" : "-", dut->input[i]);
        if (i % 8 == 7 || i + 1 == dut->input_size)
            say(dut, "\r\n");
    }
    if (dut->input_size % 8 != 0)
        say(dut, "\r\n");
}

static void start_load(struct mlperf_dut *dut, const char *size)
{
    dut->input_at = 0;
    dut->input_size = size ? (size_t)atoi(size) : 0;
    dut->window++;
    if (dut->input_size == 0)
        say(dut, "e-[Command 'db load' must be >0 bytes]\r\n");
    else if (dut->input_size > MLPERF_DUT_INPUT)
        say(dut, "Supplied buffer size %zu exceeds maximum of %d\n", dut->input_size,
            MLPERF_DUT_INPUT);
    else
        say(dut, "m-[Expecting %zu bytes]\r\n", dut->input_size);
    dut->is_silent = dut->is_silent || strikes(dut, MLPERF_DUT_HANG_LOAD);
}

static int hex_value(char digit)
{
    const char *digits = "0123456789abcdef", *at = strchr(digits, digit);
    return at && *at ? (int)(at - digits) : -1;
}

static void load(struct mlperf_dut *dut, const char *hex)
{
    size_t size = strlen(hex);
    if (size % 2 != 0) {
        say(dut, "e-[Insufficent number of hex digits]\r\n");
        return;
    }
    for (size_t i = 0; i < size && dut->input_at < dut->input_size; i += 2) {
        int high = hex_value(hex[i]), low = hex_value(hex[i + 1]);
        if (high < 0 || low < 0) {
            say(dut, "e-[Invalid hex digit '%c%c']\r\n", hex[i], hex[i + 1]);
            return;
        }
        bool is_wrong = strikes(dut, MLPERF_DUT_WRONG_INPUT) && dut->input_at == 4;
        dut->input[dut->input_at++] = (uint8_t)((high * 16 + low) ^ (is_wrong ? 0x20 : 0));
        if (dut->input_at == dut->input_size)
            say(dut, "m-load-done\r\n");
    }
}

static void do_db(struct mlperf_dut *dut, const char *what)
{
    if (!what)
        say(dut, "e-[Command 'db' requires a subcommand]\r\n");
    else if (strcmp(what, "load") == 0)
        start_load(dut, strtok(NULL, " "));
    else if (strcmp(what, "print") == 0 && dut->options.fault != MLPERF_DUT_NO_PRINT)
        print_input(dut);
    else
        load(dut, what);
}

/* Everything is forgotten, but that it happened. */
static void restart(struct mlperf_dut *dut)
{
    struct mlperf_dut_options options = dut->options;
    int64_t window = dut->window;
    mlperf_dut_boot(dut, &options);
    dut->window = window + 1;
}

static void do_command(struct mlperf_dut *dut)
{
    const char *word = strtok(dut->command, " ");
    if (!word)
        word = "";
    if (strcmp(word, "infer") == 0 && strikes(dut, MLPERF_DUT_REBOOT)) {
        restart(dut);
        return;
    }
    if (strcmp(word, "name") == 0)
        say(dut, "m-name-dut-[a double]\r\n");
    else if (strcmp(word, "profile") == 0)
        say(dut, "m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\nm-model-[stats01]\r\n");
    else if (strcmp(word, "timestamp") == 0)
        say_time(dut);
    else if (strcmp(word, "db") == 0)
        do_db(dut, strtok(NULL, " "));
    else if (strcmp(word, "infer") == 0) {
        const char *runs = strtok(NULL, " ");
        infer(dut, runs, strtok(NULL, " "));
    } else if (strcmp(word, "results") == 0)
        say_results(dut);
    else
        say(dut, "e-[Unknown command: %s]\r\n", word);
    if (strikes(dut, MLPERF_DUT_GARBAGE))
        say(dut, "\xff\x80\x01\r\n");
    say(dut, strikes(dut, MLPERF_DUT_DAMAGED) ? "m-reedy\r\n" : "m-ready\r\n");
}

void mlperf_dut_push(struct mlperf_dut *dut, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '%') {
            dut->command[dut->command_size] = '\0';
            dut->command_size = 0;
            do_command(dut);
        } else if (dut->command_size < MLPERF_DUT_COMMAND) {
            dut->command[dut->command_size++] = (char)data[i];
        }
    }
}

int mlperf_dut_fault_of(const char *word)
{
    static const char *const words[] = {
        [MLPERF_DUT_SOUND] = "none",
        [MLPERF_DUT_HANG_LOAD] = "hang-load",
        [MLPERF_DUT_HANG_INFER] = "hang-infer",
        [MLPERF_DUT_GARBAGE] = "garbage",
        [MLPERF_DUT_DAMAGED] = "damaged",
        [MLPERF_DUT_REBOOT] = "reboot",
        [MLPERF_DUT_COUNT] = "count",
        [MLPERF_DUT_NAN] = "nan",
        [MLPERF_DUT_HUGE] = "huge",
        [MLPERF_DUT_WRONG_INPUT] = "wrong-input",
        [MLPERF_DUT_UNSTEADY] = "unsteady",
        [MLPERF_DUT_NO_PRINT] = "no-print",
        [MLPERF_DUT_ENERGY] = "energy",
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], word) == 0)
            return (int)i;
    return -1;
}
