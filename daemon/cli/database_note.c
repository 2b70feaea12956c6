#include "cli/database_note.h"

#include "base/clock.h"
#include "base/json_write.h"

int vr_database_note_write(
    FILE *file, const struct vr_database_choice *choice, const struct vr_database_result *result,
    const char *source, bool is_complete, struct vr_err *err)
{
    const struct vr_database *database = choice->database;
    struct vr_json_writer writer;
    char now[VR_CLOCK_ISO_SIZE];

    vr_json_write_init(&writer, file);
    vr_json_write_object(&writer, NULL);
    vr_json_write_int(&writer, "format", 1);
    vr_json_write_string(&writer, "database", database->slug);
    vr_json_write_string(&writer, "version", database->version);
    vr_json_write_string(&writer, "title", database->title);
    vr_json_write_string(&writer, "source", source);
    vr_json_write_string(&writer, "licence", database->licence);
    vr_json_write_string(&writer, "doi", database->doi);
    vr_json_write_array(&writer, "cite");
    if (database->citation)
        vr_json_write_string(&writer, NULL, database->citation);
    vr_json_write_string(&writer, NULL, vr_physionet_citation);
    vr_json_write_end(&writer);
    vr_json_write_string(&writer, "records", choice->records);
    vr_json_write_uint(&writer, "files", result->files);
    vr_json_write_bool(&writer, "complete", is_complete);
    vr_json_write_string(&writer, "sha256sums_sha256", result->sha256);
    vr_json_write_string(&writer, "verified_utc", vr_clock_iso(vr_clock_utc_ns(), now));
    vr_json_write_string(&writer, "vitalrig_version", VR_VERSION);
    vr_json_write_end(&writer);
    return vr_json_write_finish(&writer, err);
}
