// Signs that are written in many shapes and are one to the splitter. Part of normal_form.h, which
// applies these rules before and after Unicode's own. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace barker {

// ™, ®, © and their kin, which say whose a name is and are no part of it.
bool is_makers_sign(char32_t code);

// The ASCII sign that stands for `code` in normal form: ' for apostrophes of all shapes, - for
// hyphens, / for slashes, " for the Hebrew gershayim, x for the multiplication sign; 0 for
// everything else. An em dash is no hyphen, for it parts clauses.
char plain_sign(char32_t code);

// Finds the next character that is replaced by its plain sign, from `at` on: all that have one, but
// the multiplication sign only between digits. The text's size where there is none.
size_t find_unfolded_sign(std::string_view text, size_t at);

// What Unicode's normal form would make a wrong word of: makers' signs (™ becomes "tm"), vulgar
// fractions (1½ becomes "11/2"), the acute accent that stands for an apostrophe (´ becomes a space
// with a mark).
struct SignChange {
  size_t begin, size;       // bytes of the text that are replaced
  std::string_view first;   // by this,
  std::string_view second;  // then by the replaced bytes where `keeps`,
  bool keeps = false;       // and then by this
};

// Finds the first such change from `at` on; its size is 0 where there is none. `text` is valid
// UTF-8.
SignChange next_sign_change(std::string_view text, size_t at);

}  // namespace barker
