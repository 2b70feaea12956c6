#include <criterion/criterion.h>
#include <string.h>

#include "scenario/rig.h"

static struct vr_rig *rig;

static void destroy(void)
{
    vr_rig_destroy(rig);
    rig = NULL;
}

TestSuite(rig_meter, .fini = destroy);

static int parse(const char *text, struct vr_err *err)
{
    destroy();
    *err = (struct vr_err){0};
    return vr_rig_parse(text, strlen(text), "rig.json", "bench", &rig, err);
}

#define RIG(meters, duts) \
    "{\"format\": 1, \"name\": \"r\",\n \"meters\": {" meters "},\n \"duts\": {" duts "}}"
#define DUT "\"band\": {\"kind\": \"pty\", \"path\": \"p\", \"meter\": \"m\"}"

Test(rig_meter, every_field_is_read)
{
    struct vr_err err;
    const char *text = RIG(
        "\"m\": {\"kind\": \"csv-serial\", \"argv\": [\"./sim\", \"{serial}\"], \"usb_serial\": "
        "\"A1\", \"usb_id\": \"1915:c00a\", \"usb_interface\": 1, \"baud\": 9600, \"supply_mv\": "
        "1800, \"powers_device\": true, \"rate_hz\": 1000, \"columns\": \"i_ua\", \"scale\": 0.5, "
        "\"lines\": {\"busy\": 3, \"sync\": 0}, \"description\": \"d\"}",
        DUT);
    cr_assert_eq(parse(text, &err), 0, "%s", err.text);
    const struct vr_rig_meter *meter = vr_rig_meter_of(rig, &rig->duts[0]);
    cr_assert_not_null(meter);
    cr_expect_str_eq(meter->name, "m");
    cr_expect_str_eq(meter->kind, "csv-serial");
    cr_expect_str_eq(meter->argv[0], "bench/./sim");
    cr_expect_str_eq(meter->argv[1], "A1");
    cr_expect_null(meter->path);
    cr_expect_eq(meter->usb_vendor, 0x1915);
    cr_expect_eq(meter->usb_product, 0xc00a);
    cr_expect_eq(meter->usb_interface, 1);
    cr_expect_eq(meter->baud, 9600);
    cr_expect_float_eq(meter->supply_v, 1.8, 1e-12);
    cr_expect(meter->powers_device);
    cr_expect_eq(meter->rate_hz, 1000);
    cr_expect_str_eq(meter->columns, "i_ua");
    cr_expect_float_eq(meter->scale, 0.5, 0);
    cr_expect_eq(meter->busy_line, 3);
    cr_expect_eq(meter->inference_line, -1, "what is not wired");
    cr_expect_eq(meter->sync_line, 0);
    cr_expect_str_eq(meter->description, "d");
}

Test(rig_meter, a_bare_one_has_the_kinds_own)
{
    struct vr_err err;
    cr_assert_eq(parse(RIG("\"m\": {\"kind\": \"ppk2\", \"path\": \"p\"}", DUT), &err), 0);
    const struct vr_rig_meter *meter = &rig->meters[0];
    cr_expect_str_eq(meter->path, "bench/p");
    cr_expect_eq(meter->supply_v, 0);
    cr_expect_eq(meter->usb_interface, -1);
    cr_expect_eq(meter->sync_line, -1);
    cr_expect_not(meter->powers_device);
}

Test(rig_meter, a_device_without_one_has_none)
{
    struct vr_err err;
    const struct vr_rig_dut *sim, *loop;
    cr_assert_eq(parse(RIG("\"m\": {\"kind\": \"ppk2\"}", "\"a\": {\"kind\": \"loop\"}"), &err), 0);
    cr_expect_null(vr_rig_meter_of(rig, &rig->duts[0]));
    cr_assert_eq(vr_rig_find(rig, "sim", &sim, &err), 0);
    cr_assert_eq(vr_rig_find(rig, "loop", &loop, &err), 0);
    cr_expect_str_eq(vr_rig_meter_of(rig, sim)->name, "sim", "the simulated device has its own");
    cr_expect_null(vr_rig_meter_of(rig, loop));
}

struct refusal {
    const char *text, *said;
};

Test(rig_meter, what_contradicts_itself_is_refused_with_its_place)
{
    static const struct refusal refusals[] = {
        {RIG("\"n\": {\"kind\": \"ppk2\"}", DUT), "3:57: duts.band.meter: no meter \"m\""},
        {RIG("\"m\": {\"kind\": \"ppk2\", \"powers_device\": true}", DUT),
         "2:35: meters.m.powers_device: at which voltage"},
        {RIG("\"m\": {\"kind\": \"ppk2\", \"lines\": {\"busy\": 1, \"sync\": 1}}", DUT),
         "2:35: meters.m.lines: input 1 stands for two"},
        {RIG("\"m\": {\"kind\": \"ppk2\", \"path\": \"p\", \"argv\": [\"q\"]}", DUT),
         "meters.m: give argv"},
        {RIG("\"m\": {\"kind\": \"ppk2\", \"supply_mv\": 0}", DUT), "supply_mv"},
        {RIG("\"m\": {\"kind\": \"ppk2\", \"lines\": {\"busy\": 8}}", DUT), "busy"},
        {RIG("\"m\": {\"kind\": \"ppk2\"}",
             DUT ", \"b\": {\"kind\": \"pty\", \"path\": \"p\", \"meter\": \"m\"}"),
         "m measures band already"},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct vr_err err;
        cr_expect_eq(parse(refusals[i].text, &err), -VR_ERR_INPUT, "%s", refusals[i].text);
        cr_expect(
            strstr(err.text, refusals[i].said), "\"%s\" does not say \"%s\"", err.text,
            refusals[i].said);
    }
}
