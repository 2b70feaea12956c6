/* Which store a verb works on. */
#include "cli/source.h"

#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/places.h"
#include "store/care.h"

enum { KEY_DB = 0x100, KEY_RUN_FILE };

static const struct argp_option options[] = {
    {"db", KEY_DB, "FILE", 0, "The catalogue (default: $XDG_STATE_HOME/vitalrig/vitalrig.db)", 0},
    {"run-file", KEY_RUN_FILE, "FILE", 0, "A single run's file instead of the catalogue", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct vr_source *source = state->input;
    switch (key) {
    case KEY_DB:
        source->db = argument;
        break;
    case KEY_RUN_FILE:
        source->run_file = argument;
        break;
    case ARGP_KEY_END:
        if (source->db && source->run_file)
            argp_error(state, "--db and --run-file name two stores; give one");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

const struct argp vr_source_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};

int vr_source_path(const struct vr_source *source, char **ret_path, struct vr_err *err)
{
    const char *named = source->db ? source->db : source->run_file;
    if (named) {
        *ret_path = strdup(named);
        return *ret_path ? 0 : vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
    }
    _cleanup_free_ char *catalogue = NULL;
    int r = vr_places_catalogue(&catalogue, err);
    if (r < 0)
        return r;
    if (access(catalogue, F_OK) < 0)
        return vr_err_set(
            err, VR_ERR_EMPTY,
            "no runs yet: there is no catalogue at %s; `vitalrig run` makes it, --db and "
            "--run-file name another",
            catalogue);
    *ret_path = catalogue;
    catalogue = NULL;
    return 0;
}

int vr_source_open(
    const struct vr_source *source, enum vr_store_mode mode, struct vr_store **ret_store,
    struct vr_err *err)
{
    _cleanup_free_ char *path = NULL;
    int r = vr_source_path(source, &path, err);
    return r < 0 ? r : vr_store_open(path, mode, ret_store, err);
}

int vr_source_open_run(
    const struct vr_source *source, const char *name, enum vr_store_mode mode,
    struct vr_store **ret_store, int64_t *ret_run_id, struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *store = NULL;
    int r = vr_source_open(source, mode, &store, err);
    if (r < 0)
        return r;
    r = vr_store_run_find(store, name, ret_run_id, err);
    if (r < 0)
        return r;
    *ret_store = store;
    store = NULL;
    return 0;
}

int vr_catalogue_open(const char *path, struct vr_store **ret_store, struct vr_err *err)
{
    if (access(path, F_OK) == 0)
        return vr_store_open_keeping(path, ret_store, err);
    int r = vr_places_prepare(path, err);
    if (r < 0)
        return r;
    r = vr_store_open(path, VR_STORE_CREATE, ret_store, err);
    /* Another run may have made it since. */
    if (r == -VR_ERR_USAGE && access(path, F_OK) == 0)
        r = vr_store_open_keeping(path, ret_store, err);
    return r;
}
