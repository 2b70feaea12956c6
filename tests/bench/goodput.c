/* Goodput: which share of a line's capacity carries samples, by VitalRig's protocol and by the text protocol of MLPerf Tiny.
 *
 * One record (30 min of one channel at 360 Hz, 16 bits) goes over one simulated line (8N1: 10 bits a byte) into one simulated
 * device that computes in no time and answers 1 ms after the last byte of a question.  Everything is virtual time and exact.
 *
 *     goodput = sample bytes x time of a byte on the line / time from the first byte of the handshake to the end of the trial
 *
 * so that handshake, headers, check sums, polls, acknowledgements, waiting and the farewell all count against it.  "payload" counts the
 * 4 bytes of index in each native frame too, as the trial's payload_bytes does.  "busy" is the share of the time in which bytes to the
 * device are on the line at all: what is missing to 100 % is waiting. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "replay/session.h"
#include "sim_trial.h"

#define RATE_HZ 360
#define WINDOW \
    360 /* 720 bytes: between the 490 of keyword spotting and the 3,072 of image classification */
#define SAMPLES (1800 * RATE_HZ)
#define REPLY_LATENCY_NS VR_NS_PER_MS
#define GOAL_PCT 97.0

static const int64_t bauds[] = {115200, 921600, 3000000};

#define FRAME_SIZE 1028 /* as scenarios have it unless they say otherwise */

struct contestant {
    const char *name;
    struct sim_device_options device; /* native */
    bool is_text, verify;
};

static const struct contestant contestants[] = {
    /* The microcontroller of firmware-stub/README.md: a small ring, 16 outputs held. */
    {.name = "native, ring 4 KiB",
     .device =
         {.payload_max = FRAME_SIZE,
          .ring_size = 4096,
          .transmit_size = 1024,
          .outputs_size = 16 * DUT_OUTPUT_SIZE(3)}},
    /* The simulated device as it is shipped, but for fewer outputs held. */
    {.name = "native, ring 64 KiB",
     .device =
         {.payload_max = WIRE_PAYLOAD_MAX,
          .ring_size = 65536,
          .transmit_size = 16384,
          .outputs_size = 16384}},
    /* As its own runner speaks it, and with everything read back. */
    {.name = "mlperf text", .is_text = true},
    {.name = "mlperf text, verified", .is_text = true, .verify = true},
};

#define CONTESTANTS (sizeof contestants / sizeof contestants[0])

static double run(const struct contestant *contestant, int64_t baud)
{
    struct vr_rig_mlperf mlperf = {
        .window_samples = WINDOW,
        .hop_samples = WINDOW,
        .format = VR_RIG_FORMAT_INT16,
        .scale = 1,
        .result_count = 4,
        .chunk_size = 31,
        .verify = contestant->verify,
        .infer_timeout_s = 30,
    };
    struct sim_trial_options options = {
        .seed = 1,
        .algorithm = contestant->is_text ? "stats01" : "ecg_qrs",
        .mlperf = contestant->is_text ? &mlperf : NULL,
        .rate_num = RATE_HZ,
        .rate_den = 1,
        .stream_count = 1,
        .sample_count = SAMPLES,
        .payload_max = FRAME_SIZE,
        .device = contestant->device,
        .baud = baud,
        .reply_latency_ns = REPLY_LATENCY_NS,
        .to_device = {.cut_ns = VR_NEVER_NS, .mended_ns = VR_NEVER_NS},
        .to_host = {.cut_ns = VR_NEVER_NS, .mended_ns = VR_NEVER_NS},
        .reboot_ns = VR_NEVER_NS,
        .deadline_ns = VR_NEVER_NS,
    };
    struct sim_trial_result result;
    sim_trial_run(&options, &result);
    if (result.outcome != VR_OUTCOME_COMPLETE) {
        printf("%s at %lld baud: %s\n", contestant->name, (long long)baud, result.why);
        exit(EXIT_FAILURE);
    }
    double share_pct = 100.0 * (double)result.byte_ns / (double)result.ended_ns;
    double goodput_pct = share_pct * (double)result.row.sample_bytes;
    printf(
        "%-22s %8lld  %7.1f %%  %7.1f %%  %7.1f %%  %9.3f s\n", contestant->name, (long long)baud,
        goodput_pct, share_pct * (double)result.row.payload_bytes,
        share_pct * (double)result.row.bytes_sent, (double)result.ended_ns / 1e9);
    return goodput_pct;
}

int main(void)
{
    bool is_reached = true;
    printf("%-22s %8s  %9s  %9s  %9s  %11s\n", "", "baud", "goodput", "payload", "busy", "trial");
    for (size_t i = 0; i < sizeof bauds / sizeof bauds[0]; i++) {
        double goodput_pct[CONTESTANTS];
        for (size_t k = 0; k < CONTESTANTS; k++) {
            goodput_pct[k] = run(&contestants[k], bauds[i]);
            if (!contestants[k].is_text && goodput_pct[k] < GOAL_PCT)
                is_reached = false;
        }
        printf(
            "at %lld baud native carries %.1f times what the text protocol carries\n",
            (long long)bauds[i], goodput_pct[0] / goodput_pct[2]);
    }
    printf("goal: native carries %.0f %% or more: %s\n", GOAL_PCT, is_reached ? "yes" : "no");
    return is_reached ? EXIT_SUCCESS : EXIT_FAILURE;
}
