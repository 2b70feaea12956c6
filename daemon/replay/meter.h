/* A power meter at work during trials.
 *
 *     port ─▶ reader (thread) ─▶ ring ─▶ decoder and packer (thread) ─▶ batches ─▶ the trial's own thread ─▶ store
 *
 * The reader does nothing but read and note the time; only the trial's thread touches the store.  A meter that fails never ends a
 * trial: outputs are as true without it.  Its stream says what happened, and there is no energy. */
#ifndef VR_REPLAY_METER_H
#define VR_REPLAY_METER_H

#include "power/power.h"
#include "scenario/rig.h"
#include "store/power.h"

struct vr_meter;

/* Nothing is opened yet.  `config` and `rig` outlive the meter; its strings too. */
int vr_meter_create(
    const struct vr_power_driver *driver, const struct vr_power_config *config,
    const struct vr_rig_meter *rig, struct vr_meter **ret_meter, struct vr_err *err);
void vr_meter_destroy(struct vr_meter *meter); /* NULL is allowed */

/* Take the instrument, unless it is open already; it stays open, and with it the supply of the device, until it fails or close.  What
 * went wrong is kept for the streams too. */
int vr_meter_open(struct vr_meter *meter, struct vr_err *err);
void vr_meter_close(struct vr_meter *meter);

/* Begin the stream of a trial.  0 also when the instrument does not sample: the stream then says why.  VR_ERR_STORE and
 * VR_ERR_NO_MEMORY are errors of ours. */
int vr_meter_begin(
    struct vr_meter *meter, struct vr_store *store, int64_t trial_id, const char *mode,
    struct vr_err *err);
/* Store what has been packed, once a second; call more often than that. */
int vr_meter_flush(struct vr_meter *meter, struct vr_err *err);
/* End the stream: everything that was sampled until now is read, decoded and stored, and the clocks are joined by the trial's rows.
 * `ticks_hz`: of the device, 0 = none. */
int vr_meter_end(struct vr_meter *meter, int64_t ticks_hz, struct vr_err *err);

#endif
