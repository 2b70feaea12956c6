/* Ask, and find the answer among what else is on the line. */
#include "power/powershield_talk.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"

#define QUIET_MS 100
#define DRAIN_MAX_MS 2000
#define SEND_MS 1000
#define BEHIND_MS \
    50 /* for the lines that belong to an answer, where its empty line does not come */

static const char *const prompts[] = {"PowerShield > ", "stlp > "};

static bool begins(const char *text, size_t size, const char *word)
{
    size_t length = strlen(word);
    return size >= length && memcmp(text, word, length) == 0;
}

static enum vr_powershield_answer line_answers(const char *line, size_t size, const char *command)
{
    size_t word = strcspn(command, " ");
    bool is_ack = begins(line, size, "ack ");
    bool is_refusal = begins(line, size, "error ") || begins(line, size, "err ");
    if (strcmp(command, "powershield") == 0 &&
        (begins(line, size, "PowerShield present") || begins(line, size, "ack STLINK-V3PWR")))
        return VR_POWERSHIELD_ACK;
    if (!is_ack && !is_refusal)
        return VR_POWERSHIELD_SILENCE;
    const char *of = memchr(line, ' ', size);
    size_t left = size - (size_t)(of + 1 - line);
    if (left < word || memcmp(of + 1, command, word) != 0 ||
        (left > word && isalnum((unsigned char)of[1 + word])))
        return VR_POWERSHIELD_SILENCE;
    return is_ack ? VR_POWERSHIELD_ACK : VR_POWERSHIELD_REFUSAL;
}

/* A prompt may stand before the answer in its line, and before that, what an earlier session left: the last prompt counts. */
static const char *behind_prompt(const char *line, size_t *size)
{
    const char *end = line + *size;
    for (size_t i = 0; i < sizeof prompts / sizeof prompts[0]; i++) {
        size_t length = strlen(prompts[i]);
        for (const char *at; (at = memmem(line, (size_t)(end - line), prompts[i], length));)
            line = at + length;
    }
    while (line < end && (*line == '\0' || *line == ' ' || *line == '\r'))
        line++;
    *size = (size_t)(end - line);
    return line;
}

enum vr_powershield_answer vr_powershield_find_answer(
    const uint8_t *reply, size_t size, const char *command, size_t *ret_answer, size_t *ret_rest)
{
    const char *text = (const char *)reply, *end = text + size;
    for (const char *line = text, *stop; line < end; line = stop + 1) {
        stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop)
            break;
        size_t length = (size_t)(stop - line);
        const char *words = behind_prompt(line, &length);
        enum vr_powershield_answer answer = line_answers(words, length, command);
        if (answer == VR_POWERSHIELD_SILENCE)
            continue;
        *ret_answer = (size_t)(words - text);
        *ret_rest = (size_t)(stop + 1 - text);
        return answer;
    }
    return VR_POWERSHIELD_SILENCE;
}

int vr_powershield_drain(struct vr_powershield_talk *talk, bool *ret_is_silent, struct vr_err *err)
{
    int64_t end_ns = vr_clock_monotonic_ns() + DRAIN_MAX_MS * VR_NS_PER_MS;
    size_t got = 1;
    while (got > 0 && vr_clock_monotonic_ns() < end_ns) {
        int r = vr_stream_wait(
            &talk->stream, talk->reply, VR_POWERSHIELD_REPLY_MAX, QUIET_MS, &got, err);
        if (r < 0)
            return r;
    }
    *ret_is_silent = got == 0;
    return 0;
}

/* Whatever an earlier session left: a stream that still runs, lines half sent. */
int vr_powershield_quieten(struct vr_powershield_talk *talk, struct vr_err *err)
{
    bool is_silent = false;
    for (int attempt = 0; attempt < 3 && !is_silent; attempt++) {
        int r = vr_stream_send_all(&talk->stream, "\nstop\n", 6, SEND_MS, err);
        if (r == 0)
            r = vr_powershield_drain(talk, &is_silent, err);
        if (r < 0)
            return r;
    }
    if (!is_silent)
        return vr_err_set(
            err, VR_ERR_LINK,
            "%s: it goes on sending after \"stop\": is it a PowerShield? unplug it and plug it in "
            "again",
            talk->stream.name);
    return 0;
}

/* More of a reply; the older half goes when there is no room. */
static int hear(
    struct vr_powershield_talk *talk, int timeout_ms, size_t *ret_got, struct vr_err *err)
{
    if (talk->size == VR_POWERSHIELD_REPLY_MAX) {
        talk->size /= 2;
        memmove(talk->reply, talk->reply + VR_POWERSHIELD_REPLY_MAX - talk->size, talk->size);
    }
    int r = vr_stream_wait(
        &talk->stream, talk->reply + talk->size, VR_POWERSHIELD_REPLY_MAX - talk->size, timeout_ms,
        ret_got, err);
    talk->size += r < 0 ? 0 : *ret_got;
    talk->reply[talk->size] = '\0';
    return r;
}

/* An empty line ends what belongs to an answer. */
static bool is_closed(const struct vr_powershield_talk *talk)
{
    const char *from = (const char *)talk->reply + talk->rest - 1;
    size_t size = talk->size - talk->rest + 1;
    return memmem(from, size, "\n\r\n", 3) || memmem(from, size, "\n\n", 2);
}

int vr_powershield_ask(
    struct vr_powershield_talk *talk, const char *command, int timeout_ms,
    enum vr_powershield_answer *ret_answer, struct vr_err *err)
{
    int64_t end_ns = vr_clock_monotonic_ns() + timeout_ms * VR_NS_PER_MS;
    *ret_answer = VR_POWERSHIELD_SILENCE;
    talk->size = talk->answer = talk->rest = 0;
    int r = vr_stream_send_all(&talk->stream, command, strlen(command), timeout_ms, err);
    if (r == 0)
        r = vr_stream_send_all(&talk->stream, "\n", 1, timeout_ms, err);
    size_t got;
    for (int64_t left_ns; r == 0 && *ret_answer == VR_POWERSHIELD_SILENCE;) {
        left_ns = end_ns - vr_clock_monotonic_ns();
        if (left_ns <= 0)
            return 0;
        r = hear(talk, (int)(left_ns / VR_NS_PER_MS) + 1, &got, err);
        if (r == 0)
            *ret_answer = vr_powershield_find_answer(
                talk->reply, talk->size, command, &talk->answer, &talk->rest);
    }
    bool is_start = strcmp(command, "start") == 0 && *ret_answer == VR_POWERSHIELD_ACK;
    while (r == 0 && !is_start && !is_closed(talk) && talk->size < VR_POWERSHIELD_REPLY_MAX) {
        r = hear(talk, BEHIND_MS, &got, err);
        if (got == 0)
            break;
    }
    return r;
}

const char *vr_powershield_answer_text(const struct vr_powershield_talk *talk)
{
    return (const char *)talk->reply + talk->answer;
}

int vr_powershield_demand(
    struct vr_powershield_talk *talk, const char *command, int timeout_ms, struct vr_err *err)
{
    enum vr_powershield_answer answer;
    int r = vr_powershield_ask(talk, command, timeout_ms, &answer, err);
    if (r < 0 || answer == VR_POWERSHIELD_ACK)
        return r;
    if (answer == VR_POWERSHIELD_SILENCE)
        return vr_err_set(
            err, VR_ERR_LINK,
            "%s: it does not answer \"%s\"; unplug the meter and plug it in again, and see that no "
            "other program uses it",
            talk->stream.name, command);
    const char *text = vr_powershield_answer_text(talk);
    const char *detail = strstr(text, "Error detail:");
    const char *why = detail ? detail + strlen("Error detail:") : text;
    why += strspn(why, " ");
    return vr_err_set(
        err, VR_ERR_LINK, "%s: the meter refuses \"%s\": %.*s", talk->stream.name, command,
        (int)strcspn(why, "\r\n"), why);
}
