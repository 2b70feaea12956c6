/* The dataset family on real recordings, against what the field's own tools print.  Needs VITALRIG_DATA. */
#include "base/cleanup.h"
#include "dataset/wfdb_annotation.h"
#include "dataset/wfdb_text.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <md5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static ssize_t md5_write(void *cookie, const char *bytes, size_t size)
{
    MD5Update(cookie, (const uint8_t *)bytes, size);
    return (ssize_t)size;
}

/* Frames that are there. */
static int64_t available(const struct vr_record *record)
{
    return record->missing[0] ? record->available_frame_count : record->frame_count;
}

/* MD5 of a record's text, and the count of its lines' frames; a record that cannot be read has none. */
static int64_t text_digest(
    struct vr_dataset *dataset, bool high_resolution, char ret_hex[MD5_DIGEST_STRING_LENGTH])
{
    MD5_CTX context;
    struct vr_frames frames;
    struct vr_err err = {0};
    MD5Init(&context);
    if (dataset) {
        FILE *file = fopencookie(&context, "w", (cookie_io_functions_t){.write = md5_write});
        cr_assert_eq(vr_frames_init_all(&frames, dataset, &err), 0, "%s", err.text);
        cr_assert_eq(
            vr_wfdb_text_samples(
                file, &frames, 0, available(vr_dataset_record(dataset)), high_resolution, &err),
            0, "%s", err.text);
        fclose(file);
    }
    MD5End(&context, ret_hex);
    return dataset ? available(vr_dataset_record(dataset)) : 0;
}

/* Where rdsamp stops as if the record ended, the error is there, and names what is missing. */
static void must_tell_the_missing(struct vr_dataset *dataset)
{
    const struct vr_record *record = vr_dataset_record(dataset);
    struct vr_err err = {0};
    int32_t value;
    cr_assert_eq(vr_record_check_whole(record, &err), -VR_ERR_NOT_FOUND);
    cr_assert_eq(
        vr_dataset_read(dataset, 0, record->available_frame_count, 1, &value, &err),
        -VR_ERR_NOT_FOUND);
    cr_assert(strstr(err.text, "is not there; fetch its files too"), "%s", err.text);
}

Test(wfdb_conformance, rdsamp_prints_the_same_text)
{
    FILE *table = fopen(data_path("wfdb_formats/rdsamp.csv"), "r");
    char line[512], folder[1100];
    int rows = 0, passed = 0, absent = 0, incomplete = 0;
    cr_assert(table && fgets(line, sizeof line, table));
    while (fgets(line, sizeof line, table)) {
        char dir[128], record[128], low[64], high[64], hex[MD5_DIGEST_STRING_LENGTH];
        long long frames, high_frames;
        int exit_code;
        cr_assert_eq(
            sscanf(
                line, "%127[^,],%127[^,],%d,%lld,%63[^,],%lld,%63s", dir, record, &exit_code,
                &frames, low, &high_frames, high),
            7);
        rows++;
        snprintf(folder, sizeof folder, "%s/%s", data_path("wfdb_formats"), dir);
        _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
        struct vr_err err = {0};
        int r = vr_dataset_open("wfdb", folder, record, &dataset, &err);
        if (exit_code == 2) { /* its signal file is absent on purpose */
            cr_assert_eq(r, -VR_ERR_NOT_FOUND, "%s: %s", record, err.text);
            absent++;
            continue;
        }
        cr_assert_eq(r, 0, "%s", err.text);
        cr_assert_eq(text_digest(dataset, false, hex), frames, "%s", record);
        cr_assert_str_eq(hex, low, "%s", record);
        text_digest(dataset, true, hex);
        cr_assert_str_eq(hex, high, "%s in high resolution", record);
        passed++;
        if (vr_dataset_record(dataset)->missing[0]) {
            must_tell_the_missing(dataset);
            incomplete++;
        }
    }
    fclose(table);
    cr_log_info(
        "rdsamp.csv: %d rows: %d the same text, %d of them with missing segments, %d absent files "
        "told",
        rows, passed, incomplete, absent);
    cr_assert_eq(rows, 59);
    cr_assert_eq(passed, 49);
    cr_assert_eq(incomplete, 2);
    cr_assert_eq(absent, 10);
}

Test(wfdb_conformance, arrhythmia_records_match_their_checksums)
{
    static const struct {
        const char *folder, *record;
        int32_t first[2], last[2];
    } cases[] = {
        {"mitdb", "100", {995, 1011}, {768, 1024}},
        {"mitdb", "104", {994, 1064}, {1024, 1024}},
        {"mitdb", "108", {999, 868}, {1024, 1024}},
        {"mitdb", "121", {849, 894}, {768, 768}},
        {"mitdb", "202", {1024, 1049}, {1024, 1024}},
        {"mitdb", "223", {838, 992}, {1024, 1024}},
        {"mitdb", "232", {975, 1066}, {1024, 1024}},
        {"nstdb", "118e06", {-167, -103}, {-384, -1864}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
        struct vr_err err = {0};
        int r =
            vr_dataset_open("auto", data_path(cases[i].folder), cases[i].record, &dataset, &err);
        cr_assert_eq(r, 0, "%s", err.text);
        const struct vr_record *record = vr_dataset_record(dataset);
        cr_assert_eq(record->frame_count, 650000);
        cr_assert_str_eq(record->warning, "", "%s: %s", record->name, record->warning);
        for (size_t signal = 0; signal < 2; signal++) {
            int32_t first, last;
            cr_assert_eq(vr_dataset_read(dataset, signal, 0, 1, &first, &err), 0);
            cr_assert_eq(vr_dataset_read(dataset, signal, 649999, 1, &last, &err), 0);
            cr_assert(
                first == cases[i].first[signal] && last == cases[i].last[signal],
                "%s, signal %zu: %d %d", record->name, signal, first, last);
        }
    }
}

/* Every record of a folder opens, with no warning, and every stub header has its truth. */
static size_t open_all(const char *folder, const char *annotator)
{
    struct vr_names names = {0};
    struct vr_err err = {0};
    cr_assert_eq(vr_dataset_list("auto", folder, &names, &err), 0, "%s", err.text);
    for (size_t i = 0; i < names.count; i++) {
        _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
        _cleanup_(vr_annotations_finish) struct vr_annotations list = {0};
        cr_assert_eq(
            vr_dataset_open("auto", folder, names.items[i], &dataset, &err), 0, "%s", err.text);
        cr_assert_str_eq(vr_dataset_record(dataset)->warning, "");
        if (annotator) {
            cr_assert_eq(vr_dataset_truth(dataset, annotator, &list, &err), 0, "%s", err.text);
            cr_assert_gt(list.count, 1000);
        }
    }
    size_t count = names.count;
    vr_names_finish(&names);
    return count;
}

Test(wfdb_conformance, every_arrhythmia_record_opens_with_its_truth)
{
    cr_assert_eq(open_all(data_path("mitdb"), "atr"), 24);
    cr_assert_eq(open_all(data_path("nstdb"), "atr"), 1);
}

Test(wfdb_conformance, every_challenge_record_opens)
{
    cr_assert_eq(open_all(data_path("cinc2017"), NULL), 2010);
}

/* What is read from any annotation file at hand is written to bytes that read back equal. */
static size_t round_trip_all(const char *pattern)
{
    char path[1200];
    glob_t found;
    struct vr_rate rate = {360, 1};
    snprintf(path, sizeof path, "%s", data_path("."));
    strcat(path, pattern);
    cr_assert_eq(glob(path, 0, NULL, &found), 0, "%s", path);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        _cleanup_(vr_annotations_finish) struct vr_annotations list = {0};
        _cleanup_(vr_annotations_finish) struct vr_annotations again = {0};
        _cleanup_free_ uint8_t *bytes = NULL;
        size_t size;
        struct vr_err err = {0};
        cr_assert_eq(
            vr_wfdb_annotation_read_file(found.gl_pathv[i], rate, &list, &err), 0, "%s", err.text);
        cr_assert_eq(
            vr_wfdb_annotation_encode(&list, NULL, &bytes, &size, &err), 0, "%s", err.text);
        cr_assert_eq(
            vr_wfdb_annotation_parse(bytes, size, "w", rate, &again, &err), 0, "%s", err.text);
        cr_assert(list.count > 0 && list.count == again.count);
        for (size_t j = 0; j < list.count; j++) {
            const struct vr_annotation *a = &list.items[j], *b = &again.items[j];
            cr_assert(a->sample_index == b->sample_index && a->code == b->code);
            cr_assert(
                a->subtype == b->subtype && a->channel == b->channel && a->number == b->number);
            cr_assert(!a->text == !b->text && (!a->text || strcmp(a->text, b->text) == 0));
        }
    }
    size_t count = found.gl_pathc;
    globfree(&found);
    return count;
}

Test(wfdb_conformance, every_annotation_file_reads_and_writes_back)
{
    cr_assert_eq(round_trip_all("/golden/ann/*"), 96);
    cr_assert_eq(round_trip_all("/mitdb/*.atr"), 24);
    cr_assert_eq(round_trip_all("/nstdb/*.atr"), 1);
    cr_assert_eq(round_trip_all("/wfdb_formats/*.[agqsw][nqrtwa][IRbrh]*") > 0, true);
}

Test(wfdb_conformance, known_annotations_come_out_as_known)
{
    static const struct {
        const char *file;
        uint32_t rate_hz;
        size_t index;
        const char *line;
    } cases[] = {
        {"mitdb/100.atr", 360, 0, "    0:00.050       18     +    0    0    0\t(N\n"},
        {"mitdb/100.atr", 360, 1, "    0:00.214       77     N    0    0    0\n"},
        {"wfdb_formats/huge.qrs", 360, 0, "7716:02:57.778  10000000000     N    0    0    0\n"},
        {"wfdb_formats/03700181.gqrsh", 125, 0,
         "    0:00.000        0     \"    0    0    0\tgqrs -H -r 03700181 -o gqrsh\n"},
        {"wfdb_formats/03700181.gqrsh", 125, 1, "    0:02.128      266     N    0    0   10\n"},
        {"wfdb_formats/12726.wabp", 250, 0,
         "    0:00.432      108     ?    0    0    0\t110.6/49.7\n"},
        {"wfdb_formats/12726.anI", 250, 0,
         "    5:48.960    87240     \"    0  255    0\tInitiate slow tilt up\n"},
        {"golden/ann/100.sqrs", 360, 0, "    0:00.192       69     N    0    0    0\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vr_annotations list = {0};
        struct vr_err err = {0};
        struct vr_rate rate = {cases[i].rate_hz, 1};
        char *text = NULL;
        size_t size;
        cr_assert_eq(
            vr_wfdb_annotation_read_file(data_path(cases[i].file), rate, &list, &err), 0, "%s",
            err.text);
        FILE *file = open_memstream(&text, &size);
        const struct vr_wfdb_text_style style = {.rate = rate, .definitions = list.definitions};
        vr_wfdb_text_annotation(file, &list.items[cases[i].index], &style);
        fclose(file);
        cr_assert_str_eq(text, cases[i].line, "%s: %s", cases[i].file, text);
        free(text);
        vr_annotations_finish(&list);
    }
}
