/* The daemon's log: to the journal with fields, or to stderr as whoever reads it wants it.
 *
 * One message is one line.  Each class has a budget, so that a client that is refused a thousand times a second fills no disk and hides
 * nothing of another class; what was left out is counted, and told with the next message of the class. */
#ifndef VR_SERVICE_LOG_H
#define VR_SERVICE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <syslog.h>

enum vr_log_class {
#define X(name, word, message_id) VR_LOG_##name,
#include "service/log_classes.def"
#undef X
    VR_LOG_CLASS_COUNT
};

enum vr_log_sink {
    VR_LOG_JOURNAL, /* sd_journal_sendv with VITALRIG_* fields */
    VR_LOG_LEVELS,  /* "<6>text": under systemd, to something that is no journal (sd-daemon(3)) */
    VR_LOG_PLAIN,
    VR_LOG_JSON, /* an object a line */
};

/* What a message is about; NULL or 0 = nothing. */
struct vr_log_about {
    const char *run, *dut, *errclass; /* errclass: vr_err_name() */
    int64_t job_id;
};

#define VR_LOG_BURST 100      /* messages of a class at once, */
#define VR_LOG_PER_S 5        /* and so many a second in the long run */
#define VR_LOG_TEXT_SIZE 2048 /* a longer text is cut */

struct vr_log_budget {
    double left;
    int64_t at_ns;
    uint64_t suppressed;
};

struct vr_log {
    enum vr_log_sink sink;
    int fd; /* unused for the journal */
    struct vr_log_budget budgets[VR_LOG_CLASS_COUNT];
};

struct vr_log_message {
    enum vr_log_class class;
    int priority; /* LOG_ERR .. LOG_DEBUG */
    struct vr_log_about about;
    const char *text;
    uint64_t suppressed; /* of its class, before it */
    int64_t utc_ns;
};

/* To stderr, whatever that is. */
void vr_log_init(struct vr_log *log, bool is_json);
/* Thread-safe it is not: the loop's. */
void vr_log(
    struct vr_log *log, enum vr_log_class class, int priority, const struct vr_log_about *about,
    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* --- the pure halves, for tests --- */

/* `journal_stream`: $JOURNAL_STREAM or NULL; `error`: fstat of stderr. */
enum vr_log_sink vr_log_choose(
    const char *journal_stream, const struct stat *error, bool is_terminal, bool is_under_systemd,
    bool is_json);
/* Whether one more message may pass; *ret_suppressed of those before it that might not. */
bool vr_log_may_pass(
    struct vr_log *log, enum vr_log_class class, int64_t now_ns, uint64_t *ret_suppressed);
/* Control characters, and bytes that are no UTF-8, as \n, \t or \x1b; cut at a whole character.  Returns `ret`. */
const char *vr_log_escape(const char *text, char *ret, size_t size);
/* The line of a message, with its end; not of the journal. */
void vr_log_write(enum vr_log_sink sink, const struct vr_log_message *message, FILE *out);
/* "NAME=value" of the journal; texts of at most VR_LOG_FIELD_SIZE.  Returns how many. */
#define VR_LOG_FIELDS_MAX 9
#define VR_LOG_FIELD_SIZE (4 * VR_LOG_TEXT_SIZE + 64)
size_t vr_log_fields(
    const struct vr_log_message *message, char fields[VR_LOG_FIELDS_MAX][VR_LOG_FIELD_SIZE]);

const char *vr_log_class_word(enum vr_log_class class);

#endif
