/* The plan: a scenario with every name resolved and every input checked, before hardware is touched
 * or a file is written.
 *
 * Making the plan opens each selected record and reads its truth once, so a malformed recording is
 * an error here (exit 2) and not a trial that fails in the night. */
#ifndef VR_REPLAY_PLAN_H
#define VR_REPLAY_PLAN_H

#include "dataset/dataset.h"
#include "link/link.h"
#include "power/power.h"
#include "replay/build_id.h"
#include "replay/dialect.h"
#include "replay/streams.h"
#include "scenario/rig.h"
#include "scenario/scenario.h"
#include "store/result_key.h"
#include "wire/protocol.h"

/* A record as it is replayed: of a sweep there is one for each value. */
struct vr_plan_record {
    char name[VR_NAME_SIZE];   /* "118@snr_db=6": what the run calls it */
    char source[VR_NAME_SIZE]; /* "118": what the dataset calls it */
    double swept;              /* value of the sweep */
    char *
        subject; /* whom it is of: as the dataset has it, until vr_plan_pseudonyms; "" = not known; owned */
    char *strata;      /* as in store.h; owned */
    char *signal_key;  /* what else determines its signals, as in store/result_key.h; owned */
    double duration_s; /* of the window that is replayed */
    char sha256[VR_DIGEST_HEX_SIZE];    /* of its signals */
    int64_t window_start, window_count; /* ticks, as in store.h */
};

/* Overrides from the command line; NULL or 0 = as the scenario says. */
struct vr_plan_options {
    const char *dut;
    const char *records; /* globs, comma separated */
    int repeat;
    int repeat_first;       /* number of the first repetition */
    int shard, shard_count; /* the shard-th of so many parts, from 1; 0 = all of it */
    uint64_t seed;          /* with has_seed */
    bool has_seed;
    enum wire_mode mode;  /* with has_speed */
    uint32_t speed_milli; /* with has_speed, of mode paced */
    bool has_speed;
    double from_s; /* with has_from */
    bool has_from;
    double for_s;              /* 0 = as the scenario says */
    const char *sim_program;   /* what the built-in DUT "sim" starts; borrowed by the plan */
    const char *meter_program; /* and its meter; NULL = it has none */
    bool no_power;             /* no meter is used */
};

struct vr_plan {
    const struct vr_scenario *scenario; /* borrowed */
    char *dataset_path;                 /* expanded */
    struct vr_plan_record *records;
    size_t record_count;
    size_t unselected_count;  /* records that the globs left out */
    size_t signal_less_count; /* selected, but without signals */
    size_t trial_count;       /* records and repeats of this shard: see vr_plan_trial */
    double duration_s;        /* of all of them, at the sensor's own rate */

    enum wire_mode mode;
    uint32_t speed_milli; /* of mode paced; else 0 */
    int repeat, repeat_first;
    int shard, shard_count;
    uint64_t seed;
    struct vr_window window;
    char noise_key[VR_NOISE_KEY_SIZE]; /* replay/signal_faults.h */

    char firmware_hash[VR_BUILD_ID_HEX_SIZE]; /* that the device must tell, hex; "" = any */

    const struct vr_rig_dut *dut; /* borrowed from the rig, or built in */
    const struct vr_dialect *dialect;
    char shape
        [VR_DIALECT_SHAPE_SIZE]; /* how it makes the firmware's input of samples; "" = as they are */
    const struct vr_link_driver *driver;
    struct vr_link_config link; /* strings borrowed from the rig and the options */
    const char **argv;          /* of a program that the command line found, owned; NULL = none */

    const struct vr_rig_meter *meter; /* borrowed as the DUT is; NULL = none is used */
    const struct vr_power_driver *power_driver;
    struct vr_power_config power; /* strings borrowed from the rig and the options */
    const char **power_argv;      /* as argv */
    char *gpio; /* owned: name by which the simulated meter hears of the simulated device's lines */
};

/* VR_ERR_EMPTY when nothing is selected.  The plan is filled only on success; the scenario and the
 * rig must outlive it. */
int vr_plan_make(
    const struct vr_scenario *scenario, const struct vr_rig *rig,
    const struct vr_plan_options *options, struct vr_plan *ret_plan, struct vr_err *err);
/* Make pseudonyms of its subjects, by the key of this site: before it is run, and not where it is only looked at, for the key may have to be
 * made.  Then *ret_made (the caller frees it) names the file, else it is NULL. */
int vr_plan_pseudonyms(struct vr_plan *plan, char **ret_made, struct vr_err *err);

void vr_plan_finish(struct vr_plan *plan);

/* One record, once. */
struct vr_plan_trial {
    size_t record; /* index in the plan */
    int repeat;
};

/* The trials in the order of the plan: every record, then every record again.  Part I of N has the I-th, the (I+N)-th, the (I+2N)-th of
 * them: each is in exactly one part.  `index` is below trial_count. */
struct vr_plan_trial vr_plan_trial(const struct vr_plan *plan, size_t index);
/* The other way round; false = it is not in this plan. */
bool vr_plan_find_trial(
    const struct vr_plan *plan, const char *record, int repeat, size_t *ret_index);

/* How the record's signals become the trial's streams; `dataset` is the open record. */
struct vr_streams_setup vr_plan_streams_setup(
    const struct vr_plan *plan, size_t record, int repeat, struct vr_dataset *dataset);

/* What determines the outputs of a trial, but for the firmware where the plan does not know its hash.  Strings are borrowed from the plan,
 * what the scenario borrows too. */
struct vr_result_key_input vr_plan_key_input(const struct vr_plan *plan, size_t record, int repeat);

/* The result key of a trial before there is one.  VR_ERR_INPUT when the firmware's hash is not known from the rig. */
int vr_plan_result_key(
    const struct vr_plan *plan, size_t record, int repeat, char ret_key[VR_DIGEST_HEX_SIZE],
    struct vr_err *err);

/* Is the device a process, or a thread of this one?  Such a one has another id with every start. */
bool vr_plan_device_is_process(const struct vr_plan *plan);

/* How a device of the rig is reached, as its file says; strings are borrowed from it. */
struct vr_link_config vr_plan_link_config(const struct vr_rig_dut *dut);

/* The same of a meter. */
struct vr_power_config vr_plan_power_config(const struct vr_rig_meter *meter);

/* Let the dialect have its say on a record's streams: it may refuse them (VR_ERR_USAGE, or VR_ERR_INPUT when they are too short),
 * and what it cannot put to use is cut off their ends.  *ret_cut_count = samples cut. */
int vr_plan_fit_streams(
    const struct vr_plan *plan, struct vr_streams *streams, int64_t *ret_cut_count,
    struct vr_err *err);

#endif
