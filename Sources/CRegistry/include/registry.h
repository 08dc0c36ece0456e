/* The national agency registry that ships: agencies.csv, inside the executable. */
#ifndef IAUTH_REGISTRY_H
#define IAUTH_REGISTRY_H
#include <stddef.h>
const unsigned char *iauth_registry(void);
size_t iauth_registry_count(void);
#endif
