#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/sse.h"

/* Every event as "[id|kind|data]". */
struct told {
    char text[4096];
    size_t used, last_size;
    int answer;
};

static int tell(void *context, const struct vr_sse_event *event, struct vr_err *err)
{
    struct told *told = context;
    (void)err;
    told->used += (size_t)snprintf(
        told->text + told->used, sizeof told->text - told->used, "[%s|%s|%.*s]", event->id,
        event->kind, (int)event->size, event->data);
    told->last_size = event->size;
    cr_assert(event->data[event->size] == '\0');
    return told->answer;
}

static struct told told;

static const char *told_in_pieces(const char *text, size_t size, size_t piece)
{
    struct vr_err err = {0};
    struct vr_sse sse;
    told = (struct told){0};
    vr_sse_init(&sse, tell, &told);
    for (size_t at = 0; at < size; at += piece)
        cr_assert_eq(
            vr_sse_feed(&sse, text + at, size - at < piece ? size - at : piece, &err), 0, "%s",
            err.text);
    vr_sse_finish(&sse);
    return told.text;
}

static void expect(const char *text, const char *events)
{
    for (size_t piece = 1; piece <= strlen(text); piece++)
        cr_expect_str_eq(
            told_in_pieces(text, strlen(text), piece), events, "in pieces of %zu", piece);
}

Test(sse, an_event_has_an_id_a_kind_and_data)
{
    expect("id: 7\nevent: trial_ended\ndata: {\"job\": 1}\n\n", "[7|trial_ended|{\"job\": 1}]");
}

Test(sse, lines_end_with_cr_lf_or_both)
{
    expect("event: a\rdata: 1\r\rdata: 2\r\n\r\ndata: 3\n\n", "[|a|1][|message|2][|message|3]");
    expect("data: a\r\ndata: b\r\n\r\n", "[|message|a\nb]");
    expect("data: 1\r\n\n", "[|message|1]");
    expect("data: 1\n\r", "[|message|1]");
}

Test(sse, an_event_does_not_wait_for_the_line_feed_behind_its_cr)
{
    told = (struct told){0};
    struct vr_sse sse;
    vr_sse_init(&sse, tell, &told);
    vr_sse_feed(&sse, "data: 1\r\n\r", 10, NULL);
    cr_expect_str_eq(told.text, "[|message|1]");
    vr_sse_feed(&sse, "\ndata: 2\n\n", 10, NULL);
    cr_expect_str_eq(told.text, "[|message|1][|message|2]");
    vr_sse_finish(&sse);
}

Test(sse, data_of_several_lines_are_joined)
{
    expect("data: a\ndata:b\ndata\ndata:  c\n\n", "[|message|a\nb\n\n c]");
}

Test(sse, an_event_without_data_is_none_and_leaves_nothing_behind)
{
    expect("event: a\nid: 3\n\ndata: x\n\n", "[|message|x]");
    expect(":comment\n\n: another\n\n", "");
}

Test(sse, empty_data_is_data)
{
    expect("data\n\n", "[|message|]");
    expect("data:\n\n", "[|message|]");
}

Test(sse, unknown_fields_and_comments_do_not_count)
{
    expect(": keep\nretry: 10\nnonsense\ndatum: y\nda: z\ndata: x\n :data: w\n\n", "[|message|x]");
}

Test(sse, a_colon_may_stand_in_a_value)
{
    expect("id::\ndata: a: b\n\n", "[:|message|a: b]");
}

Test(sse, a_byte_order_mark_counts_only_in_front)
{
    expect(
        "\xef\xbb\xbf"
        "data: x\n\n\xef\xbb\xbf"
        "data: y\n\ndata: z\n\n",
        "[|message|x][|message|z]");
}

Test(sse, what_is_not_ended_never_was)
{
    expect("data: a\n\ndata: b\n", "[|message|a]");
    expect("data: a\n\ndata: b", "[|message|a]");
}

Test(sse, a_zero_byte_makes_a_word_void_and_stays_in_data)
{
    static const char text[] = "id: 1\0"
                               "2\nevent: a\0b\ndata: x\0y\n\n";
    cr_expect_str_eq(told_in_pieces(text, sizeof text - 1, 5), "[|message|x]");
    cr_expect_eq(told.last_size, 3);
}

Test(sse, too_long_a_line_is_refused)
{
    struct vr_err err = {0};
    told = (struct told){0};
    struct vr_sse sse;
    static char bytes[4096];
    int r = 0;
    memset(bytes, 'x', sizeof bytes);
    vr_sse_init(&sse, tell, &told);
    size_t fed = 0;
    for (; r == 0 && fed <= 2 * VR_SSE_SIZE_MAX; fed += sizeof bytes)
        r = vr_sse_feed(&sse, bytes, sizeof bytes, &err);
    cr_expect_eq(r, -VR_ERR_INPUT);
    cr_expect_eq(fed, VR_SSE_SIZE_MAX + sizeof bytes);
    vr_sse_finish(&sse);
}

Test(sse, too_much_data_in_many_lines_is_refused)
{
    struct vr_err err = {0};
    told = (struct told){0};
    struct vr_sse sse;
    int r = 0;
    vr_sse_init(&sse, tell, &told);
    for (size_t i = 0; r == 0 && i <= VR_SSE_SIZE_MAX; i++)
        r = vr_sse_feed(&sse, "data:xyz\n", 9, &err);
    cr_expect_eq(r, -VR_ERR_INPUT);
    vr_sse_finish(&sse);
}

Test(sse, too_long_an_id_is_refused_and_the_longest_is_not)
{
    struct vr_err err = {0};
    told = (struct told){0};
    struct vr_sse sse;
    char line[128];
    vr_sse_init(&sse, tell, &told);
    int size = snprintf(line, sizeof line, "id: %063d\ndata: x\n\n", 1);
    cr_expect_eq(vr_sse_feed(&sse, line, (size_t)size, &err), 0);
    cr_expect_eq(told.used, strlen("[|message|x]") + 63);
    size = snprintf(line, sizeof line, "id: %064d\ndata: x\n\n", 1);
    cr_expect_eq(vr_sse_feed(&sse, line, (size_t)size, &err), -VR_ERR_INPUT);
    vr_sse_finish(&sse);
}

Test(sse, who_is_told_may_end_it)
{
    told = (struct told){.answer = -VR_ERR_LINK};
    struct vr_sse sse;
    vr_sse_init(&sse, tell, &told);
    cr_expect_eq(vr_sse_feed(&sse, "data: 1\n\ndata: 2\n\n", 18, NULL), -VR_ERR_LINK);
    cr_expect_str_eq(told.text, "[|message|1]");
    vr_sse_finish(&sse);
}
