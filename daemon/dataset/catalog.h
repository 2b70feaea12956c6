/* Databases that are known by name: where they are published, under which licence, and what to cite (dataset/catalog.def). */
#ifndef VR_DATASET_CATALOG_H
#define VR_DATASET_CATALOG_H

#include <stddef.h>

struct vr_database {
    const char *slug;     /* "mitdb": the last part but one of its address */
    const char *version;  /* "1.0.0", the last one */
    const char *title;    /* the members below may be NULL of one that is not in the catalogue */
    const char *licence;  /* of its files */
    const char *doi;      /* of this version */
    const char *citation; /* the publication that its page asks to cite; NULL = none */
    int size_mb;          /* all files; 0 = not known */
};

#define VR_PHYSIONET_FILES "https://physionet.org/files" /* then /SLUG/VERSION/ */

/* What everything from there is cited with, besides. */
extern const char vr_physionet_citation[];

/* In the order of their slugs; NULL after the last. */
const struct vr_database *vr_catalog(size_t index);
const struct vr_database *vr_catalog_find(const char *slug);
/* A slug that is nearly this one; NULL = none. */
const char *vr_catalog_nearest(const char *slug);

#endif
