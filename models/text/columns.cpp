#include "models/text/columns.h"

#include <unicode/utf8.h>

#include "models/text/text.h"

namespace barker {
namespace {

// Rules GB9 and GB9a: such a character belongs to the one before it, whatever that is.
bool extends(Character c) {
  return c.cluster_break() == ClusterBreak::kExtend || c.cluster_break() == ClusterBreak::kJoiner ||
         c.cluster_break() == ClusterBreak::kSpacingMark;
}

}  // namespace

// What the rules and the widths ask about the characters of one cluster, read so far.
struct ClusterReader::State {
  uint64_t columns = 0;
  bool is_seen = false;  // some character is neither hidden nor a control character

  // The latest character that is not hidden, and the columns that it was given: a variation
  // selector or a skin tone behind it may make a picture of two columns out of it.
  Character base;
  uint64_t base_columns = 0;

  // Rule GB11: a joiner behind a picture, and behind what extends it, joins it with the next.
  bool in_picture = false;
  bool joins_pictures = false;
  uint64_t picture_columns = 0;

  // Rule GB9c: a virama behind a consonant, with what extends the two, links it with the next.
  bool in_conjunct = false;
  bool links_consonants = false;

  // Rules GB12 and GB13: regional indicators are flags two by two.
  bool has_odd_indicators = false;

  void add(char32_t code, Character c) noexcept {
    is_seen |= c.columns() > 0 || !c.is(Character::kHidden | Character::kControl);
    if (code == kEmojiSelector) {
      const bool is_letter_of_flag = base.cluster_break() == ClusterBreak::kRegionalIndicator;
      if (base.is(Character::kEmoji) && !is_letter_of_flag) widen(base_columns);
    } else if (c.is(Character::kEmojiModifier) && base.is(Character::kTakesModifier)) {
      widen(base_columns);
    } else if (joins_pictures && c.is(Character::kPictographic)) {
      widen(picture_columns);
      base = c;
      base_columns = picture_columns;
    } else {
      columns += c.columns();
      if (!c.is(Character::kHidden)) {
        base = c;
        base_columns = c.columns();
      }
    }
    follow(c);
  }

 private:
  // Emoji are two columns wide, also those that are one column wide as text.
  void widen(uint64_t& columns_of_emoji) noexcept {
    columns += 2 - columns_of_emoji;
    columns_of_emoji = 2;
  }

  void follow(Character c) noexcept {
    const ClusterBreak kind = c.cluster_break();
    in_picture = c.is(Character::kPictographic) ||
                 (in_picture && (kind == ClusterBreak::kExtend || kind == ClusterBreak::kJoiner));
    joins_pictures = in_picture && kind == ClusterBreak::kJoiner;
    if (base.is(Character::kPictographic)) picture_columns = base_columns;
    const bool extends = in_conjunct && c.is(Character::kConjunctExtender | Character::kVirama);
    links_consonants = extends && (links_consonants || c.is(Character::kVirama));
    in_conjunct = extends || c.is(Character::kConsonant);
    has_odd_indicators = kind == ClusterBreak::kRegionalIndicator && !has_odd_indicators;
  }
};

ClusterReader::ClusterReader(std::string_view text) : table_(CharacterTable::get()), text_(text) {
  read();
}

// Reads the next character ahead.
void ClusterReader::read() noexcept {
  begin_ = at_;
  has_character_ = at_ < text_.size();
  if (!has_character_) return;
  if (const auto byte = static_cast<unsigned char>(text_[at_]); byte < 0x80) {
    ++at_;
    code_ = byte;
    character_ = table_[byte];
    return;
  }
  const auto size = static_cast<int64_t>(text_.size());
  auto at = static_cast<int64_t>(at_);
  UChar32 c;
  U8_NEXT(text_.data(), at, size, c);
  at_ = static_cast<size_t>(at);
  code_ = c < 0 ? kReplacementCharacter : static_cast<char32_t>(c);
  character_ = table_[code_];
}

// Whether there is no boundary between two characters. `state` is that of the cluster up to `left`.
bool ClusterReader::joins(const State& state, Character left, Character right) noexcept {
  using enum ClusterBreak;
  const ClusterBreak l = left.cluster_break(), r = right.cluster_break();
  const auto is_control = [](ClusterBreak b) {
    return b == kControl || b == kCarriageReturn || b == kLineFeed;
  };
  if (l == kCarriageReturn && r == kLineFeed) return true;  // GB3
  if (is_control(l) || is_control(r)) return false;         // GB4, GB5
  if (l == kLeadingJamo && (r == kLeadingJamo || r == kVowelJamo || r == kOpenSyllable ||
                            r == kClosedSyllable)) {  // GB6
    return true;
  }
  if ((l == kOpenSyllable || l == kVowelJamo) && (r == kVowelJamo || r == kTrailingJamo)) {
    return true;  // GB7
  }
  if ((l == kClosedSyllable || l == kTrailingJamo) && r == kTrailingJamo) return true;  // GB8
  if (extends(right) || l == kPrepend) return true;                                     // GB9
  if (state.links_consonants && right.is(Character::kConsonant)) return true;           // GB9c
  if (state.joins_pictures && right.is(Character::kPictographic)) return true;          // GB11
  return r == kRegionalIndicator && state.has_odd_indicators;  // GB12, GB13
}

bool ClusterReader::next() noexcept {
  if (!has_character_) return false;
  cluster_.begin = begin_;
  const Character left = character_;
  const char32_t code = code_;
  read();
  // Most clusters are one character: it joins nothing that follows, and nothing that follows
  // extends it.
  if (left.cluster_break() == ClusterBreak::kOther && left.columns() > 0 &&
      !(has_character_ && extends(character_))) {
    cluster_.end = begin_;
    cluster_.columns = left.columns();
  } else {
    read_cluster(code, left);
  }
  return true;
}

// The cluster that begins with `left`; the character behind that one was read ahead.
void ClusterReader::read_cluster(char32_t code, Character left) noexcept {
  State state;
  state.add(code, left);
  while (has_character_ && joins(state, left, character_)) {
    left = character_;
    code = code_;
    read();
    state.add(code, left);
  }
  cluster_.end = begin_;
  cluster_.columns = state.columns == 0 && state.is_seen ? 1 : state.columns;
}

uint64_t display_width(std::string_view text) {
  uint64_t columns = 0;
  if (is_ascii(text)) {
    for (const char c : text) columns += c >= 0x20 && c < 0x7F;
    return columns;
  }
  for (ClusterReader reader(text); reader.next();) columns += reader.cluster().columns;
  return columns;
}

}  // namespace barker
