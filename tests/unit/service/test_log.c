#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "service/log.h"

#define S VR_NS_PER_S

static const char *line_of(enum vr_log_sink sink, const struct vr_log_message *message)
{
    static char line[20000];
    FILE *out = fmemopen(line, sizeof line, "w");
    vr_log_write(sink, message, out);
    fclose(out);
    return line;
}

Test(log, goes_to_the_journal_only_when_stderr_is_the_journal)
{
    const struct stat error = {.st_dev = 9, .st_ino = 4711};
    cr_expect_eq(vr_log_choose("9:4711", &error, false, true, false), VR_LOG_JOURNAL);
    cr_expect_eq(vr_log_choose("9:4712", &error, false, true, false), VR_LOG_LEVELS);
    cr_expect_eq(vr_log_choose("8:4711", &error, false, true, false), VR_LOG_LEVELS);
    cr_expect_eq(vr_log_choose("9:4711x", &error, false, false, false), VR_LOG_PLAIN);
    cr_expect_eq(vr_log_choose("", &error, false, false, false), VR_LOG_PLAIN);
    cr_expect_eq(vr_log_choose(NULL, &error, true, true, false), VR_LOG_PLAIN);
    cr_expect_eq(vr_log_choose(NULL, &error, false, true, false), VR_LOG_LEVELS);
    cr_expect_eq(vr_log_choose("9:4711", &error, false, true, true), VR_LOG_JSON);
}

Test(log, every_class_has_a_number_of_its_own)
{
    char seen[VR_LOG_CLASS_COUNT][64];
    static char fields[VR_LOG_FIELDS_MAX][VR_LOG_FIELD_SIZE];
    for (int i = 0; i < VR_LOG_CLASS_COUNT; i++) {
        const struct vr_log_message message = {.class = (enum vr_log_class)i, .text = ""};
        vr_log_fields(&message, fields);
        snprintf(seen[i], sizeof seen[i], "%.63s", fields[2]);
        cr_expect_eq(strlen(seen[i]), strlen("MESSAGE_ID=") + 32, "%s", seen[i]);
        cr_expect_eq(strspn(seen[i] + 11, "0123456789abcdef"), 32);
        for (int j = 0; j < i; j++)
            cr_expect_str_neq(seen[i], seen[j]);
    }
}

static const char *escaped(const char *text)
{
    static char buffer[256];
    return vr_log_escape(text, buffer, sizeof buffer);
}

Test(log, a_message_cannot_move_a_terminal_nor_begin_a_line)
{
    cr_expect_str_eq(
        escaped("plain, \xc3\xa4 and \xe2\x82\xac"), "plain, \xc3\xa4 and \xe2\x82\xac");
    cr_expect_str_eq(escaped("a\nb\tc\x1b[2J\x7f\r"), "a\\nb\\tc\\x1b[2J\\x7f\\x0d");
    cr_expect_str_eq(
        escaped("\xc2\x9b"
                "2J"),
        "\\xc2\\x9b"
        "2J");
    cr_expect_str_eq(escaped("\xc2\xa0 \xff\xc3"), "\xc2\xa0 \\xff\\xc3");
}

Test(log, a_long_text_is_cut_at_a_whole_character)
{
    char small[6];
    cr_expect_str_eq(vr_log_escape("abcd\xe2\x82\xac", small, sizeof small), "abcd");
    cr_expect_str_eq(vr_log_escape("abc\n\n", small, sizeof small), "abc\\n");
    cr_expect_str_eq(vr_log_escape("abcdefg", small, sizeof small), "abcde");
    cr_expect_str_eq(vr_log_escape("a", small, 1), "");
}

Test(log, has_a_line_for_each_reader)
{
    const struct vr_log_message message = {
        .class = VR_LOG_WORKER,
        .priority = LOG_WARNING,
        .text = "killed\nby signal 9",
        .suppressed = 3,
        .about = {.run = "R1", .dut = "band-a", .errclass = "LINK", .job_id = 12},
        .utc_ns = 0};
    cr_expect_str_eq(
        line_of(VR_LOG_PLAIN, &message),
        "vitalrigd: killed\\nby signal 9 (3 messages of class worker before it were left out)\n");
    cr_expect_str_eq(
        line_of(VR_LOG_LEVELS, &message),
        "<4>killed\\nby signal 9 (3 messages of class worker before it were left out)\n");
}

Test(log, json_is_one_object_a_line)
{
    const struct vr_log_message message = {
        .class = VR_LOG_WORKER,
        .priority = LOG_WARNING,
        .text = "killed\nby \"signal\" 9",
        .about = {.run = "R1", .dut = "band-a", .errclass = "LINK", .job_id = 12},
        .utc_ns = 0};
    const char *line = line_of(VR_LOG_JSON, &message);
    struct vr_json_doc *doc;
    struct vr_err err;
    cr_assert_eq(strcspn(line, "\n"), strlen(line) - 1, "%s", line);
    cr_assert_eq(vr_json_doc_create(line, strlen(line), "log", &doc, &err), 0, "%s", err.text);
    const struct vr_json *root = vr_json_doc_root(doc);
    cr_expect_str_eq(vr_json_string(vr_json_get(root, "text")), message.text);
    cr_expect_str_eq(vr_json_string(vr_json_get(root, "level")), "warning");
    cr_expect_str_eq(vr_json_string(vr_json_get(root, "class")), "worker");
    cr_expect_str_eq(vr_json_string(vr_json_get(root, "dut")), "band-a");
    cr_expect_eq(vr_json_number(vr_json_get(root, "job")), 12);
    cr_expect_null(vr_json_get(root, "suppressed"));
    vr_json_doc_destroy(doc);
}

Test(log, fields_of_the_journal_are_those_that_are_known)
{
    static char fields[VR_LOG_FIELDS_MAX][VR_LOG_FIELD_SIZE];
    struct vr_log_message message = {
        .class = VR_LOG_JOB,
        .priority = LOG_INFO,
        .text = "ended",
        .about = {.dut = "band\nMESSAGE=x", .job_id = 12}};
    size_t count = vr_log_fields(&message, fields);
    cr_assert_eq(count, 6);
    cr_expect_str_eq(fields[0], "MESSAGE=ended");
    cr_expect_str_eq(fields[1], "PRIORITY=6");
    cr_expect_str_eq(fields[4], "VITALRIG_DUT=band\\nMESSAGE=x");
    cr_expect_str_eq(fields[5], "VITALRIG_JOB=12");
    message.about = (struct vr_log_about){"R", "D", "LINK", 1};
    message.suppressed = 7;
    cr_expect_eq(vr_log_fields(&message, fields), VR_LOG_FIELDS_MAX);
    cr_expect_str_eq(fields[8], "VITALRIG_SUPPRESSED=7");
}

static struct vr_log log_now(void)
{
    struct vr_log log;
    vr_log_init(&log, false);
    return log;
}

Test(log, a_flood_passes_as_its_burst_and_is_counted)
{
    struct vr_log log = log_now();
    uint64_t suppressed = 0;
    int passed = 0;
    for (int i = 0; i < 1000; i++)
        passed += vr_log_may_pass(&log, VR_LOG_REFUSAL, 1000 * S, &suppressed);
    cr_expect_eq(passed, VR_LOG_BURST);
    cr_expect(vr_log_may_pass(&log, VR_LOG_JOB, 1000 * S, &suppressed), "another class");
    cr_expect_eq(suppressed, 0);
    cr_expect_not(vr_log_may_pass(&log, VR_LOG_REFUSAL, 1000 * S + S / 10, &suppressed));
    cr_expect(vr_log_may_pass(&log, VR_LOG_REFUSAL, 1000 * S + S / 5, &suppressed));
    cr_expect_eq(suppressed, 901);
    cr_expect_not(vr_log_may_pass(&log, VR_LOG_REFUSAL, 1000 * S + S / 5, &suppressed));
    passed = 0;
    for (int i = 0; i < 1000; i++)
        passed += vr_log_may_pass(&log, VR_LOG_REFUSAL, 9000 * S, &suppressed);
    cr_expect_eq(passed, VR_LOG_BURST, "an idle hour saves up no more than a burst");
}

Test(log, writes_one_line)
{
    struct vr_log log = log_now();
    char line[256] = "";
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    log.fd = ends[1];
    log.sink = VR_LOG_LEVELS;
    vr_log(&log, VR_LOG_LIFE, LOG_NOTICE, NULL, "%d devices\n", 4);
    cr_assert_gt(read(ends[0], line, sizeof line - 1), 0);
    cr_expect_str_eq(line, "<5>4 devices\\n\n");
    close(ends[0]);
    close(ends[1]);
}
