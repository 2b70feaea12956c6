/* Life and time of a session: creation, deadlines, the end. */
#include "replay/session.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "replay/session_state.h"
#include "wire/digest.h"

static const struct vr_session_config defaults = {
    .hello_timeout_ns = 3 * VR_NS_PER_S,
    .reply_timeout_ns = 250 * VR_NS_PER_MS,
    .silence_ns = 5 * VR_NS_PER_S,
    .sync_period_ns = VR_NS_PER_S,
    .stall_ns = 60 * VR_NS_PER_S,
};

#define RETRY_GROWTH_MAX 8 /* the wait doubles up to this many times reply_timeout_ns */
#define HELLO_PERIOD_NS (200 * VR_NS_PER_MS)

static void apply_defaults(struct vr_session_config *config)
{
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

    struct vr_session *session = calloc(1, sizeof *session);
    if (!session)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a session");
    int r = vr_window_init(&session->window, config->payload_max, err);
    if (r < 0) {
        free(session);
        return r;
    }
    session->config = *config;
    apply_defaults(&session->config);
    wire_decoder_init(&session->decoder, session->decoder_buffer, sizeof session->decoder_buffer);
    for (size_t i = 0; i < config->open.stream_count; i++)
        session->streams[i].sample_size = 2u * config->open.streams[i].channels;
    session->ledger.outputs_emitted = -1;
    session->ledger.digest = WIRE_DIGEST_INIT;
    session->flush_due = session->hello_due = true;
    session->retry_ns = session->config.reply_timeout_ns;
    session->started_ns = session->heard_ns = session->progress_ns = session->moved_ns = now_ns;
    session->hello_sent_ns = session->sync_sent_ns = now_ns;
    session->gap_sent_ns = VR_NEVER_NS;
    *ret_session = session;
    return 0;
}

void vr_session_destroy(struct vr_session *session)
{
    if (!session)
        return;
    vr_window_finish(&session->window);
    free(session);
}

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
    session->hello_due = session->ack_due = session->sync_due = false;
    session->close_due = session->state != VR_SESSION_HELLO;
    vr_session_move(session, VR_SESSION_ENDED);
}

/* Twice the round trip: a slow line with a full queue must not be taken for a dead one. */
static int64_t first_retry_ns(const struct vr_session *session)
{
    int64_t wanted_ns = 2 * session->rtt_ns;
    return wanted_ns > session->config.reply_timeout_ns ? wanted_ns
                                                        : session->config.reply_timeout_ns;
}

void vr_session_progress(struct vr_session *session, int64_t now_ns)
{
    session->progress_ns = session->moved_ns = now_ns;
    session->retry_ns = first_retry_ns(session);
}

void vr_session_go_back(struct vr_session *session, int64_t now_ns)
{
    vr_window_rewind(&session->window);
    session->progress_ns = now_ns;
}

void vr_session_ask_outputs(struct vr_session *session, int64_t now_ns)
{
    if (session->gap_sent_ns != VR_NEVER_NS && now_ns - session->gap_sent_ns < session->retry_ns)
        return;
    session->gap_sent_ns = now_ns;
    session->ack_due = true;
    session->ack_flags |= WIRE_FLAG_GAP;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void tick_hello(struct vr_session *session, int64_t now_ns)
{
    if (now_ns - session->started_ns >= session->config.hello_timeout_ns) {
        if (session->ledger.bytes_received == 0)
            vr_session_end(
                session, VR_OUTCOME_DUT_ABSENT,
                "no answer to HELLO; is the device powered, flashed and on this port?");
        else
            vr_session_end(
                session, VR_OUTCOME_LINK_CORRUPT,
                "%lld bytes arrived but no valid answer to HELLO; is the baud rate right, and does "
                "the firmware contain the device library?",
                (long long)session->ledger.bytes_received);
        return;
    }
    if (now_ns - session->hello_sent_ns >= HELLO_PERIOD_NS)
        session->hello_due = true;
}

/* Nothing moved for retry_ns although something is outstanding: send it again, or ask. */
static void send_again(struct vr_session *session, int64_t now_ns)
{
    if (session->window.acked < session->window.next) {
        vr_session_go_back(session, now_ns);
    } else {
        session->ack_due = true;
        session->ack_flags |= WIRE_FLAG_POLL;
    }
    session->progress_ns = now_ns;
    int64_t most_ns = RETRY_GROWTH_MAX * session->config.reply_timeout_ns;
    if (most_ns < first_retry_ns(session))
        most_ns = first_retry_ns(session);
    session->retry_ns = earlier(2 * session->retry_ns, most_ns);
}

/* The device answers, but nothing moves.  Damaged frames say that it is the line that fails, not the firmware. */
static void end_stalled(struct vr_session *session)
{
    const struct vr_session_ledger *ledger = &session->ledger;
    long long stall_s = session->config.stall_ns / VR_NS_PER_S;
    long long damaged = ledger->crc_errors + ledger->frame_errors + ledger->device_crc_errors +
                        ledger->device_frame_errors;
    if (damaged > 0)
        vr_session_end(
            session, VR_OUTCOME_LINK_CORRUPT,
            "nothing got through for %lld s: %lld damaged frames; the line is too noisy for frames "
            "of %zu bytes, so try a smaller frame_size",
            stall_s, damaged, session->window.payload_max);
    else
        vr_session_end(
            session, VR_OUTCOME_FW_HANG,
            "the device answers, but nothing moved for %lld s, last at sample %lld of stream 0",
            stall_s, (long long)ledger->samples_consumed[0]);
}

/* On a slow line an answer stands behind all that is queued in both directions. */
static int64_t silence_ns(const struct vr_session *session)
{
    return session->config.silence_ns + 4 * session->rtt_ns;
}

static void tick_running(struct vr_session *session, int64_t now_ns)
{
    const struct vr_session_config *config = &session->config;
    if (now_ns - session->heard_ns >= silence_ns(session)) {
        vr_session_end(
            session, VR_OUTCOME_FW_HANG, "no answer for %lld ms, last at sample %lld of stream 0",
            (long long)(silence_ns(session) / VR_NS_PER_MS),
            (long long)session->ledger.samples_consumed[0]);
        return;
    }
    if (now_ns - session->moved_ns >= config->stall_ns) {
        end_stalled(session);
        return;
    }
    if (now_ns - session->progress_ns >= session->retry_ns)
        send_again(session, now_ns);
    if (session->gap_sent_ns != VR_NEVER_NS)
        vr_session_ask_outputs(session, now_ns);
    if (now_ns - session->sync_sent_ns >= config->sync_period_ns)
        session->sync_due = true;
    /* A device that restarted knows no session and answers nothing but HELLO: ask in time, the same
     * nonce disturbs no session. */
    if (now_ns - session->heard_ns >= config->silence_ns / 4 &&
        now_ns - session->hello_sent_ns >= config->silence_ns / 4)
        session->hello_due = true;
}

/* What is due already waits for the line to take it, not for time. */
static int64_t next_deadline(const struct vr_session *session)
{
    int64_t next = session->config.deadline_ns;
    switch (session->state) {
    case VR_SESSION_HELLO:
        next = earlier(next, session->started_ns + session->config.hello_timeout_ns);
        return session->hello_due ? next : earlier(next, session->hello_sent_ns + HELLO_PERIOD_NS);
    case VR_SESSION_REBOOTED:
        return earlier(next, session->rebooted_ns + VR_SESSION_FAULT_GRACE_NS);
    case VR_SESSION_ENDED:
        return VR_NEVER_NS;
    default:
        next = earlier(next, session->heard_ns + silence_ns(session));
        next = earlier(next, session->moved_ns + session->config.stall_ns);
        next = earlier(next, session->progress_ns + session->retry_ns);
        if (session->gap_sent_ns != VR_NEVER_NS)
            next = earlier(next, session->gap_sent_ns + session->retry_ns);
        return session->sync_due
                   ? next
                   : earlier(next, session->sync_sent_ns + session->config.sync_period_ns);
    }
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
    else if (session->state == VR_SESSION_HELLO)
        tick_hello(session, now_ns);
    else if (session->state != VR_SESSION_REBOOTED)
        tick_running(session, now_ns);
    else if (now_ns - session->rebooted_ns >= VR_SESSION_FAULT_GRACE_NS)
        vr_session_end(
            session, VR_OUTCOME_FW_REBOOT,
            "the device restarted in mid-trial without a fault report, after sample %lld",
            (long long)session->ledger.samples_consumed[0]);
    return next_deadline(session);
}

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
