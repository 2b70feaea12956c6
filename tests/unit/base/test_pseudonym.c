/* base/pseudonym: the key is made once and kept to its owner; an id is one pseudonym, and a pseudonym itself. */
#include "base/pseudonym.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char home[256], path[300];

static int remove_one(const char *name, const struct stat *info, int kind, struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(name);
}

static void start(void)
{
    const char *folder = getenv("TMPDIR");
    snprintf(home, sizeof home, "%s/vitalrig-XXXXXX", folder && folder[0] ? folder : "/tmp");
    cr_assert(mkdtemp(home));
    snprintf(path, sizeof path, "%s/vitalrig/site.key", home);
    setenv("XDG_CONFIG_HOME", home, 1);
    unsetenv("VITALRIG_SITE_KEY");
}

static void stop(void)
{
    nftw(home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(pseudonym, .init = start, .fini = stop);

static void write_key(const char *text, mode_t mode)
{
    char folder[300];
    snprintf(folder, sizeof folder, "%s/vitalrig", home);
    mkdir(folder, 0700);
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
    cr_assert_eq(chmod(path, mode), 0);
}

static void assert_refused(const char *words)
{
    struct vr_site_key key;
    struct vr_err err = {0};
    char *made;
    cr_assert_eq(vr_site_key_load(&key, &made, &err), -VR_ERR_INPUT);
    cr_assert_null(made);
    cr_assert(strstr(err.text, words), "%s", err.text);
}

Test(pseudonym, a_key_is_made_once_for_its_owner_alone)
{
    struct vr_site_key first, second;
    struct vr_err err = {0};
    struct stat info;
    char *made = NULL;
    cr_assert_eq(vr_site_key_load(&first, &made, &err), 0, "%s", err.text);
    cr_assert_str_eq(made, path);
    free(made);
    cr_assert_eq(stat(path, &info), 0);
    cr_assert_eq(info.st_mode & 07777, 0600);
    cr_assert_eq(info.st_size, 65);
    cr_assert_eq(vr_site_key_load(&second, &made, &err), 0);
    cr_assert_null(made);
    cr_assert_arr_eq(first.bytes, second.bytes, sizeof first.bytes);
}

Test(pseudonym, an_id_is_always_the_same_pseudonym)
{
    struct vr_site_key key, other;
    char one[VR_PSEUDONYM_SIZE], two[VR_PSEUDONYM_SIZE];
    for (unsigned i = 0; i < sizeof key.bytes; i++)
        key.bytes[i] = (uint8_t)i;
    vr_pseudonym(&key, "patient 1", one);
    cr_assert_str_eq(one, "p-0dfa1cdad3c2e9b6"); /* by another implementation of HMAC */
    cr_assert(vr_pseudonym_is(one));
    vr_pseudonym(&key, "patient 2", two);
    cr_assert_str_neq(one, two);
    other = key;
    other.bytes[31] ^= 1;
    vr_pseudonym(&other, "patient 1", two);
    cr_assert_str_neq(one, two);
    vr_pseudonym(&other, one, two); /* already one */
    cr_assert_str_eq(one, two);
}

Test(pseudonym, only_its_exact_form_is_one)
{
    static const char *const ids[] = {
        "p-0dfa1cdad3c2e9b",
        "p-0dfa1cdad3c2e9b61",
        "p-0DFA1CDAD3C2E9B6",
        "P-0dfa1cdad3c2e9b6",
        "p-0dfa1cdad3c2e9bg",
        "p_0dfa1cdad3c2e9b6",
        "",
    };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        cr_assert_not(vr_pseudonym_is(ids[i]), "%s", ids[i]);
    cr_assert(vr_pseudonym_is("p-0dfa1cdad3c2e9b6"));
}

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

Test(pseudonym, a_key_that_others_may_read_is_refused)
{
    static const mode_t modes[] = {0640, 0604, 0644, 0666, 0620, 0610};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        write_key(KEY "\n", modes[i]);
        assert_refused("chmod 600");
    }
    struct vr_site_key key;
    char *made;
    write_key(KEY "\n", 0400);
    cr_assert_eq(vr_site_key_load(&key, &made, NULL), 0);
    cr_assert_eq(key.bytes[31], 0x1f);
    unlink(path);
}

Test(pseudonym, what_is_no_key_is_refused_and_stays)
{
    static const char *const texts[] = {"", "secret\n", KEY "0", KEY "\n\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_key(texts[i], 0600);
        assert_refused("no key");
        cr_assert_eq(access(path, F_OK), 0);
    }
}

Test(pseudonym, a_key_may_lie_elsewhere_and_is_not_made_there)
{
    struct vr_site_key key;
    struct vr_err err;
    char elsewhere[300], *made;
    snprintf(elsewhere, sizeof elsewhere, "%s/key", home);
    setenv("VITALRIG_SITE_KEY", elsewhere, 1);
    cr_assert_eq(vr_site_key_load(&key, &made, &err), -VR_ERR_NOT_FOUND);
    write_key(KEY, 0600);
    cr_assert_eq(rename(path, elsewhere), 0);
    cr_assert_eq(vr_site_key_load(&key, &made, &err), 0);
    cr_assert_eq(key.bytes[1], 1);
}
