#include "plugin/adapters/sphinx/plain_title.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

#include "models/text/text.h"

char* plain_title(barker_string title, int is_html, uint64_t* size) {
  *size = 0;
  try {
    std::string text = barker::sanitize_utf8({title.data, title.size});
    std::replace(text.begin(), text.end(), '\0', ' ');
    std::string shown;
    if (is_html != 0) {
      barker::append_html_escaped(text, shown);
    } else {
      shown = std::move(text);
    }
    auto* const result = static_cast<char*>(std::malloc(shown.size() + 1));
    if (!result) return nullptr;
    std::memcpy(result, shown.c_str(), shown.size() + 1);
    *size = shown.size();
    return result;
  } catch (const std::exception&) {  // out of memory
    return nullptr;
  }
}
