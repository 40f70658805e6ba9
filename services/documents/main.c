#include "documents.h"

int main(int argc, char **argv)
{
    return ff_svc_main(argc, argv, &documents_service);
}
