/* #embed (C23) keeps iauth one executable that works from a clone and from a package alike. */
#include "registry.h"

#pragma clang diagnostic ignored "-Wc23-extensions"
const unsigned char iauth_registry[] = {
#embed "agencies.csv"
};
const size_t iauth_registry_count = sizeof iauth_registry;
