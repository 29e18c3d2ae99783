// The id of a search: 128 random bits as 32 hexadecimal digits, which clicks name later. [any
// thread]
#pragma once

#include <string>

namespace barker {

std::string new_request_id();

// Whether a text is such an id.
bool is_request_id(const std::string& text);

}  // namespace barker
