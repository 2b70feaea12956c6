#include "base/pseudonym.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/hmac.h"

#define KEY_DIGITS 64
#define DIGITS "0123456789abcdef"
#define PREFIX "p-"

bool vr_pseudonym_is(const char *text)
{
    size_t prefix = sizeof PREFIX - 1;
    return strlen(text) == VR_PSEUDONYM_SIZE - 1 && strncmp(text, PREFIX, prefix) == 0 &&
           strspn(text + prefix, DIGITS) == VR_PSEUDONYM_SIZE - 1 - prefix;
}

void vr_pseudonym(
    const struct vr_site_key *key, const char *id, char ret_pseudonym[VR_PSEUDONYM_SIZE])
{
    char hex[VR_DIGEST_HEX_SIZE];
    if (vr_pseudonym_is(id)) {
        memcpy(ret_pseudonym, id, VR_PSEUDONYM_SIZE);
        return;
    }
    vr_hmac_sha256(key->bytes, sizeof key->bytes, id, strlen(id), hex);
    snprintf(ret_pseudonym, VR_PSEUDONYM_SIZE, PREFIX "%.16s", hex);
}

/* --- where the key lies -------------------------------------------------------------------------- */

static int no_memory(struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the key of this site");
}

/* The folder of our settings; the caller frees it. */
static int config_folder(char **ret_folder, struct vr_err *err)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *below = "";
    if (!config || config[0] != '/') {
        config = getenv("HOME");
        below = "/.config";
    }
    if (!config || config[0] != '/')
        return vr_err_set(
            err, VR_ERR_USAGE,
            "no place for the key of this site: neither XDG_CONFIG_HOME nor HOME is an absolute "
            "path; name the file in VITALRIG_SITE_KEY");
    if (asprintf(ret_folder, "%s%s/vitalrig", config, below) < 0) {
        *ret_folder = NULL;
        return no_memory(err);
    }
    return 0;
}

/* --- reading it ------------------------------------------------------------------------------------ */

static int digit(char c)
{
    const char *found = c ? strchr(DIGITS, c) : NULL;
    return found ? (int)(found - DIGITS) : -1;
}

static int key_parse(
    const char *text, size_t size, const char *path, struct vr_site_key *ret_key,
    struct vr_err *err)
{
    bool good = size == KEY_DIGITS || (size == KEY_DIGITS + 1 && text[KEY_DIGITS] == '\n');
    for (size_t i = 0; good && i < sizeof ret_key->bytes; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        good = high >= 0 && low >= 0;
        ret_key->bytes[i] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
    }
    return good ? 0
                : vr_err_set(
                      err, VR_ERR_INPUT,
                      "%s: no key: %d lower-case hexadecimal digits are wanted; put back the one "
                      "that the site's pseudonyms were made with",
                      path, KEY_DIGITS);
}

static int key_read(const char *path, struct vr_site_key *ret_key, struct vr_err *err)
{
    char text[KEY_DIGITS + 2];
    struct stat info;
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return vr_err_set(
            err, errno == ENOENT ? VR_ERR_NOT_FOUND : VR_ERR_IO, "%s: %s", path, strerror(errno));
    if (fstat(fd, &info) < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return vr_err_set(err, VR_ERR_INPUT, "%s: not a regular file", path);
    if (info.st_mode & (S_IRWXG | S_IRWXO))
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: others than its owner may use it (mode %04o), and with it tell who a pseudonym "
            "is; "
            "chmod 600 it",
            path, (unsigned)(info.st_mode & 07777));
    ssize_t size = read(fd, text, sizeof text);
    if (size < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno));
    return key_parse(text, (size_t)size, path, ret_key, err);
}

/* --- making it ------------------------------------------------------------------------------------- */

static int key_text(char ret_text[KEY_DIGITS + 2], struct vr_err *err)
{
    uint8_t bytes[KEY_DIGITS / 2];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return vr_err_set(err, VR_ERR_IO, "no random bytes for a key: %s", strerror(errno));
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(ret_text + 2 * i, 3, "%02x", bytes[i]);
    strcpy(ret_text + KEY_DIGITS, "\n");
    return 0;
}

static int folders_make(const char *folder)
{
    _cleanup_free_ char *path = strdup(folder);
    if (!path)
        return -1;
    for (char *end = strchr(path + 1, '/'); end; end = strchr(end + 1, '/')) {
        *end = '\0';
        if (mkdir(path, 0700) < 0 && errno != EEXIST)
            return -1;
        *end = '/';
    }
    return mkdir(path, 0700) < 0 && errno != EEXIST ? -1 : 0;
}

/* Whole under a name of its own, then linked to the right one: who comes second takes the first one's. */
static int key_make(const char *folder, const char *path, bool *ret_made, struct vr_err *err)
{
    char text[KEY_DIGITS + 2];
    _cleanup_free_ char *draft = NULL;
    int r = key_text(text, err);
    if (r < 0)
        return r;
    if (asprintf(&draft, "%s.XXXXXX", path) < 0) {
        draft = NULL;
        return no_memory(err);
    }
    _cleanup_close_ int fd = folders_make(folder) < 0 ? -1 : mkostemp(draft, O_CLOEXEC);
    if (fd < 0)
        return vr_err_set(
            err, VR_ERR_IO, "%s: the key of this site cannot be made: %s", path, strerror(errno));
    bool written = write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1 && fsync(fd) == 0;
    *ret_made = written && link(draft, path) == 0;
    if (!*ret_made && !(written && errno == EEXIST))
        r = vr_err_set(
            err, VR_ERR_IO, "%s: the key of this site cannot be made: %s", path, strerror(errno));
    unlink(draft);
    return r;
}

int vr_site_key_load(struct vr_site_key *ret_key, char **ret_made, struct vr_err *err)
{
    const char *chosen = getenv("VITALRIG_SITE_KEY");
    _cleanup_free_ char *folder = NULL, *path = NULL;
    bool made = false;
    *ret_made = NULL;
    if (chosen && chosen[0] != '\0')
        return key_read(chosen, ret_key, err);
    int r = config_folder(&folder, err);
    if (r < 0)
        return r;
    if (asprintf(&path, "%s/site.key", folder) < 0) {
        path = NULL;
        return no_memory(err);
    }
    r = key_read(path, ret_key, err);
    if (r != -VR_ERR_NOT_FOUND)
        return r;
    r = key_make(folder, path, &made, err);
    if (r == 0)
        r = key_read(path, ret_key, err);
    if (r == 0 && made) {
        *ret_made = path;
        path = NULL;
    }
    return r;
}
