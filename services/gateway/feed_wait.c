/* What a feed says to the workers, and those who wait for it. */

#include <stdio.h>
#include <stdlib.h>

#include "feed.h"
#include "news.h"
#include "room.h"

#define WAITING_MAX   50000 /* subscribers of one channel */
#define FIRST_MEMBERS 100

static void send_to(struct feed *feed, unsigned worker, struct to_worker *item)
{
    snprintf(item->app_id, sizeof(item->app_id), "%s", feed->app_id);
    item->channel = ff_strdup(feed->name);
    hub_send(feed->hub, worker, item);
}

/* The lowest bit is taken out. */
static unsigned next_worker(uint64_t *workers)
{
    unsigned worker = (unsigned)__builtin_ctzll(*workers);

    *workers &= *workers - 1;
    return worker;
}

void feed_deliver(struct feed *feed, struct message *message)
{
    uint64_t left = feed->workers;

    while (left != 0) {
        struct to_worker out = {.type = TO_WORKER_DELIVER,
                                .message = message_ref(message)};
        send_to(feed, next_worker(&left), &out);
    }
}

void feed_tell_lost(struct feed *feed)
{
    uint64_t left = feed->workers;

    while (left != 0) {
        struct to_worker out = {.type = TO_WORKER_LOST,
                                .position = feed_position(feed)};
        send_to(feed, next_worker(&left), &out);
    }
}

void feed_tell_presence(struct feed *feed, struct news *news)
{
    uint64_t left = feed->workers;

    while (left != 0) {
        struct to_worker out = {.type = TO_WORKER_PRESENCE,
                                .news = news_ref(news)};
        send_to(feed, next_worker(&left), &out);
    }
}

/* Who asks is in the list, whether the owner knows it yet or not. */
static char *first_members(const struct feed *feed, const struct to_hub *item)
{
    const struct room_part part = {
        .limit = FIRST_MEMBERS, .user = item->user, .about = item->text};
    struct ff_buf text = {0};

    if (feed->room == NULL)
        return NULL;
    ff_buf_addc(&text, '{');
    room_write(feed->room, &part, &text);
    ff_buf_addc(&text, '}');
    return ff_buf_take(&text);
}

void feed_answer(struct feed *feed, struct to_hub *item,
                 enum recovered recovered, struct message **messages,
                 size_t count)
{
    struct to_worker out;

    hub_answer(item, TO_WORKER_SUBSCRIBED, &out);
    out.position = feed_position(feed);
    out.recovered = recovered;
    out.messages = messages;
    out.message_count = count;
    out.text = first_members(feed, item);
    hub_send(feed->hub, item->worker, &out);
    to_hub_fini(item);
}

void feed_wait(struct feed *feed, struct to_hub *item)
{
    if (feed->waiting_count == WAITING_MAX) {
        hub_refuse(feed->hub, item, TO_WORKER_SUBSCRIBED, FF_E_BUSY, NULL);
        return;
    }
    struct waiter *waiter = ff_new(struct waiter);
    waiter->item = hub_take_item(item);
    TAILQ_INSERT_TAIL(&feed->waiting, waiter, link);
    feed->waiting_count++;
}

struct to_hub feed_end_wait(struct feed *feed, struct waiter *waiter)
{
    struct to_hub item = waiter->item;

    TAILQ_REMOVE(&feed->waiting, waiter, link);
    feed->waiting_count--;
    free(waiter);
    return item;
}

static void refuse_waiter(struct feed *feed, struct waiter *waiter, ff_err err)
{
    struct to_hub item = feed_end_wait(feed, waiter);

    hub_refuse(feed->hub, &item, TO_WORKER_SUBSCRIBED, err, NULL);
    to_hub_fini(&item);
}

void feed_refuse_waiting(struct feed *feed, ff_err err)
{
    struct waiter *waiter, *next;

    for (waiter = TAILQ_FIRST(&feed->waiting); waiter != NULL; waiter = next) {
        next = TAILQ_NEXT(waiter, link);
        refuse_waiter(feed, waiter, err);
    }
}

void feed_refuse_waiting_of(struct feed *feed, unsigned worker)
{
    struct waiter *waiter, *next;

    for (waiter = TAILQ_FIRST(&feed->waiting); waiter != NULL; waiter = next) {
        next = TAILQ_NEXT(waiter, link);
        if (waiter->item.worker == worker)
            refuse_waiter(feed, waiter, FF_E_CLOSED);
    }
}
