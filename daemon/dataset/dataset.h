/* Datasets: where recordings come from.  One shape for every format; one file per driver.
 *
 * A dataset is a place (a folder, or a built-in generator) that holds records; a record holds
 * signals and truth.  Reading is by position, never by cursor, so that a resend after a fault needs
 * no state.  Drivers know files; they know nothing of links, devices or scores. */
#ifndef VR_DATASET_DATASET_H
#define VR_DATASET_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define VR_NAME_SIZE 128 /* bytes of a record's, signal's or annotator's name, with its NUL */
#define VR_UNIT_SIZE 32
#define VR_WARNING_SIZE 256
#define VR_SIGNALS_MAX 256   /* signals of a record; the largest public recordings have below 100 */
#define VR_NAMES_MAX 1000000 /* records of a dataset */
#define VR_ANNOTATIONS_MAX 50000000 /* of one annotator; a day has about 100,000 beats */
#define VR_SAMPLE_INVALID INT32_MIN /* "no sample here", whatever the format's own code for it */

struct vr_signal {
    char name[VR_NAME_SIZE]; /* the format's description: "MLII" */
    char unit[VR_UNIT_SIZE]; /* physical unit: "mV" */
    uint32_t rate_num;       /* samples per second as a fraction: 360/1, 31/2 */
    uint32_t rate_den;
    double gain;      /* LSB per unit; 0 = uncalibrated */
    int32_t baseline; /* digital value of the physical zero */
    /* Physical value of the baseline, where no digital value is the physical zero: physical =
     * offset + (digital - baseline) / gain. */
    double offset;
    int64_t sample_count;
};

struct vr_record {
    char name[VR_NAME_SIZE];
    uint32_t rate_num; /* ticks of annotations and frames per second, as a fraction */
    uint32_t rate_den;
    int64_t frame_count; /* length in those ticks */
    size_t signal_count; /* 0 = annotations only */
    const struct vr_signal *signals;
    /* Over all bytes that were read for the signals: header first, then the files in its order, as
     * `cat 100.hea 100.dat | sha256sum` tells; of a built-in record over its recipe. */
    char sha256[65];
    /* What a reader should know (a checksum that does not match), or "". */
    char warning[VR_WARNING_SIZE];
    /* What of the record is not there (the files of a segment), in words; "" = it is whole.  Then
     * so many frames come before it; reading what is not there fails with VR_ERR_NOT_FOUND. */
    char missing[VR_WARNING_SIZE];
    int64_t available_frame_count; /* only where something is missing */
};

/* VR_ERR_NOT_FOUND, with what is missing, unless the record is whole. */
int vr_record_check_whole(const struct vr_record *record, struct vr_err *err);

/* Codes of annotations: VR_CODE_NORMAL, VR_CODE_PVC ...  Files may use others, up to 49. */
enum vr_code {
#define X(code, identifier, mnemonic, class, text) VR_CODE_##identifier = code,
#include "schema/annotations.def"
#undef X
};

/* Something that was noted at a time and is no label, as its text says: the first of the codes that
 * WFDB leaves to its users. */
#define VR_CODE_EVENT 42

/* One event of the truth, in ticks of its list. */
struct vr_annotation {
    int64_t sample_index;
    uint8_t code; /* enum vr_code */
    int8_t subtype;
    uint8_t channel;
    int8_t number;
    char *text; /* NULL or owned by the list */
};

#define VR_CODES_MAX 50 /* codes are below */

/* A growing list; the owner calls vr_annotations_finish.  Zeroed = empty. */
struct vr_annotations {
    struct vr_annotation *items;
    size_t count, capacity;
    /* What the file itself says of a code, "MNEMONIC TEXT", or NULL. */
    char *definitions[VR_CODES_MAX];
    /* Ticks of its items per second, where its file has finer ones than the record; 0 = those of
     * the record. */
    uint32_t rate_num, rate_den;
};

/* Append a copy; `text` (NULL, or text_size bytes without a NUL; none is an empty text) is copied
 * too. */
int vr_annotations_add(
    struct vr_annotations *list, const struct vr_annotation *item, const char *text,
    size_t text_size, struct vr_err *err);
void vr_annotations_finish(struct vr_annotations *list);

/* VR_ERR_INPUT when one of them lies outside the record, as far as its length is known. */
int vr_annotations_check_inside(
    const struct vr_annotations *list, const struct vr_record *record, const char *annotator,
    struct vr_err *err);

/* Names of the records of a dataset, sorted.  The owner calls vr_names_finish.  Zeroed = empty. */
struct vr_names {
    char (*items)[VR_NAME_SIZE];
    size_t count, capacity;
};

int vr_names_add(struct vr_names *names, const char *name, struct vr_err *err);
void vr_names_finish(struct vr_names *names);

struct vr_comments;

/* What a driver is.  `state` is zeroed memory of state_size bytes, aligned for any type; the
 * dispatcher owns it. */
struct vr_dataset_driver {
    const char *name;    /* word used in scenarios, [a-z0-9] */
    const char *summary; /* one line for `vitalrig dataset --help` */
    size_t state_size;

    /* Does this driver read what lies at path?  Looks at names, and at lists of them (RECORDS). */
    bool (*probe)(const char *path);
    /* The records at path, unsorted.  *ret_names comes empty; the dispatcher ends it on error. */
    int (*list)(const char *path, struct vr_names *ret_names, struct vr_err *err);
    /* Open one record; checks everything that can be checked before the first sample (sizes against
     * the file system). On error leaves nothing open. */
    int (*open)(void *state, const char *path, const char *record, struct vr_err *err);
    const struct vr_record *(*record)(const void *state);
    /* Digital values of one signal: samples [first, first + count), inside the record: the
     * dispatcher has looked. */
    int (*read)(
        void *state, size_t signal, int64_t first, size_t count, int32_t *ret_values,
        struct vr_err *err);
    /* Truth of an annotator by its name ("atr"), in the order of its file; VR_ERR_NOT_FOUND when
     * there is none.  *ret_list comes empty; the dispatcher ends it on error. */
    int (*truth)(
        void *state, const char *annotator, struct vr_annotations *ret_list, struct vr_err *err);
    void (*close)(void *state);

    /* NULL = there are none.  Names of the annotators that such files hold in themselves; *ret_names
     * comes empty; and what a record says besides numbers (dataset/comments.h), likewise. */
    int (*annotators)(
        const char *path, const char *record, struct vr_names *ret_names, struct vr_err *err);
    int (*comments)(
        const char *path, const char *record, struct vr_comments *ret_list, struct vr_err *err);
};

/* The drivers in the order of the list in dataset.c; NULL after the last. */
const struct vr_dataset_driver *vr_dataset_driver(size_t index);
/* By its word; "auto" asks each driver's probe.  NULL with err filled (nearest word named) when
 * there is none. */
const struct vr_dataset_driver *vr_dataset_find(
    const char *kind, const char *path, struct vr_err *err);

struct vr_dataset; /* an open record */

/* The calls below name the dataset by kind ("auto" will do) and path ("recordings/mitdb",
 * "builtin:smoke").  Errors: VR_ERR_USAGE for an unknown kind, VR_ERR_NOT_FOUND for what is not
 * there, VR_ERR_INPUT for what cannot be read as what it claims to be, VR_ERR_IO. */

int vr_dataset_list(
    const char *kind, const char *path, struct vr_names *ret_names, struct vr_err *err);

/* The caller closes *ret_dataset. */
int vr_dataset_open(
    const char *kind, const char *path, const char *record, struct vr_dataset **ret_dataset,
    struct vr_err *err);

/* Valid until the dataset is closed. */
const struct vr_record *vr_dataset_record(const struct vr_dataset *dataset);

/* Digital values [first, first + count) of a signal; VR_ERR_INPUT when the signal does not have
 * them all. */
int vr_dataset_read(
    struct vr_dataset *dataset, size_t signal, int64_t first, size_t count, int32_t *ret_values,
    struct vr_err *err);

/* Truth of an annotator, in ascending time, in ticks of vr_annotations_rate (dataset/annotation_rate.h); where the record has none of that name, its label in the
 * table ANNOTATOR.csv (dataset/truth_table.h), if there is one.  VR_ERR_INPUT when it is not in order, or lies outside
 * the record.  The caller ends *ret_list. */
int vr_dataset_truth(
    struct vr_dataset *dataset, const char *annotator, struct vr_annotations *ret_list,
    struct vr_err *err);

void vr_dataset_close(struct vr_dataset *dataset);
void vr_dataset_closep(struct vr_dataset **dataset);

#endif
