#include "models/text/keywords.h"

#include <span>
#include <unordered_map>

#include "models/text/normal_form.h"
#include "models/text/text.h"
#include "models/text/words.h"

namespace barker {
namespace {

// A text on its way to keywords: sanitised, in normal form, split into words. Each thread keeps one,
// so that its buffers are allocated once.
class SplitText {
 public:
  // Adds the number of invalid UTF-8 sequences to *replaced (may be null).
  static SplitText& of(std::string_view text, NormalForm::Origins origins, uint64_t* replaced) {
    thread_local SplitText thread_buffers;
    SplitText& split = thread_buffers;
    split.assign(without_excess(text), origins, replaced);
    return split;
  }

  size_t word_count() const { return words_.size(); }
  std::string_view word(size_t i) const {
    return std::string_view(form_.text()).substr(words_[i].begin, words_[i].end - words_[i].begin);
  }
  // Of the words, one by one.
  std::span<const Fingerprint> fingerprints() const { return fingerprints_; }

  // The bytes of `count` words from `first` on in the sanitised text. Needs kept origins.
  std::pair<size_t, size_t> original(size_t first, size_t count) {
    return form_.original(words_[first].begin, words_[first + count - 1].end);
  }

 private:
  void assign(std::string_view text, NormalForm::Origins origins, uint64_t* replaced) {
    if (is_ascii(text)) {
      form_.assign(text, origins);
    } else {
      valid_.clear();
      append_valid_utf8(text, valid_, replaced);
      form_.assign(valid_, origins);
    }
    break_words(form_.text(), words_);
    fingerprints_.clear();
    for (size_t i = 0; i < words_.size(); ++i) fingerprints_.push_back(fingerprint(word(i)));
  }

  std::string valid_;
  NormalForm form_;
  std::vector<Word> words_;
  std::vector<Fingerprint> fingerprints_;
};

}  // namespace

// Phrases as a trie over the fingerprints of their words, its edges in one hash table.
struct KeywordSplitter::Impl {
  struct Phrase {
    std::string text;
    Fingerprint fingerprint = 0;  // 0: the path ends in no phrase
  };
  struct Match {
    const Phrase* phrase;  // null: the keyword is a single word
    size_t words;
  };
  std::unordered_map<uint64_t, uint32_t> edges;  // edge_key -> node
  std::vector<Phrase> nodes{1};                  // 0 is the root

  static uint64_t edge_key(uint32_t node, Fingerprint word) {
    return word ^ (uint64_t{node} * 0x9E3779B97F4A7C15u);
  }

  void add(std::string_view phrase) {
    const std::string text = normalize_keyword(phrase);
    const SplitText& split = SplitText::of(text, NormalForm::Origins::kForgotten, nullptr);
    if (split.word_count() < 2) return;
    uint32_t node = 0;
    for (const Fingerprint word : split.fingerprints()) {
      const auto [edge, is_new] =
          edges.try_emplace(edge_key(node, word), static_cast<uint32_t>(nodes.size()));
      if (is_new) nodes.emplace_back();
      node = edge->second;
    }
    nodes[node] = {text, fingerprint(text)};
  }

  // The keyword that begins at word `at`: the longest phrase there, or else the word.
  Match match(std::span<const Fingerprint> words, size_t at) const {
    Match found{nullptr, 1};
    uint32_t node = 0;
    for (size_t i = at; i < words.size() && !edges.empty(); ++i) {
      const auto edge = edges.find(edge_key(node, words[i]));
      if (edge == edges.end()) break;
      node = edge->second;
      if (nodes[node].fingerprint != 0) found = {&nodes[node], i - at + 1};
    }
    return found;
  }

  // Calls visit(match, first word, fingerprint) for every keyword in order until it returns false.
  template <typename Visit>
  void for_each(const SplitText& split, Visit visit) const {
    const std::span<const Fingerprint> words = split.fingerprints();
    for (size_t at = 0; at < words.size();) {
      const Match found = match(words, at);
      if (!visit(found, at, found.phrase ? found.phrase->fingerprint : words[at])) return;
      at += found.words;
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
  SplitText& split = SplitText::of(text, NormalForm::Origins::kKept, replaced);
  std::vector<Keyword> keywords;
  keywords.reserve(split.word_count());
  impl_->for_each(split, [&](const Impl::Match& match, size_t at, Fingerprint f) {
    const auto [begin, end] = split.original(at, match.words);
    keywords.push_back(
        {match.phrase ? match.phrase->text : std::string(split.word(at)), f, begin, end});
    return true;
  });
  return keywords;
}

void KeywordSplitter::split(std::string_view text, std::vector<Fingerprint>& out,
                            uint64_t* replaced) const {
  const SplitText& split = SplitText::of(text, NormalForm::Origins::kForgotten, replaced);
  impl_->for_each(split, [&](const Impl::Match&, size_t, Fingerprint f) {
    out.push_back(f);
    return true;
  });
}

std::pair<size_t, size_t> KeywordSplitter::find(std::string_view text, Fingerprint keyword) const {
  SplitText& split = SplitText::of(text, NormalForm::Origins::kKept, nullptr);
  std::pair<size_t, size_t> found{0, 0};
  impl_->for_each(split, [&](const Impl::Match& match, size_t at, Fingerprint f) {
    if (f != keyword) return true;
    found = split.original(at, match.words);
    return false;
  });
  return found;
}

}  // namespace barker
