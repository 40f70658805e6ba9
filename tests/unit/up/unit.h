/* What every test of this folder includes. */
#ifndef FANFARE_TEST_UP_UNIT_H
#define FANFARE_TEST_UP_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs the four above. */
#include <cmocka.h>

/* A new empty folder; remove it and all in it. */
char *temp_folder(void);
void temp_remove(char **folder);

#endif
