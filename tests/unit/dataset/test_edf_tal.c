/* dataset/edf_tal: annotation lists, whole and broken. */
#include "dataset/edf_tal.h"

#include <criterion/criterion.h>
#include <string.h>

/* A literal, with the NULs inside. */
#define SLICE(text) ((struct vr_slice){(text), sizeof(text) - 1})

static void text_is(struct vr_edf_tal *tal, const char *expected)
{
    struct vr_slice text;
    cr_assert(vr_edf_tal_text(tal, &text), "%s", expected);
    cr_assert(
        text.size == strlen(expected) && memcmp(text.text, expected, text.size) == 0, "%.*s",
        (int)text.size, text.text);
}

Test(edf_tal, lists_come_out_one_after_the_other)
{
    struct vr_slice bytes = SLICE("+0\x14\x14\0"
                                  "+1.5\x15"
                                  "30\x14Sleep stage W\x14\0"
                                  "\0\0"
                                  "-0.25\x14one\x14two\x14\0\0\0\0");
    struct vr_edf_tal tal;
    struct vr_slice text;
    const char *fault;
    int64_t time_ns = -1;
    cr_assert_eq(vr_edf_tal_next(&bytes, &tal, &fault), 1);
    cr_assert(vr_edf_tal_time(&tal, &time_ns) && time_ns == 0);
    cr_assert(!vr_edf_tal_text(&tal, &text));
    cr_assert_eq(vr_edf_tal_next(&bytes, &tal, &fault), 1);
    cr_assert(tal.onset_ns == 1500000000 && tal.duration_ns == 30000000000);
    cr_assert(!vr_edf_tal_time(&tal, &time_ns));
    text_is(&tal, "Sleep stage W");
    cr_assert(!vr_edf_tal_text(&tal, &text));
    cr_assert_eq(vr_edf_tal_next(&bytes, &tal, &fault), 1);
    cr_assert(tal.onset_ns == -250000000 && tal.duration_ns == VR_EDF_NO_DURATION);
    text_is(&tal, "one");
    text_is(&tal, "two");
    cr_assert_eq(vr_edf_tal_next(&bytes, &tal, &fault), 0);
}

Test(edf_tal, the_time_of_a_record_may_bring_texts_along)
{
    struct vr_slice bytes = SLICE("+567\x14\x14lights off\x14\0");
    struct vr_edf_tal tal;
    struct vr_slice text;
    const char *fault;
    int64_t time_ns;
    cr_assert_eq(vr_edf_tal_next(&bytes, &tal, &fault), 1);
    cr_assert(vr_edf_tal_time(&tal, &time_ns) && time_ns == 567 * VR_EDF_NS_PER_S);
    text_is(&tal, "lights off");
    cr_assert(!vr_edf_tal_text(&tal, &text));
}

Test(edf_tal, times_are_exact_to_the_nanosecond)
{
    static const struct {
        const char *text;
        int64_t ns;
    } cases[] = {
        {"+0.3333333333\x14\x14", 333333333},
        {"+0.0000000005\x14\x14", 1},
        {"0.1\x14\x14", 100000000},
        {"+00012\x14\x14", 12000000000},
        {"+86399.999999999\x14\x14", 86399999999999},
        {" +1,5 \x14\x14", 1500000000},
        {"+.5\x14\x14", 500000000},
        {"-0\x14\x14", 0},
        {"+4000000000\x14\x14", INT64_C(4000000000000000000)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vr_slice bytes = {cases[i].text, strlen(cases[i].text)};
        struct vr_edf_tal tal;
        const char *fault;
        cr_assert_eq(vr_edf_tal_next(&bytes, &tal, &fault), 1, "row %zu: %s", i, fault);
        cr_assert_eq(tal.onset_ns, cases[i].ns, "row %zu: %lld", i, (long long)tal.onset_ns);
    }
}

Test(edf_tal, missing_ends_are_tolerated)
{
    struct vr_slice bytes = SLICE("+0\x14\0+1\x15\x14no end");
    struct vr_edf_tal tal;
    const char *fault;
    int64_t time_ns;
    cr_assert_eq(vr_edf_tal_next(&bytes, &tal, &fault), 1);
    cr_assert(vr_edf_tal_time(&tal, &time_ns));
    cr_assert_eq(vr_edf_tal_next(&bytes, &tal, &fault), 1);
    cr_assert_eq(tal.duration_ns, VR_EDF_NO_DURATION);
    text_is(&tal, "no end");
}

Test(edf_tal, what_is_broken_is_told_and_stepped_over)
{
    static const struct {
        const char *text, *fault;
    } cases[] = {
        {"noise\x14text\x14", "its onset is no number of seconds"},
        {"+\x14text\x14", "its onset is no number of seconds"},
        {"+1.2.3\x14text\x14", "its onset is no number of seconds"},
        {"+99999999999999999999\x14text\x14", "its onset is no number of seconds"},
        {"+1\x15x\x14text\x14", "its duration is no number of seconds"},
        {"+1\x15-2\x14text\x14", "its duration is no number of seconds"},
        {"+1", "no text follows its onset"},
        {"+1\x15"
         "2\x15"
         "3\x14text\x14",
         "no text follows its onset"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[64] = {0};
        strcpy(text, cases[i].text);
        strcpy(text + strlen(text) + 1, "+7\x14next\x14");
        struct vr_slice bytes = {text, strlen(cases[i].text) + 9};
        struct vr_edf_tal tal;
        const char *fault = NULL;
        cr_assert_eq(vr_edf_tal_next(&bytes, &tal, &fault), -1, "row %zu", i);
        cr_assert_str_eq(fault, cases[i].fault, "row %zu: %s", i, fault);
        cr_assert_eq(vr_edf_tal_next(&bytes, &tal, &fault), 1);
        text_is(&tal, "next");
    }
}
