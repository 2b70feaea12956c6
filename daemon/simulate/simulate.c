/* Registry of simulated meters.  Adding one is one file and one word here. */
#include "simulate/simulate.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define SIM_DRIVERS(X) X(ppk2) X(js220) X(powershield) X(js110)

#define X(word) extern const struct vr_sim_driver vr_sim_##word;
SIM_DRIVERS(X)
#undef X

static const struct vr_sim_driver *const drivers[] = {
#define X(word) &vr_sim_##word,
    SIM_DRIVERS(X)
#undef X
        NULL,
};

struct vr_sim_meter {
    struct vr_sim_config config;
    alignas(max_align_t) unsigned char state[];
};

const struct vr_sim_driver *vr_sim_driver(size_t index)
{
    return index < sizeof drivers / sizeof drivers[0] ? drivers[index] : NULL;
}

const struct vr_sim_driver *vr_sim_find(const char *name)
{
    for (size_t i = 0; drivers[i]; i++)
        if (strcmp(drivers[i]->name, name) == 0)
            return drivers[i];
    return NULL;
}

int vr_sim_create(
    const struct vr_sim_driver *driver, const struct vr_sim_config *config,
    struct vr_sim_meter **ret_meter, struct vr_err *err)
{
    struct vr_sim_meter *meter = calloc(1, sizeof *meter + driver->state_size);
    if (!meter)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a simulated %s", driver->name);
    meter->config = *config;
    driver->open(meter->state, &meter->config);
    *ret_meter = meter;
    return 0;
}

void *vr_sim_state(struct vr_sim_meter *meter)
{
    return meter->state;
}

void vr_sim_destroy(struct vr_sim_meter *meter)
{
    free(meter);
}
