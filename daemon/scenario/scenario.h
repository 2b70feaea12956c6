/* Scenarios: what to replay into what, how fast, scored and gated how (schema/scenario.schema.json,
 * whose defaults are filled in).
 *
 * Everything that a file alone can get wrong is refused at loading, with file:line:column.  What
 * lies outside the file (the dataset's folder, the DUT, the algorithm, the metrics) is checked by
 * those who know it; they find the places here. */
#ifndef VR_SCENARIO_SCENARIO_H
#define VR_SCENARIO_SCENARIO_H

#include "base/digest.h"
#include "base/json_error.h"
#include "wire/protocol.h"

#define VR_SCENARIO_CHANNELS_MAX 4

struct vr_scenario_dataset {
    const char *path; /* as written: vr_scenario_dataset_path() expands it */
    struct vr_place path_place;
    const char *kind;     /* word of a dataset driver, or "auto" */
    const char **records; /* globs; none = all */
    size_t record_count;
    const char **exclude; /* globs */
    size_t exclude_count;
    const char *annotator;
    double window_start_s;
    double window_length_s; /* 0 = to the end */
    double warmup_s;        /* the replay begins this much before the window */
};

struct vr_scenario_channel {
    const char *signal;         /* name in the record, or NULL: */
    unsigned index;             /* place in the record, from 0 */
    enum wire_stream_kind kind; /* "as" */
    const char *name;           /* in the run; NULL = the recording's */
    double rate_hz;             /* of the device's sensor; 0 = as recorded */
    double gain;                /* LSB of the device's sensor per unit; 0 = as recorded */
    const char *unit;           /* of gain; NULL = there is no gain */
    double offset;              /* LSB at the physical zero */
    int bits;                   /* of the device's samples, 2..16 */
    bool is_saturating;         /* what does not fit is cut, not refused */
    struct vr_place place;
};

enum vr_fault_kind {
    VR_FAULT_NOISE,
    VR_FAULT_WANDER,
    VR_FAULT_MOTION,
    VR_FAULT_LEAD_OFF,
    VR_FAULT_SATURATION,
    VR_FAULT_GAP,
    VR_FAULT_NAN,
    VR_FAULT_CLOCK_DRIFT,
    VR_FAULT_DUPLICATE,
};

enum vr_fault_noise {
    VR_NOISE_NONE, /* from a recording */
    VR_NOISE_WHITE,
    VR_NOISE_PINK,
    VR_NOISE_HUM_50,
    VR_NOISE_HUM_60,
};

enum vr_fault_to { VR_FAULT_TO_RAIL_HIGH, VR_FAULT_TO_RAIL_LOW, VR_FAULT_TO_INVALID };

/* Noise out of a recording. */
struct vr_fault_source {
    const char *path; /* as written: vr_scenario_place_path() expands it; NULL = no recording */
    struct vr_place path_place;
    const char *kind, *record;
    int signal;     /* -1 = channel n gets signal n */
    double start_s; /* below 0 = drawn by the seed */
};

/* Something done to signals on their way; docs/signal-path.md says what each kind does. */
struct vr_scenario_fault {
    enum vr_fault_kind kind;
    const char *word;  /* of the kind */
    uint32_t channels; /* bit n = place n in "channels"; 0 = what the kind does by default */
    double at_s;       /* from the start of what is replayed */
    double length_s;   /* 0 = to the end */
    double every_s;    /* 0 = once */
    const char *
        parameter; /* "snr_db", "rms", "amplitude", "level", "ppm", "probability"; NULL = it has none */
    double value; /* of it; where it is swept, the sweep's */
    bool is_swept;
    const char *unit; /* of rms and amplitude */
    enum vr_fault_noise noise;
    struct vr_fault_source source;
    double frequency_hz;
    enum vr_fault_to to;
    int64_t samples;
    struct vr_place place;
};

/* Every record once for each value, which is a part of its name: no two are written alike. */
#define VR_SWEEP_VALUE "%.10g"
struct vr_scenario_sweep {
    const char *parameter; /* NULL = nothing is swept */
    double *values;
    size_t count;
    struct vr_place place;
};

struct vr_scenario_replay {
    enum wire_mode mode;
    double speed;        /* paced: times the recorded rate; else 0 */
    unsigned repeat;     /* trials of each record, >= 1 */
    uint64_t seed;       /* below 2^53 */
    unsigned frame_size; /* largest payload in bytes, 64..4096 */
    unsigned retries;    /* of a trial after rig trouble */
};

/* A class of labels; its place in the list is the number that the device says. */
struct vr_scenario_class {
    const char *name;
    const char **truths; /* labels of the truth that mean it; none = its name */
    size_t truth_count;
};

/* What a task does not use is at its default. */
struct vr_scenario_score {
    const char *task;
    double from_s;    /* what lies before does not count */
    double window_ms; /* how far an output may lie from its truth */

    /* rate, measures */
    int measurement; /* number: subtype of MEASURE annotations, first value of MEASURE outputs */
    double window_s, step_s;
    double max_age_s;    /* of an output at the end of its window; older = missing */
    double max_lag_s;    /* up to which a compensated error is told beside the real one; 0 = none */
    double coverage_pct; /* part of the windows, best confidence first, for the error at coverage */

    /* labels, stages, episodes, delay */
    struct vr_scenario_class *classes;
    size_t class_count;
    const char **ignored; /* labels of the truth that are not scored */
    size_t ignored_count;
    const char *positive; /* name of the class that is to be found; NULL = none is special */
    double epoch_s;       /* 0 = one label for each record */
    int stages;           /* 2, 3, 4 or 5 */
    double min_length_s;  /* of an episode */
    bool is_flutter_excluded;

    double battery_mah, battery_v, battery_usable_pct; /* energy: 0 = none is stated */
    struct vr_place place;
};

/* How much worse than a baseline a metric may get: in its own unit, or in percent of the baseline's value. */
enum vr_gate_change {
    VR_GATE_MAX_INCREASE,
    VR_GATE_MAX_DECREASE,
    VR_GATE_MAX_INCREASE_PCT,
    VR_GATE_MAX_DECREASE_PCT,
    VR_GATE_CHANGES
};

/* "max_increase", ... */
const char *vr_gate_change_word(enum vr_gate_change change);

/* What an interval is made of, and how. */
enum vr_gate_by { VR_GATE_BY_KNOWN, VR_GATE_BY_SUBJECT, VR_GATE_BY_RECORD };
enum vr_gate_method { VR_GATE_BCA, VR_GATE_PERCENTILE, VR_GATE_POINT };

/* An absolute gate has min or max or both, and a confidence of 0 unless it asks for an interval; a gate against a baseline has changes,
 * of which none is negative, and its confidence is 0 only with the method "point" and in scopes of one record or subject, which are
 * judged by the change itself. */
struct vr_scenario_gate {
    const char *metric;
    const char *scope; /* as in score/aggregate.h, or "each", "each_subject", "each_stratum" */
    bool has_min, has_max;
    double min, max;
    bool has_change[VR_GATE_CHANGES];
    double changes[VR_GATE_CHANGES];
    const char
        *against; /* "baseline:NAME", "run:UID", "previous"; NULL = whatever is named at judging */
    double confidence;
    enum vr_gate_by by;
    enum vr_gate_method method;
    int resamples;
    bool is_warning; /* does not keep the run from passing */
    struct vr_place place;
};

/* Is it a gate against a baseline? */
bool vr_gate_is_relative(const struct vr_scenario_gate *gate);

/* Valid from load or parse to destroy; nobody changes it.  All strings belong to it. */
struct vr_scenario {
    const char *file; /* name in messages */
    const char *name;
    const char *description; /* "" = none */
    const char **tags;
    size_t tag_count;
    struct vr_scenario_dataset dataset;
    struct vr_scenario_channel channels[VR_SCENARIO_CHANNELS_MAX];
    size_t channel_count;
    struct vr_scenario_fault *faults; /* in the order in which they are applied */
    size_t fault_count;
    struct vr_scenario_sweep sweep;
    const char *algorithm;
    const char *dut;
    struct vr_scenario_replay replay;
    struct vr_scenario_score *scores; /* each task once */
    size_t score_count;
    struct vr_scenario_gate *gates; /* no two alike in metric, scope, against and level */
    size_t gate_count;
    double timeout_s; /* of one trial; 0 = the replay derives it */

    const char
        *text; /* the very bytes of the file, and their digest: both are stored with the run */
    size_t text_size;
    char sha256[VR_DIGEST_HEX_SIZE];

    /* Private. */
    struct vr_json_doc *doc; /* owns the strings */
    char *directory;
};

/* Text of the scenario inside the program, for vr_scenario_parse(); its display name is
 * VR_SCENARIO_SMOKE_NAME. */
extern const char vr_scenario_smoke[];
#define VR_SCENARIO_SMOKE_NAME "smoke (built in)"

/* Read a file.  VR_ERR_NOT_FOUND, VR_ERR_IO, VR_ERR_INPUT.  The caller destroys the scenario. */
int vr_scenario_load(const char *path, struct vr_scenario **ret_scenario, struct vr_err *err);

/* Read a text, such as that of a stored run.  `name` stands for the file in messages; relative
 * paths start at `directory`.  Needs neither the environment nor any file, so an old run can be
 * judged anywhere. */
int vr_scenario_parse(
    const char *text, size_t size, const char *name, const char *directory,
    struct vr_scenario **ret_scenario, struct vr_err *err);

/* Where the dataset lies: ${NAME} replaced by the environment, made relative to the scenario's
 * directory; "builtin:NAME" stays. VITALRIG_DATA, when unset, is $XDG_DATA_HOME/vitalrig/datasets
 * or ~/.local/share/vitalrig/datasets; any other variable that is unset or empty is VR_ERR_INPUT.
 * The caller frees *ret_path. */
int vr_scenario_dataset_path(
    const struct vr_scenario *scenario, char **ret_path, struct vr_err *err);

/* The same of any other path that stands in the scenario at `place`; `member` names it in messages. */
int vr_scenario_place_path(
    const struct vr_scenario *scenario, const char *text, struct vr_place place, const char *member,
    char **ret_path, struct vr_err *err);

void vr_scenario_destroy(struct vr_scenario *scenario);
void vr_scenario_destroyp(struct vr_scenario **scenario);

#endif
