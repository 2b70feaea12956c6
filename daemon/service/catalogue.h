/* The catalogue's keeper: a thread with the one connection that writes it.  The loop asks, and is told when it is done.
 *
 * Work is done one after the other, in the order in which it was asked for.  `done` is called in the loop. */
#ifndef VR_SERVICE_CATALOGUE_H
#define VR_SERVICE_CATALOGUE_H

#include <systemd/sd-event.h>

#include "store/baseline.h"
#include "store/store.h"

struct vr_keeper;

typedef void vr_keeper_done_fn(void *context, int result, const struct vr_err *err);

/* Opens the catalogue (made when missing; an older schema is migrated behind a backup; a corrupt one is moved aside to NAME.corrupt-TIME,
 * loudly, and begun anew). */
int vr_keeper_create(
    const char *path, sd_event *loop, struct vr_keeper **ret_keeper, struct vr_err *err);
/* Finishes what it has begun, forgets the rest. */
void vr_keeper_destroy(struct vr_keeper *keeper);

/* Strings are copied. */
int vr_keeper_ingest(
    struct vr_keeper *keeper, const char *run_file, vr_keeper_done_fn *done, void *context,
    struct vr_err *err);
int vr_keeper_note_health(
    struct vr_keeper *keeper, const char *rig, const char *dut, const struct vr_health_note *note,
    vr_keeper_done_fn *done, void *context, struct vr_err *err);
int vr_keeper_release(
    struct vr_keeper *keeper, const char *rig, const char *dut, vr_keeper_done_fn *done,
    void *context, struct vr_err *err);
int vr_keeper_set_baseline(
    struct vr_keeper *keeper, const struct vr_baseline_row *baseline, vr_keeper_done_fn *done,
    void *context, struct vr_err *err);
int vr_keeper_remove_baseline(
    struct vr_keeper *keeper, const char *name, vr_keeper_done_fn *done, void *context,
    struct vr_err *err);
/* A consistent copy for readers, in place of the last one. */
int vr_keeper_snapshot(
    struct vr_keeper *keeper, const char *path, vr_keeper_done_fn *done, void *context,
    struct vr_err *err);
/* A verified one in `folder`, named by the time; at most `keep` stay. */
int vr_keeper_backup(
    struct vr_keeper *keeper, const char *folder, int keep, vr_keeper_done_fn *done, void *context,
    struct vr_err *err);

/* For the watchdog: work that waits, and how long the present one has been going on. */
size_t vr_keeper_waiting(struct vr_keeper *keeper);
int64_t vr_keeper_busy_ns(struct vr_keeper *keeper, int64_t now_ns);

#endif
