/* A plugin whose table ends before the functions that every version has. */
#include <stddef.h>

#include "plugin/barker.h"

const barker_api barker_entry = {
    .struct_size = offsetof(barker_api, stats), .abi_major = 1, .abi_minor = 2};
