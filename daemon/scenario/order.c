/* Orders: from a document that fits the schema to plain fields, and back. */
#include "scenario/order.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_error.h"
#include "base/json_text.h"
#include "base/schema.h"
#include "scenario/field.h"

extern const char vr_schema_order[];

void vr_order_init(struct vr_order *order)
{
    *order = (struct vr_order){
        .scenario = "",
        .scenario_file = "scenario",
        .directory = "/",
        .campaign = "",
        .wait_s = INFINITY,
    };
}

/* --- what the schema cannot say --- */

static int read_seed(struct vr_order *order, const struct vr_json *node, struct vr_err *err)
{
    const struct vr_json *seed = vr_json_get(node, "seed");
    if (!seed)
        return 0;
    errno = 0;
    order->seed = strtoull(vr_json_string(seed), NULL, 10);
    order->has_seed = true;
    return errno == 0
               ? 0
               : vr_json_error(err, seed, "seed: %s is above 2^64 - 1", vr_json_string(seed));
}

static int read_speed(struct vr_order *order, const struct vr_json *node, struct vr_err *err)
{
    order->speed = vr_field_text(node, "speed", NULL);
    if (!order->speed || strcmp(order->speed, "max") == 0 || strcmp(order->speed, "silent") == 0)
        return 0;
    double speed = strtod(order->speed, NULL);
    return speed >= 0.001 && speed <= 1000
               ? 0
               : vr_json_error(
                     err, vr_json_get(node, "speed"), "speed: %s is not from 0.001 to 1000",
                     order->speed);
}

static int read_shard(struct vr_order *order, const struct vr_json *node, struct vr_err *err)
{
    const struct vr_json *shard = vr_json_get(node, "shard");
    char *end;
    if (!shard)
        return 0;
    order->shard = (int)strtol(vr_json_string(shard), &end, 10);
    order->shard_count = (int)strtol(end + 1, NULL, 10);
    return order->shard <= order->shard_count ? 0
                                              : vr_json_error(
                                                    err, shard, "shard: there is no part %d of %d",
                                                    order->shard, order->shard_count);
}

static int read_wait(struct vr_order *order, const struct vr_json *node, struct vr_err *err)
{
    const struct vr_json *limit = vr_json_get(node, "wait_s");
    bool waits = vr_field_bool(node, "wait", true);
    order->wait_s = !waits ? 0 : limit ? vr_json_number(limit) : INFINITY;
    return waits || !limit || vr_json_number(limit) == 0
               ? 0
               : vr_json_error(err, limit, "wait_s: with \"wait\": false nothing is waited for");
}

/* -- reading -- */

static int read_lists(struct vr_order *order, const struct vr_json *node, struct vr_err *err)
{
    const struct vr_json *tags = vr_json_get(node, "tags"), *keys = vr_json_get(node, "keys");
    for (const struct vr_json *n = tags ? vr_json_first(tags) : NULL; n; n = vr_json_next(n))
        order->tags[order->tag_count++] = vr_json_string(n);
    if (!keys)
        return 0;
    order->keys = calloc(vr_json_count(keys) + 1, sizeof *order->keys);
    if (!order->keys)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for an order");
    for (const struct vr_json *n = vr_json_first(keys); n; n = vr_json_next(n))
        order->keys[order->key_count++] = vr_json_string(n);
    return 0;
}

int vr_order_read(const struct vr_json *node, struct vr_order *ret_order, struct vr_err *err)
{
    struct vr_order *order = ret_order;
    vr_order_init(order);
    int r = vr_schema_check_text(vr_schema_order, "order.schema.json", node, err);
    if (r < 0)
        return r;
    order->scenario = vr_field_text(node, "scenario", "");
    order->scenario_file = vr_field_text(node, "scenario_file", order->scenario_file);
    order->directory = vr_field_text(node, "directory", "/");
    order->dut = vr_field_text(node, "dut", NULL);
    order->records = vr_field_text(node, "records", NULL);
    order->repeat = (int)vr_field_number(node, "repeat", 0);
    order->repeat_first = (int)vr_field_number(node, "repeat_first", 0);
    order->has_from = vr_json_get(node, "from_s") != NULL;
    order->from_s = vr_field_number(node, "from_s", 0);
    order->for_s = vr_field_number(node, "for_s", 0);
    order->no_power = vr_field_bool(node, "no_power", false);
    order->parity = vr_field_text(node, "parity", NULL);
    order->baseline = vr_field_text(node, "baseline", NULL);
    order->firmware = vr_field_text(node, "firmware", NULL);
    order->priority = (int)vr_field_number(node, "priority", 0);
    order->campaign = vr_field_text(node, "campaign", "");
    order->bound = vr_field_bool(node, "bound", false);
    r = read_seed(order, node, err);
    if (r == 0)
        r = read_speed(order, node, err);
    if (r == 0)
        r = read_shard(order, node, err);
    if (r == 0)
        r = read_wait(order, node, err);
    return r < 0 ? r : read_lists(order, node, err);
}

int vr_order_parse(
    const char *text, size_t size, const char *name, struct vr_order *ret_order, struct vr_err *err)
{
    struct vr_json_doc *doc = NULL;
    vr_order_init(ret_order);
    int r = vr_json_doc_create(text, size, name, &doc, err);
    if (r < 0)
        return r;
    r = vr_order_read(vr_json_doc_root(doc), ret_order, err);
    ret_order->doc = doc;
    return r;
}

void vr_order_finish(struct vr_order *order)
{
    free(order->keys);
    vr_json_doc_destroy(order->doc);
    vr_order_init(order);
}

/* -- writing -- */

static void write_text(struct vr_json_writer *writer, const char *key, const char *text)
{
    if (text && *text)
        vr_json_write_string(writer, key, text);
}

static void write_number(struct vr_json_writer *writer, const char *key, int number)
{
    if (number)
        vr_json_write_int(writer, key, number);
}

static void write_list(
    struct vr_json_writer *writer, const char *key, const char *const *items, size_t count)
{
    if (count == 0)
        return;
    vr_json_write_array(writer, key);
    for (size_t i = 0; i < count; i++)
        vr_json_write_string(writer, NULL, items[i]);
    vr_json_write_end(writer);
}

static void write_trials(const struct vr_order *order, struct vr_json_writer *writer)
{
    char text[24];
    write_text(writer, "dut", order->dut);
    write_text(writer, "records", order->records);
    write_number(writer, "repeat", order->repeat);
    write_number(writer, "repeat_first", order->repeat_first);
    if (order->has_seed) {
        snprintf(text, sizeof text, "%" PRIu64, order->seed);
        vr_json_write_string(writer, "seed", text);
    }
    write_text(writer, "speed", order->speed);
    if (order->has_from)
        vr_json_write_double(writer, "from_s", order->from_s);
    if (order->for_s > 0)
        vr_json_write_double(writer, "for_s", order->for_s);
    if (order->shard_count) {
        snprintf(text, sizeof text, "%d/%d", order->shard, order->shard_count);
        vr_json_write_string(writer, "shard", text);
    }
    if (order->no_power)
        vr_json_write_bool(writer, "no_power", true);
    write_text(writer, "parity", order->parity);
    write_text(writer, "baseline", order->baseline);
    write_text(writer, "firmware", order->firmware);
}

void vr_order_write(const struct vr_order *order, struct vr_json_writer *writer)
{
    vr_json_write_int(writer, "format", 1);
    vr_json_write_string(writer, "scenario", order->scenario);
    vr_json_write_string(writer, "scenario_file", order->scenario_file);
    vr_json_write_string(writer, "directory", order->directory);
    write_trials(order, writer);
    write_number(writer, "priority", order->priority);
    write_list(writer, "tags", order->tags, order->tag_count);
    write_text(writer, "campaign", order->campaign);
    write_list(writer, "keys", (const char *const *)order->keys, order->key_count);
    if (order->wait_s == 0)
        vr_json_write_bool(writer, "wait", false);
    else if (isfinite(order->wait_s))
        vr_json_write_double(writer, "wait_s", order->wait_s);
    if (order->bound)
        vr_json_write_bool(writer, "bound", true);
}

int vr_order_text(const struct vr_order *order, char **ret_text, struct vr_err *err)
{
    struct vr_json_text text;
    *ret_text = NULL;
    int r = vr_json_text_begin(&text, err);
    if (r < 0)
        return r;
    vr_json_write_object(&text.writer, NULL);
    vr_order_write(order, &text.writer);
    vr_json_write_end(&text.writer);
    return vr_json_text_end(&text, ret_text, err);
}
