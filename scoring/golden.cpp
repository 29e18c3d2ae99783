#include "scoring/golden.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>

#include "models/base/logistic.h"
#include "models/base/number_text.h"
#include "models/weights/groups.h"
#include "models/weights/weights_generated.h"
#include "scoring/forward.h"

namespace barker {
namespace {

struct Rows {
  std::vector<uint32_t> rows;
  std::vector<float> weights;

  Bag bag() const { return {rows.data(), weights.empty() ? nullptr : weights.data(), rows.size()}; }
};

class GoldenRun {
 public:
  GoldenRun(const WeightFile& file, const PackedNetwork& packed)
      : file_(file), network_(packed.network()), is_fast_(packed.compute() != Compute::kF32) {
    forward_.bind(packed);
  }

  // Runs every vector.
  Result<GoldenReport> run() {
    const auto& golden = *file_.metadata().golden();
    for (flatbuffers::uoffset_t i = 0; i < golden.size(); ++i) {
      where_ = "golden[" + std::to_string(i) + "]";
      if (Status s = run_vector(*golden.Get(i)); !s.ok()) return s;
      ++report_.vectors;
    }
    return report_;
  }

  // Runs one vector.
  Status run_vector(const fbs::GoldenVector& golden) {
    std::vector<Rows> groups(network_.groups.size());
    std::vector<Bag> bags;
    for (size_t g = 0; g < groups.size(); ++g) {
      const auto* bag = golden.groups()->Get(static_cast<flatbuffers::uoffset_t>(g));
      if (Status s = map(*bag, &network_.groups[g], groups[g]); !s.ok()) return s;
      bags.push_back(groups[g].bag());
    }
    forward_.set_context(bags);

    std::vector<uint32_t> targets;
    for (const Fingerprint f : fingerprints(golden.candidates())) {
      const uint32_t row = file_.vocabulary().find(f);
      if (row >= network_.keyword_rows) return unknown(f);
      targets.push_back(row);
    }
    std::vector<float> logits(targets.size()), fast(targets.size());
    forward_.score_targets(targets, logits.data(), Exactness::kExact);
    forward_.score_targets(targets, fast.data());
    if (Status s = compare("main_logits", logits, fast, golden.main_logits(), network_.main_scale,
                           network_.main_offset);
        !s.ok())
      return s;

    if (!network_.has_auxiliary || !golden.titles()) return {};
    std::vector<Rows> titles(golden.titles()->size());
    std::vector<Bag> title_bags;
    for (flatbuffers::uoffset_t t = 0; t < golden.titles()->size(); ++t) {
      if (Status s = map(*golden.titles()->Get(t), nullptr, titles[t]); !s.ok()) return s;
      title_bags.push_back(titles[t].bag());
    }
    logits.resize(titles.size());
    fast.resize(titles.size());
    forward_.score_titles(title_bags, logits.data(), nullptr, Exactness::kExact);
    forward_.score_titles(title_bags, fast.data());
    return compare("aux_logits", logits, fast, golden.aux_logits(), network_.aux_scale,
                   network_.aux_offset);
  }

 private:
  static std::vector<Fingerprint> fingerprints(const flatbuffers::Vector<uint64_t>* from) {
    return from ? std::vector<Fingerprint>(from->begin(), from->end()) : std::vector<Fingerprint>();
  }

  Status unknown(Fingerprint f) const {
    return bad_data(where_ + ": fingerprint " + std::to_string(f) + " is not in the vocabulary");
  }

  // The rows of a bag of fingerprints. `group` is null for the keywords of a title.
  Status map(const fbs::Bag& bag, const NetworkGroup* group, Rows& out) const {
    std::vector<Fingerprint> tokens = fingerprints(bag.fingerprints());
    if (group && group->max_tokens > 0 && tokens.size() > group->max_tokens) {
      tokens.resize(group->max_tokens);
    }
    for (const Fingerprint f : tokens) {
      const bool hashed = group && group->hash_buckets > 0;
      const uint32_t row = hashed ? group->first_bucket_row + bucket_of(f, group->hash_buckets)
                                  : file_.vocabulary().find(f);
      if (row >= (group ? network_.rows : network_.keyword_rows)) return unknown(f);
      out.rows.push_back(row);
    }
    if (bag.weights()) {
      out.weights.assign(bag.weights()->begin(), bag.weights()->begin() + tokens.size());
    }
    return {};
  }

  Status compare(const char* output, const std::vector<float>& logits,
                 const std::vector<float>& fast, const flatbuffers::Vector<float>* expected,
                 double scale, double offset) {
    const auto probability = [&](double x) { return sigmoid(scale * x + offset); };
    for (size_t i = 0; i < logits.size(); ++i) {
      const std::string where = where_ + "." + output + "[" + std::to_string(i) + "]";
      const float wanted = expected->Get(static_cast<flatbuffers::uoffset_t>(i));
      if (Status s = compare(where, logits[i], wanted, file_.metadata().golden_tolerance(),
                             report_.largest_difference);
          !s.ok()) {
        return s;
      }
      report_.largest_probability_difference =
          std::max(report_.largest_probability_difference,
                   std::abs(probability(logits[i]) - probability(wanted)));
      if (is_fast_) {
        if (Status s = compare(where + " in fast numbers", fast[i], logits[i],
                               network_.compute_bound, report_.largest_fast_difference);
            !s.ok()) {
          return s;
        }
      }
      ++report_.logits;
    }
    return {};
  }

  static Status compare(const std::string& where, double found, double expected, double tolerance,
                        double& largest) {
    constexpr int kDigits = 6;  // floats, whose shortest text as doubles is long
    const double difference = std::abs(found - expected);
    if (!(difference <= tolerance)) {  // unlike "difference > tolerance", this fails for a NaN
      return bad_data(where + ": expected " + number_text(expected, kDigits) + " within " +
                      number_text(tolerance, kDigits) + ", found " + number_text(found, kDigits));
    }
    largest = std::max(largest, difference);
    return {};
  }

  const WeightFile& file_;
  const Network& network_;
  const bool is_fast_;
  Forward forward_;
  GoldenReport report_;
  std::string where_;
};

}  // namespace

uint64_t golden_latency(const WeightFile& file, const PackedNetwork& network, int rounds) {
  const auto& golden = *file.metadata().golden();
  std::vector<uint64_t> least(golden.size(), std::numeric_limits<uint64_t>::max());
  GoldenRun run(file, network);
  for (int round = -1; round < rounds; ++round) {  // round -1 warms up and is not counted
    for (flatbuffers::uoffset_t i = 0; i < golden.size(); ++i) {
      const auto start = std::chrono::steady_clock::now();
      (void)run.run_vector(*golden.Get(i));
      const auto took = std::chrono::steady_clock::now() - start;
      if (round < 0) continue;
      least[i] = std::min(least[i],
                          static_cast<uint64_t>(
                              std::chrono::duration_cast<std::chrono::nanoseconds>(took).count()));
    }
  }
  return least.empty() ? 0 : *std::ranges::max_element(least);
}

Result<GoldenReport> run_golden_vectors(const WeightFile& file, const PackedNetwork& network) {
  return GoldenRun(file, network).run();
}

}  // namespace barker
