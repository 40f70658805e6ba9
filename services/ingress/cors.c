#include "cors.h"

#include <string.h>

static bool allowed(char *const *origins, const char *origin)
{
    for (size_t i = 0; origins[i] != NULL; i++) {
        if (strcmp(origins[i], "*") == 0 || strcmp(origins[i], origin) == 0)
            return true;
    }
    return false;
}

bool cors_answer(const struct ingress_conf *conf, struct ff_http_req *req)
{
    const char *origin = ff_http_header(req, "Origin");
    bool preflight = strcmp(ff_http_method(req), "OPTIONS") == 0 &&
                     ff_http_header(req, "Access-Control-Request-Method");

    if (origin != NULL && allowed(conf->allowed_origins, origin)) {
        ff_http_add_header(req, "Access-Control-Allow-Origin", origin);
        ff_http_add_header(req, "Vary", "Origin");
        if (preflight) {
            ff_http_add_header(req, "Access-Control-Allow-Methods",
                               "GET, POST, PUT, DELETE");
            ff_http_add_header(req, "Access-Control-Allow-Headers",
                               "Authorization, Content-Type, X-API-Key");
            ff_http_add_header(req, "Access-Control-Max-Age", "600");
        }
    }
    if (!preflight)
        return false;
    ff_http_reply(req, 204, NULL, (struct ff_slice){0});
    return true;
}
