/* One trial in virtual time: the real session, the real device code and two lines in one process,
 * on one thread. */
#ifndef SIM_TRIAL_H
#define SIM_TRIAL_H

#include "faulty_line.h"
#include "replay/capture.h"
#include "replay/session.h"
#include "scenario/rig_mlperf.h"
#include "sim_device.h"
#include "store/store.h"

struct sim_trial_options {
    uint64_t seed;
    const char *algorithm;
    uint32_t rate_num, rate_den;
    size_t stream_count;
    int64_t sample_count; /* of each stream */
    bool paced;
    uint32_t speed_milli;
    size_t payload_max; /* the host's wish */
    struct sim_device_options device;
    const struct vr_rig_mlperf
        *mlperf; /* the double of MLPerf Tiny firmware instead, and its dialect; NULL = native */
    int64_t baud, latency_ns;
    int64_t reply_latency_ns; /* of what the device says, besides */
    bool tells_baud;          /* the session knows the line's rate, as over a serial port */
    struct line_faults to_device, to_host;
    int64_t reboot_ns; /* the device restarts then; VR_NEVER_NS = never */
    int64_t deadline_ns;
    /* Gets every batch of rows as a store would; NULL = nobody. */
    void (*keep)(void *context, const struct vr_capture *capture);
    void *context;
};

struct sim_trial_result {
    enum vr_outcome outcome;
    char why[256];
    struct vr_trial_row row; /* ledger and line columns only */
    uint64_t outputs_hash;   /* over every captured row, without times */
    int64_t output_count;
    /* Samples of all streams, as the device's own memory has it; -1 = it restarted and forgot (it may do so with FIN_R on its way). */
    int64_t device_consumed;
    bool echo_is_true;   /* the last ECHO counts and hashes the very samples that were made here */
    uint64_t transcript; /* over all bytes and times of both lines */
    int64_t ended_ns, fault_count;
    int64_t byte_ns; /* of the line, as simulated */
};

void sim_trial_run(const struct sim_trial_options *options, struct sim_trial_result *ret_result);

#endif
