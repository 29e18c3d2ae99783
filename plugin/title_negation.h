// Whether a title denies what a selling point claims: "Not waterproof", "fragrance-free",
// "不含酒精", "防水ではない". A title in doubt counts as one that denies, because a false claim
// costs more than one that is not shown.
//
// Pure functions over the form of ComparisonText: any thread, no allocation, and a bounded time,
// however long the title is.
#pragma once

#include <cstddef>
#include <string_view>

namespace barker {

// Whether the words [begin, end) of `title` are denied by the words around them: up to three words
// before them in their clause, what follows them, or a next clause that is a mere "no".
bool is_negated_around(std::string_view title, size_t begin, size_t end) noexcept;

// Whether something before `begin` in its sentence, however far away, may deny what stands there,
// such as an item of a list: "without parabens, alcohol". It is in doubt more often than
// is_negated_around(), and meant for what would turn a denial into a claim: taking words out of the
// title.
bool may_be_denied_before(std::string_view title, size_t begin) noexcept;

// As is_negated_around() for bytes that are a part of a word: "unscented", "alkoholfrei". `begins`
// and `ends` say whether the bytes reach the word's begin and end.
bool is_negated_inside_word(std::string_view title, size_t begin, size_t end, bool begins,
                            bool ends) noexcept;

}  // namespace barker
