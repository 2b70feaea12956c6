/* Rigs: the devices of one bench and their power meters, by name (schema/rig.schema.json).
 *
 * Two devices need no file: "sim", the simulated device as a process on a pty with a simulated meter, and "loop", a device inside this
 * process. */
#ifndef VR_SCENARIO_RIG_H
#define VR_SCENARIO_RIG_H

#include "base/json_error.h"
#include "scenario/rig_mlperf.h"

/* What a control line of a serial port does from open to close. */
enum vr_rig_level { VR_RIG_LEVEL_KEEP, VR_RIG_LEVEL_ASSERT, VR_RIG_LEVEL_CLEAR };

/* A power meter. */
struct vr_rig_meter {
    const char *name;
    const char *kind;        /* word of a power driver; the family's list says whether it is one */
    const char *description; /* "" = none */
    struct vr_place place;   /* of the name in the rig file; {0, 0} = built in */

    char **
        argv; /* program to start as the meter, NULL-terminated, or NULL: for "sim" the one that the command line finds */
    char *path;                       /* port, file or folder, or NULL */
    const char *usb_serial;           /* NULL = any */
    uint16_t usb_vendor, usb_product; /* 0 = any */
    int usb_interface;                /* -1 = any */
    uint32_t baud;                    /* bit/s; 0 = the driver's default */
    double supply_v;                  /* of the device; 0 = not given */
    bool powers_device;
    uint32_t rate_hz;    /* 0 = the driver's default */
    const char *columns; /* of csv-serial; NULL = its header says */
    double scale;        /* of csv-serial; 0 = by the column's name */
    int busy_line, inference_line,
        sync_line; /* inputs that the device's lines are wired to, 0..7; -1 = not */
};

struct vr_rig_dut {
    const char *name;
    const char *
        model; /* devices of one model are the same hardware; its own name where the file says nothing */
    const char *kind; /* word of a link driver; the link's list of drivers says whether it is one */
    const char *dialect;     /* word of a dialect */
    const char *description; /* "" = none */
    const char *meter;       /* name of the meter that it draws its power through; NULL = none */
    struct vr_place place;   /* of the name in the rig file; {0, 0} = built in */
    struct vr_rig_mlperf mlperf; /* of that dialect */

    /* The port. */
    char **argv; /* program to start as the device, NULL-terminated, or NULL: for "sim" the one that
                    the command line finds */
    char *path;  /* existing port, or NULL */
    const char *usb_serial;           /* NULL = any */
    uint16_t usb_vendor, usb_product; /* 0 = any */
    int usb_interface;                /* -1 = any */
    uint32_t baud;                    /* bit/s; 0 = the driver's default */
    bool rtscts;
    enum vr_rig_level dtr, rts;

    /* Who must answer there. */
    const char *device_id;     /* hex, lower case; NULL = whoever does */
    const char *firmware_hash; /* hex, lower case; NULL = that of `firmware`, if given */
    char *firmware;            /* ELF file whose GNU build-id the device must tell, or NULL */

    /* Commands of the bench, NULL-terminated argv lists, never through a shell; NULL = cannot.  In an argument of these, and of argv,
     * "{firmware}" and "{serial}" have been replaced by firmware and usb_serial. */
    char **flash, **reset, **power_cycle;
    double command_timeout_s; /* of each */

    bool takes_firmware; /* argv or flash names {firmware}: another image can be put onto it */
    char *health_check;  /* scenario that tells whether it is in order, or NULL */

    /* How long an unplugged device may take to come back, where the kind of link can find it again. */
    double replug_s;
    int quarantine_after; /* trials with rig trouble in a row before the device is refused; 0 = never */
};

/* Valid from load or parse to destroy; nobody changes it.  All strings belong to it. */
struct vr_rig {
    const char *file; /* name in messages */
    const char *name;
    const char *description; /* "" = none */
    struct vr_rig_dut *duts; /* in the order of the file */
    size_t dut_count;
    struct vr_rig_meter *meters;
    size_t meter_count;

    /* Private. */
    struct vr_json_doc *doc; /* owns the strings */
    char *directory;
};

/* Read a file; a path, and a program that is written with a slash, are relative to it.
 * VR_ERR_NOT_FOUND, VR_ERR_IO, VR_ERR_INPUT. The caller destroys the rig. */
int vr_rig_load(const char *path, struct vr_rig **ret_rig, struct vr_err *err);

/* Read a text; `name` stands for the file in messages, relative paths start at `directory`. */
int vr_rig_parse(
    const char *text, size_t size, const char *name, const char *directory, struct vr_rig **ret_rig,
    struct vr_err *err);

/* The device of a name; `rig` NULL = only the built-in ones.  VR_ERR_NOT_FOUND names the nearest
 * one.  *ret_dut lives as long as the rig. */
int vr_rig_find(
    const struct vr_rig *rig, const char *name, const struct vr_rig_dut **ret_dut,
    struct vr_err *err);

/* Whether a run that asks for `wanted`, a device's name or a model, may have this device. */
bool vr_rig_fits(const struct vr_rig_dut *dut, const char *wanted);

/* The device of that name, else the first one of that model; errors as vr_rig_find. */
int vr_rig_find_fit(
    const struct vr_rig *rig, const char *wanted, const struct vr_rig_dut **ret_dut,
    struct vr_err *err);

/* Every device that fits `wanted` is to run this image instead of its own: {firmware} stands for it, and its build-id is what the device
 * must tell.  VR_ERR_USAGE where one of them cannot be given another image.  Pointers to devices stay valid, their strings do not. */
int vr_rig_set_firmware(
    struct vr_rig *rig, const char *wanted, const char *image, struct vr_err *err);

/* The meter of a device, NULL = it has none. */
const struct vr_rig_meter *vr_rig_meter_of(const struct vr_rig *rig, const struct vr_rig_dut *dut);

/* The built-in devices, for lists; NULL after the last. */
const struct vr_rig_dut *vr_rig_builtin(size_t index);

void vr_rig_destroy(struct vr_rig *rig);
void vr_rig_destroyp(struct vr_rig **rig);

#endif
