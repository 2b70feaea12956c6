/* dataset/edf: files of a folder as records: names, rates, gaps, annotations, and files that annotate others. */
#include "base/cleanup.h"
#include "base/digest.h"
#include "dataset/dataset.h"
#include "dataset/edf_truth.h"
#include "dataset/wfdb_annotation.h"
#include "edf_bytes.h"
#include "scratch.h"

#include <sys/stat.h>

static struct edf_bytes edf;

TestSuite(edf, .init = scratch_make, .fini = scratch_remove);

static const struct edf_bytes_signal night[] = {
    {"EEG", "uV", "-100", "100", "-1000", "1000", "4"},
    {"EDF Annotations", "", "-1", "1", "-32768", "32767", "30"},
    {"Temp", "DegC", "0", "50", "0", "1000", "1"},
};

#define LISTS(text) text, sizeof(text) - 1

/* A record of the night: four samples, lists, one sample. */
static void night_record(int16_t first, const char *lists, size_t size, int16_t temperature)
{
    const int16_t values[] = {
        first, (int16_t)(first + 1), (int16_t)(first + 2), (int16_t)(first + 3)};
    edf_bytes_samples(&edf, values, 4);
    edf_bytes_lists(&edf, lists, size, 30);
    edf_bytes_samples(&edf, &temperature, 1);
}

static void night_save(const char *name)
{
    scratch_write(name, edf.bytes, edf.size);
}

static struct vr_dataset *must_open(const char *record)
{
    struct vr_err err = {0};
    struct vr_dataset *dataset = NULL;
    cr_assert_eq(vr_dataset_open("edf", scratch, record, &dataset, &err), 0, "%s", err.text);
    return dataset;
}

static void must_refuse(const char *record, int code, const char *words)
{
    struct vr_err err = {0};
    struct vr_dataset *dataset = NULL;
    int r = vr_dataset_open("edf", scratch, record, &dataset, &err);
    cr_assert_eq(r, -code, "%s: %d %s", record, r, err.text);
    cr_assert(strstr(err.text, words), "%s: %s", words, err.text);
}

static void samples_are(
    struct vr_dataset *dataset, size_t signal, int64_t first, size_t count, const int32_t *expected)
{
    struct vr_err err = {0};
    int32_t values[64];
    cr_assert_eq(vr_dataset_read(dataset, signal, first, count, values, &err), 0, "%s", err.text);
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(values[i], expected[i], "sample %zu: %d", i, values[i]);
}

/* Annotations as "TICK:CODE:TEXT " each. */
static const char *truth_text(struct vr_dataset *dataset, const char *annotator)
{
    static char text[2048];
    struct vr_err err = {0};
    _cleanup_(vr_annotations_finish) struct vr_annotations list = {0};
    int r = vr_dataset_truth(dataset, annotator, &list, &err);
    cr_assert_eq(r, 0, "%s", err.text);
    text[0] = '\0';
    for (size_t i = 0; i < list.count; i++)
        snprintf(
            text + strlen(text), sizeof text - strlen(text), "%s%lld:%d:%s", i ? " " : "",
            (long long)list.items[i].sample_index, list.items[i].code,
            list.items[i].text ? list.items[i].text : "-");
    return text;
}

static void truth_refuse(
    struct vr_dataset *dataset, const char *annotator, int code, const char *words)
{
    struct vr_err err = {0};
    struct vr_annotations list = {0};
    cr_assert_eq(vr_dataset_truth(dataset, annotator, &list, &err), -code, "%s", err.text);
    cr_assert(strstr(err.text, words), "%s: %s", words, err.text);
}

Test(edf, names_keep_their_suffix_only_where_they_need_it)
{
    static const char *const files[] = {"b.edf",    "a.EDF", "a.bdf",     "c.rec", ".d.edf",
                                        "e.edf.gz", "f.hea", "a.edf.txt", ".edf"};
    static const char *const expected[] = {"a.EDF", "a.bdf", "b", "c"};
    struct vr_names names = {0};
    struct vr_err err = {0};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        scratch_text(files[i], "");
    cr_assert_eq(vr_dataset_list("edf", scratch, &names, &err), 0, "%s", err.text);
    cr_assert_eq(names.count, 4);
    for (size_t i = 0; i < 4; i++)
        cr_assert_str_eq(names.items[i], expected[i]);
    vr_names_finish(&names);
    must_refuse("a", VR_ERR_INPUT, "holds a.EDF and a.bdf; give the name with its suffix");
    must_refuse("x", VR_ERR_NOT_FOUND, "/x.edf: no such file, nor with another suffix of its kind");
    must_refuse("../x", VR_ERR_INPUT, "leads out of the folder");
    must_refuse("b", VR_ERR_INPUT, "/b.edf: byte 0: the file ends inside the header");
    cr_assert_eq(symlink("b.edf", scratch_path("s.edf")), 0);
    must_refuse("s", VR_ERR_INPUT, "/s.edf: a symbolic link");
}

Test(edf, signals_keep_their_rates_and_annotation_signals_are_none)
{
    edf_bytes_header(&edf, "0", "EDF+C", "3", "2", night, 3);
    night_record(10, LISTS("+0\x14\x14\0"), 500);
    night_record(
        20,
        LISTS("+2\x14\x14\0+2.5\x14"
              "button\x14\0"),
        501);
    night_record(30, LISTS("+4\x14\x14\0"), 502);
    night_save("night.edf");
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open("night");
    const struct vr_record *record = vr_dataset_record(dataset);
    char hex[VR_DIGEST_HEX_SIZE];
    vr_digest_bytes(edf.bytes, edf.size, hex);
    cr_assert_str_eq(record->sha256, hex);
    cr_assert_str_eq(record->warning, "");
    cr_assert_eq(record->signal_count, 2);
    cr_assert(record->signals[0].rate_num == 2 && record->signals[0].rate_den == 1);
    cr_assert(record->signals[1].rate_num == 1 && record->signals[1].rate_den == 2);
    cr_assert(record->signals[0].sample_count == 12 && record->signals[1].sample_count == 3);
    cr_assert(record->signals[0].gain == 10 && record->signals[1].gain == 20);
    cr_assert_str_eq(record->signals[1].name, "Temp");
    /* The least common rate is 2 Hz; ticks are at least 100 a second. */
    cr_assert(record->rate_num == 100 && record->rate_den == 1 && record->frame_count == 600);
    samples_are(dataset, 0, 0, 12, (int32_t[]){10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33});
    samples_are(dataset, 0, 3, 6, (int32_t[]){13, 20, 21, 22, 23, 30});
    samples_are(dataset, 1, 0, 3, (int32_t[]){500, 501, 502});
    cr_assert_str_eq(truth_text(dataset, "events"), "250:42:button");
    truth_refuse(dataset, "atr", VR_ERR_NOT_FOUND, "neither night.atr nor night-atr.edf is there");
}

Test(edf, samples_of_24_bits_are_signed)
{
    static const struct edf_bytes_signal signal = {"A1",       "uV",      "-262144", "262143",
                                                   "-8388608", "8388607", "3"};
    edf_bytes_header(
        &edf,
        "\xff"
        "BIOSEMI",
        "24BIT", "1", "1", &signal, 1);
    edf_bytes_add(&edf, "\xff\xff\x7f\x00\x00\x80\xfe\xff\xff", 9);
    night_save("b.bdf");
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open("b");
    samples_are(dataset, 0, 0, 3, (int32_t[]){8388607, -8388608, -2});
    truth_refuse(dataset, "events", VR_ERR_NOT_FOUND, "/b.bdf: holds no annotations");
}

/* Records at 0.5, 2.5 and 10 s of the header's clock: time 0 is the first, and 5.5 s are a gap. */
Test(edf, a_gap_has_its_place_in_time_and_no_samples)
{
    const int32_t none = VR_SAMPLE_INVALID;
    edf_bytes_header(&edf, "0", "EDF+D", "3", "2", night, 3);
    night_record(
        10,
        LISTS("+0.5\x14\x14\0+1.5\x14"
              "a\x14\0"),
        500);
    night_record(20, LISTS("+2.5\x14\x14\0"), 501);
    night_record(
        30,
        LISTS("+10\x14\x14\0+10.5\x14"
              "b\x14\0"),
        502);
    night_save("night.edf");
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open("night");
    const struct vr_record *record = vr_dataset_record(dataset);
    cr_assert_str_eq(record->warning, "1 gaps, 5.5 s in all, without samples");
    /* The third record begins at 9.5 s: sample 19 of 2 Hz, and 4.75, rounded to 5, of 0.5 Hz. */
    cr_assert(record->signals[0].sample_count == 23 && record->signals[1].sample_count == 6);
    samples_are(dataset, 0, 0, 23, (int32_t[]){10,   11,   12,   13,   20,   21,   22,   23,
                                               none, none, none, none, none, none, none, none,
                                               none, none, none, 30,   31,   32,   33});
    samples_are(dataset, 0, 18, 2, (int32_t[]){none, 30});
    samples_are(dataset, 0, 9, 3, (int32_t[]){none, none, none});
    samples_are(dataset, 1, 0, 6, (int32_t[]){500, 501, none, none, none, 502});
    cr_assert_eq(record->frame_count, 1200);
    cr_assert_str_eq(truth_text(dataset, "events"), "100:42:a 1000:42:b");
}

Test(edf, times_of_records_that_cannot_be_are_told)
{
    static const struct {
        const char *reserved, *second;
        int code;
        const char *words;
    } cases[] = {
        {"EDF+D", "+1\x14\x14", VR_ERR_INPUT, "byte 1094: record 1 begins 1 s before the one"},
        {"EDF+D",
         "+2\x14"
         "text\x14",
         VR_ERR_INPUT, "byte 1094: record 1 of EDF+D does not say when it begins"},
        {"EDF+D", "", VR_ERR_INPUT, "record 1 of EDF+D does not say when it begins"},
        {"EDF+D", "+4e9\x14\x14", VR_ERR_INPUT, "does not say when it begins"},
        {"EDF+D", "+4000000000\x14\x14", 0, "1 gaps, 4e+09 s in all, without samples"},
        {"EDF+C", "+1\x14\x14", 0,
         "EDF+C, but record 1 says that it begins 1 s early: times not used"},
        {"EDF+C", "+9\x14\x14", 0,
         "EDF+C, but record 1 begins 7 s late: read as EDF+D; 1 gaps, 7 s in all, without samples"},
        {"EDF+C", "+2.4\x14\x14", 0, ""}, /* less than a sample */
        {"EDF+D", "+2.5\x14\x14", 0, "1 gaps, 0.5 s in all, without samples"}, /* just one */
        {"EDF+C", "", 0, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        edf_bytes_header(&edf, "0", cases[i].reserved, "2", "2", night, 3);
        night_record(10, LISTS("+0\x14\x14\0"), 500);
        night_record(20, cases[i].second, strlen(cases[i].second), 501);
        night_save("n.edf");
        if (cases[i].code) {
            must_refuse("n", cases[i].code, cases[i].words);
            continue;
        }
        _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open("n");
        const struct vr_record *record = vr_dataset_record(dataset);
        cr_assert_str_eq(record->warning, cases[i].words, "row %zu: %s", i, record->warning);
        int64_t last = record->signals[0].sample_count - 4;
        samples_are(dataset, 0, last, 4, (int32_t[]){20, 21, 22, 23});
    }
}

Test(edf, a_time_too_far_for_samples_is_refused)
{
    static const struct edf_bytes_signal fast[] = {
        {"EEG", "uV", "-100", "100", "-1000", "1000", "400"},
        {"EDF Annotations", "", "-1", "1", "-32768", "32767", "30"},
    };
    static const int16_t zeros[400];
    edf_bytes_header(&edf, "0", "EDF+D", "2", "1", fast, 2);
    edf_bytes_samples(&edf, zeros, 400);
    edf_bytes_lists(&edf, LISTS("+0\x14\x14"), 30);
    edf_bytes_samples(&edf, zeros, 400);
    edf_bytes_lists(&edf, LISTS("+4000000000\x14\x14"), 30);
    night_save("far.edf");
    must_refuse("far", VR_ERR_INPUT, "signal EEG would end at sample 1099511627776 or later");
}

/* Stages last; what else is noted does not end them. */
Test(edf, a_hypnogram_becomes_labels)
{
    static const struct edf_bytes_signal alone = {"EDF Annotations", "",      "-1", "1",
                                                  "-32768",          "32767", "200"};
    edf_bytes_header(&edf, "0", "EDF+C", "1", "0", &alone, 1);
    edf_bytes_lists(
        &edf,
        LISTS("+0\x14\x14\0"
              "+0\x15"
              "30\x14Sleep stage W\x14\0"
              "+60\x15"
              "30\x14Sleep stage N1@@EEG Fpz-Cz\x14\0"
              "+31.0005\x14Lights off@@EEG F4-A1\x14\0"
              "+70\x15"
              "5\x14"
              "Arousal\x14\0"
              "+90\x15"
              "30\x14Sleep stage R\x14\0"
              "+115\x15"
              "30\x14Movement time\x14\0"
              "+150\x14Lights on\x14\0"),
        200);
    night_save("h.edf");
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open("h");
    const struct vr_record *record = vr_dataset_record(dataset);
    cr_assert(record->signal_count == 0 && record->frame_count == 150000);
    cr_assert(record->rate_num == 1000 && record->rate_den == 1);
    cr_assert_str_eq(
        truth_text(dataset, "events"),
        "0:22:Sleep stage W 30000:22:- 31001:42:Lights off@@EEG F4-A1 60000:22:Sleep stage N1 "
        "70000:42:Arousal 90000:22:Sleep stage R 115000:22:Movement time 145000:22:- "
        "150000:42:Lights on");
}

/* Without stages, whatever lasts is a label. */
Test(edf, activities_become_labels)
{
    static const struct edf_bytes_signal alone = {"EDF Annotations", "",      "-1", "1",
                                                  "-32768",          "32767", "100"};
    edf_bytes_header(&edf, "0", "EDF+C", "1", "0", &alone, 1);
    edf_bytes_lists(
        &edf,
        LISTS("+0\x14\x14\0+0\x15"
              "5\x14walk\x14\0+2\x15"
              "0\x14tap\x14\0+5\x15"
              "3\x14run\x14\0"),
        100);
    night_save("a.edf");
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open("a");
    cr_assert_str_eq(truth_text(dataset, "events"), "0:22:walk 2000:42:tap 5000:22:run");
}

Test(edf, texts_come_out_as_utf8)
{
    static const struct edf_bytes_signal alone = {"EDF Annotations", "",      "-1", "1",
                                                  "-32768",          "32767", "100"};
    edf_bytes_header(&edf, "0", "EDF+C", "1", "0", &alone, 1);
    edf_bytes_lists(
        &edf,
        LISTS("+0\x14\x14\0+1\x14m\xc3\xbc"
              "de\x14m\xfc"
              "de\x14"
              "a\nb\x14\0"),
        100);
    night_save("u.edf");
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open("u");
    cr_assert_str_eq(
        truth_text(dataset, "events"), "1000:42:m\xc3\xbc"
                                       "de 1000:42:m\xc3\xbc"
                                       "de 1000:42:a b");
}

Test(edf, annotations_outside_the_record_are_left_out_or_cut)
{
    edf_bytes_header(&edf, "0", "EDF+C", "2", "2", night, 3);
    night_record(
        10,
        LISTS("+0\x14\x14\0-9\x15"
              "2\x14"
              "x\x14\0-1\x15"
              "2\x14"
              "y\x14\0+3\x15"
              "90\x14z\x14\0+9\x14q\x14\0"),
        500);
    night_record(20, LISTS("+2\x14\x14\0"), 501);
    night_save("n.edf");
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open("n");
    cr_assert_str_eq(truth_text(dataset, "events"), "0:22:y 100:22:- 300:22:z");
}

Test(edf, broken_lists_leave_the_samples_but_no_truth)
{
    edf_bytes_header(&edf, "0", "EDF+C", "1", "2", night, 3);
    night_record(
        10,
        LISTS("+0\x14\x14\0x\x14lost\x14\0+1\x14"
              "found\x14\0"),
        500);
    night_save("n.edf");
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open("n");
    cr_assert_str_eq(
        vr_dataset_record(dataset)->warning,
        "the annotation list that ends at byte 1044 is broken: its onset is no number of seconds");
    samples_are(dataset, 0, 0, 4, (int32_t[]){10, 11, 12, 13});
    truth_refuse(dataset, "events", VR_ERR_INPUT, "what is left would be wrong truth");
}

static void save_hypnogram(const char *name, const char *time)
{
    static const struct edf_bytes_signal alone = {"EDF Annotations", "",      "-1", "1",
                                                  "-32768",          "32767", "100"};
    edf_bytes_header(&edf, "0", "EDF+C", "1", "0", &alone, 1);
    edf_bytes_set(&edf, 176, 8, time);
    edf_bytes_lists(
        &edf,
        LISTS("+0\x14\x14\0+0\x15"
              "2\x14Sleep stage W\x14\0+2\x15"
              "30\x14Sleep stage ?\x14\0"),
        100);
    night_save(name);
}

Test(edf, a_file_beside_the_record_annotates_it)
{
    static const struct {
        const char *record, *hypnogram, *annotator;
    } cases[] = {
        {"SC4001E0-PSG", "SC4001EC-Hypnogram.edf", "Hypnogram"},
        {"ST7011J0-PSG", "ST7011JP-Hypnogram.edf", "Hypnogram"},
        {"n1-PSG", "n1-Hypnogram.edf", "Hypnogram"},
        {"SN001", "SN001_sleepscoring.EDF", "sleepscoring"},
        {"plain", "plain-stages.edf", "stages"},
    };
    char name[64];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        edf_bytes_header(&edf, "0", "EDF+C", "2", "2", night, 3);
        night_record(10, LISTS("+0\x14\x14\0"), 500);
        night_record(20, LISTS("+2\x14\x14\0"), 501);
        snprintf(name, sizeof name, "%s.edf", cases[i].record);
        night_save(name);
        save_hypnogram(cases[i].hypnogram, "14.27.00");
        _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open(cases[i].record);
        cr_assert_str_eq(
            truth_text(dataset, cases[i].annotator), "0:22:Sleep stage W 200:22:Sleep stage ?");
        /* One that begins a second later. */
        save_hypnogram(cases[i].hypnogram, "14.27.01");
        cr_assert_str_eq(
            truth_text(dataset, cases[i].annotator), "100:22:Sleep stage W 300:22:Sleep stage ?");
        save_hypnogram(cases[i].hypnogram, "23.00.00");
        truth_refuse(
            dataset, cases[i].annotator, VR_ERR_INPUT,
            "all its 2 annotations lie outside of record");
        unlink(scratch_path(name));
    }
}

Test(edf, no_file_annotates_the_record_of_another)
{
    edf_bytes_header(&edf, "0", "EDF+C", "1", "2", night, 3);
    night_record(10, LISTS("+0\x14\x14\0"), 500);
    night_save("patient2-PSG.edf");
    night_save("SC4002E0-PSG.edf");
    save_hypnogram("patient1-Hypnogram.edf", "14.27.00");
    save_hypnogram("SC4002EC-Hypnogram.edf", "14.27.00");
    save_hypnogram("SC4002EH-Hypnogram.edf", "14.27.00");
    _cleanup_(vr_dataset_closep) struct vr_dataset *a = must_open("patient2-PSG");
    _cleanup_(vr_dataset_closep) struct vr_dataset *b = must_open("SC4002E0-PSG");
    truth_refuse(a, "Hypnogram", VR_ERR_NOT_FOUND, "nor patient2-PSG-Hypnogram.edf is there");
    truth_refuse(b, "Hypnogram", VR_ERR_INPUT, "could annotate SC4002E0-PSG; keep one of them");
    truth_refuse(b, "../x", VR_ERR_INPUT, "is no name of an annotator");
}

Test(edf, wfdb_annotations_beside_the_record_are_read)
{
    struct vr_annotations list = {0};
    struct vr_annotation item = {.sample_index = 42, .code = VR_CODE_NORMAL};
    struct vr_err err = {0};
    edf_bytes_header(&edf, "0", "EDF+C", "1", "2", night, 3);
    night_record(10, LISTS("+0\x14\x14\0"), 500);
    night_save("n.edf");
    cr_assert_eq(vr_annotations_add(&list, &item, NULL, 0, &err), 0);
    cr_assert_eq(
        vr_wfdb_annotation_write(scratch_path("n.atr"), &list, NULL, &err), 0, "%s", err.text);
    vr_annotations_finish(&list);
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open("n");
    cr_assert_str_eq(truth_text(dataset, "atr"), "42:1:-");
}

Test(edf, files_cut_while_open_are_an_error)
{
    struct vr_err err = {0};
    int32_t value;
    edf_bytes_header(&edf, "0", "EDF+C", "1", "2", night, 3);
    night_record(10, LISTS("+0\x14\x14\0"), 500);
    night_save("n.edf");
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open("n");
    cr_assert_eq(truncate(scratch_path("n.edf"), 900), 0);
    cr_assert_eq(vr_dataset_read(dataset, 0, 0, 1, &value, &err), -VR_ERR_IO);
    cr_assert(strstr(err.text, "/n.edf: changed while it was read"), "%s", err.text);
}
