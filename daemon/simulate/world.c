/* A list of segments between two changes; in each the current is one formula. */
#include "simulate/world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum { KEPT_MAX = 1 << 18, KEPT_FIRST = 1 << 10 };

struct segment {
    int64_t at_ns;
    int64_t ripple_ns; /* when the inference began */
    double start_a;    /* at at_ns, without ripple */
    double coulombs;   /* from the start of the world to at_ns */
    uint8_t levels;
};

struct vr_world {
    struct vr_world_model model;
    struct vr_sim_world view;
    struct segment *segments; /* a ring of `capacity`, a power of two, indexed by number */
    size_t capacity;
    size_t first, next; /* numbers of the oldest kept, and of the one to come */
    size_t cursor;      /* number of the one that was asked for last */
    double asked_ns;    /* latest instant that anybody asked about */
    int64_t forgotten;
};

void vr_world_model_init(struct vr_world_model *model)
{
    *model = (struct vr_world_model){
        .idle_a = 3e-6,
        .busy_a = 2e-3,
        .inference_a = 6e-3,
        .tau_s = 30e-6,
        .volts = 3,
    };
}

static struct segment *segment(const struct vr_world *world, size_t number)
{
    return &world->segments[number & (world->capacity - 1)];
}

static bool is_inference(uint8_t levels)
{
    return levels & 1u << VR_WORLD_INFERENCE;
}

static double target(const struct vr_world_model *model, uint8_t levels)
{
    if (is_inference(levels))
        return model->inference_a;
    return levels & 1u << VR_WORLD_BUSY ? model->busy_a : model->idle_a;
}

/* --- within a segment, `s` seconds after its start --- */

static double smooth_amperes(const struct vr_world_model *model, const struct segment *at, double s)
{
    const double to = target(model, at->levels);
    return model->tau_s > 0 ? to + (at->start_a - to) * exp(-s / model->tau_s) : to;
}

static bool has_ripple(const struct vr_world_model *model, const struct segment *at)
{
    return is_inference(at->levels) && model->ripple_a != 0 && model->ripple_hz > 0;
}

static double ripple_phase(const struct vr_world_model *model, const struct segment *at, double s)
{
    return 2 * M_PI * model->ripple_hz * ((double)(at->at_ns - at->ripple_ns) * 1e-9 + s);
}

static double segment_amperes(
    const struct vr_world_model *model, const struct segment *at, double s)
{
    const double smooth = smooth_amperes(model, at, s);
    if (!has_ripple(model, at))
        return smooth;
    return smooth + model->ripple_a * sin(ripple_phase(model, at, s));
}

/* From s0 to s1.  expm1 keeps the digits of a short time. */
static double segment_coulombs(
    const struct vr_world_model *model, const struct segment *at, double s0, double s1)
{
    double sum = target(model, at->levels) * (s1 - s0);
    if (model->tau_s > 0)
        sum -= (smooth_amperes(model, at, s0) - target(model, at->levels)) * model->tau_s *
               expm1(-(s1 - s0) / model->tau_s);
    if (has_ripple(model, at))
        sum += model->ripple_a / (2 * M_PI * model->ripple_hz) *
               (cos(ripple_phase(model, at, s0)) - cos(ripple_phase(model, at, s1)));
    return sum;
}

static double seconds_into(const struct segment *at, double at_ns)
{
    const double s = (at_ns - (double)at->at_ns) * 1e-9;
    return s > 0 ? s : 0;
}

/* --- the list --- */

/* Number of the segment that holds an instant.  Meters ask in order, so it is mostly the last one again, or the next. */
static size_t find(struct vr_world *world, double at_ns)
{
    if (at_ns > world->asked_ns)
        world->asked_ns = at_ns;
    if (world->first > 0 && at_ns < (double)segment(world, world->first)->at_ns)
        world->forgotten++;

    size_t low = world->first, high = world->next; /* the answer is in [low, high) */
    if (world->cursor >= low && at_ns >= (double)segment(world, world->cursor)->at_ns)
        low = world->cursor;
    for (unsigned near = 0; near < 4 && low + 1 < high; near++) {
        if (at_ns < (double)segment(world, low + 1)->at_ns)
            high = low + 1;
        else
            low++;
    }
    while (low + 1 < high) {
        const size_t middle = low + (high - low) / 2;
        if (at_ns < (double)segment(world, middle)->at_ns)
            high = middle;
        else
            low = middle;
    }
    return world->cursor = low;
}

static double view_amperes(void *context, double at_ns)
{
    struct vr_world *world = context;
    const struct segment *at = segment(world, find(world, at_ns));
    return segment_amperes(&world->model, at, seconds_into(at, at_ns));
}

static uint8_t view_lines(void *context, double at_ns)
{
    struct vr_world *world = context;
    return segment(world, find(world, at_ns))->levels;
}

/* Before its start, the world is idle: the first segment reaches back for ever. */
static double view_coulombs(void *context, double from_ns, double to_ns)
{
    struct vr_world *world = context;
    const size_t from_number = find(world, from_ns), to_number = find(world, to_ns);
    const struct segment *from = segment(world, from_number), *to = segment(world, to_number);
    const double from_s = seconds_into(from, from_ns), to_s = seconds_into(to, to_ns);
    if (from_number == to_number)
        return segment_coulombs(&world->model, from, from_s, to_s);
    const struct segment *second = segment(world, from_number + 1);
    return segment_coulombs(
               &world->model, from, from_s, seconds_into(from, (double)second->at_ns)) +
           (to->coulombs - second->coulombs) + segment_coulombs(&world->model, to, 0, to_s);
}

static int grow(struct vr_world *world)
{
    const size_t capacity = world->capacity ? 2 * world->capacity : KEPT_FIRST;
    struct segment *segments = calloc(capacity, sizeof *segments);
    if (!segments)
        return -1;
    for (size_t i = world->first; i < world->next; i++)
        segments[i & (capacity - 1)] = *segment(world, i);
    free(world->segments);
    world->segments = segments;
    world->capacity = capacity;
    return 0;
}

static int append(struct vr_world *world, const struct segment *new)
{
    if (world->next - world->first == world->capacity) {
        if (world->capacity < KEPT_MAX) {
            if (grow(world) < 0)
                return -1;
        } else if (world->first++ == world->cursor) {
            world->cursor++;
        }
    }
    *segment(world, world->next++) = *new;
    return 0;
}

int vr_world_create(
    const struct vr_world_model *model, int64_t start_ns, struct vr_world **ret_world,
    struct vr_err *err)
{
    struct vr_world *world = calloc(1, sizeof *world);
    const struct segment idle = {.at_ns = start_ns, .start_a = model->idle_a};
    if (!world || append(world, &idle) < 0) {
        free(world);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a simulated world");
    }
    world->model = *model;
    world->view = (struct vr_sim_world){
        .context = world,
        .amperes = view_amperes,
        .coulombs = view_coulombs,
        .lines = view_lines,
        .volts = model->volts,
    };
    *ret_world = world;
    return 0;
}

void vr_world_destroy(struct vr_world *world)
{
    if (world)
        free(world->segments);
    free(world);
}

int64_t vr_world_change(struct vr_world *world, int64_t at_ns, uint8_t levels)
{
    const struct segment *last = segment(world, world->next - 1);
    if (at_ns < last->at_ns)
        at_ns = last->at_ns;
    const double s = (double)(at_ns - last->at_ns) * 1e-9;
    const struct segment new = {
        .at_ns = at_ns,
        .ripple_ns = is_inference(levels) && is_inference(last->levels) ? last->ripple_ns : at_ns,
        .start_a = smooth_amperes(&world->model, last, s),
        .coulombs = last->coulombs + segment_coulombs(&world->model, last, 0, s),
        .levels = levels,
    };
    if (append(world, &new) < 0)
        return -1;
    const double late_ns = world->asked_ns - (double)at_ns;
    return late_ns > 0 ? (int64_t)ceil(late_ns) : 0;
}

const struct vr_sim_world *vr_world_view(struct vr_world *world)
{
    return &world->view;
}

int64_t vr_world_forgotten(const struct vr_world *world)
{
    return world->forgotten;
}

double vr_world_coulombs(const struct vr_world *world, int64_t at_ns)
{
    const struct segment *last = segment(world, world->next - 1);
    return last->coulombs +
           segment_coulombs(&world->model, last, 0, seconds_into(last, (double)at_ns));
}
