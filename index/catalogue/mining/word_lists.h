// Words that tell a claim from other text, in the languages that mining knows.
#pragma once

#include <string_view>

namespace barker {

// Articles, prepositions, conjunctions and the like: a claim neither begins nor ends with one, and
// is not made of them alone.
bool is_function_word(std::string_view word);

// Words that introduce a claim and are no part of it: "features memory foam".
bool introduces_claim(std::string_view word);

// Words of whole sentences, of reservations ("sold separately") and of notes to the reader: a
// clause with one of them is no claim.
bool belongs_to_sentence(std::string_view word);

// Words that say which variant it is and not what speaks for it: colours, sizes, formats, units.
bool names_variant(std::string_view word);

// Attributes whose values are no claims: sizes, colours, numbers that name the product.
bool names_product(std::string_view attribute);

// Han texts that stand in a Chinese clause which is no claim: names of products and of shops'
// sales.
bool is_han_notice(std::string_view clause);

}  // namespace barker
