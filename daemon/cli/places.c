/* Where files lie when nobody says otherwise. */
#include "cli/places.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define FOLDER_MODE 0750 /* recordings of people: not for everybody */

static int no_memory(struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a path");
}

/* $XDG_STATE_HOME/vitalrig/NAME; a relative XDG_STATE_HOME is ignored, as its specification asks.
 */
static int state_path(const char *folder, const char *name, char **ret_path, struct vr_err *err)
{
    const char *state = getenv("XDG_STATE_HOME"), *below = "";
    if (!state || state[0] != '/') {
        state = getenv("HOME");
        below = "/.local/state";
    }
    if (!state || state[0] != '/')
        return vr_err_set(
            err, VR_ERR_USAGE,
            "no place for results: neither XDG_STATE_HOME nor HOME is an absolute path; set one, "
            "or name the files with --db and --run-file");
    if (asprintf(ret_path, "%s%s/vitalrig/%s%s", state, below, folder, name) < 0)
        return no_memory(err);
    return 0;
}

int vr_places_catalogue(char **ret_path, struct vr_err *err)
{
    return state_path("", "vitalrig.db", ret_path, err);
}

int vr_places_run_file(const char *uid, char **ret_path, struct vr_err *err)
{
    char name[NAME_MAX + 1];
    if ((size_t)snprintf(name, sizeof name, "%s.db", uid) >= sizeof name)
        return vr_err_set(err, VR_ERR_INPUT, "the run's name is too long for a file: %s", uid);
    return state_path("runs/", name, ret_path, err);
}

int vr_places_prepare(const char *path, struct vr_err *err)
{
    _cleanup_free_ char *folder = strdup(path);
    if (!folder)
        return no_memory(err);
    for (char *end = strchr(folder + 1, '/'); end; end = strchr(end + 1, '/')) {
        *end = '\0';
        if (mkdir(folder, FOLDER_MODE) < 0 && errno != EEXIST)
            return vr_err_set(
                err, VR_ERR_IO, "%s: the folder cannot be made: %s", folder, strerror(errno));
        *end = '/';
    }
    return 0;
}

static int is_program(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

/* A program of ours that another one starts. */
struct program {
    const char *name, *what, *variable;
    const char *built; /* where it lies in the build tree, from where this program does */
};

static int find_program(const struct program *program, char **ret_path, struct vr_err *err)
{
    const char *chosen = getenv(program->variable);
    if (chosen && chosen[0] != '\0') {
        if (!is_program(chosen))
            return vr_err_set(
                err, VR_ERR_NOT_FOUND, "%s: %s is no program that can be run", program->variable,
                chosen);
        return (*ret_path = strdup(chosen)) ? 0 : no_memory(err);
    }

    char self[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    if (size < 0)
        return vr_err_set(err, VR_ERR_IO, "/proc/self/exe: %s", strerror(errno));
    self[size] = '\0';
    *strrchr(self, '/') = '\0';

    const struct {
        const char *base, *below;
    } places[] = {
        {self, ""},
        {self, program->built},
        {VR_LIBEXECDIR, ""},
    };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        _cleanup_free_ char *path = NULL;
        if (asprintf(&path, "%s%s/%s", places[i].base, places[i].below, program->name) < 0)
            return no_memory(err);
        if (is_program(path)) {
            *ret_path = path;
            path = NULL;
            return 0;
        }
    }
    return vr_err_set(
        err, VR_ERR_NOT_FOUND,
        "%s's program %s is neither beside %s/vitalrig, nor in its build tree, nor in %s; build "
        "it, "
        "or name it in %s",
        program->what, program->name, self, VR_LIBEXECDIR, program->variable);
}

int vr_places_dut_program(char **ret_path, struct vr_err *err)
{
    static const struct program program = {
        .name = "vitalrig-dut",
        .what = "the simulated device",
        .variable = "VITALRIG_DUT_PROGRAM",
        .built = "/../../firmware-stub/targets/host",
    };
    return find_program(&program, ret_path, err);
}

int vr_places_meter_program(char **ret_path, struct vr_err *err)
{
    static const struct program program = {
        .name = "vitalrig-meter",
        .what = "the simulated meter",
        .variable = "VITALRIG_METER_PROGRAM",
        .built = "/../simulate",
    };
    return find_program(&program, ret_path, err);
}
