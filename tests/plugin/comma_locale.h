// A locale whose numbers have a decimal comma, for tests of texts that must not follow the locale.
#pragma once

#include <clocale>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace barker {

// Makes a locale like C.utf8 that writes commas. In glibc's compiled LC_NUMERIC the offset of the
// decimal point is the first of the table behind two words, and that of the wide one the fourth.
inline bool make_comma_locale(const std::string& directory) {
  for (const char* from :
       {"/usr/lib/locale/C.utf8/LC_NUMERIC", "/usr/lib/locale/C.UTF-8/LC_NUMERIC"}) {
    std::ifstream in(from, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), {});
    const auto word = [&](size_t i) {
      uint32_t value = 0;
      if (bytes.size() >= 4 * (i + 1)) std::memcpy(&value, bytes.data() + 4 * i, sizeof value);
      return value;
    };
    for (const size_t offset : {word(2), word(5)}) {
      if (offset >= bytes.size() || bytes[offset] != '.') return false;
      bytes[offset] = ',';
    }
    std::filesystem::create_directories(directory + "/comma");
    std::ofstream(directory + "/comma/LC_NUMERIC", std::ios::binary) << bytes;
    return true;
  }
  return false;
}

// Makes printf write 0,5 in this process. Where the machine has no such locale, one is made in
// `directory`. Returns false where that fails, too. std::setlocale(LC_NUMERIC, "C") undoes it.
inline bool set_comma_locale(const std::string& directory) {
  if (!std::setlocale(LC_NUMERIC, "de_DE.UTF-8") && make_comma_locale(directory)) {
    setenv("LOCPATH", directory.c_str(), 1);
    std::setlocale(LC_NUMERIC, "comma");
    unsetenv("LOCPATH");
  }
  char text[8];
  std::snprintf(text, sizeof text, "%.1f", 0.5);
  return text == std::string("0,5");
}

}  // namespace barker
