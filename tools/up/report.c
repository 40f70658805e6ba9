#include "tools/up/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ff_json.h"
#include "tools/up/files.h"

typedef void row_writer(const struct child *c, struct ff_buf *b);

static void write_ingress(const struct child *c, struct ff_buf *b)
{
    ff_buf_addf(b, ",\"url\":\"http://127.0.0.1:%d\",\"port\":%d,\"admin\":%d",
                c->port, c->port, c->admin);
}

static void write_gateway(const struct child *c, struct ff_buf *b)
{
    write_ingress(c, b);
    ff_buf_addf(b,
                ",\"ws\":\"ws://127.0.0.1:%d/v1/ws\""
                ",\"sse\":\"http://127.0.0.1:%d/v1/sse\"",
                c->port, c->port);
}

static void write_nats(const struct child *c, struct ff_buf *b)
{
    ff_buf_addf(b,
                ",\"url\":\"nats://127.0.0.1:%d\",\"port\":%d,\"monitor\":%d",
                c->port, c->port, c->admin);
}

static void write_service(const struct child *c, struct ff_buf *b)
{
    ff_buf_addf(b, ",\"service\":\"%s\",\"admin\":%d",
                ff_service_name((enum ff_service)c->service), c->admin);
}

static const struct {
    int service;
    const char *list;
    row_writer *write;
} lists[] = {
    {FF_SVC_GATEWAY, "gateways", write_gateway},
    {FF_SVC_INGRESS, "ingresses", write_ingress},
    {CHILD_NATS, "nats", write_nats},
};
#define LIST_COUNT (sizeof(lists) / sizeof(lists[0]))

static void write_row(const struct child *c, row_writer *write,
                      struct ff_buf *b)
{
    ff_buf_addf(b, "%s\n  {\"name\":\"%s\"",
                b->data[b->len - 1] == '[' ? "" : ",", c->name);
    write(c, b);
    ff_buf_addf(b, ",\"pid\":%d,\"log\":", (int)c->pid);
    ff_json_add_strings(b, c->log);
    ff_buf_addc(b, '}');
}

bool report_write(const struct cluster *cl)
{
    struct ff_buf b = {0};
    ff_buf_addf(&b,
                "{\"app\":\"dev\",\"api_key\":\"dev-key\","
                "\"api_secret\":\"dev-secret\",\"pid\":%d,\"state\":",
                (int)getpid());
    ff_json_add_strings(&b, cl->state);
    for (size_t i = 0; i < LIST_COUNT; i++) {
        ff_buf_addf(&b, ",\n\"%s\":[", lists[i].list);
        for (size_t j = 0; j < cl->count; j++)
            if (cl->children[j].service == lists[i].service)
                write_row(&cl->children[j], lists[i].write, &b);
        ff_buf_addc(&b, ']');
    }
    ff_buf_adds(&b, ",\n\"services\":[");
    for (size_t j = 0; j < cl->count; j++)
        if (cl->children[j].service != CHILD_NATS)
            write_row(&cl->children[j], write_service, &b);
    ff_buf_adds(&b, "]}\n");
    char *path = files_path(cl->state, "cluster.json");
    bool ok = files_write(path, ff_buf_slice(&b), 0600);
    free(path);
    ff_buf_fini(&b);
    return ok;
}

static void greet_gateway(const struct child *c)
{
    printf("  WebSocket  ws://127.0.0.1:%d/v1/ws\n"
           "  SSE        http://127.0.0.1:%d/v1/sse?channel=history:lobby\n",
           c->port, c->port);
}

static void greet_ingress(const struct child *c)
{
    printf("  HTTP API   http://127.0.0.1:%d/v1\n", c->port);
}

static void greet_nats(const struct child *c)
{
    printf("  NATS       nats://127.0.0.1:%d\n", c->port);
}

static void greet_all(const struct cluster *cl, int service,
                      void (*greet)(const struct child *))
{
    for (size_t i = 0; i < cl->count; i++)
        if (cl->children[i].service == service)
            greet(&cl->children[i]);
}

void report_greet(const struct cluster *cl)
{
    const struct child *gateway = cluster_find(cl, FF_SVC_GATEWAY, 1);
    const struct child *ingress = cluster_find(cl, FF_SVC_INGRESS, 1);
    printf("\nFanfare is running. Ctrl-C stops it.\n\n");
    if (gateway)
        printf("  Demo       http://127.0.0.1:%d/\n", gateway->port);
    greet_all(cl, FF_SVC_GATEWAY, greet_gateway);
    greet_all(cl, FF_SVC_INGRESS, greet_ingress);
    greet_all(cl, CHILD_NATS, greet_nats);
    printf("  State      %s\n", cl->state);
    if (ingress)
        printf("\nSay something to everybody on the demo page:\n\n"
               "  curl http://127.0.0.1:%d/v1/publish"
               " -H 'X-API-Key: dev-key' \\\n"
               "    -H 'Content-Type: application/json' \\\n"
               "    -d '{\"channel\":\"history:lobby\","
               "\"message\":{\"name\":\"curl\",\"text\":\"hello\"}}'\n",
               ingress->port);
    putchar('\n');
}
