/* Written line by line, by hand: the JSON writer indents. */
#include "simulate/truth.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

void vr_truth_init(
    struct vr_truth *truth, FILE *file, int64_t from_ns, int64_t short_ns, double volts)
{
    *truth = (struct vr_truth){
        .file = file,
        .short_ns = short_ns,
        .from_ns = from_ns,
        .volts = volts,
    };
}

static void end_pulse(struct vr_truth *truth, const struct vr_world *world, int64_t at_ns)
{
    const double coulombs = vr_world_coulombs(world, at_ns) - truth->rise_coulombs;
    if (at_ns - truth->rise_ns < truth->short_ns) {
        truth->short_pulses++;
        return;
    }
    truth->pulses++;
    if (truth->file)
        fprintf(
            truth->file,
            "{\"type\":\"pulse\",\"rise_ns\":%" PRId64 ",\"fall_ns\":%" PRId64
            ",\"charge_uc\":%.12g,\"energy_uj\":%.12g}\n",
            truth->rise_ns, at_ns, coulombs * 1e6, coulombs * truth->volts * 1e6);
}

void vr_truth_change(
    struct vr_truth *truth, const struct vr_world *world, int64_t at_ns, uint8_t levels)
{
    const uint8_t changed = truth->levels ^ levels;
    truth->levels = levels;
    if (changed & 1u << VR_WORLD_SYNC) {
        truth->syncs++;
        if (truth->file)
            fprintf(
                truth->file, "{\"type\":\"sync\",\"at_ns\":%" PRId64 ",\"on\":%s}\n", at_ns,
                levels & 1u << VR_WORLD_SYNC ? "true" : "false");
    }
    if (!(changed & 1u << VR_WORLD_INFERENCE))
        return;
    if (levels & 1u << VR_WORLD_INFERENCE) {
        truth->rise_ns = at_ns;
        truth->rise_coulombs = vr_world_coulombs(world, at_ns);
    } else {
        end_pulse(truth, world, at_ns);
    }
}

int vr_truth_finish(
    const struct vr_truth *truth, const struct vr_world *world, const struct vr_truth_end *end,
    struct vr_err *err)
{
    FILE *file = truth->file;
    const double coulombs = vr_world_coulombs(world, end->to_ns);
    if (!file)
        return 0;
    fprintf(
        file,
        "{\"type\":\"total\",\"from_ns\":%" PRId64 ",\"to_ns\":%" PRId64
        ",\"charge_uc\":%.12g,\"energy_uj\":%.12g,\"pulses\":%" PRId64 ",\"short_pulses\":%" PRId64
        ",\"syncs\":%" PRId64 ",\"late\":%" PRId64 ",\"lost\":%" PRId64 ",\"is_true\":%s",
        truth->from_ns, end->to_ns, coulombs * 1e6, coulombs * truth->volts * 1e6, truth->pulses,
        truth->short_pulses, truth->syncs, end->late, end->lost,
        end->late || end->lost ? "false" : "true");
    if (end->has_stream)
        fprintf(
            file, ",\"first_sample_ns\":%.3f,\"sample_period_ns\":%.9f", end->first_sample_ns,
            end->sample_period_ns);
    fputs("}\n", file);
    if (fflush(file) == EOF || ferror(file))
        return vr_err_set(err, VR_ERR_IO, "truth file: %s", strerror(errno));
    return 0;
}
