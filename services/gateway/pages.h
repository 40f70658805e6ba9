#ifndef GATEWAY_PAGES_H
#define GATEWAY_PAGES_H

/*
 * The demo pages inside the program, by the path a browser asks for: "/" is
 * /index.html, "/document" is /document.html. Read only, any thread.
 */

#include "ff_mem.h"
#include "pages_data.h"

/* NULL when there is none. */
const struct page *pages_find(struct ff_slice path);
bool pages_has(struct ff_slice path);

#endif
