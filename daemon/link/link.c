/* Registry and dispatch of links.  Adding a driver is one file and one word here. */
#include "link/link.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"

#define LINK_DRIVERS(X) X(loop) X(pty) X(socket) X(serial) X(usb)

#define X(word) extern const struct vr_link_driver vr_link_##word;
LINK_DRIVERS(X)
#undef X

static const struct vr_link_driver *const drivers[] = {
#define X(word) &vr_link_##word,
    LINK_DRIVERS(X)
#undef X
};

#define DRIVER_COUNT (sizeof drivers / sizeof drivers[0])

struct vr_link {
    const struct vr_link_driver *driver;
    alignas(max_align_t) unsigned char state[];
};

const struct vr_link_driver *vr_link_driver(size_t index)
{
    return index < DRIVER_COUNT ? drivers[index] : NULL;
}

const struct vr_link_driver *vr_link_find(const char *kind, struct vr_err *err)
{
    const char *names[DRIVER_COUNT];
    for (size_t i = 0; i < DRIVER_COUNT; i++) {
        names[i] = drivers[i]->name;
        if (strcmp(names[i], kind) == 0)
            return drivers[i];
    }
    const char *nearest = vr_nearest(kind, names, DRIVER_COUNT);
    vr_err_set(
        err, VR_ERR_USAGE, "no kind of link is called \"%s\"; %s%s%s`vitalrig devices` lists them",
        kind, nearest ? "did you mean \"" : "", nearest ? nearest : "", nearest ? "\"? " : "");
    return NULL;
}

int vr_link_check(
    const struct vr_link_driver *driver, const struct vr_link_config *config, struct vr_err *err)
{
    return driver->check ? driver->check(config, err) : 0;
}

int vr_link_open(
    const char *kind, const struct vr_link_config *config, struct vr_link **ret_link,
    struct vr_err *err)
{
    const struct vr_link_driver *driver = vr_link_find(kind, err);
    if (!driver)
        return -VR_ERR_USAGE;
    int r = vr_link_check(driver, config, err);
    if (r < 0)
        return r;

    struct vr_link *link = calloc(1, sizeof *link + driver->state_size);
    if (!link)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the link to %s", config->name);
    link->driver = driver;

    r = driver->open(link->state, config, err);
    if (r < 0) {
        free(link);
        return r;
    }
    *ret_link = link;
    return 0;
}

int vr_link_send(
    struct vr_link *link, const uint8_t *data, size_t size, size_t *ret_sent, struct vr_err *err)
{
    return link->driver->send(link->state, data, size, ret_sent, err);
}

int vr_link_receive(
    struct vr_link *link, uint8_t *buffer, size_t capacity, size_t *ret_size, struct vr_err *err)
{
    return link->driver->receive(link->state, buffer, capacity, ret_size, err);
}

size_t vr_link_poll_fds(struct vr_link *link, bool want_send, struct pollfd *fds, size_t capacity)
{
    assert(capacity >= VR_LINK_FDS_MAX);
    return link->driver->poll_fds(link->state, want_send, fds, capacity);
}

void vr_link_close(struct vr_link *link)
{
    if (!link)
        return;
    link->driver->close(link->state);
    free(link);
}

void vr_link_closep(struct vr_link **link)
{
    vr_link_close(*link);
}
