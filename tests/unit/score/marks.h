/* Lists of marks as short texts, for tables of cases: "50:N 100:+(AFIB 400:~48 500:=1/72.5" is a normal beat, a rhythm with its text, NOISE of
 * subtype 48, and a MEASURE of subtype 1 with the text 72.5. */
#ifndef TEST_SCORE_MARKS_H
#define TEST_SCORE_MARKS_H

#include "events.h"
#include "score/mark.h"

#define MARKS_TEXT 1024

struct marks {
    char text[MARKS_TEXT]; /* cut into the texts of the marks */
    struct vr_mark items[EVENTS_MAX];
    size_t count;
};

static inline void marks_read_one(struct vr_mark *mark, char *word)
{
    char *end;
    *mark = (struct vr_mark){.sample_index = strtol(word, &end, 10)};
    cr_assert_eq(*end, ':', "no ':' in \"%s\"", word);
    mark->code = event_code(end[1]);
    char *rest = end + 2;
    if (end[1] == '+') {
        mark->text = *rest ? rest : NULL;
    } else {
        mark->subtype = (int8_t)strtol(rest, &end, 10);
        if (*end == '/')
            mark->text = end + 1;
    }
}

static inline void marks_read(const char *text, struct marks *marks)
{
    marks->count = 0;
    snprintf(marks->text, sizeof marks->text, "%s", text);
    char *rest = NULL;
    for (char *word = strtok_r(marks->text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        cr_assert_lt(marks->count, EVENTS_MAX);
        marks_read_one(&marks->items[marks->count++], word);
    }
}

/* Options at 100 ticks a second, w = 15, from the start. */
static inline struct vr_ec57_options marks_options(int64_t sample_count)
{
    return (struct vr_ec57_options){
        .rate_num = 100, .rate_den = 1, .sample_count = sample_count, .window_ms = 150};
}

#endif
