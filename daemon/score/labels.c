/* Labels against labels, as labels.h gives them. */
#include "score/labels.h"

#include <math.h>
#include <string.h>

/* --- items ------------------------------------------------------------------------------------ */

/* The classes of the PhysioNet/CinC Challenge 2017: normal, atrial fibrillation, other, noise. */
static void find_rhythm_2017(struct vr_labels *labels, const struct vr_scenario_score *config)
{
    static const char *const names[] = {"N", "A", "O", "~"};
    size_t places[4] = {0}, found = 0;
    for (size_t i = 0; i < config->class_count; i++)
        for (size_t k = 0; k < 4; k++)
            if (strcmp(config->classes[i].name, names[k]) == 0) {
                places[k] = i;
                found++;
            }
    labels->is_rhythm_2017 = config->class_count == 4 && found == 4;
    labels->normal = places[0];
    labels->fibrillation = places[1];
    labels->other = places[2];
}

void vr_labels_init(struct vr_labels *labels, const struct vr_scenario_score *config)
{
    vr_confusion_init(&labels->matrix, config->class_count);
    labels->positive = vr_label_positive(config) + 1;
    find_rhythm_2017(labels, config);
}

bool vr_labels_count(struct vr_labels *labels, size_t reference, const struct vr_span_label *answer)
{
    bool is_added = true;
    if (labels->positive > 0 && !isnan(answer->score))
        is_added = vr_predictions_add(
            &labels->scores, answer->score, reference == (size_t)labels->positive - 1);
    if (answer->label == VR_LABEL_NONE) {
        labels->missing++;
        return is_added;
    }
    vr_confusion_count(&labels->matrix, reference, answer->label);
    if (is_added && !isnan(answer->confidence))
        is_added = vr_predictions_add(
            &labels->confidences, answer->confidence, answer->label == (int)reference);
    return is_added;
}

static bool labels_add(void *context, const void *more_context)
{
    struct vr_labels *labels = context;
    const struct vr_labels *more = more_context;
    if (labels->matrix.class_count == 0) {
        labels->positive = more->positive;
        labels->is_rhythm_2017 = more->is_rhythm_2017;
        labels->normal = more->normal;
        labels->fibrillation = more->fibrillation;
        labels->other = more->other;
    }
    vr_confusion_add(&labels->matrix, &more->matrix);
    labels->missing += more->missing;
    return vr_predictions_append(&labels->scores, &more->scores) &&
           vr_predictions_append(&labels->confidences, &more->confidences);
}

static void labels_finish(void *context)
{
    struct vr_labels *labels = context;
    vr_predictions_finish(&labels->scores);
    vr_predictions_finish(&labels->confidences);
}

/* --- measures --------------------------------------------------------------------------------- */

/* The score of the Challenge: the mean F1 of N, A and O; noise counts by its confusions only. */
static double nao(const struct vr_labels *labels)
{
    if (!labels->is_rhythm_2017)
        return NAN;
    return (vr_confusion_f1(&labels->matrix, labels->normal) +
            vr_confusion_f1(&labels->matrix, labels->fibrillation) +
            vr_confusion_f1(&labels->matrix, labels->other)) /
           3;
}

/* Everything that the measures below are taken from. */
struct view {
    const struct vr_labels *labels;
    const struct vr_confusion *matrix;
    bool has_one; /* the positive class against the rest, or of two classes the first */
    bool has_positive;
    struct vr_one_against_rest one;
    int64_t n;
};

static struct view view_of(struct vr_labels *labels)
{
    struct view view = {
        .labels = labels,
        .matrix = &labels->matrix,
        .has_positive = labels->positive > 0,
        .n = vr_confusion_total(&labels->matrix),
    };
    view.has_one = view.n > 0 && (view.has_positive || labels->matrix.class_count == 2);
    if (view.has_one)
        view.one =
            vr_confusion_one(&labels->matrix, view.has_positive ? (size_t)labels->positive - 1 : 0);
    vr_ranking_sort(labels->scores.items, labels->scores.count);
    return view;
}

/* A number of the whole matrix. */
static struct vr_measure whole(const struct view *view, double value)
{
    return vr_measure_plain(value, view->n);
}

/* A proportion of the positive class. */
static struct vr_measure positive_pct(const struct view *view, int64_t hits, int64_t misses)
{
    return view->has_positive ? vr_measure_share_pct(hits, hits + misses)
                              : vr_measure_plain(NAN, 0);
}

static struct vr_measure positive(const struct view *view, bool is_told, double value)
{
    return is_told ? vr_measure_plain(value, view->n) : vr_measure_plain(NAN, 0);
}

static double positive_f1(const struct view *view)
{
    return view->has_positive ? vr_confusion_f1(view->matrix, (size_t)view->labels->positive - 1)
                              : NAN;
}

/* The score of the PhysioNet/CinC Challenge 2015: a missed alarm weighs as much as five false ones. */
static double alarm_score(const struct vr_one_against_rest *one)
{
    double right = (double)(one->tp + one->tn);
    return 100 * right / (right + (double)one->fp + 5 * (double)one->fn);
}

typedef double ranking_fn(const struct vr_prediction *items, size_t count);

static struct vr_measure of_list(const struct vr_predictions *list, ranking_fn *fn)
{
    return vr_measure_plain(fn(list->items, list->count), (int64_t)list->count);
}

/* X(name, unit, measure), with v = the view, o = one against the rest. */
#define METRICS(X) \
    X("labels.accuracy_pct", "%", vr_measure_share_pct(vr_confusion_right(v->matrix), v->n)) \
    X("labels.availability_pct", "%", \
      vr_measure_share_pct( \
          v->n - vr_confusion_column(v->matrix, v->matrix->class_count), \
          v->n + v->labels->missing)) \
    X("labels.balanced_accuracy_pct", "%", \
      whole(v, 100 * vr_confusion_balanced_accuracy(v->matrix))) \
    X("labels.kappa", "", whole(v, vr_confusion_kappa(v->matrix))) \
    X("labels.kappa_quadratic", "", whole(v, vr_confusion_weighted_kappa(v->matrix))) \
    X("labels.mcc", "", whole(v, vr_confusion_mcc(v->matrix))) \
    X("labels.macro_f1", "", whole(v, vr_confusion_macro_f1(v->matrix))) \
    X("labels.macro_f1_nao", "", whole(v, nao(v->labels))) \
    X("labels.f1", "", positive(v, v->has_positive, positive_f1(v))) \
    X("labels.sensitivity_pct", "%", positive_pct(v, o->tp, o->fn)) \
    X("labels.specificity_pct", "%", positive_pct(v, o->tn, o->fp)) \
    X("labels.ppv_pct", "%", positive_pct(v, o->tp, o->fp)) \
    X("labels.npv_pct", "%", positive_pct(v, o->tn, o->fn)) \
    X("labels.pabak", "", positive(v, v->has_one, vr_one_pabak(o))) \
    X("labels.prevalence_index", "", \
      positive(v, v->has_positive && v->has_one, vr_one_prevalence_index(o))) \
    X("labels.alarm_score", "", positive(v, v->has_positive && v->has_one, alarm_score(o))) \
    X("labels.auroc", "", of_list(&v->labels->scores, vr_auroc)) \
    X("labels.auprc", "", of_list(&v->labels->scores, vr_auprc)) \
    X("labels.brier", "", of_list(&v->labels->scores, vr_brier)) \
    X("labels.log_loss", "", of_list(&v->labels->scores, vr_log_loss)) \
    X("labels.ece", "", of_list(&v->labels->confidences, vr_calibration_error))

VR_METRIC_LISTS(METRICS)

static void labels_measure(void *context, struct vr_measure *ret_measures)
{
    const struct view view = view_of(context), *v = &view;
    const struct vr_one_against_rest *o = &view.one;
    size_t count = 0;
    METRICS(VR_METRIC_PUT)
}

const struct vr_measure_table vr_labels_table = {
    .names = metric_names,
    .units = metric_units,
    .item_size = sizeof(struct vr_labels),
    .add = labels_add,
    .measure = labels_measure,
    .item_finish = labels_finish,
};
