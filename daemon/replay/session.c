/* What all dialects share: life, the deadline, a line that goes away and comes back, the end. */
#include "replay/session.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "replay/session_state.h"

extern const struct vr_dialect vr_dialect_native;

static const struct vr_session_config defaults = {
    .hello_timeout_ns = 3 * VR_NS_PER_S,
    .reply_timeout_ns = 250 * VR_NS_PER_MS,
    .silence_ns = 5 * VR_NS_PER_S,
    .sync_period_ns = VR_NS_PER_S,
    .stall_ns = 60 * VR_NS_PER_S,
};

static void apply_defaults(struct vr_session_config *config)
{
    if (!config->dialect)
        config->dialect = &vr_dialect_native;
    if (!config->hello_timeout_ns)
        config->hello_timeout_ns = defaults.hello_timeout_ns;
    if (!config->reply_timeout_ns)
        config->reply_timeout_ns = defaults.reply_timeout_ns;
    if (!config->silence_ns)
        config->silence_ns = defaults.silence_ns;
    if (!config->sync_period_ns)
        config->sync_period_ns = defaults.sync_period_ns;
    if (!config->stall_ns)
        config->stall_ns = defaults.stall_ns;
    if (!config->deadline_ns)
        config->deadline_ns = VR_NEVER_NS;
}

int vr_session_create(
    const struct vr_session_config *config, int64_t now_ns, struct vr_session **ret_session,
    struct vr_err *err)
{
    assert(config->session_id != 0 && config->algorithm);
    assert(config->payload_max >= WIRE_PAYLOAD_MIN && config->payload_max <= WIRE_PAYLOAD_MAX);
    assert(config->open.stream_count >= 1 && config->open.stream_count <= WIRE_STREAMS_MAX);

    struct vr_session_config filled = *config;
    apply_defaults(&filled);
    struct vr_session *session = calloc(1, sizeof *session + filled.dialect->state_size);
    if (!session)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a session");
    session->config = filled;
    session->dialect = filled.dialect;
    session->ledger.outputs_emitted = -1;
    session->started_ns = now_ns;
    session->outage_ns = VR_NEVER_NS;
    int r = session->dialect->start(session, now_ns, err);
    if (r < 0) {
        free(session);
        return r;
    }
    *ret_session = session;
    return 0;
}

void vr_session_destroy(struct vr_session *session)
{
    if (!session)
        return;
    if (session->dialect->finish)
        session->dialect->finish(session);
    free(session);
}

/* --- states ----------------------------------------------------------------------------------- */

void vr_session_move(struct vr_session *session, enum vr_session_state state)
{
    static const uint8_t allowed[] = {
        /* from */
        [VR_SESSION_HELLO] = 1 << VR_SESSION_OPENING | 1 << VR_SESSION_ENDED,
        [VR_SESSION_OPENING] =
            1 << VR_SESSION_STREAMING | 1 << VR_SESSION_REBOOTED | 1 << VR_SESSION_ENDED,
        [VR_SESSION_STREAMING] =
            1 << VR_SESSION_CLOSING | 1 << VR_SESSION_REBOOTED | 1 << VR_SESSION_ENDED,
        [VR_SESSION_CLOSING] = 1 << VR_SESSION_REBOOTED | 1 << VR_SESSION_ENDED,
        [VR_SESSION_REBOOTED] = 1 << VR_SESSION_ENDED,
        [VR_SESSION_ENDED] = 0,
    };
    assert(allowed[session->state] & 1 << state);
    session->state = state;
}

void vr_session_end(struct vr_session *session, enum vr_outcome outcome, const char *format, ...)
{
    if (session->state == VR_SESSION_ENDED)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(session->why, sizeof session->why, format, arguments);
    va_end(arguments);
    session->outcome = outcome;
    if (session->dialect->ended)
        session->dialect->ended(session);
    vr_session_move(session, VR_SESSION_ENDED);
}

void vr_session_broken(struct vr_session *session, const char *what)
{
    vr_session_end(session, VR_OUTCOME_FW_PROTOCOL, "the device broke the protocol: %s", what);
}

void vr_session_log(struct vr_session *session, int64_t now_ns, int level, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    session->config.sink.log(session->config.sink.context, now_ns, level, "session", text);
}

bool vr_session_device_expected(struct vr_session *session)
{
    const struct vr_session_config *config = &session->config;
    const struct vr_device_info *device = &session->device;
    if (config->device_id && strcmp(config->device_id, device->device_id) != 0)
        vr_session_end(
            session, VR_OUTCOME_DUT_ABSENT,
            "another unit answers on this port: its device id is %s, expected is %s",
            device->device_id[0] ? device->device_id : "not told", config->device_id);
    else if (config->firmware_hash && !device->firmware_hash[0])
        vr_session_end(
            session, VR_OUTCOME_REFUSED,
            "the device tells no hash of its firmware, expected is %s: flash a build that "
            "sets dut_config.firmware_hash, or take firmware out of the rig file",
            config->firmware_hash);
    else if (config->firmware_hash && strcmp(config->firmware_hash, device->firmware_hash) != 0)
        vr_session_end(
            session, VR_OUTCOME_REFUSED,
            "stale firmware, or another: the device tells the hash %s, expected is %s; flash it "
            "again",
            device->firmware_hash, config->firmware_hash);
    else
        return true;
    return false;
}

int64_t vr_session_line_ns(const struct vr_session *session, int64_t size)
{
    return session->config.baud > 0 ? size * 10 * VR_NS_PER_S / session->config.baud : 0;
}

/* --- a line that goes away and comes back ------------------------------------------------------- */

void vr_session_link_down(struct vr_session *session, int64_t now_ns, const char *why)
{
    if (session->state == VR_SESSION_ENDED)
        return;
    if (session->link_down) {
        snprintf(session->link_again, sizeof session->link_again, "%s", why);
        return;
    }
    session->ledger.link_losses++;
    session->ledger.link_lost_ns = now_ns;
    vr_session_log(
        session, now_ns, 4,
        "the link was lost %lld ms into the trial, at sample %lld of stream 0: %s",
        (long long)((now_ns - session->started_ns) / VR_NS_PER_MS),
        (long long)session->ledger.samples_consumed[0], why);
    /* A reboot is known already; there is nothing to go on with. */
    if (!session->dialect->resumes || session->config.replug_ns <= 0 ||
        session->state == VR_SESSION_REBOOTED) {
        vr_session_end(session, VR_OUTCOME_LINK_LOST, "%s", why);
        return;
    }
    /* Before the outage begins: the last frame may have come but for its end, and may be an answer that ends an earlier one. */
    session->dialect->link_down(session, now_ns);
    if (session->state == VR_SESSION_ENDED)
        return;
    session->link_down = true;
    session->link_again[0] = '\0';
    if (!vr_session_in_outage(session)) {
        session->outage_ns = now_ns;
        snprintf(session->link_why, sizeof session->link_why, "%s", why);
    }
}

void vr_session_link_up(struct vr_session *session, int64_t now_ns)
{
    if (session->state == VR_SESSION_ENDED || !session->link_down)
        return;
    vr_session_log(
        session, now_ns, 4, "the link is back after %lld ms",
        (long long)((now_ns - session->outage_ns) / VR_NS_PER_MS));
    session->link_down = false;
    session->dialect->link_up(session, now_ns);
}

bool vr_session_link_is_down(const struct vr_session *session)
{
    return session->link_down && session->state != VR_SESSION_ENDED;
}

void vr_session_outage_end(struct vr_session *session)
{
    session->outage_ns = VR_NEVER_NS;
}

bool vr_session_in_outage(const struct vr_session *session)
{
    return session->outage_ns != VR_NEVER_NS;
}

static void tick_link_down(struct vr_session *session, int64_t now_ns)
{
    if (now_ns - session->outage_ns >= session->config.replug_ns)
        vr_session_end(
            session, VR_OUTCOME_LINK_LOST, "%s; it did not come back within %.1f s%s%s",
            session->link_why, (double)session->config.replug_ns / (double)VR_NS_PER_S,
            session->link_again[0] ? ": " : "", session->link_again);
}

/* --- to the dialect ----------------------------------------------------------------------------- */

size_t vr_session_room(const struct vr_session *session, size_t stream, int64_t left)
{
    if (session->state != VR_SESSION_STREAMING || session->link_down || left <= 0)
        return 0;
    return session->dialect->room(session, stream, left);
}

void vr_session_offer(
    struct vr_session *session, size_t stream, const int16_t *samples, size_t count, bool last)
{
    session->dialect->offer(session, stream, samples, count, last);
}

void vr_session_finish_streams(struct vr_session *session)
{
    session->dialect->finish_streams(session);
}

void vr_session_receive(
    struct vr_session *session, int64_t now_ns, const uint8_t *data, size_t size)
{
    session->ledger.bytes_received += (int64_t)size;
    if (session->state != VR_SESSION_ENDED && !session->link_down)
        session->dialect->receive(session, now_ns, data, size);
}

size_t vr_session_transmit(
    struct vr_session *session, int64_t now_ns, uint8_t *buffer, size_t capacity)
{
    assert(capacity >= VR_SESSION_TRANSMIT_MIN);
    if (session->link_down)
        return 0;
    size_t size = session->dialect->transmit(session, now_ns, buffer, capacity);
    session->ledger.bytes_sent += (int64_t)size;
    return size;
}

int64_t vr_session_tick(struct vr_session *session, int64_t now_ns)
{
    if (session->state == VR_SESSION_ENDED)
        return VR_NEVER_NS;
    if (now_ns >= session->config.deadline_ns)
        vr_session_end(
            session, VR_OUTCOME_TIMED_OUT,
            "not over in the scenario's timeout_s, at sample %lld of stream 0; is the line fast "
            "enough?",
            (long long)session->ledger.samples_consumed[0]);
    int64_t next_ns = VR_NEVER_NS;
    if (session->link_down) {
        tick_link_down(session, now_ns);
        next_ns = session->outage_ns + session->config.replug_ns;
    } else if (session->state != VR_SESSION_ENDED) {
        next_ns = session->dialect->tick(session, now_ns);
    }
    if (session->state == VR_SESSION_ENDED)
        return VR_NEVER_NS;
    return next_ns < session->config.deadline_ns ? next_ns : session->config.deadline_ns;
}

/* --- what is known ------------------------------------------------------------------------------ */

enum vr_session_state vr_session_state(const struct vr_session *session)
{
    return session->state;
}

enum vr_outcome vr_session_outcome(const struct vr_session *session)
{
    assert(session->state == VR_SESSION_ENDED);
    return session->outcome;
}

const char *vr_session_why(const struct vr_session *session)
{
    return session->why;
}

const struct vr_session_ledger *vr_session_ledger(const struct vr_session *session)
{
    return &session->ledger;
}

const struct vr_device_info *vr_session_device(const struct vr_session *session)
{
    return &session->device;
}
