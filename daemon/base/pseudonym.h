/* Pseudonyms of subjects: "p-" and the first 16 digits of the HMAC of their id by the key of this site.  The same id is the same pseudonym at
 * one site, and nobody can tell the one from the other without the key. */
#ifndef VR_BASE_PSEUDONYM_H
#define VR_BASE_PSEUDONYM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define VR_PSEUDONYM_SIZE 19 /* with its NUL */

struct vr_site_key {
    uint8_t bytes[32];
};

/* Read the key: 64 hexadecimal digits in $VITALRIG_SITE_KEY, else in $XDG_CONFIG_HOME/vitalrig/site.key (that is ~/.config); there it is made
 * when it is missing, for its owner alone, and *ret_made (the caller frees it) names it, else is NULL.
 * VR_ERR_INPUT when others may read it, or it is no key; VR_ERR_USAGE when there is no home; VR_ERR_NOT_FOUND, VR_ERR_IO. */
int vr_site_key_load(struct vr_site_key *ret_key, char **ret_made, struct vr_err *err);

bool vr_pseudonym_is(const char *text);

/* Of an id; one that is a pseudonym already stays as it is. */
void vr_pseudonym(
    const struct vr_site_key *key, const char *id, char ret_pseudonym[VR_PSEUDONYM_SIZE]);

#endif
