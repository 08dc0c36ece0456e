/* #embed (C23) keeps iauth one executable that works from a clone and from a package alike. */
#include "registry.h"

#pragma clang diagnostic ignored "-Wc23-extensions"
static const unsigned char registry[] = {
#embed "agencies.csv"
};

const unsigned char *iauth_registry(void) { return registry; }
size_t iauth_registry_count(void) { return sizeof registry; }
