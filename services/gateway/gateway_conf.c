#include "gateway_conf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"

static const struct ff_conf_row rows[] = {
#define S(...) FF_CONF_ROW(struct gateway_conf, __VA_ARGS__)
#include "settings/common.def"
#include "settings/gateway.def"
#undef S
};

const struct ff_conf_table gateway_conf_table = {
    "gateway", rows, sizeof(rows) / sizeof(rows[0])};

static ff_err check_file(const char *name, const char *path, struct ff_why *why)
{
    if (*path && access(path, R_OK) != 0)
        return ff_why_set(why, FF_E_CONFIG, name, "%s cannot be read", path);
    return FF_OK;
}

static ff_err check_tls(const struct gateway_conf *conf, struct ff_why *why)
{
    if (!*conf->tls_cert != !*conf->tls_key)
        return ff_why_set(why, FF_E_CONFIG,
                          *conf->tls_cert ? "tls_key" : "tls_cert",
                          "TLS needs tls_cert and tls_key");
    FF_TRY(check_file("tls_cert", conf->tls_cert, why));
    return check_file("tls_key", conf->tls_key, why);
}

static ff_err check_ports(const struct gateway_conf *conf, struct ff_why *why)
{
    for (char **p = conf->ports; p && *p; p++) {
        char *end;
        long port = strtol(*p, &end, 10);
        if (end == *p || *end || port < 1 || port > 65535)
            return ff_why_set(why, FF_E_CONFIG, "ports", "%.20s is not a port",
                              *p);
    }
    return FF_OK;
}

static ff_err check_proxies(const struct gateway_conf *conf, struct ff_why *why)
{
    for (char **p = conf->trusted_proxies; p && *p; p++) {
        struct address_range range;
        if (!address_range_parse(*p, &range))
            return ff_why_set(why, FF_E_CONFIG, "trusted_proxies",
                              "%.60s is no address and no range", *p);
    }
    return FF_OK;
}

static bool is_origin(const char *text)
{
    if (strcmp(text, "*") == 0)
        return true;
    const char *host = strstr(text, "://");
    return host && host != text && host[3] && !strchr(host + 3, '/');
}

static ff_err check_origins(const struct gateway_conf *conf, struct ff_why *why)
{
    for (char **p = conf->allowed_origins; p && *p; p++)
        if (!is_origin(*p))
            return ff_why_set(why, FF_E_CONFIG, "allowed_origins",
                              "%.60s is not like https://example.com", *p);
    return FF_OK;
}

ff_err gateway_conf_check(const void *any, struct ff_why *why)
{
    const struct gateway_conf *conf = any;
    FF_TRY(check_tls(conf, why));
    FF_TRY(check_ports(conf, why));
    FF_TRY(check_proxies(conf, why));
    return check_origins(conf, why);
}
