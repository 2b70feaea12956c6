/* dataset/dataset: the registry, the lists, and the checks that hold for every driver. */
#include "dataset/dataset.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

Test(dataset, drivers_are_found_by_word_and_by_path)
{
    struct vr_err err = {0};
    cr_assert_str_eq(vr_dataset_driver(0)->name, "synth");
    cr_assert_str_eq(vr_dataset_driver(1)->name, "wfdb");
    cr_assert_str_eq(vr_dataset_driver(2)->name, "edf");
    cr_assert_str_eq(vr_dataset_driver(3)->name, "ishne");
    cr_assert_str_eq(vr_dataset_driver(4)->name, "mat");
    cr_assert_str_eq(vr_dataset_driver(5)->name, "csv");
    cr_assert_null(vr_dataset_driver(6));
    for (size_t i = 0; vr_dataset_driver(i); i++) {
        const struct vr_dataset_driver *driver = vr_dataset_driver(i);
        cr_assert_eq(vr_dataset_find(driver->name, "", &err), driver);
        cr_assert(
            driver->summary && driver->state_size && driver->probe && driver->list && driver->open);
        cr_assert(driver->record && driver->read && driver->truth && driver->close);
    }
    cr_assert_str_eq(vr_dataset_find("auto", "builtin:smoke", &err)->name, "synth");
    cr_assert_str_eq(vr_dataset_find("auto", VR_FIXTURES "/wfdb", &err)->name, "wfdb");
}

Test(dataset, what_is_not_found_is_told_with_the_nearest)
{
    struct vr_err err = {0};
    struct vr_dataset *dataset = NULL;
    cr_assert_null(vr_dataset_find("wfbd", "x", &err));
    cr_assert_eq(err.code, VR_ERR_USAGE);
    cr_assert(
        strstr(err.text, "no kind of dataset is called \"wfbd\"; did you mean \"wfdb\"?"), "%s",
        err.text);
    cr_assert_null(vr_dataset_find("auto", VR_FIXTURES "/absent", &err));
    cr_assert_eq(err.code, VR_ERR_NOT_FOUND);
    cr_assert(strstr(err.text, "/absent: no such folder"), "%s", err.text);
    cr_assert_null(vr_dataset_find("auto", VR_FIXTURES, &err));
    cr_assert_eq(err.code, VR_ERR_INPUT);
    cr_assert_eq(vr_dataset_open("x", "y", "z", &dataset, NULL), -VR_ERR_USAGE);
    cr_assert_null(dataset);
    vr_dataset_close(NULL);
}

Test(dataset, samples_outside_a_record_are_refused)
{
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
    struct vr_err err = {0};
    int32_t values[10];
    cr_assert_eq(vr_dataset_open("auto", "builtin:smoke", "sinus", &dataset, &err), 0);
    static const struct {
        size_t signal;
        int64_t first;
        size_t count;
        int expected;
    } cases[] = {
        {0, 0, 10, 0},
        {0, 21590, 10, 0},
        {0, 21600, 0, 0},
        {0, 21591, 10, -VR_ERR_INPUT},
        {0, -1, 1, -VR_ERR_INPUT},
        {0, 0, SIZE_MAX, -VR_ERR_INPUT},
        {0, INT64_MAX, 1, -VR_ERR_INPUT},
        {0, INT64_MIN, 1, -VR_ERR_INPUT},
        {1, 0, 1, -VR_ERR_INPUT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_assert_eq(
            vr_dataset_read(dataset, cases[i].signal, cases[i].first, cases[i].count, values, &err),
            cases[i].expected, "row %zu: %s", i, err.text);
    cr_assert_str_eq(
        err.text, "record sinus has 1 signals; number 1, counted from 0, was asked for");
}

Test(dataset, truth_out_of_order_or_outside_the_record_is_refused)
{
    static const struct {
        const char *record, *words;
    } cases[] = {
        {"unsorted",
         "record unsorted, annotator atr: annotation 1, at 400, comes after one at 500; sort them"},
        {"beyond",
         "record beyond, annotator atr: annotation 0 is at 100000, outside the record (0..1000)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
        struct vr_annotations list = {0};
        struct vr_err err = {0};
        cr_assert_eq(
            vr_dataset_open("auto", VR_FIXTURES "/broken", cases[i].record, &dataset, &err), 0,
            "%s", err.text);
        cr_assert_eq(vr_dataset_truth(dataset, "atr", &list, &err), -VR_ERR_INPUT);
        cr_assert(strstr(err.text, cases[i].words), "%s", err.text);
        cr_assert(!list.items && list.count == 0);
    }
}

Test(dataset, lists_grow_and_own_what_they_hold)
{
    struct vr_annotations list = {0};
    struct vr_names names = {0};
    struct vr_err err = {0};
    char name[200];
    for (int i = 0; i < 1000; i++) {
        struct vr_annotation item = {.sample_index = i};
        snprintf(name, sizeof name, "name %d", i);
        cr_assert_eq(
            vr_annotations_add(&list, &item, name, (size_t)(i % 2 ? strlen(name) : 0), NULL), 0);
        cr_assert_eq(vr_names_add(&names, name, NULL), 0);
    }
    cr_assert(list.count == 1000 && names.count == 1000);
    cr_assert_eq(list.items[501].sample_index, 501);
    cr_assert_str_eq(list.items[501].text, "name 501");
    cr_assert_str_eq(list.items[500].text, "");
    cr_assert_eq(vr_annotations_add(&list, &list.items[0], NULL, 0, NULL), 0);
    cr_assert_null(list.items[list.count - 1].text);
    cr_assert_str_eq(names.items[999], "name 999");
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    cr_assert_eq(vr_names_add(&names, name, &err), -VR_ERR_INPUT);
    cr_assert(strstr(err.text, "has 199 bytes; shorten it to at most 127"), "%s", err.text);
    vr_annotations_finish(&list);
    vr_annotations_finish(&list);
    vr_names_finish(&names);
    vr_names_finish(NULL);
}
