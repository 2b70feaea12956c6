/* The daemon's file, and what holds where it says nothing. */
#include "service/config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json_error.h"
#include "base/schema.h"
#include "scenario/expand.h"

extern const char vr_schema_vitalrigd[];

static int no_memory(struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the daemon's file");
}

/* --- where things are when nobody says so --- */

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] != '\0' ? value : NULL;
}

static const char *absolute_variable(const char *name)
{
    const char *value = variable(name);
    return value && value[0] == '/' ? value : NULL;
}

static int find_rig(char **ret_path, struct vr_err *err)
{
    const char *const places[] = {variable("VITALRIG_RIG"), "rig.json", "/etc/vitalrig/rig.json"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (places[i] && (i == 0 || access(places[i], F_OK) == 0))
            return (*ret_path = strdup(places[i])) ? 0 : no_memory(err);
    return vr_err_set(
        err, VR_ERR_USAGE,
        "no rig file: VITALRIG_RIG is not set, and neither ./rig.json nor /etc/vitalrig/rig.json "
        "is there; name it as \"rig\" in the file of --config");
}

static int find_state(char **ret_path, struct vr_err *err)
{
    const char *folder = absolute_variable("STATE_DIRECTORY"), *below = "";
    int size = folder ? (int)strcspn(folder, ":") : -1; /* systemd may pass several */
    if (!folder && (folder = absolute_variable("XDG_STATE_HOME")))
        below = "/vitalrig";
    if (!folder && (folder = absolute_variable("HOME")))
        below = "/.local/state/vitalrig";
    if (!folder)
        return vr_err_set(
            err, VR_ERR_USAGE,
            "no place for results: none of STATE_DIRECTORY, XDG_STATE_HOME and HOME is an absolute "
            "path; name one as \"state\" in the file of --config");
    return asprintf(ret_path, "%.*s%s", size, folder, below) < 0 ? no_memory(err) : 0;
}

static int find_socket(char **ret_path, struct vr_err *err)
{
    const char *path = variable("VITALRIG_SOCKET"), *folder = absolute_variable("XDG_RUNTIME_DIR");
    int r = path     ? asprintf(ret_path, "%s", path)
            : folder ? asprintf(ret_path, "%s/vitalrig.sock", folder)
                     : asprintf(ret_path, "/run/vitalrig/vitalrig.sock");
    return r < 0 ? no_memory(err) : 0;
}

/* Beside this program, where it lies in the build tree, or in $PATH. */
static int find_worker(char **ret_path, struct vr_err *err)
{
    static const char *const places[] = {"vitalrig", "../cli/vitalrig"};
    char self[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    self[size < 0 ? 0 : size] = '\0';
    char *slash = strrchr(self, '/');
    for (size_t i = 0; slash && i < sizeof places / sizeof *places; i++) {
        _cleanup_free_ char *path = NULL;
        if (asprintf(&path, "%.*s/%s", (int)(slash - self), self, places[i]) < 0)
            return no_memory(err);
        if (access(path, X_OK) == 0) {
            *ret_path = path;
            path = NULL;
            return 0;
        }
    }
    return (*ret_path = strdup("vitalrig")) ? 0 : no_memory(err);
}

static int find_places(struct vr_config *config, struct vr_err *err)
{
    int r = config->rig_file ? 0 : find_rig(&config->rig_file, err);
    if (r == 0 && !config->state)
        r = find_state(&config->state, err);
    if (r == 0 && !config->socket)
        r = find_socket(&config->socket, err);
    if (r == 0 && !config->worker)
        r = find_worker(&config->worker, err);
    return r;
}

/* --- what the file says --- */

static void read_number(const struct vr_json *root, const char *key, double *value)
{
    const struct vr_json *node = vr_json_get(root, key);
    if (node)
        *value = vr_json_number(node);
}

static void read_int(const struct vr_json *root, const char *key, int *value)
{
    const struct vr_json *node = vr_json_get(root, key);
    if (node)
        *value = (int)vr_json_number(node);
}

/* A program that is written without a slash is looked for in $PATH; every other path is relative to the file. */
static int read_path(
    const struct vr_json *object, const char *key, const char *directory, char **path,
    struct vr_err *err)
{
    const struct vr_json *node = object ? vr_json_get(object, key) : NULL;
    if (!node)
        return 0;
    const char *text = vr_json_string(node);
    bool is_program = strcmp(key, "worker") == 0 && !strchr(text, '/');
    *path = is_program ? strdup(text) : vr_expand_relative(text, directory);
    return *path ? 0 : no_memory(err);
}

static enum vr_role read_role(const struct vr_json *node)
{
    const char *word = node ? vr_json_string(node) : "viewer";
    if (strcmp(word, "admin") == 0)
        return VR_ROLE_ADMIN;
    return strcmp(word, "operator") == 0 ? VR_ROLE_OPERATOR : VR_ROLE_VIEWER;
}

static void read_rechecks(struct vr_config *config, const struct vr_json *list)
{
    if (!list)
        return;
    config->recheck_count = 0;
    for (const struct vr_json *n = vr_json_first(list); n; n = vr_json_next(n))
        config->recheck_s[config->recheck_count++] = vr_json_number(n);
}

static void read_numbers(struct vr_config *config, const struct vr_json *root)
{
    const struct vr_json *node = vr_json_get(root, "keep_free_bytes");
    if (node)
        config->keep_free_bytes = (int64_t)vr_json_number(node);
    read_number(root, "lease_max_s", &config->lease_max_s);
    read_number(root, "bound_grace_s", &config->bound_grace_s);
    read_number(root, "worker_silence_s", &config->worker_silence_s);
    read_number(root, "drain_s", &config->drain_s);
    read_number(root, "backup_every_s", &config->backup_every_s);
    read_number(root, "snapshot_every_s", &config->snapshot_every_s);
    read_number(root, "catalogue_stuck_s", &config->catalogue_stuck_s);
    read_int(root, "worker_deaths", &config->worker_deaths);
    read_int(root, "store_retries", &config->store_retries);
    read_int(root, "recheck_passes", &config->recheck_passes);
    read_int(root, "keep_run_files_days", &config->keep_run_files_days);
    read_int(root, "keep_events_days", &config->keep_events_days);
    read_int(root, "keep_backups", &config->keep_backups);
    read_int(root, "max_clients", &config->max_clients);
    read_rechecks(config, vr_json_get(root, "recheck_s"));
}

static int read_file(struct vr_config *config, const char *path, struct vr_err *err)
{
    int r = vr_json_doc_load(path, &config->doc, err);
    if (r < 0)
        return r;
    const struct vr_json *root = vr_json_doc_root(config->doc);
    r = vr_schema_check_text(vr_schema_vitalrigd, "vitalrigd.schema.json", root, err);
    if (r < 0)
        return r;
    _cleanup_free_ char *directory = vr_expand_directory(path);
    if (!directory)
        return no_memory(err);
    const struct vr_json *tcp = vr_json_get(root, "tcp"), *log_json = vr_json_get(root, "log_json");
    read_numbers(config, root);
    config->roles = vr_json_get(root, "roles");
    config->log_json = log_json && vr_json_bool(log_json);
    if (tcp) {
        read_int(tcp, "port", &config->tcp_port);
        config->tcp_role = read_role(vr_json_get(tcp, "role"));
    }
    r = read_path(root, "rig", directory, &config->rig_file, err);
    if (r == 0)
        r = read_path(root, "state", directory, &config->state, err);
    if (r == 0)
        r = read_path(root, "socket", directory, &config->socket, err);
    if (r == 0)
        r = read_path(root, "worker", directory, &config->worker, err);
    if (r == 0)
        r = read_path(root, "metrics_file", directory, &config->metrics_file, err);
    if (r == 0)
        r = read_path(tcp, "token_file", directory, &config->tcp_token_file, err);
    return r;
}

int vr_config_load(const char *path, struct vr_config *ret_config, struct vr_err *err)
{
    *ret_config = (struct vr_config){
        .tcp_role = VR_ROLE_VIEWER,
        .lease_max_s = 28800,
        .bound_grace_s = 10,
        .worker_silence_s = 60,
        .worker_deaths = 3,
        .drain_s = 5,
        .store_retries = 10,
        .recheck_s = {60, 600, 3600},
        .recheck_count = 3,
        .recheck_passes = 2,
        .keep_free_bytes = INT64_C(1) << 30,
        .keep_run_files_days = 30,
        .keep_events_days = 30,
        .keep_backups = 7,
        .backup_every_s = 86400,
        .snapshot_every_s = 60,
        .catalogue_stuck_s = 600,
        .max_clients = 64,
    };
    int r = path ? read_file(ret_config, path, err) : 0;
    if (r == 0)
        r = find_places(ret_config, err);
    if (r < 0)
        vr_config_finish(ret_config);
    return r;
}

void vr_config_finish(struct vr_config *config)
{
    free(config->rig_file);
    free(config->state);
    free(config->socket);
    free(config->worker);
    free(config->tcp_token_file);
    free(config->metrics_file);
    vr_json_doc_destroy(config->doc);
    *config = (struct vr_config){0};
}
