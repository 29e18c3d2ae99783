#include "models/text/keywords.h"

#include <unicode/brkiter.h>
#include <unicode/bytestream.h>
#include <unicode/edits.h>
#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <unordered_map>

#include "models/text/text.h"

namespace barker {
namespace {

// ICU's data files are part of the installation; without them nothing here can work.
void require(UErrorCode code, const char* what) {
  if (U_FAILURE(code)) throw std::runtime_error(std::string(what) + ": " + u_errorName(code));
}

const icu::Normalizer2& case_folder() {
  static const icu::Normalizer2& instance = [&]() -> const icu::Normalizer2& {
    UErrorCode code = U_ZERO_ERROR;
    const icu::Normalizer2* found = icu::Normalizer2::getNFKCCasefoldInstance(code);
    require(code, "ICU NFKC case folding");
    return *found;
  }();
  return instance;
}

// Break iterators are not thread-safe and take long to make: one a thread.
icu::BreakIterator& word_breaker() {
  thread_local const std::unique_ptr<icu::BreakIterator> instance = [] {
    UErrorCode code = U_ZERO_ERROR;
    std::unique_ptr<icu::BreakIterator> made(
        icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), code));
    require(code, "ICU word break");
    return made;
  }();
  return *instance;
}

// Text in normal form (NFKC, case folded) with the way back to the bytes it came from.
class Folded {
 public:
  explicit Folded(const std::string& text) {
    UErrorCode code = U_ZERO_ERROR;
    icu::StringByteSink<std::string> sink(&text_);
    case_folder().normalizeUTF8(0, text, sink, &edits_, code);
    require(code, "ICU normalisation");
    edit_ = edits_.getFineIterator();
  }
  Folded(const Folded&) = delete;
  Folded& operator=(const Folded&) = delete;

  const std::string& text() const { return text_; }

  // Bytes in the original that made the folded bytes [begin, end), begin < end. Where a character
  // became several, all of it. Ascending calls are cheap: the iterator goes on from where it was.
  std::pair<size_t, size_t> original(size_t begin, size_t end) {
    const int32_t from = source_index(static_cast<int32_t>(begin), /*is_end=*/false);
    const int32_t to = source_index(static_cast<int32_t>(end), /*is_end=*/true);
    return {static_cast<size_t>(from), static_cast<size_t>(to)};
  }

 private:
  int32_t source_index(int32_t index, bool is_end) {
    UErrorCode code = U_ZERO_ERROR;
    // An end is looked up by its last byte: the span it belongs to may be followed by nothing.
    const int32_t inside = is_end ? index - 1 : index;
    const bool found = edit_.findDestinationIndex(inside, code);
    require(code, "ICU edits");
    if (!found) throw std::logic_error("ICU edits: index outside the text");
    if (edit_.hasChange()) return edit_.sourceIndex() + (is_end ? edit_.oldLength() : 0);
    return edit_.sourceIndex() + index - edit_.destinationIndex();
  }

  std::string text_;
  icu::Edits edits_;
  icu::Edits::Iterator edit_;
};

struct Piece {
  size_t begin, end;  // bytes in the folded text
};

UChar32 first_code_point(std::string_view text) {
  UChar32 c;
  int32_t at = 0;
  U8_NEXT(text.data(), at, static_cast<int32_t>(text.size()), c);
  return c;
}

UScriptCode script_of(UChar32 c) {
  UErrorCode code = U_ZERO_ERROR;
  return uscript_getScript(c, &code);
}

bool is_measure_word(std::string_view word) {
  static constexpr auto kMeasures = std::to_array<std::string_view>(
      {"毫升", "升", "克", "千克", "公斤", "斤", "片", "支", "瓶",   "盒",
       "件",   "条", "双", "只",   "个",   "包", "袋", "寸", "英寸", "厘米",
       "毫米", "米", "码", "号",   "色",   "层", "年", "岁", "周",   "天"});
  return std::ranges::find(kMeasures, word) != kMeasures.end();
}

bool is_number(std::string_view word) {
  return std::ranges::all_of(word, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

// Whether two neighbouring pieces are one keyword: joined by one hyphen or ampersand (wi-fi,
// wh-1000xm4, h&m), a Latin letter that modifies a Han word (t恤, v领), or a number with its
// measure word (50毫升).
bool belongs_together(std::string_view text, Piece left, Piece right) {
  const std::string_view a = text.substr(left.begin, left.end - left.begin);
  const std::string_view b = text.substr(right.begin, right.end - right.begin);
  const UChar32 next = first_code_point(b);
  const bool next_is_han = script_of(next) == USCRIPT_HAN;
  if (right.begin == left.end) {
    const bool letter = a.size() == 1 && a[0] >= 'a' && a[0] <= 'z';
    return next_is_han && (letter || (is_number(a) && is_measure_word(b)));
  }
  if (right.begin != left.end + 1) return false;
  const char between = text[left.end];
  if (between != '-' && between != '&') return false;
  const auto last = static_cast<unsigned char>(a.back());
  return !next_is_han && (last < 0x80 || script_of(first_code_point(a)) != USCRIPT_HAN);
}

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

void add_word(std::string_view text, Piece piece, std::vector<Piece>& words) {
  if (!words.empty() && belongs_together(text, words.back(), piece)) {
    words.back().end = piece.end;
  } else {
    words.push_back(piece);
  }
}

// What the word break of Unicode (UAX 29, in ICU's tailoring) comes to for ASCII, where it needs no
// library and no memory; a test holds it against ICU. Appends to `words`.
void break_ascii_words(std::string_view text, std::vector<Piece>& words) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto joins = [&](char left, char middle, char right) {
    if (middle == '.' || middle == '\'') {  // WB6, WB7, WB11, WB12
      return (is_letter(left) && is_letter(right)) || (is_digit(left) && is_digit(right));
    }
    return (middle == ',' || middle == ';') && is_digit(left) && is_digit(right);
  };
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    while (at < text.size()) {
      const char c = text[at];
      const bool inside =
          is_letter(c) || is_digit(c) || c == '_' ||  // WB5, WB8 to WB10, WB13
          (at > begin && at + 1 < text.size() && joins(text[at - 1], c, text[at + 1]));
      if (!inside) break;
      ++at;
    }
    const bool lone_underscore = at == begin + 1 && text[begin] == '_';  // of the rules' making
    if (at > begin && !lone_underscore) add_word(text, {begin, at}, words);
    at += at == begin;
  }
}

// The words of a folded text.
std::vector<Piece> break_words(std::string_view text) {
  std::vector<Piece> words;
  UErrorCode code = U_ZERO_ERROR;
  UText utext = UTEXT_INITIALIZER;
  const std::unique_ptr<UText, decltype(&utext_close)> closed(
      utext_openUTF8(&utext, text.data(), static_cast<int64_t>(text.size()), &code), utext_close);
  icu::BreakIterator& breaker = word_breaker();
  breaker.setText(&utext, code);
  require(code, "ICU word break");
  int32_t begin = breaker.first();
  for (int32_t end = breaker.next(); end != icu::BreakIterator::DONE; end = breaker.next()) {
    if (breaker.getRuleStatus() >= UBRK_WORD_NONE_LIMIT) {
      add_word(text, {static_cast<size_t>(begin), static_cast<size_t>(end)}, words);
    }
    begin = end;
  }
  return words;
}

bool is_space(UChar32 c) { return u_isUWhiteSpace(c); }

// ICU indexes text by int32; longer text is no title or query. Cut at a character.
std::string_view bounded(std::string_view text) {
  constexpr size_t kMaxText = size_t{16} << 20;
  if (text.size() <= kMaxText) return text;
  size_t end = kMaxText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

std::string normalize_keyword(std::string_view text) {
  const Folded folded(sanitize_utf8(bounded(text)));
  const std::string& from = folded.text();
  std::string out;
  bool pending_space = false;
  for (int32_t at = 0, size = static_cast<int32_t>(from.size()); at < size;) {
    const int32_t start = at;
    UChar32 c;
    U8_NEXT(from.data(), at, size, c);
    if (is_space(c)) {
      pending_space = !out.empty();
      continue;
    }
    if (pending_space) out += ' ';
    pending_space = false;
    out.append(from, static_cast<size_t>(start), static_cast<size_t>(at - start));
  }
  return out;
}

Fingerprint keyword_fingerprint(std::string_view text) {
  constexpr size_t kLongest = 256;
  char form[kLongest];
  if (text.size() <= kLongest && is_ascii(text)) {
    size_t size = 0;
    for (const char c : text) {
      const bool space = c == ' ' || (c >= '\t' && c <= '\r');
      if (!space) {
        form[size++] = to_lower(c);
      } else if (size > 0 && form[size - 1] != ' ') {
        form[size++] = ' ';
      }
    }
    if (size > 0 && form[size - 1] == ' ') --size;
    return fingerprint({form, size});
  }
  UErrorCode code = U_ZERO_ERROR;
  // Spaces beyond ASCII are not in normal form; only ASCII's need a closer look.
  const auto is_plain = [](std::string_view bytes) {
    for (int32_t at = 0, size = static_cast<int32_t>(bytes.size()); at < size;) {
      UChar32 c;
      U8_NEXT(bytes.data(), at, size, c);
      if (c <= ' ') return false;  // invalid UTF-8 is negative
    }
    return true;
  };
  if (text.size() <= kLongest && is_plain(text) &&
      case_folder().isNormalizedUTF8({text.data(), static_cast<int32_t>(text.size())}, code) &&
      U_SUCCESS(code)) {
    return fingerprint(text);
  }
  return fingerprint(normalize_keyword(text));
}

// Phrases as a trie over word fingerprints, its edges in one hash table.
struct KeywordSplitter::Impl {
  struct Phrase {
    std::string text;
    Fingerprint fingerprint = 0;  // 0: the path ends in no phrase
  };
  std::unordered_map<uint64_t, uint32_t> edges;  // edge_key -> node
  std::vector<Phrase> nodes{1};                  // 0 is the root

  static uint64_t edge_key(uint32_t node, Fingerprint word) {
    return word ^ (uint64_t{node} * 0x9E3779B97F4A7C15u);
  }

  void add(const std::string& phrase) {
    const std::string text = normalize_keyword(phrase);
    const std::vector<Piece> words = break_words(text);
    if (words.size() < 2) return;
    uint32_t node = 0;
    for (const Piece word : words) {
      const Fingerprint print =
          fingerprint(std::string_view(text).substr(word.begin, word.end - word.begin));
      const auto [edge, is_new] =
          edges.try_emplace(edge_key(node, print), static_cast<uint32_t>(nodes.size()));
      if (is_new) nodes.emplace_back();
      node = edge->second;
    }
    nodes[node] = {text, fingerprint(text)};
  }

  // The longest phrase that starts at `words`, and of how many words.
  std::pair<const Phrase*, size_t> longest(const std::vector<Fingerprint>& words, size_t at) const {
    const Phrase* found = nullptr;
    size_t length = 0;
    uint32_t node = 0;
    for (size_t i = at; i < words.size() && !edges.empty(); ++i) {
      const auto edge = edges.find(edge_key(node, words[i]));
      if (edge == edges.end()) break;
      node = edge->second;
      if (nodes[node].fingerprint != 0) {
        found = &nodes[node];
        length = i - at + 1;
      }
    }
    return {found, length};
  }

  // Calls emit(phrase or null, first word, number of words) for every keyword in order.
  template <typename Emit>
  void for_each(std::string_view folded, const std::vector<Piece>& pieces, Emit emit) const {
    thread_local std::vector<Fingerprint> buffer;
    std::vector<Fingerprint>& prints = buffer;
    prints.clear();
    for (const Piece p : pieces)
      prints.push_back(fingerprint(folded.substr(p.begin, p.end - p.begin)));
    for (size_t i = 0; i < pieces.size();) {
      const auto [phrase, length] = longest(prints, i);
      const size_t words = phrase ? length : 1;
      emit(phrase, i, words, prints[i]);
      i += words;
    }
  }
};

KeywordSplitter::KeywordSplitter(const std::vector<std::string>& phrases)
    : impl_(std::make_unique<Impl>()) {
  for (const std::string& phrase : phrases) impl_->add(phrase);
}
KeywordSplitter::~KeywordSplitter() = default;
KeywordSplitter::KeywordSplitter(KeywordSplitter&&) noexcept = default;
KeywordSplitter& KeywordSplitter::operator=(KeywordSplitter&&) noexcept = default;

std::vector<Keyword> KeywordSplitter::split(std::string_view text, uint64_t* replaced) const {
  Folded folded(sanitize_utf8(bounded(text), replaced));
  const std::string_view form = folded.text();
  const std::vector<Piece> pieces = break_words(form);
  std::vector<Keyword> keywords;
  keywords.reserve(pieces.size());
  impl_->for_each(
      form, pieces, [&](const Impl::Phrase* phrase, size_t at, size_t words, Fingerprint word) {
        const size_t begin = pieces[at].begin, end = pieces[at + words - 1].end;
        const auto [from, to] = folded.original(begin, end);
        if (phrase) {
          keywords.push_back({phrase->text, phrase->fingerprint, from, to});
        } else {
          keywords.push_back({std::string(form.substr(begin, end - begin)), word, from, to});
        }
      });
  return keywords;
}

void KeywordSplitter::split(std::string_view text, std::vector<Fingerprint>& out,
                            uint64_t* replaced) const {
  const auto emit = [&](const Impl::Phrase* phrase, size_t, size_t, Fingerprint word) {
    out.push_back(phrase ? phrase->fingerprint : word);
  };
  text = bounded(text);
  if (is_ascii(text)) {
    thread_local std::string form_buffer;
    thread_local std::vector<Piece> words_buffer;
    std::string& form = form_buffer;  // every use of the buffers' names asks for the thread
    std::vector<Piece>& words = words_buffer;
    form.resize(text.size());
    std::ranges::transform(text, form.begin(), to_lower);
    words.clear();
    break_ascii_words(form, words);
    return impl_->for_each(form, words, emit);
  }
  const Folded folded(sanitize_utf8(text, replaced));
  impl_->for_each(folded.text(), break_words(folded.text()), emit);
}

}  // namespace barker
