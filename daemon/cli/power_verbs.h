/* The verbs of `vitalrig power`, one file each; power.c holds their table.  Each takes its own arguments, argv[0] being the whole name so far,
 * and returns the exit code. */
#ifndef VR_CLI_POWER_VERBS_H
#define VR_CLI_POWER_VERBS_H

int vr_power_list_main(int argc, char **argv);
int vr_power_decode_main(int argc, char **argv);
int vr_power_energy_main(int argc, char **argv);
int vr_power_plot(int argc, char **argv);

#endif
