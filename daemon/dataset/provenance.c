#include "dataset/provenance.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json_write.h"
#include "dataset/draft.h"

static void names_write(
    struct vr_json_writer *writer, const char *key, const char *const *names, size_t count)
{
    vr_json_write_array(writer, key);
    for (size_t i = 0; i < count; i++)
        vr_json_write_string(writer, NULL, names[i]);
    vr_json_write_end(writer);
}

static void source_write(
    struct vr_json_writer *writer, const struct vr_import *import,
    const struct vr_imported *imported, const char *kind, const char *read_sha256)
{
    const char *slash = strrchr(import->record, '/');
    vr_json_write_object(writer, "source");
    vr_json_write_string(writer, "kind", kind);
    vr_json_write_string(writer, "record", slash ? slash + 1 : import->record);
    vr_json_write_string(writer, "sha256", read_sha256);
    vr_json_write_array(writer, "files");
    for (size_t i = 0; i < imported->inputs.count; i++) {
        const struct vr_input *input = &imported->inputs.items[i];
        vr_json_write_object(writer, NULL);
        vr_json_write_string(writer, "name", input->name);
        vr_json_write_int(writer, "bytes", input->size);
        vr_json_write_string(writer, "sha256", input->sha256);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
    vr_json_write_end(writer);
}

static void outputs_write(
    struct vr_json_writer *writer, const struct vr_output *outputs, size_t count)
{
    vr_json_write_array(writer, "files");
    for (size_t i = 0; i < count; i++) {
        vr_json_write_object(writer, NULL);
        vr_json_write_string(writer, "name", outputs[i].name);
        vr_json_write_string(writer, "sha256", outputs[i].sha256);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
}

static void options_write(struct vr_json_writer *writer, const struct vr_import *import)
{
    vr_json_write_object(writer, "options");
    if (import->format)
        vr_json_write_int(writer, "format", import->format);
    else
        vr_json_write_null(writer, "format");
    names_write(writer, "annotators", import->annotators, import->annotator_count);
    names_write(writer, "keep_comments", import->kept, import->kept_count);
    vr_json_write_end(writer);
}

int vr_provenance_write(
    const char *path, const struct vr_import *import, const struct vr_imported *imported,
    const char *kind, const char *read_sha256, const struct vr_output *outputs, size_t output_count,
    struct vr_err *err)
{
    _cleanup_(vr_draft_close) struct vr_draft draft = {0};
    struct vr_json_writer writer;
    char now[VR_CLOCK_ISO_SIZE];
    int r = vr_draft_open(&draft, path, err);
    if (r < 0)
        return r;
    vr_json_write_init(&writer, draft.file);
    vr_json_write_object(&writer, NULL);
    vr_json_write_int(&writer, "format", 1);
    vr_json_write_string(&writer, "record", imported->name);
    vr_json_write_string(&writer, "subject", import->subject);
    source_write(&writer, import, imported, kind, read_sha256);
    outputs_write(&writer, outputs, output_count);
    options_write(&writer, import);
    vr_json_write_array(&writer, "annotators");
    for (size_t i = 0; i < imported->annotators.count; i++)
        vr_json_write_string(&writer, NULL, imported->annotators.items[i]);
    vr_json_write_end(&writer);
    vr_json_write_uint(&writer, "comments_kept", imported->comments_kept);
    vr_json_write_uint(&writer, "comments_dropped", imported->comments_dropped);
    names_write(
        &writer, "warnings", (const char *const *)imported->warnings, imported->warning_count);
    vr_json_write_string(&writer, "imported_utc", vr_clock_iso(vr_clock_utc_ns(), now));
    vr_json_write_string(&writer, "vitalrig_version", VR_VERSION);
    vr_json_write_end(&writer);
    r = vr_json_write_finish(&writer, err);
    return r < 0 ? r : vr_draft_commit(&draft, err);
}
