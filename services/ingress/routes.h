#ifndef INGRESS_ROUTES_H
#define INGRESS_ROUTES_H

/* The table of all calls, and the search in it. */

#include "call.h"

/*
 * The route of a method and path; braces' texts into params. FF_E_NOT_FOUND: no such path. FF_E_METHOD: the path is
 * served, not by this method; *out_allow lists those that are ("GET, POST"; 64 bytes).
 */
FF_MUST_USE ff_err routes_find(const char *method, const char *path,
                               char params[CALL_PARAMS_MAX][FF_CHANNEL_MAX + 1],
                               const struct route **out_route,
                               char out_allow[64]);

/* Handlers, one file per subject. */
call_handler publish_post, publish_batch, publish_broadcast; /* publish.c */
call_handler tokens_post, tokens_revoke;                     /* tokens.c */
call_handler channels_list, channels_get;                    /* channels.c */
call_handler history_get, history_delete;                    /* history.c */
call_handler connections_list, connections_delete;           /* connections.c */
call_handler users_connections, users_disconnect;            /* connections.c */
call_handler presence_members, presence_count, presence_users; /* presence.c */
call_handler presence_get, presence_put;                       /* presence.c */
call_handler documents_get, documents_update;                  /* documents.c */
call_handler config_get; /* client_config.c */

#endif
