// The files of the page, as they were when the program was built. [any thread]
#pragma once

#include <string_view>

namespace barker {

struct PageFile {
  const char* name;
  const char* content_type;
  const char* hash;  // of the content, as hexadecimal digits
  std::string_view plain, gzipped;
};

const PageFile* find_page_file(std::string_view name);  // null: there is none

}  // namespace barker
