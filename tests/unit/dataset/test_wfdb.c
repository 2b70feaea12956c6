/* dataset/wfdb: records of a folder, whole and broken. */
#include "base/cleanup.h"
#include "base/digest.h"
#include "dataset/dataset.h"
#include "dataset/wfdb_write.h"
#include "scratch.h"

#include <sys/stat.h>

TestSuite(wfdb, .init = scratch_make, .fini = scratch_remove);

static struct vr_dataset *must_open(const char *path, const char *record)
{
    struct vr_err err = {0};
    struct vr_dataset *dataset = NULL;
    cr_assert_eq(vr_dataset_open("wfdb", path, record, &dataset, &err), 0, "%s", err.text);
    return dataset;
}

static void must_refuse(const char *path, const char *record, int code, const char *words)
{
    struct vr_err err = {0};
    struct vr_dataset *dataset = NULL;
    int r = vr_dataset_open("wfdb", path, record, &dataset, &err);
    cr_assert_eq(r, -code, "%s: %d %s", record, r, err.text);
    cr_assert(strstr(err.text, words), "%s: %s", record, err.text);
    cr_assert_null(dataset);
}

Test(wfdb, a_folder_lists_its_headers_in_order)
{
    struct vr_names names = {0};
    struct vr_err err = {0};
    scratch_text("b.hea", "");
    scratch_text("a-1.hea", "");
    scratch_text(".hidden.hea", "");
    scratch_text(".hea", "");
    scratch_text("c.heat", "");
    scratch_text("a-1.dat", "");
    cr_assert_eq(vr_dataset_list("auto", scratch, &names, &err), 0, "%s", err.text);
    cr_assert_eq(names.count, 2);
    cr_assert_str_eq(names.items[0], "a-1");
    cr_assert_str_eq(names.items[1], "b");
    vr_names_finish(&names);
    cr_assert_eq(vr_dataset_list("wfdb", scratch_path("no"), &names, &err), -VR_ERR_NOT_FOUND);
}

/* Records in folders below are those that RECORDS names, as far as they are there. */
Test(wfdb, a_list_of_records_leads_into_folders_below)
{
    struct vr_names names = {0};
    struct vr_err err = {0};
    cr_assert_eq(mkdir(scratch_path("p1"), 0700), 0);
    scratch_text("p1/s1.hea", "s1 0 100 5\n");
    scratch_text("p1/s2.hea", "s2 0 100 5\n");
    cr_assert_eq(vr_dataset_list("auto", scratch, &names, &err), -VR_ERR_INPUT);
    scratch_text("RECORDS", "p1/s1\r\n\np1/absent\n../p1/s2\n/etc/passwd\np1/\nflat\n p1/s2");
    cr_assert_eq(vr_dataset_list("auto", scratch, &names, &err), 0, "%s", err.text);
    cr_assert_eq(names.count, 2);
    cr_assert_str_eq(names.items[0], "p1/s1");
    cr_assert_str_eq(names.items[1], "p1/s2");
    vr_names_finish(&names);
    scratch_text("top.hea", "top 0 100 5\n");
    cr_assert_eq(vr_dataset_list("wfdb", scratch, &names, &err), 0, "%s", err.text);
    cr_assert_eq(names.count, 3);
    vr_names_finish(&names);
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open(scratch, "p1/s1");
    cr_assert_eq(vr_dataset_record(dataset)->frame_count, 5);
}

Test(wfdb, fixtures_hold_what_the_generator_made)
{
    static const struct {
        const char *name;
        uint32_t rate_hz;
    } cases[] = {{"ectopy", 250}, {"sinus", 360}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        _cleanup_(vr_dataset_closep) struct vr_dataset *fixture =
            must_open(VR_FIXTURES "/wfdb", cases[i].name);
        _cleanup_(vr_dataset_closep) struct vr_dataset *made = NULL;
        _cleanup_(vr_annotations_finish) struct vr_annotations read = {0};
        _cleanup_(vr_annotations_finish) struct vr_annotations truth = {0};
        static int32_t a[3600], b[3600];
        struct vr_err err = {0};
        const struct vr_record *record = vr_dataset_record(fixture);
        size_t count = 10 * cases[i].rate_hz;
        cr_assert_eq(vr_dataset_open("auto", "builtin:smoke", cases[i].name, &made, NULL), 0);
        cr_assert_eq(record->frame_count, (int64_t)count);
        cr_assert_eq(record->rate_num, cases[i].rate_hz);
        cr_assert_str_eq(record->warning, "");
        cr_assert_str_eq(record->signals[0].name, "ECG");
        cr_assert(record->signals[0].gain == 200 && record->signals[0].baseline == 1024);
        cr_assert_eq(vr_dataset_read(fixture, 0, 0, count, a, &err), 0, "%s", err.text);
        cr_assert_eq(vr_dataset_read(made, 0, 0, count, b, &err), 0, "%s", err.text);
        cr_assert_arr_eq(a, b, count * sizeof a[0]);
        cr_assert_eq(vr_dataset_truth(fixture, "atr", &read, &err), 0, "%s", err.text);
        cr_assert_eq(vr_dataset_truth(made, "atr", &truth, &err), 0, "%s", err.text);
        cr_assert(read.count > 9 && read.count < truth.count);
        for (size_t j = 0; j < read.count; j++)
            cr_assert(
                read.items[j].sample_index == truth.items[j].sample_index &&
                read.items[j].code == truth.items[j].code);
        cr_assert_geq(truth.items[read.count].sample_index, (int64_t)count);
    }
}

Test(wfdb, the_digest_is_that_of_the_files_one_after_the_other)
{
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset =
        must_open(VR_FIXTURES "/broken", "sum");
    static const char all[] = "sum 1 100 4\nsum.dat 16 200 16 0 1 11 0 ECG\n"
                              "\1\0\2\0\3\0\4";
    char hex[VR_DIGEST_HEX_SIZE];
    vr_digest_bytes(all, sizeof all, hex); /* the NUL is the last byte */
    cr_assert_str_eq(vr_dataset_record(dataset)->sha256, hex);
}

Test(wfdb, what_a_reader_should_know_is_said)
{
    static const struct {
        const char *record, *warning;
    } cases[] = {
        {"sum",
         "signal 0 (ECG): its checksum is 10, not 11 as in the header; its samples may be damaged"},
        {"surplus", "sum.dat has 2 bytes more than the header tells of"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        _cleanup_(vr_dataset_closep) struct vr_dataset *dataset =
            must_open(VR_FIXTURES "/broken", cases[i].record);
        cr_assert_str_eq(vr_dataset_record(dataset)->warning, cases[i].warning);
    }
    /* No length: nobody knows what was counted.  Checksum 0: nobody counted. */
    scratch_write("r.dat", "\1\0\2\0", 4);
    static const char *const silent[] = {
        "r 1 100\nr.dat 16 200 16 0 1 77 0 ECG\n", "r 1 100 2\nr.dat 16 200 16 0 1 0 0 ECG\n",
        "r 1 100 2\nr.dat 16 200 16 0\n", "r 1 100 2\nr.dat 16 200 16 0 1 65539 0 ECG\n"};
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++) {
        scratch_text("r.hea", silent[i]);
        _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open(scratch, "r");
        cr_assert_str_eq(vr_dataset_record(dataset)->warning, "");
        cr_assert_eq(vr_dataset_record(dataset)->frame_count, 2);
    }
}

Test(wfdb, broken_records_are_refused_with_file_and_line)
{
    static const struct {
        const char *record;
        int code;
        const char *words;
    } cases[] = {
        {"huge", VR_ERR_INPUT, "/huge.hea:1: the number of signals \"2147483648\""},
        {"outside", VR_ERR_INPUT,
         "/outside.hea:2: the file name \"../wfdb/sinus.dat\" leads out of the folder"},
        {"short", VR_ERR_INPUT,
         "/short.dat: has 10 bytes, but 10 samples of format 212 from byte 0 on take 15; it was "
         "cut"},
        {"parts", VR_ERR_NOT_FOUND, "/parts: none of its segments is there; fetch them too"},
        {"format", VR_ERR_INPUT,
         "/format.hea:2: there is no signal format 99; these are: 0, 8, 16,"},
        {"absent", VR_ERR_NOT_FOUND,
         "/absent.hea:2: the signal file not_there.dat is not there; fetch it too"},
        {"renamed", VR_ERR_INPUT,
         "/renamed.hea:1: the header says that it is of record other, not renamed"},
        {"nowhere", VR_ERR_NOT_FOUND, "/nowhere.hea: no such file"},
        {"../wfdb/sinus", VR_ERR_INPUT, "leads out of the folder"},
        {"/etc/passwd", VR_ERR_INPUT, "is an absolute path"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        must_refuse(VR_FIXTURES "/broken", cases[i].record, cases[i].code, cases[i].words);
    char name[300];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    must_refuse(VR_FIXTURES "/broken", name, VR_ERR_INPUT, "is longer than 127 bytes");
    must_refuse(VR_FIXTURES "/nowhere", "r", VR_ERR_NOT_FOUND, "/nowhere: no such folder");
}

Test(wfdb, broken_truth_is_refused_with_file_and_byte)
{
    static const struct {
        const char *record, *annotator;
        int code;
        const char *words;
    } cases[] = {
        {"cut", "atr", VR_ERR_INPUT, "/cut.atr: byte 6: the file ends inside a text"},
        {"aha", "atr", VR_ERR_INPUT, "/aha.atr: byte 17: the file ends inside an annotation"},
        {"cut", "qrs", VR_ERR_NOT_FOUND, "/cut.qrs: no such file"},
        {"cut", "", VR_ERR_INPUT, "is no name of an annotator"},
        {"cut", "../x", VR_ERR_INPUT, "is no name of an annotator"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        _cleanup_(vr_dataset_closep) struct vr_dataset *dataset =
            must_open(VR_FIXTURES "/broken", cases[i].record);
        struct vr_annotations list = {0};
        struct vr_err err = {0};
        cr_assert_eq(vr_dataset_truth(dataset, cases[i].annotator, &list, &err), -cases[i].code);
        cr_assert(strstr(err.text, cases[i].words), "%s", err.text);
    }
}

Test(wfdb, links_and_fifos_are_not_followed)
{
    scratch_text("r.hea", "r 1 100 2\nr.dat 16\n");
    cr_assert_eq(symlink("r.hea", scratch_path("r.dat")), 0);
    must_refuse(scratch, "r", VR_ERR_INPUT, "/r.dat: a symbolic link");
    cr_assert_eq(unlink(scratch_path("r.dat")), 0);
    cr_assert_eq(mkfifo(scratch_path("r.dat"), 0600), 0);
    must_refuse(scratch, "r", VR_ERR_INPUT, "/r.dat: not a regular file");
    cr_assert_eq(symlink("r.hea", scratch_path("s.hea")), 0);
    must_refuse(scratch, "s", VR_ERR_INPUT, "/s.hea: a symbolic link");
}

/* Two files, one in a folder below, with skew, several samples per frame and a byte offset. */
Test(wfdb, groups_frames_and_skew_come_apart_right)
{
    struct vr_err err = {0};
    int32_t values[8];
    cr_assert_eq(mkdir(scratch_path("sub"), 0700), 0);
    cr_assert_eq(mkdir(scratch_path("sub/sig"), 0700), 0);
    scratch_text(
        "sub/r.hea", "r 3 10 4\n"
                     "a.dat 16x2+3 100 16 0 1 78 0 fast\n"
                     "a.dat 16:1+3 100 16 0 1 42 0 late\n"
                     "sig/b.dat 16 0 16 0 1 10 0 raw\n");
    scratch_write("sub/a.dat", "###\1\0\2\0\3\0\4\0\5\0\6\0\7\0\x8\0\x9\0\x32\0\x6\0\x18\0", 27);
    scratch_write("sub/sig/b.dat", "\1\0\2\0\3\0\0\x80", 8);
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open(scratch, "sub/r");
    const struct vr_record *record = vr_dataset_record(dataset);
    cr_assert_str_eq(record->name, "sub/r");
    cr_assert_eq(record->frame_count, 3);
    cr_assert_eq(record->signal_count, 3);
    cr_assert(record->signals[0].rate_num == 20 && record->signals[0].sample_count == 6);
    cr_assert(record->signals[1].rate_num == 10 && record->signals[1].sample_count == 3);
    cr_assert_eq(record->signals[2].gain, 0);
    cr_assert_eq(vr_dataset_read(dataset, 0, 0, 6, values, &err), 0, "%s", err.text);
    cr_assert_arr_eq(values, ((int32_t[]){1, 2, 4, 5, 7, 8}), 6 * sizeof values[0]);
    cr_assert_eq(vr_dataset_read(dataset, 0, 3, 2, values, &err), 0);
    cr_assert_arr_eq(values, ((int32_t[]){5, 7}), 2 * sizeof values[0]);
    cr_assert_eq(vr_dataset_read(dataset, 1, 0, 3, values, &err), 0);
    cr_assert_arr_eq(values, ((int32_t[]){6, 9, 24}), 3 * sizeof values[0]);
    cr_assert_eq(vr_dataset_read(dataset, 2, 0, 3, values, &err), 0);
    cr_assert_arr_eq(values, ((int32_t[]){1, 2, 3}), 3 * sizeof values[0]);
    /* The checksums count the whole file, the invalid code as what it is: 1+2+3-32768. */
    cr_assert_str_eq(
        record->warning,
        "signal 0 (fast): its checksum is 83, not 78 as in the header; its samples may be damaged; "
        "signal 2 (raw): its checksum is -32762, not 10 as in the header; its samples may be "
        "damaged");
}

Test(wfdb, without_a_length_the_shortest_file_decides)
{
    scratch_text("r.hea", "r 2 100\na.dat 212 200\nb.dat 16 200\n");
    scratch_write("a.dat", "\1\2\3\4\5\6\7", 7); /* 4 samples and a byte */
    scratch_write("b.dat", "\1\0\2\0\3\0", 6);
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open(scratch, "r");
    cr_assert_eq(vr_dataset_record(dataset)->frame_count, 3);
    scratch_write("b.dat", "\1", 1);
    must_refuse(scratch, "r", VR_ERR_INPUT, "/r.hea:1: the signal files hold no whole frame");
}

Test(wfdb, a_record_of_annotations_alone_has_no_signals)
{
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset =
        must_open(VR_FIXTURES "/broken", "cut");
    const struct vr_record *record = vr_dataset_record(dataset);
    cr_assert(record->signal_count == 0 && record->frame_count == 1000);
    cr_assert_eq(strlen(record->sha256), 64);
}

Test(wfdb, files_cut_while_open_are_an_error)
{
    struct vr_err err = {0};
    int32_t value;
    struct vr_dataset *source = NULL;
    cr_assert_eq(vr_dataset_open("auto", "builtin:smoke", "af", &source, &err), 0);
    const struct vr_wfdb_copy copy = {
        .folder = scratch, .name = "r", .format = 16, .tick_count = 30000};
    cr_assert_eq(vr_wfdb_record_write(source, &copy, &err), 0, "%s", err.text);
    vr_dataset_close(source);
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = must_open(scratch, "r");
    cr_assert_eq(truncate(scratch_path("r.dat"), 100), 0);
    cr_assert_eq(vr_dataset_read(dataset, 0, 0, 1, &value, &err), -VR_ERR_IO);
    cr_assert(strstr(err.text, "/r.dat: changed while it was read"), "%s", err.text);
}
