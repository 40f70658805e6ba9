#include "routes.h"

#include <string.h>

#include "messages.h"

static const struct route routes[] = {
    {"POST", "/v1/publish", CALLER_USER, &http_publish_schema, publish_post,
     "publish a message to one channel or several"},
    {"POST", "/v1/batch", CALLER_USER, &http_batch_schema, publish_batch,
     "publish many messages"},
    {"POST", "/v1/broadcast", CALLER_ADMIN, &http_broadcast_schema,
     publish_broadcast, "a message for every connection of the app"},
    {"POST", "/v1/tokens", CALLER_KEY, &http_token_schema, tokens_post,
     "a token for a user"},
    {"POST", "/v1/tokens/revoke", CALLER_KEY, &http_revoke_schema,
     tokens_revoke, "end a token, or all of a user's"},
    {"GET", "/v1/channels", CALLER_ADMIN, NULL, channels_list,
     "channels with subscribers; ?prefix= ?limit="},
    {"GET", "/v1/channels/{}", CALLER_ADMIN, NULL, channels_get,
     "one channel's subscriptions and position"},
    {"GET", "/v1/channels/{}/history", CALLER_USER, NULL, history_get,
     "kept messages; ?limit= ?since= ?epoch= ?reverse="},
    {"DELETE", "/v1/channels/{}/history", CALLER_KEY,
     &http_history_remove_schema, history_delete, "remove kept messages"},
    {"GET", "/v1/channels/{}/presence", CALLER_USER, NULL, presence_members,
     "members of a channel; ?page= ?version="},
    {"GET", "/v1/channels/{}/presence/count", CALLER_USER, NULL, presence_count,
     "how many members, without the list"},
    {"GET", "/v1/presence", CALLER_USER, NULL, presence_users,
     "online users; ?limit="},
    {"GET", "/v1/presence/{}", CALLER_USER, NULL, presence_get,
     "a user's status, activity and when it was last seen"},
    {"PUT", "/v1/presence/{}", CALLER_USER, &http_presence_schema, presence_put,
     "set a user's status"},
    {"GET", "/v1/connections", CALLER_ADMIN, NULL, connections_list,
     "open connections; ?limit="},
    {"DELETE", "/v1/connections/{}", CALLER_KEY, &http_disconnect_schema,
     connections_delete, "close one connection"},
    {"GET", "/v1/users/{}/connections", CALLER_ADMIN, NULL, users_connections,
     "a user's connections and their channels"},
    {"POST", "/v1/users/{}/disconnect", CALLER_KEY, &http_disconnect_schema,
     users_disconnect, "close all connections of a user"},
    {"GET", "/v1/documents/{}", CALLER_USER, NULL, documents_get,
     "a document's state and version"},
    {"POST", "/v1/documents/{}", CALLER_USER, &http_document_schema,
     documents_update, "change a document"},
    {"GET", "/v1/client-config", CALLER_ANYBODY, NULL, config_get,
     "URLs and intervals for clients"},
};

static const size_t route_count = sizeof(routes) / sizeof(routes[0]);

/* One segment up to the next '/', into out; FF_CHANNEL_MAX bytes at most. */
static const char *take_segment(const char *path, char *out)
{
    size_t len = strcspn(path, "/");

    if (len == 0 || len > FF_CHANNEL_MAX)
        return NULL;
    memcpy(out, path, len);
    out[len] = '\0';
    return path + len;
}

static bool matches(const char *pattern, const char *path,
                    char params[CALL_PARAMS_MAX][FF_CHANNEL_MAX + 1])
{
    size_t n = 0;

    while (*pattern != '\0') {
        if (pattern[0] == '{') {
            path = take_segment(path, params[n++]);
            if (path == NULL)
                return false;
            pattern += 2;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return *path == '\0';
}

static void allow(char *list, size_t size, const char *method)
{
    size_t len = strlen(list);
    snprintf(list + len, size - len, "%s%s", len ? ", " : "", method);
}

ff_err routes_find(const char *method, const char *path,
                   char params[CALL_PARAMS_MAX][FF_CHANNEL_MAX + 1],
                   const struct route **out_route, char out_allow[64])
{
    out_allow[0] = '\0';
    for (size_t i = 0; i < route_count; i++) {
        if (!matches(routes[i].path, path, params))
            continue;
        if (strcmp(routes[i].method, method) == 0) {
            *out_route = &routes[i];
            return FF_OK;
        }
        allow(out_allow, 64, routes[i].method);
    }
    return out_allow[0] ? FF_E_METHOD : FF_E_NOT_FOUND;
}
