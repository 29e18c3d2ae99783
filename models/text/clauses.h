// Where one clause of a text ends and the next begins. No phrase reaches across such a place: in
// "Gluten free. Shipping scale" the words "free" and "shipping" are no "free shipping".
#pragma once

#include <span>
#include <string_view>

namespace barker {

// Whether the text between two neighbouring words separates clauses. `between` is in normal form or
// as it was written, in valid UTF-8, and has no letters or digits.
//
// What separates: the ends of sentences, commas, semicolons, colons and brackets of all scripts;
// bars, bullets, pictures and line breaks; an em dash, and a hyphen, a slash or a tilde with spaces
// on both sides. What joins: spaces, hyphens, apostrophes, quotation marks (15" screen), signs such
// as ™ and anything else; also a full stop or a middle dot that stands alone between two words
// ("Dr.Martens", "乔治·阿玛尼").
bool separates_clauses(std::string_view between);

// The same for a text in normal form whose word before `between` is `left`: the full stop of an
// abbreviation ("Mr. Coffee", "Dr. Martens") ends no clause.
bool separates_clauses(std::string_view left, std::string_view between);

// The words whose full stop ends no clause, in normal form.
std::span<const std::string_view> abbreviations();

}  // namespace barker
