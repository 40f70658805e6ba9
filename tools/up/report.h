/*
 * What fanfare-up tells: cluster.json for programs, a page of text for people.
 */
#ifndef FANFARE_UP_REPORT_H
#define FANFARE_UP_REPORT_H

#include <stdbool.h>

#include "tools/up/cluster.h"

/*
 * Writes cluster.json into the state folder:
 *   {"app","api_key","api_secret","pid","state","gateways":[{"name","url","ws","sse","port","admin","pid","log"}],
 *    "ingresses":[{"name","url","port","admin","pid","log"}],"nats":[{"name","url","port","monitor","pid","log"}],
 *    "services":[{"name","service","admin","pid","log"}]}
 * pid is 0 while a process does not run.
 */
bool report_write(const struct cluster *cl);
/* URLs and a first command, on standard output. */
void report_greet(const struct cluster *cl);

#endif
