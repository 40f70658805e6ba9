#ifndef DOCUMENTS_DOCUMENTS_H
#define DOCUMENTS_DOCUMENTS_H

/*
 * The service: shared documents. The truth of a document is its channel's log; a change is accepted by storing it with
 * compare and set on the log's last offset, so any replica may take any request and only one of two writers wins. A snapshot
 * in the bucket ff_docs shortens reading.
 */

#include "ff_svc.h"

extern const struct ff_svc_def documents_service;

#endif
