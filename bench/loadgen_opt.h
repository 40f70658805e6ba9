/*
 * loadgen_opt - the options of all subcommands, one table.
 */
#ifndef LOADGEN_OPT_H
#define LOADGEN_OPT_H

#include <netinet/in.h>
#include <stdint.h>

#define ENDPOINTS_MAX 8

/* Parsed from http://HOST:PORT/PATH (any scheme; IPv4 address). */
struct endpoint {
    struct sockaddr_in address;
    char host[64]; /* HOST:PORT */
    char path[192];
};

struct options {
    const char *proto;
    const char *url;
    const char *channel;
    const char *plain_channel;
    const char *pub;
    const char *pub_url;
    const char *api_key;
    const char *pids;
    const char *kill_pids;
    int64_t subs;
    int64_t rate;
    int64_t size;
    int64_t pub_conns;
    int64_t warmup_ms;
    int64_t window_ms;
    int64_t drain_ms;
    int64_t connect_ms;
    int64_t cut_ms;
    int64_t offline_ms;
    int64_t kill_after_ms;
    int64_t kill_signal;
    int64_t channels;
    int64_t per_channel;

    struct endpoint endpoints[ENDPOINTS_MAX]; /* of url, split at commas */
    unsigned endpoint_count;
    struct endpoint pub_endpoint;
};

/* argv after the subcommand; dies with a clear text on anything unknown. */
void options_parse(struct options *options, int argc, char **argv);
void options_print_help(void);

#endif
