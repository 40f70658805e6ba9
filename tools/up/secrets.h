/*
 * The NATS passwords of one state folder: made once, kept in a file that only its owner may read.
 */
#ifndef FANFARE_UP_SECRETS_H
#define FANFARE_UP_SECRETS_H

#include <stdbool.h>

#include "ff_service.h"

#define SECRET_SIZE 40

struct secrets {
    char services[FF_SVC_COUNT][SECRET_SIZE];
    char system[SECRET_SIZE]; /* NATS' system account */
    char route[SECRET_SIZE];  /* between NATS servers */
};

/* Reads them from path, makes those that are not there, writes them back. */
bool secrets_load(struct secrets *s, const char *path);

#endif
