/* Nobody's name gets into a store. */
#include <stdlib.h>
#include <string.h>

#include "base/pseudonym.h"
#include "replay/plan.h"

static int make(struct vr_plan_record *record, const struct vr_site_key *key, struct vr_err *err)
{
    char pseudonym[VR_PSEUDONYM_SIZE];
    vr_pseudonym(key, record->subject, pseudonym);
    char *copy = strdup(pseudonym);
    if (!copy)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a record of the plan");
    free(record->subject);
    record->subject = copy;
    return 0;
}

int vr_plan_pseudonyms(struct vr_plan *plan, char **ret_made, struct vr_err *err)
{
    struct vr_site_key key;
    bool has_key = false;
    int r = 0;
    *ret_made = NULL;
    for (size_t i = 0; r == 0 && i < plan->record_count; i++) {
        struct vr_plan_record *record = &plan->records[i];
        if (!record->subject[0] || vr_pseudonym_is(record->subject))
            continue;
        if (!has_key)
            r = vr_site_key_load(&key, ret_made, err);
        has_key = true;
        if (r == 0)
            r = make(record, &key, err);
    }
    return r;
}
