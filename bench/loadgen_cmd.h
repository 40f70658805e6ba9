/*
 * loadgen_cmd - the subcommands. Each prints one JSON object on stdout and
 * returns the exit status: 0 measured, 2 could not be measured (in die()).
 */
#ifndef LOADGEN_CMD_H
#define LOADGEN_CMD_H

#include "loadgen_opt.h"

int cmd_fan(const struct options *options);
int cmd_idle(const struct options *options);
int cmd_resume(const struct options *options);
int cmd_fill(const struct options *options);

#endif
