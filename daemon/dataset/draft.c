/* Rename is the one step that a reader cannot see half of. */
#include "dataset/draft.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int vr_draft_open(struct vr_draft *draft, const char *path, struct vr_err *err)
{
    *draft = (struct vr_draft){.path = strdup(path)};
    if (!draft->path || asprintf(&draft->part, "%s.part", path) < 0) {
        draft->part = NULL;
        vr_draft_close(draft);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to write it", path);
    }
    draft->file = fopen(draft->part, "we");
    if (!draft->file) {
        vr_err_set(err, VR_ERR_IO, "%s: cannot be written: %s", draft->part, strerror(errno));
        vr_draft_close(draft);
        return -VR_ERR_IO;
    }
    return 0;
}

int vr_draft_commit(struct vr_draft *draft, struct vr_err *err)
{
    errno = 0;
    int failed = fflush(draft->file) != 0 || ferror(draft->file);
    if (failed || rename(draft->part, draft->path) < 0)
        return vr_err_set(
            err, VR_ERR_IO, "%s: not written: %s", draft->path,
            errno ? strerror(errno) : "an earlier write failed");
    free(draft->part);
    draft->part = NULL;
    return 0;
}

void vr_draft_close(struct vr_draft *draft)
{
    if (!draft)
        return;
    if (draft->file)
        fclose(draft->file);
    if (draft->part && draft->file)
        unlink(draft->part);
    free(draft->part);
    free(draft->path);
    *draft = (struct vr_draft){0};
}
