/* In the order of what would hide what: a device that is not there has no permission, a port that is taken is not asked. */
#include "cli/checkup.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/say.h"
#include "link/probe.h"
#include "replay/plan.h"
#include "replay/run_uid.h"

static void find(
    struct vr_findings *findings, const char *what, const char *device, const char *where,
    const char *why, const char *remedy)
{
    vr_findings_add(findings, &(struct vr_finding){what, device, where, why, remedy});
}

static struct vr_port_wanted wanted_of(const struct vr_rig_dut *dut)
{
    return (struct vr_port_wanted){
        .path = dut->path,
        .usb_serial = dut->usb_serial,
        .usb_vendor = dut->usb_vendor,
        .usb_product = dut->usb_product,
        .usb_interface = dut->usb_interface,
    };
}

int vr_checkup_said(const struct vr_rig_dut *dut, struct vr_err *err)
{
    const struct vr_link_config config = vr_plan_link_config(dut);
    const struct vr_link_driver *driver = vr_link_find(dut->kind, err);
    return driver ? vr_link_check(driver, &config, err) : -err->code;
}

bool vr_checkup_is_usb(const struct vr_rig_dut *dut)
{
    return strcmp(dut->kind, "usb") == 0;
}

bool vr_checkup_is_attached(const struct vr_rig_dut *dut)
{
    return !dut->argv && (dut->path || dut->usb_serial || dut->usb_vendor || dut->usb_product);
}

int vr_checkup_locate(
    const struct vr_rig_dut *dut, struct vr_port_identity *ret_port, struct vr_err *err)
{
    struct vr_port_wanted wanted = wanted_of(dut);
    if (!vr_checkup_is_usb(dut))
        return vr_port_locate(dut->name, &wanted, ret_port, err);
    _cleanup_(vr_ports_finish) struct vr_ports devices = {0};
    const struct vr_port_identity *device;
    wanted.usb_interface = -1; /* of a device, not of one of its ports */
    int r = vr_ports_list_usb("", &devices, err);
    if (r == 0)
        r = vr_ports_find(&devices, dut->name, &wanted, &device, err);
    if (r == 0)
        *ret_port = *device;
    return r;
}

static void find_missing(
    struct vr_findings *findings, const struct vr_rig_dut *dut, const struct vr_err *err)
{
    char text[VR_PORT_TEXT_SIZE];
    const struct vr_port_wanted wanted = wanted_of(dut);
    const char *what = err->code == VR_ERR_NOT_FOUND ? "missing"
                       : err->code == VR_ERR_USAGE   ? "ambiguous"
                                                     : "wrong_device";
    find(
        findings, what, dut->name, dut->path ? dut->path : vr_port_wanted_text(&wanted, text),
        err->text,
        "plug it in, or correct the rig file: `vitalrig devices` lists what is attached");
}

/* The kernel hands out numbers in the order of plugging; a port that somebody still holds when it comes back gets another one. */
static void find_number(
    struct vr_findings *findings, const struct vr_rig_dut *dut, const struct vr_port_identity *port)
{
    char remedy[320];
    if (!port->is_usb || !dut->path || strcmp(dut->path, port->path) != 0)
        return;
    if (port->usb_serial[0])
        snprintf(
            remedy, sizeof remedy,
            "instead of path write \"usb_id\": \"%04x:%04x\", \"usb_serial\": \"%s\"",
            port->usb_vendor, port->usb_product, port->usb_serial);
    else
        snprintf(
            remedy, sizeof remedy, "write \"path\": \"%s\"",
            port->by_path[0] ? port->by_path : "the link in /dev/serial/by-path");
    find(
        findings, "number", dut->name, port->path,
        "The number in this name changes with every plug: after one it may be another device.",
        remedy);
}

static void find_silence(
    struct vr_findings *findings, const char *rig_file, const struct vr_rig_dut *dut,
    const char *path, const struct vr_probe *probe)
{
    char why[256], remedy[256];
    if (probe->baud > 0) {
        snprintf(
            why, sizeof why, "It answers HELLO at %u baud, and not at %u as the rig says.",
            probe->baud, probe->asked);
        snprintf(
            remedy, sizeof remedy, "write \"baud\": %u for %s in %s", probe->baud, dut->name,
            rig_file);
        find(findings, "baud", dut->name, path, why, remedy);
        return;
    }
    if (probe->bytes > 0)
        snprintf(
            why, sizeof why,
            "%llu bytes came, and no valid answer to HELLO at %u baud or any usual rate.",
            (unsigned long long)probe->bytes, probe->asked);
    else
        snprintf(
            why, sizeof why, "It says nothing, not at %u baud and not at any usual rate.",
            probe->asked);
    find(
        findings, "silent", dut->name, path, why,
        "reset it; look whether TX and RX are crossed; flash a firmware that speaks "
        "schema/wire.md");
}

static void probe(
    struct vr_findings *findings, const char *rig_file, const struct vr_rig_dut *dut,
    const char *path)
{
    struct vr_link_config config = vr_plan_link_config(dut);
    struct vr_probe answer;
    struct vr_err err = {0};
    uint32_t nonce = vr_random_number();
    config.path = path;
    vr_say("%s: asking %s for HELLO, a second at each rate", dut->name, path);
    if (vr_probe_baud(&config, nonce, &answer, &err) < 0)
        find(findings, "unusable", dut->name, path, err.text, "do what it says, and ask again");
    else if (answer.baud != answer.asked)
        find_silence(findings, rig_file, dut, path, &answer);
}

static bool is_probed(const struct vr_rig_dut *dut)
{
    struct vr_err err;
    const struct vr_link_driver *driver = vr_link_find(dut->kind, &err);
    return driver && driver->has_baud && (!dut->dialect || strcmp(dut->dialect, "native") == 0);
}

void vr_checkup_dut(
    const struct vr_examine *examine, struct vr_findings *findings, const char *rig_file,
    const struct vr_rig_dut *dut)
{
    struct vr_port_identity port;
    struct vr_err err = {0};
    if (vr_checkup_locate(dut, &port, &err) < 0) {
        find_missing(findings, dut, &err);
        return;
    }
    if (vr_checkup_is_usb(dut)) {
        vr_examine_usb(examine, dut->name, &port);
        return;
    }
    find_number(findings, dut, &port);
    findings->is_port_taken = false;
    vr_examine_port(examine, dut->name, &port);
    if (!findings->is_port_taken && is_probed(dut))
        probe(findings, rig_file, dut, port.path);
}
