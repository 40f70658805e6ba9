#include "auth.h"

int main(int argc, char **argv)
{
    return ff_svc_main(argc, argv, &auth_service);
}
