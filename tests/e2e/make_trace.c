/* make_trace FILE [METER [SHAPE]]: add a power trace to the last trial of a run file, as a run would leave it.
 *
 * Ten seconds at 1 ksps: sample i has the code i % 100, which is as many mA; line 0 is high in every second half of a second; samples 2000 to
 * 2009 are lost.  SHAPE makes it another one:
 *
 *     power, energy   the same current at 3 V that is measured, as power, or as energy of a sample
 *     unknown         power of an unknown supply
 *     fast            2 Msps
 *     switching       100 ksps of a PPK2 with a range switch at every hundredth sample */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/power.h"

#define COUNT 10000
#define LOST_FIRST 2000
#define LOST_COUNT 10

static struct vr_err err;

static void check(int result)
{
    if (result == 0)
        return;
    fprintf(stderr, "make_trace: %s\n", err.text);
    exit(EXIT_FAILURE);
}

static int keep_trial(void *context, const struct vr_trial_row *trial)
{
    *(int64_t *)context = trial->trial_id;
    return 0;
}

/* mA of a sample, NaN = lost. */
static float current_ma(int i)
{
    return i >= LOST_FIRST && i < LOST_FIRST + LOST_COUNT ? NAN : (float)(i % 100);
}

static void pack(struct vr_power_packer *packer, const struct vr_power_stream_row *stream)
{
    static float values[COUNT], volts[COUNT];
    static uint16_t codes[COUNT];
    static uint8_t ranges[COUNT], lines[COUNT];
    const struct vr_power_gap gap = {LOST_FIRST, LOST_COUNT, VR_POWER_GAP_COUNTER,
                                     LOST_COUNT, LOST_COUNT, 0};
    for (int i = 0; i < COUNT; i++) {
        codes[i] = (uint16_t)(i % 100);
        ranges[i] =
            isnan(current_ma(i)) ? VR_POWER_MISSING : stream->scale.gain_err[1] > 0 && i / 100 % 2;
        volts[i] = isnan(current_ma(i)) ? NAN : 3;
        values[i] = current_ma(i) * 3e-3F;
        if (stream->quantity == VR_POWER_ENERGY)
            values[i] /= (float)stream->rate_num;
        lines[i] = i / 500 % 2;
    }
    struct vr_power_samples samples = {.count = COUNT, .lines = lines};
    if (stream->is_coded) {
        samples.codes = codes;
        samples.ranges = ranges;
    } else {
        samples.values = values;
        samples.volts = stream->has_volts ? volts : NULL;
    }
    check(vr_power_packer_add_gap(packer, &gap, &err));
    check(vr_power_packer_add(packer, &samples, &err));
    check(vr_power_packer_finish(packer, &err));
}

static void shape(struct vr_power_stream_row *stream, const char *name)
{
    bool is_energy = strcmp(name, "energy") == 0, is_unknown = strcmp(name, "unknown") == 0;
    if (is_energy || is_unknown || strcmp(name, "power") == 0) {
        stream->is_coded = false;
        stream->instrument = "csv";
        stream->quantity = is_energy ? VR_POWER_ENERGY : VR_POWER_POWER;
        stream->supply_v = is_energy ? 3 : NAN;
        stream->has_volts = !is_energy && !is_unknown;
    } else if (strcmp(name, "fast") == 0) {
        stream->rate_num = 2000000;
    } else if (strcmp(name, "switching") == 0) {
        stream->rate_num = 100000;
        stream->scale.a[1][1] = 1e-3;
        stream->scale.gain_err[1] = 0.1;
    } else {
        fprintf(stderr, "make_trace: %s: no such shape\n", name);
        exit(EXIT_FAILURE);
    }
}

int main(int argc, char **argv)
{
    struct vr_store *store = NULL;
    struct vr_power_packer *packer = NULL;
    struct vr_power_stream_row stream = {
        .meter = argc > 2 ? argv[2] : "ppk",
        .instrument = "PPK2",
        .rate_num = 1000,
        .rate_den = 1,
        .is_coded = true,
        .has_lines = true,
        .scale = {.a = {{0, 1e-3, 0}}, .gain_err = {0.1}},
        .supply_v = 3,
        .busy_line = 0,
        .inference_line = -1,
        .mode = "max",
        .started_ns = 1,
        .ended_ns = 2,
        .sample_count = COUNT,
        .lost_count = LOST_COUNT,
    };
    if (argc < 2)
        return EXIT_FAILURE;
    if (argc > 3)
        shape(&stream, argv[3]);
    check(vr_store_open(argv[1], VR_STORE_WRITE, &store, &err));
    check(vr_store_trials(store, 1, keep_trial, &stream.trial_id, &err));
    check(vr_store_power_stream_add(store, &stream, &err));
    check(vr_power_packer_create(&stream, &packer, &err));
    pack(packer, &stream);
    struct vr_power_batch *batch = vr_power_packer_take(packer);
    check(vr_store_power_batch_add(store, stream.stream_id, batch, &err));
    vr_power_batch_destroy(batch);
    vr_power_packer_destroy(packer);
    vr_store_close(store);
    return EXIT_SUCCESS;
}
