/* One device of a rig, looked at: where it is, what stands in its way, and whether it answers. */
#ifndef VR_CLI_CHECKUP_H
#define VR_CLI_CHECKUP_H

#include "cli/findings.h"
#include "port/ports.h"
#include "scenario/rig.h"

/* Whether the rig file says how it is reached; nothing is touched.  "sim" has its program from elsewhere.  VR_ERR_USAGE. */
int vr_checkup_said(const struct vr_rig_dut *dut, struct vr_err *err);

/* Whether it is plugged into this machine at all: programs and built-in devices are not. */
bool vr_checkup_is_attached(const struct vr_rig_dut *dut);

/* Whether it is used through libusb. */
bool vr_checkup_is_usb(const struct vr_rig_dut *dut);

/* Its port, or with vr_checkup_is_usb() its USB device.  VR_ERR_NOT_FOUND: not plugged in; VR_ERR_USAGE and VR_ERR_LINK: it is not clear
 * which one it is, or another one is there. */
int vr_checkup_locate(
    const struct vr_rig_dut *dut, struct vr_port_identity *ret_port, struct vr_err *err);

/* `examine` adds to `findings`.  A port that is free is opened and asked for HELLO, up to a second for each usual rate; `rig_file` is
 * where its rate is written. */
void vr_checkup_dut(
    const struct vr_examine *examine, struct vr_findings *findings, const char *rig_file,
    const struct vr_rig_dut *dut);

#endif
