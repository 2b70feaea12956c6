/* One mark under way at a time: its answer asks for the next. */
#include "replay/native_marks.h"

#include "base/clock.h"
#include "replay/native_state.h"

#define PERIOD_NS VR_NS_PER_S /* of pulses in a paced trial */
#define UNANSWERED_MAX 4      /* in a row: a device that knows no MARK, or is busy for a second */

/* Between two edges: several samples of a slow meter, and never the same part of one, so that each pair tells something new. */
static int64_t spacing_ns(const struct vr_native_marks *marks)
{
    return 2 * VR_NS_PER_MS + marks->id * INT64_C(381966) % VR_NS_PER_MS; /* the golden section */
}

static void begin_train(struct vr_native_marks *marks, unsigned pulses, int64_t now_ns)
{
    marks->left = 2 * pulses;
    marks->unanswered = 0;
    marks->is_due = marks->is_asked = false;
    marks->train_ns = marks->next_ns = now_ns;
}

static void step(struct vr_native_marks *marks)
{
    marks->is_asked = false;
    marks->left = marks->unanswered < UNANSWERED_MAX ? marks->left - 1 : 0;
    marks->next_ns = marks->sent_ns + spacing_ns(marks);
    if (marks->left == 0 && marks->is_ending)
        marks->has_ended = true;
}

static bool is_waiting(const struct vr_native_marks *marks)
{
    return marks->left > 0 && !marks->is_asked && !marks->is_due;
}

/* Between trains only a paced trial has time for pulses: a silent one computes in peace, the others go at their own speed. */
static bool wants_pulse(const struct vr_session *session)
{
    const struct vr_native_marks *marks = &vr_native_get(session)->marks;
    return marks->has_begun && session->config.open.mode == WIRE_MODE_PACED && marks->left == 0 &&
           !marks->is_ending;
}

int64_t vr_native_marks_tick(struct vr_session *session, int64_t now_ns)
{
    struct vr_native_marks *marks = &vr_native_of(session)->marks;
    if (!session->config.has_marks)
        return VR_NEVER_NS;
    if (marks->is_asked && now_ns - marks->sent_ns >= session->config.reply_timeout_ns) {
        marks->unanswered++;
        step(marks);
    }
    if (!marks->has_begun && session->state == VR_SESSION_STREAMING) {
        marks->has_begun = true;
        begin_train(marks, VR_NATIVE_MARK_TRAIN, now_ns);
    } else if (wants_pulse(session) && now_ns - marks->train_ns >= PERIOD_NS) {
        begin_train(marks, 1, now_ns);
    }
    if (is_waiting(marks) && now_ns >= marks->next_ns)
        marks->is_due = true;
    if (is_waiting(marks))
        return marks->next_ns;
    if (marks->is_asked)
        return marks->sent_ns + session->config.reply_timeout_ns;
    return wants_pulse(session) ? marks->train_ns + PERIOD_NS : VR_NEVER_NS;
}

bool vr_native_marks_ended(struct vr_session *session, int64_t now_ns)
{
    struct vr_native_marks *marks = &vr_native_of(session)->marks;
    if (!session->config.has_marks)
        return true;
    if (!marks->is_ending) {
        marks->is_ending = true;
        begin_train(marks, VR_NATIVE_MARK_TRAIN, now_ns);
    }
    return marks->has_ended;
}

size_t vr_native_marks_pack(
    struct vr_session *session, int64_t now_ns, uint8_t *payload, size_t capacity)
{
    struct vr_native_marks *marks = &vr_native_of(session)->marks;
    if (!marks->is_due)
        return 0;
    const struct wire_mark mark = {
        .id = (uint16_t)(marks->id + 1),
        .line = session->config.mark_line,
        .on = marks->left % 2 == 0,
    };
    size_t size = wire_mark_pack(&mark, payload, capacity);
    marks->id = mark.id;
    marks->is_due = false;
    marks->is_asked = true;
    marks->sent_ns = now_ns;
    return size;
}

/* An answer that comes after its time was given up says nothing of when it was asked for. */
void vr_native_marks_take(
    struct vr_session *session, int64_t now_ns, const uint8_t *payload, size_t size)
{
    struct vr_native_marks *marks = &vr_native_of(session)->marks;
    struct wire_mark_reply reply;
    if (!wire_mark_reply_unpack(payload, size, &reply) || !marks->is_asked ||
        reply.mark.id != marks->id || reply.mark.line != session->config.mark_line)
        return;
    if (session->config.sink.mark)
        session->config.sink.mark(session->config.sink.context, marks->sent_ns, now_ns, &reply);
    marks->unanswered = 0;
    step(marks);
}
