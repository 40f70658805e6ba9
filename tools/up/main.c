/*
 * fanfare-up: a whole Fanfare cluster on this machine as plain processes under one supervisor.
 */
#include "tools/up/supervisor.h"

int main(int argc, char **argv)
{
    struct options options;
    struct cluster cluster;
    int code = 1;
    enum options_result result = options_parse(&options, argc, argv);
    if (result == OPTIONS_HELP)
        options_help();
    if (result != OPTIONS_RUN) {
        options_fini(&options);
        return result == OPTIONS_HELP ? 0 : 2;
    }
    supervisor_block_signals();
    if (cluster_init(&cluster, &options))
        code = supervisor_run(&cluster);
    cluster_fini(&cluster);
    options_fini(&options);
    return code;
}
