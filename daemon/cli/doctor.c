/* vitalrig doctor: what would spoil a run on this bench, and what to do about it. */
#include <argp.h>
#include <grp.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/answer.h"
#include "cli/checkup.h"
#include "cli/checkup_meter.h"
#include "cli/say.h"
#include "cli/verb.h"
#include "port/rules.h"
#include "port/usb.h"

#define EXIT_FOUND 3 /* something a bench should not have */
#define GROUPS_MAX 256

struct arguments {
    const char *rig, *dut;
    bool json, emit_udev;
};

struct doctor {
    const struct arguments *arguments;
    const struct vr_rig *rig;
    struct vr_examine examine;
    gid_t groups[GROUPS_MAX];
    struct vr_findings findings;
    size_t examined;
};

/* -- all of them -- */

/* The n-th device that was asked for; NULL after the last. */
static const struct vr_rig_dut *chosen(const struct doctor *doctor, size_t index)
{
    const struct vr_rig_dut *dut;
    struct vr_err err;
    if (!doctor->arguments->dut)
        return doctor->rig && index < doctor->rig->dut_count ? &doctor->rig->duts[index] : NULL;
    return index == 0 && vr_rig_find(doctor->rig, doctor->arguments->dut, &dut, &err) == 0 ? dut
                                                                                           : NULL;
}

/* Without a rig nobody says what is whose: nothing is opened. */
static void examine_attached(struct doctor *doctor, const struct vr_ports *ports)
{
    for (size_t i = 0; i < ports->count; i++) {
        if (!ports->items[i].is_usb)
            continue;
        doctor->examined++;
        vr_examine_port(&doctor->examine, ports->items[i].path, &ports->items[i]);
    }
}

/* A device that no run could reach, whatever is attached: that is found as well. */
static bool is_misnamed(struct doctor *doctor, const struct vr_rig_dut *dut)
{
    struct vr_err err = {0};
    if (dut->place.line == 0 || vr_checkup_said(dut, &err) == 0)
        return false;
    doctor->examined++;
    vr_findings_add(
        &doctor->findings, &(struct vr_finding){
                               "unusable", dut->name, doctor->rig->file, err.text,
                               "correct the rig file; docs/bench.md describes it"});
    return true;
}

/* Returns the bytes of transfers that it has in flight at once. */
static uint64_t examine_dut(struct doctor *doctor, const struct vr_rig_dut *dut)
{
    if (is_misnamed(doctor, dut) || !vr_checkup_is_attached(dut))
        return 0;
    doctor->examined++;
    vr_checkup_dut(&doctor->examine, &doctor->findings, doctor->rig->file, dut);
    return vr_checkup_is_usb(dut) ? VR_USB_IN_FLIGHT : 0;
}

static void examine_all(struct doctor *doctor, const struct vr_ports *ports)
{
    const struct vr_rig_dut *dut;
    uint64_t needed = 0;
    for (size_t i = 0; (dut = chosen(doctor, i)); i++) {
        struct vr_power *meter = vr_checkup_meter_open(&doctor->findings, doctor->rig, dut);
        doctor->examined += dut->meter != NULL;
        needed += examine_dut(doctor, dut);
        vr_power_close(meter);
    }
    if (!doctor->rig && !doctor->arguments->dut)
        examine_attached(doctor, ports);
    vr_examine_usbfs(&doctor->examine, needed);
}

static void emit_rules(const struct doctor *doctor)
{
    const struct vr_rig_dut *dut;
    vr_rules_begin(stdout);
    for (size_t i = 0; (dut = chosen(doctor, i)); i++) {
        struct vr_port_identity port;
        struct vr_err err = {0};
        if (!vr_checkup_is_attached(dut))
            continue;
        if (vr_checkup_locate(dut, &port, &err) < 0) {
            port = (struct vr_port_identity){
                .usb_vendor = dut->usb_vendor,
                .usb_product = dut->usb_product,
                .usb_interface = dut->usb_interface,
            };
            snprintf(
                port.usb_serial, sizeof port.usb_serial, "%s",
                dut->usb_serial ? dut->usb_serial : "");
        }
        vr_rules_write(stdout, dut->name, &port, !vr_checkup_is_usb(dut));
    }
    vr_rules_end(stdout);
}

static int report(struct doctor *doctor, const struct vr_ports *ports, struct vr_err *err)
{
    struct vr_findings *findings = &doctor->findings;
    if (findings->json) {
        vr_answer_begin(&findings->writer);
        vr_json_write_array(&findings->writer, "findings");
    }
    examine_all(doctor, ports);
    if (!findings->json) {
        printf(
            "%zu device%s examined, %zu finding%s\n", doctor->examined,
            doctor->examined == 1 ? "" : "s", findings->count, findings->count == 1 ? "" : "s");
        return 0;
    }
    vr_json_write_end(&findings->writer);
    vr_json_write_uint(&findings->writer, "examined", doctor->examined);
    return vr_answer_end(&findings->writer, err);
}

static int look(const struct arguments *arguments, int *ret_exit, struct vr_err *err)
{
    _cleanup_(vr_rig_destroyp) struct vr_rig *rig = NULL;
    _cleanup_(vr_ports_finish) struct vr_ports ports = {0};
    const struct vr_rig_dut *dut;
    struct doctor doctor = {.arguments = arguments, .findings = {.json = arguments->json}};
    int r = arguments->rig ? vr_rig_load(arguments->rig, &rig, err) : 0;
    if (r == 0 && arguments->dut)
        r = vr_rig_find(rig, arguments->dut, &dut, err);
    if (r < 0)
        return r;
    doctor.rig = rig;
    if (arguments->emit_udev) {
        emit_rules(&doctor);
        return 0;
    }
    r = rig || arguments->dut ? 0 : vr_ports_list(&ports, err);
    if (r < 0)
        return r;

    int count = getgroups(GROUPS_MAX - 1, doctor.groups);
    doctor.groups[count > 0 ? count : 0] = getegid();
    doctor.examine = (struct vr_examine){
        .root = "",
        .uid = geteuid(),
        .groups = doctor.groups,
        .group_count = (size_t)(count > 0 ? count : 0) + 1,
        .found = vr_findings_add,
        .context = &doctor.findings,
    };
    r = report(&doctor, &ports, err);
    *ret_exit = doctor.findings.count > 0 ? EXIT_FOUND : EXIT_SUCCESS;
    return r;
}

/* -- the command line -- */

static const struct argp_option options[] = {
    {"rig", 'r', "FILE", 0, "The bench: its DUTs (default: $VITALRIG_RIG)", 0},
    {"dut", 'd', "NAME", 0, "Only this device", 0},
    {"json", 'j', NULL, 0, "One JSON object", 0},
    {"emit-udev", 'u', NULL, 0, "Print udev rules for the rig's devices instead", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'r':
        arguments->rig = argument;
        break;
    case 'd':
        arguments->dut = argument;
        break;
    case 'j':
        arguments->json = true;
        break;
    case 'u':
        arguments->emit_udev = true;
        break;
    case ARGP_KEY_ARG:
        argp_error(
            state, "\"%s\": doctor takes no arguments; name a rig file with --rig", argument);
        break;
    case ARGP_KEY_END:
        if (arguments->emit_udev && !arguments->rig)
            argp_error(state, "--emit-udev: for which bench? name its rig file with --rig");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int doctor_main(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse,
        NULL,
        "Look for what would spoil a run: missing or busy devices, permissions, programs that take "
        "ports, "
        "settings of the kernel, a wrong baud rate.  Exit 0 when nothing is found, 3 when "
        "something is.\v"
        "Devices of the rig that are free are opened and asked for HELLO; without a rig the "
        "attached serial "
        "ports are looked at, and none is opened.",
        NULL,
        NULL,
        NULL};
    struct arguments arguments = {.rig = getenv("VITALRIG_RIG")};
    struct vr_err err = {0};
    int exit_code = EXIT_SUCCESS;

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return look(&arguments, &exit_code, &err) < 0 ? vr_say_err(&err) : exit_code;
}

const struct vr_verb vr_verb_doctor = {
    .name = "doctor",
    .summary = "find what would spoil a run on this bench",
    .run = doctor_main,
};
