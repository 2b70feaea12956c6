/* Access: what a user may do, by the roles of the daemon's file (docs/reference-api.md, "Who may do what"). */
#ifndef VR_SERVICE_ACCESS_H
#define VR_SERVICE_ACCESS_H

#include <sys/types.h>

#include "service/config.h"

/* The machine's users.  Real: getpwuid_r, getgrnam_r and getgrouplist. */
struct vr_access_users {
    void *context;
    /* false = nobody is called so, or the number has no name. */
    bool (*name)(void *context, uid_t uid, char *name, size_t size);
    bool (*group)(void *context, const char *name, gid_t *ret_gid);
    /* Whether the user is in the group, its own one aside. */
    bool (*is_member)(void *context, uid_t uid, gid_t primary, gid_t group);
};

/* The highest role that a line of `roles` gives: a user's name or number, "@group", "*" for everybody.  Without roles root and the daemon's
 * own user are admin, everybody else is operator.  With roles, whom none of them names has none. */
enum vr_role vr_access_role(const struct vr_config *config, uid_t uid, gid_t gid);
enum vr_role vr_access_role_by(
    const struct vr_config *config, const struct vr_access_users *users, uid_t uid, gid_t gid);

/* The user's name for people; its number when it has none. */
void vr_access_name(uid_t uid, char *name, size_t size);

#endif
