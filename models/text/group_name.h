// What a group of features may be called: one rule for logs, requests and profiles. Names that have
// a meaning of their own are in models/weights/groups.h. Pure function: any thread.
#pragma once

#include <string_view>

namespace barker {

// A feature is named "group=token" (models/text/fingerprint.h): "a=b" and "c" would be the "b=c" of
// "a".
constexpr bool is_group_name(std::string_view name) noexcept {
  return !name.empty() && name.find('=') == std::string_view::npos;
}

inline constexpr char kGroupNameRule[] = "a name that is not empty and has no \"=\"";

}  // namespace barker
