#include "plugin/barker.h"

const barker_api barker_entry = {.struct_size = sizeof(barker_api), .abi_major = 9, .abi_minor = 3};
