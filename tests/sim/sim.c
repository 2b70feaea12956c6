/* The simulator: thousands of trials over lines that flip, drop, insert, duplicate, delay and cut, and that are unplugged, each from
 * one seed.
 *
 *     sim --seeds 500     seeds 1..500; exit 1 and the command that replays it at the first finding
 *     sim --seed 1234     one seed, with its options and its result
 *     sim --bench HOURS   a clean line for so many device-hours: how fast virtual time runs
 *
 * For every seed: the outputs are those of the clean line, or the trial is reported incomplete; the
 * ledger closes; the same seed gives the same transcript; nobody but the line is blamed for an unplug;
 * and where the line is good enough, or comes back in time to the same boot, the trial must complete. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/rng.h"
#include "sim_trial.h"

static int64_t between(struct vr_rng *rng, int64_t low, int64_t high)
{
    return low + (int64_t)vr_rng_below(rng, (uint32_t)(high - low + 1));
}

static double rate_between(struct vr_rng *rng, int low_exponent, int high_exponent)
{
    static const double powers[] = {1e-6, 1e-5, 1e-4, 1e-3, 1e-2};
    return powers[between(rng, low_exponent + 6, high_exponent + 6)] * (1 + 4 * vr_rng_unit(rng));
}

static void draw_faults(struct vr_rng *rng, struct line_faults *faults)
{
    *faults = (struct line_faults){.cut_ns = VR_NEVER_NS, .mended_ns = VR_NEVER_NS};
    faults->byte_rate = vr_rng_below(rng, 8) ? rate_between(rng, -6, -3) : 0;
    faults->delay_ns = vr_rng_below(rng, 4) ? 0 : between(rng, 1, 50) * VR_NS_PER_MS;
    if (vr_rng_below(rng, 10) == 0) {
        faults->cut_ns = between(rng, 1, 2000) * VR_NS_PER_MS;
        /* Half are mended in time to go on, half stay cut. */
        if (vr_rng_below(rng, 2))
            faults->mended_ns = faults->cut_ns + between(rng, 1, 3000) * VR_NS_PER_MS;
    }
}

#define FRAME_MIN 80 /* OPEN with four streams */

#define GRACE_NS (2 * VR_NS_PER_S)

static void draw_unplugs(struct vr_rng *rng, struct sim_trial_options *options)
{
    options->unplug_count = (size_t)between(rng, 1, 3);
    options->uart = vr_rng_below(rng, 2);
    options->replug_ns = vr_rng_below(rng, 8) ? GRACE_NS : 0;
    for (size_t i = 0; i < options->unplug_count; i++) {
        struct sim_unplug *unplug = &options->unplugs[i];
        *unplug = (struct sim_unplug){.at_ns = VR_NEVER_NS, .at_byte = -1};
        unplug->to_host = vr_rng_below(rng, 2);
        if (vr_rng_below(rng, 4))
            unplug->at_byte = between(rng, 0, unplug->to_host ? 2000 : 20000) * (int64_t)(i + 1);
        else
            unplug->at_ns = between(rng, 0, 2000) * VR_NS_PER_MS;
        unplug->away_ns = between(rng, 0, vr_rng_below(rng, 4) ? 800 : 2500) * VR_NS_PER_MS;
        unplug->reboots = vr_rng_below(rng, 5) == 0;
        unplug->other_unit = vr_rng_below(rng, 8) ? 0 : 4711;
        unplug->same_nonce = vr_rng_below(rng, 2);
    }
}

static void clean_lines(struct sim_trial_options *options)
{
    options->to_device = options->to_host =
        (struct line_faults){.cut_ns = VR_NEVER_NS, .mended_ns = VR_NEVER_NS};
    options->reboot_ns = VR_NEVER_NS;
}

static void draw_options(uint64_t seed, struct sim_trial_options *options)
{
    static const uint32_t rates_hz[] = {125, 250, 300, 360, 500};
    static const int64_t bauds[] = {9600, 57600, 115200, 460800, 921600, 3000000, 12000000};
    struct vr_rng rng;
    vr_rng_init(&rng, seed);
    *options = (struct sim_trial_options){
        .seed = seed,
        .algorithm = vr_rng_below(&rng, 3) ? "ecg_qrs" : "echo",
        .rate_num = rates_hz[vr_rng_below(&rng, 5)],
        .rate_den = 1,
        .stream_count = 1,
        .paced = vr_rng_below(&rng, 4) == 0,
        .payload_max = (size_t)between(&rng, FRAME_MIN, WIRE_PAYLOAD_MAX),
        .baud = bauds[vr_rng_below(&rng, 7)],
        .latency_ns = between(&rng, 10, 20000) * VR_NS_PER_US,
        .reboot_ns = VR_NEVER_NS,
        .replug_ns = GRACE_NS,
        .deadline_ns = 3600 * VR_NS_PER_S,
    };
    options->sample_count = (int64_t)options->rate_num * between(&rng, 1, 60);
    if (strcmp(options->algorithm, "echo") == 0)
        options->stream_count = (size_t)between(&rng, 1, 3);
    options->speed_milli = (uint32_t)between(&rng, 1000, 20000);
    options->device = (struct sim_device_options){
        .payload_max = (uint16_t)between(&rng, FRAME_MIN, WIRE_PAYLOAD_MAX),
        .ring_size = (size_t)between(&rng, 512, 65536),
        .transmit_size = (size_t)between(&rng, 512, 4096),
        .outputs_size = (size_t)between(&rng, 128, 8192),
        .unit = 42,
    };
    draw_faults(&rng, &options->to_device);
    draw_faults(&rng, &options->to_host);
    if (vr_rng_below(&rng, 25) == 0)
        options->reboot_ns = between(&rng, 1, 3000) * VR_NS_PER_MS;
    if (vr_rng_below(&rng, 3) == 0)
        draw_unplugs(&rng, options);
    if (options->unplug_count > 0 && vr_rng_below(&rng, 2))
        clean_lines(options);
    options->marks = vr_rng_below(&rng, 2);
}

/* The same faults on the line of firmware that speaks the text protocol, every answer verified. */
static void draw_mlperf(
    uint64_t seed, struct sim_trial_options *options, struct vr_rig_mlperf *shape)
{
    struct vr_rng rng;
    vr_rng_init(&rng, seed ^ UINT64_C(0x6d6c70657266));
    draw_options(seed, options);
    *shape = (struct vr_rig_mlperf){
        .window_samples = (uint32_t)between(&rng, 1, 500),
        .format = VR_RIG_FORMAT_INT16,
        .scale = 1,
        .result_count = 4,
        .chunk_size = (uint32_t)between(&rng, 1, 31),
        .verify = true,
        .infer_timeout_s = 30,
    };
    shape->hop_samples =
        (uint32_t)between(&rng, (shape->window_samples + 3) / 4, shape->window_samples);
    options->mlperf = shape;
    options->algorithm = "stats01";
    options->stream_count = 1;
    options->paced = false;
    options->sample_count = shape->window_samples + between(&rng, 0, 10) * shape->hop_samples;
}

static void make_clean(struct sim_trial_options *options)
{
    clean_lines(options);
    options->unplug_count = 0;
}

/* It comes back in time, with the same boot of the same unit.  The grace is for one outage, and two unplugs may fall into one. */
static bool comes_back(const struct sim_trial_options *options)
{
    int64_t away_ns = 0;
    for (size_t i = 0; i < options->unplug_count; i++) {
        const struct sim_unplug *unplug = &options->unplugs[i];
        if (unplug->reboots || unplug->other_unit != 0)
            return false;
        away_ns += unplug->away_ns;
    }
    return away_ns == 0 || away_ns < options->replug_ns * 8 / 10;
}

/* A line without any fault but that it is unplugged. */
static bool is_unplugged_only(const struct sim_trial_options *options)
{
    return options->unplug_count > 0 && options->to_device.byte_rate <= 0 &&
           options->to_host.byte_rate <= 0 && options->to_device.cut_ns == VR_NEVER_NS &&
           options->to_host.cut_ns == VR_NEVER_NS && options->reboot_ns == VR_NEVER_NS;
}

/* Good enough that go-back-N must get everything through: a frame of 2 KiB passes 4e-4 four times
 * in ten. */
static bool must_complete(const struct sim_trial_options *options)
{
    /* A frame that takes more than a second (4 KiB at 9,600 baud takes four) leaves a device no time to answer before it is called
     * silent: such a line wants smaller frames. */
    if ((int64_t)options->payload_max * 10 > options->baud)
        return false;
    /* The text protocol repairs nothing and resumes nothing. */
    if (options->mlperf && (options->to_device.byte_rate > 0 || options->to_host.byte_rate > 0 ||
                            options->unplug_count > 0))
        return false;
    return options->to_device.byte_rate < 2e-4 && options->to_host.byte_rate < 2e-4 &&
           options->to_device.cut_ns == VR_NEVER_NS && options->to_host.cut_ns == VR_NEVER_NS &&
           options->reboot_ns == VR_NEVER_NS && !options->paced && comes_back(options);
}

static void print_result(const char *name, const struct sim_trial_result *result)
{
    printf(
        "%-7s %-12s outputs %" PRId64 " hash %016" PRIx64 " transcript %016" PRIx64
        " ended %.3f s faults %" PRId64 " resent %" PRId64 " %s\n",
        name, vr_outcome_word(result->outcome), result->output_count, result->outputs_hash,
        result->transcript, (double)result->ended_ns / 1e9, result->fault_count,
        result->row.frames_resent, result->why);
}

/* What is wrong with this result, or NULL. */
static const char *find_fault(
    const struct sim_trial_options *options, const struct sim_trial_result *clean,
    const struct sim_trial_result *result, const struct sim_trial_result *again)
{
    const struct vr_trial_row *row = &result->row;
    if (clean->outcome != VR_OUTCOME_COMPLETE && !options->paced)
        return "the clean line did not complete";
    if (result->transcript != again->transcript || result->outcome != again->outcome)
        return "the same seed gave another transcript";
    if (row->samples_planned != row->samples_consumed + row->samples_lost + row->samples_unsent ||
        row->samples_lost < 0 || row->samples_unsent < 0 || row->samples_consumed < 0)
        return "the ledger of samples does not close";
    if (result->outcome == VR_OUTCOME_FW_PROTOCOL)
        return "the device was accused of breaking the protocol";
    if (is_unplugged_only(options) && clean->outcome == VR_OUTCOME_COMPLETE &&
        result->outcome != VR_OUTCOME_COMPLETE && result->outcome != VR_OUTCOME_LINK_LOST &&
        result->outcome != VR_OUTCOME_DUT_ABSENT)
        return "somebody else than the line was blamed for an unplug";
    if (result->outcome != VR_OUTCOME_COMPLETE)
        return must_complete(options) ? "the trial did not complete over a fair line" : NULL;
    if (!row->ledger_closed)
        return "complete with an open ledger";
    if (result->device_consumed != row->samples_planned && result->device_consumed >= 0)
        return "complete, but the device has not consumed all samples";
    if (strcmp(options->algorithm, "echo") == 0 && options->stream_count == 1 &&
        !result->echo_is_true)
        return "complete, but the echo is not that of the samples";
    if (clean->outcome == VR_OUTCOME_COMPLETE && (result->outputs_hash != clean->outputs_hash ||
                                                  result->output_count != clean->output_count))
        return "the outputs differ from those of the clean line";
    return NULL;
}

static void print_unplugs(const struct sim_trial_options *options)
{
    for (size_t i = 0; i < options->unplug_count; i++) {
        const struct sim_unplug *unplug = &options->unplugs[i];
        printf("unplugged at ");
        if (unplug->at_byte >= 0)
            printf("byte %" PRId64, unplug->at_byte);
        else
            printf("%" PRId64 " ms", unplug->at_ns / VR_NS_PER_MS);
        printf(
            " to the %s for %" PRId64 " ms%s%s%s\n", unplug->to_host ? "host" : "device",
            unplug->away_ns / VR_NS_PER_MS, unplug->reboots ? ", restarts" : "",
            unplug->other_unit ? ", another unit" : "",
            unplug->other_unit && unplug->same_nonce ? " with the same nonce" : "");
    }
}

struct tally {
    int64_t completed, resumed;
};

/* Whose seeds these are. */
static bool is_mlperf;

static bool run_seed(uint64_t seed, bool verbose, struct tally *tally)
{
    struct sim_trial_options options, clean_options;
    struct sim_trial_result clean, result, again;
    struct vr_rig_mlperf shape;
    if (is_mlperf)
        draw_mlperf(seed, &options, &shape);
    else
        draw_options(seed, &options);
    clean_options = options;
    make_clean(&clean_options);
    sim_trial_run(&clean_options, &clean);
    sim_trial_run(&options, &result);
    sim_trial_run(&options, &again);

    const char *fault = find_fault(&options, &clean, &result, &again);
    tally->completed += result.outcome == VR_OUTCOME_COMPLETE;
    tally->resumed += result.outcome == VR_OUTCOME_COMPLETE && result.unplug_count > 0;
    if (verbose || fault) {
        printf(
            "seed %" PRIu64 ": %s, %" PRId64 " samples at %u Hz, %s speed %u, frames %zu/%u, "
            "ring %zu, outputs %zu, %" PRId64 " baud, faults %g and %g per byte\n",
            seed, options.algorithm, options.sample_count, options.rate_num,
            options.paced ? "paced" : "max", options.speed_milli, options.payload_max,
            options.device.payload_max, options.device.ring_size, options.device.outputs_size,
            options.baud, options.to_device.byte_rate, options.to_host.byte_rate);
        print_unplugs(&options);
        print_result("clean", &clean);
        print_result("faulty", &result);
        print_result("again", &again);
    }
    if (fault)
        printf(
            "FAILED: %s\nreplay it with: sim%s --seed %" PRIu64 "\n", fault,
            is_mlperf ? " --mlperf" : "", seed);
    return !fault;
}

static int run_seeds(uint64_t first, uint64_t count)
{
    struct tally tally = {0};
    for (uint64_t seed = first; seed < first + count; seed++)
        if (!run_seed(seed, false, &tally))
            return 1;
    printf(
        "%" PRIu64 " seeds from %" PRIu64 ": %" PRId64 " complete with the clean line's outputs, "
        "%" PRId64 " of them after an unplug, %" PRId64 " reported incomplete\n",
        count, first, tally.completed, tally.resumed, (int64_t)count - tally.completed);
    return 0;
}

static int bench(double hours)
{
    struct sim_trial_options options = {
        .seed = 1,
        .algorithm = "ecg_qrs",
        .rate_num = 360,
        .rate_den = 1,
        .stream_count = 1,
        .speed_milli = 1000,
        .sample_count = (int64_t)(hours * 3600 * 360),
        .payload_max = 1028,
        .device =
            {.payload_max = 1028, .ring_size = 16384, .transmit_size = 4096, .outputs_size = 8192},
        .baud = 12000000,
        .latency_ns = 100 * VR_NS_PER_US,
        .deadline_ns = VR_NEVER_NS,
    };
    make_clean(&options);
    struct sim_trial_result result;
    clock_t start = clock();
    sim_trial_run(&options, &result);
    double cpu_s = (double)(clock() - start) / CLOCKS_PER_SEC;
    print_result("bench", &result);
    printf(
        "%.1f device-hours of 360 Hz ECG in %.2f CPU seconds: %.0f device-hours a CPU minute; "
        "payload %.3f %% of the bytes to the device, samples %.3f %%\n",
        hours, cpu_s, hours / cpu_s * 60,
        100.0 * (double)result.row.payload_bytes / (double)result.row.bytes_sent,
        100.0 * (double)result.row.sample_bytes / (double)result.row.bytes_sent);
    return result.outcome == VR_OUTCOME_COMPLETE ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct tally tally = {0};
    if (argc > 1 && strcmp(argv[1], "--mlperf") == 0) {
        is_mlperf = true;
        argc--;
        argv++;
    }
    if (argc == 3 && strcmp(argv[1], "--seed") == 0)
        return run_seed(strtoull(argv[2], NULL, 10), true, &tally) ? 0 : 1;
    if (argc == 3 && strcmp(argv[1], "--bench") == 0)
        return bench(strtod(argv[2], NULL));
    if (argc == 3 && strcmp(argv[1], "--seeds") == 0)
        return run_seeds(1, strtoull(argv[2], NULL, 10));
    if (argc == 5 && strcmp(argv[1], "--seeds") == 0 && strcmp(argv[3], "--from") == 0)
        return run_seeds(strtoull(argv[4], NULL, 10), strtoull(argv[2], NULL, 10));
    fprintf(stderr, "usage: sim [--mlperf] --seeds N [--from N] | --seed N | --bench HOURS\n");
    return 2;
}
