/*
 * fanfare-loadgen - the load generator of the benchmarks; see README.md.
 */
#include "loadgen_cmd.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

struct command {
    const char *name;
    int (*run)(const struct options *options);
    const char *help;
};

static const struct command COMMANDS[] = {
    {"fan", cmd_fan, "subscribers of one channel, a publisher, CPU, latency"},
    {"idle", cmd_idle, "memory of connections that do nothing"},
    {"resume", cmd_resume, "clients that are cut and come back"},
    {"fill", cmd_fill, "messages into many channels with history"},
};

#define COMMAND_COUNT (sizeof(COMMANDS) / sizeof(COMMANDS[0]))

static int usage(void)
{
    puts("usage: fanfare-loadgen COMMAND [--option VALUE …]\n\ncommands:");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %-17s %s\n", COMMANDS[i].name, COMMANDS[i].help);
    puts("\noptions (default):");
    options_print_help();
    return 2;
}

int main(int argc, char **argv)
{
    struct options options;

    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; argc > 1 && i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], COMMANDS[i].name) != 0)
            continue;
        options_parse(&options, argc - 2, argv + 2);
        return COMMANDS[i].run(&options);
    }
    return usage();
}
