#include "score/annotator.h"

#include <criterion/criterion.h>

#include "events.h"

#define WINDOW 54
#define END 10000

static void note_spans(char *text, char name, const struct vr_spans *spans)
{
    for (size_t i = 0; i < spans->count; i++) {
        text += strlen(text);
        text += sprintf(text, " %c %ld-", name, (long)spans->items[i].begin);
        if (spans->items[i].end == VR_SPAN_FOREVER)
            sprintf(text, "ever");
        else
            sprintf(text, "%ld", (long)spans->items[i].end);
    }
}

/* Expected: class and time of each beat, with its RR where it is valid; then VF (v) and shutdowns (s), and how long these are together. */
static const struct {
    const char *events, *expected;
    int64_t shutdown_ticks;
} rows[] = {
    {"", "", 0},
    {"100:+ 110:T 120:|", "", 0},
    {"100:N 400:A 650:V", "N100 S400(300) V650(250)", 0},
    {"100:N 100:N", "N100 N100", 0},
    /* VF: everything to the next VFOFF is passed over, also what looks like a shutdown or another VF. */
    {"100:N 200:[ 210:! 250:N 260:~48 270:[ 300:] 400:N 600:N", "N100 N400 N600(200) v 200-300", 0},
    {"100:N 200:[ 300:N 400:V", "N100 v 200-ever", 0},
    {"100:N 200:] 300:N", "N100 N300(200)", 0},
    {"100:! 200:N", "O100 N200(100)", 0},
    {"100:N 100:[ 150:] 200:N 300:N", "N100 N200 N300(100) v 100-150", 0},
    {"100:N 200:[ 300:] 300:N", "N100 N300 v 200-300", 0},
    {"100:N 200:N 200:[ 300:]", "N100 N200(100) v 200-300", 0},
    /* Shutdown, marked at both ends. */
    {"100:N 200:~48 900:~0 1000:N 1300:N", "N100 N1000 N1300(300) s 200-900", 700},
    {"100:N 200:~-1 900:~15 1000:N", "N100 N1000 s 200-900", 700},
    {"100:N 200:~51 900:~32 1000:N", "N100 N1000 s 200-900", 700},
    {"100:N 200:~16 900:~32 1000:N", "N100 N1000(900)", 0},
    /* Shutdown, marked anywhere inside: from the last beat + 54 to the next event - 54. */
    {"100:N 300:~-1 1000:N 1300:N", "N100 N1000 N1300(300) s 154-946", 792},
    {"100:N 300:~-1 1000:+ 1300:N", "N100 N1300 s 154-946", 792},
    {"300:~-1 1000:N", "N1000 s 54-946", 892},
    {"100:[ 200:] 300:~-1 1000:N", "N1000 v 100-200 s 254-946", 692},
    {"100:N 120:~-1 180:N", "N100 N180 s 126-126", 0},
    {"100:N 120:~-1 130:N", "N100 N130(30) s 76-76", 0},
    {"50:N 100:N 120:~-1 130:N", "N50 N100(50) N130(30) s 76-76", 0},
    {"100:N 300:~-1 600:~-1 1000:N", "N100 N1000 s 154-546 s 154-946", 792},
    {"100:N 300:~-1 600:[ 700:] 800:N", "N100 N800 v 600-700 s 154-546", 392},
    /* Shutdown without an end. */
    {"100:N 300:~48", "N100 s 300-ever", END - 300},
    {"100:N 20000:~48", "N100 s 20000-ever", 0},
};

Test(annotator, reads_beats_vf_and_shutdowns)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vr_annotator annotator = events_annotator(rows[i].events, WINDOW);
        char text[512] = "";
        for (size_t k = 0; k < annotator.beat_count; k++) {
            const struct vr_beat *beat = &annotator.beats[k];
            char *end = text + strlen(text);
            end += sprintf(end, " %c%ld", "NSVFQO"[beat->class], (long)beat -> sample_index);
            if (beat->rr != 0)
                sprintf(end, "(%ld)", (long)beat->rr);
        }
        note_spans(text, 'v', &annotator.vf);
        note_spans(text, 's', &annotator.shutdown);
        cr_expect_str_eq(
            text + (text[0] == ' '), rows[i].expected, "%s: got%s", rows[i].events, text);
        cr_expect_eq(
            vr_spans_ticks(&annotator.shutdown, END), rows[i].shutdown_ticks, "%s", rows[i].events);
        vr_annotator_finish(&annotator);
    }
}

Test(annotator, beats_know_their_events)
{
    struct vr_annotator annotator = events_annotator("1:+ 100:N 150:T 200:[ 300:] 400:V", 54);
    cr_assert_eq(annotator.beat_count, 2);
    cr_expect_eq(annotator.beats[0].event, 1);
    cr_expect_eq(annotator.beats[1].event, 5);
    vr_annotator_finish(&annotator);
}

Test(annotator, spans_hold_both_their_ends_also_when_they_overlap)
{
    /* Two AHA marks in one gap: the second lasts longer than the first, from the same time. */
    struct vr_annotator annotator =
        events_annotator("100:N 300:~-1 600:~-1 1000:N 2000:~48 2100:~0 2200:~48", 54);
    static const struct {
        int64_t sample_index;
        bool held;
    } times[] = {
        {153, false},  {154, true},   {546, true},     {547, true},  {946, true},
        {947, false},  {1999, false}, {2000, true},    {2100, true}, {2101, false},
        {2199, false}, {2200, true},  {1000000, true},
    };
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        cr_expect_eq(
            vr_spans_hold(&annotator.shutdown, times[i].sample_index), times[i].held, "%ld",
            (long)times[i].sample_index);
    cr_expect_not(vr_spans_hold(&annotator.vf, 500));
    vr_annotator_finish(&annotator);
}

Test(annotator, refuses_times_beyond_any_record)
{
    struct vr_event event = {.sample_index = VR_EVENT_TICK_MAX + 1, .code = 1};
    struct vr_annotator annotator;
    struct vr_err err;
    cr_expect_eq(vr_annotator_read(&event, 1, 54, &annotator, &err), -VR_ERR_INPUT);
    cr_expect(strstr(err.text, "event 0 lies at sample 1152921504606846977"), "%s", err.text);
    event.sample_index = -VR_EVENT_TICK_MAX - 1;
    cr_expect_eq(vr_annotator_read(&event, 1, 54, &annotator, &err), -VR_ERR_INPUT);
}
