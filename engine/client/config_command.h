/* SPDX-License-Identifier: Apache-2.0 */
/* config_command: `sallyport config`: prints a definition as the region understands it. */
#ifndef SALLYPORT_CONFIG_COMMAND_H
#define SALLYPORT_CONFIG_COMMAND_H

/* Runs `config`, argv[0] being that word. Returns the exit status. */
int config_command_run(int argc, char **argv);

#endif
