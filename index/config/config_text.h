// The commented file of `barker config init`. [any thread]
#pragma once

#include <string>

namespace barker {

// Every table and key with what it does, what it takes and its default, which stands behind a #.
std::string commented_config();

}  // namespace barker
