/* The native dialect (schema/wire.md): life and time.  The device keeps no timer for the link, so recovery is driven from here. */
#include <stdlib.h>

#include "base/clock.h"
#include "replay/native_state.h"
#include "wire/digest.h"

#define RETRY_GROWTH_MAX 8 /* the wait doubles up to this many times reply_timeout_ns */
#define HELLO_PERIOD_NS (200 * VR_NS_PER_MS)
#define HELLO_LINE_SIZE 64 /* B of HELLO on the line */

/* A silent trial that computes is asked only after every silence_ns, and may miss so many answers. */
#define QUIET_PERIODS_MAX 3

/* At a wrong baud rate a device answers noise, and nothing else will come.  A boot log is text, and may take its time. */
#define NOISE_NS VR_NS_PER_S

static int native_start(struct vr_session *session, int64_t now_ns, struct vr_err *err)
{
    struct vr_native *native = vr_native_of(session);
    const struct vr_session_config *config = &session->config;
    int r = vr_window_init(&native->window, config->payload_max, err);
    if (r < 0)
        return r;
    wire_decoder_init(&native->decoder, native->decoder_buffer, sizeof native->decoder_buffer);
    for (size_t i = 0; i < config->open.stream_count; i++)
        native->streams[i].sample_size = 2u * config->open.streams[i].channels;
    session->ledger.digest = WIRE_DIGEST_INIT;
    native->flush_due = native->hello_due = true;
    native->retry_ns = config->reply_timeout_ns;
    native->hello_since_ns = native->heard_ns = native->progress_ns = native->moved_ns = now_ns;
    native->hello_sent_ns = native->sync_sent_ns = now_ns;
    native->gap_sent_ns = native->noise_since_ns = VR_NEVER_NS;
    return 0;
}

static void native_finish(struct vr_session *session)
{
    vr_window_finish(&vr_native_of(session)->window);
}

static void native_finish_streams(struct vr_session *session)
{
    vr_native_of(session)->streams_finished = true;
}

static void native_ended(struct vr_session *session)
{
    struct vr_native *native = vr_native_of(session);
    native->hello_due = native->ack_due = native->sync_due = false;
    native->close_due = session->state != VR_SESSION_HELLO;
}

/* --- waiting ------------------------------------------------------------------------------------ */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Twice the round trip: a slow line with a full queue must not be taken for a dead one. */
static int64_t first_retry_ns(const struct vr_session *session)
{
    const struct vr_native *native = vr_native_get(session);
    int64_t wanted_ns = 2 * native->rtt_ns;
    return wanted_ns > session->config.reply_timeout_ns ? wanted_ns
                                                        : session->config.reply_timeout_ns;
}

/* What was handed to the line and is not acknowledged may still be on its way: a 4 KiB frame takes 4.3 s at 9,600 baud. */
static int64_t underway_ns(const struct vr_session *session)
{
    const struct vr_native *native = vr_native_get(session);
    return session->config.baud > 0
               ? vr_session_line_ns(session, vr_window_unacked_size(&native->window))
               : 0;
}

/* How long nothing may move before it is sent again. */
static int64_t overdue_ns(const struct vr_session *session)
{
    return vr_native_get(session)->retry_ns + underway_ns(session);
}

/* On a slow line an answer stands behind all that is queued in both directions. */
static int64_t silence_ns(const struct vr_session *session)
{
    return session->config.silence_ns + 4 * vr_native_get(session)->rtt_ns + underway_ns(session);
}

static int64_t hello_period_ns(const struct vr_session *session)
{
    int64_t wanted_ns = 4 * vr_session_line_ns(session, HELLO_LINE_SIZE);
    return wanted_ns > HELLO_PERIOD_NS ? wanted_ns : HELLO_PERIOD_NS;
}

static int64_t hello_timeout_ns(const struct vr_session *session)
{
    return session->config.hello_timeout_ns + 2 * hello_period_ns(session) - 2 * HELLO_PERIOD_NS;
}

/* Frames that arrived broken, at either end. */
static int64_t damaged(const struct vr_session *session)
{
    const struct vr_session_ledger *ledger = &session->ledger;
    return ledger->crc_errors + ledger->frame_errors + ledger->device_crc_errors +
           ledger->device_frame_errors;
}

void vr_native_progress(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    native->progress_ns = native->moved_ns = now_ns;
    native->moved_damaged = damaged(session);
    native->retry_ns = first_retry_ns(session);
}

void vr_native_go_back(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    vr_window_rewind(&native->window);
    native->progress_ns = now_ns;
}

void vr_native_ask_outputs(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    if (native->gap_sent_ns != VR_NEVER_NS && now_ns - native->gap_sent_ns < native->retry_ns)
        return;
    native->gap_sent_ns = now_ns;
    native->ack_due = true;
    native->ack_flags |= WIRE_FLAG_GAP;
}

/* --- the handshake ------------------------------------------------------------------------------ */

static void end_unanswered(struct vr_session *session)
{
    const struct vr_native *native = vr_native_get(session);
    if (native->resuming)
        vr_session_end(
            session, VR_OUTCOME_LINK_LOST,
            "the port came back, but no device answered on it for %lld ms",
            (long long)(hello_timeout_ns(session) / VR_NS_PER_MS));
    else if (session->ledger.bytes_received == 0)
        vr_session_end(
            session, VR_OUTCOME_DUT_ABSENT,
            "no answer to HELLO; is the device powered, flashed, on this port, and at this baud "
            "rate?");
    else
        vr_session_end(
            session, VR_OUTCOME_LINK_CORRUPT,
            "%lld bytes arrived but no valid answer to HELLO; is the baud rate right, and does "
            "the firmware contain the device library?",
            (long long)session->ledger.bytes_received);
}

/* Bytes came, none of them in a frame, and too few of them are text: sampled at a wrong rate, half of a log may still look like it. */
static bool is_noise(const struct vr_session *session, int64_t now_ns)
{
    const struct vr_native *native = vr_native_get(session);
    return native->noise_since_ns != VR_NEVER_NS && native->decoder.frames == 0 &&
           now_ns - native->noise_since_ns >= NOISE_NS &&
           native->text_bytes < session->ledger.bytes_received * 3 / 4;
}

static void tick_hello(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    if (now_ns - native->hello_since_ns >= hello_timeout_ns(session) || is_noise(session, now_ns))
        end_unanswered(session);
    else if (now_ns - native->hello_sent_ns >= hello_period_ns(session))
        native->hello_due = true;
}

static int64_t next_hello(const struct vr_session *session, int64_t now_ns)
{
    const struct vr_native *native = vr_native_get(session);
    int64_t next = native->hello_since_ns + hello_timeout_ns(session);
    /* Once it is over and was text, only more bytes can change that. */
    if (native->noise_since_ns != VR_NEVER_NS && native->decoder.frames == 0 &&
        native->noise_since_ns + NOISE_NS > now_ns)
        next = earlier(next, native->noise_since_ns + NOISE_NS);
    return native->hello_due ? next
                             : earlier(next, native->hello_sent_ns + hello_period_ns(session));
}

/* --- the running trial ---------------------------------------------------------------------------- */

/* Nothing moved for overdue_ns although something is outstanding: send it again, or ask. */
static void send_again(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    if (native->window.acked < native->window.next) {
        vr_native_go_back(session, now_ns);
    } else {
        native->ack_due = true;
        native->ack_flags |= WIRE_FLAG_POLL;
    }
    native->progress_ns = now_ns;
    int64_t most_ns = RETRY_GROWTH_MAX * session->config.reply_timeout_ns;
    if (most_ns < first_retry_ns(session))
        most_ns = first_retry_ns(session);
    native->retry_ns = earlier(2 * native->retry_ns, most_ns);
}

/* The device answers, but nothing moves.  Frames damaged since it last did say that it is the line that fails, not the firmware. */
static void end_stalled(struct vr_session *session)
{
    long long stall_s = session->config.stall_ns / VR_NS_PER_S;
    long long since = damaged(session) - vr_native_get(session)->moved_damaged;
    if (since > 0)
        vr_session_end(
            session, VR_OUTCOME_LINK_CORRUPT,
            "nothing got through for %lld s: %lld damaged frames; the line is too noisy for frames "
            "of %zu bytes, so try a smaller frame_size",
            stall_s, since, vr_native_get(session)->window.payload_max);
    else
        vr_session_end(
            session, VR_OUTCOME_FW_HANG,
            "the device answers, but nothing moved for %lld s, last at sample %lld of stream 0",
            stall_s, (long long)session->ledger.samples_consumed[0]);
}

/* No valid frame, although asked.  Damaged ones that keep coming are a line that fails; a crash handler's last words come early and once. */
static void end_silent(struct vr_session *session)
{
    const struct vr_native *native = vr_native_get(session);
    long long silence_ms = silence_ns(session) / VR_NS_PER_MS;
    long long sample = session->ledger.samples_consumed[0];
    if (native->damaged_ns > native->heard_ns + silence_ns(session) / 2)
        vr_session_end(
            session, VR_OUTCOME_LINK_CORRUPT,
            "only damaged frames for %lld ms, last at sample %lld of stream 0: the line is too "
            "noisy",
            silence_ms, sample);
    else
        vr_session_end(
            session, VR_OUTCOME_FW_HANG, "no answer for %lld ms, last at sample %lld of stream 0",
            silence_ms, sample);
}

bool vr_native_is_quiet(const struct vr_session *session)
{
    const struct vr_native *native = vr_native_get(session);
    return session->config.open.mode == WIRE_MODE_SILENT && session->state == VR_SESSION_CLOSING &&
           native->window.acked == native->window.next && session->ledger.outputs_emitted < 0 &&
           native->gap_sent_ns == VR_NEVER_NS;
}

/* The device is left alone while it computes; one question before its silence would be taken for a hang. */
static void tick_quiet(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    if (now_ns - native->heard_ns >= QUIET_PERIODS_MAX * silence_ns(session))
        end_silent(session);
    else if (now_ns - native->moved_ns >= session->config.stall_ns)
        end_stalled(session);
    else if (now_ns - native->sync_sent_ns >= silence_ns(session)) {
        native->sync_due = native->ack_due = true;
        native->ack_flags |= WIRE_FLAG_POLL;
    }
}

static int64_t next_quiet(const struct vr_session *session)
{
    const struct vr_native *native = vr_native_get(session);
    int64_t next = native->heard_ns + QUIET_PERIODS_MAX * silence_ns(session);
    next = earlier(next, native->moved_ns + session->config.stall_ns);
    return native->sync_due ? next : earlier(next, native->sync_sent_ns + silence_ns(session));
}

static void tick_running(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    const struct vr_session_config *config = &session->config;
    if (now_ns - native->heard_ns >= silence_ns(session)) {
        end_silent(session);
        return;
    }
    if (now_ns - native->moved_ns >= config->stall_ns) {
        end_stalled(session);
        return;
    }
    if (now_ns - native->progress_ns >= overdue_ns(session))
        send_again(session, now_ns);
    if (native->gap_sent_ns != VR_NEVER_NS)
        vr_native_ask_outputs(session, now_ns);
    if (now_ns - native->sync_sent_ns >= config->sync_period_ns)
        native->sync_due = true;
    /* A device that restarted knows no session and answers nothing but HELLO: ask in time, the same
     * nonce disturbs no session. */
    if (now_ns - native->heard_ns >= config->silence_ns / 4 &&
        now_ns - native->hello_sent_ns >= config->silence_ns / 4)
        native->hello_due = true;
}

/* What is due already waits for the line to take it, not for time. */
static int64_t next_running(const struct vr_session *session)
{
    const struct vr_native *native = vr_native_get(session);
    int64_t next = native->heard_ns + silence_ns(session);
    next = earlier(next, native->moved_ns + session->config.stall_ns);
    next = earlier(next, native->progress_ns + overdue_ns(session));
    if (native->gap_sent_ns != VR_NEVER_NS)
        next = earlier(next, native->gap_sent_ns + native->retry_ns);
    return native->sync_due ? next
                            : earlier(next, native->sync_sent_ns + session->config.sync_period_ns);
}

/* A restart that follows a lost line is a board that lost its power with it, not firmware that gave up. */
static void end_rebooted(struct vr_session *session)
{
    long long sample = session->ledger.samples_consumed[0];
    if (vr_session_in_outage(session))
        vr_session_end(
            session, VR_OUTCOME_LINK_LOST,
            "the device restarted while its line was away, after sample %lld: the trial cannot go "
            "on",
            sample);
    else
        vr_session_end(
            session, VR_OUTCOME_FW_REBOOT,
            "the device restarted in mid-trial without a fault report, after sample %lld", sample);
}

static int64_t native_tick(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    if (session->state == VR_SESSION_REBOOTED) {
        if (now_ns - native->rebooted_ns >= VR_NATIVE_FAULT_GRACE_NS)
            end_rebooted(session);
        return native->rebooted_ns + VR_NATIVE_FAULT_GRACE_NS;
    }
    if (session->state == VR_SESSION_HELLO || native->resuming) {
        tick_hello(session, now_ns);
        return next_hello(session, now_ns);
    }
    int64_t mark_ns = vr_native_marks_tick(session, now_ns);
    vr_native_try_complete(session, now_ns);
    if (session->state == VR_SESSION_ENDED)
        return VR_NEVER_NS;
    if (vr_native_is_quiet(session)) {
        tick_quiet(session, now_ns);
        return earlier(mark_ns, next_quiet(session));
    }
    tick_running(session, now_ns);
    return earlier(mark_ns, next_running(session));
}

/* --- the line -------------------------------------------------------------------------------------- */

static void native_link_down(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    const uint8_t delimiter = 0;
    native->link_was_down = true;
    vr_native_receive(session, now_ns, &delimiter, 1); /* ends and counts half a frame */
}

static void native_link_up(struct vr_session *session, int64_t now_ns)
{
    struct vr_native *native = vr_native_of(session);
    native->resuming = session->state != VR_SESSION_HELLO;
    native->flush_due = native->hello_due = true;
    native->ack_due = native->sync_due = false;
    native->marks.is_due = native->marks.is_asked =
        false; /* an answer that was under way is lost */
    native->ack_flags = 0;
    native->hello_since_ns = native->heard_ns = native->progress_ns = now_ns;
    native->hello_sent_ns = native->sync_sent_ns = now_ns;
    native->gap_sent_ns = native->noise_since_ns = VR_NEVER_NS;
    native->timed_next = 0;
}

const struct vr_dialect vr_dialect_native = {
    .name = "native",
    .summary =
        "VitalRig's own frames, schema/wire.md: nothing lost unseen, resumes after an unplug",
    .state_size = sizeof(struct vr_native),
    .resumes = true,
    .start = native_start,
    .finish = native_finish,
    .room = vr_native_room,
    .offer = vr_native_offer,
    .finish_streams = native_finish_streams,
    .receive = vr_native_receive,
    .transmit = vr_native_transmit,
    .tick = native_tick,
    .link_down = native_link_down,
    .link_up = native_link_up,
    .ended = native_ended,
};
