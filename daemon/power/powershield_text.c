/* One line at a time.  A line that is nothing known was damaged on the way: it stands where something is missing. */
#include "power/powershield_text.h"

#include <string.h>
#include <syslog.h>

#include "power/powershield.h"

#define STAMP_PERIOD_MS 1000000 /* three digits of seconds */
#define STRANGE_TOLD_MAX 10

void vr_powershield_text_start(
    struct vr_powershield_text *text, const struct vr_power_info *info,
    const struct vr_power_sink *sink)
{
    vr_powershield_stretch_start(&text->stretch, info, sink);
}

/* `pattern` with 0 for any digit; the number of all digits goes to *ret_value.  Characters of the line, not ended by NUL. */
static bool matches(const char *line, size_t size, const char *pattern, unsigned *ret_value)
{
    if (size != strlen(pattern))
        return false;
    *ret_value = 0;
    for (size_t i = 0; i < size; i++) {
        bool is_digit = line[i] >= '0' && line[i] <= '9';
        if (pattern[i] == '0' ? !is_digit : line[i] != pattern[i])
            return false;
        if (pattern[i] == '0')
            *ret_value = *ret_value * 10 + (unsigned)(line[i] - '0');
    }
    return true;
}

/* A power of ten outside of the ranges: shift the digits where the code has room for them.  Below the last range stands less than
 * 10^-12 of anything that is measured. */
static bool fit_exponent(int exponent, unsigned *code, unsigned *ret_range)
{
    const int least = VR_POWERSHIELD_EXPONENT_MIN, most = least + VR_POWER_RANGES - 1;
    for (; exponent<least && * code> 0; exponent++)
        *code = (*code + 5) / 10;
    for (; exponent > most && *code > 0; exponent--) {
        *code *= 10;
        if (*code > UINT16_MAX)
            return false;
    }
    if (*code == 0)
        exponent = exponent < least ? least : exponent > most ? most : exponent;
    *ret_range = (unsigned)(exponent - least);
    return true;
}

static bool take_sample(struct vr_powershield_text *text, const char *line, size_t size)
{
    unsigned digits, range;
    bool is_small = matches(line, size, "0000-00", &digits);
    if (!is_small && !matches(line, size, "0000+00", &digits))
        return false;
    unsigned code = digits / 100;
    int exponent = (int)(digits % 100);
    if (!fit_exponent(is_small ? -exponent : exponent, &code, &range)) {
        vr_powershield_stretch_doubt(&text->stretch, "a value that cannot be");
        range = VR_POWER_MISSING;
    }
    vr_powershield_stretch_sample(&text->stretch, code, range);
    return true;
}

/* The character before the seconds is a blank, or < or > whose meaning is not known. */
static bool take_stamp(struct vr_powershield_text *text, const char *line, size_t size)
{
    unsigned digits;
    if (!matches(line, size, "TimeStamp: 000s 000ms, buff 00%", &digits) &&
        !matches(line, size, "TimeStamp:<000s 000ms, buff 00%", &digits) &&
        !matches(line, size, "TimeStamp:>000s 000ms, buff 00%", &digits))
        return false;
    int64_t stamp_ms = digits / 100;
    int64_t elapsed_ms = (stamp_ms - text->stamp_ms + STAMP_PERIOD_MS) % STAMP_PERIOD_MS;
    struct vr_powershield_stretch *stretch = &text->stretch;
    bool is_first = stretch->next == 0 && stretch->handed == 0 && stamp_ms == 0;
    if (is_first && stretch->count + stretch->torn_count > 0)
        vr_powershield_log(
            stretch->sink, LOG_WARNING, "%zu samples of an earlier acquisition are not used",
            stretch->count);
    if (is_first)
        vr_powershield_stretch_begin(stretch, 0);
    else
        vr_powershield_stretch_stamp(stretch, elapsed_ms, digits % 100);
    text->stamp_ms = stamp_ms;
    return true;
}

static bool take_event(struct vr_powershield_text *text, const char *line, size_t size)
{
    unsigned number;
    if (!matches(line, size, "event 00 ris", &number) &&
        !matches(line, size, "event 00 fal", &number))
        return false;
    unsigned lost = text->has_event ? (number + 199 - text->event) % 100 : 0;
    if (lost > 0)
        vr_powershield_log(
            text->stretch.sink, LOG_WARNING, "%u marks lost before sample %lld", lost,
            (long long)(text->stretch.next + (int64_t)text->stretch.count));
    text->has_event = true;
    text->event = number;
    vr_powershield_stretch_mark(&text->stretch);
    return true;
}

/* Answers and reports between the samples. */
static bool take_word(struct vr_powershield_text *text, const char *line, size_t size)
{
    char copy[VR_POWERSHIELD_LINE_MAX + 1];
    memcpy(copy, line, size);
    copy[size] = '\0';
    if (strcmp(copy, "end") == 0 || strstr(copy, "Acquisition completed"))
        text->has_ended = true;
    else if (strncmp(copy, "error", 5) == 0 || strncmp(copy, "Error", 5) == 0)
        vr_powershield_stretch_doubt(&text->stretch, copy);
    else
        return strstr(copy, "PowerShield > ") || strstr(copy, "stlp > ") ||
               strncmp(copy, "ack ", 4) == 0 || strncmp(copy, "summary ", 8) == 0 ||
               strncmp(copy, "pwr ", 4) == 0;
    return true;
}

static bool take(struct vr_powershield_text *text, const char *line, size_t size)
{
    return take_sample(text, line, size) || take_stamp(text, line, size) ||
           take_event(text, line, size) || take_word(text, line, size);
}

/* What was lost may have taken the end of a line with it; a stamp or a mark at the end of the rest is whole. */
static void take_torn(struct vr_powershield_text *text, const char *line, size_t size)
{
    static const char *const whole[] = {"TimeStamp:", "event "};
    vr_powershield_stretch_torn(&text->stretch);
    if (text->strange_told < STRANGE_TOLD_MAX) {
        text->strange_told++;
        vr_powershield_log(
            text->stretch.sink, LOG_WARNING,
            "a line of %zu characters makes no sense, at about "
            "sample %lld: bytes were lost",
            size, (long long)(text->stretch.next + (int64_t)text->stretch.count));
    }
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        const char *at = memmem(line, size, whole[i], strlen(whole[i]));
        size_t left = at ? size - (size_t)(at - line) : 0;
        if (at && (take_stamp(text, at, left) || take_event(text, at, left)))
            return;
    }
}

static void take_line(struct vr_powershield_text *text)
{
    const char *line = text->line;
    size_t size = text->size;
    for (; size > 0 && line[0] == '\0'; size--)
        line++;
    if (size > 0 && line[size - 1] == '\r')
        size--;
    if (text->is_too_long || (size > 0 && !take(text, line, size)))
        take_torn(text, line, size);
    text->size = 0;
    text->is_too_long = false;
}

void vr_powershield_text_decode(
    struct vr_powershield_text *text, int64_t arrival_ns, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size && !text->has_ended; i++) {
        if (data[i] == '\n')
            take_line(text);
        else if (text->size < sizeof text->line)
            text->line[text->size++] = (char)data[i];
        else
            text->is_too_long = true;
    }
    vr_powershield_stretch_arrived(&text->stretch, arrival_ns);
}

void vr_powershield_text_end(struct vr_powershield_text *text)
{
    vr_powershield_stretch_end(&text->stretch);
}
