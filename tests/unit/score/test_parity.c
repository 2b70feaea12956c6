/* Two lists of outputs, and where they part. */
#include "score/parity.h"

#include <criterion/criterion.h>
#include <string.h>

#define COUNT 5
#define ROOM 8

struct list {
    struct vr_output_row rows[ROOM];
    size_t count;
};

static struct list list_make(void)
{
    struct list list = {.count = COUNT};
    for (int i = 0; i < COUNT; i++)
        list.rows[i] = (struct vr_output_row){
            .number = i,
            .kind = 1,
            .sample_index = 100 * i,
            .at_index = 100 * i + 25,
            .value_count = 2,
            .values = {1, 500 + i},
        };
    return list;
}

static void renumber(struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        list->rows[i].number = (int64_t)i;
}

static void remove_at(struct list *list, size_t place)
{
    list->count--;
    memmove(
        &list->rows[place], &list->rows[place + 1], (list->count - place) * sizeof list->rows[0]);
    renumber(list);
}

/* Another output of the same kind, 50 samples before the one at this place. */
static void insert_at(struct list *list, size_t place)
{
    memmove(
        &list->rows[place + 1], &list->rows[place], (list->count - place) * sizeof list->rows[0]);
    list->rows[place].sample_index = 100 * (int64_t)place - 50;
    list->rows[place].at_index = 100 * (int64_t)place - 25;
    list->count++;
    renumber(list);
}

static struct vr_parity compare(const struct list *list, const struct list *golden)
{
    struct vr_parity parity;
    vr_parity_compare(list->rows, list->count, golden->rows, golden->count, &parity);
    return parity;
}

static void expect_text(const struct vr_parity *parity, const char *text)
{
    char found[VR_PARITY_TEXT_SIZE];
    vr_parity_say(parity, found);
    cr_expect_str_eq(found, text, "%s", found);
}

Test(parity, equal_lists_are_equal)
{
    struct list list = list_make(), golden = list_make(), none = {0};
    struct vr_parity parity = compare(&list, &golden);
    cr_expect_null(parity.difference);
    cr_expect_eq(parity.agreeing, COUNT);
    expect_text(&parity, "");
    parity = compare(&none, &none);
    cr_expect_null(parity.difference);
    cr_expect_eq(parity.agreeing, 0);
}

Test(parity, ticks_and_host_times_and_unused_values_do_not_count)
{
    struct list list = list_make(), golden = list_make();
    for (int i = 0; i < COUNT; i++) {
        list.rows[i].ticks_arrival = list.rows[i].ticks_emitted = 77;
        list.rows[i].host_ns = 5;
        list.rows[i].values[2] = 9; /* there are two */
    }
    cr_expect_null(compare(&list, &golden).difference);
}

static void change_number(struct vr_output_row *row)
{
    row->number += 10;
}

static void change_stream(struct vr_output_row *row)
{
    row->stream = 1;
}

static void change_kind(struct vr_output_row *row)
{
    row->kind = 2;
}

static void change_sample(struct vr_output_row *row)
{
    row->sample_index += 3;
}

static void change_at(struct vr_output_row *row)
{
    row->at_index += 4;
}

static void change_count_up(struct vr_output_row *row)
{
    row->value_count = 3;
}

static void change_count_down(struct vr_output_row *row)
{
    row->value_count = 1;
}

static void change_value0(struct vr_output_row *row)
{
    row->values[0] = -1;
}

static void change_value1(struct vr_output_row *row)
{
    row->values[1] = INT32_MIN;
}

static void change_both(struct vr_output_row *row)
{
    row->values[1] = 9;
    row->at_index += 1;
}

Test(parity, each_field_is_found_at_the_first_the_middle_and_the_last_output)
{
    static const struct {
        const char *difference;
        void (*change)(struct vr_output_row *row);
        int64_t value, golden_value; /* at output 0 */
        int64_t step;                /* that both grow by from one output to the next */
        int64_t golden_step;
    } rows[] = {
        {"number", change_number, 10, 0, 1, 1},
        {"stream", change_stream, 1, 0, 0, 0},
        {"kind", change_kind, 2, 1, 0, 0},
        {"sample_index", change_sample, 3, 0, 100, 100},
        {"at_index", change_at, 29, 25, 100, 100},
        {"value_count", change_count_up, 3, 2, 0, 0},
        {"value_count", change_count_down, 1, 2, 0, 0},
        {"value0", change_value0, -1, 1, 0, 0},
        {"value1", change_value1, INT32_MIN, 500, 0, 1},
        {"at_index", change_both, 26, 25, 100, 100},
    };
    static const int places[] = {0, 2, COUNT - 1};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t k = 0; k < 3; k++) {
            struct list list = list_make(), golden = list_make();
            int place = places[k];
            for (int later = place; later < COUNT; later++) /* only the first is told */
                rows[i].change(&list.rows[later]);
            struct vr_parity parity = compare(&list, &golden);
            cr_assert_not_null(parity.difference, "row %zu", i);
            cr_expect_str_eq(parity.difference, rows[i].difference, "%s", parity.difference);
            cr_expect_eq((int)parity.agreeing, place);
            cr_expect_eq(parity.number, place);
            cr_expect_eq(parity.stream, 0);
            cr_expect_eq(parity.sample_index, 100 * place, "golden's place");
            cr_expect_eq(parity.value, rows[i].value + place * rows[i].step, "row %zu", i);
            cr_expect_eq(parity.golden_value, rows[i].golden_value + place * rows[i].golden_step);
        }
}

Test(parity, an_output_that_is_left_out_is_missing)
{
    for (size_t place = 0; place < COUNT; place++) {
        struct list list = list_make(), golden = list_make();
        remove_at(&list, place);
        struct vr_parity parity = compare(&list, &golden);
        cr_assert_not_null(parity.difference);
        cr_expect_str_eq(parity.difference, VR_PARITY_MISSING, "%s", parity.difference);
        cr_expect_eq(parity.agreeing, place);
        cr_expect_eq(parity.number, (int64_t)place);
        cr_expect_eq(parity.sample_index, (int64_t)(100 * place));
        cr_expect_eq(parity.value, VR_STORE_NONE);
    }
}

Test(parity, an_output_too_many_is_extra)
{
    for (size_t place = 0; place <= COUNT; place++) {
        struct list list = list_make(), golden = list_make();
        insert_at(&list, place);
        struct vr_parity parity = compare(&list, &golden);
        cr_assert_not_null(parity.difference);
        cr_expect_str_eq(parity.difference, VR_PARITY_EXTRA, "%s", parity.difference);
        cr_expect_eq(parity.agreeing, place);
        cr_expect_eq(parity.sample_index, 100 * (int64_t)place - 50, "its own place");
        cr_expect_eq(parity.golden_value, VR_STORE_NONE);
    }
}

Test(parity, nothing_against_something)
{
    struct list list = list_make(), none = {0};
    cr_expect_str_eq(compare(&none, &list).difference, VR_PARITY_MISSING);
    cr_expect_str_eq(compare(&list, &none).difference, VR_PARITY_EXTRA);
    cr_expect_eq(compare(&list, &none).agreeing, 0);
}

/* Two neighbours in each other's place: neither is missing, neither extra. */
Test(parity, outputs_that_changed_places_differ_in_a_field)
{
    struct list list = list_make(), golden = list_make();
    list.rows[1] = golden.rows[2];
    list.rows[2] = golden.rows[1];
    renumber(&list);
    struct vr_parity parity = compare(&list, &golden);
    cr_expect_str_eq(parity.difference, "sample_index");
    cr_expect_eq(parity.value, 200);
    cr_expect_eq(parity.golden_value, 100);
}

Test(parity, says_where_in_one_sentence)
{
    struct list list = list_make(), golden = list_make();
    list.rows[3].values[1] = -2;
    struct vr_parity parity = compare(&list, &golden);
    expect_text(&parity, "output 3, sample 300 of stream 0: value1 is -2, golden 503");
    remove_at(&list, 1);
    parity = compare(&list, &golden);
    expect_text(
        &parity, "output 1, sample 100 of stream 0: the golden run has it, this one has not");
    list = list_make();
    insert_at(&list, 2);
    parity = compare(&list, &golden);
    expect_text(&parity, "output 2, sample 150 of stream 0: the golden run has it not");
    const struct vr_parity longest = {
        .difference = "sample_index",
        .number = INT64_MIN + 1,
        .stream = 255,
        .sample_index = INT64_MIN + 1,
        .value = INT64_MIN + 1,
        .golden_value = INT64_MIN + 1,
    };
    char text[VR_PARITY_TEXT_SIZE];
    vr_parity_say(&longest, text);
    cr_expect_str_eq(text + strlen(text) - 20, "-9223372036854775807", "%s", text);
}
