/* dataset/catalog: every line of the table can be relied upon. */
#include "dataset/catalog.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <string.h>

Test(catalog, is_sorted_and_complete)
{
    cr_assert_not_null(vr_catalog(0));
    for (size_t i = 0; vr_catalog(i); i++) {
        const struct vr_database *database = vr_catalog(i);
        cr_assert(i == 0 || strcmp(vr_catalog(i - 1)->slug, database->slug) < 0);
        cr_assert_eq(strncmp(database->doi, "10.13026/", 9), 0, "%s", database->slug);
        cr_assert(database->title[0] && database->licence[0]);
        cr_assert_eq(strspn(database->version, "0123456789."), strlen(database->version));
        for (const char *c = database->slug; *c; c++)
            cr_assert(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '-');
        for (size_t k = 0; k < i; k++)
            cr_assert_str_neq(vr_catalog(k)->doi, database->doi);
    }
}

Test(catalog, is_searched_by_name)
{
    cr_assert_str_eq(vr_catalog_find("mitdb")->doi, "10.13026/C2F305");
    cr_assert_str_eq(vr_catalog_find("ptb-xl")->version, "1.0.3");
    cr_assert_null(vr_catalog_find("mitd"));
    cr_assert_str_eq(vr_catalog_nearest("mitd"), "mitdb");
}
