/* scenario/rig: any bytes are refused with a place, or give a bench that keeps its promises. */
#include "fuzz.h"
#include "scenario/rig.h"

#include <string.h>

/* NULL or at least a program, and an end. */
static void check_command(char *const *argv)
{
    FUZZ_ASSERT(!argv || (argv[0] && argv[0][0]));
    while (argv && *argv)
        argv++;
}

static void check_dut(const struct vr_rig_dut *dut)
{
    FUZZ_ASSERT(dut->dialect[0] && dut->usb_interface >= -1 && dut->usb_interface <= 255);
    FUZZ_ASSERT(dut->command_timeout_s > 0 && dut->quarantine_after >= 0);
    FUZZ_ASSERT(dut->replug_s >= 0);
    FUZZ_ASSERT(!dut->argv || (!dut->usb_serial && dut->baud == 0));
    check_command(dut->argv);
    check_command(dut->flash);
    check_command(dut->reset);
    check_command(dut->power_cycle);
}

static void check_line(int line)
{
    FUZZ_ASSERT(line >= -1 && line <= 7);
}

static void check_meter(const struct vr_rig_meter *meter)
{
    FUZZ_ASSERT(meter->name && meter->kind[0] && meter->place.line >= 1);
    FUZZ_ASSERT(meter->usb_interface >= -1 && meter->usb_interface <= 255);
    FUZZ_ASSERT(meter->supply_v >= 0 && meter->supply_v <= 100 && meter->rate_hz <= 2000000);
    FUZZ_ASSERT(meter->scale >= 0 && meter->scale <= 1e9);
    check_line(meter->busy_line);
    check_line(meter->inference_line);
    check_line(meter->sync_line);
    check_command(meter->argv);
}

static void check_rig(const struct vr_rig *rig)
{
    const struct vr_rig_dut *dut;
    for (size_t i = 0; i < rig->dut_count; i++) {
        FUZZ_ASSERT(vr_rig_find(rig, rig->duts[i].name, &dut, NULL) == 0);
        FUZZ_ASSERT(dut == &rig->duts[i] && dut->kind[0]);
        FUZZ_ASSERT(!dut->argv || (dut->argv[0][0] && !dut->path));
        check_dut(dut);
        const struct vr_rig_meter *meter = vr_rig_meter_of(rig, dut);
        FUZZ_ASSERT(!dut->meter || (meter && strcmp(meter->name, dut->meter) == 0));
    }
    for (size_t i = 0; i < rig->meter_count; i++)
        check_meter(&rig->meters[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vr_rig *rig = NULL;
    struct vr_err err = {0};
    int r = vr_rig_parse((const char *)data, size, "fuzz", "dir", &rig, &err);
    FUZZ_ASSERT(r == 0 || (r == -VR_ERR_INPUT && err.code == VR_ERR_INPUT));
    FUZZ_ASSERT(r == 0 || strncmp(err.text, "fuzz:", 5) == 0);
    if (r == 0)
        check_rig(rig);
    vr_rig_destroy(rig);
    return 0;
}
