/* The EDF driver against EDFlib: on files that others made (needs VITALRIG_DATA), and on files that EDFlib writes. */
#include "base/cleanup.h"
#include "dataset/dataset.h"
#include "dataset/edf_folder.h"
#include "scratch.h"

#include <edflib.h>
#include <math.h>

TestSuite(edf_conformance, .init = scratch_make, .fini = scratch_remove);

#define CHUNK 999

/* A path below the data folder, or skip. */
static const char *data_path(const char *name)
{
    static char path[1024];
    const char *folder = getenv("VITALRIG_DATA");
    snprintf(path, sizeof path, "%s/%s", folder ? folder : "", name);
    if (!folder || !folder[0] || access(path, R_OK) < 0)
        cr_skip_test("set VITALRIG_DATA to the folder of recordings that holds %s", name);
    return path;
}

/* Every sample of a signal, as a number and as a physical value. */
static void signal_is_equal(
    struct vr_dataset *dataset, size_t signal, int handle, const struct edf_param_struct *expected)
{
    const struct vr_signal *found = &vr_dataset_record(dataset)->signals[signal];
    struct vr_err err = {0};
    static int32_t values[CHUNK];
    static int digital[CHUNK];
    static double physical[CHUNK];
    cr_assert_eq(found->sample_count, expected->smp_in_file);
    cr_assert_eq(strncmp(expected->label, found->name, strlen(found->name)), 0, "%s", found->name);
    for (int64_t first = 0; first < found->sample_count; first += CHUNK) {
        int64_t left = found->sample_count - first;
        int count = left < CHUNK ? (int)left : CHUNK;
        cr_assert_eq(
            vr_dataset_read(dataset, signal, first, (size_t)count, values, &err), 0, "%s",
            err.text);
        edfseek(handle, (int)signal, first, EDFSEEK_SET);
        cr_assert_eq(edfread_digital_samples(handle, (int)signal, count, digital), count);
        edfseek(handle, (int)signal, first, EDFSEEK_SET);
        cr_assert_eq(edfread_physical_samples(handle, (int)signal, count, physical), count);
        for (int i = 0; i < count; i++) {
            double value = found->offset + ((double)values[i] - found->baseline) / found->gain;
            cr_assert_eq(values[i], digital[i], "%s, sample %d", found->name, (int)first + i);
            cr_assert_float_eq(value, physical[i], fabs(expected->phys_max) * 1e-12);
        }
    }
}

/* EDFlib tells times in units of 100 ns. */
static void events_are_equal(
    const struct vr_edf_file *file, int handle, const struct edf_hdr_struct *expected)
{
    cr_assert_eq(file->event_count, (size_t)expected->annotations_in_file);
    cr_assert_eq(file->first_ns, expected->starttime_subsecond * 100);
    for (size_t i = 0; i < file->event_count; i++) {
        const struct vr_edf_event *event = &file->events[i];
        struct edf_annotation_struct annotation;
        cr_assert_eq(edf_get_annotation(handle, (int)event->index, &annotation), 0);
        cr_assert_str_eq(event->text, annotation.annotation);
        cr_assert_eq(event->onset_ns, annotation.onset * 100, "%s", event->text);
        cr_assert_eq(
            event->duration_ns,
            annotation.duration_l < 0 ? VR_EDF_NO_DURATION : annotation.duration_l * 100);
    }
}

/* Returns the number of events. */
static size_t file_is_equal(const char *folder_path, const char *name)
{
    char path[1100];
    static struct edf_hdr_struct expected;
    struct vr_edf_folder folder;
    struct vr_edf_file file;
    struct vr_err err = {0};
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
    snprintf(path, sizeof path, "%s/%s", folder_path, name);
    cr_assert_eq(edfopen_file_readonly(path, &expected, EDFLIB_READ_ALL_ANNOTATIONS), 0);
    cr_assert_eq(vr_dataset_open("edf", folder_path, name, &dataset, &err), 0, "%s", err.text);
    const struct vr_record *record = vr_dataset_record(dataset);
    cr_assert_str_eq(record->warning, "");
    cr_assert_eq(record->signal_count, (size_t)expected.edfsignals);
    for (size_t i = 0; i < record->signal_count; i++) {
        const struct vr_signal *signal = &record->signals[i];
        const struct edf_param_struct *param = &expected.signalparam[i];
        double rate_hz = param->smp_in_datarecord * 1e7 / (double)expected.datarecord_duration;
        cr_assert_float_eq((double)signal->rate_num / signal->rate_den, rate_hz, rate_hz * 1e-6);
        signal_is_equal(dataset, i, expected.handle, param);
    }
    cr_assert_eq(vr_edf_folder_init(&folder, folder_path, &err), 0);
    cr_assert_eq(vr_edf_folder_open(&folder, name, &file, &err), 0, "%s", err.text);
    events_are_equal(&file, expected.handle, &expected);
    vr_edf_file_close(&file);
    vr_edf_folder_finish(&folder);
    edfclose_file(expected.handle);
    return (size_t)expected.annotations_in_file;
}

Test(edf_conformance, files_of_others_read_as_edflib_reads_them)
{
    static const struct {
        const char *folder, *file;
        size_t events;
    } cases[] = {
        {"edf_conformance", "test_generator.edf", 2},
        {"edf_conformance", "test_legacy.edf", 0},
        {"edf_conformance", "test_utf8.edf", 5},
        {"edf_conformance", "test_generator.bdf", 0},
        {"edf_conformance", "test_generator_datarec_generator_2.bdf", 0},
        {"sleep_edfann", "test_edfann.edf", 856},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_assert_eq(
            file_is_equal(data_path(cases[i].folder), cases[i].file), cases[i].events, "%s",
            cases[i].file);
}

Test(edf_conformance, a_night_is_scored_as_its_provenance_says)
{
    static const struct {
        const char *label;
        size_t count;
    } stages[] = {{"W", 151}, {"N1", 109}, {"N2", 430}, {"N3", 23}, {"R", 141}};
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
    _cleanup_(vr_annotations_finish) struct vr_annotations list = {0};
    struct vr_err err = {0};
    cr_assert_eq(
        vr_dataset_open("auto", data_path("sleep_edfann"), "test_edfann", &dataset, &err), 0, "%s",
        err.text);
    cr_assert_eq(vr_dataset_truth(dataset, "events", &list, &err), 0, "%s", err.text);
    cr_assert_eq(vr_dataset_record(dataset)->frame_count, 854 * 30 * 1000);
    size_t all = 0;
    for (size_t s = 0; s < sizeof stages / sizeof stages[0]; s++) {
        char text[32];
        size_t count = 0;
        snprintf(text, sizeof text, "Sleep stage %s", stages[s].label);
        for (size_t i = 0; i < list.count; i++)
            count += list.items[i].code == VR_CODE_NOTE && strcmp(list.items[i].text, text) == 0;
        cr_assert_eq(count, stages[s].count, "%s: %zu", text, count);
        all += count;
    }
    cr_assert_eq(list.count, all + 2); /* the two light markers */
    for (size_t i = 0; i < list.count; i++)
        cr_assert(list.items[i].code != VR_CODE_NOTE || list.items[i].sample_index % 30000 == 0);
}

/* What the generator of a file may choose. */
struct recipe {
    const char *name;
    int type, signals, samples[4];
    int duration_10us; /* of a record; 0 = 1 s */
    int subsecond_100ns;
    double physical_min, physical_max;
    int digital_min, digital_max, records, annotation_signals;
};

static void write_file(const struct recipe *recipe)
{
    int handle = edfopen_file_writeonly(scratch_path(recipe->name), recipe->type, recipe->signals);
    static int values[4096];
    uint32_t state = 12345;
    cr_assert_geq(handle, 0);
    for (int i = 0; i < recipe->signals; i++) {
        char label[17];
        snprintf(label, sizeof label, "channel %d", i);
        edf_set_samplefrequency(handle, i, recipe->samples[i]);
        edf_set_physical_minimum(handle, i, recipe->physical_min);
        edf_set_physical_maximum(handle, i, recipe->physical_max);
        edf_set_digital_minimum(handle, i, recipe->digital_min);
        edf_set_digital_maximum(handle, i, recipe->digital_max);
        edf_set_label(handle, i, label);
        edf_set_physical_dimension(handle, i, "uV");
    }
    if (recipe->duration_10us)
        cr_assert_eq(edf_set_datarecord_duration(handle, recipe->duration_10us), 0);
    if (recipe->subsecond_100ns)
        cr_assert_eq(edf_set_subsecond_starttime(handle, recipe->subsecond_100ns), 0);
    cr_assert_eq(edf_set_number_of_annotation_signals(handle, recipe->annotation_signals), 0);
    for (int record = 0; record < recipe->records; record++)
        for (int i = 0; i < recipe->signals; i++) {
            for (int j = 0; j < recipe->samples[i]; j++) {
                state = state * 1664525 + 1013904223;
                values[j] =
                    recipe->digital_min +
                    (int)(state % (uint32_t)(recipe->digital_max - recipe->digital_min + 1));
            }
            cr_assert_eq(edfwrite_digital_samples(handle, values), 0);
        }
    edfwrite_annotation_utf8(handle, 2500, 30000, "Schlaf \xc3\xbc");
    edfwrite_annotation_utf8(handle, 0, -1, "begin");
    edfwrite_annotation_latin1(
        handle, 12345, 0,
        "m\xfc"
        "de");
    cr_assert_eq(edfclose_file(handle), 0);
}

Test(edf_conformance, files_that_edflib_writes_read_as_it_reads_them)
{
    static const struct recipe recipes[] = {
        {"plus.edf",
         EDFLIB_FILETYPE_EDFPLUS,
         3,
         {256, 1, 100},
         0,
         0,
         -440,
         510,
         -2048,
         2047,
         20,
         1},
        {"half.edf",
         EDFLIB_FILETYPE_EDFPLUS,
         2,
         {77, 3},
         50000,
         1234000,
         3,
         -7,
         -32768,
         32767,
         9,
         2},
        {"third.edf", EDFLIB_FILETYPE_EDFPLUS, 2, {100, 33}, 33333, 0, -1, 1, 0, 1023, 30, 1},
        {"long.bdf",
         EDFLIB_FILETYPE_BDFPLUS,
         2,
         {4000, 7},
         1000000,
         5000000,
         -262144,
         262143,
         -8388608,
         8388607,
         5,
         3},
        {"wide.bdf",
         EDFLIB_FILETYPE_BDFPLUS,
         4,
         {512, 512, 512, 1},
         0,
         9999999,
         0,
         0.1,
         -1,
         8388607,
         11,
         1},
    };
    for (size_t i = 0; i < sizeof recipes / sizeof recipes[0]; i++) {
        write_file(&recipes[i]);
        cr_assert_eq(file_is_equal(scratch, recipes[i].name), 3, "%s", recipes[i].name);
    }
}
