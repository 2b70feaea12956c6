/* Pseudonyms for verbs: the key of the site is loaded when the first id needs it, and said to be new when it is. */
#ifndef VR_CLI_SITE_H
#define VR_CLI_SITE_H

#include "base/pseudonym.h"

struct vr_site {
    bool has_key;
    struct vr_site_key key;
};

int vr_site_pseudonym(
    struct vr_site *site, const char *id, char ret_pseudonym[VR_PSEUDONYM_SIZE],
    struct vr_err *err);

/* Say that the key was made just now. */
void vr_site_say_made(const char *path);

#endif
