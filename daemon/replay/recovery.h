/* Recovery: what the bench does to a device before a run and after trouble, by the commands of its rig file.
 *
 *     before the first trial     flash
 *     after trouble              reset
 *     after trouble again        power_cycle
 *
 * Where only one of the two restarts is given, it is that one each time.  A command that reports success has not restarted anything yet:
 * many hubs do not switch their ports' power.  The next trial tells, by the device's boot nonce; see vr_trial_setup. */
#ifndef VR_REPLAY_RECOVERY_H
#define VR_REPLAY_RECOVERY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenario/rig.h"

#define VR_RECOVERY_NOTES_MAX 4

/* For the log of the next trial. */
struct vr_recovery_note {
    int64_t host_ns;
    int level; /* as in syslog */
    char text[VR_ERR_TEXT_SIZE];
};

struct vr_recovery {
    const struct vr_rig_dut *dut;
    const atomic_int *stop;

    /* Since the last trial. */
    struct vr_recovery_note notes[VR_RECOVERY_NOTES_MAX];
    size_t note_count;
    const char *restarted_by;   /* "reset", "power_cycle": it reported success; NULL = none did */
    char why[VR_ERR_TEXT_SIZE]; /* what failed, "" = nothing did */

    /* In this run. */
    bool is_reset_used_up; /* it was tried since the device last did its part */
    int flashes, resets, power_cycles, failures;
};

void vr_recovery_init(
    struct vr_recovery *recovery, const struct vr_rig_dut *dut, const atomic_int *stop);

/* The link must be closed.  Success where there is nothing to do; else as vr_command_run. */
int vr_recovery_flash(struct vr_recovery *recovery, struct vr_err *err);

/* After trouble, with the link closed: the restart whose turn it is. */
void vr_recovery_restart(struct vr_recovery *recovery);

/* A trial is over.  `bench_why`: the restart before it was none, "" = it was. */
void vr_recovery_note_trial(
    struct vr_recovery *recovery, bool is_trouble, const char *bench_why, int64_t now_ns);
/* The notes are written. */
void vr_recovery_clear_notes(struct vr_recovery *recovery);

#endif
