#ifndef INGRESS_CORS_H
#define INGRESS_CORS_H

/* Calls from browsers of other origins (Fetch standard, CORS protocol): only for the origins of the settings, compared whole. */

#include "ff_http.h"
#include "ingress_conf.h"

/* Adds the headers of an allowed origin. True: it was a preflight and is answered. */
bool cors_answer(const struct ingress_conf *conf, struct ff_http_req *req);

#endif
