#include "index/matching/stems.h"

#include <libstemmer.h>

#include <algorithm>
#include <map>
#include <new>

namespace barker {
namespace {

const std::map<std::string, const char*, std::less<>> kSnowballNames = {
    {"ar", "arabic"},     {"ca", "catalan"},  {"da", "danish"},     {"de", "german"},
    {"el", "greek"},      {"en", "english"},  {"es", "spanish"},    {"eu", "basque"},
    {"fi", "finnish"},    {"fr", "french"},   {"ga", "irish"},      {"hi", "hindi"},
    {"hu", "hungarian"},  {"hy", "armenian"}, {"id", "indonesian"}, {"it", "italian"},
    {"lt", "lithuanian"}, {"ne", "nepali"},   {"nl", "dutch"},      {"no", "norwegian"},
    {"pt", "portuguese"}, {"ro", "romanian"}, {"ru", "russian"},    {"sr", "serbian"},
    {"sv", "swedish"},    {"ta", "tamil"},    {"tr", "turkish"},    {"yi", "yiddish"},
};

// Plurals that change the word itself, which rules of endings cannot find.
const std::map<std::string_view, std::string_view> kEnglishPlurals = {
    {"calves", "calf"},   {"children", "child"}, {"feet", "foot"},       {"geese", "goose"},
    {"halves", "half"},   {"hooves", "hoof"},    {"knives", "knife"},    {"leaves", "leaf"},
    {"lives", "life"},    {"loaves", "loaf"},    {"men", "man"},         {"mice", "mouse"},
    {"people", "person"}, {"scarves", "scarf"},  {"shelves", "shelf"},   {"teeth", "tooth"},
    {"thieves", "thief"}, {"wives", "wife"},     {"wolves", "wolf"},     {"women", "woman"},
    {"mens", "man"},      {"womens", "woman"},   {"childrens", "child"},
};

// Snowball's rules for a final s need a vowel before it, which abbreviations lack: tvs, dvds, pcs.
std::string_view without_s_of_abbreviation(std::string_view word) {
  const bool is_plural = word.size() >= 3 && word.ends_with('s') && !word.ends_with("ss") &&
                         word.find_first_not_of("bcdfghjklmnpqrstvwxz") == std::string_view::npos;
  return is_plural ? word.substr(0, word.size() - 1) : word;
}

}  // namespace

std::vector<std::string> stemmed_languages() {
  std::vector<std::string> languages;
  for (const auto& [language, unused] : kSnowballNames) languages.push_back(language);
  return languages;
}

struct Stemmer::Impl {
  ~Impl() { sb_stemmer_delete(snowball); }

  sb_stemmer* snowball = nullptr;
  bool is_english = false;
};

Stemmer::Stemmer() : impl_(std::make_unique<Impl>()) {}
Stemmer::~Stemmer() = default;
Stemmer::Stemmer(Stemmer&&) noexcept = default;
Stemmer& Stemmer::operator=(Stemmer&&) noexcept = default;

Result<Stemmer> Stemmer::create(std::string_view language) {
  const auto found = kSnowballNames.find(language);
  if (found == kSnowballNames.end()) {
    std::string known;
    for (const std::string& each : stemmed_languages()) known += (known.empty() ? "" : ", ") + each;
    return invalid_argument("language: expected one of " + known + ", found " +
                            std::string(language));
  }
  Stemmer stemmer;
  stemmer.impl_->snowball = sb_stemmer_new(found->second, "UTF_8");
  if (!stemmer.impl_->snowball) {
    return Status(Code::kFailedPrecondition,
                  "language " + std::string(language) + ": this machine's libstemmer lacks it");
  }
  stemmer.impl_->is_english = language == "en";
  return stemmer;
}

std::string Stemmer::stem(std::string_view word) const {
  if (std::ranges::any_of(word, [](char c) { return c >= '0' && c <= '9'; })) {
    return std::string(word);
  }
  if (impl_->is_english) {
    const auto found = kEnglishPlurals.find(word);
    word = found != kEnglishPlurals.end() ? found->second : without_s_of_abbreviation(word);
  }
  const sb_symbol* stem =
      sb_stemmer_stem(impl_->snowball, reinterpret_cast<const sb_symbol*>(word.data()),
                      static_cast<int>(word.size()));
  if (!stem) throw std::bad_alloc();
  return {reinterpret_cast<const char*>(stem),
          static_cast<size_t>(sb_stemmer_length(impl_->snowball))};
}

}  // namespace barker
