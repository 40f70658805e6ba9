#include "intake.h"

#include <stdlib.h>
#include <string.h>

void intake_add(struct intake *intake, enum intake_kind kind,
                struct ff_slice data)
{
    struct intake_item *item = ff_alloc(sizeof(*item) + data.len);

    item->next = NULL;
    item->kind = kind;
    item->len = data.len;
    if (data.len > 0)
        memcpy(item->data, data.data, data.len);
    if (intake->tail != NULL)
        intake->tail->next = item;
    else
        intake->head = item;
    intake->tail = item;
    intake->count++;
    intake->bytes += data.len;
}

struct intake_item *intake_take(struct intake *intake)
{
    struct intake_item *item = intake->head;

    if (item == NULL)
        return NULL;
    intake->head = item->next;
    if (intake->head == NULL)
        intake->tail = NULL;
    intake->count--;
    intake->bytes -= item->len;
    return item;
}

void intake_put_back(struct intake *intake, struct intake_item *item)
{
    item->next = intake->head;
    intake->head = item;
    if (intake->tail == NULL)
        intake->tail = item;
    intake->count++;
    intake->bytes += item->len;
}

void intake_put_before(struct intake *intake, struct intake *first)
{
    if (first->head == NULL)
        return;
    first->tail->next = intake->head;
    intake->head = first->head;
    if (intake->tail == NULL)
        intake->tail = first->tail;
    intake->count += first->count;
    intake->bytes += first->bytes;
    *first = (struct intake){0};
}

bool intake_is_full(const struct intake *intake)
{
    return intake->count >= INTAKE_ITEMS_MAX ||
           intake->bytes >= INTAKE_BYTES_MAX;
}

void intake_fini(struct intake *intake)
{
    struct intake_item *item;

    while ((item = intake_take(intake)) != NULL)
        free(item);
}
