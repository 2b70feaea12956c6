/* A piece of a trace in as many points as a screen is wide. */
#include <inttypes.h>
#include <string.h>

#include "store/power_reader.h"

/* A part of the plot is made of so many nodes at least: its borders are then off by a quarter of it at most, and 1,000 parts take at most
 * 256,000 nodes. */
#define NODES_PER_PART 4
#define SAMPLES_AT_ONCE 4096

/* --- parts ----------------------------------------------------------------------------------- */

/* A place between samples: whole + rest / count. */
struct place {
    int64_t whole;
    size_t rest;
};

/* The parts, filled from left to right. */
struct parts {
    struct vr_power_node *nodes;
    size_t count, at; /* the part that is being filled */
    int64_t step;     /* a part is step + step_rest / count samples long */
    size_t step_rest;
    struct place start, end; /* of this part */
    double min, max, sum, weight;
};

static struct place place_next(const struct parts *parts, struct place place)
{
    place.whole += parts->step;
    bool carries = place.rest >= parts->count - parts->step_rest;
    place.rest =
        carries ? place.rest - (parts->count - parts->step_rest) : place.rest + parts->step_rest;
    place.whole += carries;
    return place;
}

static bool is_at_or_before(struct place place, int64_t sample)
{
    return place.whole < sample || (place.whole == sample && place.rest == 0);
}

/* sample - place */
static double distance(const struct parts *parts, struct place place, int64_t sample)
{
    return (double)(sample - place.whole) - (double)place.rest / (double)parts->count;
}

static void part_begin(struct parts *parts, struct place start)
{
    parts->start = start;
    parts->end = place_next(parts, start);
    parts->sum = parts->weight = 0;
}

static void part_close(struct parts *parts)
{
    struct vr_power_node *node = &parts->nodes[parts->at++];
    if (parts->weight > 0)
        *node = (struct vr_power_node){
            (float)parts->min, (float)parts->max, (float)(parts->sum / parts->weight)};
    else
        *node = (struct vr_power_node){NAN, NAN, NAN};
    if (parts->at < parts->count)
        part_begin(parts, parts->end);
}

static void part_add(struct parts *parts, const struct vr_power_zoom_node *node, double samples)
{
    double weight = samples * (double)node->share;
    if (!(weight > 0))
        return;
    bool is_first = parts->weight == 0;
    parts->min = is_first || (double)node->min < parts->min ? (double)node->min : parts->min;
    parts->max = is_first || (double)node->max > parts->max ? (double)node->max : parts->max;
    parts->sum += (double)node->mean * weight;
    parts->weight += weight;
}

/* The node over the samples [first, end) goes into every part that it meets. */
static void parts_add(
    struct parts *parts, int64_t first, int64_t end, const struct vr_power_zoom_node *node)
{
    while (parts->at < parts->count &&
           !is_at_or_before((struct place){end, 0}, parts->start.whole)) {
        if (is_at_or_before(parts->end, first)) {
            part_close(parts);
            continue;
        }
        double from = fmax(-distance(parts, parts->start, first), 0); /* within the node */
        bool ends = is_at_or_before(parts->end, end);
        double to = ends ? -distance(parts, parts->end, first) : (double)(end - first);
        part_add(parts, node, to - from);
        if (!ends)
            break;
        part_close(parts);
    }
}

/* --- nodes ----------------------------------------------------------------------------------- */

static int blob_refuse(
    const struct vr_power_reader *reader, int level, int64_t number, const char *why,
    struct vr_err *err)
{
    return vr_err_set(
        err, VR_ERR_INPUT,
        "%s: the pyramid of meter '%s' is damaged in blob %" PRId64 " of level %d: %s; "
        "`vitalrig db check` tells all",
        reader->store->path, reader->stream.meter, number, level, why);
}

int vr_power_reader_nodes(
    struct vr_power_reader *reader, int level, int64_t number, struct vr_err *err)
{
    struct vr_power_nodes *nodes = &reader->levels[level - 1];
    if (nodes->number == number)
        return 0;
    nodes->number = -1;
    _cleanup_(vr_sql_finish) struct vr_sql sql = vr_sql_use(
        reader->store, "read the pyramid of a power trace",
        "SELECT data FROM power_zoom"
        " WHERE stream_id = :stream_id AND level = :level AND number = :number");
    vr_sql_bind_int64(&sql, ":stream_id", reader->stream.stream_id);
    vr_sql_bind_int64(&sql, ":level", level);
    vr_sql_bind_int64(&sql, ":number", number);
    int result = vr_sql_row(&sql, err);
    if (result < 0)
        return result;
    nodes->count = 0;
    if (result > 0) {
        size_t size;
        struct vr_err cause;
        const uint8_t *data = vr_sql_blob(&sql, 0, &size);
        result = vr_sql_failed(&sql, err);
        if (result < 0)
            return result;
        if (vr_power_nodes_decode(reader->coder, data, size, nodes->nodes, &nodes->count, &cause) <
            0)
            return blob_refuse(reader, level, number, cause.text, err);
    }
    nodes->number = number;
    return 0;
}

static int64_t node_end(const struct vr_power_reader *reader, int64_t first, int64_t size)
{
    int64_t left = reader->stream.sample_count - first;
    return left < size ? first + left : first + size;
}

/* Is any chunk of the file within the samples [first, end)?  1 or 0. */
static int chunks_exist(
    struct vr_power_reader *reader, int64_t first, int64_t end, struct vr_err *err)
{
    struct vr_power_chunk_row row;
    int result = vr_power_reader_row(reader, (end - 1) / VR_POWER_CHUNK, &row, err);
    return result > 0 ? row.number >= first / VR_POWER_CHUNK : result;
}

static int node_get(
    struct vr_power_reader *reader, int level, int64_t index, struct vr_power_zoom_node *ret_node,
    struct vr_err *err);

/* From the samples. */
static int node_measure(
    struct vr_power_reader *reader, int64_t first, struct vr_power_zoom_node *ret_node,
    struct vr_err *err)
{
    const struct vr_power_chunk *chunk;
    struct vr_power_block block;
    int64_t end = node_end(reader, first, VR_POWER_NODE);
    int result = vr_power_reader_chunk(reader, first / VR_POWER_CHUNK, &chunk, err);
    if (result < 0)
        return result;
    vr_power_block_measure(
        &reader->measure, chunk, (uint32_t)(first % VR_POWER_CHUNK), (uint32_t)(end - first),
        &block);
    *ret_node = vr_power_node_of(block.min, block.max, block.sum, block.count, block.size);
    return 0;
}

/* A node over its children. */
struct family {
    double min, max, sum, present;
};

static void family_add(struct family *family, const struct vr_power_zoom_node *child, int64_t size)
{
    double present = (double)child->share * (double)size;
    if (!(present > 0))
        return;
    bool is_first = family->present == 0;
    family->min = is_first ? (double)child->min : fmin(family->min, (double)child->min);
    family->max = is_first ? (double)child->max : fmax(family->max, (double)child->max);
    family->sum += (double)child->mean * present;
    family->present += present;
}

/* From the level below: where a process died, the last blobs of each level were not made yet. */
static int node_make(
    struct vr_power_reader *reader, int level, int64_t index, struct vr_power_zoom_node *ret_node,
    struct vr_err *err)
{
    int64_t size = vr_power_node_size(level), child_size = vr_power_node_size(level - 1);
    int64_t first = index * size, end = node_end(reader, first, size);
    struct family family = {0};
    *ret_node = (struct vr_power_zoom_node){NAN, NAN, NAN, 0};
    int result = chunks_exist(reader, first, end, err);
    if (result > 0 && level == 1)
        return node_measure(reader, first, ret_node, err);
    for (int64_t at = first; result > 0 && at < end;) {
        struct vr_power_zoom_node child;
        int64_t child_end = node_end(reader, at, child_size);
        int got = node_get(reader, level - 1, at / child_size, &child, err);
        if (got < 0)
            return got;
        family_add(&family, &child, child_end - at);
        at = child_end;
    }
    if (family.present > 0)
        *ret_node = (struct vr_power_zoom_node){
            (float)family.min, (float)family.max, (float)(family.sum / family.present),
            (float)(family.present / (double)(end - first))};
    return result < 0 ? result : 0;
}

static int node_get(
    struct vr_power_reader *reader, int level, int64_t index, struct vr_power_zoom_node *ret_node,
    struct vr_err *err)
{
    int result = vr_power_reader_nodes(reader, level, index / VR_POWER_ZOOM_NODES, err);
    if (result < 0)
        return result;
    const struct vr_power_nodes *nodes = &reader->levels[level - 1];
    size_t place = (size_t)(index % VR_POWER_ZOOM_NODES);
    if (place >= nodes->count)
        return node_make(reader, level, index, ret_node, err);
    *ret_node = nodes->nodes[place];
    return 0;
}

/* --- zoom ------------------------------------------------------------------------------------ */

static int zoom_samples(
    struct vr_power_reader *reader, int64_t first, int64_t end, struct parts *parts,
    struct vr_err *err)
{
    float values[SAMPLES_AT_ONCE];
    int result = 0;
    while (result == 0 && first < end) {
        size_t count = end - first < SAMPLES_AT_ONCE ? (size_t)(end - first) : SAMPLES_AT_ONCE;
        result = vr_power_reader_samples(reader, first, count, values, NULL, NULL, err);
        for (size_t i = 0; result == 0 && i < count; i++) {
            const struct vr_power_zoom_node node = {
                values[i], values[i], values[i], isnan(values[i]) ? 0 : 1};
            parts_add(parts, first + (int64_t)i, first + (int64_t)i + 1, &node);
        }
        first += (int64_t)count;
    }
    return result;
}

static int zoom_nodes(
    struct vr_power_reader *reader, int level, int64_t first, int64_t end, struct parts *parts,
    struct vr_err *err)
{
    int64_t size = vr_power_node_size(level);
    int result = 0;
    for (int64_t at = first - first % size; result == 0 && at < end;) {
        struct vr_power_zoom_node node;
        int64_t after = node_end(reader, at, size);
        result = node_get(reader, level, at / size, &node, err);
        if (result == 0)
            parts_add(parts, at, after, &node);
        at = after;
    }
    return result;
}

int vr_power_reader_zoom(
    struct vr_power_reader *reader, int64_t first, int64_t end, size_t count,
    struct vr_power_node *nodes, struct vr_err *err)
{
    int result = vr_power_reader_bounds(reader, first, end, err);
    if (result < 0 || count == 0)
        return result;
    uint64_t length = (uint64_t)(end - first);
    struct parts parts = {
        .nodes = nodes,
        .count = count,
        .step = (int64_t)(length / count),
        .step_rest = (size_t)(length % count),
    };
    int level = 0;
    while (level < VR_POWER_LEVELS && vr_power_node_size(level + 1) <= parts.step / NODES_PER_PART)
        level++;
    part_begin(&parts, (struct place){first, 0});
    result = level == 0 ? zoom_samples(reader, first, end, &parts, err)
                        : zoom_nodes(reader, level, first, end, &parts, err);
    while (result == 0 && parts.at < count)
        part_close(&parts);
    return result;
}
