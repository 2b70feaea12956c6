/* Open in an order that leaves other people's ports alone: look who has it, open, lock, and only then set anything. */
#include "port/serial.h"

#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "port/closer.h"
#include "port/holder.h"
#include "port/refusal.h"

static void finish_port(struct sp_port **port)
{
    if (*port)
        sp_free_port(*port); /* of the description only: the descriptor is ours */
}

/* -- open -- */

static int open_unlisted(struct vr_serial *serial)
{
    serial->fd = open(serial->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    bool rtscts;
    return serial->fd < 0 ? -errno : vr_tty_get(serial->fd, &serial->baud, &rtscts);
}

/* With libserialport; *ret_port stays NULL for a tty without control lines, which it refuses. */
static int open_listed(struct vr_serial *serial, struct sp_port **ret_port)
{
    struct vr_port_holder holder;
    /* A second open would raise DTR and change the settings under whoever has the port, before any lock could tell. */
    if (vr_port_holder_find("", serial->path, getpid(), &holder))
        return -EBUSY;
    _cleanup_(finish_port) struct sp_port *port = NULL;
    if (sp_get_port_by_name(serial->path, &port) != SP_OK)
        return -ENODEV;
    errno = 0;
    if (sp_open(port, SP_MODE_READ_WRITE) != SP_OK)
        return errno == ENOTTY ? open_unlisted(serial) : errno ? -errno : -EIO;
    sp_get_port_handle(port, &serial->fd);
    *ret_port = port;
    port = NULL;
    return 0;
}

static int make_ours(const struct vr_serial *serial, bool is_listed)
{
    int flags = fcntl(serial->fd, F_GETFL);
    if (flags < 0 || fcntl(serial->fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(serial->fd, F_SETFD, FD_CLOEXEC) < 0)
        return -errno;
    int r = vr_tty_lock(serial->fd);
    return r == 0 && is_listed ? vr_tty_exclude(serial->fd, true) : r;
}

/* -- set -- */

static int check_settings(struct vr_serial *serial, uint32_t baud, bool rtscts, struct vr_err *err)
{
    bool has_rtscts;
    int r = vr_tty_get(serial->fd, &serial->baud, &has_rtscts);
    if (r < 0)
        return vr_port_refusal(serial->name, serial->path, -r, err);
    if (!vr_tty_baud_fits(baud, serial->baud))
        return vr_err_set(
            err, VR_ERR_LINK,
            "%s: %s cannot do %u baud: its driver set %u, more than 2.5 %% off; take a rate that "
            "it can do",
            serial->name, serial->path, baud, serial->baud);
    if (rtscts && !has_rtscts)
        return vr_err_set(
            err, VR_ERR_LINK, "%s: %s: its driver does no RTS/CTS; leave rtscts out", serial->name,
            serial->path);
    return 0;
}

static int set_baud(struct vr_serial *serial, struct sp_port *port, uint32_t baud)
{
    if (!port)
        return vr_tty_set_baud(serial->fd, baud);
    errno = 0;
    if (sp_set_baudrate(port, (int)baud) != SP_OK)
        return errno ? -errno : -EINVAL;
    return 0;
}

static int set_up(
    const struct vr_serial_config *config, struct vr_serial *serial, struct sp_port *port,
    struct vr_err *err)
{
    uint32_t baud = config->baud ? config->baud : VR_SERIAL_BAUD_DEFAULT;
    int r = vr_tty_set_lines(serial->fd, config->dtr, config->rts);
    if (r == 0)
        r = set_baud(serial, port, baud);
    if (r == 0)
        r = vr_tty_set_raw(
            serial->fd, config->rtscts); /* last: libserialport sets HUPCL and VMIN 0 */
    if (r == 0)
        r = vr_tty_flush(serial->fd); /* leftovers of an earlier conversation */
    if (r < 0)
        return vr_err_set(
            err, VR_ERR_LINK, "%s: cannot set up %s for %u baud: %s", serial->name, serial->path,
            baud, strerror(-r));
    return check_settings(serial, baud, config->rtscts, err);
}

/* An FTDI chip keeps what it received for up to 16 ms: 62 answers a second.  Who may not write it gets a finding from the doctor. */
static void hurry_ftdi(const struct vr_serial *serial)
{
    char path[VR_PORT_PATH_SIZE + 64];
    snprintf(
        path, sizeof path, "/sys/class/tty/%s/device/latency_timer",
        strrchr(serial->path, '/') + 1);
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0 && write(fd, "1\n", 2) < 0)
        return; /* slow, but right */
}

/* Without a word to the port: it may be somebody else's. */
static void let_go(struct vr_serial *serial)
{
    if (serial->fd >= 0)
        vr_closer_close(serial->fd, vr_clock_monotonic_ns() + VR_SERIAL_CLOSE_MS * VR_NS_PER_MS);
    serial->fd = -1;
}

static int open_and_set_up(
    const struct vr_serial_config *config, struct vr_serial *serial, struct vr_err *err)
{
    _cleanup_(finish_port) struct sp_port *port = NULL;
    bool is_listed = vr_port_is_listed(serial->path);
    int r = is_listed ? open_listed(serial, &port) : open_unlisted(serial);
    if (r == 0)
        r = make_ours(serial, is_listed);
    if (r < 0) {
        r = vr_port_refusal(serial->name, serial->path, -r, err);
        let_go(serial);
        return r;
    }
    if (is_listed)
        hurry_ftdi(serial);
    r = set_up(config, serial, port, err);
    if (r < 0)
        vr_serial_close(serial);
    return r;
}

int vr_serial_open(
    const struct vr_serial_config *config, struct vr_serial *ret_serial, struct vr_err *err)
{
    struct vr_serial serial = {.fd = -1};
    struct vr_port_identity port;
    snprintf(serial.name, sizeof serial.name, "%s", config->name);
    int r = vr_port_locate(config->name, &config->port, &port, err);
    if (r == 0) {
        strcpy(serial.path, port.path);
        r = open_and_set_up(config, &serial, err);
    }
    if (r == -VR_ERR_NOT_FOUND) {
        /* Of a file or a name it would be exit 2; of a device it is the bench's trouble. */
        r = -VR_ERR_LINK;
        if (err)
            err->code = VR_ERR_LINK;
    }
    if (r == 0)
        *ret_serial = serial;
    return r;
}

int vr_serial_set_baud(struct vr_serial *serial, uint32_t baud, struct vr_err *err)
{
    int r = vr_tty_set_baud(serial->fd, baud);
    if (r < 0)
        return vr_err_set(
            err, VR_ERR_LINK, "%s: cannot set %s to %u baud: %s", serial->name, serial->path, baud,
            strerror(-r));
    return check_settings(serial, baud, false, err);
}

void vr_serial_close(struct vr_serial *serial)
{
    if (serial->fd < 0)
        return;
    vr_tty_flush(serial->fd);
    vr_tty_exclude(serial->fd, false);
    let_go(serial);
}
