/* Which command is next, and what became of it. */
#include "replay/recovery.h"

#include <stdio.h>

#include "base/clock.h"
#include "replay/command.h"

#define LEVEL_WARNING 4
#define LEVEL_NOTICE 5

void vr_recovery_init(
    struct vr_recovery *recovery, const struct vr_rig_dut *dut, const atomic_int *stop)
{
    *recovery = (struct vr_recovery){.dut = dut, .stop = stop};
}

static void add_note(struct vr_recovery *recovery, int64_t now_ns, int level, const char *text)
{
    if (recovery->note_count == VR_RECOVERY_NOTES_MAX)
        return;
    struct vr_recovery_note *note = &recovery->notes[recovery->note_count++];
    note->host_ns = now_ns;
    note->level = level;
    snprintf(note->text, sizeof note->text, "%s", text);
}

static int run_command(
    struct vr_recovery *recovery, const char *what, char **argv, struct vr_err *err)
{
    char text[80];
    int64_t start_ns = vr_clock_monotonic_ns();
    int r = vr_command_run(
        what, (const char *const *)argv, recovery->dut->command_timeout_s, recovery->stop, err);
    int64_t end_ns = vr_clock_monotonic_ns();
    snprintf(text, sizeof text, "%s: done in %.1f s", what, (double)(end_ns - start_ns) / 1e9);
    add_note(recovery, start_ns, r < 0 ? LEVEL_WARNING : LEVEL_NOTICE, r < 0 ? err->text : text);
    return r;
}

int vr_recovery_flash(struct vr_recovery *recovery, struct vr_err *err)
{
    if (!recovery->dut->flash)
        return 0;
    recovery->flashes++;
    return run_command(recovery, "flash", recovery->dut->flash, err);
}

static void restart(struct vr_recovery *recovery, const char *what, char **argv, int *count)
{
    struct vr_err err = {0};
    ++*count;
    int r = run_command(recovery, what, argv, &err);
    recovery->restarted_by = r < 0 ? NULL : what;
    snprintf(recovery->why, sizeof recovery->why, "%s", r < 0 ? err.text : "");
    recovery->failures += r < 0;
}

void vr_recovery_restart(struct vr_recovery *recovery)
{
    const struct vr_rig_dut *dut = recovery->dut;
    bool is_power_next = dut->power_cycle && (!dut->reset || recovery->is_reset_used_up);
    if (is_power_next)
        restart(recovery, "power_cycle", dut->power_cycle, &recovery->power_cycles);
    else if (dut->reset)
        restart(recovery, "reset", dut->reset, &recovery->resets);
    recovery->is_reset_used_up = true;
}

void vr_recovery_note_trial(
    struct vr_recovery *recovery, bool is_trouble, const char *bench_why, int64_t now_ns)
{
    if (recovery->restarted_by && bench_why[0]) {
        add_note(recovery, now_ns, LEVEL_WARNING, bench_why);
        recovery->failures++;
    }
    recovery->restarted_by = NULL;
    recovery->why[0] = '\0';
    if (!is_trouble)
        recovery->is_reset_used_up = false;
}

void vr_recovery_clear_notes(struct vr_recovery *recovery)
{
    recovery->note_count = 0;
}
