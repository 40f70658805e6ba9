#include "dev_app.h"

static const char record[] =
    "{\"id\":\"dev\",\"name\":\"Development\",\"enabled\":true,"
    "\"keys\":[{\"key\":\"dev-key\",\"secret\":\"dev-secret\"}],"
    "\"token_keys\":[{\"kid\":\"dev\",\"alg\":\"HS256\","
    "\"secret\":\"dev-secret-for-tokens-on-loopback-only\"}],"
    "\"namespaces\":{"
    "\"\":{\"publish\":\"any\",\"binary\":true},"
    "\"*\":{\"publish\":\"any\"},"
    "\"history\":{\"publish\":\"any\",\"binary\":true,"
    "\"history_size\":1000},"
    "\"feed\":{\"publish\":\"user\",\"history_size\":100,"
    "\"history_ttl_s\":86400},"
    "\"cache\":{\"publish\":\"any\",\"cache\":true},"
    "\"doc\":{\"publish\":\"any\",\"documents\":true,"
    "\"history_size\":1000},"
    "\"room\":{\"publish\":\"any\",\"presence\":true},"
    "\"text\":{\"publish\":\"any\",\"binary\":false,"
    "\"max_message_bytes\":1024}"
    "}}";

json_t *dev_app_record(void)
{
    json_t *value;

    if (ff_json_parse(FF_SLICE_LIT(record), &value, NULL) != FF_OK)
        ff_bug("the development app's record is not JSON");
    return value;
}
