/* Which beat of the test belongs to which beat of the reference: the pairing of ANSI/AAMI EC57.
 *
 * A pure function of two lists of beats.  Two pointers move along them; T, T' are the present and
 * the next beat of the reference, t, t' of the test, w the match window (150 ms, inclusive).
 *
 *     reference   ---T------------------T'------>
 *     test        -----t-------t'--------------->
 *
 * The earlier of T and t is decided first.  It is paired with the later one when that is within w
 * and not better off with the earlier side's next beat:
 *
 *     later - earlier <= w, and    later - earlier < |later - earlier'|
 *                           or  |later' - earlier'| < |later - earlier'|
 *
 * Then both sides move on; else the earlier one stays alone and only its side moves on.
 *
 * An example at 360 Hz, w = 54:
 *
 *     reference   N 1000             V 1300
 *     test          N 1040  N 1050
 *
 *   T = 1000 is earlier.  1040 - 1000 = 40 is within 54, and 1040 is nearer to T = 1000 than to
 *   T' = 1300 (260 away): the pair Nn.  Now t = 1050 is earlier than T = 1300.  250 is beyond 54: an
 *   extra beat, On.  The test is at its end, so T = 1300 is missed, Vo.
 *
 * And why the next beats have a say: here 1000 would be taken by the extra beat at 960,
 *
 *     reference         N 1000        N 1300
 *     test        N 960 N 1002        N 1301
 *
 *   T - t = 40 is within 54, but T is 2 away from t' = 1002, and T' = 1300 does not need t' more
 *   (298 away): 960 is an extra beat, On, and 1000 goes with 1002.
 *
 * What a lonely beat is paired with: an extra beat of the test with X when the reference is in a
 * shutdown, with STAR (not counted) when it is in VF, else with O; a missed beat of the reference
 * with X when the test is in a shutdown, else with O.  VF said by the test excuses nothing. */
#ifndef VR_SCORE_MATCH_H
#define VR_SCORE_MATCH_H

#include "score/annotator.h"
#include "score/ec57.h"

/* VR_BEAT_STAR: a test beat that is not counted. */
enum { VR_BEAT_STAR = VR_BEAT_CLASSES };

struct vr_match_pair {
    const struct vr_beat *reference, *test; /* NULL: none on that side */
    int reference_class, test_class;        /* enum vr_beat_class; reference also VR_BEAT_STAR */
    /* RR of the two beats that are present, also when they are not paired; 0 = not valid. */
    int64_t reference_rr, test_rr;
};

typedef void vr_match_fn(void *context, const struct vr_match_pair *pair);

/* Calls `fn` for each pair in the order of time.  Every reference beat in start..end is in exactly
 * one pair, and every test beat in start..end, but for one: a test beat up to w after start whose
 * partner lies before start (see match.c). */
void vr_match(
    const struct vr_annotator *reference, const struct vr_annotator *test,
    const struct vr_ec57_span *options, vr_match_fn *fn, void *context);

#endif
