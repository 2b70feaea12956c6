/* dataset/folder_place: what is written stays in the folder. */
#include "dataset/folder.h"
#include "dataset/folder_place.h"
#include "scratch.h"

#include <fcntl.h>
#include <sys/stat.h>

static int folder_fd = -1;

static void start(void)
{
    scratch_make();
    cr_assert_eq(vr_folder_open(scratch, &folder_fd, NULL), 0);
}

static void stop(void)
{
    close(folder_fd);
    scratch_remove();
}

TestSuite(folder_place, .init = start, .fini = stop);

static void make_part(void)
{
    int fd = openat(folder_fd, "part", O_CREAT | O_WRONLY | O_TRUNC, 0600);
    cr_assert_eq(write(fd, "new", 3), 3);
    close(fd);
}

static void assert_placed(const char *name)
{
    struct vr_err err = {0};
    struct vr_folder_file file;
    char sha256[VR_DIGEST_HEX_SIZE], expected[VR_DIGEST_HEX_SIZE];
    make_part();
    cr_assert_eq(
        vr_folder_place(folder_fd, "part", folder_fd, scratch, name, &err), 0, "%s", err.text);
    cr_assert_eq(vr_folder_open_file(folder_fd, scratch, name, &file, &err), 0, "%s", err.text);
    cr_assert_eq(vr_folder_file_digest(&file, name, sha256, &err), 0, "%s", err.text);
    close(file.fd);
    vr_digest_bytes("new", 3, expected);
    cr_assert_str_eq(sha256, expected);
    cr_assert_eq(faccessat(folder_fd, "part", F_OK, 0), -1);
}

static void assert_refused(const char *name, const char *words)
{
    struct vr_err err = {0};
    make_part();
    int r = vr_folder_place(folder_fd, "part", folder_fd, scratch, name, &err);
    cr_assert(r < 0, "%s", name);
    cr_assert(strstr(err.text, words), "%s: %s", name, err.text);
    cr_assert_eq(faccessat(folder_fd, "part", F_OK, 0), 0, "%s", name);
}

Test(folder_place, folders_on_the_way_are_made)
{
    assert_placed("a");
    assert_placed("sub/b");
    assert_placed("sub/deep/er/c");
    assert_placed("sub/b"); /* over what was there */
}

Test(folder_place, names_that_lead_elsewhere_are_refused)
{
    assert_refused("../a", "leads out of the folder");
    assert_refused("/a", "is an absolute path");
    assert_refused("a/../../b", "leads out of the folder");
}

Test(folder_place, links_are_not_followed_and_folders_not_replaced)
{
    char outside[sizeof scratch + 8];
    snprintf(outside, sizeof outside, "%s/out", scratch);
    cr_assert_eq(mkdirat(folder_fd, "out", 0700), 0);
    cr_assert_eq(symlinkat(outside, folder_fd, "link"), 0);
    assert_refused("link/a", "a symbolic link");
    cr_assert_eq(faccessat(folder_fd, "out/a", F_OK, 0), -1);
    assert_refused("out", "a folder stands where");
    assert_placed("file");
    assert_refused("file/a", "a symbolic link or a file");
    /* A link in the place of the file itself goes; what it points to stays. */
    assert_placed("out/kept");
    cr_assert_eq(symlinkat("out/kept", folder_fd, "over"), 0);
    assert_placed("over");
    cr_assert_eq(faccessat(folder_fd, "out/kept", F_OK, 0), 0);
}

Test(folder_place, a_folder_is_made_and_opened)
{
    int fd = -1;
    struct vr_err err = {0};
    cr_assert_eq(vr_folder_make(folder_fd, scratch, "x/y", &fd, &err), 0, "%s", err.text);
    cr_assert_eq(mkdirat(fd, "z", 0700), 0);
    close(fd);
    cr_assert_eq(faccessat(folder_fd, "x/y/z", F_OK, 0), 0);
    cr_assert_eq(vr_folder_make(folder_fd, scratch, "../x", &fd, &err), -VR_ERR_INPUT);
}
