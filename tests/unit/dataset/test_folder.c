/* dataset/folder: no name leads out, only regular files are read, and a file that changes is noticed. */
#include "dataset/folder.h"
#include "scratch.h"

#include <errno.h>
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

TestSuite(folder, .init = start, .fini = stop);

/* Open a name; its error must hold `words`. */
static void assert_refused(const char *name, int code, const char *words)
{
    struct vr_folder_file file;
    struct vr_err err = {0};
    int r = vr_folder_open_file(folder_fd, scratch, name, &file, &err);
    cr_assert_eq(r, -code, "%s: %d %s", name, r, err.text);
    cr_assert(strstr(err.text, words), "%s: %s", name, err.text);
}

Test(folder, names_that_lead_elsewhere_are_faults)
{
    static const struct {
        const char *name, *fault;
    } cases[] = {
        {"100.dat", NULL},
        {"sub/100.dat", NULL},
        {"a-b_c.d e", NULL},
        {"..dat", NULL},
        {"a..b/c", NULL},
        {"..", "leads out of the folder"},
        {"../100.dat", "leads out of the folder"},
        {"a/../../b", "leads out of the folder"},
        {"./a", "has a part \".\""},
        {"/etc/passwd", "is an absolute path"},
        {"~", "begins with \"~\""},
        {"~root/a", "begins with \"~\""},
        {"-", "means standard input"},
        {"", "has an empty part"},
        {"a//b", "has an empty part"},
        {"a/", "has an empty part"},
        {"http://x/y", "has an empty part"},
        {"a\nb", "has a control character"},
        {"a\x7f", "has a control character"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *fault = vr_folder_name_fault(cases[i].name);
        cr_assert_eq(!fault, !cases[i].fault, "%s: %s", cases[i].name, fault ? fault : "no fault");
        if (fault)
            cr_assert_str_eq(fault, cases[i].fault, "%s: %s", cases[i].name, fault);
    }
}

Test(folder, only_regular_files_inside_are_opened)
{
    cr_assert_eq(mkdir(scratch_path("sub"), 0700), 0);
    cr_assert_eq(mkfifo(scratch_path("fifo"), 0600), 0);
    scratch_text("file", "x");
    cr_assert_eq(symlink("file", scratch_path("link")), 0);
    cr_assert_eq(symlink("/etc", scratch_path("etc")), 0);
    assert_refused("absent", VR_ERR_NOT_FOUND, "absent: no such file");
    assert_refused("../x", VR_ERR_INPUT, "leads out of the folder");
    assert_refused("sub", VR_ERR_INPUT, "not a regular file");
    assert_refused("fifo", VR_ERR_INPUT, "not a regular file"); /* and does not hang */
    assert_refused("link", VR_ERR_INPUT, "symbolic link");
    assert_refused("etc/passwd", VR_ERR_INPUT, "symbolic link");
    assert_refused("file/x", VR_ERR_INPUT, "not a folder on the way");
}

Test(folder, the_walk_without_openat2_is_as_strict)
{
    cr_assert_eq(mkdir(scratch_path("sub"), 0700), 0);
    scratch_text("sub/file", "inside");
    cr_assert_eq(symlink("sub", scratch_path("link")), 0);
    cr_assert_eq(symlink("file", scratch_path("sub/link")), 0);
    int fd = vr_folder_walk(folder_fd, "sub/file");
    cr_assert(fd >= 0);
    close(fd);
    cr_assert_eq(vr_folder_walk(folder_fd, "link/file"), -1);
    cr_assert(errno == ELOOP || errno == ENOTDIR);
    cr_assert_eq(vr_folder_walk(folder_fd, "sub/link"), -1);
    cr_assert_eq(errno, ELOOP);
    cr_assert_eq(vr_folder_walk(folder_fd, "sub/absent"), -1);
    cr_assert_eq(errno, ENOENT);
}

Test(folder, a_file_that_changes_while_open_is_an_error)
{
    scratch_text("file", "0123456789");
    struct vr_folder_file file;
    struct vr_err err = {0};
    char bytes[10];
    cr_assert_eq(vr_folder_open_file(folder_fd, scratch, "file", &file, &err), 0, "%s", err.text);
    cr_assert_eq(vr_folder_file_read(&file, "file", 4, 3, bytes, &err), 0, "%s", err.text);
    cr_assert_eq(memcmp(bytes, "456", 3), 0);

    cr_assert_eq(truncate(scratch_path("file"), 5), 0);
    cr_assert_eq(vr_folder_file_read(&file, "file", 0, 10, bytes, &err), -VR_ERR_IO);
    cr_assert(
        strstr(err.text, "file: changed while it was read (10 bytes when opened, now 5)"), "%s",
        err.text);
    cr_assert_eq(vr_folder_file_read(&file, "file", 0, 2, bytes, &err), -VR_ERR_IO);

    /* The same size with other content shows in the time of change. */
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1}};
    cr_assert_eq(truncate(scratch_path("file"), 10), 0);
    cr_assert_eq(utimensat(AT_FDCWD, scratch_path("file"), times, 0), 0);
    cr_assert_eq(vr_folder_file_read(&file, "file", 0, 2, bytes, &err), -VR_ERR_IO);
    close(file.fd);
}

Test(folder, whole_files_are_loaded_up_to_a_bound)
{
    scratch_text("file", "0123456789");
    scratch_text("empty", "");
    struct vr_err err = {0};
    uint8_t *bytes = NULL;
    size_t size;
    cr_assert_eq(vr_folder_load_file(folder_fd, scratch, "file", 10, &bytes, &size, &err), 0);
    cr_assert(size == 10 && memcmp(bytes, "0123456789", 10) == 0);
    free(bytes);
    cr_assert_eq(vr_folder_load_path(scratch_path("empty"), 10, &bytes, &size, &err), 0);
    cr_assert(bytes && size == 0);
    free(bytes);
    cr_assert_eq(
        vr_folder_load_file(folder_fd, scratch, "file", 9, &bytes, &size, &err), -VR_ERR_INPUT);
    cr_assert(
        strstr(err.text, "/file: 10 bytes; a file of this kind may have at most 9"), "%s",
        err.text);

    /* Eight exabytes of nothing are refused by their size, not read. */
    int fd = open(scratch_path("sparse"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    bool made = fd >= 0 && ftruncate(fd, INT64_C(1) << 42) == 0;
    close(fd);
    if (made)
        cr_assert_eq(
            vr_folder_load_path(scratch_path("sparse"), 1 << 20, &bytes, &size, &err),
            -VR_ERR_INPUT);
}

Test(folder, a_folder_that_is_none_is_told)
{
    int fd;
    struct vr_err err = {0};
    scratch_text("file", "x");
    cr_assert_eq(vr_folder_open(scratch_path("absent"), &fd, &err), -VR_ERR_NOT_FOUND);
    cr_assert(strstr(err.text, "absent: no such folder"), "%s", err.text);
    cr_assert_eq(vr_folder_open(scratch_path("file"), &fd, &err), -VR_ERR_INPUT);
    cr_assert(strstr(err.text, "file: not a folder; give"), "%s", err.text);
}
