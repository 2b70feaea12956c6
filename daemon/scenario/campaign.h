/* Campaigns: which scenarios, devices, builds and variants make one night (schema/campaign.schema.json).
 *
 * What the file alone can get wrong is refused at loading, with file:line:column. */
#ifndef VR_SCENARIO_CAMPAIGN_H
#define VR_SCENARIO_CAMPAIGN_H

#include "scenario/scenario.h"

#define VR_CAMPAIGN_BATCH_S 900

struct vr_campaign_scenario {
    char *path; /* as seen from here */
    struct vr_place place;
};

struct vr_campaign_firmware {
    const char *name;
    char *path;
    struct vr_place place;
};

struct vr_campaign_variant {
    const char *name;
    const struct vr_json *patch; /* NULL = the scenario as it is */
    struct vr_place place;
};

/* Valid from load or parse to destroy; nobody changes it.  All strings belong to it. */
struct vr_campaign {
    const char *file; /* name in messages */
    const char *name;
    const char *description; /* "" = none */
    struct vr_campaign_scenario *scenarios;
    size_t scenario_count;
    char *records;     /* globs, comma separated; NULL = the scenarios' */
    const char **duts; /* names or models */
    size_t dut_count;  /* 0 = the scenarios' */
    struct vr_campaign_firmware *firmware;
    size_t firmware_count; /* 0 = the rig's */
    struct vr_campaign_variant
        *variants; /* at least one: where the file has none, the scenario as it is, named "" */
    size_t variant_count;
    int repeat; /* 0 = the scenarios' */
    bool has_seed;
    uint64_t seed;
    int priority;
    const char **tags;
    size_t tag_count;
    double batch_s;

    struct vr_json_doc *doc; /* private: owns the strings */
};

/* Read a file.  VR_ERR_NOT_FOUND, VR_ERR_IO, VR_ERR_INPUT.  The scenarios and images are not opened. */
int vr_campaign_load(const char *path, struct vr_campaign **ret_campaign, struct vr_err *err);

/* Read a text; `name` stands for the file in messages, relative paths start at `directory`. */
int vr_campaign_parse(
    const char *text, size_t size, const char *name, const char *directory,
    struct vr_campaign **ret_campaign, struct vr_err *err);

void vr_campaign_destroy(struct vr_campaign *campaign);
void vr_campaign_destroyp(struct vr_campaign **campaign);

/* A scenario in a variant, which the caller destroys.  Where the variant changes nothing it is the file, byte for byte, so that its
 * results have the keys that `vitalrig run` gives them. */
int vr_campaign_scenario(
    const struct vr_campaign *campaign, size_t scenario, size_t variant,
    struct vr_scenario **ret_scenario, struct vr_err *err);

#endif
