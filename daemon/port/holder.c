/* /proc/PID/fd, then /proc/locks. */
#include "port/holder.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"

static void read_program(const char *root, pid_t pid, char *program, size_t size)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/proc/%d/comm", root, (int)pid);
    _cleanup_fclose_ FILE *file = fopen(path, "re");
    if (!file || !fgets(program, (int)size, file))
        snprintf(program, size, "?");
    program[strcspn(program, "\n")] = '\0';
}

static bool has_open(const char *root, pid_t pid, const char *path)
{
    char name[PATH_MAX], target[PATH_MAX];
    snprintf(name, sizeof name, "%s/proc/%d/fd", root, (int)pid);
    _cleanup_closedir_ DIR *folder = opendir(name);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        ssize_t size = readlinkat(dirfd(folder), entry->d_name, target, sizeof target - 1);
        if (size < 0)
            continue;
        target[size] = '\0';
        if (strcmp(target, path) == 0)
            return true;
    }
    return false;
}

/* The process that has a lock on the node, 0 = none: "12: FLOCK  ADVISORY  WRITE 812 00:05:94 0 EOF", device in hex, inode in decimal. */
static pid_t find_lock(const char *root, const char *path)
{
    char name[PATH_MAX], line[256];
    struct stat node;
    snprintf(name, sizeof name, "%s%s", root, path);
    if (stat(name, &node) < 0)
        return 0;
    snprintf(name, sizeof name, "%s/proc/locks", root);
    _cleanup_fclose_ FILE *file = fopen(name, "re");
    while (file && fgets(line, sizeof line, file)) {
        unsigned major_number, minor_number;
        unsigned long long inode;
        int pid;
        if (sscanf(
                line, "%*d: FLOCK %*s %*s %d %x:%x:%llu", &pid, &major_number, &minor_number,
                &inode) == 4 &&
            inode == node.st_ino && makedev(major_number, minor_number) == node.st_dev)
            return pid;
    }
    return 0;
}

static pid_t find_process(
    const char *root, bool (*is_it)(const char *root, pid_t pid, const char *wanted),
    const char *wanted, pid_t except)
{
    char name[PATH_MAX];
    snprintf(name, sizeof name, "%s/proc", root);
    _cleanup_closedir_ DIR *folder = opendir(name);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        pid_t pid = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;
        if (pid > 0 && pid != except && is_it(root, pid, wanted))
            return pid;
    }
    return 0;
}

bool vr_port_holder_find(
    const char *root, const char *path, pid_t except, struct vr_port_holder *ret_holder)
{
    /* A pty is open in the process that made it too; only its lock tells who uses it. */
    bool is_pty = strncmp(path, "/dev/pts/", 9) == 0;
    pid_t pid = is_pty ? 0 : find_process(root, has_open, path, except);
    if (pid == 0)
        pid = find_lock(root, path);
    if (pid <= 0 || pid == except)
        return false;
    ret_holder->pid = pid;
    read_program(root, pid, ret_holder->program, sizeof ret_holder->program);
    return true;
}

static bool is_called(const char *root, pid_t pid, const char *program)
{
    char name[32];
    read_program(root, pid, name, sizeof name);
    return strncmp(name, program, 15) == 0;
}

bool vr_port_holder_runs(const char *root, const char *program, pid_t *ret_pid)
{
    *ret_pid = find_process(root, is_called, program, 0);
    return *ret_pid > 0;
}
