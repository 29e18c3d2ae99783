// The time in the form of the header Date. [any thread]
#pragma once

#include <ctime>
#include <string>

namespace barker {

// "Sun, 06 Nov 1994 08:49:37 GMT", in English whatever the locale.
std::string http_date(std::time_t time);

}  // namespace barker
