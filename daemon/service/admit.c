/* The head of a request: may it come, and may its body? */
#include "service/admit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/cleanup.h"

#define TOKEN_SIZE_MIN 16
#define TOKEN_SIZE_MAX 1024

static int refuse(
    struct vr_admit_refusal *refusal, int status, enum vr_err_code code, const char *text)
{
    refusal->status = status;
    return vr_err_set(&refusal->err, code, "request: %s", text);
}

/* --- token ----------------------------------------------------------------------------------- */

/* Length of the token at the beginning of the text; what may follow is one line break. */
static size_t token_size(const char *text)
{
    size_t size = 0;
    while (text[size] > ' ' && text[size] < 0x7f)
        size++;
    return strcmp(text + size, "\n") == 0 || text[size] == '\0' ? size : 0;
}

int vr_admit_token_load(const char *path, char ret_digest[VR_DIGEST_HEX_SIZE], struct vr_err *err)
{
    char text[TOKEN_SIZE_MAX + 2] = "";
    struct stat info;
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &info) < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: cannot read the token: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return vr_err_set(err, VR_ERR_INPUT, "%s: the token must be in a regular file", path);
    if (info.st_mode & 077)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: others may read the token (mode %04o): chmod 600 it", path,
            info.st_mode & 07777);
    ssize_t got = read(fd, text, sizeof text - 1);
    if (got < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: cannot read the token: %s", path, strerror(errno));
    size_t size = (size_t)got == strlen(text) ? token_size(text) : 0;
    if (size < TOKEN_SIZE_MIN || size > TOKEN_SIZE_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: a token is one line of %d to %d visible ASCII characters; `openssl rand -hex 32` "
            "makes one",
            path, TOKEN_SIZE_MIN, TOKEN_SIZE_MAX);
    vr_digest_bytes(text, size, ret_digest);
    explicit_bzero(text, sizeof text);
    return 0;
}

/* Digests are compared, in a time that does not depend on where they differ: nothing is learnt of the token, not even its length. */
static bool token_is(const char *authorization, const char *digest)
{
    char theirs[VR_DIGEST_HEX_SIZE];
    unsigned char difference = 0;
    if (!authorization || strncasecmp(authorization, "Bearer ", 7) != 0)
        return false;
    vr_digest_bytes(authorization + 7, strlen(authorization + 7), theirs);
    for (size_t i = 0; i < VR_DIGEST_HEX_SIZE; i++)
        difference |= (unsigned char)(theirs[i] ^ digest[i]);
    return difference == 0;
}

/* --- names ----------------------------------------------------------------------------------- */

/* One of our own names, with our port, or with none. */
static bool is_our_host(const char *text, int port)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    char with_port[32];
    for (size_t i = 0; text && i < sizeof names / sizeof *names; i++) {
        snprintf(with_port, sizeof with_port, "%s:%d", names[i], port);
        if (strcasecmp(text, names[i]) == 0 || strcasecmp(text, with_port) == 0)
            return true;
    }
    return false;
}

static bool is_our_origin(const char *text, int port)
{
    return strncasecmp(text, "http://", 7) == 0 && is_our_host(text + 7, port);
}

int vr_admit(
    const struct vr_head *head, const struct vr_admit_port *port, struct vr_admit_refusal *refusal)
{
    *refusal = (struct vr_admit_refusal){0};
    if (head->is_repeated)
        return refuse(
            refusal, 400, VR_ERR_USAGE,
            "a field of the head that may stand there once stands there twice");
    if (!port)
        return 0;
    if (!is_our_host(head->host, port->port))
        return refuse(
            refusal, 403, VR_ERR_USAGE,
            "its Host is not localhost, 127.0.0.1 or [::1] with the daemon's port: it is meant for "
            "somebody else");
    if (head->origin && !is_our_origin(head->origin, port->port))
        return refuse(refusal, 403, VR_ERR_USAGE, "it comes from a page of a foreign Origin");
    if (!token_is(head->authorization, port->token))
        return refuse(
            refusal, 401, VR_ERR_USAGE,
            "over TCP each one needs the header Authorization: Bearer TOKEN, with the token of the "
            "daemon's token_file");
    if (strcmp(head->method, "GET") != 0 && (!head->vitalrig || strcmp(head->vitalrig, "1") != 0))
        return refuse(
            refusal, 403, VR_ERR_USAGE, "over TCP each one but GET needs the header X-VitalRig: 1");
    return 0;
}

/* --- body ------------------------------------------------------------------------------------ */

static bool is_json(const char *content_type)
{
    static const char json[] = "application/json";
    size_t size = sizeof json - 1;
    if (!content_type || strncasecmp(content_type, json, size) != 0)
        return false;
    content_type += size;
    content_type += strspn(content_type, " \t");
    return *content_type == '\0' || strcasecmp(content_type, ";charset=utf-8") == 0 ||
           strcasecmp(content_type, "; charset=utf-8") == 0;
}

static bool size_read(const char *text, uint64_t *ret_size)
{
    uint64_t size = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || __builtin_mul_overflow(size, 10, &size) ||
            __builtin_add_overflow(size, (uint64_t)(*text - '0'), &size))
            return false;
    }
    *ret_size = size;
    return true;
}

int vr_admit_body(
    const struct vr_head *head, bool wanted, uint64_t *ret_size, struct vr_admit_refusal *refusal)
{
    *refusal = (struct vr_admit_refusal){0};
    *ret_size = 0;
    if (head->transfer_encoding)
        return refuse(
            refusal, 411, VR_ERR_USAGE,
            "a body must say how long it is (Content-Length), and not come in chunks");
    if (head->content_length && !size_read(head->content_length, ret_size))
        return refuse(refusal, 400, VR_ERR_USAGE, "Content-Length is not a number");
    if (*ret_size > VR_ADMIT_BODY_MAX)
        return refuse(refusal, 413, VR_ERR_USAGE, "a body has at most 262,144 bytes");
    if (!wanted && *ret_size > 0)
        return refuse(refusal, 400, VR_ERR_USAGE, "this path takes no body");
    if (wanted && *ret_size == 0)
        return refuse(refusal, 400, VR_ERR_INPUT, "its body is missing: one JSON object");
    if (wanted && !is_json(head->content_type))
        return refuse(
            refusal, 415, VR_ERR_USAGE, "a body needs the header Content-Type: application/json");
    return 0;
}
