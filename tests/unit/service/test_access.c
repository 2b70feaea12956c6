#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "service/access.h"

static bool name_of(void *context, uid_t uid, char *name, size_t size)
{
    (void)context;
    const char *found = uid == 1000 ? "alice" : uid == 1001 ? "bob" : uid == 1002 ? "0" : NULL;
    if (found)
        snprintf(name, size, "%s", found);
    return found;
}

static bool group_of(void *context, const char *name, gid_t *ret_gid)
{
    (void)context;
    *ret_gid = strcmp(name, "lab") == 0 ? 50 : 60;
    return strcmp(name, "lab") == 0 || strcmp(name, "ci") == 0;
}

/* bob is in lab. */
static bool is_member(void *context, uid_t uid, gid_t primary, gid_t group)
{
    (void)context, (void)primary;
    return uid == 1001 && group == 50;
}

static const struct vr_access_users users = {
    .name = name_of, .group = group_of, .is_member = is_member};

static enum vr_role role(const char *roles, uid_t uid, gid_t gid)
{
    struct vr_json_doc *doc;
    struct vr_err err;
    cr_assert_eq(vr_json_doc_create(roles, strlen(roles), "roles", &doc, &err), 0, "%s", err.text);
    const struct vr_config config = {.roles = vr_json_doc_root(doc)};
    enum vr_role found = vr_access_role_by(&config, &users, uid, gid);
    vr_json_doc_destroy(doc);
    return found;
}

Test(access, without_roles_root_and_the_daemon_are_admin_and_others_operate)
{
    const struct vr_config config = {0};
    cr_expect_eq(vr_access_role(&config, 0, 0), VR_ROLE_ADMIN);
    cr_expect_eq(vr_access_role(&config, geteuid(), 5), VR_ROLE_ADMIN);
    cr_expect_eq(vr_access_role(&config, 54321, 5), VR_ROLE_OPERATOR);
}

Test(access, who_is_not_named_has_no_role)
{
    cr_expect_eq(role("{}", 1000, 1), VR_ROLE_NONE);
    cr_expect_eq(role("{\"admin\": [\"root\"], \"viewer\": [\"bob\"]}", 1000, 1), VR_ROLE_NONE);
    cr_expect_eq(role("{\"viewer\": [\"alice\"]}", 4242, 1), VR_ROLE_NONE);
}

Test(access, the_highest_role_counts)
{
    const char *roles =
        "{\"viewer\": [\"*\"], \"operator\": [\"bob\", \"alice\"], \"admin\": [\"alice\"]}";
    cr_expect_eq(role(roles, 1000, 1), VR_ROLE_ADMIN);
    cr_expect_eq(role(roles, 1001, 1), VR_ROLE_OPERATOR);
    cr_expect_eq(role(roles, 4242, 1), VR_ROLE_VIEWER);
}

Test(access, a_group_is_the_own_one_or_one_that_lists_the_user)
{
    const char *roles = "{\"operator\": [\"@lab\"], \"admin\": [\"@nobody\"]}";
    cr_expect_eq(role(roles, 1001, 1), VR_ROLE_OPERATOR, "listed");
    cr_expect_eq(role(roles, 1000, 50), VR_ROLE_OPERATOR, "own");
    cr_expect_eq(role(roles, 1000, 60), VR_ROLE_NONE, "another, and one that does not exist");
    cr_expect_eq(role("{\"admin\": [\"lab\"]}", 1001, 50), VR_ROLE_NONE, "a user's name");
}

Test(access, a_number_is_a_user_and_never_a_name)
{
    cr_expect_eq(role("{\"admin\": [\"4242\"]}", 4242, 1), VR_ROLE_ADMIN);
    cr_expect_eq(role("{\"admin\": [\"0\"]}", 1002, 1), VR_ROLE_NONE, "a user who calls himself 0");
}

Test(access, the_machine_knows_root)
{
    const char *text = "{\"admin\": [\"root\"], \"operator\": [\"@root\"]}";
    struct vr_json_doc *doc;
    cr_assert_eq(vr_json_doc_create(text, strlen(text), "roles", &doc, NULL), 0);
    const struct vr_config config = {.roles = vr_json_doc_root(doc)};
    cr_expect_eq(vr_access_role(&config, 0, 0), VR_ROLE_ADMIN);
    cr_expect_eq(vr_access_role(&config, 54321, 0), VR_ROLE_OPERATOR);
    cr_expect_eq(vr_access_role(&config, 54321, 54321), VR_ROLE_NONE);
    vr_json_doc_destroy(doc);
}
