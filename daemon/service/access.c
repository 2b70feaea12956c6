/* Roles of users. */
#include "service/access.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

/* --- the machine's users --------------------------------------------------------------------- */

#define TEXT_SIZE 65536 /* strings of one entry; a group of some thousand members fits */

static bool name_of(void *context, uid_t uid, char *name, size_t size)
{
    _cleanup_free_ char *text = malloc(TEXT_SIZE);
    struct passwd entry, *found = NULL;
    (void)context;
    if (!text || getpwuid_r(uid, &entry, text, TEXT_SIZE, &found) != 0 || !found)
        return false;
    return snprintf(name, size, "%s", entry.pw_name) < (int)size;
}

static bool group_of(void *context, const char *name, gid_t *ret_gid)
{
    _cleanup_free_ char *text = malloc(TEXT_SIZE);
    struct group entry, *found = NULL;
    (void)context;
    if (!text || getgrnam_r(name, &entry, text, TEXT_SIZE, &found) != 0 || !found)
        return false;
    *ret_gid = entry.gr_gid;
    return true;
}

/* Linux knows at most so many groups of a user. */
#define GROUPS_MAX 65536

static bool is_member(void *context, uid_t uid, gid_t primary, gid_t group)
{
    char name[256];
    int count = 64;
    if (!name_of(context, uid, name, sizeof name))
        return false;
    _cleanup_free_ gid_t *groups = malloc((size_t)count * sizeof *groups);
    while (groups && getgrouplist(name, primary, groups, &count) < 0) {
        free(groups);
        groups = count <= GROUPS_MAX ? malloc((size_t)count * sizeof *groups) : NULL;
    }
    for (int i = 0; groups && i < count; i++)
        if (groups[i] == group)
            return true;
    return false;
}

/* --- roles ----------------------------------------------------------------------------------- */

struct peer {
    const struct vr_access_users *users;
    uid_t uid;
    gid_t gid;
};

/* A number stands for the user with that number, never for one whose name is made of digits. */
static bool is_number(const char *word)
{
    return word[strspn(word, "0123456789")] == '\0';
}

static bool is_number_of(const char *word, uid_t uid)
{
    char text[16];
    snprintf(text, sizeof text, "%u", uid);
    return strcmp(word, text) == 0;
}

static bool is_meant(const struct peer *peer, const char *word)
{
    const struct vr_access_users *users = peer->users;
    char name[256];
    gid_t group;
    if (strcmp(word, "*") == 0)
        return true;
    if (word[0] == '@')
        return users->group(users->context, word + 1, &group) &&
               (group == peer->gid ||
                users->is_member(users->context, peer->uid, peer->gid, group));
    if (is_number(word))
        return is_number_of(word, peer->uid);
    return users->name(users->context, peer->uid, name, sizeof name) && strcmp(word, name) == 0;
}

static bool is_in(const struct peer *peer, const struct vr_json *list)
{
    const struct vr_json *word = list ? vr_json_first(list) : NULL;
    for (; word; word = vr_json_next(word))
        if (is_meant(peer, vr_json_string(word)))
            return true;
    return false;
}

enum vr_role vr_access_role_by(
    const struct vr_config *config, const struct vr_access_users *users, uid_t uid, gid_t gid)
{
    const struct peer peer = {users, uid, gid};
    if (!config->roles)
        return uid == 0 || uid == geteuid() ? VR_ROLE_ADMIN : VR_ROLE_OPERATOR;
    if (is_in(&peer, vr_json_get(config->roles, "admin")))
        return VR_ROLE_ADMIN;
    if (is_in(&peer, vr_json_get(config->roles, "operator")))
        return VR_ROLE_OPERATOR;
    return is_in(&peer, vr_json_get(config->roles, "viewer")) ? VR_ROLE_VIEWER : VR_ROLE_NONE;
}

enum vr_role vr_access_role(const struct vr_config *config, uid_t uid, gid_t gid)
{
    static const struct vr_access_users machine = {
        .name = name_of, .group = group_of, .is_member = is_member};
    return vr_access_role_by(config, &machine, uid, gid);
}

void vr_access_name(uid_t uid, char *name, size_t size)
{
    if (!name_of(NULL, uid, name, size))
        snprintf(name, size, "%u", uid);
}
