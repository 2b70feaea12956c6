/* Building the pyramid. */
#include "store/power_pyramid.h"

static int level_flush(
    struct vr_power_level *level, int number, struct vr_power_coder *coder,
    struct vr_power_batch *batch, struct vr_err *err)
{
    const struct vr_power_zoom_row row = {.level = number, .number = level->number};
    const uint8_t *data;
    size_t size;
    int result = vr_power_nodes_encode(coder, level->nodes, level->node_count, &data, &size, err);
    if (result < 0)
        return result;
    if (!vr_power_batch_add_zoom(batch, &row, data, size))
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the pyramid of a power trace");
    level->number++;
    level->node_count = 0;
    return 0;
}

struct vr_power_zoom_node vr_power_node_of(
    double min, double max, double sum, int64_t count, int64_t size)
{
    struct vr_power_zoom_node node = {NAN, NAN, NAN, 0};
    if (count > 0) {
        node.min = (float)min;
        node.max = (float)max;
        /* A mean of equal values may come out one rounding beside them. */
        node.mean = fmaxf(node.min, fminf(node.max, (float)(sum / (double)count)));
        node.share = (float)((double)count / (double)size);
    }
    return node;
}

static void child_add(
    struct vr_power_level *level, double min, double max, double sum, int64_t count, int64_t size)
{
    if (count > 0 && (level->count == 0 || min < level->min))
        level->min = min;
    if (count > 0 && (level->count == 0 || max > level->max))
        level->max = max;
    level->sum += sum;
    level->count += count;
    level->size += size;
    level->children++;
}

/* A whole node of level `index` + 1 becomes a child of the one above. */
static void node_hand_up(struct vr_power_pyramid *pyramid, int index)
{
    struct vr_power_level *level = &pyramid->levels[index];
    level->nodes[level->node_count++] =
        vr_power_node_of(level->min, level->max, level->sum, level->count, level->size);
    if (index + 1 < VR_POWER_LEVELS)
        child_add(level + 1, level->min, level->max, level->sum, level->count, level->size);
    level->sum = 0;
    level->count = 0;
    level->size = 0;
    level->children = 0;
}

int vr_power_pyramid_add(
    struct vr_power_pyramid *pyramid, const struct vr_power_block *block,
    struct vr_power_coder *coder, struct vr_power_batch *batch, struct vr_err *err)
{
    child_add(&pyramid->levels[0], block->min, block->max, block->sum, block->count, block->size);
    int result = 0;
    for (int i = 0; result == 0 && i < VR_POWER_LEVELS; i++) {
        struct vr_power_level *level = &pyramid->levels[i];
        if (i > 0 && level->children < VR_POWER_NODE_FACTOR)
            break;
        node_hand_up(pyramid, i);
        if (level->node_count == VR_POWER_ZOOM_NODES)
            result = level_flush(level, i + 1, coder, batch, err);
    }
    return result;
}

int vr_power_pyramid_finish(
    struct vr_power_pyramid *pyramid, struct vr_power_coder *coder, struct vr_power_batch *batch,
    struct vr_err *err)
{
    int result = 0;
    for (int i = 0; result == 0 && i < VR_POWER_LEVELS; i++) {
        struct vr_power_level *level = &pyramid->levels[i];
        if (level->children > 0)
            node_hand_up(pyramid, i);
        bool is_level = i == 0 || level->number > 0 || level->node_count > 1;
        if (is_level && level->node_count > 0)
            result = level_flush(level, i + 1, coder, batch, err);
    }
    return result;
}
