#include "score/match.h"

#include <criterion/criterion.h>

#include "base/rng.h"
#include "events.h"

#define WINDOW 54 /* 150 ms at 360 Hz */

struct match_case {
    const char *reference, *test, *pairs;
};

static void expect_pairs(const struct match_case *rows, size_t count, int64_t start, int64_t end)
{
    for (size_t i = 0; i < count; i++) {
        struct vr_annotator reference = events_annotator(rows[i].reference, WINDOW);
        struct vr_annotator test = events_annotator(rows[i].test, WINDOW);
        struct vr_ec57_span options = {.start = start, .end = end, .window = WINDOW};
        char text[1024] = "";
        vr_match(&reference, &test, &options, events_note_pair, text);
        cr_expect_str_eq(
            text, rows[i].pairs, "%s | %s: wanted %s, got %s", rows[i].reference, rows[i].test,
            rows[i].pairs, text);
        vr_annotator_finish(&reference);
        vr_annotator_finish(&test);
    }
}

#define EXPECT_PAIRS(rows, start, end) expect_pairs(rows, sizeof rows / sizeof rows[0], start, end)

Test(match, gives_what_the_examples_in_the_header_say)
{
    static const struct match_case rows[] = {
        {"1000:N 1300:V", "1040:N 1050:N", "Nn@1000/1040 On@1050 Vo@1300"},
        {"1000:N 1300:N", "960:N 1002:N 1301:N", "On@960 Nn@1000/1002 Nn@1300/1301"},
    };
    EXPECT_PAIRS(rows, 0, 650000);
}

Test(match, window_is_inclusive_on_both_sides)
{
    static const struct match_case rows[] = {
        {"1000:N", "1000:N", "Nn@1000/1000"},
        {"1000:N", "1054:N", "Nn@1000/1054"},
        {"1000:N", "1055:N", "No@1000 On@1055"},
        {"1000:N", "946:N", "Nn@1000/946"},
        {"1000:N", "945:N", "On@945 No@1000"},
        {"1000:N", "", "No@1000"},
        {"", "1000:N", "On@1000"},
        {"", "", ""},
        {"1000:N 1000:V", "1000:V", "No@1000 Vv@1000/1000"},
    };
    EXPECT_PAIRS(rows, 0, 650000);
}

Test(match, classes_come_from_the_codes)
{
    static const struct match_case rows[] = {
        {"1000:N 2000:A 3000:V 4000:F 5000:/", "1000:L 2000:V 3000:F 4000:Q 5000:e",
         "Nn@1000/1000 Sv@2000/2000 Vf@3000/3000 Fq@4000/4000 Qs@5000/5000"},
        {"1000:! 2000:! 3000:N 4000:N", "1000:N 2000:! 3000:! 4000:~0",
         "On@1000/1000 Oo@2000/2000 No@3000/3000 No@4000"},
    };
    EXPECT_PAIRS(rows, 0, 650000);
}

Test(match, the_better_partner_wins)
{
    static const struct match_case rows[] = {
        {"1000:N", "961:N 1040:N", "Nn@1000/961 On@1040"},
        {"1000:N", "959:N 1040:N", "On@959 Nn@1000/1040"},
        {"1000:N 1040:N", "1019:N", "Nn@1000/1019 No@1040"},
        {"1000:N 1040:N", "1021:N", "No@1000 Nn@1040/1021"},
        /* On a tie the later of the two. */
        {"1000:N", "960:N 1040:N", "On@960 Nn@1000/1040"},
        {"1000:N 1040:N", "1020:N", "No@1000 Nn@1040/1020"},
        /* Unless the next beats are nearer to each other: then nobody is left over. */
        {"1000:N 1040:N", "1021:N 1045:N", "Nn@1000/1021 Nn@1040/1045"},
        {"1000:N 1012:N", "960:N 1010:N", "Nn@1000/960 Nn@1012/1010"},
        {"1000:N 1040:N", "960:N 1010:N", "On@960 Nn@1000/1010 No@1040"},
        {"1000:N 1040:N", "1021:N 1059:N", "No@1000 On@1021 Nn@1040/1059"},
    };
    EXPECT_PAIRS(rows, 0, 650000);
}

Test(match, begins_after_the_learning_period)
{
    static const struct match_case rows[] = {
        {"990:N 1000:N", "1000:N", "Nn@1000/1000"},
        {"999:N 1300:N", "999:N 1300:N", "Nn@1300/1300"},
        {"999:N", "999:N", ""},
        /* A partner just before start counts, unless the next is nearer, or it is too far. */
        {"900:N 1010:N", "900:N 990:N 1300:N", "Nn@1010/990 On@1300"},
        {"1010:N", "990:N 1012:N", "Nn@1010/1012"},
        {"1010:N", "990:N 1030:N", "Nn@1010/1030"},
        {"1010:N", "956:N 1200:N", "Nn@1010/956 On@1200"},
        {"1010:N", "955:N 1200:N", "No@1010 On@1200"},
        /* An early beat that the first beat can spare may belong to one before start: no error. */
        {"990:N 1300:N", "1010:N 1301:N", "Nn@1300/1301"},
        {"1100:N", "990:N 1030:N 1101:N", "Nn@1100/1101"},
        {"1100:N", "1054:N 1101:N", "Nn@1100/1101"},
        {"1100:N", "1055:N 1101:N", "On@1055 Nn@1100/1101"},
        {"1040:N", "1030:N 1060:N", "Nn@1040/1030 On@1060"},
        {"1040:N", "1030:N 1050:N", "On@1030 Nn@1040/1050"},
        {"1100:N", "1020:N 1030:N 1101:N", "On@1030 Nn@1100/1101"},
        {"", "900:N 1100:N", "On@1100"},
        {"900:N 1100:N", "", "No@1100"},
        {"900:N 1100:N", "900:N", "No@1100"},
    };
    EXPECT_PAIRS(rows, 1000, 650000);
}

Test(match, without_a_learning_period_excuses_nothing)
{
    static const struct match_case rows[] = {
        {"100:N", "6:N 106:N", "On@6 Nn@100/106"},
        {"100:N", "200:N 300:N", "No@100 On@200 On@300"},
        {"0:N", "0:N", "Nn@0/0"},
        {"10:N", "40:N", "Nn@10/40"},
    };
    EXPECT_PAIRS(rows, 0, 650000);
}

Test(match, ends_with_the_record)
{
    static const struct match_case rows[] = {
        {"2000:N", "2000:N", "Nn@2000/2000"},
        {"2001:N", "2001:N", ""},
        {"1990:N 2010:N", "1990:N 2010:N", "Nn@1990/1990"},
        {"1990:N", "2010:N", "Nn@1990/2010"},
        {"2010:N", "1990:N", "Nn@2010/1990"},
        {"1900:N", "2001:N", "No@1900"},
        {"2100:N", "1900:N", "On@1900"},
    };
    EXPECT_PAIRS(rows, 0, 2000);
}

Test(match, lonely_beats_are_excused_by_vf_and_shutdown)
{
    static const struct match_case rows[] = {
        /* VF of the reference; the ends belong to it. */
        {"1000:N 1500:[ 2500:] 3000:N", "1000:N 1500:N 1600:V 2500:N 2600:N 3000:N",
         "Nn@1000/1000 *n@1500 *v@1600 *n@2500 On@2600 Nn@3000/3000"},
        {"1000:N 1500:[", "1000:N 1600:N 600000:N", "Nn@1000/1000 *n@1600 *n@600000"},
        /* VF of the test excuses nothing. */
        {"1000:N 1600:N 3000:N", "1000:N 1500:[ 2500:] 3000:N",
         "Nn@1000/1000 No@1600 Nn@3000/3000"},
        {"1000:N 1600:N", "1000:N 1500:[", "Nn@1000/1000 No@1600"},
        /* Shutdown, marked at both ends, of the reference and of the test. */
        {"1000:N 1200:~48 2000:~0 3000:N", "1000:N 1300:N 2100:N 3000:N",
         "Nn@1000/1000 Xn@1300 On@2100 Nn@3000/3000"},
        {"1000:N 1300:N 2100:N 3000:N", "1000:N 1200:~48 2000:~0 3000:N",
         "Nn@1000/1000 Nx@1300 No@2100 Nn@3000/3000"},
        /* Shutdown, marked inside: from 1054 to 1946. */
        {"1000:N 1300:V 1950:N 2000:N", "1000:N 1500:~-1 2000:N",
         "Nn@1000/1000 Vx@1300 No@1950 Nn@2000/2000"},
        {"1000:N 1500:~-1 2000:N", "1000:N 1300:V 1950:N 2000:N",
         "Nn@1000/1000 Xv@1300 On@1950 Nn@2000/2000"},
        /* Shutdown without an end. */
        {"1000:N 1300:N 600000:V", "1000:N 1200:~48", "Nn@1000/1000 Nx@1300 Vx@600000"},
        {"1000:N 1200:~48", "1000:N 1300:N 600000:V", "Nn@1000/1000 Xn@1300 Xv@600000"},
        /* A beat in its own shutdown is still a beat. */
        {"1000:N 1300:N", "1000:N 1200:~48 1250:~0 1300:N", "Nn@1000/1000 Nn@1300/1300"},
    };
    EXPECT_PAIRS(rows, 0, 650000);
}

/* --- properties of random lists --- */

#define RANDOM_EVENTS 60
#define RANDOM_START 400
#define RANDOM_END 3000

/* Beats, some 60 ticks apart, with VF, shutdowns and other events among them when `marks`. */
static size_t random_events(struct vr_rng *rng, bool marks, struct vr_event *events)
{
    static const uint8_t codes[] = {1, 1, 1, 5, 8, 6, 13, 31, 28, 32, 33, 14, 14};
    size_t kinds = marks ? sizeof codes : 7;
    size_t count = vr_rng_below(rng, RANDOM_EVENTS);
    int64_t sample_index = 0;
    for (size_t i = 0; i < count; i++) {
        sample_index += 1 + vr_rng_below(rng, 120);
        events[i] = (struct vr_event){
            .sample_index = sample_index,
            .code = codes[vr_rng_below(rng, (uint32_t)kinds)],
            .subtype = (int8_t)(vr_rng_below(rng, 2) * 48),
        };
    }
    return count;
}

struct seen {
    const struct vr_annotator *reference, *test;
    int reference_pairs[RANDOM_EVENTS], test_pairs[RANDOM_EVENTS];
    const struct vr_beat *partner[RANDOM_EVENTS]; /* of the reference's beats */
};

static void note_seen(void *context, const struct vr_match_pair *pair)
{
    struct seen *seen = context;
    if (pair->reference)
        seen->reference_pairs[pair->reference - seen->reference->beats]++;
    if (pair->test)
        seen->test_pairs[pair->test - seen->test->beats]++;
    if (pair->reference && pair->test) {
        cr_assert_leq(
            llabs(pair->reference->sample_index - pair->test->sample_index), WINDOW,
            "partners are within the window");
        seen->partner[pair->reference - seen->reference->beats] = pair->test;
    }
}

static void read_random(struct vr_rng *rng, bool marks, struct vr_annotator *ret_annotator)
{
    struct vr_event events[RANDOM_EVENTS];
    size_t count = random_events(rng, marks, events);
    cr_assert_eq(vr_annotator_read(events, count, WINDOW, ret_annotator, NULL), 0);
}

static bool in_range(const struct vr_beat *beat)
{
    return beat->sample_index >= RANDOM_START && beat->sample_index <= RANDOM_END;
}

Test(match, every_beat_counts_once)
{
    static const struct vr_ec57_span options = {RANDOM_START, RANDOM_END, WINDOW};
    for (uint64_t seed = 0; seed < 3000; seed++) {
        struct vr_rng rng;
        vr_rng_init(&rng, seed);
        struct vr_annotator reference, test;
        read_random(&rng, true, &reference);
        read_random(&rng, true, &test);
        struct seen seen = {.reference = &reference, .test = &test};
        vr_match(&reference, &test, &options, note_seen, &seen);

        for (size_t i = 0; i < reference.beat_count; i++)
            cr_assert(
                seen.reference_pairs[i] == 1 ||
                    (seen.reference_pairs[i] == 0 && !in_range(&reference.beats[i])),
                "seed %d, beat %zu of the reference", (int)seed, i);
        int excused = 0;
        for (size_t i = 0; i < test.beat_count; i++) {
            bool missing = seen.test_pairs[i] == 0 && in_range(&test.beats[i]);
            cr_assert_leq(seen.test_pairs[i], 1, "seed %d, beat %zu of the test", (int)seed, i);
            cr_assert(
                !missing || test.beats[i].sample_index <= RANDOM_START + WINDOW,
                "seed %d, beat %zu of the test", (int)seed, i);
            excused += missing;
        }
        cr_assert_leq(excused, 1, "seed %d", (int)seed);
        vr_annotator_finish(&reference);
        vr_annotator_finish(&test);
    }
}

Test(match, partners_are_the_same_when_the_sides_are_swapped)
{
    static const struct vr_ec57_span options = {0, RANDOM_END, WINDOW};
    for (uint64_t seed = 0; seed < 3000; seed++) {
        struct vr_rng rng;
        vr_rng_init(&rng, seed);
        struct vr_annotator one, other;
        read_random(&rng, false, &one);
        read_random(&rng, false, &other);
        struct seen seen = {.reference = &one, .test = &other};
        struct seen swapped = {.reference = &other, .test = &one};
        vr_match(&one, &other, &options, note_seen, &seen);
        vr_match(&other, &one, &options, note_seen, &swapped);
        for (size_t i = 0; i < one.beat_count; i++)
            if (seen.partner[i])
                cr_assert_eq(
                    swapped.partner[seen.partner[i] - other.beats], &one.beats[i], "seed %d",
                    (int)seed);
        for (size_t i = 0; i < other.beat_count; i++)
            if (swapped.partner[i])
                cr_assert_eq(
                    seen.partner[swapped.partner[i] - one.beats], &other.beats[i], "seed %d",
                    (int)seed);
        vr_annotator_finish(&one);
        vr_annotator_finish(&other);
    }
}

/* What is equal on both sides is all found, whatever it is. */
Test(match, a_list_compared_with_itself_is_perfect)
{
    static const struct vr_ec57_span options = {RANDOM_START, RANDOM_END, WINDOW};
    for (uint64_t seed = 0; seed < 1000; seed++) {
        struct vr_rng rng;
        vr_rng_init(&rng, seed);
        struct vr_annotator both;
        read_random(&rng, true, &both);
        struct seen seen = {.reference = &both, .test = &both};
        vr_match(&both, &both, &options, note_seen, &seen);
        for (size_t i = 0; i < both.beat_count; i++)
            if (in_range(&both.beats[i]))
                cr_assert_eq(seen.partner[i], &both.beats[i], "seed %d, beat %zu", (int)seed, i);
        vr_annotator_finish(&both);
    }
}
