/* Classes out of options. */
#include "cli/score_classes.h"

#include <stdlib.h>
#include <string.h>

static const char out_of_memory[] = "no memory for it";

void vr_score_classes_finish(struct vr_score_classes *classes)
{
    for (size_t i = 0; i < classes->count; i++) {
        free(classes->items[i].truths);
        free(classes->texts[i]);
    }
    *classes = (struct vr_score_classes){0};
}

static size_t count_labels(const char *labels)
{
    size_t count = 1;
    for (; *labels; labels++)
        count += *labels == ',';
    return count;
}

/* Cut "LABEL,LABEL" into the labels of the class. */
static bool set_labels(struct vr_scenario_class *class, char *labels)
{
    class->truths = calloc(count_labels(labels), sizeof *class->truths);
    for (char *label; class->truths && (label = strsep(&labels, ",")) != NULL;)
        class->truths[class->truth_count++] = label;
    return class->truths != NULL;
}

const char *vr_score_classes_add(struct vr_score_classes *classes, const char *argument)
{
    if (classes->count == VR_SCORE_CLASSES_MAX)
        return "there are too many classes";
    char *text = strdup(argument);
    struct vr_scenario_class *class = &classes->items[classes->count];
    if (!text)
        return out_of_memory;
    classes->texts[classes->count++] = text;
    char *equals = strchr(text, '=');
    if (equals)
        *equals = '\0';
    class->name = text;
    if (!text[0] || (equals && !equals[1]))
        return "a class is NAME, or NAME=LABEL,LABEL";
    for (size_t i = 0; i + 1 < classes->count; i++)
        if (strcmp(classes->items[i].name, text) == 0)
            return "there is a class of that name";
    return equals && !set_labels(class, equals + 1) ? out_of_memory : NULL;
}

const char *vr_score_classes_add_names(struct vr_score_classes *classes, const char *argument)
{
    char *names = strdup(argument), *rest = names;
    const char *wrong = names ? NULL : out_of_memory;
    for (char *name; !wrong && rest && (name = strsep(&rest, ",")) != NULL;)
        wrong = strchr(name, '=') ? "give a class with labels by --class"
                                  : vr_score_classes_add(classes, name);
    free(names);
    return wrong;
}

const char *vr_score_classes_ignore(struct vr_score_classes *classes, const char *label)
{
    if (classes->ignored_count == VR_SCORE_IGNORED_MAX)
        return "there are too many labels to ignore";
    classes->ignored[classes->ignored_count++] = label;
    return NULL;
}
