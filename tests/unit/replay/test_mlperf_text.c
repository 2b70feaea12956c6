/* Lines, replies, decimals and hex of the text protocol. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "replay/mlperf_text.h"

/* --- lines --- */

static enum vr_mlperf_event push(struct vr_mlperf_line *line, const char *text, size_t *ret_used)
{
    return vr_mlperf_line_push(line, (const uint8_t *)text, strlen(text), ret_used);
}

Test(mlperf_text, lines_come_out_of_any_pieces)
{
    struct vr_mlperf_line line = {.size = 0};
    size_t used;
    cr_expect_eq(push(&line, "m-re", &used), VR_MLPERF_EVENT_NONE);
    cr_expect_eq(push(&line, "ady\r\nm-load-done\r\n", &used), VR_MLPERF_EVENT_LINE);
    cr_expect_eq(used, 5);
    cr_expect_str_eq(line.text, "m-ready");
    cr_expect_eq(push(&line, "\r\n\nm-load-done\n", &used), VR_MLPERF_EVENT_LINE);
    cr_expect_str_eq(line.text, "m-load-done", "empty lines are passed over");
}

Test(mlperf_text, what_is_no_text_is_garbage)
{
    struct vr_mlperf_line line = {.size = 0};
    size_t used;
    cr_expect_eq(push(&line, "m-re\xffudy\n", &used), VR_MLPERF_EVENT_GARBAGE);
    cr_expect_eq(used, 5);
    cr_expect_eq(push(&line, "m-ready\n", &used), VR_MLPERF_EVENT_LINE);
    cr_expect_str_eq(line.text, "m-ready", "nothing of it is left");
}

Test(mlperf_text, a_line_without_end_is_garbage)
{
    struct vr_mlperf_line line = {.size = 0};
    static char text[VR_MLPERF_LINE_MAX + 1];
    size_t used;
    memset(text, 'a', VR_MLPERF_LINE_MAX);
    cr_expect_eq(push(&line, text, &used), VR_MLPERF_EVENT_NONE, "just fits");
    cr_expect_eq(push(&line, "a", &used), VR_MLPERF_EVENT_GARBAGE);
}

/* --- replies --- */

static struct vr_mlperf_reply parse(const char *line)
{
    struct vr_mlperf_reply reply;
    vr_mlperf_reply_parse(line, &reply);
    return reply;
}

Test(mlperf_text, replies_have_one_form)
{
    static const struct {
        const char *line;
        enum vr_mlperf_word word;
    } cases[] = {
        {"m-ready", VR_MLPERF_READY},
        {"m-ready ", VR_MLPERF_OTHER},
        {"m-read", VR_MLPERF_OTHER},
        {"m-name-dut-[x]", VR_MLPERF_NAME},
        {"m-name-dut-[x", VR_MLPERF_OTHER},
        {"m-profile-[ULPMark]", VR_MLPERF_PROFILE},
        {"m-model-[kws01]", VR_MLPERF_MODEL},
        {"m-lap-us-0", VR_MLPERF_LAP},
        {"m-lap-us-", VR_MLPERF_OTHER},
        {"m-lap-us--1", VR_MLPERF_OTHER},
        {"m-lap-us-18446744073709551616", VR_MLPERF_OTHER},
        {"m-[Expecting 490 bytes]", VR_MLPERF_EXPECTING},
        {"m-[Expecting 490 byte]", VR_MLPERF_OTHER},
        {"m-[Expecting  bytes]", VR_MLPERF_OTHER},
        {"m-load-done", VR_MLPERF_LOAD_DONE},
        {"m-buffer-00-01", VR_MLPERF_BUFFER},
        {"m-buffer-", VR_MLPERF_OTHER},
        {"m-warmup-start-0", VR_MLPERF_WARMUP_START},
        {"m-warmup-done", VR_MLPERF_WARMUP_DONE},
        {"m-infer-start-1", VR_MLPERF_INFER_START},
        {"m-infer-done", VR_MLPERF_INFER_DONE},
        {"m-results-[0.1,0.9]", VR_MLPERF_RESULTS},
        {"m-timestamp-mode-energy", VR_MLPERF_TIMESTAMP_MODE},
        {"m-init-done", VR_MLPERF_INIT_DONE},
        {"e-[Unknown command: x]", VR_MLPERF_ERROR},
        {"M-READY", VR_MLPERF_OTHER},
        {"", VR_MLPERF_OTHER},
        {"anything else", VR_MLPERF_OTHER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(parse(cases[i].line).word, cases[i].word, "%s", cases[i].line);
}

Test(mlperf_text, replies_carry_their_number_or_text)
{
    cr_expect_eq(parse("m-lap-us-4294967296").number, UINT64_C(4294967296));
    cr_expect_eq(parse("m-[Expecting 490 bytes]").number, 490);
    struct vr_mlperf_reply reply = parse("m-results-[0.1,[2]]");
    cr_assert_eq(reply.text_size, 7);
    cr_expect_eq(memcmp(reply.text, "0.1,[2]", 7), 0);
    cr_expect_eq(parse("m-name-dut-[]").text_size, 0);
}

Test(mlperf_text, buffers_are_read_byte_by_byte)
{
    uint8_t bytes[3] = {0};
    cr_expect_eq(vr_mlperf_buffer_parse("00-fF-7a", 8, bytes, 3), 3);
    cr_expect_eq(bytes[1], 0xff);
    cr_expect_eq(bytes[2], 0x7a);
    cr_expect_eq(vr_mlperf_buffer_parse("01", 2, bytes, 3), 1);
    static const char *const wrong[] = {"0",     "01-",         "01-2", "0x",
                                        "01.02", "01-02-03-04", "-01",  "0102"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_eq(
            vr_mlperf_buffer_parse(wrong[i], strlen(wrong[i]), bytes, 3), -1, "%s", wrong[i]);
    cr_expect_eq(vr_mlperf_buffer_parse("", 0, bytes, 3), -1);
}

/* --- results --- */

static enum vr_mlperf_results results(const char *text, int32_t *micro, size_t *count)
{
    return vr_mlperf_results_parse(text, strlen(text), micro, count);
}

Test(mlperf_text, decimals_are_exact_millionths)
{
    static const struct {
        const char *text;
        int32_t micro;
    } cases[] = {
        {"0", 0},
        {"-0.000", 0},
        {"0.996", 996000},
        {"11.772", 11772000},
        {"-1.5", -1500000},
        {"+2", 2000000},
        {".5", 500000},
        {"7.", 7000000},
        {"0.1234564", 123456},
        {"0.1234565", 123457},
        {"-0.1234565", -123457},
        {"0.12345649999999", 123456},
        {"0.9999999", 1000000},
        {"2147.483647", INT32_MAX},
        {"-2147.483647", -INT32_MAX},
        {"00002147.483647", INT32_MAX},
    };
    int32_t micro[VR_MLPERF_RESULTS_MAX];
    size_t count;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_eq(
            results(cases[i].text, micro, &count), VR_MLPERF_RESULTS_OK, "%s", cases[i].text);
        cr_expect_eq(micro[0], cases[i].micro, "%s is %d", cases[i].text, micro[0]);
    }
}

Test(mlperf_text, what_is_no_decimal_is_no_number)
{
    static const char *const wrong[] = {"",   "nan", "inf", "-",   ".",     "1,",
                                        ",1", "1e3", "1 2", "0x1", "1.2.3", "--1"};
    int32_t micro[VR_MLPERF_RESULTS_MAX];
    size_t count;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_eq(results(wrong[i], micro, &count), VR_MLPERF_RESULTS_NO_NUMBER, "%s", wrong[i]);
}

Test(mlperf_text, what_is_too_large_is_never_clipped)
{
    static const char *const wrong[] = {
        "2147.483648", "-2147.483648", "2147.4836475", "99999999999999999999999999999999",
        "1,2148"};
    int32_t micro[VR_MLPERF_RESULTS_MAX];
    size_t count;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_eq(results(wrong[i], micro, &count), VR_MLPERF_RESULTS_TOO_LARGE, "%s", wrong[i]);
}

Test(mlperf_text, results_stand_between_commas)
{
    int32_t micro[VR_MLPERF_RESULTS_MAX];
    char text[3 * VR_MLPERF_RESULTS_MAX] = "";
    size_t count = 0;
    cr_expect_eq(results("0.1, -2,3.5", micro, &count), VR_MLPERF_RESULTS_OK);
    cr_expect_eq(count, 3);
    cr_expect_eq(micro[1], -2000000);
    for (int i = 0; i < VR_MLPERF_RESULTS_MAX; i++)
        strcat(text, i ? ",1" : "1");
    cr_expect_eq(results(text, micro, &count), VR_MLPERF_RESULTS_OK);
    cr_expect_eq(count, VR_MLPERF_RESULTS_MAX);
    strcat(text, ",1");
    cr_expect_eq(results(text, micro, &count), VR_MLPERF_RESULTS_TOO_LARGE);
}

/* --- commands --- */

Test(mlperf_text, the_longest_command_fits_the_firmwares_buffer)
{
    uint8_t bytes[VR_MLPERF_CHUNK_MAX];
    char command[VR_MLPERF_COMMAND_MAX];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 9);
    vr_mlperf_db_format(bytes, sizeof bytes, command);
    cr_expect_eq(strlen(command), 65);
    vr_mlperf_db_format(bytes, 3, command);
    cr_expect_str_eq(command, "db 000912");
}
