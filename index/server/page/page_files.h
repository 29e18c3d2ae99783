// The files of the page that the server shows, as they were when the program was built. Immutable:
// any thread.
#pragma once

#include <span>
#include <string_view>

namespace barker {

struct PageFile {
  std::string_view name;  // "page.css"; the page itself is "index.html"
  std::string_view content;
};

std::span<const PageFile> page_files();

}  // namespace barker
