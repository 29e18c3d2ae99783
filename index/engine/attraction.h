// How attractive some selling points (SPs) are to a user for a query, and which keywords of the
// user's history moved that most: the probability with the whole history, less that without one of
// its keywords (leave one out). Nothing is shown, counted or logged.
//
// Threads: as a session, one thread at a time.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "index/engine/engine.h"
#include "index/profiles/profiles.h"
#include "models/base/result.h"

namespace barker {

struct Influence {
  std::string keyword;  // of the history
  double change;        // of the probability, by this keyword
};

struct PointAttraction {
  std::string text;
  double probability;                // NaN: the model does not know the SP, or there are no weights
  std::vector<Influence> influences;  // the largest changes first; those without effect are left out
};

class AttractionProbe {
 public:
  explicit AttractionProbe(const Engine& engine);

  // Looks at the newest kMostKeywords keywords of the history; `influences`: of each SP at most.
  static constexpr size_t kMostKeywords = 50;
  Result<std::vector<PointAttraction>> ask(const std::string& query, const Profile& user,
                                           std::span<const std::string> points,
                                           size_t influences) const;

 private:
  Result<std::vector<double>> score(const std::string& query, const Profile& user,
                                    std::span<const std::string> points, size_t left_out) const;

  const EngineParts& engine_;
  const std::optional<barker_prepared> prepared_;
};

}  // namespace barker
