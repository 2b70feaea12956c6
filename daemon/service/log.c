/* Messages, their budget and their forms. */
#include "service/log.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "service/compose.h"

static const struct {
    const char *word, *message_id;
} classes[] = {
#define X(name, word, message_id) {word, message_id},
#include "service/log_classes.def"
#undef X
};

const char *vr_log_class_word(enum vr_log_class class)
{
    return classes[class].word;
}

/* --- where to -------------------------------------------------------------------------------- */

enum vr_log_sink vr_log_choose(
    const char *journal_stream, const struct stat *error, bool is_terminal, bool is_under_systemd,
    bool is_json)
{
    uintmax_t device, inode;
    char rest;
    if (is_json)
        return VR_LOG_JSON;
    if (journal_stream && sscanf(journal_stream, "%ju:%ju%c", &device, &inode, &rest) == 2 &&
        device == error->st_dev && inode == error->st_ino)
        return VR_LOG_JOURNAL;
    return is_under_systemd && !is_terminal ? VR_LOG_LEVELS : VR_LOG_PLAIN;
}

void vr_log_init(struct vr_log *log, bool is_json)
{
    struct stat error = {0};
    *log = (struct vr_log){.fd = STDERR_FILENO};
    for (size_t i = 0; i < VR_LOG_CLASS_COUNT; i++)
        log->budgets[i].left = VR_LOG_BURST;
    fstat(STDERR_FILENO, &error);
    log->sink = vr_log_choose(
        getenv("JOURNAL_STREAM"), &error, isatty(STDERR_FILENO), getenv("INVOCATION_ID"), is_json);
}

/* --- how much -------------------------------------------------------------------------------- */

bool vr_log_may_pass(
    struct vr_log *log, enum vr_log_class class, int64_t now_ns, uint64_t *ret_suppressed)
{
    struct vr_log_budget *budget = &log->budgets[class];
    double passed_s = (double)(now_ns - budget->at_ns) / 1e9;
    budget->left = fmin(VR_LOG_BURST, budget->left + passed_s * VR_LOG_PER_S);
    budget->at_ns = now_ns;
    if (budget->left < 1) {
        budget->suppressed++;
        return false;
    }
    budget->left -= 1;
    *ret_suppressed = budget->suppressed;
    budget->suppressed = 0;
    return true;
}

/* --- what ------------------------------------------------------------------------------------ */

/* U+0080..U+009F are control characters, too: terminals act on them. */
static bool is_plain(const char *text, size_t size)
{
    unsigned char first = (unsigned char)text[0], second = size > 1 ? (unsigned char)text[1] : 0;
    return size > 0 && first >= ' ' && first != 0x7f && !(first == 0xc2 && second < 0xa0);
}

const char *vr_log_escape(const char *text, char *ret, size_t size)
{
    size_t used = 0, left = strlen(text);
    while (left > 0) {
        size_t step = vr_utf8_size(text, left);
        char form[8];
        if (is_plain(text, step))
            snprintf(form, sizeof form, "%.*s", (int)step, text);
        else if (*text == '\n' || *text == '\t')
            snprintf(form, sizeof form, "\\%c", *text == '\n' ? 'n' : 't');
        else
            snprintf(form, sizeof form, "\\x%02x", (unsigned char)*text);
        step = is_plain(text, step) ? step : 1;
        if (used + strlen(form) >= size)
            break;
        strcpy(ret + used, form);
        used += strlen(form);
        text += step;
        left -= step;
    }
    ret[used] = '\0';
    return ret;
}

static const char *level_word(int priority)
{
    static const char *const words[] = {"emergency", "alert",  "critical", "error",
                                        "warning",   "notice", "info",     "debug"};
    return words[priority & 7];
}

/* The text, and how many of its kind were left out before it. */
static const char *sentence(const struct vr_log_message *message, char text[VR_LOG_FIELD_SIZE - 64])
{
    vr_log_escape(message->text, text, VR_LOG_FIELD_SIZE - 64 - 80);
    size_t used = strlen(text);
    if (message->suppressed > 0)
        snprintf(
            text + used, 80, " (%" PRIu64 " messages of class %s before it were left out)",
            message->suppressed, vr_log_class_word(message->class));
    return text;
}

static void write_json(const struct vr_log_message *message, FILE *out)
{
    const struct vr_log_about *about = &message->about;
    struct vr_json_text composed;
    char time[VR_CLOCK_ISO_SIZE];
    if (vr_compose(&composed, NULL) < 0)
        return;
    struct vr_json_writer *writer = &composed.writer;
    vr_json_write_string(writer, "time", vr_clock_iso(message->utc_ns, time));
    vr_json_write_string(writer, "level", level_word(message->priority));
    vr_json_write_string(writer, "class", vr_log_class_word(message->class));
    vr_json_write_string(writer, "text", message->text);
    if (about->run)
        vr_json_write_string(writer, "run", about->run);
    if (about->dut)
        vr_json_write_string(writer, "dut", about->dut);
    if (about->job_id)
        vr_json_write_int(writer, "job", about->job_id);
    if (about->errclass)
        vr_json_write_string(writer, "errclass", about->errclass);
    if (message->suppressed)
        vr_json_write_uint(writer, "suppressed", message->suppressed);
    _cleanup_free_ char *line = vr_composed(&composed);
    if (line)
        fprintf(out, "%s\n", line);
}

void vr_log_write(enum vr_log_sink sink, const struct vr_log_message *message, FILE *out)
{
    char text[VR_LOG_FIELD_SIZE - 64];
    if (sink == VR_LOG_JSON)
        write_json(message, out);
    else if (sink == VR_LOG_PLAIN)
        fprintf(out, "vitalrigd: %s\n", sentence(message, text));
    else
        fprintf(out, "<%d>%s\n", message->priority, sentence(message, text));
}

static void add_field(
    char fields[VR_LOG_FIELDS_MAX][VR_LOG_FIELD_SIZE], size_t *count, const char *name,
    const char *value)
{
    char plain[VR_LOG_FIELD_SIZE - 64];
    if (value)
        snprintf(
            fields[(*count)++], VR_LOG_FIELD_SIZE, "%s=%s", name,
            vr_log_escape(value, plain, sizeof plain));
}

size_t vr_log_fields(
    const struct vr_log_message *message, char fields[VR_LOG_FIELDS_MAX][VR_LOG_FIELD_SIZE])
{
    const struct vr_log_about *about = &message->about;
    char text[VR_LOG_FIELD_SIZE - 64], number[24];
    size_t count = 0;
    snprintf(fields[count++], VR_LOG_FIELD_SIZE, "MESSAGE=%s", sentence(message, text));
    snprintf(fields[count++], VR_LOG_FIELD_SIZE, "PRIORITY=%d", message->priority);
    add_field(fields, &count, "MESSAGE_ID", classes[message->class].message_id);
    add_field(fields, &count, "SYSLOG_IDENTIFIER", "vitalrigd");
    add_field(fields, &count, "VITALRIG_RUN", about->run);
    add_field(fields, &count, "VITALRIG_DUT", about->dut);
    add_field(fields, &count, "VITALRIG_ERRCLASS", about->errclass);
    snprintf(number, sizeof number, "%" PRId64, about->job_id);
    add_field(fields, &count, "VITALRIG_JOB", about->job_id ? number : NULL);
    snprintf(number, sizeof number, "%" PRIu64, message->suppressed);
    add_field(fields, &count, "VITALRIG_SUPPRESSED", message->suppressed ? number : NULL);
    return count;
}

/* --- saying ---------------------------------------------------------------------------------- */

static int send_to_journal(const struct vr_log_message *message)
{
    static char fields[VR_LOG_FIELDS_MAX][VR_LOG_FIELD_SIZE];
    struct iovec parts[VR_LOG_FIELDS_MAX];
    size_t count = vr_log_fields(message, fields);
    for (size_t i = 0; i < count; i++)
        parts[i] = (struct iovec){fields[i], strlen(fields[i])};
    return sd_journal_sendv(parts, (int)count);
}

/* One write, so that no other process's line stands in the middle of it; a reader that is gone is no trouble of the daemon's. */
static void send_line(const struct vr_log *log, const struct vr_log_message *message)
{
    enum vr_log_sink sink = log->sink == VR_LOG_JOURNAL ? VR_LOG_LEVELS : log->sink;
    _cleanup_free_ char *line = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&line, &size);
    if (!out)
        return;
    vr_log_write(sink, message, out);
    if (fclose(out) == 0 && write(log->fd, line, size) < 0)
        return;
}

void vr_log(
    struct vr_log *log, enum vr_log_class class, int priority, const struct vr_log_about *about,
    const char *format, ...)
{
    struct vr_log_message message = {.class = class, .priority = priority};
    char text[VR_LOG_TEXT_SIZE];
    va_list arguments;
    if (!vr_log_may_pass(log, class, vr_clock_monotonic_ns(), &message.suppressed))
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (about)
        message.about = *about;
    message.text = text;
    message.utc_ns = vr_clock_utc_ns();
    if (log->sink != VR_LOG_JOURNAL || send_to_journal(&message) < 0)
        send_line(log, &message);
}
