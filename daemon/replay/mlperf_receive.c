/* What the device answers.
 *
 * Who is to blame for a line that must not come here?  Damage leaves no trace, so the firmware is accused only of what it said twice
 * alike; before the first window is through, what it says is taken as its refusal (a window of the wrong size, a model of other
 * results); after that, the line is suspected. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "replay/mlperf_state.h"
#include "wire/digest.h"

/* --- what must not come --- */

/* The command is named by its beginning: the hex digits of a db command help nobody. */
#define COMMAND_SHOWN 12

/* "e-[Unknown command: results]" about the command that was sent: no damage makes that. */
static bool names_command(const struct vr_mlperf_reply *reply, const char *command)
{
    char wanted[VR_MLPERF_COMMAND_MAX + 24];
    size_t size = (size_t)snprintf(
        wanted, sizeof wanted, "Unknown command: %.*s", (int)strcspn(command, " "), command);
    return reply->word == VR_MLPERF_ERROR && reply->text_size == size &&
           memcmp(reply->text, wanted, size) == 0;
}

static void end_unexpected(
    struct vr_session *session, const char *line, const struct vr_mlperf_reply *reply)
{
    const struct vr_mlperf *mlperf = vr_mlperf_get(session);
    char command[VR_MLPERF_COMMAND_MAX] = "nothing";
    if (mlperf->step != VR_MLPERF_STEP_IDLE)
        vr_mlperf_command(session, command);
    if (reply->word == VR_MLPERF_TIMESTAMP_MODE || reply->word == VR_MLPERF_INIT_DONE) {
        vr_session_end(
            session, VR_OUTCOME_FW_REBOOT, "the device restarted in mid-trial, behind sample %lld",
            (long long)session->ledger.samples_consumed[0]);
        return;
    }
    session->ledger.frame_errors++;
    if (names_command(reply, command))
        vr_session_end(
            session, VR_OUTCOME_REFUSED, "the firmware has no command \"%.*s\"%s", COMMAND_SHOWN,
            command,
            mlperf->step >= VR_MLPERF_STEP_READBACK && mlperf->step != VR_MLPERF_STEP_INFER
                ? ": set \"verify\" to false in the rig file"
                : "");
    else if (mlperf->windows == 0)
        vr_session_end(
            session, VR_OUTCOME_REFUSED, "the device answers \"%.*s\" with \"%.120s\"",
            COMMAND_SHOWN, command, line);
    else
        vr_session_end(
            session, VR_OUTCOME_LINK_CORRUPT,
            "\"%.120s\" came where \"%.*s\" has no such answer, behind sample %lld: damaged on the "
            "line, or firmware that says more than the protocol has",
            line, COMMAND_SHOWN, command, (long long)session->ledger.samples_consumed[0]);
}

static void end_damaged(struct vr_session *session, const char *what)
{
    session->ledger.frame_errors++;
    vr_session_end(
        session, VR_OUTCOME_LINK_CORRUPT, "%s, behind sample %lld", what,
        (long long)session->ledger.samples_consumed[0]);
}

/* --- the handshake: what is not asked for is passed over, a boot log or answers to an earlier trial --- */

/* What of the present step's answer has come. */
enum { HEARD_NAME = 1, HEARD_NONCE = 1, HEARD_PROFILE = 1, HEARD_MODEL = 2 };

static void copy_text(char *to, size_t capacity, const struct vr_mlperf_reply *reply)
{
    snprintf(to, capacity, "%.*s", (int)reply->text_size, reply->text);
}

static void start_streaming(struct vr_session *session, int64_t now_ns)
{
    struct vr_mlperf *mlperf = vr_mlperf_of(session);
    if (mlperf->has_clock) {
        session->device.clock_source = WIRE_CLOCK_TIMER;
        session->device.clock_hz = 1000000;
    }
    vr_session_log(
        session, now_ns, 5,
        "the mlperf protocol has no check sum, no totals and no digest: %s; totals and digest are "
        "the host's own",
        mlperf->shape->verify ? "every input is read back and every result is asked for twice"
                              : "\"verify\" is off, so that damage on the line can pass unseen");
    if (!mlperf->has_clock)
        vr_session_log(
            session, now_ns, 4,
            "the firmware prints no m-lap-us (its energy mode): its outputs have no times");
    vr_session_move(session, VR_SESSION_STREAMING);
    vr_mlperf_begin(session, VR_MLPERF_STEP_IDLE);
}

/* The model's name is all that says which algorithm this is. */
static void take_profile(struct vr_session *session)
{
    const struct vr_mlperf *mlperf = vr_mlperf_get(session);
    if (!vr_session_device_expected(session))
        return;
    if (strcmp(mlperf->model, session->config.algorithm) != 0) {
        vr_session_end(
            session, VR_OUTCOME_REFUSED, "the firmware has no algorithm \"%s\"; it has: %s",
            session->config.algorithm, mlperf->model);
        return;
    }
    vr_session_move(session, VR_SESSION_OPENING);
    vr_mlperf_begin(session, VR_MLPERF_STEP_TIMESTAMP);
}

/* Commands are answered in order: m-ready behind what was asked for is the one to it. */
static void take_handshake_ready(struct vr_session *session, int64_t now_ns)
{
    struct vr_mlperf *mlperf = vr_mlperf_of(session);
    if (mlperf->step == VR_MLPERF_STEP_NAME && mlperf->heard == HEARD_NAME)
        vr_mlperf_begin(session, VR_MLPERF_STEP_NONCE);
    else if (mlperf->step == VR_MLPERF_STEP_NONCE && mlperf->heard == HEARD_NONCE)
        vr_mlperf_begin(session, VR_MLPERF_STEP_PROFILE);
    else if (
        mlperf->step == VR_MLPERF_STEP_PROFILE && mlperf->heard == (HEARD_PROFILE | HEARD_MODEL))
        take_profile(session);
    else if (mlperf->step == VR_MLPERF_STEP_TIMESTAMP)
        start_streaming(session, now_ns);
}

static void take_handshake(
    struct vr_session *session, int64_t now_ns, const char *line,
    const struct vr_mlperf_reply *reply)
{
    struct vr_mlperf *mlperf = vr_mlperf_of(session);
    char command[VR_MLPERF_COMMAND_MAX];
    vr_mlperf_command(session, command);
    if (reply->word == VR_MLPERF_READY) {
        take_handshake_ready(session, now_ns);
    } else if (reply->word == VR_MLPERF_NAME && mlperf->step == VR_MLPERF_STEP_NAME) {
        mlperf->heard |= HEARD_NAME;
        copy_text(session->device.name, sizeof session->device.name, reply);
    } else if (mlperf->step == VR_MLPERF_STEP_NONCE && strstr(line, command)) {
        mlperf->heard |= HEARD_NONCE;
    } else if (reply->word == VR_MLPERF_PROFILE && mlperf->step == VR_MLPERF_STEP_PROFILE) {
        mlperf->heard |= HEARD_PROFILE;
        copy_text(session->device.version, sizeof session->device.version, reply);
    } else if (reply->word == VR_MLPERF_MODEL && mlperf->step == VR_MLPERF_STEP_PROFILE) {
        mlperf->heard |= HEARD_MODEL;
        copy_text(mlperf->model, sizeof mlperf->model, reply);
    } else if (reply->word == VR_MLPERF_LAP && mlperf->step == VR_MLPERF_STEP_TIMESTAMP) {
        mlperf->has_clock = true;
    } else if (names_command(reply, command)) {
        end_unexpected(session, line, reply);
    } else {
        session->config.sink.log(session->config.sink.context, now_ns, 6, "device", line);
    }
}

/* --- results --- */

/* Eight values fit into an output: a longer answer goes on in the next one. */
static void emit(struct vr_session *session, int64_t now_ns, const int32_t *micro, size_t count)
{
    const struct vr_mlperf *mlperf = vr_mlperf_get(session);
    struct vr_session_ledger *ledger = &session->ledger;
    int64_t last = mlperf->window.first + mlperf->shape->window_samples - 1;
    for (size_t i = 0; i < count; i += WIRE_VALUES_MAX) {
        size_t part = count - i < WIRE_VALUES_MAX ? count - i : WIRE_VALUES_MAX;
        struct wire_output output = {
            .number = (uint32_t)ledger->outputs_received,
            .kind = WIRE_OUTPUT_SCORES,
            .value_count = (uint8_t)part,
            .sample_index = (uint32_t)last,
            .at_index = (uint32_t)last,
            .ticks_arrival = mlperf->laps[0],
            .ticks_emitted = mlperf->laps[1],
        };
        memcpy(output.values, micro + i, part * sizeof *micro);
        ledger->digest = wire_output_digest(ledger->digest, 0, &output);
        ledger->outputs_received++;
        session->config.sink.output(session->config.sink.context, now_ns, 0, &output);
    }
    ledger->samples_consumed[0] = last + 1;
}

/* What cannot be stored as it is ends the trial: nothing is clipped, nothing is made up. */
static bool results_usable(struct vr_session *session, enum vr_mlperf_results result, size_t count)
{
    const struct vr_mlperf *mlperf = vr_mlperf_get(session);
    enum vr_outcome blamed =
        mlperf->shape->verify ? VR_OUTCOME_FW_PROTOCOL : VR_OUTCOME_LINK_CORRUPT;
    if (result == VR_MLPERF_RESULTS_NO_NUMBER)
        vr_session_end(
            session, blamed, "a result that is no number: m-results-[%.100s]", mlperf->results);
    else if (result == VR_MLPERF_RESULTS_TOO_LARGE)
        vr_session_end(
            session, mlperf->shape->verify ? VR_OUTCOME_REFUSED : VR_OUTCOME_LINK_CORRUPT,
            "a result beyond what can be stored in millionths (+-2147.483647): m-results-[%.100s]",
            mlperf->results);
    else if (count != mlperf->shape->result_count)
        vr_session_end(
            session, mlperf->windows == 0 ? VR_OUTCOME_REFUSED : blamed,
            "%zu results where the rig file says %u, behind sample %lld", count,
            mlperf->shape->result_count, (long long)session->ledger.samples_consumed[0]);
    else
        return true;
    session->ledger.frame_errors++;
    return false;
}

static void take_window(struct vr_session *session, int64_t now_ns)
{
    struct vr_mlperf *mlperf = vr_mlperf_of(session);
    int32_t micro[VR_MLPERF_RESULTS_MAX];
    size_t count = 0;
    enum vr_mlperf_results result =
        vr_mlperf_results_parse(mlperf->results, strlen(mlperf->results), micro, &count);
    if (!results_usable(session, result, count))
        return;
    emit(session, now_ns, micro, count);
    mlperf->windows++;
    vr_mlperf_window_advance(&mlperf->window);
    vr_mlperf_begin(session, VR_MLPERF_STEP_IDLE);
}

/* --- the window's way: every step has one answer, line by line --- */

/* The replies that a step must have, in their order.  READBACK has as many BUFFER lines as it takes. */
static enum vr_mlperf_word expected_word(const struct vr_session *session)
{
    static const enum vr_mlperf_word infer[] = {
        VR_MLPERF_WARMUP_START, VR_MLPERF_WARMUP_DONE, VR_MLPERF_INFER_START, VR_MLPERF_LAP,
        VR_MLPERF_LAP,          VR_MLPERF_INFER_DONE,  VR_MLPERF_RESULTS,     VR_MLPERF_READY};
    const struct vr_mlperf *mlperf = vr_mlperf_get(session);
    size_t heard = mlperf->heard;
    bool is_last = mlperf->byte_at + mlperf->chunk_size == mlperf->window.byte_count;
    switch (mlperf->step) {
    case VR_MLPERF_STEP_LOAD:
        return heard == 0 ? VR_MLPERF_EXPECTING : VR_MLPERF_READY;
    case VR_MLPERF_STEP_DATA:
        return heard == 0 && is_last ? VR_MLPERF_LOAD_DONE : VR_MLPERF_READY;
    case VR_MLPERF_STEP_READBACK:
        return mlperf->readback_at < mlperf->window.byte_count ? VR_MLPERF_BUFFER : VR_MLPERF_READY;
    case VR_MLPERF_STEP_INFER:
        if (heard >= 3 && !mlperf->has_clock)
            heard += 2;
        return infer[heard];
    case VR_MLPERF_STEP_REPEAT:
        return heard == 0 ? VR_MLPERF_RESULTS : VR_MLPERF_READY;
    default:
        return VR_MLPERF_OTHER; /* nothing was asked */
    }
}

static void compare_readback(struct vr_session *session, const struct vr_mlperf_reply *reply)
{
    struct vr_mlperf *mlperf = vr_mlperf_of(session);
    uint8_t bytes[VR_MLPERF_LINE_MAX / 3 + 1];
    int count = vr_mlperf_buffer_parse(reply->text, reply->text_size, bytes, sizeof bytes);
    size_t left = mlperf->window.byte_count - mlperf->readback_at;
    if (count < 0 || (size_t)count > left ||
        memcmp(bytes, mlperf->window.bytes + mlperf->readback_at, (size_t)count) != 0)
        end_damaged(session, "the input that the device holds is not the one that was sent");
    else
        mlperf->readback_at += (size_t)count;
}

static void take_results(struct vr_session *session, const struct vr_mlperf_reply *reply)
{
    struct vr_mlperf *mlperf = vr_mlperf_of(session);
    bool is_same = strlen(mlperf->results) == reply->text_size &&
                   memcmp(mlperf->results, reply->text, reply->text_size) == 0;
    if (mlperf->step == VR_MLPERF_STEP_INFER)
        copy_text(mlperf->results, sizeof mlperf->results, reply);
    else if (!is_same)
        end_damaged(session, "asked twice, the device did not give the same results");
}

/* Laps cannot be asked for again.  An inference that took longer than the host waited for it is a damaged digit; one that seems
 * shorter than it was passes, within what the host saw. */
#define LAP_SLACK_US 2000    /* the firmware's counter may step by a millisecond */
#define LAP_SLACK_SHARE 0.05 /* of a device's clock, without a crystal */

static void take_lap(struct vr_session *session, int64_t now_ns, uint64_t lap_us)
{
    struct vr_mlperf *mlperf = vr_mlperf_of(session);
    bool is_second = mlperf->heard == 4;
    mlperf->laps[is_second] = (uint32_t)lap_us; /* a wider clock wraps like ours */
    uint32_t took_us = mlperf->laps[1] - mlperf->laps[0];
    double waited_us = (double)(now_ns - mlperf->sent_ns) / (double)VR_NS_PER_US;
    if (is_second && took_us > waited_us * (1 + LAP_SLACK_SHARE) + LAP_SLACK_US)
        end_damaged(session, "the inference took longer by its laps than its answer did to come");
}

/* Does the number in an echo say what was asked? */
static bool number_agrees(const struct vr_session *session, const struct vr_mlperf_reply *reply)
{
    const struct vr_mlperf *mlperf = vr_mlperf_get(session);
    switch (reply->word) {
    case VR_MLPERF_EXPECTING:
        return reply->number == mlperf->window.byte_count;
    case VR_MLPERF_WARMUP_START:
        return reply->number == 0;
    case VR_MLPERF_INFER_START:
        return reply->number == 1;
    default:
        return true;
    }
}

static void take_ready(struct vr_session *session, int64_t now_ns)
{
    struct vr_mlperf *mlperf = vr_mlperf_of(session);
    bool verify = mlperf->shape->verify;
    switch (mlperf->step) {
    case VR_MLPERF_STEP_LOAD:
        vr_mlperf_begin(session, VR_MLPERF_STEP_DATA);
        break;
    case VR_MLPERF_STEP_DATA:
        mlperf->byte_at += mlperf->chunk_size;
        if (mlperf->byte_at < mlperf->window.byte_count)
            vr_mlperf_begin(session, VR_MLPERF_STEP_DATA);
        else
            vr_mlperf_begin(session, verify ? VR_MLPERF_STEP_READBACK : VR_MLPERF_STEP_INFER);
        break;
    case VR_MLPERF_STEP_READBACK:
        vr_mlperf_begin(session, VR_MLPERF_STEP_INFER);
        break;
    case VR_MLPERF_STEP_INFER:
        if (verify)
            vr_mlperf_begin(session, VR_MLPERF_STEP_REPEAT);
        else
            take_window(session, now_ns);
        break;
    default:
        take_window(session, now_ns);
        break;
    }
}

static void take_reply(
    struct vr_session *session, int64_t now_ns, const char *line,
    const struct vr_mlperf_reply *reply)
{
    struct vr_mlperf *mlperf = vr_mlperf_of(session);
    /* An answer to a command that is still to be sent answers nothing. */
    if (mlperf->command_due || reply->word == VR_MLPERF_OTHER ||
        reply->word != expected_word(session) || !number_agrees(session, reply)) {
        end_unexpected(session, line, reply);
        return;
    }
    if (reply->word == VR_MLPERF_BUFFER)
        compare_readback(session, reply);
    else if (reply->word == VR_MLPERF_RESULTS)
        take_results(session, reply);
    else if (reply->word == VR_MLPERF_LAP)
        take_lap(session, now_ns, reply->number);
    mlperf->heard++;
    if (reply->word == VR_MLPERF_READY && session->state != VR_SESSION_ENDED)
        take_ready(session, now_ns);
}

static void take_line(struct vr_session *session, int64_t now_ns)
{
    struct vr_mlperf *mlperf = vr_mlperf_of(session);
    struct vr_mlperf_reply reply;
    char line[sizeof mlperf->line.text];
    memcpy(line, mlperf->line.text, sizeof line);
    mlperf->heard_ns = now_ns;
    vr_mlperf_reply_parse(line, &reply);
    if (session->state == VR_SESSION_STREAMING)
        take_reply(session, now_ns, line, &reply);
    else
        take_handshake(session, now_ns, line, &reply);
}

void vr_mlperf_receive(struct vr_session *session, int64_t now_ns, const uint8_t *data, size_t size)
{
    struct vr_mlperf *mlperf = vr_mlperf_of(session);
    while (size > 0 && session->state != VR_SESSION_ENDED) {
        size_t used;
        enum vr_mlperf_event event = vr_mlperf_line_push(&mlperf->line, data, size, &used);
        data += used;
        size -= used;
        if (event == VR_MLPERF_EVENT_LINE)
            take_line(session, now_ns);
        else if (event == VR_MLPERF_EVENT_GARBAGE && session->state == VR_SESSION_STREAMING)
            end_damaged(session, "bytes came that are no text");
        else if (event == VR_MLPERF_EVENT_GARBAGE)
            session->ledger.frame_errors++; /* the noise of a board that powers up */
    }
}
