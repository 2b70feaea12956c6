#include <criterion/criterion.h>

#include "algo/algo.h"

enum { OUTPUTS_MAX = 64 };

struct heard {
    size_t count;
    uint32_t sample_index[OUTPUTS_MAX];
    int32_t values[OUTPUTS_MAX][3];
};

static void hear(void *context, const struct algo_output *output)
{
    struct heard *const heard = context;
    cr_assert_lt(heard->count, OUTPUTS_MAX);
    cr_assert_eq(output->kind, WIRE_OUTPUT_ECHO);
    cr_assert_eq(output->value_count, 3);
    heard->sample_index[heard->count] = output->sample_index;
    for (unsigned i = 0; i < 3; i++)
        heard->values[heard->count][i] = output->values[i];
    heard->count++;
}

static uint64_t state[32];

static struct heard run(uint32_t rate_num, uint32_t rate_den, unsigned count)
{
    struct heard heard = {0};
    const struct algo_sink sink = {.emit = hear, .context = &heard};
    const struct wire_open open = {
        .stream_count = 1,
        .streams = {{WIRE_STREAM_ECG, 1, WIRE_FORMAT_S16, rate_num, rate_den, 0}},
    };
    cr_assert_leq(algo_echo.state_size, sizeof state);
    cr_assert_null(algo_echo.open(state, &open));
    for (unsigned i = 0; i < count; i++) {
        const int16_t sample = (int16_t)(i * 3);
        algo_echo.step(state, 0, &sample, &sink);
    }
    cr_assert_not(algo_echo.finish(state, &sink));
    return heard;
}

Test(echo, speaks_once_a_second_and_at_the_end)
{
    static const struct {
        uint32_t rate_num, rate_den;
        unsigned period;
    } rows[] = {{1, 1, 1}, {4, 1, 4}, {5, 2, 3}, {360, 1, 360}, {1, 10, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const unsigned period = rows[i].period;
        const struct heard heard = run(rows[i].rate_num, rows[i].rate_den, 5 * period + 2);
        const unsigned expected = (5 * period + 2) / period;
        cr_assert_eq(heard.count, expected + 1, "row %zu", i);
        for (unsigned j = 0; j < expected; j++) {
            cr_assert_eq(heard.sample_index[j], (j + 1) * period - 1, "row %zu", i);
            cr_assert_eq(heard.values[j][0], (int32_t)(3 * heard.sample_index[j]));
            cr_assert_eq(heard.values[j][1], (int32_t)((j + 1) * period));
        }
        cr_assert_eq(heard.values[expected][1], (int32_t)(5 * period + 2));
    }
}

/* FNV-1a 32 of the bytes 00 00 03 00. */
Test(echo, hashes_the_bytes_it_got)
{
    const struct heard heard = run(4, 1, 2);
    uint32_t expected = 0x811c9dc5;
    static const uint8_t bytes[] = {0, 0, 3, 0};
    for (size_t i = 0; i < sizeof bytes; i++)
        expected = (expected ^ bytes[i]) * 0x01000193;
    cr_assert_eq((uint32_t)heard.values[0][2], expected);
}

Test(algo, table_has_unique_ids_and_names)
{
    for (size_t i = 0; i < algo_all_count; i++) {
        const struct algo *const algo = algo_all[i];
        cr_assert(algo->name && algo->open && algo->step && algo->finish);
        cr_assert(algo->stream_count >= 1 && algo->stream_count <= WIRE_STREAMS_MAX);
        cr_assert(algo->outputs_max >= 1 && algo->values_max <= WIRE_VALUES_MAX);
        for (size_t j = 0; j < i; j++) {
            cr_assert_neq(algo->id, algo_all[j]->id);
            cr_assert_str_neq(algo->name, algo_all[j]->name);
        }
    }
}
