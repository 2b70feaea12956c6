#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "port/fake_root.h"
#include "port/holder.h"

static const char *root;

static void make(void)
{
    root = fake_root_make();
    fake_file("/proc/12/comm", "bash\n");
    fake_file("/proc/812/comm", "ModemManager\n");
    fake_file("/proc/900/comm", "picocom\n");
    fake_file("/proc/self/comm", "picocom\n");
    fake_link("/proc/12/fd/0", "/dev/null");
    fake_link("/proc/900/fd/7", "/dev/ttyX1");
}

TestSuite(holder, .init = make, .fini = fake_root_remove);

Test(holder, is_the_process_with_the_descriptor)
{
    struct vr_port_holder holder;
    cr_assert(vr_port_holder_find(root, "/dev/ttyX1", 0, &holder));
    cr_expect_eq(holder.pid, 900);
    cr_expect_str_eq(holder.program, "picocom");
    cr_expect_not(vr_port_holder_find(root, "/dev/ttyX1", 900, &holder));
    cr_expect_not(vr_port_holder_find(root, "/dev/ttyX", 0, &holder)); /* no beginnings */
}

Test(holder, is_another_one_where_one_does_not_count)
{
    struct vr_port_holder holder;
    fake_link("/proc/12/fd/1", "/dev/ttyX4");
    fake_link("/proc/900/fd/1", "/dev/ttyX4");
    cr_assert(vr_port_holder_find(root, "/dev/ttyX4", 12, &holder));
    cr_expect_eq(holder.pid, 900);
    cr_assert(vr_port_holder_find(root, "/dev/ttyX4", 900, &holder));
    cr_expect_eq(holder.pid, 12);
}

Test(holder, is_the_process_with_the_lock)
{
    struct vr_port_holder holder;
    char path[128], line[128];
    struct stat node;
    fake_file("/dev/ttyX2", "");
    fake_file("/dev/ttyX3", ""); /* nobody's */
    snprintf(path, sizeof path, "%s/dev/ttyX2", root);
    cr_assert_eq(stat(path, &node), 0);
    snprintf(
        line, sizeof line,
        "1: POSIX  ADVISORY  WRITE 12 %02x:%02x:%llu 0 EOF\n2: FLOCK  ADVISORY  WRITE 812 "
        "%02x:%02x:%llu 0 EOF\n",
        major(node.st_dev), minor(node.st_dev), (unsigned long long)node.st_ino, major(node.st_dev),
        minor(node.st_dev), (unsigned long long)node.st_ino);
    fake_file("/proc/locks", line);
    cr_assert(vr_port_holder_find(root, "/dev/ttyX2", 0, &holder));
    cr_expect_eq(holder.pid, 812);
    cr_expect_str_eq(holder.program, "ModemManager");
    cr_expect_not(vr_port_holder_find(root, "/dev/ttyX3", 0, &holder));
}

Test(holder, programs_are_known_by_their_whole_name)
{
    pid_t pid;
    cr_expect(vr_port_holder_runs(root, "ModemManager", &pid));
    cr_expect_eq(pid, 812);
    cr_expect_not(vr_port_holder_runs(root, "Modem", &pid));
    cr_expect_not(vr_port_holder_runs(root, "brltty", &pid));
}
