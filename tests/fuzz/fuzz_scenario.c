/* scenario/scenario: any bytes are refused with a place, or give a struct that keeps its promises. */
#include "fuzz.h"
#include "scenario/scenario.h"

#include <string.h>

static void check_refusal(int r, const struct vr_err *err)
{
    FUZZ_ASSERT(r == -VR_ERR_INPUT);
    FUZZ_ASSERT(err->code == VR_ERR_INPUT && strncmp(err->text, "fuzz:", 5) == 0);
}

static void check_gates(const struct vr_scenario *scenario)
{
    for (size_t i = 0; i < scenario->gate_count; i++) {
        const struct vr_scenario_gate *gate = &scenario->gates[i];
        FUZZ_ASSERT(gate->metric && gate->scope && (gate->has_min || gate->has_max));
        FUZZ_ASSERT(!gate->has_min || !gate->has_max || gate->min <= gate->max);
        FUZZ_ASSERT(gate->place.line >= 1 && gate->place.column >= 1);
    }
}

static void check_scenario(const struct vr_scenario *scenario)
{
    FUZZ_ASSERT(scenario->name[0] && scenario->algorithm[0] && scenario->dut[0]);
    FUZZ_ASSERT(scenario->channel_count >= 1);
    FUZZ_ASSERT(scenario->channel_count <= VR_SCENARIO_CHANNELS_MAX);
    for (size_t i = 0; i < scenario->channel_count; i++)
        FUZZ_ASSERT(scenario->channels[i].kind != 0 && scenario->channels[i].index <= 255);
    FUZZ_ASSERT(scenario->replay.speed >= 0 && scenario->replay.speed <= 1000);
    FUZZ_ASSERT((scenario->replay.mode == WIRE_MODE_PACED) == (scenario->replay.speed > 0));
    FUZZ_ASSERT(scenario->replay.repeat >= 1 && scenario->replay.repeat <= 1000);
    FUZZ_ASSERT(scenario->replay.seed < UINT64_C(1) << 53);
    FUZZ_ASSERT(scenario->replay.frame_size >= 64 && scenario->replay.frame_size <= 4096);
    FUZZ_ASSERT(scenario->replay.retries <= 5);
    FUZZ_ASSERT(scenario->score_count >= 1 && scenario->timeout_s >= 0);
    for (size_t i = 0; i < scenario->score_count; i++)
        FUZZ_ASSERT(scenario->scores[i].from_s >= 0 && scenario->scores[i].window_ms > 0);
    check_gates(scenario);

    char *path = NULL;
    struct vr_err err = {0};
    int r = vr_scenario_dataset_path(scenario, &path, &err);
    if (r < 0)
        check_refusal(r, &err);
    free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vr_scenario *scenario = NULL;
    struct vr_err err = {0};
    int r = vr_scenario_parse((const char *)data, size, "fuzz", "dir", &scenario, &err);
    if (r < 0)
        check_refusal(r, &err);
    else
        check_scenario(scenario);
    vr_scenario_destroy(scenario);
    return 0;
}
