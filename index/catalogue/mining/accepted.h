// The proposals of `barker mine` that a person accepted, and the ads that get them.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "index/catalogue/catalogue.h"
#include "models/base/lines.h"

namespace barker {

// Texts by category and by the units of the claim (claims.h).
struct AcceptedSellingPoints {
  std::unordered_map<std::string, std::unordered_map<std::string, std::string>> by_category;
  size_t accepted = 0, left_out = 0;  // lines
};

// Reads lines as `barker mine` writes them and takes those with "accepted": true, or all of them.
// Lines that cannot be used are added to `bad`.
Result<AcceptedSellingPoints> read_accepted(const std::string& path, bool accept_all,
                                            BadLines& bad);

struct Given {
  size_t ads = 0;             // that got selling points
  size_t selling_points = 0;  // that they got
  size_t unused = 0;          // accepted texts that no ad of their category claims
};

inline constexpr size_t kMostMinedPerAd = 8;

// Gives ads without selling points those accepted ones that their own texts claim, at most
// kMostMinedPerAd each, in the order of the text. For one thread.
class SellingPointGiver {
 public:
  // `accepted` must outlive the object.
  explicit SellingPointGiver(const AcceptedSellingPoints& accepted) : accepted_(accepted) {}

  void give(CatalogueAd& ad);
  Given given() const;  // to all ads so far

 private:
  const AcceptedSellingPoints& accepted_;
  Given given_;
  std::unordered_set<const std::string*> used_;
};

Given give_selling_points(const AcceptedSellingPoints& accepted, std::vector<CatalogueAd>& ads);

}  // namespace barker
