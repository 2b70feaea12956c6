/* A disk that remembers: what a process does to the files of one folder is recorded, and the folder can be made as a power cut at any
 * point of the record would have left it.
 *
 * What was synced is there.  Of what was not, each write is there, is not, or is there in some of its 512-byte sectors, whatever came
 * after it; a file that grew may have grown without its data; names (creations, unlinks, renames) are there up to some point, for
 * a file system keeps those in their order, until their folder is synced.  Which of it happens follows from a seed.
 *
 * open, write, fsync and their kin are defined here as symbols of the program, so link with export_dynamic; SQLite's xSetSystemCall does
 * not reach fsync.  Nothing is really synced: the cut is played, not waited for.  Not recorded: "-shm" files and ".lock" files, which
 * mean nothing after a cut, writing through mmap, and folders below.  One thread, one recording at a time. */
#ifndef TEST_SERVICE_DISK_H
#define TEST_SERVICE_DISK_H

#include <stddef.h>
#include <stdint.h>

struct disk;

/* What lies in the folder now counts as synced.  `folder` is absolute, and none of its files is open. */
struct disk *disk_record(const char *folder);
/* The work says that something is stored from here on. */
void disk_acknowledge(int what);
/* The end of the record; aborts when what was recorded is not what lies in the folder. */
void disk_stop(struct disk *disk);
void disk_free(struct disk *disk);

/* Changes, syncs and acknowledgements that were recorded. */
size_t disk_length(const struct disk *disk);
/* How often `what` was acknowledged among the first `at` of them. */
int disk_acknowledged(const struct disk *disk, size_t at, int what);
/* Make the folder as a cut before number `at` leaves it; 0 <= at <= length. */
void disk_cut(const struct disk *disk, size_t at, uint64_t seed);

#endif
