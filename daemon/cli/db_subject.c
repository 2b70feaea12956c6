/* A run file that is left without runs goes; one that is being written is an error, when all the others are done. */
#include "cli/db_subject.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/answer.h"
#include "cli/say.h"
#include "cli/site.h"
#include "report/plain.h"
#include "store/care.h"

struct telling {
    const struct vr_subject_choice *choice;
    char pseudonym[VR_PSEUDONYM_SIZE];
    struct vr_json_writer writer;
    bool is_catalogue; /* whose runs are told of; those of run files are the same */
    struct vr_forgotten total;
    size_t files_removed, files_changed;
    bool lingers;
};

static int run_told(void *context, const char *uid, size_t trials, bool is_reduced)
{
    struct telling *telling = context;
    if (!telling->is_catalogue)
        return 0;
    if (telling->choice->json) {
        vr_json_write_object(&telling->writer, NULL);
        vr_json_write_string(&telling->writer, "uid", uid);
        vr_json_write_uint(&telling->writer, "trials", trials);
        vr_json_write_bool(&telling->writer, "gone", !is_reduced);
        vr_json_write_end(&telling->writer);
        return 0;
    }
    vr_plain_put(uid, stdout);
    printf("  %zu trials%s\n", trials, is_reduced ? ", others stay" : ", all of it");
    return 0;
}

static int forget(
    struct telling *telling, struct vr_store *store, struct vr_forgotten *ret_forgotten,
    struct vr_err *err)
{
    const struct vr_forgetting forgetting = {
        .subject = telling->pseudonym,
        .id = telling->choice->id,
        .is_rehearsal = telling->choice->dry_run,
        .fn = run_told,
        .context = telling,
    };
    int r = vr_store_forget_subject(store, &forgetting, ret_forgotten, err);
    telling->lingers |= ret_forgotten->lingers;
    return r;
}

/* --- run files ----------------------------------------------------------------------------------- */

static int no_run(void *context, const struct vr_run_row *run)
{
    bool *has_runs = context;
    (void)run;
    *has_runs = true;
    return 0;
}

static int run_file_forget(struct telling *telling, const char *path, struct vr_err *err)
{
    struct vr_store *store = NULL;
    struct vr_forgotten forgotten = {0};
    bool has_runs = false;
    int r = vr_store_open_keeping(path, &store, err);
    if (r == 0)
        r = forget(telling, store, &forgotten, err);
    if (r == 0)
        r = vr_store_runs(store, 1, no_run, &has_runs, err);
    vr_store_close(store);
    if (r < 0 || forgotten.runs_gone + forgotten.runs_reduced == 0)
        return r;
    if (has_runs || telling->choice->dry_run) {
        telling->files_changed++;
        return 0;
    }
    telling->files_removed++;
    return vr_store_remove(path, err);
}

static bool is_run_file(const char *name)
{
    size_t size = strlen(name);
    return name[0] != '.' && size > 3 && strcmp(name + size - 3, ".db") == 0;
}

static int run_files_forget(struct telling *telling, struct vr_err *err)
{
    const char *folder = telling->choice->runs_folder;
    _cleanup_closedir_ DIR *dir = folder ? opendir(folder) : NULL;
    struct dirent *entry;
    int first = 0;
    if (folder && !dir && errno != ENOENT)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", folder, strerror(errno));
    while (dir && (entry = readdir(dir))) {
        _cleanup_free_ char *path = NULL;
        struct vr_err trouble = {0};
        if (!is_run_file(entry->d_name))
            continue;
        if (asprintf(&path, "%s%s", folder, entry->d_name) < 0) {
            path = NULL;
            return vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
        }
        int r = run_file_forget(telling, path, &trouble);
        if (r < 0 && first == 0) {
            first = r;
            *err = trouble;
        } else if (r < 0) {
            vr_say("%s", trouble.text);
        }
    }
    return first;
}

/* --- telling --------------------------------------------------------------------------------------- */

static void tell(const struct telling *telling)
{
    const struct vr_forgotten *total = &telling->total;
    printf(
        "%zu trials %s: %zu runs gone, %zu runs reduced, %zu run files removed, %zu run files "
        "changed\n",
        total->trials, telling->choice->dry_run ? "would be forgotten" : "forgotten",
        total->runs_gone, total->runs_reduced, telling->files_removed, telling->files_changed);
    if (!telling->choice->runs_folder)
        vr_say("run files may still hold data of the subject; --run-files goes through them too");
    if (telling->lingers)
        vr_say("somebody reads the file: what was forgotten is overwritten when it is closed");
}

int vr_db_forget_subject(
    struct vr_store *catalogue, const struct vr_subject_choice *choice, struct vr_err *err)
{
    struct telling telling = {.choice = choice, .is_catalogue = true};
    struct vr_site site = {0};
    int r = vr_site_pseudonym(&site, choice->id, telling.pseudonym, err);
    if (r < 0)
        return r;
    if (choice->json) {
        vr_answer_begin(&telling.writer);
        vr_json_write_string(&telling.writer, "subject", telling.pseudonym);
        vr_json_write_bool(&telling.writer, "dry_run", choice->dry_run);
        vr_json_write_array(&telling.writer, "runs");
    }
    r = forget(&telling, catalogue, &telling.total, err);
    telling.is_catalogue = false;
    if (r == 0)
        r = run_files_forget(&telling, err);
    if (!choice->json) {
        if (r == 0)
            tell(&telling);
        return r;
    }
    vr_json_write_end(&telling.writer);
    vr_json_write_uint(&telling.writer, "trials", telling.total.trials);
    vr_json_write_uint(&telling.writer, "run_files_removed", telling.files_removed);
    vr_json_write_uint(&telling.writer, "run_files_changed", telling.files_changed);
    int written = vr_answer_end(&telling.writer, r == 0 ? err : NULL);
    return r == 0 ? written : r;
}
