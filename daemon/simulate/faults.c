/* A fault script, word by word. */
#include "simulate/faults.h"

#include <ctype.h>
#include <string.h>

enum amount { NONE, COUNT, TIME, LINE };

enum { COUNT_DIGITS_MAX = 12, TEXT_SHOWN_MAX = 40 };

static const struct {
    const char *word;
    enum vr_sim_fault_kind kind;
    enum amount amount;
} whats[] = {
    {"drop", VR_SIM_FAULT_DROP_SAMPLES, COUNT}, {"skip", VR_SIM_FAULT_SKIP_SAMPLES, COUNT},
    {"bytes", VR_SIM_FAULT_DROP_BYTES, COUNT},  {"stall", VR_SIM_FAULT_STALL, TIME},
    {"unplug", VR_SIM_FAULT_UNPLUG, NONE},      {"over", VR_SIM_FAULT_OVER_RANGE, COUNT},
    {"range", VR_SIM_FAULT_BAD_RANGE, COUNT},   {"edge", VR_SIM_FAULT_DROP_EDGE, LINE},
    {"repeat", VR_SIM_FAULT_REPEAT, COUNT},
};

static const struct {
    const char *word;
    double us;
} units[] = {{"us", 1}, {"ms", 1e3}, {"s", 1e6}};

struct word {
    const char *text;
    size_t size;
};

struct reader {
    const char *at;
    double rate_hz;
    struct vr_err *err;
};

static struct word next_word(struct reader *reader)
{
    reader->at += strspn(reader->at, " \t\r\n");
    const struct word word = {reader->at, strcspn(reader->at, "; \t\r\n")};
    reader->at += word.size;
    return word;
}

static bool is_word(struct word word, const char *text)
{
    return word.size == strlen(text) && memcmp(word.text, text, word.size) == 0;
}

static int refuse(const struct reader *reader, struct word word, const char *wanted)
{
    if (word.size == 0)
        return vr_err_set(
            reader->err, VR_ERR_USAGE, "fault script: it ends where %s should stand", wanted);
    return vr_err_set(
        reader->err, VR_ERR_USAGE, "fault script: \"%.*s\": %s should stand there",
        (int)(word.size < TEXT_SHOWN_MAX ? word.size : TEXT_SHOWN_MAX), word.text, wanted);
}

/* Digits, with `decimals` also a point and more of them; then a unit, or nothing: *ret_us = 0.  No strtod: it takes "inf" and "0x". */
static bool parse_number(struct word word, double *ret_value, double *ret_us)
{
    double value = 0, weight = 1;
    size_t at = 0, digits = 0;
    bool has_point = false;
    for (; at < word.size && digits <= COUNT_DIGITS_MAX; at++) {
        const char c = word.text[at];
        if (c == '.' && !has_point && digits > 0) {
            has_point = true;
            continue;
        }
        if (!isdigit((unsigned char)c))
            break;
        digits++;
        value = 10 * value + (c - '0');
        weight *= has_point ? 10 : 1;
    }
    const struct word unit = {word.text + at, word.size - at};
    *ret_value = value / weight;
    *ret_us = 0;
    if (digits == 0 || digits > COUNT_DIGITS_MAX || word.text[at - 1] == '.')
        return false;
    if (unit.size == 0)
        return !has_point;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (is_word(unit, units[i].word))
            *ret_us = units[i].us;
    return *ret_us > 0;
}

static int parse_place(struct reader *reader, int64_t *ret_at)
{
    double value, us;
    const struct word word = next_word(reader);
    if (!parse_number(word, &value, &us))
        return refuse(reader, word, "the index of a sample or a time, as 100000 or 1.5s,");
    if (us > 0 && reader->rate_hz <= 0)
        return vr_err_set(
            reader->err, VR_ERR_USAGE,
            "fault script: \"%.*s\": the host chooses the rate of this meter; give the index of a "
            "sample",
            (int)word.size, word.text);
    *ret_at = (int64_t)(us > 0 ? value * us * 1e-6 * reader->rate_hz + 0.5 : value);
    return 0;
}

static int parse_amount(struct reader *reader, enum amount amount, int64_t *ret_count)
{
    double value, us;
    if (amount == NONE)
        return 0;
    const struct word word = next_word(reader);
    const bool is_number = parse_number(word, &value, &us);
    if (amount == TIME && (!is_number || us == 0))
        return refuse(reader, word, "a time, as 30ms,");
    if (amount == COUNT && (!is_number || us > 0 || value == 0))
        return refuse(reader, word, "a number from 1 on");
    if (amount == LINE && (!is_number || us > 0 || value > 7))
        return refuse(reader, word, "a line, 0 to 7,");
    *ret_count = (int64_t)(us > 0 ? value * us + 0.5 : value);
    return 0;
}

static int parse_fault(struct reader *reader, struct vr_sim_fault *ret)
{
    struct word word = next_word(reader);
    if (!is_word(word, "at"))
        return refuse(reader, word, "\"at\"");
    int r = parse_place(reader, &ret->at);
    if (r < 0)
        return r;
    word = next_word(reader);
    for (size_t i = 0; i < sizeof whats / sizeof whats[0]; i++) {
        if (!is_word(word, whats[i].word))
            continue;
        ret->kind = whats[i].kind;
        return parse_amount(reader, whats[i].amount, &ret->count);
    }
    return refuse(
        reader, word, "one of drop, skip, bytes, stall, unplug, over, range, edge, repeat");
}

/* Into its place; later ones of the same place stay behind. */
static void insert(struct vr_sim_fault *faults, size_t count, const struct vr_sim_fault *new)
{
    size_t at = count;
    for (; at > 0 && faults[at - 1].at > new->at; at--)
        faults[at] = faults[at - 1];
    faults[at] = *new;
}

int vr_sim_faults_parse(
    const char *script, double rate_hz, struct vr_sim_fault faults[VR_SIM_FAULTS_MAX],
    size_t *ret_count, struct vr_err *err)
{
    struct reader reader = {script, rate_hz, err};
    size_t count = 0;
    for (;;) {
        reader.at += strspn(reader.at, " \t\r\n");
        if (*reader.at == '\0')
            break;
        if (count == VR_SIM_FAULTS_MAX)
            return vr_err_set(
                err, VR_ERR_USAGE, "fault script: more than %d faults", VR_SIM_FAULTS_MAX);
        struct vr_sim_fault fault = {0};
        int r = parse_fault(&reader, &fault);
        if (r < 0)
            return r;
        insert(faults, count++, &fault);
        const struct word rest = next_word(&reader);
        if (rest.size > 0)
            return refuse(&reader, rest, "\";\" or the end");
        if (*reader.at == ';')
            reader.at++;
    }
    *ret_count = count;
    return 0;
}
