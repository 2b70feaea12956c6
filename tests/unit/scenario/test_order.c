#include "scenario/order.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"

static struct vr_order order;

static void finish(void)
{
    vr_order_finish(&order);
}

TestSuite(order, .fini = finish);

static int parse(const char *text, struct vr_err *err)
{
    vr_order_finish(&order);
    *err = (struct vr_err){0};
    return vr_order_parse(text, strlen(text), "order", &order, err);
}

#define SMALLEST "\"format\": 1, \"scenario\": \"{}\", \"directory\": \"/bench\""
#define KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const char full[] =
    "{\"format\": 1, \"scenario\": \"{\\n}\\n\", \"scenario_file\": \"ecg.json\", "
    "\"directory\": \"/bench\", \"dut\": \"band\", \"records\": \"100,2*\", \"repeat\": 3, "
    "\"repeat_first\": 6, \"seed\": \"18446744073709551615\", \"speed\": \"1.5\", "
    "\"from_s\": 0, \"for_s\": 12.5, "
    "\"shard\": \"2/7\", \"no_power\": true, \"parity\": \"last\", \"firmware\": \"/fw.elf\", "
    "\"priority\": -5, \"tags\": [\"a\", \"b\"], \"campaign\": \"night\", \"keys\": [\"" KEY "\"], "
    "\"wait_s\": 2.5, \"bound\": true, \"x-from\": \"test\"}";

static void expect_full(const struct vr_order *o)
{
    cr_expect_str_eq(o->scenario, "{\n}\n");
    cr_expect_str_eq(o->scenario_file, "ecg.json");
    cr_expect_str_eq(o->directory, "/bench");
    cr_expect_str_eq(o->dut, "band");
    cr_expect_str_eq(o->records, "100,2*");
    cr_expect_eq(o->repeat, 3);
    cr_expect_eq(o->repeat_first, 6);
    cr_expect(o->has_seed);
    cr_expect_eq(o->seed, UINT64_MAX);
    cr_expect_str_eq(o->speed, "1.5");
    cr_expect(o->has_from);
    cr_expect_eq(o->from_s, 0);
    cr_expect_eq(o->for_s, 12.5);
    cr_expect_eq(o->shard, 2);
    cr_expect_eq(o->shard_count, 7);
    cr_expect(o->no_power);
    cr_expect_str_eq(o->parity, "last");
    cr_expect_str_eq(o->firmware, "/fw.elf");
    cr_expect_eq(o->priority, -5);
    cr_assert_eq(o->tag_count, 2);
    cr_expect_str_eq(o->tags[0], "a");
    cr_expect_str_eq(o->tags[1], "b");
    cr_expect_str_eq(o->campaign, "night");
    cr_assert_eq(o->key_count, 1);
    cr_expect_str_eq(o->keys[0], KEY);
    cr_expect_eq(o->wait_s, 2.5);
    cr_expect(o->bound);
}

Test(order, every_member_is_read)
{
    struct vr_err err;
    cr_assert_eq(parse(full, &err), 0, "%s", err.text);
    expect_full(&order);
}

Test(order, what_is_absent_is_the_scenarios)
{
    struct vr_err err;
    cr_assert_eq(parse("{" SMALLEST "}", &err), 0, "%s", err.text);
    cr_expect_str_eq(order.scenario_file, "scenario");
    cr_expect_null(order.dut);
    cr_expect_null(order.records);
    cr_expect_null(order.speed);
    cr_expect_null(order.parity);
    cr_expect_null(order.firmware);
    cr_expect_eq(order.repeat, 0);
    cr_expect_not(order.has_seed);
    cr_expect_eq(order.shard_count, 0);
    cr_expect_eq(order.tag_count, 0);
    cr_expect_eq(order.key_count, 0);
    cr_expect_str_eq(order.campaign, "");
    cr_expect(isinf(order.wait_s));
    cr_expect_not(order.bound);
}

/* The caller frees it. */
static char *written(const struct vr_order *of, size_t *ret_size)
{
    char *text = NULL;
    struct vr_err err = {0};
    struct vr_json_writer writer;
    FILE *file = open_memstream(&text, ret_size);
    vr_json_write_init(&writer, file);
    vr_json_write_object(&writer, NULL);
    vr_order_write(of, &writer);
    vr_json_write_end(&writer);
    cr_assert_eq(vr_json_write_finish(&writer, &err), 0, "%s", err.text);
    fclose(file);
    return text;
}

Test(order, what_was_written_reads_as_the_same_order)
{
    struct vr_err err;
    struct vr_order again;
    size_t size;
    cr_assert_eq(parse(full, &err), 0, "%s", err.text);
    _cleanup_free_ char *text = written(&order, &size);
    cr_assert_eq(vr_order_parse(text, size, "again", &again, &err), 0, "%s\n%s", err.text, text);
    expect_full(&again);
    _cleanup_free_ char *twice = written(&again, &size);
    cr_expect_str_eq(text, twice);
    vr_order_finish(&again);
}

Test(order, an_order_of_nothing_but_its_scenario_is_written_short)
{
    struct vr_err err;
    size_t size;
    cr_assert_eq(parse("{" SMALLEST ", \"wait\": false}", &err), 0, "%s", err.text);
    cr_expect_eq(order.wait_s, 0);
    _cleanup_free_ char *text = written(&order, &size);
    cr_assert_eq(parse(text, &err), 0, "%s\n%s", err.text, text);
    cr_expect_eq(order.wait_s, 0);
    cr_expect_null(strstr(text, "keys"));
    cr_expect_null(strstr(text, "bound"));
}

Test(order, an_order_inside_of_a_document_is_read_from_its_node)
{
    struct vr_err err = {0};
    struct vr_json_doc *doc;
    static const char text[] = "{\"uid\": \"u\", \"order\": {" SMALLEST ", \"priority\": 7}}";
    cr_assert_eq(vr_json_doc_create(text, strlen(text), "errand", &doc, &err), 0);
    const struct vr_json *node = vr_json_get(vr_json_doc_root(doc), "order");
    cr_assert_eq(vr_order_read(node, &order, &err), 0, "%s", err.text);
    cr_expect_eq(order.priority, 7);
    vr_order_finish(&order);
    vr_json_doc_destroy(doc);
}

static const struct {
    const char *members, *says;
} refused[] = {
    {"\"seed\": \"18446744073709551616\"", "order:1:64: seed: 18446744073709551616 is above"},
    {"\"seed\": 5", "seed"},
    {"\"seed\": \"-1\"", "seed"},
    {"\"speed\": \"0\"", "order:1:65: speed: 0 is not from 0.001 to 1000"},
    {"\"speed\": \"1000.5\"", "speed: 1000.5 is not from 0.001 to 1000"},
    {"\"speed\": \"fast\"", "speed"},
    {"\"shard\": \"3/2\"", "order:1:65: shard: there is no part 3 of 2"},
    {"\"shard\": \"0/2\"", "shard"},
    {"\"shard\": \"1\"", "shard"},
    {"\"wait\": false, \"wait_s\": 1", "wait_s: with \"wait\": false nothing is waited for"},
    {"\"wait_s\": -1", "wait_s"},
    {"\"firmware\": \"fw.elf\"", "firmware"},
    {"\"priority\": 101", "priority"},
    {"\"priority\": 1.5", "priority"},
    {"\"repeat\": 0", "repeat"},
    {"\"repeat\": 1001", "repeat"},
    {"\"repeat_first\": -1", "repeat_first"},
    {"\"dut\": \"a,b\"", "dut"},
    {"\"tags\": [\"\"]", "tags"},
    {"\"tags\": [1]", "tags"},
    {"\"keys\": [\"abc\"]", "keys"},
    {"\"bound\": 1", "bound"},
    {"\"colour\": \"red\"", "colour"},
    {"\"priority\": 1, \"priority\": 1", "priority"},
    {"\"format\": 1", "format"},
};

Test(order, what_is_wrong_is_refused_with_its_place)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char text[512];
        struct vr_err err;
        snprintf(text, sizeof text, "{" SMALLEST ", %s}", refused[i].members);
        cr_expect_eq(parse(text, &err), -VR_ERR_INPUT, "%s", text);
        cr_expect(strstr(err.text, refused[i].says), "%s: %s", text, err.text);
        cr_expect_eq(strncmp(err.text, "order:1:", 8), 0, "%s", err.text);
    }
}

Test(order, without_what_is_required_there_is_none)
{
    struct vr_err err;
    cr_expect_eq(parse("{\"format\": 1, \"directory\": \"/b\"}", &err), -VR_ERR_INPUT);
    cr_expect(strstr(err.text, "scenario"), "%s", err.text);
    cr_expect_eq(parse("{\"format\": 1, \"scenario\": \"{}\"}", &err), -VR_ERR_INPUT);
    cr_expect(strstr(err.text, "directory"), "%s", err.text);
    cr_expect_eq(
        parse("{\"format\": 2, \"scenario\": \"{}\", \"directory\": \"/b\"}", &err), -VR_ERR_INPUT);
    cr_expect_eq(
        parse("{\"format\": 1, \"scenario\": \"{}\", \"directory\": \"b\"}", &err), -VR_ERR_INPUT);
    cr_expect_eq(parse("[]", &err), -VR_ERR_INPUT);
    cr_expect_eq(parse("", &err), -VR_ERR_INPUT);
    vr_order_finish(&order);
    vr_order_finish(&order);
}
