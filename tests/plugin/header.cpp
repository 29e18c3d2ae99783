#include "plugin/barker.h"

int barker_header_compiles(const barker_api* api);
int barker_header_compiles(const barker_api* api) { return api->abi_major == BARKER_ABI_MAJOR; }
