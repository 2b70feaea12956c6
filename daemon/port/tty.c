/* <termios.h> has no termios2 and cannot stand beside <asm/termbits.h>: only ioctl() is used here. */
#include "port/tty.h"

#include <asm/termbits.h>
#include <errno.h>
#include <sys/file.h>
#include <sys/ioctl.h>

static int answer(int r)
{
    return r < 0 ? -errno : 0;
}

int vr_tty_set_raw(int fd, bool rtscts)
{
    struct termios2 line;
    if (ioctl(fd, TCGETS2, &line) < 0)
        return -errno;
    line.c_iflag = 0;
    line.c_oflag = 0;
    line.c_lflag = 0;
    line.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | CSTOPB | HUPCL | CRTSCTS);
    line.c_cflag |= CS8 | CREAD | CLOCAL | (rtscts ? CRTSCTS : 0);
    line.c_cc[VMIN] = 1;
    line.c_cc[VTIME] = 0;
    return answer(ioctl(fd, TCSETS2, &line));
}

int vr_tty_set_baud(int fd, uint32_t baud)
{
    struct termios2 line;
    if (ioctl(fd, TCGETS2, &line) < 0)
        return -errno;
    line.c_cflag &= ~(tcflag_t)(CBAUD | CIBAUD);
    line.c_cflag |= BOTHER | BOTHER << IBSHIFT;
    line.c_ispeed = line.c_ospeed = baud;
    return answer(ioctl(fd, TCSETS2, &line));
}

int vr_tty_get(int fd, uint32_t *ret_baud, bool *ret_rtscts)
{
    struct termios2 line;
    if (ioctl(fd, TCGETS2, &line) < 0)
        return -errno;
    *ret_baud = line.c_ospeed;
    *ret_rtscts = line.c_cflag & CRTSCTS;
    return 0;
}

static int moved(int bits, int line, enum vr_tty_level level)
{
    switch (level) {
    case VR_TTY_LEVEL_ASSERT:
        return bits | line;
    case VR_TTY_LEVEL_CLEAR:
        return bits & ~line;
    case VR_TTY_LEVEL_KEEP:
        break;
    }
    return bits;
}

int vr_tty_set_lines(int fd, enum vr_tty_level dtr, enum vr_tty_level rts)
{
    int bits;
    if (dtr == VR_TTY_LEVEL_KEEP && rts == VR_TTY_LEVEL_KEEP)
        return 0;
    if (ioctl(fd, TIOCMGET, &bits) < 0)
        return errno == ENOTTY ? 0 : -errno;
    bits = moved(moved(bits, TIOCM_DTR, dtr), TIOCM_RTS, rts);
    return answer(ioctl(fd, TIOCMSET, &bits));
}

int vr_tty_lock(int fd)
{
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
    return 0;
}

int vr_tty_exclude(int fd, bool is_on)
{
    return answer(ioctl(fd, is_on ? TIOCEXCL : TIOCNXCL));
}

int vr_tty_flush(int fd)
{
    return answer(ioctl(fd, TCFLSH, TCIOFLUSH));
}

bool vr_tty_baud_fits(uint32_t asked, uint32_t got)
{
    uint64_t off = asked > got ? asked - got : got - asked;
    return off * 1000 <= (uint64_t)asked * VR_TTY_BAUD_TOLERANCE_MILLI;
}
