/* What every session remembers, whatever its dialect: shared by session.c and the dialects' files. */
#ifndef VR_REPLAY_SESSION_STATE_H
#define VR_REPLAY_SESSION_STATE_H

#include <stdalign.h>

#include "replay/dialect.h"
#include "replay/session.h"

struct vr_session {
    struct vr_session_config config; /* defaults filled in */
    const struct vr_dialect *dialect;
    enum vr_session_state state;
    enum vr_outcome outcome;
    char why[256];

    struct vr_device_info device;
    struct vr_session_ledger ledger;
    int64_t started_ns;

    bool link_down;
    int64_t outage_ns;    /* when the link was lost; VR_NEVER_NS = the device has answered since */
    char link_why[160];   /* how it was lost, for the end when it does not come back */
    char link_again[160]; /* why it cannot be opened again, "" = not known */

    alignas(max_align_t) unsigned char dialect_state[];
};

/* The one place where states change. */
void vr_session_move(struct vr_session *session, enum vr_session_state state);

/* The device did what its contract forbids: the trial ends as the firmware's failure. */
void vr_session_broken(struct vr_session *session, const char *what);

/* A line of the trial's log, source "session"; level as in syslog. */
void vr_session_log(struct vr_session *session, int64_t now_ns, int level, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The device has answered and is the one that it was: the outage, if there was one, is over.  Until then the grace goes on, however often
 * the port comes and goes. */
void vr_session_outage_end(struct vr_session *session);
bool vr_session_in_outage(const struct vr_session *session);

/* Who answered is not who was expected: another unit ends as dut_absent, stale firmware as refused.  Call once `device` is filled.
 * Returns false with the session ended. */
bool vr_session_device_expected(struct vr_session *session);

/* How long `size` bytes take on the line at the configured baud rate, 8N1; 0 where it is not known. */
int64_t vr_session_line_ns(const struct vr_session *session, int64_t size);

#endif
