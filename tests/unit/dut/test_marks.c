/* The lines that tell a power meter what a device does: when they switch, in each mode, and what an algorithm sees of them. */
#include "lab.h"

enum { ECHO = 1, BUSY = DUT_LINE_BUSY, INFERENCE = DUT_LINE_INFERENCE, EDGES_MAX = 4096 };

static struct lab lab;

static struct edge {
    uint32_t ticks;
    unsigned line;
    bool on;
} edges[EDGES_MAX];
static size_t edge_count;

static void note_mark(void *context, unsigned line, bool on)
{
    cr_assert_lt(edge_count, EDGES_MAX);
    edges[edge_count++] = (struct edge){lab.ticks, line, on};
    lab_mark(context, line, on);
}

/* Echo, but each of its steps is an inference of 3 ticks, and finds the lines on. */
static void slow_step(
    void *state, unsigned stream, const int16_t *sample, const struct algo_sink *sink)
{
    cr_expect_eq(lab.marks[BUSY], lab.dut.trial.mode != WIRE_MODE_MAX);
    cr_expect_not(lab.marks[INFERENCE], "it has not said so yet");
    algo_inference(sink, true);
    cr_expect_eq(lab.marks[INFERENCE], lab.dut.trial.mode != WIRE_MODE_MAX);
    lab.ticks += 3;
    algo_echo.step(state, stream, sample, sink);
    algo_inference(sink, false);
}

static bool slow_finish(void *state, const struct algo_sink *sink)
{
    algo_inference(sink, true);
    lab.ticks += 3;
    const bool is_more = algo_echo.finish(state, sink);
    algo_inference(sink, false);
    return is_more;
}

static void begin(uint8_t mode, uint32_t rate_hz, uint32_t count)
{
    static struct algo slow;
    static const struct algo *const algorithms[] = {&slow};
    const struct wire_open open = lab_plan(ECHO, mode, rate_hz);
    int16_t values[1000] = {0};
    slow = algo_echo;
    slow.step = slow_step;
    slow.finish = slow_finish;
    edge_count = 0;
    lab_init(&lab);
    lab.port.mark = note_mark;
    lab.config.algorithms = algorithms;
    lab.config.algorithm_count = 1;
    lab_boot(&lab);
    lab_open(&lab, &open);
    for (uint32_t at = 0; at < count; at += 500)
        lab_samples(&lab, 0, at, values, count - at < 500 ? count - at : 500);
    lab_fin(&lab, &(struct wire_fin){1, {count}});
}

static void end(void)
{
    for (unsigned turn = 0; lab_count(&lab, WIRE_FIN_R) == 0; turn++) {
        cr_assert_lt(turn, 2000000, "the trial does not end");
        lab.ticks += 1;
        lab_run(&lab);
        const size_t outputs = lab_count(&lab, WIRE_OUTPUT);
        if (outputs > 0)
            lab_send_empty(&lab, WIRE_ACK, (uint16_t)(lab_output(&lab, outputs - 1).number + 1), 0);
    }
}

/* Edges of a line alternate from on, end off, and lie `ticks` apart where it is on.  Returns the pulses. */
static size_t pulses(unsigned line, uint32_t ticks)
{
    bool is_on = false;
    uint32_t since = 0;
    size_t count = 0;
    for (size_t i = 0; i < edge_count; i++) {
        if (edges[i].line != line)
            continue;
        cr_assert_eq(edges[i].on, !is_on, "edge %zu switches nothing", i);
        is_on = edges[i].on;
        if (is_on)
            since = edges[i].ticks;
        else
            cr_assert_eq(edges[i].ticks - since, ticks, "pulse %zu of line %u", count, line);
        count += is_on;
    }
    cr_assert(!is_on);
    return count;
}

Test(marks, paced_each_sample_is_a_pulse_of_both)
{
    begin(WIRE_MODE_PACED, 1000, 50);
    end();
    cr_assert_eq(pulses(INFERENCE, 3), 51, "50 steps and finish");
    /* finish follows the last step in the same turn: one pulse of 6. */
    size_t busy = 0;
    for (size_t i = 0; i < edge_count; i++)
        busy += edges[i].line == BUSY && edges[i].on;
    cr_assert_eq(busy, 50);
    for (size_t i = 0; i + 3 < edge_count - 6; i += 4) {
        cr_expect(edges[i].line == BUSY && edges[i].on, "edge %zu", i);
        cr_expect(edges[i + 1].line == INFERENCE && edges[i + 1].on);
        cr_expect(edges[i + 2].line == INFERENCE && !edges[i + 2].on);
        cr_expect(edges[i + 3].line == BUSY && !edges[i + 3].on);
        cr_expect_eq(edges[i].ticks - edges[0].ticks, i / 4 * 1000, "at its sample's time");
    }
}

/* Samples that are all due make one busy stretch, however many turns it takes. */
Test(marks, paced_the_busy_line_stays_on_while_something_is_due)
{
    begin(WIRE_MODE_PACED, 1, 400);
    cr_assert_eq(edge_count, 4, "the first sample");
    lab.ticks += 399 * 1000000u + 500000;
    end();
    size_t busy = 0;
    for (size_t i = 4; i < edge_count; i++)
        busy += edges[i].line == BUSY && edges[i].on;
    cr_assert_eq(busy, 1);
    cr_assert_eq(pulses(INFERENCE, 3), 401);
}

Test(marks, silent_is_busy_once)
{
    begin(WIRE_MODE_SILENT, 100, 1000);
    end();
    cr_assert_eq(pulses(BUSY, 3 * 1001), 1);
    cr_assert_eq(pulses(INFERENCE, 3), 1001);
}

Test(marks, max_switches_nothing)
{
    begin(WIRE_MODE_MAX, 100, 1000);
    end();
    cr_assert_eq(edge_count, 0);
}

/* A host that goes away leaves no line on. */
Test(marks, a_trial_that_is_closed_is_not_busy)
{
    begin(WIRE_MODE_PACED, 1000, 50);
    lab.ticks += 20000;
    cr_assert(dut_run(&lab.dut));
    lab_send_empty(&lab, WIRE_CLOSE, 0, 0);
    cr_assert(!lab.marks[BUSY] && !lab.marks[INFERENCE]);
}

Test(marks, an_output_is_said_within_its_pulse)
{
    begin(WIRE_MODE_PACED, 100, 150);
    end();
    const struct wire_output output = lab_output(&lab, 0);
    size_t found = 0;
    for (size_t i = 0; i + 1 < edge_count; i++)
        found += edges[i].line == INFERENCE && edges[i].on &&
                 output.ticks_emitted - edges[i].ticks <= edges[i + 1].ticks - edges[i].ticks;
    cr_assert_eq(found, 1);
}
