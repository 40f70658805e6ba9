#include "roster.h"

#include <stdlib.h>
#include <string.h>

static void member_free(struct roster_member *member)
{
    free(member->user_id);
    free(member->about);
    free(member);
}

static void members_free(struct roster_member **members, size_t count)
{
    for (size_t i = 0; i < count; i++)
        member_free(members[i]);
    free(members);
}

void roster_fini(struct roster *roster)
{
    members_free(roster->members, roster->count);
    *roster = (struct roster){0};
}

void roster_diff_fini(struct roster_diff *diff)
{
    free(diff->joined);
    free(diff->changed);
    members_free(diff->left, diff->left_count);
    *diff = (struct roster_diff){0};
}

/* --- rows ----------------------------------------------------------------- */

static void add_row(struct roster_list *list, const char *user_id, char *about)
{
    list->rows =
        ff_grow(list->rows, &list->cap, list->count + 1, sizeof(list->rows[0]));
    list->rows[list->count++] = (struct roster_row){ff_strdup(user_id), about};
}

static char *about_of(const json_t *member)
{
    const char *name = json_string_value(json_object_get(member, "name"));
    const json_t *info = json_object_get(member, "info");
    struct ff_buf about = {0};

    ff_buf_adds(&about, "");
    if (name != NULL) {
        ff_buf_adds(&about, ",\"name\":");
        ff_json_add_strings(&about, name);
    }
    if (json_is_object(info)) {
        ff_buf_adds(&about, ",\"info\":");
        ff_json_write(&about, info);
    }
    return ff_buf_take(&about);
}

void roster_list_join(struct roster_list *list, const json_t *members)
{
    const json_t *member;
    size_t i;

    json_array_foreach(members, i, member)
    {
        const char *id = json_string_value(json_object_get(member, "user_id"));
        if (id != NULL)
            add_row(list, id, about_of(member));
    }
}

void roster_list_leave(struct roster_list *list, const json_t *ids)
{
    const json_t *id;
    size_t i;

    json_array_foreach(ids, i, id)
    {
        if (json_is_string(id))
            add_row(list, json_string_value(id), NULL);
    }
}

static void row_fini(struct roster_row *row)
{
    free(row->user_id);
    free(row->about);
    *row = (struct roster_row){0};
}

void roster_list_fini(struct roster_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        row_fini(&list->rows[i]);
    free(list->rows);
    *list = (struct roster_list){0};
}

/* By user; who joined before who left. */
static int compare_rows(const void *a, const void *b)
{
    const struct roster_row *left = a, *right = b;
    int order = strcmp(left->user_id, right->user_id);

    if (order != 0)
        return order;
    return (left->about == NULL) - (right->about == NULL);
}

/* In order, each user once. */
static void sort_rows(struct roster_list *list)
{
    size_t kept = 0;

    if (list->count > 0)
        qsort(list->rows, list->count, sizeof(list->rows[0]), compare_rows);
    for (size_t i = 0; i < list->count; i++) {
        struct roster_row *row = &list->rows[i];
        if (kept > 0 && strcmp(list->rows[kept - 1].user_id, row->user_id) == 0)
            row_fini(row);
        else
            list->rows[kept++] = *row;
    }
    list->count = kept;
}

/* --- taking in ------------------------------------------------------------ */

/* Members and rows are walked side by side, in the order of both. */
struct merge {
    struct roster_member **next;
    size_t count;
    struct roster_diff diff;
    bool whole; /* who has no row has left */
};

static void keep(struct merge *merge, struct roster_member *member)
{
    merge->next[merge->count++] = member;
}

static void lose(struct merge *merge, struct roster_member *member)
{
    merge->diff.left[merge->diff.left_count++] = member;
}

static void without_row(struct merge *merge, struct roster_member *member)
{
    if (merge->whole)
        lose(merge, member);
    else
        keep(merge, member);
}

static void with_row(struct merge *merge, struct roster_member *member,
                     struct roster_row *row)
{
    if (row->about == NULL) {
        lose(merge, member);
        return;
    }
    if (strcmp(member->about, row->about) != 0)
        merge->diff.changed[merge->diff.changed_count++] = member;
    free(member->about);
    member->about = row->about;
    row->about = NULL;
    keep(merge, member);
}

static void new_row(struct merge *merge, struct roster_row *row)
{
    if (row->about == NULL)
        return;
    struct roster_member *member = ff_new(struct roster_member);
    *member = (struct roster_member){row->user_id, row->about, NULL};
    *row = (struct roster_row){0};
    merge->diff.joined[merge->diff.joined_count++] = member;
    keep(merge, member);
}

static void walk(struct merge *merge, const struct roster *roster,
                 const struct roster_list *list)
{
    size_t m = 0, r = 0;

    while (m < roster->count || r < list->count) {
        int order = m == roster->count ? 1
                    : r == list->count ? -1
                                       : strcmp(roster->members[m]->user_id,
                                                list->rows[r].user_id);
        if (order < 0)
            without_row(merge, roster->members[m++]);
        else if (order > 0)
            new_row(merge, &list->rows[r++]);
        else
            with_row(merge, roster->members[m++], &list->rows[r++]);
    }
}

static void take_in(struct roster *roster, struct roster_list *list, bool whole,
                    struct roster_diff *out_diff)
{
    struct merge merge = {.whole = whole};
    const size_t size = sizeof(struct roster_member *);

    sort_rows(list);
    size_t left_max = whole ? roster->count : list->count;
    merge.next = ff_alloc((roster->count + list->count + 1) * size);
    merge.diff.joined = ff_alloc((list->count + 1) * size);
    merge.diff.changed = ff_alloc((list->count + 1) * size);
    merge.diff.left = ff_alloc((left_max + 1) * size);
    walk(&merge, roster, list);
    free(roster->members);
    roster->members = merge.next;
    roster->count = merge.count;
    roster_list_fini(list);
    *out_diff = merge.diff;
}

void roster_change(struct roster *roster, struct roster_list *list,
                   struct roster_diff *out_diff)
{
    take_in(roster, list, false, out_diff);
}

void roster_replace(struct roster *roster, struct roster_list *list,
                    struct roster_diff *out_diff)
{
    take_in(roster, list, true, out_diff);
    roster->known = true;
}

/* --- finding -------------------------------------------------------------- */

size_t roster_place(const struct roster *roster, const char *user_id)
{
    size_t low = 0, high = roster->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(roster->members[middle]->user_id, user_id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool roster_is_at(const struct roster *roster, size_t place,
                  const char *user_id)
{
    return place < roster->count &&
           strcmp(roster->members[place]->user_id, user_id) == 0;
}
