/* The ledger: what became of every sample and every output of a trial.
 *
 *     planned = consumed + lost + unsent        emitted = stored + lost
 *
 * A sample is lost when it was put on the line and the device did not say that it consumed it. Lost
 * in this sense is what the host cannot prove; on a complete trial it is 0.  Without FIN_R the
 * device never said how many outputs there were (emitted -1), and the ledger stays open.  A trial
 * with an open ledger can never pass. */
#ifndef VR_REPLAY_LEDGER_H
#define VR_REPLAY_LEDGER_H

#include "replay/schedule.h"
#include "replay/session.h"
#include "store/store.h"

/* Fill the ledger and the line's columns of a trial's row.  `stored` = outputs handed to the store.
 */
void vr_ledger_close(
    const struct vr_session_ledger *ledger, const struct vr_schedule *schedule, int64_t stored,
    struct vr_trial_row *row);

#endif
