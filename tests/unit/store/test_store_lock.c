/* The lock beside a file. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/file.h>

#include "filled.h"
#include "store/lock.h"

static struct scratch scratch;
static struct vr_err err;

static void setup(void)
{
    scratch_make(&scratch);
}

static void teardown(void)
{
    scratch_remove(&scratch);
}

TestSuite(store_lock, .init = setup, .fini = teardown);

Test(store_lock, is_a_file_while_held_and_none_after)
{
    struct vr_lock lock = VR_LOCK_NONE;
    cr_assert_eq(vr_lock_take(scratch_path(&scratch, "a.db"), 0, &lock, &err), 0, "%s", err.text);
    cr_expect_eq(access(scratch_path(&scratch, "a.db.lock"), F_OK), 0);
    vr_lock_release(&lock);
    cr_expect_eq(scratch_count(&scratch), 0);
    vr_lock_release(&lock);
}

Test(store_lock, is_refused_while_held)
{
    struct vr_lock lock = VR_LOCK_NONE, second = VR_LOCK_NONE;
    const char *path = scratch_path(&scratch, "a.db");
    cr_assert_eq(vr_lock_take(path, 0, &lock, &err), 0);
    cr_expect_eq(vr_lock_take(path, 60000, &second, &err), -VR_ERR_STORE, "and not waited for");
    cr_expect_eq(second.fd, -1);
    vr_lock_release(&lock);
    cr_expect_eq(vr_lock_take(path, 0, &second, &err), 0);
    vr_lock_release(&second);
}

Test(store_lock, names_the_process_that_holds_it)
{
    struct vr_lock lock = VR_LOCK_NONE;
    int fd = open(scratch_path(&scratch, "a.db.lock"), O_RDWR | O_CREAT, 0644);
    cr_assert_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
    dprintf(fd, "4711\n");
    cr_expect_eq(vr_lock_take(scratch_path(&scratch, "a.db"), 0, &lock, &err), -VR_ERR_STORE);
    cr_expect_not_null(strstr(err.text, "pid 4711"), "%s", err.text);
    close(fd);
}

Test(store_lock, is_taken_from_the_dead)
{
    struct vr_lock lock = VR_LOCK_NONE;
    FILE *left = fopen(scratch_path(&scratch, "a.db.lock"), "w");
    fprintf(left, "999999999 and some rubbish\n");
    fclose(left);
    cr_expect_eq(vr_lock_take(scratch_path(&scratch, "a.db"), 0, &lock, &err), 0, "%s", err.text);
    vr_lock_release(&lock);
}

Test(store_lock, follows_no_link)
{
    struct vr_lock lock = VR_LOCK_NONE;
    cr_assert_eq(symlink(scratch_path(&scratch, "victim"), scratch_path(&scratch, "a.db.lock")), 0);
    cr_expect_eq(vr_lock_take(scratch_path(&scratch, "a.db"), 0, &lock, &err), -VR_ERR_IO);
    cr_expect_neq(access(scratch_path(&scratch, "victim"), F_OK), 0);
}

Test(store_lock, needs_its_folder)
{
    struct vr_lock lock = VR_LOCK_NONE;
    cr_expect_eq(
        vr_lock_take(scratch_path(&scratch, "no/a.db"), 0, &lock, &err), -VR_ERR_NOT_FOUND);
}
