// What is in the tensors of a weight file and in its golden vectors.
#include <algorithm>
#include <cmath>
#include <functional>

#include "models/base/half.h"
#include "models/base/number_text.h"
#include "models/weights/check.h"
#include "models/weights/weights_generated.h"

namespace barker {

using namespace check_text;

namespace {

constexpr uint64_t kNone = ~uint64_t{0};

// The index of the first number that has all the bits of `exponent`, which makes it an infinity or
// not a number; kNone if there is none. Files have gigabytes of numbers, so it goes in blocks
// without an early end, which the compiler turns into vector instructions.
template <typename Bits>
uint64_t first_with_all_of(std::span<const Bits> numbers, Bits exponent) {
  constexpr size_t kBlock = 4096;
  for (size_t begin = 0; begin < numbers.size(); begin += kBlock) {
    const auto block = numbers.subspan(begin, std::min(kBlock, numbers.size() - begin));
    Bits any = 0;
    for (const Bits bits : block) any |= static_cast<Bits>((bits & exponent) == exponent);
    if (any == 0) continue;
    const auto at =
        std::ranges::find_if(block, [&](Bits bits) { return (bits & exponent) == exponent; });
    return begin + static_cast<uint64_t>(at - block.begin());
  }
  return kNone;
}

template <typename List>
uint64_t count(const List* list) {
  return list ? list->size() : 0;
}

Status check_bag(const std::string& where, const fbs::Bag& bag) {
  const uint64_t size = count(bag.fingerprints());
  if (Status s = within(where + " size of a bag", size, 0, kMaxGoldenList); !s.ok()) return s;
  if (bag.weights() && bag.weights()->size() != size) {
    return unexpected(where + " weights of a bag", number(size), number(bag.weights()->size()));
  }
  return {};
}

}  // namespace

// check_tensors() has proven that the tensor is there and lies inside the bytes.
template <typename T>
std::span<const T> WeightFileCheck::tensor(const std::string& name) const {
  const fbs::Tensor* found = metadata_->tensors()->LookupByKey(name.c_str());
  const std::byte* data = bytes_.data() + header_.tensors_offset + found->offset();
  return {reinterpret_cast<const T*>(data), found->size() / sizeof(T)};
}

Status WeightFileCheck::check_values() {
  uint64_t values = 0;
  for (const fbs::Tensor* found : *metadata_->tensors()) {
    const std::string name = found->name()->str();
    uint64_t wrong = kNone;
    if (found->dtype() == fbs::DType_F32) {
      const auto bits = tensor<uint32_t>(name);
      values += bits.size();
      wrong = first_with_all_of(bits, uint32_t{0x7F800000});
    } else if (found->dtype() == fbs::DType_F16) {
      const auto bits = tensor<Half>(name);
      values += bits.size();
      wrong = first_with_all_of(bits, Half{0x7C00});
    }
    if (wrong != kNone) {
      return unexpected("tensor " + name + " value " + number(wrong), "a finite number",
                        "an infinity or not a number");
    }
  }
  found_ = number(values) + " finite";
  return {};
}

Status WeightFileCheck::check_vocabulary() {
  vocabulary_ = Vocabulary(
      tensor<Fingerprint>("vocabulary.fingerprints"), tensor<uint32_t>("vocabulary.slots"),
      tensor<uint64_t>("vocabulary.text_offsets"), tensor<char>("vocabulary.text"));
  if (Status s = vocabulary_.check(); !s.ok()) return s;
  for (uint32_t row = 0; row < vocabulary_.size(); ++row) {
    if (fingerprint(vocabulary_.text(row)) != vocabulary_.fingerprint_of(row)) {
      return bad_data("row " + number(row) + ": text and fingerprint do not belong together");
    }
  }
  found_ = number(vocabulary_.size()) + " names";
  return {};
}

Status WeightFileCheck::check_phrases() {
  const auto* phrases = metadata_->phrases();
  if (!phrases) {
    return bad_data(
        "expected a list of phrases, found none; train the model again with this version");
  }
  std::string_view last;
  for (flatbuffers::uoffset_t i = 0; i < phrases->size(); ++i) {
    const std::string_view phrase = phrases->Get(i)->string_view();
    if (phrase <= last) {
      return unexpected("phrases[" + number(i) + "]", "a phrase greater than the one before it",
                        phrase.empty() ? "none" : "a lesser one");
    }
    last = phrase;
  }
  found_ = number(phrases->size()) + " phrases";
  return {};
}

Status WeightFileCheck::check_click_rates() {
  if (!sizes_.has_click_rates) {
    found_ = "none";
    return {};
  }
  ClickRates& r = click_rates_;
  r.queries = tensor<uint64_t>("rates.queries");
  r.begins = tensor<uint32_t>("rates.begins");
  r.rows = tensor<uint32_t>("rates.rows");
  r.values = tensor<float>("rates.values");
  r.prior = tensor<float>("rates.prior");
  r.evidence = tensor<float>("rates.evidence");
  if (r.begins.size() != r.queries.size() + 1) {
    return unexpected("rates.begins", number(r.queries.size() + 1), number(r.begins.size()));
  }
  if (r.values.size() != r.rows.size()) {
    return unexpected("rates.values", number(r.rows.size()), number(r.values.size()));
  }
  if (r.begins.front() != 0 || r.begins.back() != r.rows.size() ||
      !std::ranges::is_sorted(r.begins)) {
    return bad_data("rates.begins: expected ascending numbers from 0 to " + number(r.rows.size()));
  }
  if (std::ranges::adjacent_find(r.queries, std::greater_equal()) != r.queries.end()) {
    return bad_data("rates.queries: expected ascending numbers, each once");
  }
  for (size_t q = 0; q < r.queries.size(); ++q) {
    const auto rows = r.rows.subspan(r.begins[q], r.begins[q + 1] - r.begins[q]);
    const bool is_ascending = std::ranges::adjacent_find(rows, std::greater_equal()) == rows.end();
    if (!is_ascending || (!rows.empty() && rows.back() >= sizes_.keyword_rows)) {
      return bad_data("rates.rows: expected ascending keyword rows of query " + number(q));
    }
  }
  const auto is_rate = [](float rate) { return rate >= 0 && rate <= 1; };
  if (!std::ranges::all_of(r.values, is_rate) || !std::ranges::all_of(r.prior, is_rate) ||
      !std::ranges::all_of(r.evidence, [](float e) { return e >= 0; })) {
    return bad_data("rates: expected click rates from 0 to 1 and evidence of at least 0");
  }
  found_ = number(r.queries.size()) + " queries, " + number(r.rows.size()) + " rates";
  return {};
}

Status WeightFileCheck::check_golden() {
  const fbs::Weights& w = *metadata_;
  if (!(w.golden_tolerance() >= 0 && w.golden_tolerance() <= kMaxGoldenTolerance)) {
    return unexpected("golden_tolerance", "0 to " + number_text(kMaxGoldenTolerance),
                      number_text(w.golden_tolerance()));
  }
  if (Status s = within("golden", w.golden()->size(), 0, kMaxGoldenVectors); !s.ok()) return s;
  for (flatbuffers::uoffset_t i = 0; i < w.golden()->size(); ++i) {
    const std::string where = "golden[" + number(i) + "]";
    if (Status s = check_golden_vector(where, *w.golden()->Get(i)); !s.ok()) return s;
  }
  found_ = number(w.golden()->size()) + " vectors";
  return {};
}

Status WeightFileCheck::check_golden_vector(const std::string& where,
                                            const fbs::GoldenVector& golden) const {
  const uint64_t candidates = count(golden.candidates()), titles = count(golden.titles());
  for (const uint64_t size : {candidates, titles}) {
    if (Status s = within(where + " sizes", size, 0, kMaxGoldenList); !s.ok()) return s;
  }
  if (golden.groups()->size() != sizes_.groups) {
    return unexpected(where + ".groups", number(sizes_.groups), number(golden.groups()->size()));
  }
  if (candidates != count(golden.main_logits())) {
    return unexpected(where + ".main_logits", number(candidates),
                      number(count(golden.main_logits())));
  }
  if (titles != count(golden.aux_logits())) {
    return unexpected(where + ".aux_logits", number(titles), number(count(golden.aux_logits())));
  }
  if (titles > 0 && !sizes_.has_auxiliary) {
    return bad_data(where + ".titles: the model has no auxiliary head");
  }
  for (const auto* logits : {golden.main_logits(), golden.aux_logits()}) {
    for (flatbuffers::uoffset_t k = 0; k < count(logits); ++k) {
      if (!std::isfinite(logits->Get(k))) return bad_data(where + ": a logit is not finite");
    }
  }
  for (const auto* bags : {golden.groups(), golden.titles()}) {
    for (flatbuffers::uoffset_t k = 0; k < count(bags); ++k) {
      if (Status s = check_bag(where, *bags->Get(k)); !s.ok()) return s;
    }
  }
  return {};
}

}  // namespace barker
