/* Lists of events and pairs as short texts, for tables of cases.
 *
 * "77:N 370:A 400:~48" is a normal beat, an atrial premature beat and NOISE of subtype 48, by the
 * mnemonics of schema/annotations.def. */
#ifndef TEST_SCORE_EVENTS_H
#define TEST_SCORE_EVENTS_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "score/match.h"

#define EVENTS_MAX 64

static inline uint8_t event_code(char mnemonic)
{
    static const char mnemonics[] = {
#define X(number, name, mnemonic, class, text) [number] = mnemonic[0],
#include "schema/annotations.def"
#undef X
    };
    for (size_t i = 0; i < sizeof mnemonics; i++)
        if (mnemonics[i] == mnemonic)
            return (uint8_t)i;
    cr_assert(false, "no code is called '%c'", mnemonic);
    return 0;
}

static inline size_t events_read(const char *text, struct vr_event events[EVENTS_MAX])
{
    size_t count = 0;
    for (char *end; *text; text = end + strspn(end, " ")) {
        cr_assert_lt(count, EVENTS_MAX);
        struct vr_event *event = &events[count++];
        *event = (struct vr_event){0};
        event->sample_index = strtol(text, &end, 10);
        cr_assert_eq(*end, ':', "no ':' in \"%s\"", text);
        event->code = event_code(end[1]);
        end += 2;
        if (*end != ' ')
            event->subtype = (int8_t)strtol(end, &end, 10);
    }
    return count;
}

static inline struct vr_annotator events_annotator(const char *text, int64_t window)
{
    struct vr_event events[EVENTS_MAX];
    struct vr_annotator annotator;
    size_t count = events_read(text, events);
    cr_assert_eq(vr_annotator_read(events, count, window, &annotator, NULL), 0);
    return annotator;
}

/* "Nn@1000/1040", "Vo@1300", "On@1050" for every pair, in order. */
static inline void events_note_pair(void *context, const struct vr_match_pair *pair)
{
    char *text = context;
    size_t used = strlen(text);
    used += (size_t)sprintf(
        text + used, "%s%c%c@", used ? " " : "", "NSVFQOX*"[pair->reference_class],
        "nsvfqox*"[pair->test_class]);
    if (pair->reference)
        used += (size_t)sprintf(text + used, "%ld", (long)pair->reference->sample_index);
    if (pair->reference && pair->test)
        used += (size_t)sprintf(text + used, "/");
    if (pair->test)
        sprintf(text + used, "%ld", (long)pair->test->sample_index);
}

#endif
