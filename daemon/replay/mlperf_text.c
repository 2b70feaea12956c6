/* Nothing here trusts a byte; nothing here uses floating point, so that a result is what the device wrote. */
#include "replay/mlperf_text.h"

#include <assert.h>
#include <string.h>

/* --- lines --- */

static bool is_text(uint8_t byte)
{
    return (byte >= ' ' && byte <= '~') || byte == '\t';
}

enum vr_mlperf_event vr_mlperf_line_push(
    struct vr_mlperf_line *line, const uint8_t *data, size_t size, size_t *ret_used)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = data[i];
        *ret_used = i + 1;
        if (byte == '\r' || byte == '\0' || (byte == '\n' && line->size == 0))
            continue;
        if (byte == '\n') {
            line->text[line->size] = '\0';
            line->size = 0;
            return VR_MLPERF_EVENT_LINE;
        }
        if (!is_text(byte) || line->size == VR_MLPERF_LINE_MAX) {
            line->size = 0;
            return VR_MLPERF_EVENT_GARBAGE;
        }
        line->text[line->size++] = (char)byte;
    }
    *ret_used = size;
    return VR_MLPERF_EVENT_NONE;
}

/* --- replies --- */

enum form {
    FORM_WHOLE,  /* nothing behind the beginning */
    FORM_NUMBER, /* digits, to the end */
    FORM_TEXT,   /* anything, at least one character */
    FORM_CLOSED, /* anything, then "]" at the end */
    FORM_BYTES,  /* digits, then " bytes]" */
};

/* Longer beginnings stand before those that they begin with. */
static const struct {
    const char *beginning;
    enum vr_mlperf_word word;
    enum form form;
} replies[] = {
    {"m-ready", VR_MLPERF_READY, FORM_WHOLE},
    {"m-name-dut-[", VR_MLPERF_NAME, FORM_CLOSED},
    {"m-profile-[", VR_MLPERF_PROFILE, FORM_CLOSED},
    {"m-model-[", VR_MLPERF_MODEL, FORM_CLOSED},
    {"m-lap-us-", VR_MLPERF_LAP, FORM_NUMBER},
    {"m-[Expecting ", VR_MLPERF_EXPECTING, FORM_BYTES},
    {"m-load-done", VR_MLPERF_LOAD_DONE, FORM_WHOLE},
    {"m-buffer-", VR_MLPERF_BUFFER, FORM_TEXT},
    {"m-warmup-start-", VR_MLPERF_WARMUP_START, FORM_NUMBER},
    {"m-warmup-done", VR_MLPERF_WARMUP_DONE, FORM_WHOLE},
    {"m-infer-start-", VR_MLPERF_INFER_START, FORM_NUMBER},
    {"m-infer-done", VR_MLPERF_INFER_DONE, FORM_WHOLE},
    {"m-results-[", VR_MLPERF_RESULTS, FORM_CLOSED},
    {"m-timestamp-mode-", VR_MLPERF_TIMESTAMP_MODE, FORM_TEXT},
    {"m-init-done", VR_MLPERF_INIT_DONE, FORM_WHOLE},
    {"e-[", VR_MLPERF_ERROR, FORM_CLOSED},
};

/* Decimal digits; returns what follows them, or NULL when there are none, or too many for 64 bits. */
static const char *parse_number(const char *text, uint64_t *ret_number)
{
    const char *at = text;
    uint64_t number = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (number > (UINT64_MAX - digit) / 10)
            return NULL;
        number = number * 10 + digit;
    }
    *ret_number = number;
    return at > text ? at : NULL;
}

static bool parse_form(enum form form, const char *rest, struct vr_mlperf_reply *reply)
{
    size_t size = strlen(rest);
    switch (form) {
    case FORM_WHOLE:
        return size == 0;
    case FORM_NUMBER:
        rest = parse_number(rest, &reply->number);
        return rest && *rest == '\0';
    case FORM_BYTES:
        rest = parse_number(rest, &reply->number);
        return rest && strcmp(rest, " bytes]") == 0;
    case FORM_CLOSED:
        if (size == 0 || rest[size - 1] != ']')
            return false;
        size--;
        break;
    case FORM_TEXT:
        break;
    }
    reply->text = rest;
    reply->text_size = size;
    return form == FORM_CLOSED || size > 0;
}

void vr_mlperf_reply_parse(const char *line, struct vr_mlperf_reply *ret_reply)
{
    *ret_reply = (struct vr_mlperf_reply){.word = VR_MLPERF_OTHER, .text = "", .text_size = 0};
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        size_t size = strlen(replies[i].beginning);
        if (strncmp(line, replies[i].beginning, size) != 0)
            continue;
        if (parse_form(replies[i].form, line + size, ret_reply))
            ret_reply->word = replies[i].word;
        return;
    }
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

int vr_mlperf_buffer_parse(const char *text, size_t size, uint8_t *ret_bytes, size_t capacity)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i += 3) {
        if (size - i < 2 || count == capacity || (i + 2 < size && text[i + 2] != '-'))
            return -1;
        int high = hex_value(text[i]), low = hex_value(text[i + 1]);
        if (high < 0 || low < 0)
            return -1;
        ret_bytes[count++] = (uint8_t)(high * 16 + low);
    }
    /* A dash stands between two bytes, not at the end. */
    return size % 3 == 2 ? (int)count : -1;
}

/* --- results --- */

/* One decimal in millionths. */
static enum vr_mlperf_results parse_decimal(const char *text, size_t size, int32_t *ret_micro)
{
    size_t i = 0, digits = 0;
    bool is_negative = size > 0 && text[0] == '-';
    if (size > 0 && (text[0] == '-' || text[0] == '+'))
        i++;
    int64_t micro = 0;
    for (; i < size && text[i] >= '0' && text[i] <= '9'; i++, digits++) {
        micro = micro * 10 + (text[i] - '0') * VR_MLPERF_MICRO;
        if (micro > (int64_t)INT32_MAX)
            micro = (int64_t)INT32_MAX + 1; /* stays too large, and cannot overflow */
    }
    if (i < size && text[i] == '.') {
        int64_t weight = VR_MLPERF_MICRO / 10;
        bool is_rounded = false;
        for (i++; i < size && text[i] >= '0' && text[i] <= '9'; i++, digits++, weight /= 10) {
            if (weight > 0)
                micro += (text[i] - '0') * weight;
            else if (!is_rounded)
                micro += text[i] >= '5';
            is_rounded = is_rounded || weight == 0;
        }
    }
    if (digits == 0 || i < size)
        return VR_MLPERF_RESULTS_NO_NUMBER;
    if (micro > INT32_MAX)
        return VR_MLPERF_RESULTS_TOO_LARGE;
    *ret_micro = (int32_t)(is_negative ? -micro : micro);
    return VR_MLPERF_RESULTS_OK;
}

enum vr_mlperf_results vr_mlperf_results_parse(
    const char *text, size_t size, int32_t ret_micro[VR_MLPERF_RESULTS_MAX], size_t *ret_count)
{
    size_t count = 0;
    for (size_t at = 0; at <= size;) {
        const char *comma = memchr(text + at, ',', size - at);
        size_t end = comma ? (size_t)(comma - text) : size, begin = at;
        at = end + 1;
        while (begin < end && text[begin] == ' ')
            begin++;
        if (count == VR_MLPERF_RESULTS_MAX)
            return VR_MLPERF_RESULTS_TOO_LARGE;
        enum vr_mlperf_results result = parse_decimal(text + begin, end - begin, &ret_micro[count]);
        if (result != VR_MLPERF_RESULTS_OK)
            return result;
        count++;
    }
    *ret_count = count;
    return VR_MLPERF_RESULTS_OK;
}

/* --- commands --- */

void vr_mlperf_db_format(const uint8_t *bytes, size_t size, char ret_command[VR_MLPERF_COMMAND_MAX])
{
    static const char digits[] = "0123456789abcdef";
    assert(size >= 1 && size <= VR_MLPERF_CHUNK_MAX);
    char *to = ret_command;
    memcpy(to, "db ", 3);
    to += 3;
    for (size_t i = 0; i < size; i++) {
        *to++ = digits[bytes[i] >> 4];
        *to++ = digits[bytes[i] & 15];
    }
    *to = '\0';
}
