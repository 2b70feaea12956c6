/* Outputs are kept until the time is over: a device says what it has found when it has found it. */
#include "targets/host/costly.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SPIN_NS = 200000, NS_PER_S = 1000000000, POST_PARTS = 10 };

struct host_dut_costly {
    struct host_dut_costly_options options;
    const struct algo **pointers;
    struct algo tables[];
};

struct header {
    struct host_dut_costly *costly;
    const struct algo *inner; /* of the open trial */
};

static_assert(sizeof(struct header) <= HOST_DUT_COSTLY_HEADER, "the header has its place");

struct kept {
    unsigned count;
    struct {
        struct algo_output output;
        int32_t values[WIRE_VALUES_MAX];
    } items[UINT8_MAX];
};

static struct header *header(void *state)
{
    return (struct header *)(void *)((uint8_t *)state - HOST_DUT_COSTLY_HEADER);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* Asleep for the most of it, as the machine has other things to do; awake at the end, as a sleep is only so exact. */
static void wait_until(const struct host_dut_costly_options *options, int64_t until_ns)
{
    const int64_t wake_ns = until_ns - SPIN_NS;
    const struct timespec wake = {wake_ns / NS_PER_S, wake_ns % NS_PER_S};
    if (options->before_wait)
        options->before_wait(options->context);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, NULL);
    while (now_ns() < until_ns)
        continue;
}

static void keep(void *context, const struct algo_output *output)
{
    struct kept *const kept = context;
    assert(kept->count < UINT8_MAX && output->value_count <= WIRE_VALUES_MAX);
    kept->items[kept->count].output = *output;
    memcpy(kept->items[kept->count].values, output->values, 4 * (size_t)output->value_count);
    kept->count++;
}

/* What was found costs its time, and is said at the end of it.  Then comes what a device does with its results: it
 * also keeps two inferences apart, for a meter that sees one instant in 10 us. */
static void say(
    const struct host_dut_costly_options *options, struct kept *kept, const struct algo_sink *sink)
{
    if (kept->count == 0)
        return;
    algo_inference(sink, true);
    wait_until(options, now_ns() + options->cost_ns);
    for (unsigned i = 0; i < kept->count; i++) {
        kept->items[i].output.values = kept->items[i].values;
        sink->emit(sink->context, &kept->items[i].output);
    }
    algo_inference(sink, false);
    wait_until(options, now_ns() + options->cost_ns / POST_PARTS);
}

static const char *costly_open(void *state, const struct wire_open *open)
{
    struct header *const at = header(state);
    const struct host_dut_costly_options *const options = &at->costly->options;
    for (size_t i = 0; i < options->algorithm_count; i++)
        if (options->algorithms[i]->id == open->algorithm)
            at->inner = options->algorithms[i];
    return at->inner->open(state, open);
}

static void costly_step(
    void *state, unsigned stream, const int16_t *sample, const struct algo_sink *sink)
{
    const struct header *const at = header(state);
    struct kept kept;
    kept.count = 0;
    at->inner->step(state, stream, sample, &(const struct algo_sink){keep, &kept, NULL});
    say(&at->costly->options, &kept, sink);
}

static bool costly_finish(void *state, const struct algo_sink *sink)
{
    const struct header *const at = header(state);
    struct kept kept;
    kept.count = 0;
    const bool is_more = at->inner->finish(state, &(const struct algo_sink){keep, &kept, NULL});
    say(&at->costly->options, &kept, sink);
    return is_more;
}

struct host_dut_costly *host_dut_costly_create(const struct host_dut_costly_options *options)
{
    const size_t count = options->algorithm_count;
    struct host_dut_costly *const costly =
        calloc(1, sizeof *costly + count * sizeof costly->tables[0]);
    if (!costly)
        return NULL;
    costly->options = *options;
    costly->pointers = calloc(count, sizeof *costly->pointers);
    if (!costly->pointers) {
        free(costly);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        costly->tables[i] = *options->algorithms[i];
        costly->tables[i].open = costly_open;
        costly->tables[i].step = costly_step;
        costly->tables[i].finish = costly_finish;
        costly->pointers[i] = &costly->tables[i];
    }
    return costly;
}

void host_dut_costly_destroy(struct host_dut_costly *costly)
{
    if (costly)
        free(costly->pointers);
    free(costly);
}

const struct algo *const *host_dut_costly_algorithms(const struct host_dut_costly *costly)
{
    return costly->pointers;
}

void host_dut_costly_prepare(struct host_dut_costly *costly, void *state)
{
    *header(state) = (struct header){.costly = costly};
}
