/* SHA-256 through libmd.  Its own SHA256File() would also read a FIFO or a device, for ever. */
#include "base/digest.h"
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

void vr_digest_init(struct vr_digest *digest)
{
    SHA256Init(&digest->context);
}

void vr_digest_update(struct vr_digest *digest, const void *data, size_t size)
{
    SHA256Update(&digest->context, data, size);
}

void vr_digest_finish(struct vr_digest *digest, char ret_hex[VR_DIGEST_HEX_SIZE])
{
    SHA256End(&digest->context, ret_hex);
}

void vr_digest_bytes(const void *data, size_t size, char ret_hex[VR_DIGEST_HEX_SIZE])
{
    struct vr_digest digest;
    vr_digest_init(&digest);
    vr_digest_update(&digest, data, size);
    vr_digest_finish(&digest, ret_hex);
}

int vr_digest_file(const char *path, char ret_hex[VR_DIGEST_HEX_SIZE], struct vr_err *err)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat info;
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return vr_err_set(err, VR_ERR_NOT_FOUND, "%s: no such file", path);
    if (fd < 0 || fstat(fd, &info) < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: not a regular file; only those have a digest", path);

    struct vr_digest digest;
    vr_digest_init(&digest);
    unsigned char buffer[65536];
    ssize_t size;
    while ((size = read(fd, buffer, sizeof buffer)) > 0)
        vr_digest_update(&digest, buffer, (size_t)size);
    if (size < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno));
    vr_digest_finish(&digest, ret_hex);
    return 0;
}
