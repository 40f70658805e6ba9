#include "loadgen_opt.h"

#include "loadgen_util.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_kind { OPTION_TEXT, OPTION_NUMBER };

struct option {
    const char *name;
    enum option_kind kind;
    size_t offset;
    const char *text;
    int64_t number;
    const char *help;
};

#define TEXT(field, value, help)                                               \
    {                                                                          \
#field, OPTION_TEXT, offsetof(struct options, field), value, 0, help   \
    }
#define NUMBER(field, value, help)                                             \
    {                                                                          \
#field, OPTION_NUMBER, offsetof(struct options, field), NULL, value,   \
            help                                                               \
    }

/* On the command line `_` is written `-`. */
static const struct option OPTIONS[] = {
    TEXT(proto, "fanfare",
         "subscribers: fanfare, sse, floor, nchan, nchan-sse, nats, "
         "centrifugo"),
    TEXT(url, "", "where they connect; several, split by commas, are shared"),
    TEXT(channel, "bench", "channel to subscribe and publish to"),
    TEXT(plain_channel, "", "resume: a second channel, without history"),
    TEXT(pub, "fanfare", "publisher: fanfare, nchan, nats, floor, centrifugo"),
    TEXT(pub_url, "", "where it publishes"),
    TEXT(api_key, "dev-key", "its key"),
    TEXT(pids, "", "name:pid,… whose CPU time or memory is measured"),
    TEXT(kill_pids, "", "resume: name:pid,… that get a signal"),
    NUMBER(subs, 1000, "subscribers or idle connections"),
    NUMBER(rate, 50, "messages a second and channel"),
    NUMBER(size, 128, "bytes of a message"),
    NUMBER(pub_conns, 4, "publishing connections"),
    NUMBER(warmup_ms, 2000, "before the window opens"),
    NUMBER(window_ms, 8000, "how long is measured"),
    NUMBER(drain_ms, 10000, "wait at most so long for what is under way"),
    NUMBER(connect_ms, 60000, "all must be subscribed within"),
    NUMBER(cut_ms, 0, "resume: a client is cut after about so long, 0 never"),
    NUMBER(offline_ms, 2000, "resume: and stays away for about"),
    NUMBER(kill_after_ms, 0, "resume: when the signal is sent"),
    NUMBER(kill_signal, 15, "resume: which signal"),
    NUMBER(channels, 100000, "fill: channels"),
    NUMBER(per_channel, 5, "fill: messages in each"),
};

#define OPTION_COUNT (sizeof(OPTIONS) / sizeof(OPTIONS[0]))

static bool same_name(const char *name, const char *arg)
{
    for (; *name && *arg; name++, arg++)
        if (*name != *arg && !(*name == '_' && *arg == '-'))
            return false;
    return *name == *arg;
}

static void set_option(struct options *options, const struct option *option,
                       const char *value)
{
    char *field = (char *)options + option->offset;
    char *end = NULL;

    if (option->kind == OPTION_TEXT) {
        memcpy(field, &value, sizeof(value));
        return;
    }
    int64_t number = strtoll(value, &end, 10);

    if (end == value || *end || number < 0)
        die("--%s wants a number, not %s", option->name, value);
    memcpy(field, &number, sizeof(number));
}

static void set_defaults(struct options *options)
{
    memset(options, 0, sizeof(*options));
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        char *field = (char *)options + OPTIONS[i].offset;

        if (OPTIONS[i].kind == OPTION_TEXT)
            memcpy(field, &OPTIONS[i].text, sizeof(OPTIONS[i].text));
        else
            memcpy(field, &OPTIONS[i].number, sizeof(OPTIONS[i].number));
    }
}

static void parse_endpoint(struct endpoint *endpoint, const char *url)
{
    char ip[32];
    unsigned port = 0;

    memset(endpoint, 0, sizeof(*endpoint));
    if (sscanf(url, "%*[a-z]://%31[0-9.]:%u%191[^,]", ip, &port,
               endpoint->path) < 2 ||
        port > UINT16_MAX ||
        inet_pton(AF_INET, ip, &endpoint->address.sin_addr) != 1)
        die("not a URL of the form http://IP:PORT/path: %s", url);
    endpoint->address.sin_family = AF_INET;
    endpoint->address.sin_port = htons((uint16_t)port);
    snprintf(endpoint->host, sizeof(endpoint->host), "%s:%u", ip, port);
}

static void parse_endpoints(struct options *options)
{
    const char *at = options->url;

    while (at && *at) {
        if (options->endpoint_count == ENDPOINTS_MAX)
            die("more than %d URLs", ENDPOINTS_MAX);
        parse_endpoint(&options->endpoints[options->endpoint_count++], at);
        at = strchr(at, ',');
        if (at)
            at++;
    }
    if (*options->pub_url)
        parse_endpoint(&options->pub_endpoint, options->pub_url);
}

void options_parse(struct options *options, int argc, char **argv)
{
    set_defaults(options);
    for (int i = 0; i < argc; i += 2) {
        size_t k = 0;

        if (strncmp(argv[i], "--", 2) != 0 || i + 1 == argc)
            die("%s: options are --name VALUE", argv[i]);
        while (k < OPTION_COUNT && !same_name(OPTIONS[k].name, argv[i] + 2))
            k++;
        if (k == OPTION_COUNT)
            die("no such option: %s", argv[i]);
        set_option(options, &OPTIONS[k], argv[i + 1]);
    }
    parse_endpoints(options);
}

void options_print_help(void)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        char name[32];
        size_t k = 0;

        for (; OPTIONS[i].name[k]; k++)
            name[k] = OPTIONS[i].name[k] == '_' ? '-' : OPTIONS[i].name[k];
        name[k] = '\0';
        if (OPTIONS[i].kind == OPTION_TEXT)
            printf("  --%-15s %s (%s)\n", name, OPTIONS[i].help,
                   OPTIONS[i].text);
        else
            printf("  --%-15s %s (%ld)\n", name, OPTIONS[i].help,
                   OPTIONS[i].number);
    }
}
