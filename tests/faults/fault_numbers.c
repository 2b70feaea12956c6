/* Numbers that wrap, clocks that drift. */
#include <math.h>

#include "matrix.h"
#include "replay/clock_rate.h"
#include "replay/native_state.h"

/* --- L12 ------------------------------------------------------------------------------------------- */

static const char *look_no_gap(const struct sim_trial_result *result)
{
    const struct vr_trial_row *row = &result->row;
    if (row->frames_resent > 0)
        return "frames were sent again over a clean line";
    if (row->frame_errors + row->crc_errors + row->device_frame_errors + row->device_crc_errors > 0)
        return "damaged frames over a clean line";
    return NULL;
}

/* Where the device and the host count from, instead of 0: both ends are told the same. */
static uint32_t first_index;

static void move_start(void *context, struct sim_world *world)
{
    struct dut_stream *stream = &world->device.dut.streams[0];
    struct vr_native *native = vr_native_of(world->session);
    struct vr_session_ledger *ledger = &world->session->ledger;
    (void)context;
    world->first_index = first_index;
    world->schedule.streams[0].next_index = first_index;
    world->schedule.streams[0].sample_count += first_index;
    ((uint32_t *)world->device.state)[2] = first_index; /* what the echo has counted */
    stream->received = stream->consumed = stream->told = first_index;
    native->streams[0].offered = first_index;
    native->streams[0].limit_bytes += (int64_t)first_index * 2;
    ledger->samples_sent[0] = ledger->samples_consumed[0] = first_index;
}

void fault_l12(struct fault_row_run *row)
{
    /* 30 samples a frame: 70,000 frames, and as many outputs. */
    struct fault_case fault_case = {
        .name = "frames and outputs beyond 65,536",
        .options = fault_options(row->seed),
        .outcomes = OUTCOME(COMPLETE),
        .look = look_no_gap,
    };
    fault_case.options.baud = 12000000;
    fault_case.options.payload_max = 80;
    fault_case.options.rate_num = 25;
    fault_case.options.sample_count = 70000 * 38;
    fault_case_run(row, &fault_case);
    /* One frame of eleven is lost, so some are sent again across the wrap. */
    fault_case.name = "the same over a noisy line";
    fault_case.options.to_device.byte_rate = fault_case.options.to_host.byte_rate = 1e-3;
    fault_case.look = NULL;
    fault_case_run(row, &fault_case);

    fault_case = (struct fault_case){
        .name = "the device's clock wraps",
        .options = fault_options(row->seed),
        .outcomes = OUTCOME(COMPLETE),
        .look = look_no_gap,
    };
    fault_case.options.device.first_ticks = UINT32_MAX - 300000; /* 0.3 s before */
    fault_case_run(row, &fault_case);
    fault_case.name = "the device's clock wraps while it is paced";
    fault_case.options.paced = true;
    fault_case_run(row, &fault_case);

    static const uint32_t firsts[] = {
        UINT32_MAX / 2 - 1000, /* byte offsets wrap at 2^32, indexes become negative at 2^31 */
        UINT32_MAX - 1000,     /* indexes wrap */
    };
    for (size_t i = 0; i < 2; i++) {
        first_index = firsts[i];
        fault_case = (struct fault_case){
            .name = i ? "sample indexes wrap" : "byte offsets wrap",
            .options = fault_options(row->seed),
            .outcomes = OUTCOME(COMPLETE),
            .own_indexes = true,
            .look = look_no_gap,
        };
        fault_case.options.opened = move_start;
        fault_case_run(row, &fault_case);
    }
}

/* --- L16 ------------------------------------------------------------------------------------------- */

static struct vr_sync_row syncs[256];
static size_t sync_count;
static double true_ppm;

static void keep_syncs(void *context, const struct vr_capture *capture)
{
    (void)context;
    for (size_t i = 0; i < capture->sync_count && sync_count < 256; i++)
        syncs[sync_count++] = capture->syncs[i];
}

static void prepare_syncs(struct sim_world *world, uint64_t seed)
{
    (void)world, (void)seed;
    sync_count = 0;
}

/* The trial of the case comes before the one behind it, so its exchanges are the first. */
static const char *look_drift(const struct sim_trial_result *result)
{
    struct vr_clock_rate rate;
    (void)result;
    if (!vr_clock_rate_measure(syncs, sync_count, SIM_TICKS_HZ, &rate))
        return "the drift was not measured";
    if (fabs(rate.ppm - true_ppm) > rate.ppm_err)
        return "the true drift lies outside its bound";
    return rate.ppm_err > 500 ? "the drift is not known to 500 ppm" : NULL;
}

static int64_t ticks_step;

static int64_t step_clock(void *context, struct sim_world *world)
{
    (void)context;
    world->device.ticks_step += ticks_step;
    return VR_NEVER_NS;
}

#define STEP_NS (2300 * VR_NS_PER_MS)

void fault_l16(struct fault_row_run *row)
{
    static const double drifts_ppm[] = {-500, 500};
    static const struct {
        int64_t step_us;
        const char *why;
    } steps[] = {{-2000000, "its clock stepped by -"}, {2000000, "its clock stepped by +"}};
    for (size_t i = 0; i < 2; i++) {
        struct fault_case fault_case = {
            .name = "drift",
            .options = fault_options(row->seed),
            .prepare = prepare_syncs,
            .outcomes = OUTCOME(COMPLETE),
            .look = look_drift,
        };
        fault_case.options.paced = true;
        fault_case.options.device.clock_ppm = true_ppm = drifts_ppm[i];
        fault_case.options.keep = keep_syncs;
        fault_case.options.sample_count = 360 * 60;
        fault_case_run(row, &fault_case);

        fault_case = (struct fault_case){
            .name = "a step",
            .options = fault_options(row->seed),
            .outcomes = OUTCOME(FW_PROTOCOL),
            .why = steps[i].why,
            .since_ns = STEP_NS,
            .within_ns = VR_NS_PER_S, /* from one SYNC to the next */
        };
        fault_case.options.paced = true;
        fault_case.options.event = step_clock;
        fault_case.options.event_ns = STEP_NS;
        ticks_step = steps[i].step_us;
        fault_case_run(row, &fault_case);
    }
}
