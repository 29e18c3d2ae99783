#include "models/text/keywords.h"

#include <algorithm>
#include <span>
#include <unordered_map>

#include "models/text/clauses.h"
#include "models/text/normal_form.h"
#include "models/text/text.h"
#include "models/text/words.h"

namespace barker {
namespace {

// A text on its way to keywords: sanitised, in normal form, split into words. Each thread keeps
// one, so that its buffers are allocated once.
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
  // Of the words in order, with kClauseBoundary where a clause ends between two of them.
  std::span<const Fingerprint> words() const { return fingerprints_; }

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
    const std::string_view form = form_.text();
    for (size_t i = 0; i < words_.size(); ++i) {
      if (i > 0 && ends_clause(form, words_[i - 1], words_[i])) {
        fingerprints_.push_back(kClauseBoundary);
      }
      fingerprints_.push_back(
          fingerprint(form.substr(words_[i].begin, words_[i].end - words_[i].begin)));
    }
  }

  static bool ends_clause(std::string_view form, Word left, Word right) {
    const size_t size = right.begin - left.end;
    if (size == 1 && form[left.end] == ' ') return false;
    return separates_clauses(form.substr(left.begin, left.end - left.begin),
                             form.substr(left.end, size));
  }

  std::string valid_;
  NormalForm form_;
  std::vector<Word> words_;
  std::vector<Fingerprint> fingerprints_;
};

}  // namespace

struct KeywordSplitter::Impl {
  PhraseTable phrases;
  std::unordered_map<Fingerprint, std::string> texts;  // of the phrases

  void add(const std::string& text) {
    const SplitText& split = SplitText::of(text, NormalForm::Origins::kForgotten, nullptr);
    const Fingerprint keyword = fingerprint(text);
    if (phrases.add(split.words(), keyword)) texts.emplace(keyword, text);
  }
};

KeywordSplitter::KeywordSplitter(const std::vector<std::string>& phrases)
    : impl_(std::make_unique<Impl>()) {
  // Of phrases that have the same words ("补水保湿", "补水 保湿") the first one wins. In sorted
  // order it is the same one whatever the order of the list is.
  std::vector<std::string> sorted;
  sorted.reserve(phrases.size());
  for (const std::string& phrase : phrases) sorted.push_back(normalize_keyword(phrase));
  std::ranges::sort(sorted);
  for (const std::string& phrase : sorted) impl_->add(phrase);
}
KeywordSplitter::~KeywordSplitter() = default;
KeywordSplitter::KeywordSplitter(KeywordSplitter&&) noexcept = default;
KeywordSplitter& KeywordSplitter::operator=(KeywordSplitter&&) noexcept = default;

std::vector<Keyword> KeywordSplitter::split(std::string_view text, uint64_t* replaced) const {
  SplitText& split = SplitText::of(text, NormalForm::Origins::kKept, replaced);
  std::vector<Keyword> keywords;
  keywords.reserve(split.word_count());
  impl_->phrases.for_each_keyword(split.words(), [&](const PhraseTable::Match& match, size_t word) {
    const auto [begin, end] = split.original(word, match.words);
    const auto phrase = match.words > 1 ? impl_->texts.find(match.keyword) : impl_->texts.end();
    keywords.push_back(
        {phrase == impl_->texts.end() ? std::string(split.word(word)) : phrase->second,
         match.keyword, begin, end});
    return true;
  });
  return keywords;
}

void KeywordSplitter::split(std::string_view text, std::vector<Fingerprint>& out,
                            uint64_t* replaced) const {
  const std::span<const Fingerprint> words =
      SplitText::of(text, NormalForm::Origins::kForgotten, replaced).words();
  const size_t before = out.size();
  out.resize(before + words.size());
  out.resize(before + impl_->phrases.compose(words, out.data() + before));
}

std::pair<size_t, size_t> KeywordSplitter::find(std::string_view text, Fingerprint keyword) const {
  SplitText& split = SplitText::of(text, NormalForm::Origins::kKept, nullptr);
  std::pair<size_t, size_t> found{0, 0};
  impl_->phrases.for_each_keyword(split.words(), [&](const PhraseTable::Match& match, size_t word) {
    if (match.keyword != keyword) return true;
    found = split.original(word, match.words);
    return false;
  });
  return found;
}

const PhraseTable& KeywordSplitter::phrases() const { return impl_->phrases; }

std::vector<std::string> KeywordSplitter::phrase_list() const {
  std::vector<std::string> list;
  list.reserve(impl_->texts.size());
  for (const auto& [keyword, text] : impl_->texts) list.push_back(text);
  std::ranges::sort(list);
  return list;
}

void split_words(std::string_view text, std::vector<Fingerprint>& out, uint64_t* replaced) {
  const std::span<const Fingerprint> words =
      SplitText::of(text, NormalForm::Origins::kForgotten, replaced).words();
  out.insert(out.end(), words.begin(), words.end());
}

std::vector<TextWord> split_words(std::string_view text, uint64_t* replaced) {
  SplitText& split = SplitText::of(text, NormalForm::Origins::kKept, replaced);
  std::vector<TextWord> words;
  words.reserve(split.word_count());
  bool begins_clause = true;
  for (const Fingerprint word : split.words()) {
    if (word != kClauseBoundary) {
      const auto [begin, end] = split.original(words.size(), 1);
      words.push_back({word, begin, end, begins_clause});
    }
    begins_clause = word == kClauseBoundary;
  }
  return words;
}

}  // namespace barker
