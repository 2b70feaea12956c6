/* Trials in virtual time: the real session, the real device code and two lines in one process, on one
 * thread.
 *
 * A world holds a device and its lines; trials follow each other in it.  All times are the world's, which begins at 0. */
#ifndef SIM_TRIAL_H
#define SIM_TRIAL_H

#include "faulty_line.h"
#include "line_tap.h"
#include "replay/capture.h"
#include "replay/schedule.h"
#include "replay/session.h"
#include "scenario/rig.h"
#include "sim_device.h"
#include "sim_mlperf.h"
#include "store/store.h"

#define SIM_UNPLUGS_MAX 4

/* The line is pulled out of its port, in both directions at once, and put back. */
struct sim_unplug {
    int64_t at_ns;       /* VR_NEVER_NS = not by time */
    int64_t at_byte;     /* when so many bytes have arrived in one direction; -1 = not by bytes */
    bool to_host;        /* which one */
    int64_t away_ns;     /* VR_NEVER_NS = for good */
    bool reboots;        /* the device had its power from it */
    uint32_t other_unit; /* serial number of another one that comes back; 0 = the same unit */
    bool same_nonce;     /* that happens to tell the boot nonce of the first one */
};

struct sim_world;

struct sim_trial_options {
    uint64_t seed;
    const char *algorithm;
    uint32_t rate_num, rate_den;
    size_t stream_count;
    int64_t sample_count; /* of each stream */
    bool paced;
    bool marks; /* a meter sees the device's sync line */
    uint32_t speed_milli;
    size_t payload_max; /* the host's wish */
    struct sim_device_options device;
    const struct vr_rig_mlperf
        *mlperf; /* the double of MLPerf Tiny firmware instead, and its dialect; NULL = native */
    int64_t baud, latency_ns;
    int64_t reply_latency_ns; /* of what the device says, besides */
    struct line_faults to_device, to_host;
    int64_t reboot_ns;                          /* the device restarts then; VR_NEVER_NS = never */
    struct sim_unplug unplugs[SIM_UNPLUGS_MAX]; /* in their order */
    size_t unplug_count;
    bool uart;           /* the device does not notice that its line is away */
    int64_t replug_ns;   /* grace of the session */
    uint32_t boot_nonce; /* that the session expects; 0 = any */
    int64_t deadline_ns;
    /* Anything else, once at event_ns; returns when to be called again.  NULL = nothing. */
    int64_t (*event)(void *context, struct sim_world *world);
    int64_t event_ns;
    /* Once, when the device has accepted OPEN and no sample was offered yet.  NULL = nothing. */
    void (*opened)(void *context, struct sim_world *world);
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
    int64_t started_ns, ended_ns;
    int64_t fault_count;
    int64_t byte_ns;      /* of the line, as simulated */
    int64_t unplugged_ns; /* the last time; VR_NEVER_NS = never */
    size_t unplug_count, reboot_count;
    char log[2048]; /* the session's own lines */
    size_t log_count;
};

struct sim_world {
    const struct sim_trial_options *options; /* of the present trial */
    struct sim_trial_result *result;
    int64_t now_ns;
    struct faulty_line to_device, to_host;
    struct line_tap device_tap, host_tap; /* on what goes to the device, and to the host */
    struct sim_device device;
    struct sim_mlperf mlperf; /* instead of it, where the options say so */
    struct vr_rig_dut rig;    /* of the dialect mlperf */
    bool powered, opened;
    uint32_t first_index; /* the first sample's, where it is not 0 */
    uint32_t boot_nonce;
    uint32_t trial_count;

    /* The present trial. */
    struct vr_session *session;
    struct vr_schedule schedule;
    struct vr_capture capture;
    uint64_t outputs_hash;
    struct vr_output_row last;
    uint8_t pending[VR_SESSION_TRANSMIT_MIN]; /* encoded, waiting for the line */
    size_t pending_at, pending_size;
    size_t next_unplug, unplug_count, reboot_count;
    int64_t reboot_ns, event_ns, replug_ns, unplugged_ns;
};

/* Device, lines and faults as the options say. */
struct sim_world *sim_world_create(const struct sim_trial_options *options);
void sim_world_destroy(struct sim_world *world);

/* One more trial with the same device; faults of lines are set by line_set_faults only. */
void sim_world_trial(
    struct sim_world *world, const struct sim_trial_options *options,
    struct sim_trial_result *ret_result);

/* The device restarts, with the next boot nonce. */
void sim_world_reboot(struct sim_world *world);

/* A world for one trial. */
void sim_trial_run(const struct sim_trial_options *options, struct sim_trial_result *ret_result);

#endif
