#include "tests/unit/up/unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "ff_mem.h"

char *temp_folder(void)
{
    char *path = ff_strdup("/tmp/fanfare-unit-XXXXXX");
    assert_non_null(mkdtemp(path));
    return path;
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void temp_remove(char **folder)
{
    nftw(*folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(*folder);
    *folder = NULL;
}
