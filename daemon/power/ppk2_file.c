/* Reading of .ppk2 files. */
#include "power/ppk2_file.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zip.h>

#include "base/cleanup.h"
#include "base/json_error.h"
#include "power/ppk2_frame.h"

#define VERSION_MAX 2
#define RATE_MAX 1e6

struct vr_ppk2_file {
    zip_t *archive;
    zip_file_t *session;
    char name[128]; /* for messages */
    uint8_t levels; /* of the lines, at the last sample */
    uint8_t rest[VR_PPK2_FRAME_SIZE];
    size_t rest_size;
};

int vr_ppk2_file_is(const uint8_t *head, size_t size)
{
    return size >= 4 && memcmp(head, "PK\3\4", 4) == 0;
}

static int damaged(const char *path, const char *member, const char *why, struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_INPUT, "%s: %s cannot be read: %s", path, member, why);
}

static void discardp(zip_t **archive)
{
    if (*archive)
        zip_discard(*archive);
}

static void fclosep(zip_file_t **file)
{
    if (*file)
        zip_fclose(*file);
}

/* --- metadata.json --- */

static int number_of(
    const struct vr_json *object, const char *key, double *ret_value, struct vr_err *err)
{
    const struct vr_json *node = vr_json_get(object, key);
    if (!node)
        return 0;
    if (vr_json_kind(node) != VR_JSON_NUMBER)
        return vr_json_error(err, node, "\"%s\" must be a number", key);
    *ret_value = vr_json_number(node);
    return 0;
}

static int parse_metadata(
    const struct vr_json *root, const char *name, struct vr_ppk2_info *info, struct vr_err *err)
{
    double version = 0;
    const struct vr_json *metadata =
        vr_json_kind(root) == VR_JSON_OBJECT ? vr_json_get(root, "metadata") : NULL;
    if (!metadata || vr_json_kind(metadata) != VR_JSON_OBJECT)
        return vr_err_set(err, VR_ERR_INPUT, "%s: has no \"metadata\"", name);
    int r = number_of(root, "formatVersion", &version, err);
    if (r == 0)
        r = number_of(metadata, "samplesPerSecond", &info->rate_hz, err);
    if (r == 0)
        r = number_of(metadata, "startSystemTime", &info->started_utc_ms, err);
    if (r < 0)
        return r;
    if (version > VERSION_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: format version %g is newer than this program, which knows %d",
            name, version, VERSION_MAX);
    if (!(info->rate_hz > 0 && info->rate_hz <= RATE_MAX))
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: samplesPerSecond is %g; it must be above 0, up to %g", name,
            info->rate_hz, RATE_MAX);
    return 0;
}

static int read_metadata(
    zip_t *archive, const char *path, struct vr_ppk2_info *info, struct vr_err *err)
{
    static char too_large[] = "it is too large";
    char name[256];
    zip_stat_t stat;
    snprintf(name, sizeof name, "%.200s: metadata.json", path);
    if (zip_stat(archive, "metadata.json", 0, &stat) < 0)
        return damaged(path, "metadata.json", zip_strerror(archive), err);
    if (!(stat.valid & ZIP_STAT_SIZE) || stat.size > VR_JSON_SIZE_MAX)
        return damaged(path, "metadata.json", too_large, err);
    _cleanup_(fclosep) zip_file_t *file = zip_fopen(archive, "metadata.json", 0);
    _cleanup_free_ char *text = malloc(stat.size + 1);
    if (!file)
        return damaged(path, "metadata.json", zip_strerror(archive), err);
    if (!text)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %s", name);
    zip_int64_t size = zip_fread(file, text, stat.size + 1); /* one more: its check sum is tested */
    if (size < 0 || (zip_uint64_t)size != stat.size)
        return damaged(path, "metadata.json", zip_file_strerror(file), err);
    struct vr_json_doc *doc = NULL;
    int r = vr_json_doc_create(text, (size_t)size, name, &doc, err);
    if (r == 0)
        r = parse_metadata(vr_json_doc_root(doc), name, info, err);
    vr_json_doc_destroy(doc);
    return r;
}

/* --- session.raw --- */

static int open_session(
    zip_t *archive, const char *path, zip_file_t **ret_session, struct vr_ppk2_info *info,
    struct vr_err *err)
{
    zip_stat_t stat;
    if (zip_stat(archive, "session.raw", 0, &stat) < 0)
        return damaged(path, "session.raw", zip_strerror(archive), err);
    if (!(stat.valid & ZIP_STAT_SIZE) || stat.size % VR_PPK2_FRAME_SIZE != 0 ||
        stat.size > INT64_MAX / 2)
        return damaged(path, "session.raw", "it is no whole number of samples of 6 bytes", err);
    info->count = (int64_t)stat.size / VR_PPK2_FRAME_SIZE;
    *ret_session = zip_fopen(archive, "session.raw", 0);
    return *ret_session ? 0 : damaged(path, "session.raw", zip_strerror(archive), err);
}

/* libzip also says "no such file" of an archive whose directory leads nowhere. */
static int no_archive(const char *path, int code, struct vr_err *err)
{
    if (access(path, F_OK) < 0)
        return vr_err_set(err, VR_ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    int r = vr_err_set(
        err, VR_ERR_INPUT, "%s: no .ppk2 file: %s", path,
        code == ZIP_ER_NOENT ? "its directory is damaged" : zip_error_strerror(&error));
    zip_error_fini(&error);
    return r;
}

int vr_ppk2_file_open(
    const char *path, struct vr_ppk2_file **ret_file, struct vr_ppk2_info *ret_info,
    struct vr_err *err)
{
    struct vr_ppk2_info info = {.started_utc_ms = (double)NAN};
    int code;
    _cleanup_(discardp) zip_t *archive = zip_open(path, ZIP_RDONLY, &code);
    if (!archive)
        return no_archive(path, code, err);
    int r = read_metadata(archive, path, &info, err);
    if (r < 0)
        return r;
    _cleanup_(fclosep) zip_file_t *session = NULL;
    r = open_session(archive, path, &session, &info, err);
    if (r < 0)
        return r;
    struct vr_ppk2_file *file = calloc(1, sizeof *file);
    if (!file)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %s", path);
    snprintf(file->name, sizeof file->name, "%s", path);
    file->archive = archive;
    file->session = session;
    archive = NULL;
    session = NULL;
    *ret_file = file;
    *ret_info = info;
    return 0;
}

int vr_ppk2_file_read(
    struct vr_ppk2_file *file, double *microamperes, uint8_t *lines, size_t capacity,
    size_t *ret_count, struct vr_err *err)
{
    *ret_count = 0;
    while (*ret_count < capacity) {
        uint8_t bytes[VR_PPK2_FRAME_SIZE * 512];
        size_t want = capacity - *ret_count < 512 ? capacity - *ret_count : 512;
        memcpy(bytes, file->rest, file->rest_size);
        zip_int64_t got = zip_fread(
            file->session, bytes + file->rest_size, want * VR_PPK2_FRAME_SIZE - file->rest_size);
        if (got < 0)
            return damaged(file->name, "session.raw", zip_file_strerror(file->session), err);
        size_t size = file->rest_size + (size_t)got, at = 0;
        for (; size - at >= VR_PPK2_FRAME_SIZE; at += VR_PPK2_FRAME_SIZE) {
            microamperes[*ret_count] = vr_ppk2_frame_get(bytes + at, &file->levels);
            lines[(*ret_count)++] = file->levels;
        }
        file->rest_size = size - at;
        memcpy(file->rest, bytes + at, file->rest_size);
        if (got == 0)
            break;
    }
    if (*ret_count == 0 && file->rest_size > 0)
        return damaged(file->name, "session.raw", "it ends within a sample", err);
    return 0;
}

void vr_ppk2_file_close(struct vr_ppk2_file *file)
{
    if (!file)
        return;
    zip_fclose(file->session);
    zip_discard(file->archive);
    free(file);
}
