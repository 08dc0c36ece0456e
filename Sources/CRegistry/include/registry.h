/* The national agency registry that ships: agencies.csv, inside the executable. */
#ifndef IAUTH_REGISTRY_H
#define IAUTH_REGISTRY_H
#include <stddef.h>
extern const unsigned char iauth_registry[];
extern const size_t iauth_registry_count;
#endif
