/* The verbs of `vitalrig db` that look after a catalogue; db.c holds their table.  Each takes its own arguments, argv[0] being the whole name
 * so far, and returns the exit code. */
#ifndef VR_CLI_DB_VERBS_H
#define VR_CLI_DB_VERBS_H

int vr_db_migrate_main(int argc, char **argv);
int vr_db_snapshot_main(int argc, char **argv);
int vr_db_prune_main(int argc, char **argv);
int vr_db_verify_main(int argc, char **argv);

#endif
