/* Another machine's /sys, /proc, /run and /dev below a folder of our own. */
#ifndef TESTS_UNIT_PORT_FAKE_ROOT_H
#define TESTS_UNIT_PORT_FAKE_ROOT_H

/* A new empty one; removed at fake_root_remove(). */
const char *fake_root_make(void);
void fake_root_remove(void);

/* Files and links with the folders that lead to them; `path` begins with a slash. */
void fake_file(const char *path, const char *text);
void fake_link(const char *path, const char *target);

/* One USB device with one port: vendor:product, serial number ("" = none), the port's name and its interface.
 * Returns its folder in /sys. */
const char *fake_usb_port(
    const char *id, const char *serial, const char *name, int interface, const char *driver);

#endif
