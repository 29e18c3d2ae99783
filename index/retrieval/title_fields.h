// The fields of the Lucene++ index of titles. Only the .cpp files that write or search it include
// this.
#pragma once

namespace barker {

// A field, and what a match in it is worth.
struct TitleField {
  const wchar_t* name;
  double boost;
};
// Folded words.
inline constexpr TitleField kTitle = {L"title", 4.0};
inline constexpr TitleField kShop = {L"shop", 0.5};  // brand and category
// Words as they are written, of all texts, so that an exact match counts on top of a folded one.
inline constexpr TitleField kExact = {L"exact", 1.0};
// Parts and joined forms of the words of all texts.
inline constexpr TitleField kParts = {L"parts", 0.4};
// Folded words of the description, which often says what an ad is not for. It is asked only where
// the other fields know none of the query's words.
inline constexpr TitleField kDescription = {L"description", 1.0};
// Says whether an ad has no bid terms, so that it takes part by its texts alone. Every ad has this
// field, because Lucene++ cannot map the empty files of an index without any word.
inline constexpr TitleField kOpen = {L"open", 0.0};
inline constexpr const wchar_t *kIsOpen = L"1", *kIsClosed = L"0";

}  // namespace barker
