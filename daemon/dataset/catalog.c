#include "dataset/catalog.h"

#include <string.h>

#include "base/nearest.h"

#define ODC_BY "Open Data Commons Attribution License v1.0"
#define CC_BY "Creative Commons Attribution 4.0 International"

static const struct vr_database databases[] = {
#define X(slug, version, title, licence, doi, size_mb, citation) \
    {slug, version, title, licence, doi, citation, size_mb},
#include "dataset/catalog.def"
#undef X
};

#define COUNT (sizeof databases / sizeof databases[0])

const char vr_physionet_citation[] =
    "Goldberger AL, Amaral LAN, Glass L, Hausdorff JM, Ivanov PCh, Mark RG, Mietus JE, Moody GB, "
    "Peng CK, Stanley HE. PhysioBank, PhysioToolkit, and PhysioNet: components of a new research "
    "resource for complex physiologic signals. Circulation 101(23):e215-e220 (2000)";

const struct vr_database *vr_catalog(size_t index)
{
    return index < COUNT ? &databases[index] : NULL;
}

const struct vr_database *vr_catalog_find(const char *slug)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(databases[i].slug, slug) == 0)
            return &databases[i];
    return NULL;
}

const char *vr_catalog_nearest(const char *slug)
{
    const char *slugs[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        slugs[i] = databases[i].slug;
    return vr_nearest(slug, slugs, COUNT);
}
