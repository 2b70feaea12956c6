/* The oracle. */
#include "fault_case.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/outcome.h"

struct sim_trial_options fault_options(uint64_t seed)
{
    struct line_faults none = {.cut_ns = VR_NEVER_NS, .mended_ns = VR_NEVER_NS};
    return (struct sim_trial_options){
        .seed = seed,
        .algorithm = "echo",
        .rate_num = 360,
        .rate_den = 1,
        .stream_count = 1,
        .sample_count = 3600,
        .speed_milli = 1000,
        .payload_max = 256,
        .device =
            {.payload_max = 256,
             .ring_size = 2048,
             .transmit_size = 1024,
             .outputs_size = 2048,
             .unit = 42},
        .baud = 115200,
        .latency_ns = VR_NS_PER_MS,
        .to_device = none,
        .to_host = none,
        .reboot_ns = VR_NEVER_NS,
        .replug_ns = 2 * VR_NS_PER_S,
        .deadline_ns = VR_NEVER_NS,
    };
}

void fault_tell(struct fault_row_run *row, const char *format, ...)
{
    va_list arguments;
    row->failures++;
    printf("# ");
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

/* As the reference demands: the firmware's failures fail, the rig's may be tried again. */
static int exit_code(enum vr_outcome outcome)
{
    if (outcome == VR_OUTCOME_COMPLETE)
        return 0;
    return vr_outcome_is_rig_trouble(outcome) ? 3 : 1;
}

static int expected_exit(enum vr_outcome outcome)
{
    static const uint32_t firmware =
        OUTCOME(FW_CRASH) | OUTCOME(FW_PROTOCOL) | OUTCOME(OUTPUT_LOST);
    if (outcome == VR_OUTCOME_COMPLETE)
        return 0;
    return firmware >> outcome & 1 ? 1 : 3;
}

static struct sim_trial_options without_faults(const struct sim_trial_options *options)
{
    struct sim_trial_options clean = *options;
    clean.to_device = clean.to_host =
        (struct line_faults){.cut_ns = VR_NEVER_NS, .mended_ns = VR_NEVER_NS};
    clean.reboot_ns = VR_NEVER_NS;
    clean.unplug_count = 0;
    clean.event = NULL;
    clean.opened = NULL;
    clean.keep = NULL;
    clean.boot_nonce = 0;
    clean.device.clock_ppm = 0;
    clean.paced = false; /* the outputs are the same, and none can be dropped */
    clean.deadline_ns = VR_NEVER_NS;
    return clean;
}

static bool is_whole(
    const struct fault_case *fault_case, const struct sim_trial_result *clean,
    const struct sim_trial_result *result)
{
    return result->row.ledger_closed && result->echo_is_true &&
           result->output_count == clean->output_count &&
           (fault_case->own_indexes || result->outputs_hash == clean->outputs_hash);
}

/* What is wrong with the trial itself, or NULL. */
static const char *judge(
    const struct fault_case *fault_case, const struct sim_trial_result *clean,
    const struct sim_trial_result *result)
{
    const struct vr_trial_row *row = &result->row;
    if (!(fault_case->outcomes >> result->outcome & 1))
        return "another outcome than the row promises";
    if (fault_case->why && !strstr(result->why, fault_case->why))
        return "the reason does not say it";
    if (fault_case->log && !strstr(result->log, fault_case->log))
        return "the log does not say it";
    if (result->outcome == VR_OUTCOME_COMPLETE && !is_whole(fault_case, clean, result))
        return "I1: complete with incomplete or altered data";
    if (row->samples_planned != row->samples_consumed + row->samples_lost + row->samples_unsent ||
        row->samples_lost < 0 || row->samples_unsent < 0)
        return "I2: the ledger does not close";
    int64_t since_ns =
        fault_case->since_ns == VR_NEVER_NS ? result->unplugged_ns : fault_case->since_ns;
    if (fault_case->within_ns > 0 &&
        result->ended_ns - since_ns > fault_case->within_ns + FAULT_MARGIN_NS)
        return "I4: too late";
    if (exit_code(result->outcome) != expected_exit(result->outcome))
        return "I7: another exit code";
    return fault_case->look ? fault_case->look(result) : NULL;
}

/* The faults are over; a device that hangs was power-cycled by its bench. */
static const char *judge_next(
    struct sim_world *world, const struct fault_case *fault_case,
    const struct sim_trial_result *clean)
{
    struct sim_trial_options options = without_faults(&fault_case->options);
    struct sim_trial_result result;
    line_set_faults(&world->to_device, &options.to_device);
    line_set_faults(&world->to_host, &options.to_host);
    world->to_device.receiver_baud = world->to_host.receiver_baud = 0;
    world->to_device.byte_ns = world->to_host.byte_ns = 10 * VR_NS_PER_S / options.baud;
    world->device_tap.change = world->host_tap.change = NULL;
    line_tap_clear(&world->device_tap);
    line_tap_clear(&world->host_tap);
    if (world->device.hangs)
        sim_world_reboot(world);
    sim_world_trial(world, &options, &result);
    struct fault_case plain = {.outcomes = OUTCOME(COMPLETE), .own_indexes = false};
    return judge(&plain, clean, &result) ? "I5: the next trial on the same device does not work"
                                         : NULL;
}

static const char *run(
    const struct fault_case *fault_case, const struct sim_trial_result *clean,
    struct sim_trial_result *ret_result)
{
    struct sim_world *world = sim_world_create(&fault_case->options);
    if (fault_case->prepare)
        fault_case->prepare(world, fault_case->options.seed);
    sim_world_trial(world, &fault_case->options, ret_result);
    const char *fault = judge(fault_case, clean, ret_result);
    if (!fault)
        fault = judge_next(world, fault_case, clean);
    sim_world_destroy(world);
    return fault;
}

void fault_case_run(struct fault_row_run *row, const struct fault_case *fault_case)
{
    static struct sim_trial_result clean, result, again; /* large */
    struct sim_trial_options options = without_faults(&fault_case->options);
    row->cases++;
    sim_trial_run(&options, &clean);
    const char *fault = run(fault_case, &clean, &result);
    if (!fault)
        fault = run(fault_case, &clean, &again);
    if (!fault && (result.transcript != again.transcript || result.outcome != again.outcome))
        fault = "I8: the same seed gave another transcript";
    if (!fault)
        return;
    fault_tell(row, "%s, seed %" PRIu64 ": %s", fault_case->name, fault_case->options.seed, fault);
    printf(
        "#   %s after %.3f s (the fault at %.3f s): %s\n", vr_outcome_word(result.outcome),
        (double)(result.ended_ns - result.started_ns) / 1e9,
        (double)(fault_case->since_ns == VR_NEVER_NS ? result.unplugged_ns : fault_case->since_ns) /
            1e9,
        result.why);
}
