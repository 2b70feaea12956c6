#include "base/cleanup.h"
#include "scenario/rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct vr_rig *rig;

static void destroy(void)
{
    vr_rig_destroy(rig);
    rig = NULL;
}

TestSuite(rig, .fini = destroy);

static int parse(const char *text, struct vr_err *err)
{
    destroy();
    *err = (struct vr_err){0};
    return vr_rig_parse(text, strlen(text), "rig.json", "bench", &rig, err);
}

static void must_parse(const char *text)
{
    struct vr_err err;
    cr_assert_eq(parse(text, &err), 0, "%s", err.text);
}

static const char two_duts[] =
    "{\"format\": 1, \"name\": \"bench-2\", \"x-room\": 7, \"duts\": {\n"
    " \"band-a\": {\"kind\": \"pty\", \"argv\": [\"./firmware\", \"-v\", \"a/b\"], "
    "\"description\": \"left\"},\n"
    " \"Port_1\": {\"kind\": \"pty\", \"path\": \"dev/port\", \"x-owner\": null}}}";

Test(rig, devices_are_read_in_order)
{
    must_parse(two_duts);
    cr_assert_str_eq(rig->file, "rig.json");
    cr_assert_str_eq(rig->name, "bench-2");
    cr_assert_eq(rig->dut_count, 2);
    const struct vr_rig_dut *dut = &rig->duts[0];
    cr_assert_str_eq(dut->name, "band-a");
    cr_assert_str_eq(dut->kind, "pty");
    cr_assert_str_eq(dut->description, "left");
    cr_assert_str_eq(
        dut->argv[0], "bench/./firmware", "a program with a slash is relative to the file");
    cr_assert_str_eq(dut->argv[1], "-v");
    cr_assert_str_eq(dut->argv[2], "a/b", "arguments stay as they are");
    cr_assert_null(dut->argv[3]);
    cr_assert_null(dut->path);
    cr_assert_eq(dut->place.line, 2);
    cr_assert_eq(dut->place.column, 2);
    dut = &rig->duts[1];
    cr_assert_null(dut->argv);
    cr_assert_str_eq(dut->path, "bench/dev/port");
    cr_assert_str_eq(dut->description, "");
}

static const char full_dut[] =
    "{\"format\": 1, \"name\": \"bench-2\", \"duts\": {\"board\": {\n"
    " \"kind\": \"serial\", \"path\": \"by-path/port\", \"dialect\": \"mlperf\", \"usb_serial\": "
    "\"A5 0{4}\",\n"
    " \"usb_id\": \"0403:6Aff\", \"usb_interface\": 2, \"baud\": 921600, \"dtr\": \"clear\", "
    "\"rts\": \"assert\",\n"
    " \"device_id\": \"00ff\", \"firmware\": \"out/fw.elf\", \"firmware_hash\": \"abcd\",\n"
    " \"flash\": [\"openocd\", \"-c\", \"program {firmware} verify {x}\", "
    "\"{firmware}{firmware}\"],\n"
    " \"reset\": [\"./reset\", \"--serial={serial}\"], \"power_cycle\": [\"uhubctl\", "
    "\"{serial\"],\n"
    " \"mlperf\": {\"window_samples\": 100, \"format\": \"int16\", \"results\": 4},\n"
    " \"command_timeout_s\": 1.5, \"replug_s\": 0, \"quarantine_after\": 0}}}";

Test(rig, every_field_is_read)
{
    must_parse(full_dut);
    const struct vr_rig_dut *dut = &rig->duts[0];
    cr_expect_str_eq(dut->kind, "serial");
    cr_expect_str_eq(dut->path, "bench/by-path/port");
    cr_expect_str_eq(dut->dialect, "mlperf");
    cr_expect_str_eq(dut->usb_serial, "A5 0{4}");
    cr_expect_eq(dut->usb_vendor, 0x0403);
    cr_expect_eq(dut->usb_product, 0x6aff);
    cr_expect_eq(dut->usb_interface, 2);
    cr_expect_eq(dut->baud, 921600);
    cr_expect_eq(dut->dtr, VR_RIG_LEVEL_CLEAR);
    cr_expect_eq(dut->rts, VR_RIG_LEVEL_ASSERT);
    cr_expect_not(dut->rtscts);
    cr_expect_str_eq(dut->device_id, "00ff");
    cr_expect_str_eq(dut->firmware, "bench/out/fw.elf");
    cr_expect_str_eq(dut->firmware_hash, "abcd");
    cr_expect_eq(dut->command_timeout_s, 1.5);
    cr_expect_eq(dut->replug_s, 0);
    cr_expect_eq(dut->quarantine_after, 0);
}

Test(rig, commands_hold_the_values_that_they_name)
{
    must_parse(full_dut);
    const struct vr_rig_dut *dut = &rig->duts[0];
    cr_expect_str_eq(dut->flash[0], "openocd");
    cr_expect_str_eq(dut->flash[2], "program bench/out/fw.elf verify {x}");
    cr_expect_str_eq(dut->flash[3], "bench/out/fw.elfbench/out/fw.elf");
    cr_expect_null(dut->flash[4]);
    cr_expect_str_eq(dut->reset[0], "bench/./reset");
    cr_expect_str_eq(dut->reset[1], "--serial=A5 0{4}");
    cr_expect_str_eq(dut->power_cycle[1], "{serial", "half a name is none");
}

Test(rig, a_program_that_is_the_device_is_told_its_values_too)
{
    must_parse(
        "{\"format\": 1, \"name\": \"r\", \"duts\": {\"a\": {\"kind\": \"socket\", "
        "\"firmware\": \"out/my.elf\", \"usb_serial\": \"A5\", "
        "\"argv\": [\"qemu\", \"-kernel\", \"{firmware}\", \"--probe={serial}\", \"{x}\"]}}}");
    const struct vr_rig_dut *dut = &rig->duts[0];
    cr_expect_str_eq(dut->argv[2], "bench/out/my.elf");
    cr_expect_str_eq(dut->argv[3], "--probe=A5");
    cr_expect_str_eq(dut->argv[4], "{x}");
    cr_expect_null(dut->argv[5]);
}

Test(rig, a_bench_command_of_a_program_may_need_the_serial_number)
{
    must_parse("{\"format\": 1, \"name\": \"r\", \"duts\": {\"a\": {\"kind\": \"pty\", \"argv\": "
               "[\"bridge\"], \"usb_serial\": \"A5\", \"reset\": [\"probe\", \"{serial}\"]}}}");
    cr_expect_str_eq(rig->duts[0].reset[1], "A5");
}

static void expect_defaults(const struct vr_rig_dut *dut)
{
    cr_expect_str_eq(dut->dialect, "native");
    cr_expect_null(dut->usb_serial);
    cr_expect_eq(dut->usb_vendor, 0);
    cr_expect_eq(dut->usb_interface, -1);
    cr_expect_eq(dut->baud, 0);
    cr_expect_eq(dut->dtr, VR_RIG_LEVEL_KEEP);
    cr_expect_eq(dut->rts, VR_RIG_LEVEL_KEEP);
    cr_expect_null(dut->device_id);
    cr_expect_null(dut->firmware_hash);
    cr_expect_null(dut->firmware);
    cr_expect_null(dut->flash);
    cr_expect_null(dut->reset);
    cr_expect_null(dut->power_cycle);
    cr_expect_eq(dut->command_timeout_s, 60);
    cr_expect_eq(dut->replug_s, 2);
    cr_expect_eq(dut->quarantine_after, 3);
}

Test(rig, what_is_absent_has_its_default)
{
    must_parse(two_duts);
    expect_defaults(&rig->duts[0]);
    expect_defaults(vr_rig_builtin(0));
    expect_defaults(vr_rig_builtin(1));
}

Test(rig, a_program_without_a_slash_is_left_to_the_search_path)
{
    must_parse("{\"format\": 1, \"name\": \"r\", \"duts\": {\"a\": {\"kind\": \"pty\", \"argv\": "
               "[\"fw\"]},"
               " \"b\": {\"kind\": \"pty\", \"argv\": [\"/opt/fw\"]}}}");
    cr_assert_str_eq(rig->duts[0].argv[0], "fw");
    cr_assert_str_eq(rig->duts[1].argv[0], "/opt/fw");
}

Test(rig, built_in_devices_need_no_file)
{
    const struct vr_rig_dut *dut = NULL;
    cr_assert_eq(vr_rig_find(NULL, "sim", &dut, NULL), 0);
    cr_assert_str_eq(dut->kind, "pty");
    cr_assert_null(dut->argv);
    cr_assert_null(dut->path);
    cr_assert_eq(dut->place.line, 0);
    cr_assert_eq(vr_rig_find(NULL, "loop", &dut, NULL), 0);
    cr_assert_str_eq(dut->kind, "loop");
    cr_assert_str_eq(vr_rig_builtin(0)->name, "sim");
    cr_assert_str_eq(vr_rig_builtin(1)->name, "loop");
    cr_assert_null(vr_rig_builtin(2));

    must_parse(two_duts);
    cr_assert_eq(vr_rig_find(rig, "sim", &dut, NULL), 0);
    cr_assert_eq(vr_rig_find(rig, "Port_1", &dut, NULL), 0);
    cr_assert_eq(dut, &rig->duts[1]);
}

static const char bands[] =
    "{\"format\": 1, \"name\": \"r\", \"duts\": {\n"
    " \"a\": {\"kind\": \"pty\", \"path\": \"p\", \"model\": \"band\", \"firmware_hash\": \"abcd\","
    " \"flash\": [\"./flash\", \"{firmware}\"], \"firmware\": \"fw.elf\"},\n"
    " \"b\": {\"kind\": \"pty\", \"argv\": [\"qemu\", \"{firmware}\"], \"firmware\": \"fw.elf\","
    " \"model\": \"band\", \"health_check\": \"golden.json\"},\n"
    " \"c\": {\"kind\": \"pty\", \"path\": \"q\", \"model\": \"c\"}}}";

Test(rig, devices_of_a_model_stand_for_each_other)
{
    const struct vr_rig_dut *dut = NULL;
    struct vr_err err = {0};
    must_parse(bands);
    cr_expect_str_eq(rig->duts[0].model, "band");
    cr_expect_str_eq(rig->duts[2].model, "c", "a model may be the device's own name");
    cr_expect_str_eq(vr_rig_builtin(0)->model, "sim");
    cr_expect_str_eq(rig->duts[1].health_check, "bench/golden.json");
    cr_expect_null(rig->duts[0].health_check);
    cr_expect(vr_rig_fits(&rig->duts[1], "band"));
    cr_expect(vr_rig_fits(&rig->duts[1], "b"));
    cr_expect_not(vr_rig_fits(&rig->duts[1], "a"));
    cr_assert_eq(vr_rig_find_fit(rig, "band", &dut, &err), 0);
    cr_expect_eq(dut, &rig->duts[0]);
    cr_assert_eq(vr_rig_find_fit(rig, "b", &dut, &err), 0);
    cr_expect_eq(dut, &rig->duts[1]);
    cr_assert_eq(vr_rig_find_fit(rig, "sim", &dut, &err), 0);
    cr_expect_str_eq(dut->name, "sim");
    cr_expect_eq(vr_rig_find(rig, "band", &dut, &err), -VR_ERR_NOT_FOUND, "a name is a name");
    cr_expect_eq(vr_rig_find_fit(rig, "bend", &dut, &err), -VR_ERR_NOT_FOUND);
    cr_expect_eq(vr_rig_find_fit(NULL, "band", &dut, &err), -VR_ERR_NOT_FOUND);
    must_parse(two_duts);
    cr_expect_str_eq(rig->duts[0].model, "band-a", "alone of its model");
}

Test(rig, another_image_goes_wherever_the_file_names_it)
{
    struct vr_err err = {0};
    must_parse(bands);
    const struct vr_rig_dut *a = &rig->duts[0], *b = &rig->duts[1];
    cr_assert_eq(vr_rig_set_firmware(rig, "band", "/new.elf", &err), 0, "%s", err.text);
    cr_expect_str_eq(a->firmware, "/new.elf");
    cr_expect_null(a->firmware_hash, "it was that of another image");
    cr_expect_str_eq(a->flash[0], "bench/./flash");
    cr_expect_str_eq(a->flash[1], "/new.elf");
    cr_expect_str_eq(b->argv[1], "/new.elf");
    cr_assert_eq(vr_rig_set_firmware(rig, "b", "/newer.elf", &err), 0, "%s", err.text);
    cr_expect_str_eq(a->firmware, "/new.elf", "only the one that was named");
    cr_expect_str_eq(b->argv[1], "/newer.elf");
    cr_expect_str_eq(b->model, "band");
    cr_expect_eq(b->place.line, 3);
    cr_expect_eq(vr_rig_set_firmware(rig, "c", "/new.elf", &err), -VR_ERR_USAGE);
    cr_expect_str_eq(
        err.text, "rig.json:4:2: duts.c: cannot be given the image /new.elf: neither its "
                  "\"flash\" nor its \"argv\" names {firmware}");
    cr_expect_eq(vr_rig_set_firmware(rig, "sim", "/new.elf", &err), -VR_ERR_USAGE);
    cr_expect_eq(vr_rig_set_firmware(rig, "d", "/new.elf", &err), -VR_ERR_NOT_FOUND);
    cr_expect_eq(vr_rig_set_firmware(NULL, "sim", "/new.elf", &err), -VR_ERR_USAGE);
}

Test(rig, an_unknown_name_is_answered_with_the_nearest)
{
    const struct vr_rig_dut *dut = NULL;
    struct vr_err err;
    must_parse(two_duts);
    cr_assert_eq(vr_rig_find(rig, "band-b", &dut, &err), -VR_ERR_NOT_FOUND);
    cr_assert_str_eq(err.text, "rig.json: no device \"band-b\"; did you mean \"band-a\"?");
    cr_assert_eq(vr_rig_find(rig, "lop", &dut, &err), -VR_ERR_NOT_FOUND);
    cr_assert_str_eq(err.text, "rig.json: no device \"lop\"; did you mean \"loop\"?");
    cr_assert_eq(vr_rig_find(NULL, "oven", &dut, &err), -VR_ERR_NOT_FOUND);
    cr_assert_str_eq(
        err.text,
        "no rig file given: no device \"oven\"; add it to \"duts\" of a rig file, or use sim");
    cr_assert_null(dut);
}

#define RIG(duts) "{\"format\": 1, \"name\": \"r\", \"duts\":\n" duts "}"

Test(rig, faults_are_refused_with_place_and_reason)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"{\"format\": 1, \"name\": \"r\"}", "rig.json:1:1: the key \"duts\" is missing"},
        {"{\"format\": 1, \"name\": \"r\", \"dut\": {}}",
         "rig.json:1:28: unknown key \"dut\"; did you mean \"duts\"?"},
        {RIG("[]"), "rig.json:2:1: duts: an array is not an object {...}"},
        {RIG("{\"a\": {}}"), "rig.json:2:7: duts.a: the key \"kind\" is missing"},
        {RIG("{\"a\": {\"kind\": \"USB\"}}"),
         "rig.json:2:16: duts.a.kind: \"USB\" does not match ^[a-z0-9]{1,16}$: the link's word"},
        {RIG("{\"a b\": {\"kind\": \"pty\"}}"),
         "rig.json:2:2: duts: unknown key \"a b\"; known here: ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"},
        {RIG("{\"a\": {\"kind\": \"pty\", \"argv\": []}}"),
         "rig.json:2:31: duts.a.argv: 0 items; at least 1 needed"},
        {RIG("{\"a\": {\"kind\": \"pty\", \"argv\": \"fw -v\"}}"),
         "rig.json:2:31: duts.a.argv: \"fw -v\" is not a list [...]"},
        {RIG("{\"a\": {\"kind\": \"pty\", \"argv\": [\"\"]}}"),
         "rig.json:2:32: duts.a.argv[0]: no program"},
        {RIG("{\"a\": {\"kind\": \"pty\", \"argv\": [\"fw\"], \"path\": \"p\"}}"),
         "rig.json:2:2: duts.a: give argv (a program to start) or path (an existing port)"},
        {RIG("{\"a\": {\"kind\": \"pty\", \"argv\": [\"fw\"], \"usb_serial\": \"1\"}}"),
         "rig.json:2:39: duts.a.usb_serial: says which port a device is on, but argv starts it as "
         "a program"},
        {RIG("{\"a\": {\"kind\": \"pty\", \"argv\": [\"fw\"], \"baud\": 9600}}"),
         "rig.json:2:39: duts.a.baud: says which port"},
        {RIG("{\"a\": {\"kind\": \"serial\", \"rtscts\": true, \"rts\": \"clear\"}}"),
         "rig.json:2:42: duts.a.rts: with rtscts the port itself drives RTS"},
        {RIG("{\"a\": {\"kind\": \"serial\", \"flash\": [\"ocd\", \"program {firmware}\"]}}"),
         "rig.json:2:43: duts.a.flash[1]: {firmware} stands for the device's \"firmware\", which "
         "is not given; add it"},
        {RIG("{\"a\": {\"kind\": \"socket\", \"argv\": [\"qemu\", \"{firmware}\"]}}"),
         "rig.json:2:43: duts.a.argv[1]: {firmware} stands for the device's \"firmware\", which "
         "is not given; add it"},
        {RIG("{\"a\": {\"kind\": \"serial\", \"power_cycle\": [\"u\", \"{serial}\"]}}"),
         "rig.json:2:47: duts.a.power_cycle[1]: {serial} stands for the device's \"usb_serial\""},
        {RIG("{\"a\": {\"kind\": \"serial\", \"reset\": []}}"), "rig.json:2:35: duts.a.reset: "},
        {RIG("{\"a\": {\"kind\": \"serial\", \"reset\": \"reboot now\"}}"),
         "rig.json:2:35: duts.a.reset: \"reboot now\" is not a list [...]"},
        {RIG("{\"a\": {\"kind\": \"serial\", \"reset\": [\"\"]}}"),
         "rig.json:2:36: duts.a.reset[0]: no program"},
        {RIG("{\"a\": {\"kind\": \"serial\", \"usb_id\": \"403:6001\"}}"),
         "rig.json:2:36: duts.a.usb_id: \"403:6001\""},
        {RIG("{\"a\": {\"kind\": \"serial\", \"device_id\": \"ABC\"}}"),
         "rig.json:2:39: duts.a.device_id: \"ABC\""},
        {RIG("{\"sim\": {\"kind\": \"pty\", \"path\": \"p\"}}"),
         "rig.json:2:2: duts.sim: this name is built in; choose another one"},
        {RIG("{\"loop\": {\"kind\": \"loop\"}}"), "rig.json:2:2: duts.loop: this name is built in"},
        {RIG("{\"a\": {\"kind\": \"pty\", \"model\": \"b\"}, \"b\": {\"kind\": \"pty\"}}"),
         "rig.json:2:32: duts.a.model: \"b\" is the name of a device; choose another word"},
        {RIG("{\"a\": {\"kind\": \"pty\", \"model\": \"sim\"}}"),
         "rig.json:2:32: duts.a.model: \"sim\" is the name of a device"},
        {RIG("{\"a\": {\"kind\": \"pty\", \"model\": \"a b\"}}"), "rig.json:2:32: duts.a.model: "},
        {RIG("{\"a\": {\"kind\": \"pty\", \"health_check\": \"\"}}"),
         "rig.json:2:39: duts.a.health_check: "},
        {RIG("{\"a\": {\"kind\": \"pty\"}, \"a\": {\"kind\": \"pty\"}}"),
         "rig.json:2:24: the key \"a\" is there twice"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vr_err err;
        int r = parse(rows[i].text, &err);
        cr_assert_eq(r, -VR_ERR_INPUT, "row %zu: %d %s", i, r, rows[i].text);
        cr_assert_null(rig);
        cr_expect_eq(
            strncmp(err.text, rows[i].message, strlen(rows[i].message)), 0,
            "row %zu\n  said: %s\n  want: %s", i, err.text, rows[i].message);
    }
}

Test(rig, load_reads_a_file_and_its_folder)
{
    char folder[] = "/tmp/vitalrig-rig-XXXXXX", file[64], expected[64];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/rig.json", folder);
    snprintf(expected, sizeof expected, "%s/dev/port", folder);
    FILE *out = fopen(file, "w");
    fputs(two_duts, out);
    fclose(out);

    struct vr_err err = {0};
    cr_assert_eq(vr_rig_load(file, &rig, &err), 0, "%s", err.text);
    cr_assert_str_eq(rig->duts[1].path, expected);
    unlink(file);
    struct vr_rig *none = NULL;
    cr_assert_eq(vr_rig_load(file, &none, &err), -VR_ERR_NOT_FOUND);
    cr_assert_null(none);
    rmdir(folder);
}
