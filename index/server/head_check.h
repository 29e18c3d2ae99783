// What Beast's parser accepts in the head of a request but must not be accepted, because another
// server before or behind this one could read it in another way: lines that end with a bare LF,
// folded lines, two lengths, a length beside a transfer encoding, transfer encodings other than
// "chunked", no Host or several. Pure. [any thread]
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "index/server/target.h"

namespace barker {

// `head`: the request line and the header fields with the empty line that ends them. Returns
// nothing where all is well, and what remains is the parser's to judge.
std::optional<Fault> check_head(std::string_view head);

// What a head says of a request that has nothing but its target: HTTP/1.1, without a body, without
// Connection and Expect. The texts are parts of the head.
struct PlainHead {
  std::string_view method, target;
};

// The same, and fills `plain` where the request is such a one. It costs next to nothing, for a
// server that refuses what it cannot answer now.
std::optional<Fault> check_head(std::string_view head, std::optional<PlainHead>& plain);

// The same for a head of which only the beginning has come, so that garbage is refused at once. The
// first `seen` bytes of it were looked at before.
std::optional<Fault> check_head_start(std::string_view start, size_t seen = 0);

}  // namespace barker
