/* From the scenario's "signal_faults" to stages behind the channels of a trial.
 *
 * Everything drawn follows from the run's seed, the record's name, the repeat, the fault's place in the scenario and the channel; not from
 * the attempt, nor from the value of a sweep, so that the same noise is louder and softer.
 *
 * What moves in time (clock_drift, duplicate) is the sensor's: all channels of a stream have it when one of them has.  Truth is in
 * samples of the first stream, and moves with it (replay/truth.c). */
#ifndef VR_REPLAY_SIGNAL_FAULTS_H
#define VR_REPLAY_SIGNAL_FAULTS_H

#include "dataset/dataset.h"
#include "dataset/rate.h"
#include "replay/stage.h"
#include "scenario/scenario.h"
#include "store/store.h"

/* Of a trial. */
struct vr_fault_trial {
    const struct vr_scenario *scenario;
    struct vr_dataset *dataset;         /* of the record */
    const struct vr_annotations *truth; /* NULL = the record has none */
    double swept;                       /* value of the sweep */
    uint64_t seed;                      /* of the run */
    int repeat;
};

/* A channel of it. */
struct vr_fault_channel {
    size_t place; /* in the scenario's "channels" */
    size_t stream, channel;
    uint32_t stream_places; /* bit n: place n travels in the same stream */
    const struct vr_signal *signal;
    struct vr_rate rate;    /* of the stream */
    struct vr_stage *clean; /* the whole signal at that rate; borrowed */
    enum wire_stream_kind kind;
};

/* A row for the run, and the text that it borrows. */
#define VR_FAULT_DETAIL_SIZE 256
struct vr_applied_fault {
    struct vr_signal_fault_row row; /* its strings are the scenario's, detail is: */
    char detail[VR_FAULT_DETAIL_SIZE];
};

/* Put the stage of the fault behind *chain where the channel has it, and fill the row for the run (but for its number), which must not move afterwards; else *ret_is_put is false.
 * VR_ERR_INPUT with the fault's place when it cannot be done to this record. */
int vr_signal_fault_put(
    const struct vr_fault_trial *trial, size_t fault, const struct vr_fault_channel *channel,
    struct vr_stage **chain, bool *ret_is_put, struct vr_applied_fault *ret_applied,
    struct vr_err *err);

/* The digests of noise recordings, which determine the signals beside the recording and the scenario: "noise=3f...;noise=a0...";
 * "" = there are none. */
#define VR_NOISE_KEY_SIZE 1216 /* of 16 faults */
int vr_noise_key(
    const struct vr_scenario *scenario, char ret_key[VR_NOISE_KEY_SIZE], struct vr_err *err);

/* "snr_db=6"; "" where nothing is swept. */
#define VR_SWEEP_TEXT_SIZE 48
void vr_sweep_text(
    const struct vr_scenario *scenario, double swept, char ret_text[VR_SWEEP_TEXT_SIZE]);

#endif
