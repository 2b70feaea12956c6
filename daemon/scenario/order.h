/* Orders: what a client asks a daemon to run (schema/order.schema.json), and what the daemon hands to a worker.
 *
 * The scenario travels as its text, so that it is checked by whoever runs it and has the SHA-256 of its file. */
#ifndef VR_SCENARIO_ORDER_H
#define VR_SCENARIO_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/json.h"
#include "base/json_write.h"

#define VR_ORDER_TAGS_MAX 16
#define VR_ORDER_KEYS_MAX 1000
#define VR_ORDER_KEY_SIZE 65

/* Strings are never NULL unless it says so; those of a parsed order belong to its document. */
struct vr_order {
    const char *scenario; /* text */
    const char *scenario_file;
    const char *directory;
    const char *dut;     /* NULL = the scenario's */
    const char *records; /* NULL = the scenario's */
    int repeat;          /* 0 = the scenario's */
    int repeat_first;    /* number of the first repetition */
    bool has_seed;
    uint64_t seed;
    const char *
        speed; /* NULL = the scenario's; else "max", "silent" or a number, as on the command line */
    bool has_from;
    double from_s;          /* with has_from, instead of the scenario's window */
    double for_s;           /* 0 = the scenario's */
    int shard, shard_count; /* from 1; 0 = not sharded */
    bool no_power;
    const char *parity;   /* NULL = none */
    const char *baseline; /* NULL = as the gates say */
    const char *firmware; /* NULL = the rig's */
    int priority;
    const char *tags[VR_ORDER_TAGS_MAX];
    size_t tag_count;
    const char *campaign; /* "" = none */
    const char **keys;    /* owned when parsed */
    size_t key_count;
    double wait_s; /* INFINITY = for ever; 0 = not at all */
    bool bound;

    /* Private. */
    struct vr_json_doc *doc;
};

/* What an order is when nothing is said. */
void vr_order_init(struct vr_order *order);

/* Strict: VR_ERR_INPUT with place and reason.  `name` stands for it in messages.  Finish it in any case. */
int vr_order_parse(
    const char *text, size_t size, const char *name, struct vr_order *ret_order,
    struct vr_err *err);
/* The same from a node of a document that outlives the order. */
int vr_order_read(const struct vr_json *node, struct vr_order *ret_order, struct vr_err *err);
void vr_order_finish(struct vr_order *order);

/* As one object in memory; the caller frees *ret_text. */
int vr_order_text(const struct vr_order *order, char **ret_text, struct vr_err *err);
/* As the members of an object that is open. */
void vr_order_write(const struct vr_order *order, struct vr_json_writer *writer);

#endif
