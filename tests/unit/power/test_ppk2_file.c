#include "power/ppk2_file.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zip.h>

#include "base/json.h"
#include "power/ppk2_minimap.h"

static char folder[64], path[80];
static struct vr_err err;

static void make_folder(void)
{
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.40s/vitalrig-XXXXXX", base ? base : "/tmp");
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.ppk2", folder);
}

static void remove_folder(void)
{
    unlink(path);
    rmdir(folder);
}

TestSuite(ppk2_file, .init = make_folder, .fini = remove_folder);

/* --- a trace that is its own index ------------------------------------------------------------ */

static float ampere_of(int64_t i)
{
    return i % 1000 == 7 ? NAN : (float)(i % 977) * 1.37e-7f - 2e-8f;
}

static uint8_t lines_of(int64_t i)
{
    return (uint8_t)(i * 37 >> 3);
}

struct made {
    int64_t at, fail_at;
};

static int make_samples(
    void *context, float *amperes, uint8_t *lines, size_t capacity, size_t *ret_count,
    struct vr_err *ret_err)
{
    struct made *made = context;
    size_t count = capacity > 700 ? 700 : capacity; /* not what was asked for */
    if (made->fail_at > 0 && made->at >= made->fail_at)
        return vr_err_set(ret_err, VR_ERR_STORE, "the rows are gone");
    for (size_t i = 0; i < count; i++, made->at++) {
        amperes[i] = ampere_of(made->at);
        lines[i] = lines_of(made->at);
    }
    *ret_count = count;
    return 0;
}

static int write_file(int64_t count, double rate_hz, int64_t fail_at)
{
    struct made made = {.fail_at = fail_at};
    struct vr_ppk2_info info = {rate_hz, count, 1.6e12};
    return vr_ppk2_file_write(path, &info, make_samples, &made, &err);
}

/* The whole file, in pieces of an odd size. */
static void expect_read_back(int64_t count)
{
    struct vr_ppk2_file *file;
    struct vr_ppk2_info info;
    cr_assert_eq(vr_ppk2_file_open(path, &file, &info, &err), 0, "%s", err.text);
    cr_expect_eq(info.rate_hz, 100000);
    cr_expect_eq(info.count, count);
    cr_expect_eq(info.started_utc_ms, 1.6e12);
    int64_t at = 0;
    for (size_t got = 1; got > 0;) {
        double microamperes[333];
        uint8_t lines[333];
        cr_assert_eq(
            vr_ppk2_file_read(file, microamperes, lines, 333, &got, &err), 0, "%s", err.text);
        for (size_t i = 0; i < got; i++, at++) {
            float wanted = ampere_of(at);
            cr_assert_eq(isnan(microamperes[i]), isnan(wanted));
            if (isnan(wanted)) /* levels are those before */
                cr_assert_eq(lines[i], at > 0 ? lines_of(at - 1) : 0);
            else
                cr_assert_eq(lines[i], lines_of(at), "%d at %d", lines[i], (int)at);
            cr_assert(isnan(wanted) || (float)microamperes[i] == (float)((double)wanted * 1e6));
        }
    }
    cr_expect_eq(at, count);
    vr_ppk2_file_close(file);
}

Test(ppk2_file, what_was_written_is_read_back)
{
    static const int64_t counts[] = {0, 1, 6, 1023, 1024, 1025, 50001};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        cr_assert_eq(write_file(counts[i], 100000, 0), 0, "%s", err.text);
        expect_read_back(counts[i]);
    }
}

/* A member as a text; the caller frees. */
static char *member(const char *name, zip_stat_t *ret_stat)
{
    int code;
    zip_t *archive = zip_open(path, ZIP_RDONLY, &code);
    cr_assert(archive);
    cr_assert_eq(zip_stat(archive, name, 0, ret_stat), 0, "%s", name);
    char *text = calloc(1, ret_stat->size + 1);
    zip_file_t *file = zip_fopen(archive, name, 0);
    cr_assert_eq((zip_uint64_t)zip_fread(file, text, ret_stat->size), ret_stat->size);
    zip_fclose(file);
    zip_discard(archive);
    return text;
}

Test(ppk2_file, the_members_are_those_that_the_application_writes)
{
    zip_stat_t stat;
    cr_assert_eq(write_file(25000, 100000, 0), 0);
    char *text = member("metadata.json", &stat);
    cr_expect_str_eq(
        text, "{\"metadata\":{\"samplesPerSecond\":100000,\"startSystemTime\":1600000000000},"
              "\"formatVersion\":2}");
    free(text);
    text = member("session.raw", &stat);
    cr_expect_eq(stat.size, 6 * 25000);
    cr_expect_eq(stat.comp_method, ZIP_CM_DEFLATE);
    /* Sample 1, 0.117 uA and lines 00000100 (line 2 high): f32 little-endian, pairs big-endian. */
    float microamperes;
    memcpy(&microamperes, text + 6, 4);
    cr_expect_float_eq(microamperes, 0.117f, 1e-6);
    cr_expect_eq((uint8_t)text[10], 0x55);
    cr_expect_eq((uint8_t)text[11], 0x65);
    /* Sample 7 is missing: NaN, all lines not known. */
    memcpy(&microamperes, text + 42, 4);
    cr_expect(isnan(microamperes));
    cr_expect_eq(text[46], 0);
    cr_expect_eq(text[47], 0);
    free(text);

    struct vr_json_doc *doc;
    text = member("minimap.raw", &stat);
    cr_assert_eq(vr_json_doc_create(text, stat.size, "minimap.raw", &doc, &err), 0, "%s", err.text);
    const struct vr_json *root = vr_json_doc_root(doc), *data = vr_json_get(root, "data");
    cr_expect_eq(vr_json_number(vr_json_get(root, "numberOfTimesToFold")), 4);
    cr_expect_eq(vr_json_number(vr_json_get(root, "maxNumberOfElements")), 10000);
    cr_expect_eq(vr_json_number(vr_json_get(data, "length")), 6250);
    cr_expect_eq(vr_json_count(vr_json_get(data, "min")), 6250);
    cr_expect_eq(vr_json_count(vr_json_get(data, "max")), 6250);
    const struct vr_json *first = vr_json_first(vr_json_get(data, "max"));
    cr_expect_float_eq(vr_json_number(vr_json_get(first, "x")), 15, 1e-9, "mean of 0 to 30 us");
    cr_expect_float_eq(vr_json_number(vr_json_get(first, "y")), 391, 1e-3, "sample 3, in nA");
    vr_json_doc_destroy(doc);
    free(text);
}

Test(ppk2_file, a_column_without_a_current_is_marked_as_the_application_does)
{
    static struct vr_ppk2_minimap minimap;
    vr_ppk2_minimap_start(&minimap);
    vr_ppk2_minimap_add(&minimap, 0, (double)NAN);
    vr_ppk2_minimap_add(&minimap, 10, 5);
    cr_expect_gt(minimap.columns[0].min_na, minimap.columns[0].max_na);
    cr_expect_eq(minimap.columns[1].min_na, 200, "its axis is logarithmic");
}

Test(ppk2_file, a_trace_that_fails_leaves_what_was_there)
{
    cr_assert_eq(write_file(10, 100000, 0), 0);
    cr_expect_eq(write_file(100000, 100000, 50000), -VR_ERR_STORE);
    cr_expect_str_eq(err.text, "the rows are gone");
    expect_read_back(10);
    cr_expect_eq(write_file(10, 1000.5, 0), -VR_ERR_INPUT);
    cr_expect_eq(write_file(10, 2e6, 0), -VR_ERR_INPUT);
    expect_read_back(10);
    snprintf(path, sizeof path, "%s/none/a.ppk2", folder);
    cr_expect_eq(write_file(10, 100000, 0), -VR_ERR_IO, "%s", err.text);
}

/* --- hostile files ---------------------------------------------------------------------------- */

static int open_and_read(void)
{
    struct vr_ppk2_file *file;
    struct vr_ppk2_info info;
    int r = vr_ppk2_file_open(path, &file, &info, &err);
    if (r < 0)
        return r;
    for (size_t got = 1; got > 0 && r == 0;) {
        double microamperes[100];
        uint8_t lines[100];
        r = vr_ppk2_file_read(file, microamperes, lines, 100, &got, &err);
    }
    vr_ppk2_file_close(file);
    return r;
}

static void write_members(const char *metadata, size_t session_size, bool has_session)
{
    static char session[601];
    int code;
    zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    if (metadata)
        zip_file_add(
            archive, "metadata.json", zip_source_buffer(archive, metadata, strlen(metadata), 0), 0);
    if (has_session)
        zip_file_add(
            archive, "session.raw", zip_source_buffer(archive, session, session_size, 0), 0);
    cr_assert_eq(zip_close(archive), 0);
}

#define METADATA(text) "{\"metadata\":{" text "},\"formatVersion\":2}"

Test(ppk2_file, what_is_wrong_with_a_file_is_said)
{
    static const struct {
        const char *metadata;
        size_t size;
        bool has_session;
        const char *words;
    } cases[] = {
        {METADATA("\"samplesPerSecond\":1000"), 600, true, NULL},
        {METADATA("\"samplesPerSecond\":1000"), 601, true, "6 bytes"},
        {METADATA("\"samplesPerSecond\":1000"), 0, false, "session.raw"},
        {METADATA("\"samplesPerSecond\":0"), 600, true, "samplesPerSecond is 0"},
        {METADATA("\"samplesPerSecond\":-5"), 600, true, "samplesPerSecond is -5"},
        {METADATA("\"samplesPerSecond\":\"x\""), 600, true, "must be a number"},
        {METADATA(""), 600, true, "samplesPerSecond"},
        {"{}", 600, true, "has no \"metadata\""},
        {"[]", 600, true, "has no \"metadata\""},
        {"{", 600, true, "metadata.json"},
        {"{\"metadata\":{\"samplesPerSecond\":1},\"formatVersion\":3}", 600, true, "newer"},
        {NULL, 600, true, "metadata.json"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_members(cases[i].metadata, cases[i].size, cases[i].has_session);
        if (!cases[i].words) {
            cr_expect_eq(open_and_read(), 0, "%s", err.text);
            continue;
        }
        cr_expect_eq(open_and_read(), -VR_ERR_INPUT, "case %zu", i);
        cr_expect(strstr(err.text, cases[i].words), "%s", err.text);
        cr_expect(strstr(err.text, path), "%s", err.text);
    }
}

Test(ppk2_file, damage_is_found_wherever_it_is)
{
    cr_assert_eq(write_file(3000, 100000, 0), 0);
    FILE *file = fopen(path, "r+b");
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    int found = 0, count = 0;
    for (long at = 40; at < size; at += size / 97, count++) {
        fseek(file, at, SEEK_SET);
        int byte = fgetc(file);
        fseek(file, at, SEEK_SET);
        fputc(byte ^ 0x10, file);
        fflush(file);
        int r = open_and_read();
        cr_expect(r == 0 || r == -VR_ERR_INPUT || r == -VR_ERR_IO, "%d", r);
        found += r < 0;
        fseek(file, at, SEEK_SET);
        fputc(byte, file);
        fflush(file);
    }
    fclose(file);
    /* Most of the file is session.raw; a flip there breaks its check sum.  The overview is never read. */
    cr_expect_gt(found, count / 10);
    cr_expect_eq(open_and_read(), 0, "%s", err.text);
    cr_assert_eq(truncate(path, size / 2), 0);
    cr_expect_eq(open_and_read(), -VR_ERR_INPUT);
    cr_assert_eq(truncate(path, 0), 0);
    cr_expect_lt(open_and_read(), 0);
}
